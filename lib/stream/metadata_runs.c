/* SPDX-License-Identifier: MIT */
/*
 * Custom keys may differ between records and segments, and none is lost: a key of a first
 * record applies to the segment, one of another record to its rows. Keys with the same
 * value in all segments stay in the head; the others stay with their rows.
 */
#include <string.h>

#include "lib/stream/internal.h"
#include "lib/stream/metadata_runs.h"
#include "yc/mem.h"

/* A long key of a head is copied for every later change of keys: a stream with more was
 * made to exhaust memory. */
enum { COPIES_MAX = 64 << 20 };

int yc_meta_runs_of(struct yc_meta *out, const struct yc_meta *m)
{
	*out = (struct yc_meta){0};
	for (size_t i = 0; i < m->n; i++) {
		const struct yc_pair *p = &m->pair[i];

		if (strncmp(p->key, "yc.", 3) != 0 &&
			yc_meta_append(out, p->key, p->value) < 0) {
			yc_meta_release(out);
			return YC_FAIL;
		}
	}
	return YC_OK;
}

static bool says(const struct yc_meta *m, const struct yc_pair *p)
{
	const char *value = yc_meta_get(m, p->key);

	return value && !strcmp(value, p->value);
}

bool yc_meta_runs_same(const struct yc_meta *a, const struct yc_meta *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = says(b, &a->pair[i]);
	return same;
}

/* -- reading -- */

int yc_meta_runs_begin(struct yc_meta_runs *n, const struct yc_meta *head)
{
	struct yc_meta_runs_head *h = yc_grow_list(n->head, n->nheads, sizeof(*h));

	if (!h)
		return YC_FAIL;
	n->head = h;
	h += n->nheads++;
	*h = (struct yc_meta_runs_head){0};
	return head ? yc_meta_runs_of(&h->meta, head) : YC_OK;
}

int yc_meta_runs_rows(struct yc_meta_runs *n, const struct yc_meta *m, size_t rows)
{
	struct yc_meta_runs_run *r = n->nruns ? &n->run[n->nruns - 1] : NULL;
	size_t head = n->nheads - 1;
	struct yc_meta own = {0};

	n->head[head].rows = true;
	if (m && yc_meta_runs_of(&own, m) < 0)
		return YC_FAIL;
	if (r && r->head == head && yc_meta_runs_same(&r->meta, &own)) {
		r->rows += rows;
		yc_meta_release(&own);
		return YC_OK;
	}
	r = yc_grow_list(n->run, n->nruns, sizeof(*r));
	if (!r) {
		yc_meta_release(&own);
		return YC_FAIL;
	}
	n->run = r;
	n->run[n->nruns++] = (struct yc_meta_runs_run){head, rows, own};
	return YC_OK;
}

void yc_meta_runs_release(struct yc_meta_runs *n)
{
	for (size_t i = 0; i < n->nheads; i++)
		yc_meta_release(&n->head[i].meta);
	for (size_t i = 0; i < n->nruns; i++)
		yc_meta_release(&n->run[i].meta);
	yc_free(n->head);
	yc_free(n->run);
	*n = (struct yc_meta_runs){0};
}

static bool in_all_heads(const struct yc_meta_runs *n, const struct yc_pair *p)
{
	for (size_t i = 0; i < n->nheads; i++)
		if (!says(&n->head[i].meta, p))
			return false;
	return true;
}

static int put(struct yc_meta *to, const struct yc_pair *p)
{
	if (to->n == YC_META_MAX && !yc_meta_get(to, p->key))
		return yc_fail(YC_FAIL, "more than %d metadata keys in all", YC_META_MAX);
	return yc_meta_set(to, p->key, p->value);
}

/* The keys of a head that are not in `common`, the keys of all heads. */
static int put_rest(
	struct yc_meta *to, const struct yc_meta *head, const struct yc_meta *common)
{
	int status = YC_OK;

	for (size_t i = 0; !status && i < head->n; i++)
		if (!says(common, &head->pair[i]))
			status = put(to, &head->pair[i]);
	return status;
}

static int metadata_of_run(const struct yc_meta_runs *n, const struct yc_meta_runs_run *r,
	const struct yc_meta *common, struct yc_meta *meta)
{
	int status = put_rest(meta, &n->head[r->head].meta, common);

	for (size_t i = 0; !status && i < r->meta.n; i++)
		status = put(meta, &r->meta.pair[i]);
	return status;
}

static int notes_of_rows(
	const struct yc_meta_runs *n, struct yc_set *s, const struct yc_meta *common)
{
	size_t bytes = 0, at = 0, keys = 0;
	int status = YC_OK;

	s->row_meta = yc_calloc(n->nruns, sizeof(*s->row_meta));
	s->row_meta_at = yc_calloc(s->rows, sizeof(*s->row_meta_at));
	if (!s->row_meta || !s->row_meta_at)
		return YC_FAIL;
	for (size_t i = 0; !status && i < n->nruns; i++) {
		struct yc_meta *meta = &s->row_meta[s->nmetas++];

		status = metadata_of_run(n, &n->run[i], common, meta);
		for (size_t k = 0; k < meta->n; k++)
			bytes += strlen(meta->pair[k].key) + strlen(meta->pair[k].value);
		keys += meta->n;
		if (!status && bytes > COPIES_MAX)
			status = yc_fail(YC_FAIL,
				"metadata of rows takes more than %d bytes", COPIES_MAX);
		for (size_t k = 0; k < n->run[i].rows; k++)
			s->row_meta_at[at++] = i;
	}
	if (!status && !keys) /* the common case */
		yc_set_drop_row_meta(s);
	return status;
}

int yc_meta_runs_finish(const struct yc_meta_runs *n, struct yc_set *s)
{
	struct yc_meta common = {0};
	int status = YC_OK;

	for (size_t i = 0; !status && n->nheads && i < n->head[0].meta.n; i++) {
		const struct yc_pair *p = &n->head[0].meta.pair[i];

		if (!in_all_heads(n, p))
			continue;
		status = yc_meta_append(&common, p->key, p->value);
		if (!status)
			status = put(&s->meta, p);
	}
	if (!status)
		status = notes_of_rows(n, s, &common);
	for (size_t i = 0; !status && i < n->nheads; i++) {
		struct yc_record rest = {0};

		if (n->head[i].rows)
			continue;
		status = put_rest(&rest.meta, &n->head[i].meta, &common);
		if (!status && rest.meta.n)
			status = yc_set_add_passthrough(s, &rest);
		yc_record_release(&rest);
	}
	yc_meta_release(&common);
	return status;
}

/* -- in a set -- */

void yc_set_drop_row_meta(struct yc_set *s)
{
	for (size_t i = 0; i < s->nmetas; i++)
		yc_meta_release(&s->row_meta[i]);
	yc_free(s->row_meta);
	yc_free(s->row_meta_at);
	s->row_meta = NULL;
	s->row_meta_at = NULL;
	s->nmetas = 0;
}

int yc_meta_runs_pick(
	struct yc_set *to, const struct yc_set *from, const size_t *row, size_t n)
{
	size_t *new; /* index in `to`, from 1 */
	int status = YC_OK;

	if (!from->nmetas || !n)
		return YC_OK;
	new = yc_calloc(from->nmetas, sizeof(*new));
	to->row_meta =
		yc_calloc(n < from->nmetas ? n : from->nmetas, sizeof(*to->row_meta));
	to->row_meta_at = yc_calloc(n, sizeof(*to->row_meta_at));
	if (!new || !to->row_meta || !to->row_meta_at)
		status = YC_FAIL;
	for (size_t i = 0; !status && i < n; i++) {
		size_t old = from->row_meta_at[row[i]];

		if (!new[old]) {
			status = yc_meta_copy(
				&to->row_meta[to->nmetas], &from->row_meta[old]);
			new[old] = ++to->nmetas;
		}
		to->row_meta_at[i] = new[old] - 1;
	}
	yc_free(new);
	return status;
}

const struct yc_meta *yc_set_row_meta(const struct yc_set *s, size_t row)
{
	static const struct yc_meta none;

	return s->nmetas ? &s->row_meta[s->row_meta_at[row]] : &none;
}

size_t yc_set_meta_run(const struct yc_set *s, size_t row, size_t most)
{
	size_t n = 1;

	if (!s->nmetas)
		return most;
	while (n < most && (s->row_meta_at[row + n] == s->row_meta_at[row] ||
				   yc_meta_runs_same(yc_set_row_meta(s, row + n),
					   yc_set_row_meta(s, row))))
		n++;
	return n;
}

/* SPDX-License-Identifier: MIT */
/* Segments as one, or a shard of it, read twice: once to check, once to write. */
#include <string.h>

#include "lib/stream/internal.h"
#include "yc/join.h"
#include "yc/mem.h"

/* A record of another kind, by what it adds to a digest. */
struct other {
	unsigned char sum[YC_RECORD_DIGEST];
	size_t here, written; /* in this segment, and in all */
};

struct joining {
	const struct yc_join *how;
	struct yc_set all;	  /* head, metadata and columns of the whole, no data */
	struct yc_digest *digest; /* of the current segment */
	const char *whitened; /* by yc.zca of the current one: how its images are seen */
	const char *all_whitened; /* and those of earlier ones; NULL: there are none */
	struct yc_shard *shard;	  /* [nshards] what the segments are */
	size_t nshards;
	struct other *other;
	size_t nothers;
	struct yc_set_out out;
	uint64_t at, written; /* rows */
};

static const char whitened[] = "whitened", normalised[] = "normalised";

/* -- reading -- */

static bool hold_nothing(void *ctx, const char *column)
{
	(void)ctx;
	(void)column;
	return false;
}

static int note_shard(struct joining *j, const struct yc_meta *head)
{
	struct yc_shard *grown = yc_grow_list(j->shard, j->nshards, sizeof(*grown));

	if (!grown)
		return YC_FAIL;
	j->shard = grown;
	grown[j->nshards++] = yc_shard_of(head);
	return YC_OK;
}

static int check_digest(struct joining *j, const struct yc_record *end)
{
	int status = yc_digest_compare(j->digest, end);

	yc_digest_free(j->digest);
	j->digest = NULL;
	if (status == YC_NO)
		return yc_fail_in(YC_FAIL,
			"damaged, or changed by a program that keeps the digest");
	return status < 0 ? status : YC_OK;
}

/* A map without images may be joined to images that are to be whitened by it; images are
 * all seen whitened or all normalised. That the maps are the same is checked as for every
 * key. */
static int check_whitening(struct joining *j)
{
	if (!j->all_whitened)
		j->all_whitened = j->whitened;
	return j->all_whitened == j->whitened
		       ? YC_OK
		       : yc_fail(YC_FAIL,
				 "networks see these images %s, earlier ones %s: join "
				 "first, "
				 "yc-whiten then, or take the map away by yc-whiten none",
				 j->whitened, j->all_whitened);
}

static int look(void *ctx, const struct yc_reader *r, const struct yc_record *rec)
{
	struct joining *j = ctx;
	int status = YC_OK;

	if (yc_reader_first(r)) {
		status = note_shard(j, &rec->meta);
		j->digest = yc_digest_new();
		j->whitened = yc_meta_get(&rec->meta, "yc.zca") ? whitened : normalised;
	}
	if (status == YC_OK && yc_reader_rows(r))
		status = check_whitening(j);
	if (status == YC_OK)
		status = j->digest ? yc_digest_add(j->digest, rec) : YC_FAIL;
	return status == YC_OK && yc_reader_last(r) ? check_digest(j, rec) : status;
}

static int check(struct joining *j, struct yc_reader *r)
{
	const struct yc_set_hooks hooks = {
		.ctx = j, .hold = hold_nothing, .record = look, .skip_other = true};
	const struct yc_tensor *label;
	int status = yc_set_read_with(&j->all, r, &hooks);

	if (status == YC_OK && !j->how->partial)
		status = yc_shards_complete(j->shard, j->nshards);
	if (status < 0 || !j->how->shard.classes)
		return status;
	label = yc_set_col(&j->all, "label");
	return label && label->dtype == YC_I64 && label->rank == 1
		       ? YC_OK
		       : yc_fail(YC_FAIL,
				 "shards by classes need a tensor 'label' of I64 [N]");
}

/* -- writing -- */

/* Is the record of another kind one that no earlier segment had? */
static int is_wanted(struct joining *j, const struct yc_record *rec, bool *wanted)
{
	unsigned char sum[YC_RECORD_DIGEST];
	struct other *o = NULL, *grown;

	if (yc_digest_other(rec, sum) < 0)
		return YC_FAIL;
	for (size_t i = 0; i < j->nothers && !o; i++)
		if (memcmp(j->other[i].sum, sum, sizeof(sum)) == 0)
			o = &j->other[i];
	if (!o) {
		grown = yc_grow_list(j->other, j->nothers, sizeof(*grown));
		if (!grown)
			return YC_FAIL;
		j->other = grown;
		o = &grown[j->nothers++];
		*o = (struct other){0};
		memcpy(o->sum, sum, sizeof(sum));
	}
	*wanted = ++o->here > o->written;
	o->written += *wanted;
	return YC_OK;
}

static int put_other(struct joining *j, struct yc_writer *w, const struct yc_record *rec)
{
	bool wanted = false;
	int status = is_wanted(j, rec, &wanted);

	if (status == YC_OK && wanted)
		status = yc_set_out_flush(&j->out);
	return status == YC_OK && wanted ? yc_writer_put(w, rec) : status;
}

/* Writes those of the rows that are in the shard. */
static int put_picked(struct joining *j, const struct yc_set *part)
{
	const struct yc_tensor *label = yc_set_col(part, "label");
	size_t *row = yc_calloc(part->rows, sizeof(*row)), n;
	struct yc_set picked = {0};
	int status = YC_OK;

	if (!row)
		return YC_FAIL;
	n = yc_shard_pick(&j->how->shard, j->all.rows, j->all.head.classes, j->at,
		part->rows, j->how->shard.classes ? label->data : NULL, row);
	if (n == part->rows) {
		status = yc_set_out_rows(&j->out, part);
	} else if (n) {
		status = yc_set_pick(&picked, part, row, n);
		if (status == YC_OK)
			status = yc_set_out_rows(&j->out, &picked);
		yc_set_release(&picked);
	}
	j->written += n;
	yc_free(row);
	return status;
}

/* The rows of a record as a set, which borrows everything. */
static int put_rows(struct joining *j, const struct yc_record *rec, size_t rows)
{
	struct yc_set part = {.head = j->all.head,
		.rows = rows,
		.ncols = rec->ntensors,
		.col = rec->tensor,
		.nmetas = j->all.nmetas,
		.row_meta = j->all.row_meta};
	int status;

	if (j->all.rows - j->at < rows)
		return yc_fail(YC_FAIL, "the input changed while it was read");
	if (part.nmetas)
		part.row_meta_at = j->all.row_meta_at + j->at;
	status = put_picked(j, &part);
	j->at += rows;
	return status;
}

static int put(struct joining *j, struct yc_reader *r, struct yc_writer *w,
	const struct yc_record *rec)
{
	const size_t rows = (size_t)yc_reader_rows(r);

	for (size_t i = 0; yc_reader_first(r) && i < j->nothers; i++)
		j->other[i].here = 0;
	if (yc_record_is_passthrough(rec))
		return put_other(j, w, rec);
	return rows ? put_rows(j, rec, rows) : YC_OK;
}

/* Metadata of records without rows were kept: the same, of several segments, once. */
static void drop_repeats(struct yc_set *s)
{
	for (size_t i = 0; i < s->npassthrough; i++)
		for (size_t k = s->npassthrough; k-- > i + 1;) {
			const struct yc_meta *a = &s->passthrough[i].meta,
					     *b = &s->passthrough[k].meta;
			bool same = a->n == b->n;

			for (size_t p = 0; same && p < a->n; p++) {
				const char *v = yc_meta_get(b, a->pair[p].key);

				same = v && !strcmp(v, a->pair[p].value);
			}
			if (!same)
				continue;
			yc_record_release(&s->passthrough[k]);
			s->npassthrough--;
			memmove(&s->passthrough[k], &s->passthrough[k + 1],
				(s->npassthrough - k) * sizeof(*s->passthrough));
		}
}

static int write_all(struct joining *j, struct yc_reader *r, struct yc_writer *w)
{
	struct yc_set *all = &j->all;
	struct yc_record *rec;
	int status;

	if (j->how->shard.n > 1)
		yc_meta_drop(&all->meta, "yc.order");
	drop_repeats(all);
	status = j->how->head ? j->how->head(j->how->ctx, all) : YC_OK;
	if (status == YC_OK)
		status = yc_set_out_begin(&j->out, w, all);
	if (status == YC_OK)
		status = yc_reader_rewind(r);
	while (status == YC_OK && (status = yc_reader_next(r, &rec)) > 0)
		status = put(j, r, w, rec);
	if (status < 0)
		return status;
	/* Columns of a shard without rows. */
	for (size_t i = 0; !j->written && i < all->ncols; i++)
		all->col[i].shape[0] = all->col[i].bytes = 0;
	if (!j->written)
		all->rows = 0;
	return yc_set_out_end(&j->out, all);
}

int yc_join(struct yc_reader *r, struct yc_writer *w, const struct yc_join *how,
	uint64_t *rows)
{
	struct joining j = {.how = how};
	int status = check(&j, r);

	if (status == YC_OK)
		status = write_all(&j, r, w);
	if (rows)
		*rows = j.written;
	yc_set_out_release(&j.out);
	yc_set_release(&j.all);
	yc_digest_free(j.digest);
	yc_free(j.other);
	yc_free(j.shard);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* Which images of two streams belong together. */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/view/diff.h"
#include "yc/mem.h"

static int by_key(const void *pa, const void *pb)
{
	const struct yc_diff_key *a = pa, *b = pb;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->position != b->position)
		return a->position < b->position ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static int list_keys(struct yc_diff_side *s)
{
	const bool ids = yc_diff_column(s, "id") != NULL;

	if (yc_view_images_list(&s->images, &s->tile, &s->n) < 0)
		return YC_FAIL;
	s->key = yc_calloc(s->n, sizeof(*s->key));
	if (!s->key)
		return YC_FAIL;
	for (size_t i = 0; i < s->n; i++) {
		const struct yc_tile *t = &s->tile[i];

		s->key[i] = (struct yc_diff_key){
			.id = ids ? yc_view_images_id(&s->images, t) : t->row,
			.position = yc_view_images_position(&s->images, t),
			.at = i};
	}
	qsort(s->key, s->n, sizeof(*s->key), by_key);
	return YC_OK;
}

static void leave(struct yc_diff_side *s, const struct yc_diff_key *key)
{
	if (!s->alone++ || key->at < s->first.at)
		s->first = *key;
}

static int64_t label_of(const struct yc_diff_side *s, size_t at)
{
	return ((const int64_t *)yc_diff_column(s, "label")->data)[s->tile[at].row];
}

/* partner[at] is the image of B, from 1, that belongs to an image of A; 0: none. */
static void match(struct yc_diff *d, size_t *partner)
{
	struct yc_diff_side *a = &d->a, *b = &d->b;
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		struct yc_diff_key x = i < a->n ? a->key[i] : (struct yc_diff_key){0},
				   y = j < b->n ? b->key[j] : (struct yc_diff_key){0};
		int order;

		x.at = y.at = 0;
		order = i == a->n ? 1 : j == b->n ? -1 : by_key(&x, &y);
		if (order < 0)
			leave(a, &a->key[i++]);
		else if (order > 0)
			leave(b, &b->key[j++]);
		else
			partner[a->key[i++].at] = b->key[j++].at + 1;
	}
}

/* The first pairs of every class of A. */
static int pick(struct yc_diff *d, const size_t *partner)
{
	const size_t classes = (size_t)d->classes;
	size_t *have;

	d->all = yc_calloc(classes, sizeof(*d->all));
	d->shown = yc_calloc(classes, sizeof(*d->shown));
	d->start = yc_calloc(classes, sizeof(*d->start));
	have = yc_calloc(classes, sizeof(*have));
	if (!d->all || !d->shown || !d->start || !have) {
		yc_free(have);
		return YC_FAIL;
	}
	for (size_t i = 0; i < d->a.n; i++) {
		if (!partner[i])
			continue;
		d->all[label_of(&d->a, i)]++;
		d->pairs++;
		d->other_label += label_of(&d->a, i) != label_of(&d->b, partner[i] - 1);
	}
	for (size_t c = 0; c < classes; c++) {
		d->shown[c] = d->all[c] < d->columns ? d->all[c] : d->columns;
		d->start[c] = d->npick;
		d->npick += d->shown[c];
	}
	d->a.pick = yc_calloc(d->npick, sizeof(*d->a.pick));
	d->b.pick = yc_calloc(d->npick, sizeof(*d->b.pick));
	for (size_t i = 0; d->a.pick && d->b.pick && i < d->a.n; i++) {
		int64_t c = label_of(&d->a, i);

		if (!partner[i] || have[c] == d->shown[c])
			continue;
		d->a.pick[d->start[c] + have[c]] = d->a.tile[i];
		d->b.pick[d->start[c] + have[c]++] = d->b.tile[partner[i] - 1];
	}
	yc_free(have);
	return d->a.pick && d->b.pick ? YC_OK : YC_FAIL;
}

int yc_diff_match(struct yc_diff *d)
{
	size_t *partner;
	int status;

	if (list_keys(&d->a) < 0 || list_keys(&d->b) < 0)
		return YC_FAIL;
	partner = yc_calloc(d->a.n, sizeof(*partner));
	if (!partner)
		return YC_FAIL;
	match(d, partner);
	status = pick(d, partner);
	yc_free(partner);
	if (!status && !d->pairs)
		return yc_fail(YC_FAIL,
			"A and B have no image in common: the first of A is id %" PRId64
			", the first of B id %" PRId64,
			d->a.first.id, d->b.first.id);
	return status;
}

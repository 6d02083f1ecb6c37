/* SPDX-License-Identifier: MIT */
/* A whole set in memory: columns, head, metadata and passthrough records; also selects
 * rows of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/stream/internal.h"
#include "lib/stream/metadata_runs.h"
#include "yc/mem.h"
#include "yc/set.h"

/* Each takes memory: a stream with more was made to exhaust it. */
enum { PASSTHROUGH_MAX = 65536 };

static struct yc_record columns_of(const struct yc_set *s)
{
	return (struct yc_record){.ntensors = s->ncols, .tensor = s->col};
}

void yc_set_release(struct yc_set *s)
{
	struct yc_record cols = columns_of(s);

	yc_record_release(&cols);
	for (size_t i = 0; i < s->npassthrough; i++)
		yc_record_release(&s->passthrough[i]);
	yc_free(s->passthrough);
	yc_set_drop_row_meta(s);
	yc_meta_release(&s->meta);
	*s = (struct yc_set){0};
}

static const char score_prefix[] = "score.";

int yc_score_column(char column[YC_NAME_MAX + 1], const char *score, unsigned run)
{
	char suffix[16] = "";
	int n;

	if (run > 1)
		(void)snprintf(suffix, sizeof(suffix), ".%u", run);
	n = snprintf(column, YC_NAME_MAX + 1, "%s%s%s", score_prefix, score, suffix);
	return n <= YC_NAME_MAX ? YC_OK
				: yc_fail(YC_FAIL, "the name of the score is too long");
}

const char *yc_score_name(const char *column)
{
	size_t n = sizeof(score_prefix) - 1;

	return strncmp(column, score_prefix, n) == 0 ? column + n : NULL;
}

struct yc_tensor *yc_set_col(const struct yc_set *s, const char *name)
{
	struct yc_record cols = columns_of(s);

	return yc_record_find(&cols, name);
}

struct yc_tensor *yc_set_put(struct yc_set *s, const char *name, enum yc_dtype type,
	int rank, const uint64_t *shape, const void *data)
{
	struct yc_record cols = columns_of(s);
	struct yc_tensor *t;

	if (rank < 1 || (s->ncols && shape[0] != s->rows)) {
		(void)yc_fail(
			YC_FAIL, "column '%s' does not have %zu rows", name, s->rows);
		return NULL;
	}
	t = yc_record_add(&cols, name, type, rank, shape, data);
	s->col = cols.tensor;
	s->ncols = cols.ntensors;
	if (t)
		s->rows = (size_t)shape[0];
	return t;
}

void yc_set_drop(struct yc_set *s, size_t i)
{
	yc_tensor_release(&s->col[i]);
	s->ncols--;
	memmove(&s->col[i], &s->col[i + 1], (s->ncols - i) * sizeof(*s->col));
}

int yc_set_add_passthrough(struct yc_set *s, const struct yc_record *rec)
{
	struct yc_record *grown;

	if (s->npassthrough == PASSTHROUGH_MAX)
		return yc_fail(
			YC_FAIL, "more than %d records without rows", PASSTHROUGH_MAX);
	grown = yc_grow_list(s->passthrough, s->npassthrough, sizeof(*grown));
	if (!grown)
		return YC_FAIL;
	s->passthrough = grown;
	if (yc_record_copy(&s->passthrough[s->npassthrough], rec) < 0)
		return YC_FAIL;
	yc_meta_drop(&s->passthrough[s->npassthrough].meta, "yc.end");
	yc_meta_drop(&s->passthrough[s->npassthrough].meta, "yc.digest");
	s->npassthrough++;
	return YC_OK;
}

int yc_set_digest(const struct yc_set *s, char text[YC_DIGEST_TEXT])
{
	struct yc_record head = {0}, data = columns_of(s);
	struct yc_digest *d = yc_digest_new();
	int status = d ? yc_meta_copy(&head.meta, &s->meta) : YC_FAIL;

	if (status == YC_OK)
		status = yc_head_store(&s->head, &head.meta);
	if (status == YC_OK)
		status = yc_digest_add(d, &head);
	if (status == YC_OK)
		status = yc_digest_add(d, &data);
	for (size_t i = 0; status == YC_OK && i < s->npassthrough; i++)
		status = yc_digest_add(d, &s->passthrough[i]);
	if (status == YC_OK)
		status = yc_digest_text(d, text);
	yc_record_release(&head);
	yc_digest_free(d);
	return status;
}

/* -- picking rows -- */

static int pick_column(
	struct yc_tensor *to, const struct yc_tensor *from, const size_t *row, size_t n)
{
	size_t bytes = yc_tensor_row_bytes(from);

	*to = *from;
	to->data = NULL;
	to->name = yc_strdup(from->name);
	if (!to->name)
		return YC_FAIL;
	to->shape[0] = n;
	to->bytes = yc_size_mul(n, bytes);
	to->data = yc_grow(NULL, 0, to->bytes);
	if (!to->data)
		return YC_FAIL;
	for (size_t i = 0; bytes && i < n; i++)
		memcpy((char *)to->data + i * bytes,
			(const char *)from->data + row[i] * bytes, bytes);
	return YC_OK;
}

int yc_set_pick(struct yc_set *to, const struct yc_set *from, const size_t *row, size_t n)
{
	struct yc_record cols = {0};
	int status;

	*to = (struct yc_set){.head = from->head, .rows = n};
	for (size_t i = 0; i < n; i++)
		if (row[i] >= from->rows)
			return yc_fail(YC_FAIL, "row %zu of %zu", row[i], from->rows);
	status = yc_meta_copy(&to->meta, &from->meta);
	for (size_t i = 0; status == YC_OK && i < from->ncols; i++) {
		struct yc_tensor *t = yc_record_append(&cols);

		status = t ? pick_column(t, &from->col[i], row, n) : YC_FAIL;
	}
	to->col = cols.tensor;
	to->ncols = cols.ntensors;
	if (status == YC_OK)
		status = yc_meta_runs_pick(to, from, row, n);
	for (size_t i = 0; status == YC_OK && i < from->npassthrough; i++)
		status = yc_set_add_passthrough(to, &from->passthrough[i]);
	if (status < 0)
		yc_set_release(to);
	return status;
}

/* -- checking -- */

static bool all_finite(const float *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!__builtin_isfinite(v[i]))
			return false;
	return true;
}

static int check_image(const struct yc_head *h, const struct yc_tensor *t)
{
	uint64_t high, wide;

	if (t->dtype != YC_U8 && t->dtype != YC_F32)
		return yc_fail(YC_FAIL, "'image' is %s, not U8 or F32", t->dtype_name);
	if (t->rank != 4)
		return yc_fail(YC_FAIL, "'image' has %d dimensions, not 4", t->rank);
	if (t->shape[1] < 1 || t->shape[1] > YC_CHANNELS_MAX)
		return yc_fail(YC_FAIL, "'image' has %" PRIu64 " channels, not 1..%d",
			t->shape[1], YC_CHANNELS_MAX);
	if (h->nmean && (uint64_t)h->nmean != t->shape[1])
		return yc_fail(YC_FAIL, "yc.mean has %d numbers for %" PRIu64 " channels",
			h->nmean, t->shape[1]);
	high = t->shape[2];
	wide = t->shape[3];
	/* Tiles have factor 1 and are smaller than their decoded images. */
	if (high != wide || high < 1 ||
		(h->factor > 1 ? high != (uint64_t)h->side : high > (uint64_t)h->side))
		return yc_fail(YC_FAIL,
			"images of %" PRIu64 "x%" PRIu64
			" do not fit yc.side %d and yc.factor %d",
			high, wide, h->side, h->factor);
	return YC_OK;
}

int yc_set_check_rows(const struct yc_head *h, const struct yc_tensor *label,
	const struct yc_tensor *image)
{
	const int64_t *l;

	if (image && image->data && image->dtype == YC_F32 &&
		!all_finite(image->data, image->bytes / sizeof(float)))
		return yc_fail(YC_FAIL, "'image' has values that are not finite");
	if (!label || label->dtype != YC_I64 || label->rank != 1 || h->classes < 1)
		return YC_OK;
	l = label->data;
	for (size_t i = 0; i < label->shape[0]; i++)
		if (l[i] < 0 || l[i] >= h->classes)
			return yc_fail(YC_FAIL,
				"row %zu: label %" PRId64 " is not in 0..%d", i, l[i],
				h->classes - 1);
	return YC_OK;
}

/* Reports what a stream without images contains instead. */
static int no_images(const struct yc_set *s)
{
	return yc_fail(YC_FAIL,
		s->networks && !s->rows
			? "a stream of networks, not of images: use it with --init-net"
			: "no tensor 'image'");
}

int yc_set_check_images(const struct yc_set *s)
{
	const struct yc_tensor *label = yc_set_col(s, "label"),
			       *image = yc_set_col(s, "image");
	int status;

	if (s->head.classes < 1)
		return yc_fail(YC_FAIL, "the head has no key yc.classes");
	status = image ? check_image(&s->head, image) : no_images(s);
	if (status < 0)
		return status;
	if (s->rows < 1)
		return yc_fail(YC_FAIL, "the stream has no images");
	if (!label || label->dtype != YC_I64 || label->rank != 1)
		return yc_fail(YC_FAIL, "no tensor 'label' of I64 [N]");
	return yc_set_check_rows(&s->head, label, image);
}

int yc_set_factor(const struct yc_set *s)
{
	const int side = s->head.side, h = (int)yc_set_col(s, "image")->shape[2];
	/* s = ceil(side/f) undone: 75 of 224 is a third of a side */
	return s->head.factor > 1 ? s->head.factor : (side + h - 1) / h;
}

int yc_set_tiles_per_image(const struct yc_set *s)
{
	const int f = yc_set_factor(s);

	return f * f;
}

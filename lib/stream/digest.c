/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include "lib/stream/internal.h"
#include "yc/mem.h"
#include "yc/real.h"

/*
 * One hash per tensor name is updated with the rows, so that the division into records
 * does not matter; the digest is the hash of a text that lists those hashes. yc-stream(5)
 * defines the text.
 */

struct column {
	struct yc_tensor shape; /* name, dtype and shape; no data */
	uint64_t rows;
	struct sha256_ctx sha;
};

static const char *const head_keys[] = {"yc.classes", "yc.side", "yc.factor", "yc.mean",
	"yc.std", "yc.normalised", "yc.zca"};

/* So many of them have a line even if they are absent. */
enum { ALWAYS = 6 };

struct yc_digest {
	bool begun;
	char *head[YC_COUNT(head_keys)];
	size_t ncols;
	struct column *col;
	size_t nothers;
	unsigned char (*other)[SHA256_DIGEST_SIZE];
};

struct yc_digest *yc_digest_new(void)
{
	return yc_calloc(1, sizeof(struct yc_digest));
}

void yc_digest_free(struct yc_digest *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < YC_COUNT(d->head); i++)
		yc_free(d->head[i]);
	for (size_t i = 0; i < d->ncols; i++)
		yc_tensor_release(&d->col[i].shape);
	yc_free(d->col);
	yc_free(d->other);
	yc_free(d);
}

static void update(struct sha256_ctx *sha, const void *p, size_t n)
{
	if (n)
		sha256_update(sha, n, p);
}

static void update_text(struct sha256_ctx *sha, const char *s)
{
	update(sha, s, strlen(s) + 1);
}

/* "3,32,32", dimensions from the given one on. */
static void shape_text(char *out, size_t size, const struct yc_tensor *t, int from)
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = from; i < t->rank; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%llu", i > from ? "," : "",
			(unsigned long long)t->shape[i]);
}

static struct column *column_for(struct yc_digest *d, const struct yc_tensor *t)
{
	struct column *c;

	for (size_t i = 0; i < d->ncols; i++) {
		c = &d->col[i];
		if (strcmp(c->shape.name, t->name) != 0)
			continue;
		if (yc_tensor_same_rows(&c->shape, t))
			return c;
		(void)yc_fail(YC_FAIL, "tensor '%s' changes its dtype or shape", t->name);
		return NULL;
	}
	c = yc_grow_list(d->col, d->ncols, sizeof(*c));
	if (!c)
		return NULL;
	d->col = c;
	c += d->ncols;
	*c = (struct column){.shape = *t};
	c->shape.data = NULL;
	c->shape.name = yc_strdup(t->name);
	if (!c->shape.name)
		return NULL;
	sha256_init(&c->sha);
	d->ncols++;
	return c;
}

static int add_data(struct yc_digest *d, const struct yc_record *rec)
{
	uint64_t rows;

	if (yc_record_rows(rec, &rows) < 0)
		return YC_FAIL;
	for (size_t i = 0; i < rec->ntensors; i++) {
		struct column *c = column_for(d, &rec->tensor[i]);

		if (!c)
			return YC_FAIL;
		update(&c->sha, rec->tensor[i].data, rec->tensor[i].bytes);
		c->rows += rows;
	}
	return YC_OK;
}

static int by_key(const void *pa, const void *pb)
{
	const struct yc_pair *a = pa, *b = pb;

	return strcmp(a->key, b->key);
}

static int by_name(const void *pa, const void *pb)
{
	const struct yc_tensor *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

static int by_column(const void *pa, const void *pb)
{
	const struct column *a = pa, *b = pb;

	return strcmp(a->shape.name, b->shape.name);
}

/* Keys that describe transport and origin, not content. */
static bool travel_key(const char *key)
{
	return !strcmp(key, "yc.end") || !strcmp(key, "yc.digest") ||
	       !strcmp(key, "yc.history");
}

int yc_digest_other(const struct yc_record *rec, unsigned char sum[YC_RECORD_DIGEST])
{
	struct yc_pair *pair = yc_calloc(rec->meta.n, sizeof(*pair));
	struct yc_tensor *tensor = yc_calloc(rec->ntensors, sizeof(*tensor));
	struct sha256_ctx sha;

	if (!pair || !tensor) {
		yc_free(pair);
		yc_free(tensor);
		return YC_FAIL;
	}
	if (rec->meta.n)
		memcpy(pair, rec->meta.pair, rec->meta.n * sizeof(*pair));
	if (rec->ntensors)
		memcpy(tensor, rec->tensor, rec->ntensors * sizeof(*tensor));
	qsort(pair, rec->meta.n, sizeof(*pair), by_key);
	qsort(tensor, rec->ntensors, sizeof(*tensor), by_name);
	sha256_init(&sha);
	for (size_t i = 0; i < rec->meta.n; i++) {
		if (travel_key(pair[i].key))
			continue;
		update_text(&sha, pair[i].key);
		update_text(&sha, pair[i].value);
	}
	for (size_t i = 0; i < rec->ntensors; i++) {
		char shape[YC_RANK_MAX * 21 + 1];

		shape_text(shape, sizeof(shape), &tensor[i], 0);
		update_text(&sha, tensor[i].name);
		update_text(&sha, tensor[i].dtype_name);
		update_text(&sha, shape);
		update(&sha, tensor[i].data, tensor[i].bytes);
	}
	_Static_assert((int)YC_RECORD_DIGEST == (int)SHA256_DIGEST_SIZE, "SHA-256");
	sha256_digest(&sha, YC_RECORD_DIGEST, sum);
	yc_free(pair);
	yc_free(tensor);
	return YC_OK;
}

static int add_other(struct yc_digest *d, const struct yc_record *rec)
{
	unsigned char(*grown)[SHA256_DIGEST_SIZE] =
		yc_grow_list(d->other, d->nothers, sizeof(*grown));

	if (!grown)
		return YC_FAIL;
	d->other = grown;
	return yc_digest_other(rec, grown[d->nothers++]);
}

int yc_digest_add(struct yc_digest *d, const struct yc_record *rec)
{
	for (size_t i = 0; !d->begun && i < YC_COUNT(head_keys); i++) {
		const char *v = yc_meta_get(&rec->meta, head_keys[i]);

		d->head[i] = yc_strdup(v				    ? v
				       : !strcmp(head_keys[i], "yc.factor") ? "1"
									    : "");
		if (!d->head[i])
			return YC_FAIL;
	}
	d->begun = true;
	if (yc_record_is_data(rec))
		return add_data(d, rec);
	return yc_record_is_passthrough(rec) ? add_other(d, rec) : YC_OK;
}

static void hex(char *out, const unsigned char *p)
{
	for (int i = 0; i < SHA256_DIGEST_SIZE; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static void finish(const struct sha256_ctx *sha, char *text)
{
	unsigned char sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx copy = *sha;

	sha256_digest(&copy, sizeof(sum), sum);
	hex(text, sum);
}

static void line(struct sha256_ctx *sha, const char *word, const char *value)
{
	update(sha, word, strlen(word));
	update(sha, " ", 1);
	update(sha, value, strlen(value));
	update(sha, "\n", 1);
}

int yc_digest_text(const struct yc_digest *d, char text[YC_DIGEST_TEXT])
{
	struct column *col = yc_calloc(d->ncols, sizeof(*col));
	struct sha256_ctx sha;

	if (!col)
		return YC_FAIL;
	if (d->ncols)
		memcpy(col, d->col, d->ncols * sizeof(*col));
	qsort(col, d->ncols, sizeof(*col), by_column);
	sha256_init(&sha);
	line(&sha, "stream", YC_STREAM_VERSION);
	for (size_t i = 0; i < YC_COUNT(head_keys); i++)
		if (i < ALWAYS || (d->head[i] && *d->head[i]))
			line(&sha, head_keys[i], d->head[i] ? d->head[i] : "");
	for (size_t i = 0; i < d->ncols; i++) {
		const struct yc_tensor *t = &col[i].shape;
		char sum[2 * SHA256_DIGEST_SIZE + 1], shape[YC_RANK_MAX * 21 + 1];
		char value[512];

		finish(&col[i].sha, sum);
		shape_text(shape, sizeof(shape), t, 1);
		(void)snprintf(value, sizeof(value), "%s %s %llu [%s] ", sum,
			t->dtype_name, (unsigned long long)col[i].rows, shape);
		update(&sha, "tensor ", 7);
		update(&sha, value, strlen(value));
		update(&sha, t->name, strlen(t->name));
		update(&sha, "\n", 1);
	}
	for (size_t i = 0; i < d->nothers; i++) {
		char sum[2 * SHA256_DIGEST_SIZE + 1];

		hex(sum, d->other[i]);
		line(&sha, "record", sum);
	}
	memcpy(text, "sha256:", 8);
	finish(&sha, text + 7);
	yc_free(col);
	return YC_OK;
}

int yc_digest_compare(const struct yc_digest *d, const struct yc_record *end)
{
	const char *want = yc_meta_get(&end->meta, "yc.digest");
	char text[YC_DIGEST_TEXT];

	if (!want)
		return 0;
	if (yc_digest_text(d, text) < 0)
		return YC_FAIL;
	return strcmp(want, text) == 0
		       ? 1
		       : yc_fail(YC_NO, "yc.digest is %.80s but the content has %s", want,
				 text);
}

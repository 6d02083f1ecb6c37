/* SPDX-License-Identifier: MIT */
/* Sets written out at their real size: what yc-decode and yc-augment do. */
#include <string.h>

#include "yc/data.h"
#include "yc/mem.h"

/* Raw bytes that a record aims at; yc-stream(5). */
enum { RECORD_BYTES = 1 << 20 };

/* A set on its way out: out row i comes from tile i / repeat. */
struct materialise {
	const struct yc_set *set;
	const struct yc_tile *tile;
	uint64_t rows; /* to write */
	uint32_t repeat;
	bool single; /* the tiles are those of the head's factor */
	bool undo;   /* the normalisation that pixels may have come with */
	enum yc_dtype dtype;
	struct yc_set plain; /* the columns whose rows are just repeated; borrowed */
	const struct yc_tensor **score;
	size_t nscores; /* one value a tile */
	/* Writes the image of out row i, planar, of `dtype`. */
	void (*fill)(void *ctx, uint64_t i, void *image);
	void *ctx;
};

static int sort_columns(struct materialise *e)
{
	const struct yc_set *s = e->set;
	uint64_t tiles = (uint64_t)s->head.factor * (uint64_t)s->head.factor;

	e->plain = (struct yc_set){.meta = s->meta,
		.head = s->head,
		.rows = s->rows,
		.nnotes = s->nnotes,
		.note = s->note,
		.row_note = s->row_note};
	e->plain.col = yc_calloc(s->ncols, sizeof(*e->plain.col));
	e->score = yc_calloc(s->ncols, sizeof(*e->score));
	if (!e->plain.col || !e->score)
		return YC_FAIL;
	for (size_t i = 0; i < s->ncols; i++) {
		const struct yc_tensor *t = &s->col[i];
		bool score = yc_score_name(t->name) != NULL;

		if (strcmp(t->name, "image") == 0)
			continue;
		if (s->head.factor > 1 && (score || strcmp(t->name, "tile") == 0)) {
			if (!score || !e->single)
				continue;
			if (t->rank != 2 || t->shape[1] != tiles ||
				yc_dtype_size(t->dtype) == 0)
				return yc_fail(YC_FAIL,
					"'%s' does not have %d values a row, one a tile",
					t->name, (int)tiles);
			e->score[e->nscores++] = t;
			continue;
		}
		e->plain.col[e->plain.ncols++] = *t;
	}
	return YC_OK;
}

static const struct yc_tile *tile_of(const struct materialise *e, uint64_t i)
{
	return &e->tile[i / e->repeat];
}

/* Score and tile columns of the n rows from `at` on. */
static int put_tiles(
	const struct materialise *e, struct yc_set *part, uint64_t at, size_t n)
{
	const uint64_t shape[] = {n, 1};
	struct yc_tensor *to;

	if (e->set->head.factor == 1)
		return YC_OK;
	to = yc_set_put(part, "tile", YC_I64, 1, shape, NULL);
	if (!to)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		((int64_t *)to->data)[i] = tile_of(e, at + i)->position;
	for (size_t k = 0; k < e->nscores; k++) {
		const struct yc_tensor *from = e->score[k];
		size_t size = yc_dtype_size(from->dtype);

		to = yc_set_put(part, from->name, from->dtype, 2, shape, NULL);
		if (!to)
			return YC_FAIL;
		for (size_t i = 0; i < n; i++) {
			const struct yc_tile *t = tile_of(e, at + i);
			size_t item = (size_t)t->row * (size_t)from->shape[1] +
				      (size_t)t->position;

			memcpy((char *)to->data + i * size,
				(const char *)from->data + item * size, size);
		}
	}
	return YC_OK;
}

static int build(const struct materialise *e, struct yc_set *part, uint64_t at, size_t n)
{
	uint64_t side = (uint64_t)e->set->head.side;
	const uint64_t shape[] = {n, yc_set_col(e->set, "image")->shape[1], side, side};
	size_t *row = yc_calloc(n, sizeof(*row));
	struct yc_tensor *image;
	int status;

	if (!row)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		row[i] = (size_t)tile_of(e, at + i)->row;
	status = yc_set_pick(part, &e->plain, row, n);
	yc_free(row);
	if (status < 0)
		return status;
	image = yc_set_put(part, "image", e->dtype, 4, shape, NULL);
	if (!image)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		e->fill(e->ctx, at + i, (char *)image->data + i * (image->bytes / n));
	return put_tiles(e, part, at, n);
}

/* Out rows are the rows of the set, one by one. */
static bool in_place(const struct materialise *e)
{
	return e->set->head.factor == 1 && e->repeat == 1;
}

static bool ordered(const struct materialise *e)
{
	return in_place(e) && yc_meta_get(&e->set->meta, "yc.order");
}

static int write_head(const struct materialise *e, struct yc_writer *w)
{
	struct yc_head head = e->set->head;
	struct yc_record rec = {0};
	int status = yc_meta_copy(&rec.meta, &e->set->meta);

	if (status < 0)
		return status;
	head.factor = 1;
	if (!in_place(e))
		yc_meta_drop(&rec.meta, "yc.order");
	if (e->undo)
		yc_meta_drop(&rec.meta, "yc.normalised");
	status = yc_head_store(&head, &rec.meta);
	if (status == YC_OK)
		status = yc_writer_put(w, &rec);
	yc_record_release(&rec);
	return status;
}

static int write_extras(const struct materialise *e, struct yc_writer *w)
{
	int status = YC_OK;

	for (size_t i = 0; status == YC_OK && i < e->set->nextra; i++)
		status = yc_writer_put(w, &e->set->extra[i]);
	return status;
}

static int write_parts(const struct materialise *e, struct yc_writer *w)
{
	size_t classes = (size_t)e->set->head.classes;
	uint64_t side = (uint64_t)e->set->head.side;
	uint64_t bytes = side * side * yc_set_col(e->set, "image")->shape[1] *
			 yc_dtype_size(e->dtype);
	size_t most = bytes < RECORD_BYTES ? (size_t)(RECORD_BYTES / bytes) : 1;
	struct yc_set_out out;
	int status = YC_OK;

	/* Readers of an order may stop early: an image of every class is enough. */
	if (ordered(e) && classes < most)
		most = classes;
	out = (struct yc_set_out){.writer = w, .step = most};
	for (uint64_t at = 0; status == YC_OK && at < e->rows; at += most) {
		size_t n = e->rows - at < most ? (size_t)(e->rows - at) : most;
		struct yc_set part = {0};

		status = build(e, &part, at, n);
		if (status == YC_OK)
			status = yc_set_out_rows(&out, &part);
		yc_set_release(&part);
	}
	if (status == YC_OK)
		status = yc_set_out_flush(&out);
	yc_set_out_release(&out);
	return status;
}

static int write_all(struct materialise *e, struct yc_writer *w)
{
	int status = sort_columns(e);

	if (status == YC_OK)
		status = write_head(e, w);
	if (status == YC_OK && ordered(e))
		status = write_extras(e, w);
	if (status == YC_OK)
		status = write_parts(e, w);
	if (status == YC_OK && !ordered(e))
		status = write_extras(e, w);
	if (status == YC_OK)
		status = yc_writer_end(w);
	yc_free(e->plain.col);
	yc_free(e->score);
	return status;
}

/* NHWC -> planar */
static void to_planes(const yc_real *x, size_t pixels, size_t channels, float *y)
{
	for (size_t c = 0; c < channels; c++)
		for (size_t i = 0; i < pixels; i++)
			*y++ = (float)x[i * channels + c];
}

struct decoding {
	const struct materialise *e;
	const struct yc_tensor *image;
	yc_real *stored, *decoded;
};

static void fill_decoded(void *ctx, uint64_t i, void *image)
{
	const struct decoding *r = ctx;
	const struct yc_tile *t = &r->e->tile[i];
	int channels = (int)r->image->shape[1], side = r->e->set->head.side;

	yc_image_load(r->image, (size_t)t->row, r->stored);
	yc_decode_tile(r->stored, channels, (int)r->image->shape[2], t->factor,
		t->position, side, r->decoded);
	to_planes(r->decoded, (size_t)side * (size_t)side, (size_t)channels, image);
}

static void fill_same(void *ctx, uint64_t i, void *image)
{
	const struct decoding *r = ctx;
	size_t bytes = r->image->bytes / r->e->set->rows;

	memcpy(image, (const char *)r->image->data + (size_t)i * bytes, bytes);
}

int yc_decode_write(
	const struct yc_set *s, enum yc_decode_type type, int bound, struct yc_writer *w)
{
	int status = yc_set_check_images(s), n;
	struct yc_tile *tile;
	const struct yc_tensor *image = yc_set_col(s, "image");

	if (status < 0)
		return status;
	status = yc_set_tiles(s, type, bound, &tile, &n);
	if (status < 0)
		return status;

	size_t channels = (size_t)image->shape[1], h = (size_t)image->shape[2];
	size_t side = (size_t)s->head.side;
	bool same = s->head.factor == 1 && h == side;
	struct materialise e = {.set = s,
		.tile = tile,
		.rows = (uint64_t)n,
		.repeat = 1,
		.single = type == YC_DECODE_SINGLE,
		.dtype = same ? image->dtype : YC_F32,
		.fill = same ? fill_same : fill_decoded};
	struct decoding job = {&e, image, yc_calloc(h * h * channels, sizeof(yc_real)),
		yc_calloc(side * side * channels, sizeof(yc_real))};

	e.ctx = &job;
	status = job.stored && job.decoded ? write_all(&e, w) : YC_FAIL;
	yc_free(job.stored);
	yc_free(job.decoded);
	yc_free(tile);
	return status;
}

struct augmenting {
	const struct yc_augment *cfg;
	struct yc_aug aug; /* with the normalisation of the data */
	const struct yc_data *data;
	yc_real *x, *tmp; /* an image each */
};

static void fill_augmented(void *ctx, uint64_t i, void *image)
{
	const struct augmenting *r = ctx;
	const struct yc_data *d = r->data;
	uint64_t source = i / r->cfg->repeat, copy = i % r->cfg->repeat;
	size_t pixels = (size_t)d->side * (size_t)d->side, channels = (size_t)d->channels;
	struct yc_rng rng;
	float *y = image;

	if (r->cfg->siamese) {
		rng = yc_rng_fork(&r->cfg->rng, "aug-shared", copy);
	} else {
		rng = yc_rng_fork(&r->cfg->rng, "aug-image", source);
		rng = yc_rng_fork(&rng, "copy", copy);
	}
	yc_data_fetch(d, (int)source, r->x);
	yc_aug_alone(&r->aug, rng, r->x, r->tmp);
	for (size_t c = 0; c < channels; c++)
		for (size_t k = 0; k < pixels; k++)
			*y++ = (float)((double)r->x[k * channels + c] * d->std[c] +
				       d->mean[c]);
}

static int augment(const struct yc_set *s, const struct yc_augment *a,
	const struct yc_data *d, const struct yc_tile *tile, struct yc_writer *w)
{
	size_t size = yc_data_image_size(d);
	struct augmenting job = {a, *a->aug, d, yc_calloc(size, sizeof(yc_real)),
		yc_calloc(size, sizeof(yc_real))};
	struct materialise e = {.set = s,
		.tile = tile,
		.rows = (uint64_t)d->n * a->repeat,
		.repeat = a->repeat,
		.single = true,
		.undo = true,
		.dtype = YC_F32,
		.fill = fill_augmented,
		.ctx = &job};
	int status;

	job.aug.mean = d->mean;
	job.aug.std = d->std;
	status = job.x && job.tmp ? write_all(&e, w) : YC_FAIL;

	yc_free(job.x);
	yc_free(job.tmp);
	return status;
}

int yc_augment_write(
	const struct yc_set *s, const struct yc_augment *a, struct yc_writer *w)
{
	struct yc_data d;
	struct yc_tile *tile;
	int n, status = yc_data_new(&d, s);

	if (status < 0)
		return status;
	status = yc_set_tiles(s, YC_DECODE_SINGLE, 0, &tile, &n);
	if (status == YC_OK)
		status = augment(s, a, &d, tile, w);
	yc_free(tile);
	yc_data_release(&d);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* Writes streams at full size, for yc-decode and yc-augment. */
#include <string.h>

#include "yc/data.h"
#include "yc/mem.h"
#include "yc/rows.h"

enum {
	RECORD_BYTES = 1 << 20, /* target size of a record, uncompressed; yc-stream(5) */
	BATCH_BYTES = 8 << 20	/* tiles decoded at a time */
};

/* A part of the output: output row i comes from tile i / repeat. */
struct materialise {
	const struct yc_set *set;
	const struct yc_tile *tile;
	uint64_t rows; /* to write */
	uint32_t repeat;
	bool single; /* the tiles are those of the head's factor */
	enum yc_dtype dtype;
	struct yc_set plain; /* the columns whose rows are only repeated; borrowed */
	const struct yc_tensor **score;
	size_t nscores; /* one value per tile */
	/* Writes the image of output row i, planar, of `dtype`. */
	int (*fill)(void *ctx, uint64_t i, void *image);
	void *ctx;
};

/* The stream. */
struct job {
	const struct yc_passage *passage;
	enum yc_decode_type type;
	int bound;
	/* NULL: decoded images are written as they are */
	const struct yc_augment *augment;
	struct yc_chain chain;
	bool built;    /* chain */
	uint64_t seen; /* number of tiles before the current ones */
	double mean[YC_CHANNELS_MAX], std[YC_CHANNELS_MAX]; /* of those, once built */
};

static int sort_columns(struct materialise *e)
{
	const struct yc_set *s = e->set;
	uint64_t tiles = (uint64_t)s->head.factor * (uint64_t)s->head.factor;

	e->plain = (struct yc_set){.meta = s->meta,
		.head = s->head,
		.rows = s->rows,
		.nmetas = s->nmetas,
		.row_meta = s->row_meta,
		.row_meta_at = s->row_meta_at};
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
					"'%s' does not have %d values per row, one per "
					"tile",
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
	for (size_t i = 0; i < n && status == YC_OK; i++)
		status = e->fill(
			e->ctx, at + i, (char *)image->data + i * (image->bytes / n));
	return status == YC_OK ? put_tiles(e, part, at, n) : status;
}

static uint32_t repeats(const struct job *j)
{
	return j->augment ? j->augment->repeat : 1;
}

/* Readers of an order may stop early: an image of every class is enough. */
static size_t rows_of_record(const struct materialise *e, bool ordered)
{
	size_t classes = (size_t)e->set->head.classes, side = (size_t)e->set->head.side;
	size_t bytes = side * side * (size_t)yc_set_col(e->set, "image")->shape[1] *
		       yc_dtype_size(e->dtype);
	size_t most = bytes < RECORD_BYTES ? RECORD_BYTES / bytes : 1;

	return ordered && classes < most ? classes : most;
}

static int write_rows(struct materialise *e, struct yc_set_out *out)
{
	int status = sort_columns(e);

	if (!out->step)
		out->step = rows_of_record(e, out->ordered);
	for (uint64_t at = 0; status == YC_OK && at < e->rows; at += out->step) {
		size_t n = e->rows - at < out->step ? (size_t)(e->rows - at) : out->step;
		struct yc_set piece = {0};

		status = build(e, &piece, at, n);
		if (status == YC_OK)
			status = yc_set_out_rows(out, &piece);
		yc_set_release(&piece);
	}
	yc_free(e->plain.col);
	yc_free(e->score);
	return status;
}

/* -- decoding -- */

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

static int fill_decoded(void *ctx, uint64_t i, void *image)
{
	const struct decoding *r = ctx;
	const struct yc_tile *t = &r->e->tile[i];
	int channels = (int)r->image->shape[1], side = r->e->set->head.side;

	yc_image_load(r->image, (size_t)t->row, r->stored);
	yc_decode_tile(r->stored, channels, (int)r->image->shape[2], t->factor,
		t->position, side, r->decoded);
	to_planes(r->decoded, (size_t)side * (size_t)side, (size_t)channels, image);
	return YC_OK;
}

static int fill_same(void *ctx, uint64_t i, void *image)
{
	const struct decoding *r = ctx;
	size_t bytes = r->image->bytes / r->e->set->rows;

	memcpy(image, (const char *)r->image->data + (size_t)i * bytes, bytes);
	return YC_OK;
}

static int decode(struct job *j, const struct yc_set *part, const struct yc_tile *tile,
	size_t n, struct yc_set_out *out)
{
	const struct yc_tensor *image = yc_set_col(part, "image");
	size_t channels = (size_t)image->shape[1], h = (size_t)image->shape[2];
	size_t side = (size_t)part->head.side;
	bool same = part->head.factor == 1 && h == side;
	struct materialise e = {.set = part,
		.tile = tile,
		.rows = n,
		.repeat = 1,
		.single = j->type == YC_DECODE_SINGLE,
		.dtype = same ? image->dtype : YC_F32,
		.fill = same ? fill_same : fill_decoded};
	struct decoding decoding = {&e, image,
		yc_calloc(h * h * channels, sizeof(yc_real)),
		yc_calloc(side * side * channels, sizeof(yc_real))};
	int status = YC_FAIL;

	e.ctx = &decoding;
	if (decoding.stored && decoding.decoded)
		status = write_rows(&e, out);
	yc_free(decoding.stored);
	yc_free(decoding.decoded);
	return status;
}

/* -- augmenting -- */

struct augmenting {
	const struct yc_augment *cfg;
	const struct yc_chain *chain;
	const struct yc_data *data;
	uint64_t first;	  /* of all tiles */
	yc_real *x, *tmp; /* one image each */
};

static int fill_augmented(void *ctx, uint64_t i, void *image)
{
	const struct augmenting *r = ctx;
	const struct yc_data *d = r->data;
	uint64_t source = i / r->cfg->repeat, copy = i % r->cfg->repeat;
	size_t pixels = (size_t)d->side * (size_t)d->side, channels = (size_t)d->channels;
	struct yc_rng rng;
	bool in_pixels;
	float *y = image;
	int status;

	if (r->cfg->siamese) {
		rng = yc_rng_fork(&r->cfg->rng, "aug-shared", copy);
	} else {
		rng = yc_rng_fork(&r->cfg->rng, "aug-image", r->first + source);
		rng = yc_rng_fork(&rng, "copy", copy);
	}
	yc_data_fetch(d, (int)source, r->x);
	status = yc_chain_apply(r->chain, rng, r->x, r->tmp, &in_pixels);
	for (size_t c = 0; c < channels; c++)
		for (size_t k = 0; k < pixels; k++) {
			const double v = (double)r->x[k * channels + c];

			*y++ = (float)(in_pixels ? v : v * d->std[c] + d->mean[c]);
		}
	return status;
}

/* The normalisation of the first images is that of all: a set has one. */
static int build_aug(struct job *j, const struct yc_data *d)
{
	int status;

	if (j->built && (memcmp(j->mean, d->mean, sizeof(j->mean)) != 0 ||
				memcmp(j->std, d->std, sizeof(j->std)) != 0))
		return yc_fail(YC_FAIL,
			"yc.mean and yc.std are missing before these images, which have "
			"them: put streams that have them first");
	if (j->built)
		return YC_OK;
	memcpy(j->mean, d->mean, sizeof(j->mean));
	memcpy(j->std, d->std, sizeof(j->std));
	status = j->augment->build(j->augment->ctx, &j->chain, d->side, d->channels);
	if (status < 0)
		return status;
	for (int k = 0; k < j->chain.n; k++) {
		j->chain.part[k].aug.mean = j->mean;
		j->chain.part[k].aug.std = j->std;
	}
	j->built = true;
	return YC_OK;
}

/* Number of tiles decoded at a time; whole rows are in memory already. */
static size_t batch(const struct yc_set *part, size_t n)
{
	size_t side = (size_t)part->head.side;
	size_t bytes = side * side * sizeof(yc_real) *
		       (size_t)yc_set_col(part, "image")->shape[1];
	size_t most = bytes < BATCH_BYTES ? BATCH_BYTES / bytes : 1;

	return part->head.factor > 1 && most < n ? most : n;
}

static int augment(struct job *j, const struct yc_set *part, const struct yc_tile *tile,
	size_t n, struct yc_set_out *out)
{
	struct yc_data d;
	int status = yc_data_of_tiles(&d, part, tile, (int)n);
	size_t size = yc_data_image_size(&d);

	if (status < 0)
		return status;
	struct augmenting job = {j->augment, &j->chain, &d, j->seen,
		yc_calloc(size, sizeof(yc_real)), yc_calloc(size, sizeof(yc_real))};
	struct materialise e = {.set = part,
		.tile = tile,
		.rows = (uint64_t)n * j->augment->repeat,
		.repeat = j->augment->repeat,
		.single = true,
		.dtype = YC_F32,
		.fill = fill_augmented,
		.ctx = &job};

	status = job.x && job.tmp ? build_aug(j, &d) : YC_FAIL;
	if (status == YC_OK)
		status = write_rows(&e, out);
	yc_free(job.x);
	yc_free(job.tmp);
	yc_data_release(&d);
	return status;
}

/* -- the stream -- */

/* Tiles of rows of the part. */
static int write_tiles(struct job *j, const struct yc_set *part,
	const struct yc_tile *tile, size_t n, struct yc_set_out *out)
{
	int status = YC_OK;

	for (size_t at = 0, m; status == YC_OK && at < n; at += m) {
		m = batch(part, n - at);
		status = (j->augment ? augment : decode)(j, part, tile + at, m, out);
		j->seen += m;
	}
	return status;
}

/* Output rows are the rows of the stream if there is nothing to cut or repeat. */
static int head(void *ctx, struct yc_set *segment)
{
	const struct job *j = ctx;

	if (segment->head.factor > 1 || repeats(j) > 1)
		yc_meta_drop(&segment->meta, "yc.order");
	if (j->augment) /* undoes it */
		yc_meta_drop(&segment->meta, "yc.normalised");
	segment->head.factor = 1;
	return j->passage->head(j->passage->ctx, segment);
}

static int pass_rows(void *ctx, struct yc_set *part, struct yc_set_out *out)
{
	struct job *j = ctx;
	struct yc_tile *tile;
	int n, status = yc_set_check_images(part);

	if (status == YC_OK)
		status = yc_set_tiles(part, j->type, j->bound, &tile, &n);
	if (status < 0)
		return status;
	status = write_tiles(j, part, tile, (size_t)n, out);
	yc_free(tile);
	return status;
}

static bool hold(void *ctx, const char *column)
{
	(void)ctx;
	return strcmp(column, "label") == 0;
}

/* Processes as many of the n tiles as the next part of the rows has; returns their
 * number. */
static int write_part(struct job *j, struct yc_rows *rows, struct yc_tile *tile,
	size_t *row, size_t *in_part, size_t *n, struct yc_set_out *out)
{
	const struct yc_set *part;
	struct yc_set bare;

	for (size_t i = 0; i < *n; i++)
		row[i] = (size_t)tile[i].row;
	if (yc_rows_fetch(rows, row, n, &part, in_part) < 0)
		return YC_FAIL;
	for (size_t i = 0; i < *n; i++)
		tile[i].row = (int32_t)in_part[i];
	bare = *part;
	bare.npassthrough = 0; /* not with every piece */
	return write_tiles(j, &bare, tile, *n, out);
}

static int write_condensed(struct job *j, struct yc_rows *rows, struct yc_tile *tile,
	size_t n, const struct yc_set *written)
{
	size_t *row = yc_calloc(n, sizeof(*row)), *in_part = yc_calloc(n, sizeof(*row));
	struct yc_set_out out = {0};
	int status = YC_FAIL;

	if (row && in_part)
		status = yc_set_out_begin(&out, j->passage->writer, written);
	for (size_t at = 0, m; status == YC_OK && at < n; at += m) {
		m = n - at;
		status = write_part(j, rows, tile + at, row, in_part, &m, &out);
	}
	if (status == YC_OK)
		status = yc_set_out_end(&out, written);
	yc_set_out_release(&out);
	yc_free(row);
	yc_free(in_part);
	return status;
}

/* Condensed images: their decoded order requires all labels. */
static int pass_condensed(struct job *j)
{
	const struct yc_set_hooks hooks = {.hold = hold};
	struct yc_set written = {0};
	struct yc_rows rows;
	struct yc_tile *tile = NULL;
	int n, status =
		       yc_rows_read(&rows, j->passage->reader, &hooks, j->passage->watch);

	if (status < 0)
		return status;
	status = yc_set_check_images(&rows.set);
	if (status == YC_OK)
		status = yc_set_tiles(&rows.set, j->type, j->bound, &tile, &n);
	if (status == YC_OK)
		status = yc_meta_copy(&written.meta, &rows.set.meta);
	written.head = rows.set.head;
	written.npassthrough = rows.set.npassthrough;
	written.passthrough = rows.set.passthrough;
	if (status == YC_OK)
		status = head(j, &written);
	if (status == YC_OK)
		status = write_condensed(j, &rows, tile, (size_t)n, &written);
	yc_meta_release(&written.meta);
	yc_free(tile);
	yc_rows_release(&rows);
	return status;
}

static int pass(struct job *j)
{
	const struct yc_set_map map = {.ctx = j, .head = head, .rows = pass_rows};
	struct yc_reader *r = j->passage->reader;
	int status = yc_reader_peek(r);

	if (status < 0)
		return status;
	return status && yc_reader_head(r)->factor > 1
		       ? pass_condensed(j)
		       : yc_set_map(r, j->passage->writer, &map);
}

int yc_decode_stream(const struct yc_passage *p, enum yc_decode_type type, int bound)
{
	struct job j = {.passage = p, .type = type, .bound = bound};

	return pass(&j);
}

int yc_augment_stream(const struct yc_passage *p, const struct yc_augment *a)
{
	struct job j = {.passage = p, .augment = a};

	return pass(&j);
}

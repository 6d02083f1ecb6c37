/* SPDX-License-Identifier: MIT */
/* The input batch of an update of images: real and synthetic images of one class with
 * common draws of augmentation; and the adjoint, from the gradient of the input to the
 * stored pixels: yc-methods(7), "Order of operations". */
#include <string.h>

#include "lib/condense/internal.h"
#include "yc/pool.h"

static void take_all(struct yc_class_batch *b)
{
	struct yc_arena *a = &b->arena;
	size_t image = yc_data_image_size(b->data), syn = (size_t)b->synth->batch;
	size_t n = (size_t)b->n_real + syn;

	b->x = yc_arena_plan(a, yc_size_mul(n, image), sizeof(*b->x));
	b->dx = yc_arena_plan(a, yc_size_mul(syn, image), sizeof(*b->dx));
	b->tmp =
		yc_arena_plan(a, yc_size_mul((size_t)b->threads, image), sizeof(*b->tmp));
	b->grad =
		yc_arena_plan(a, yc_size_mul((size_t)b->synth->cfg.ipc, b->synth->pixels),
			sizeof(*b->grad));
	b->idx = yc_arena_plan(a, (size_t)b->n_real, sizeof(*b->idx));
	b->pick = yc_arena_plan(a, syn, sizeof(*b->pick));
	b->perm = yc_arena_plan(a, (size_t)b->synth->ntiles, sizeof(*b->perm));
	/* Shared by the batch: one draw per op. */
	b->draw = yc_arena_plan(a, YC_AUG_OPS_MAX, sizeof(*b->draw));
}

int yc_class_batch_new(struct yc_class_batch *b, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_aug *aug, int n_real, int threads)
{
	int status;

	*b = (struct yc_class_batch){.data = data,
		.synth = synth,
		.aug = aug,
		.n_real = n_real,
		.threads = threads};
	take_all(b);
	status = yc_arena_init(&b->arena, b->arena.used);
	if (status)
		return status;
	take_all(b);
	yc_class_batch_real(b, n_real);
	return YC_OK;
}

void yc_class_batch_real(struct yc_class_batch *b, int real)
{
	b->real = real;
	b->syn = b->x + (size_t)real * yc_data_image_size(b->data);
}

void yc_class_batch_release(struct yc_class_batch *b)
{
	yc_arena_release(&b->arena);
	*b = (struct yc_class_batch){0};
}

size_t yc_class_batch_bytes(const struct yc_class_batch *b)
{
	return b->arena.size;
}

void yc_class_batch_draw(
	struct yc_class_batch *b, const struct yc_rng *root, uint64_t serial)
{
	const struct yc_synth *y = b->synth;
	struct yc_rng subset = yc_rng_fork(root, "syn-subset", serial);
	struct yc_rng aug = yc_rng_fork(root, "aug-shared", serial);
	struct yc_rng rrc = yc_rng_fork(root, "rrc", serial);

	if (y->batch < y->ntiles) {
		yc_rng_permutation(&subset, b->perm, y->ntiles);
		memcpy(b->pick, b->perm, (size_t)y->batch * sizeof(*b->pick));
	} else {
		for (int i = 0; i < y->batch; i++)
			b->pick[i] = i;
	}
	yc_aug_draw(&b->plan, b->aug, &aug, &rrc, b->real + y->batch, true, b->draw);
}

/* ---- forward: from pixels to the network's input ---- */

struct pass {
	struct yc_class_batch *b;
	const yc_real *s;	   /* stored images of the class */
	enum yc_pixel_units units; /* of the gradient, in the backward direction */
};

void yc_class_batch_normalise(const struct yc_data *d, yc_real *x)
{
	yc_real mul[YC_CHANNELS_MAX], add[YC_CHANNELS_MAX];
	const yc_real *end = x + yc_data_image_size(d);

	if (d->zca)
		return;
	for (int c = 0; c < d->channels; c++) {
		mul[c] = (yc_real)(1 / d->std[c]);
		add[c] = (yc_real)(-d->mean[c] / d->std[c]);
	}
	for (; x < end; x += d->channels)
		for (int c = 0; c < d->channels; c++)
			x[c] = mul[c] * x[c] + add[c];
}

void yc_class_batch_units(const struct yc_data *d, enum yc_pixel_units units, yc_real *dx)
{
	yc_real mul[YC_CHANNELS_MAX];
	const yc_real *end = dx + yc_data_image_size(d);

	if (d->zca)
		return;
	for (int c = 0; c < d->channels; c++)
		mul[c] = (yc_real)(units == YC_PIXELS_STORED ? 1 / d->std[c] : d->std[c]);
	for (; dx < end; dx += d->channels)
		for (int c = 0; c < d->channels; c++)
			dx[c] *= mul[c];
}

/* Image i of the joint batch: fetched or decoded, normalised, augmented. */
static void prepare(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_class_batch *b = p->b;
	const struct yc_data *d = b->data;
	size_t image = yc_data_image_size(d);
	yc_real *x = b->x + (size_t)unit * image;

	if (unit < b->real) {
		yc_data_fetch(d, b->idx[unit], x);
	} else {
		const struct yc_tile *t = &b->synth->tile[b->pick[unit - b->real]];

		yc_decode_tile(p->s + (size_t)t->row * b->synth->pixels, d->channels,
			d->side, t->factor, t->position, d->side, x);
		yc_class_batch_normalise(d, x);
	}
	yc_aug_forward(&b->plan, unit, x, b->tmp + (size_t)worker * image);
}

void yc_class_batch_fill(struct yc_class_batch *b, int c)
{
	const struct yc_synth *y = b->synth;
	struct pass p = {.b = b, .s = y->s + (size_t)c * (size_t)y->cfg.ipc * y->pixels};

	yc_parallel(b->real + y->batch, b->threads, prepare, &p);
}

void yc_class_batch_any(struct yc_class_batch *b, int n)
{
	for (int i = 0; i < n; i++)
		yc_data_fetch(b->data, i % b->data->n,
			b->x + (size_t)i * yc_data_image_size(b->data));
}

/* ---- backward ---- */

/* Backward through augmentation and normalisation. */
static void undo(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_class_batch *b = p->b;
	const struct yc_data *d = b->data;
	size_t image = yc_data_image_size(d);
	yc_real *dx = b->dx + (size_t)unit * image;

	yc_aug_adjoint(&b->plan, b->real + unit, dx, b->tmp + (size_t)worker * image);
	yc_class_batch_units(d, p->units, dx);
}

/* Stored image `unit` sums the gradients of its decoded images, in order. */
static void gather(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_class_batch *b = p->b;
	const struct yc_data *d = b->data;
	const struct yc_synth *y = b->synth;
	size_t image = yc_data_image_size(d);
	yc_real *ds = b->grad + (size_t)unit * y->pixels;

	(void)worker;
	memset(ds, 0, y->pixels * sizeof(*ds));
	for (int i = 0; i < y->batch; i++) {
		const struct yc_tile *t = &y->tile[b->pick[i]];

		if (t->row == unit)
			yc_decode_tile_adjoint(ds, d->channels, d->side, t->factor,
				t->position, d->side, b->dx + (size_t)i * image);
	}
}

void yc_class_batch_back(struct yc_class_batch *b, enum yc_pixel_units units)
{
	struct pass p = {.b = b, .units = units};

	yc_parallel(b->synth->batch, b->threads, undo, &p);
	yc_parallel(b->synth->cfg.ipc, b->threads, gather, &p);
}

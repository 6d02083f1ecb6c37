/* SPDX-License-Identifier: MIT */
/* An input batch of synthetic images of all classes, and the adjoint, from the gradient of
 * the input to the stored pixels: yc-methods(7), "Order of operations". */
#include <string.h>

#include "lib/condense/internal.h"
#include "yc/pool.h"

static void take_all(struct yc_syn_batch *b)
{
	struct yc_arena *a = &b->arena;
	size_t image = yc_data_image_size(b->data), most = (size_t)b->most;

	b->x = yc_arena_plan(a, yc_size_mul(most, image), sizeof(*b->x));
	b->tmp =
		yc_arena_plan(a, yc_size_mul((size_t)b->threads, image), sizeof(*b->tmp));
	b->pick = yc_arena_plan(a, most, sizeof(*b->pick));
	b->image = yc_arena_plan(a, most, sizeof(*b->image));
	b->label = yc_arena_plan(a, most, sizeof(*b->label));
	b->draw = yc_arena_plan(a, yc_size_mul(YC_AUG_OPS_MAX, most), sizeof(*b->draw));
}

int yc_syn_batch_new(struct yc_syn_batch *b, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_aug *aug, int most, int threads)
{
	int status;

	*b = (struct yc_syn_batch){.data = data,
		.synth = synth,
		.aug = aug,
		.most = most,
		.threads = threads};
	take_all(b);
	status = yc_arena_init(&b->arena, b->arena.used);
	if (status)
		return status;
	take_all(b);
	return YC_OK;
}

void yc_syn_batch_release(struct yc_syn_batch *b)
{
	yc_arena_release(&b->arena);
	*b = (struct yc_syn_batch){0};
}

size_t yc_syn_batch_bytes(const struct yc_syn_batch *b)
{
	return b->arena.size;
}

struct pass {
	struct yc_syn_batch *b;
	yc_real *dx, *grad;
	enum yc_pixel_units units; /* of the gradient */
};

static const struct yc_tile *tile_of(const struct yc_syn_batch *b, int i)
{
	return &b->synth->tile[b->pick[i] % b->synth->ntiles];
}

/* ---- forward ---- */

static void prepare(void *ctx, int i, int worker)
{
	const struct pass *p = ctx;
	const struct yc_syn_batch *b = p->b;
	const struct yc_data *d = b->data;
	const struct yc_tile *t = tile_of(b, i);
	size_t image = yc_data_image_size(d);
	yc_real *x = b->x + (size_t)i * image;

	yc_decode_tile(b->synth->s + (size_t)b->image[i] * b->synth->pixels, d->channels,
		d->side, t->factor, t->position, d->side, x);
	yc_class_batch_normalise(d, x);
	yc_aug_forward(&b->plan, i, x, b->tmp + (size_t)worker * image);
}

void yc_syn_batch_fill(struct yc_syn_batch *b, const int32_t *pick, int n,
	const struct yc_rng *root, uint64_t serial)
{
	const struct yc_synth *y = b->synth;
	struct yc_rng aug = yc_rng_fork(root, "aug-image", serial);
	struct yc_rng rrc = yc_rng_fork(root, "rrc", serial);
	struct pass p = {.b = b};

	b->n = n;
	memcpy(b->pick, pick, (size_t)n * sizeof(*pick));
	for (int i = 0; i < n; i++) {
		const int c = pick[i] / y->ntiles;

		b->image[i] = c * y->cfg.ipc + tile_of(b, i)->row;
		b->label[i] = yc_synth_label(y, c);
	}
	yc_aug_draw(&b->plan, b->aug, &aug, &rrc, n, false, b->draw);
	yc_parallel(n, b->threads, prepare, &p);
}

/* ---- backward ---- */

/* Through augmentation and normalisation. */
static void undo(void *ctx, int i, int worker)
{
	const struct pass *p = ctx;
	const struct yc_syn_batch *b = p->b;
	const struct yc_data *d = b->data;
	size_t image = yc_data_image_size(d);
	yc_real *dx = p->dx + (size_t)i * image;

	yc_aug_adjoint(&b->plan, i, dx, b->tmp + (size_t)worker * image);
	yc_class_batch_units(d, p->units, dx);
}

/* Stored image `unit` gathers the gradients of its decoded images, in order. */
static void gather(void *ctx, int unit, int worker)
{
	const struct pass *p = ctx;
	const struct yc_syn_batch *b = p->b;
	const struct yc_data *d = b->data;
	size_t image = yc_data_image_size(d);

	(void)worker;
	for (int i = 0; i < b->n; i++) {
		const struct yc_tile *t = tile_of(b, i);

		if (b->image[i] == unit)
			yc_decode_tile_adjoint(p->grad + (size_t)unit * b->synth->pixels,
				d->channels, d->side, t->factor, t->position, d->side,
				p->dx + (size_t)i * image);
	}
}

void yc_syn_batch_back(
	struct yc_syn_batch *b, yc_real *dx, enum yc_pixel_units units, yc_real *grad)
{
	struct pass p = {.b = b, .dx = dx, .grad = grad, .units = units};

	yc_parallel(b->n, b->threads, undo, &p);
	yc_parallel((int)b->synth->images, b->threads, gather, &p);
}

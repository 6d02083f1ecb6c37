/* SPDX-License-Identifier: MIT */
/* The synthetic pixels: initialisation, updates by gradient and momentum, and conversion
 * to a set. yc-methods(7), "Initial images" and "Update of images". */
#include <stdio.h>
#include <string.h>

#include "yc/pool.h"
#include "lib/condense/internal.h"

/* Maximum number of decoded images of `ipc` stored ones under any decode type. */
static size_t tiles_most(int factor, int ipc)
{
	size_t sum = 0;

	for (size_t f = 1; f <= (size_t)factor; f++)
		sum += f * f;
	return yc_size_mul(sum, (size_t)ipc);
}

int yc_synth_new(struct yc_synth *y, const struct yc_synth_cfg *cfg)
{
	size_t most = tiles_most(cfg->factor, cfg->ipc);
	size_t side = (size_t)cfg->side;
	int status;

	*y = (struct yc_synth){.cfg = *cfg};
	if (cfg->factor > cfg->side)
		return yc_fail(YC_USAGE, "factor %d is more than the image side %d",
			cfg->factor, cfg->side);
	if (most > INT32_MAX / 2)
		return yc_fail(YC_USAGE,
			"%d images per class with factor %d are too many", cfg->ipc,
			cfg->factor);
	y->images = yc_size_mul((size_t)cfg->classes, (size_t)cfg->ipc);
	y->pixels = yc_size_mul(yc_size_mul(side, side), (size_t)cfg->channels);
	y->s = yc_calloc(yc_size_mul(y->images, y->pixels), sizeof(*y->s));
	y->b = yc_calloc(yc_size_mul(y->images, y->pixels), sizeof(*y->b));
	y->tile = yc_calloc(most, sizeof(*y->tile));
	status = y->s && y->b && y->tile ? YC_OK : YC_FAIL;
	if (!status) {
		y->ntiles = yc_tiles_of_class(cfg->decode, cfg->factor, cfg->ipc,
			cfg->bound, y->tile, (int)most);
		status = y->ntiles < 0 ? y->ntiles : YC_OK;
	}
	if (status) {
		yc_synth_release(y);
		return status;
	}
	y->batch = y->ntiles < cfg->syn_max ? y->ntiles : cfg->syn_max;
	return YC_OK;
}

void yc_synth_release(struct yc_synth *y)
{
	yc_free(y->s);
	yc_free(y->b);
	yc_free(y->tile);
	*y = (struct yc_synth){0};
}

/* ---- yc-methods(7), "Initial images" ---- */

struct init {
	struct yc_synth *y;
	const struct yc_data *data;
	const int32_t *real; /* [classes][n] */
	int n;
	const struct yc_rng *root;
	yc_real *image; /* one real image */
};

static struct yc_rng noise_of(const struct init *in, int c, int m)
{
	return yc_rng_fork(in->root, "init-syn",
		(uint64_t)yc_synth_label(in->y, c) * (uint64_t)in->y->cfg.ipc +
			(uint64_t)m);
}

static void init_noise(const struct init *in, int c, int m, yc_real *s)
{
	struct yc_rng rng = noise_of(in, c, m);

	for (size_t i = 0; i < in->y->pixels; i++) {
		double p = yc_rng_normal(&rng) / 4 + 0.5;

		s[i] = (yc_real)(p < 0 ? 0 : p > 1 ? 1 : p);
	}
}

static void init_normal(const struct init *in, int c, int m, yc_real *s)
{
	struct yc_rng rng = noise_of(in, c, m);
	size_t map = (size_t)in->y->cfg.side * (size_t)in->y->cfg.side;

	for (size_t i = 0; i < in->y->pixels; i++)
		s[i] = (yc_real)(in->data->mean[i / map] +
				 in->data->std[i / map] * yc_rng_normal(&rng));
}

/* Begin of tile t of f if `side` is divided such that the first side%f tiles get one
 * more. */
static int tile_edge(int side, int f, int t)
{
	int e = side % f;

	return t * (side / f) + (t < e ? t : e);
}

/* Overlap of source pixel i, of `side`, with pixel r of a tile of n, in units of which a
 * tile's pixel has `side`. */
static int overlap(int i, int r, int side, int n)
{
	int from = i * n > r * side ? i * n : r * side;
	int to = (i + 1) * n < (r + 1) * side ? (i + 1) * n : (r + 1) * side;

	return to - from;
}

/* Mean over the area of pixel (r, q) of a tile of h rows and w columns. */
static yc_real area_mean(const struct init *in, int channel, int r, int h, int q, int w)
{
	int side = in->y->cfg.side, channels = in->y->cfg.channels;
	double sum = 0;

	for (int i = r * side / h; i * h < (r + 1) * side; i++)
		for (int j = q * side / w; j * w < (q + 1) * side; j++)
			sum += (double)overlap(i, r, side, h) * overlap(j, q, side, w) *
			       (double)in->image[(i * side + j) * channels + channel];
	return (yc_real)(sum / side / side);
}

/* The pixel by nearest neighbour. */
static yc_real nearest(const struct init *in, int channel, int r, int h, int q, int w)
{
	int side = in->y->cfg.side, i = r * side / h, j = q * side / w;

	return in->image[(i * side + j) * in->y->cfg.channels + channel];
}

/* Fills tiles with real images, reduced to the size of a tile. */
static void init_tiles(const struct init *in, int c, int m, int f, yc_real *s)
{
	const struct yc_synth_cfg *cfg = &in->y->cfg;
	int side = cfg->side, channels = cfg->channels;

	for (int k = 0; k < f * f; k++) {
		int r0 = tile_edge(side, f, k / f), r1 = tile_edge(side, f, k / f + 1);
		int c0 = tile_edge(side, f, k % f), c1 = tile_edge(side, f, k % f + 1);
		yc_real (*pixel)(const struct init *, int, int, int, int, int) =
			cfg->init_area ? area_mean : nearest;

		yc_data_fetch_raw(in->data,
			in->real[(size_t)c * (size_t)in->n + (size_t)(k * cfg->ipc + m)],
			in->image);
		for (int ch = 0; ch < channels; ch++)
			for (int r = r0; r < r1; r++)
				for (int q = c0; q < c1; q++)
					s[(ch * side + r) * side + q] = pixel(
						in, ch, r - r0, r1 - r0, q - c0, c1 - c0);
	}
}

static void init_random(const struct init *in, int c, int m, yc_real *s)
{
	init_tiles(in, c, m, 1, s);
}

static void init_mix(const struct init *in, int c, int m, yc_real *s)
{
	init_tiles(in, c, m, in->y->cfg.factor, s);
}

static int takes_none(int factor)
{
	(void)factor;
	return 0;
}

static int takes_one(int factor)
{
	(void)factor;
	return 1;
}

static int takes_tiles(int factor)
{
	return factor * factor;
}

struct init_mode {
	struct yc_method method;
	void (*fill)(const struct init *in, int c, int m, yc_real *s);
	int (*images)(int factor); /* real images per synthetic image */
};

/* A new initialisation is one line here. */
#define INITS(X) \
	X(noise, init_noise, takes_none, "normal noise around grey") \
	X(normal, init_normal, takes_none, \
		"noise that is standard normal in normalised pixels") \
	X(random, init_random, takes_one, "whole real images") \
	X(tiles, NULL, takes_none, "the first tiles of condensed images, as they are") \
	X(mix, init_mix, takes_tiles, "tiles made of real images") \
	X(kmean, init_mix, takes_tiles, \
		"tiles made of the images nearest to cluster centres")

#define DEFINE(word, fill_of, images_of, text) \
	static const struct init_mode mode_##word = { \
		.method = {.name = #word, .summary = text}, \
		.fill = fill_of, \
		.images = images_of};
#define ENTRY(word, fill_of, images_of, text) &mode_##word.method,

INITS(DEFINE)
/* clang-format off */
const struct yc_method *const yc_inits[] = {INITS(ENTRY) NULL};
/* clang-format on */

static const struct init_mode *mode_find(const char *name)
{
	return (const struct init_mode *)yc_method_find(
		yc_inits, "initialisation", name, strlen(name));
}

int yc_synth_init_needs(
	const struct yc_synth *y, const char *mode, const struct yc_sampler *w, int *n)
{
	const struct init_mode *m = mode_find(mode);
	char why[64];

	if (!m)
		return YC_USAGE;
	*n = m->images(y->cfg.factor) * y->cfg.ipc; /* fits: checked by yc_synth_new */
	snprintf(why, sizeof(why), "initialisation '%s' of %d images", mode, y->cfg.ipc);
	return yc_sampler_need(w, (uint64_t)*n, why);
}

int yc_synth_init(struct yc_synth *y, const char *mode, const struct yc_data *data,
	const int32_t *real, const struct yc_rng *root)
{
	const struct init_mode *m = mode_find(mode);
	struct init in = {.y = y, .data = data, .real = real, .root = root};

	if (!m)
		return YC_USAGE;
	in.n = m->images(y->cfg.factor) * y->cfg.ipc;
	in.image = yc_calloc(y->pixels, sizeof(*in.image));
	if (!in.image)
		return YC_FAIL;
	for (size_t i = 0; i < y->images; i++)
		m->fill(&in, (int)(i / (size_t)y->cfg.ipc), (int)(i % (size_t)y->cfg.ipc),
			y->s + i * y->pixels);
	memset(y->b, 0, y->images * y->pixels * sizeof(*y->b));
	yc_free(in.image);
	return YC_OK;
}

/* ---- updates ---- */

static yc_real in_range(yc_real p)
{
	return p < 0 ? 0 : p > 1 ? 1 : p;
}

static void clamp_image(void *ctx, int unit, int worker)
{
	struct yc_synth *y = ctx;
	yc_real *s = y->s + (size_t)unit * y->pixels;

	(void)worker;
	for (size_t i = 0; i < y->pixels; i++)
		s[i] = in_range(s[i]);
}

void yc_synth_clamp(struct yc_synth *y, int threads)
{
	yc_parallel((int)y->images, threads, clamp_image, y);
}

struct update {
	struct yc_synth *y;
	const yc_real *grad;
	int first; /* row of the class's first image */
	int from;  /* row of the first image to move */
	yc_real lr, momentum;
};

/* Along its momentum (D4). */
static void coast_image(void *ctx, int unit, int worker)
{
	const struct update *u = ctx;
	size_t n = u->y->pixels, at = (size_t)(u->from + unit) * n;
	yc_real *s = u->y->s + at, *b = u->y->b + at;

	(void)worker;
	for (size_t i = 0; i < n; i++) {
		b[i] = u->momentum * b[i];
		s[i] -= u->lr * b[i];
	}
}

static void update_image(void *ctx, int unit, int worker)
{
	const struct update *u = ctx;
	size_t n = u->y->pixels;
	yc_real *s = u->y->s + (size_t)unit * n, *b = u->y->b + (size_t)unit * n;
	int m = unit - u->first;

	if (m >= 0 && m < u->y->cfg.ipc) {
		const yc_real *g = u->grad + (size_t)m * n;

		for (size_t i = 0; i < n; i++) {
			b[i] = u->momentum * b[i] + g[i];
			s[i] -= u->lr * b[i];
		}
	} else if (!u->y->cfg.class_momentum) {
		coast_image(ctx, unit, worker);
	}
}

void yc_synth_step(struct yc_synth *y, int c, const yc_real *grad, double lr,
	double momentum, int threads)
{
	struct update u = {.y = y,
		.grad = grad,
		.first = c * y->cfg.ipc,
		.lr = (yc_real)lr,
		.momentum = (yc_real)momentum};

	yc_parallel((int)y->images, threads, update_image, &u);
}

void yc_synth_coast(
	struct yc_synth *y, int c, int classes, double lr, double momentum, int threads)
{
	struct update u = {.y = y,
		.from = c * y->cfg.ipc,
		.lr = (yc_real)lr,
		.momentum = (yc_real)momentum};

	if (!y->cfg.class_momentum)
		yc_parallel(classes * y->cfg.ipc, threads, coast_image, &u);
}

void yc_synth_keep(struct yc_synth *y, struct yc_run *run)
{
	uint64_t n = y->images * y->pixels;

	yc_run_keep(run, "image", yc_real_dtype(), y->s, n);
	yc_run_keep(run, "image.momentum", yc_real_dtype(), y->b, n);
}

int yc_synth_store(const struct yc_synth *y, struct yc_set *out)
{
	uint64_t shape[4] = {y->images, (uint64_t)y->cfg.channels, (uint64_t)y->cfg.side,
		(uint64_t)y->cfg.side};
	struct yc_tensor *t = yc_set_put(out, "image", YC_F32, 4, shape, NULL);

	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < y->images * y->pixels; i++) {
		yc_real p = y->cfg.clamp ? in_range(y->s[i]) : y->s[i];

		((float *)t->data)[i] = (float)p;
	}
	t = yc_set_put(out, "label", YC_I64, 1, shape, NULL);
	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < y->images; i++)
		((int64_t *)t->data)[i] =
			yc_synth_label(y, (int)(i / (size_t)y->cfg.ipc));
	t = yc_set_put(out, "id", YC_I64, 1, shape, NULL);
	if (!t)
		return YC_FAIL;
	for (size_t i = 0; i < y->images; i++)
		((int64_t *)t->data)[i] = (int64_t)i;
	return YC_OK;
}

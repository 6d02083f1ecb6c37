/* SPDX-License-Identifier: MIT */
/*
 * The built-in data: ten classes of shapes on cluttered backgrounds, 32x32 in colour. A
 * class is a shape; position, size, slant, colours, background, clutter and noise vary,
 * and each class prefers a colour without being determined by it, so that accuracy grows
 * with the number of images. Only + - * / and comparisons on doubles, and this file is
 * compiled without contraction to FMA: the same pixels on every machine.
 */
#include <math.h>
#include <string.h>

#include "lib/dataset/internal.h"
#include "yc/mem.h"
#include "yc/normalisation.h"
#include "yc/real.h"
#include "yc/rng.h"

enum { CLASSES = 10, SIDE = 32, PLANE = SIDE * SIDE };

struct cfg {
	uint32_t train, test;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, train, .name = "train-images", .arg = "n", .def = "500",
		.min = 1, .max = 10000, .help = "images per class of the train split"),
	YC_OPT(struct cfg, test, .name = "test-images", .arg = "n", .def = "100",
		.min = 1, .max = 10000, .help = "images per class of the test split"),
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static double size_of(double a)
{
	return a < 0 ? -a : a;
}

/* Axis-parallel box around (x,y): negative inside. */
static double box(double u, double v, double x, double y, double w, double h)
{
	return larger(size_of(u - x) - w, size_of(v - y) - h);
}

/* Negative inside shape c, about the distance near its edge; u to the right, v down. */
static double shape(int c, double u, double v)
{
	double r2 = u * u + v * v;

	switch (c) {
	case 0: /* disc */
		return (r2 - 0.8) / 1.8;
	case 1: /* ring */
		return (size_of(r2 - 0.6) - 0.32) / 1.6;
	case 2: /* box */
		return box(u, v, 0, 0, 0.78, 0.78);
	case 3: /* triangle */
		return larger(v - 0.7, 0.87 * size_of(u) - 0.5 * v - 0.45);
	case 4: /* plus */
		return smaller(box(u, v, 0, 0, 0.26, 0.95), box(u, v, 0, 0, 0.95, 0.26));
	case 5: /* two bars */
		return smaller(
			box(u, v, 0, -0.5, 0.9, 0.24), box(u, v, 0, 0.5, 0.9, 0.24));
	case 6: /* crescent */
		return larger(
			(r2 - 0.9) / 1.8, (0.55 - (u - 0.5) * (u - 0.5) - v * v) / 1.4);
	case 7: /* two boxes at opposite corners */
		return smaller(box(u, v, -0.46, -0.46, 0.42, 0.42),
			box(u, v, 0.46, 0.46, 0.42, 0.42));
	case 8: /* T */
		return smaller(
			box(u, v, 0, -0.62, 0.9, 0.26), box(u, v, 0, 0.2, 0.26, 0.75));
	default: /* frame */
		return larger(box(u, v, 0, 0, 0.9, 0.9), -box(u, v, 0, 0, 0.5, 0.5));
	}
}

/* Shape c somewhere: scale, slant and position. */
struct place {
	int c;
	double x, y, size, cos, sin;
};

static struct place draw_place(
	struct yc_rng *r, int c, double least, double most, double slant)
{
	struct place p = {.c = c};
	/* t = tan(angle/2) gives a rotation without libm */
	double t = slant * (2 * yc_rng_uniform(r) - 1);

	p.size = least + (most - least) * yc_rng_uniform(r);
	p.cos = (1 - t * t) / (1 + t * t);
	p.sin = 2 * t / (1 + t * t);
	p.x = 16 + (2 * yc_rng_uniform(r) - 1) * 0.85 * (15 - p.size);
	p.y = 16 + (2 * yc_rng_uniform(r) - 1) * 0.85 * (15 - p.size);
	return p;
}

/* Fraction of pixel (i,j) that the shape covers, with a soft edge of one pixel. */
static double cover(const struct place *p, int i, int j)
{
	double x = (j + 0.5 - p->x) / p->size, y = (i + 0.5 - p->y) / p->size;
	double d =
		shape(p->c, p->cos * x + p->sin * y, p->cos * y - p->sin * x) * p->size;

	return d <= -0.5 ? 1 : d >= 0.5 ? 0 : 0.5 - d;
}

static void paint(
	double *img, const struct place *p, const double *colour, double strength)
{
	for (int i = 0; i < SIDE; i++) {
		for (int j = 0; j < SIDE; j++) {
			double a = strength * cover(p, i, j);

			for (int k = 0; k < 3 && a > 0; k++) {
				double *x = &img[k * PLANE + i * SIDE + j];

				*x += a * (colour[k] - *x);
			}
		}
	}
}

/* Small pieces of any shape and colour, n of them. */
static void draw_clutter(struct yc_rng *r, double *img, uint32_t n, double strength)
{
	for (; n > 0; n--) {
		double colour[3];

		for (int k = 0; k < 3; k++)
			colour[k] = yc_rng_uniform(r);
		struct place p = draw_place(r, (int)yc_rng_below(r, CLASSES), 2, 5, 1);

		paint(img, &p, colour, strength);
	}
}

/* img [3][PLANE]: scratch, too large for a small stack */
static void draw_image(struct yc_rng *r, int c, double *img, unsigned char *out)
{
	/* The colour that a class prefers. */
	static const double lean[CLASSES][3] = {{.9, .2, .2}, {.2, .9, .2}, {.2, .3, .9},
		{.9, .8, .2}, {.8, .2, .8}, {.2, .8, .8}, {.9, .6, .3}, {.6, .6, .9},
		{.5, .8, .5}, {.9, .5, .6}};
	double from[3], to[3], fg[3], gap = 0;
	double angle = yc_rng_uniform(r);

	for (int k = 0; k < 3; k++) {
		from[k] = 0.6 * yc_rng_uniform(r);
		to[k] = from[k] + 0.5 * (yc_rng_uniform(r) - 0.5);
	}
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < SIDE; i++) {
			for (int j = 0; j < SIDE; j++) {
				double t = (angle * i + (1 - angle) * j) / (SIDE - 1);

				img[k * PLANE + i * SIDE + j] =
					from[k] + t * (to[k] - from[k]);
			}
		}
	}
	draw_clutter(r, img, 2 + yc_rng_below(r, 4), 0.7);
	/* the shape: near the preferred colour, mostly lighter than the background */
	double weight = 0.15 + 0.5 * yc_rng_uniform(r);

	for (int k = 0; k < 3; k++) {
		fg[k] = weight * lean[c][k] +
			(1 - weight) * (0.4 + 0.6 * yc_rng_uniform(r));
		gap += size_of(fg[k] - (from[k] + to[k]) / 2);
	}
	if (gap < 0.6) {
		for (int k = 0; k < 3; k++)
			fg[k] = from[k] > 0.5 ? fg[k] - 0.45 : fg[k] + 0.45;
	}
	struct place p = draw_place(r, c, 6, 12, 0.4);

	paint(img, &p, fg, 0.9);
	draw_clutter(r, img, 1 + yc_rng_below(r, 2), 0.9);
	double noise = 0.02 + 0.08 * yc_rng_uniform(r);

	for (int i = 0; i < 3 * PLANE; i++) {
		/* the sum of three uniforms is close enough to a normal distribution */
		double e =
			yc_rng_uniform(r) + yc_rng_uniform(r) + yc_rng_uniform(r) - 1.5;
		double x = 255 * (img[i] + 2 * noise * e) + 0.5;

		out[i] = (unsigned char)(x < 0 ? 0 : x > 255 ? 255 : x);
	}
}

static int load(const void *config, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char names[] =
		"[\"disc\",\"ring\",\"box\",\"triangle\",\"plus\",\"bars\",\"crescent\","
		"\"corners\",\"tee\",\"frame\"]";
	const struct cfg *cfg = config;
	bool test = strcmp(what->split, "test") == 0;
	uint64_t rows = (uint64_t)CLASSES * (test ? cfg->test : cfg->train),
		 shape4[] = {rows, 3, SIDE, SIDE};
	struct yc_rng root = yc_rng_new(what->seed, test ? "demo-test" : "demo-train");
	int status;

	(void)photos;
	out->head = (struct yc_head){.classes = CLASSES, .side = SIDE, .factor = 1};
	yc_head_normalise(&out->head, &yc_norm_demo);
	if ((status = yc_head_store(&out->head, &out->meta)) < 0 ||
		(status = yc_meta_set(&out->meta, "yc.source",
			 test ? "demo test" : "demo train")) < 0 ||
		(status = yc_meta_set(&out->meta, "yc.names", names)) < 0)
		return status;
	if (!yc_set_put(out, "image", YC_U8, 4, shape4, NULL) ||
		!yc_set_put(out, "label", YC_I64, 1, shape4, NULL) ||
		!yc_set_put(out, "id", YC_I64, 1, shape4, NULL))
		return YC_FAIL;
	unsigned char *image = yc_set_col(out, "image")->data;
	int64_t *label = yc_set_col(out, "label")->data,
		*id = yc_set_col(out, "id")->data;
	double *img = yc_calloc(3 * PLANE, sizeof(*img));

	if (!img)
		return YC_FAIL;

	/* Every image has a stream of its own, so that a larger set begins with the
	 * smaller one. */
	for (uint64_t i = 0; i < rows; i++) {
		struct yc_rng r = yc_rng_fork(&root, "image", i);

		label[i] = (int64_t)(i % CLASSES);
		id[i] = (int64_t)i;
		draw_image(&r, (int)label[i], img, image + i * 3 * PLANE);
	}
	yc_free(img);
	return YC_OK;
}

const struct yc_loader yc_load_demo = {
	.method = {.name = "demo",
		.summary = "built-in pictures of ten shapes, for tests and trials",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.built_in = true,
	.load = load,
};

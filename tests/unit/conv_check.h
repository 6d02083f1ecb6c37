/* SPDX-License-Identifier: MIT */
/*
 * What tests of kernels share, above all the check of a form of convolution (yc/conv.h):
 * every pass against sums in double, as yc/conv.h defines them.
 */
#ifndef CONV_CHECK_H
#define CONV_CHECK_H

#include "tests/unit/numbers.h"
#include "yc/kern.h"

/* `tolerance` is relative, of the L2 norm. */
static void near(const char *what, const yc_real *got, const double *want, size_t n,
	double tolerance)
{
	double d = 0, s = 0;

	for (size_t i = 0; i < n; i++) {
		d += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
		s += want[i] * want[i];
	}
	if (!(sqrt(d) <= tolerance * sqrt(s)))
		fail_msg("%s %s: off by %g", yc_kern_get()->set->method.name, what,
			sqrt(d / s));
}

/* What a form works on: two terms, in buffers wider than it asks for, and the sums. */
struct conv_case {
	const struct yc_conv_form *form;
	struct yc_conv c;
	struct yc_conv_plan size;
	int n, s, oh, ow; /* images, stride, outputs */
	double tolerance;
	size_t nx, ny, nw, ydense, xdense;
	yc_real *x[2], *dy[2], *w[2], *pack[2], *kept_x[2], *kept_dy[2], *scratch;
	double *y, *dx, *dw; /* of both terms */
};

/* y, dx and dw in double. */
static void conv_reference(struct conv_case *t)
{
	const struct yc_conv *c = &t->c;
	const size_t ci = (size_t)c->ci, co = (size_t)c->co, taps = (size_t)(c->k * c->k);
	const int pad = c->k / 2;

	for (size_t at = 0; at < 2 * (size_t)(t->n * t->oh * t->ow) * taps; at++) {
		size_t tap = at % taps, pixel = at / taps / 2;
		int term = (int)(at / taps % 2), ky = (int)tap / c->k,
		    kx = (int)tap % c->k, j = (int)pixel % t->ow,
		    i = (int)pixel / t->ow % t->oh;
		size_t image = pixel / (size_t)(t->ow * t->oh);
		const yc_real *x = t->x[term] + image * c->ximg +
				   (size_t)(i * t->s + ky) * c->xrow +
				   (size_t)(j * t->s + kx) * ci,
			      *w = t->w[term] + tap * ci * co,
			      *dy = t->dy[term] + pixel * co;
		double *y = t->y + image * c->yimg + (size_t)i * c->yrow + (size_t)j * co,
		       *dw = t->dw + tap * ci * co;
		int r = i * t->s + ky - pad, q = j * t->s + kx - pad;
		bool inside = r >= 0 && r < c->h && q >= 0 && q < c->w;
		double *dx = t->dx + ((image * (size_t)c->h + (size_t)r) * (size_t)c->w +
					     (size_t)q) *
					     ci;

		for (size_t a = 0; a < ci; a++)
			for (size_t b = 0; b < co; b++) {
				y[b] += (double)x[a] * (double)w[a * co + b];
				dw[a * co + b] += (double)x[a] * (double)dy[b];
				if (inside)
					dx[a] += (double)dy[b] * (double)w[a * co + b];
			}
	}
}

static void conv_new(struct conv_case *t)
{
	struct yc_conv *c = &t->c;
	const size_t n = (size_t)t->n, ci = (size_t)c->ci, co = (size_t)c->co;
	const int pad = c->k / 2;

	t->s = c->half ? 2 : 1;
	t->oh = (c->h - 1) / t->s + 1;
	t->ow = (c->w - 1) / t->s + 1;
	t->form->plan(c, &t->size);
	const struct yc_conv_plan *s = &t->size;

	assert_true(s->ph >= c->h + c->k - 1 && s->pw >= c->w + c->k - 1);
	c->xrow = ((size_t)s->pw + 2) * ci;
	c->ximg = ((size_t)s->ph + 1) * c->xrow;
	c->yrow = ((size_t)t->ow + 1) * co;
	c->yimg = ((size_t)t->oh + 2) * c->yrow;
	t->nx = n * c->ximg;
	t->ny = n * c->yimg;
	t->nw = (size_t)(c->k * c->k) * ci * co;
	t->xdense = n * (size_t)(c->h * c->w) * ci;
	t->ydense = n * (size_t)(t->oh * t->ow) * co;
	for (int i = 0; i < 2; i++) {
		yc_real *map = noise(t->xdense, 1 + (uint64_t)i);
		size_t row = (size_t)c->w * ci;

		t->x[i] = reals(t->nx);
		for (size_t r = 0; r < n * (size_t)c->h; r++)
			memcpy(t->x[i] + r / (size_t)c->h * c->ximg +
					(r % (size_t)c->h + (size_t)pad) * c->xrow +
					(size_t)pad * ci,
				map + r * row, row * sizeof *map);
		yc_free(map);
		t->dy[i] = noise(t->ydense, 3 + (uint64_t)i);
		t->w[i] = noise(t->nw, 5 + (uint64_t)i);
		t->pack[i] = noise(s->pack, 7);
		t->kept_x[i] = noise(n * s->x_image + s->x_fixed, 8);
		t->kept_dy[i] = noise(n * s->dy_image + s->dy_fixed, 9);
		for (int part = 0; part < 3; part++) /* as threads share it out */
			t->form->prepare(c, t->w[i], t->pack[i], true, part, 3);
	}
	t->scratch = noise(n * s->scratch_image + s->scratch_fixed, 10);
	t->y = doubles(t->ny);
	t->dx = doubles(t->xdense);
	t->dw = doubles(t->nw);
	conv_reference(t);
}

static void conv_free(struct conv_case *t)
{
	for (int i = 0; i < 2; i++) {
		yc_real *all[] = {t->x[i], t->dy[i], t->w[i], t->pack[i], t->kept_x[i],
			t->kept_dy[i]};

		for (size_t k = 0; k < YC_COUNT(all); k++)
			yc_free(all[k]);
	}
	yc_free(t->scratch);
	yc_free(t->y);
	yc_free(t->dx);
	yc_free(t->dw);
}

/* Forward with operands that are not ready, then with those kept; then one image alone,
 * whose bytes must not depend on its neighbours. */
static void check_forward(struct conv_case *t, struct yc_conv_term x[2])
{
	yc_real *y = reals(t->ny), *again = reals(t->ny);
	struct yc_conv_plan *s = &t->size;

	t->form->forward(&t->c, t->n, x, 2, y, t->scratch);
	near(t->form->method.name, y, t->y, t->ny, t->tolerance);
	x[0].ready = x[1].ready = true;
	t->form->forward(&t->c, t->n, x, 2, again, t->scratch);
	assert_memory_equal(y, again, t->ny * sizeof *y);
	struct yc_conv_term once[2] = {x[0], x[1]};

	once[0].ready = once[1].ready = false;
	once[0].once = once[1].once = true;
	t->form->forward(&t->c, t->n, once, 2, again, t->scratch);
	assert_memory_equal(y, again, t->ny * sizeof *y);
	/* The place was scratch. */
	x[0].ready = x[1].ready = false;
	t->form->forward(&t->c, t->n, x, 2, again, t->scratch);
	x[0].ready = x[1].ready = true;

	size_t last = (size_t)t->n - 1;
	yc_real *kept[2];
	struct yc_conv_term one[2];

	for (int i = 0; i < 2; i++) {
		kept[i] = noise(s->x_image + s->x_fixed, 11);
		one[i] = (struct yc_conv_term){
			x[i].x + last * t->c.ximg, kept[i], false, x[i].pack, false};
	}
	t->form->forward(&t->c, 1, one, 2, again + last * t->c.yimg, t->scratch);
	assert_memory_equal(y, again, t->ny * sizeof *y);
	yc_free(kept[0]);
	yc_free(kept[1]);
	yc_free(y);
	yc_free(again);
}

static void check_gradients(
	struct conv_case *t, const struct yc_conv_term x[2], struct yc_conv_term dy[2])
{
	yc_real *dx = noise(t->xdense, 12), *again = noise(t->xdense, 13),
		*grad = noise(t->size.grad, 14), *dw = noise(t->nw, 15);
	double *want = doubles(t->nw);
	char name[64];

	for (size_t i = 0; i < t->nw; i++)
		want[i] = t->dw[i] + (double)dw[i];
	t->form->weights(&t->c, t->n, &x[0], &dy[0], false, grad, t->scratch);
	dy[0].ready = true;
	t->form->adjoint(&t->c, t->n, &dy[1], 1, NULL, t->scratch);
	dy[1].ready = true;
	t->form->weights(&t->c, t->n, &x[1], &dy[1], true, grad, t->scratch);
	t->form->fold(&t->c, grad, dw);
	snprintf(name, sizeof name, "%s, weights", t->form->method.name);
	near(name, dw, want, t->nw, t->tolerance);

	snprintf(name, sizeof name, "%s, adjoint", t->form->method.name);
	t->form->adjoint(&t->c, t->n, dy, 2, dx, t->scratch);
	near(name, dx, t->dx, t->xdense, t->tolerance);
	dy[0].ready = dy[1].ready = false;
	t->form->adjoint(&t->c, t->n, dy, 2, again, t->scratch);
	assert_memory_equal(dx, again, t->xdense * sizeof *dx);
	yc_free(dx);
	yc_free(again);
	yc_free(grad);
	yc_free(dw);
	yc_free(want);
}

static void check_form(const struct yc_conv_form *form, double tolerance)
{
	static const struct {
		int n, h, w, ci, co, k;
	} shapes[] = {
		{2, 1, 3, 1, 5, 3},
		{1, 3, 1, 5, 16, 3},
		{3, 4, 4, 16, 33, 3},
		{2, 6, 9, 33, 65, 3},
		{2, 9, 6, 65, 17, 3},
		{1, 8, 8, 32, 128, 3},
		{5, 7, 7, 64, 64, 3},
		{2, 16, 16, 3, 32, 3},
		{2, 7, 9, 1, 64, 3},
		{3, 3, 5, 8, 32, 3},
		{1, 14, 14, 20, 34, 3},
		{1, 9, 28, 33, 16, 3},
		{2, 5, 4, 3, 7, 7},
		{3, 9, 23, 3, 33, 7},
		{1, 2, 70, 5, 64, 7},
		{2, 5, 6, 17, 9, 1},
		{2, 6, 5, 2, 40, 5},
		/* Winograd: strips that begin and end inside of an image; all kept */
		{2, 12, 24, 32, 128, 3},
		{2, 5, 6, 96, 64, 3},
		{2, 12, 24, 96, 64, 3},
	};

	int done = 0;

	/* each with stride 1 and with stride 2 */
	for (size_t i = 0; i < 2 * YC_COUNT(shapes); i++) {
		const size_t k = i / 2;
		struct conv_case t = {.form = form,
			.c = {shapes[k].h, shapes[k].w, shapes[k].ci, shapes[k].co,
				shapes[k].k, 0, 0, 0, 0, i % 2},
			.n = shapes[k].n,
			.tolerance = tolerance};

		if (!form->fits(&t.c))
			continue;
		conv_new(&t);
		struct yc_conv_term x[2], dy[2];

		for (int j = 0; j < 2; j++) {
			x[j] = (struct yc_conv_term){
				t.x[j], t.kept_x[j], false, t.pack[j], false};
			dy[j] = (struct yc_conv_term){
				t.dy[j], t.kept_dy[j], false, t.pack[j], false};
		}
		check_forward(&t, x);
		check_gradients(&t, x, dy);
		conv_free(&t);
		done++;
	}
	/* A form that fits nothing would pass. */
	assert_true(done > 0);
}

#endif

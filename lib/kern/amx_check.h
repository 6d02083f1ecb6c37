/* SPDX-License-Identifier: MIT */
/*
 * What a set of kernels with the forms of conv_amx.h does before it is used: every pass of
 * a small convolution against plain sums.
 */
#include <math.h>

#include "yc/fail.h"
#include "yc/mem.h"
#include "yc/rng.h"

enum { CHECK_N = 2, CHECK_H = 5, CHECK_W = 6, CHECK_CI = 40, CHECK_CO = 36 };

/* Sum of a*b. */
static double check_dot(const float *a, const float *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

/* y (+)= sums over the taps of x, which has a border, and w */
static void check_sums(const struct yc_conv *c, const float *x, const float *w, float *y)
{
	const size_t ci = (size_t)c->ci, co = (size_t)c->co;

	for (size_t at = 0; at < (size_t)(CHECK_N * c->h * c->w) * 9; at++) {
		const size_t tap = at % 9, pixel = at / 9, j = pixel % (size_t)c->w,
			     i = pixel / (size_t)c->w % (size_t)c->h,
			     image = pixel / (size_t)(c->w * c->h);
		const float *from = x + image * c->ximg + (i + tap / 3) * c->xrow +
				    (j + tap % 3) * ci;

		for (size_t p = 0; p < ci; p++)
			for (size_t q = 0; q < co; q++)
				y[pixel * co + q] += from[p] * w[(tap * ci + p) * co + q];
	}
}

struct check_room {
	float *next;
	size_t size; /* elements asked for so far */
};

/* A part of the buffer; NULL while the buffer's size is only being found out. */
static float *check_take(struct check_room *r, size_t n)
{
	float *p = r->next ? r->next + r->size : NULL;

	r->size += (n + 15) / 16 * 16;
	return p;
}

/* How much the passes of a form are wrong, relative, added up: y itself; dx and dw, whose
 * gradients are summed twice, by <dy, y> = <dx, x> = <dw, w>. */
static double check_passes(const struct yc_conv_form *form, struct yc_conv *c,
	const struct yc_conv_plan *p, struct check_room *r)
{
	const size_t nx = (size_t)(CHECK_N * c->h * c->w * c->ci),
		     ny = (size_t)(CHECK_N * c->h * c->w * c->co),
		     nw = (size_t)(9 * c->ci * c->co), row = (size_t)(c->w * c->ci);
	float *x = check_take(r, nx), *border = check_take(r, CHECK_N * c->ximg),
	      *w = check_take(r, nw), *dy = check_take(r, ny), *y = check_take(r, ny),
	      *want = check_take(r, ny), *dx = check_take(r, nx), *dw = check_take(r, nw),
	      *pack = check_take(r, p->pack), *grad = check_take(r, p->grad),
	      *kept_x = check_take(r, CHECK_N * p->x_image + p->x_fixed),
	      *kept_dy = check_take(r, CHECK_N * p->dy_image + p->dy_fixed),
	      *scratch = check_take(r, CHECK_N * p->scratch_image + p->scratch_fixed);
	struct yc_conv_term tx = {border, kept_x, false, pack, false},
			    tdy = {dy, kept_dy, false, pack, false};
	struct yc_rng rng = yc_rng_new(0, "check");
	double sum, size, off;

	if (!x)
		return 0;
	for (size_t i = 0; i < nx; i++) {
		x[i] = (float)yc_rng_normal(&rng);
		border[i / row / (size_t)c->h * c->ximg +
			(i / row % (size_t)c->h + 1) * c->xrow + (size_t)c->ci +
			i % row] = x[i];
	}
	for (size_t i = 0; i < nw; i++)
		w[i] = (float)yc_rng_normal(&rng);
	for (size_t i = 0; i < ny; i++)
		dy[i] = (float)yc_rng_normal(&rng);
	check_sums(c, border, w, want);
	form->prepare(c, w, pack, true, 0, 1);
	form->forward(c, CHECK_N, &tx, 1, y, scratch);
	tx.ready = true;
	form->weights(c, CHECK_N, &tx, &tdy, false, grad, scratch);
	tdy.ready = true;
	form->weights(c, CHECK_N, &tx, &tdy, true, grad, scratch);
	form->fold(c, grad, dw);
	form->adjoint(c, CHECK_N, &tdy, 1, dx, scratch);
	sum = check_dot(dy, want, ny);
	size = sqrt(check_dot(dy, dy, ny) * check_dot(want, want, ny));
	off = fabs(check_dot(dx, x, nx) - sum) / size +
	      fabs(check_dot(dw, w, nw) / 2 - sum) / size;
	for (size_t i = 0; i < ny; i++)
		y[i] -= want[i];
	return off + sqrt(check_dot(y, y, ny) / check_dot(want, want, ny));
}

/* YC_FAIL with a message if a form is off by more than `most`. */
static int check_amx(const struct yc_conv_form *form, double most)
{
	struct yc_conv c = {
		.h = CHECK_H, .w = CHECK_W, .ci = CHECK_CI, .co = CHECK_CO, .k = 3};
	struct yc_conv_plan p;
	struct check_room room = {0};
	float *all;
	double off;

	form->plan(&c, &p);
	c.xrow = (size_t)(p.pw * c.ci);
	c.ximg = (size_t)p.ph * c.xrow;
	c.yrow = (size_t)(c.w * c.co);
	c.yimg = (size_t)c.h * c.yrow;
	check_passes(form, &c, &p, &room);
	all = yc_calloc(room.size, sizeof *all);
	if (!all)
		return YC_FAIL;
	room = (struct check_room){all, 0};
	off = check_passes(form, &c, &p, &room);
	yc_free(all);
	if (off <= most)
		return YC_OK;
	return yc_fail(YC_FAIL,
		"AMX is not used: in a test, a convolution in tiles of this processor "
		"was "
		"off by %.3g",
		off);
}

/* SPDX-License-Identifier: MIT */
/*
 * Batch norm of the input, optionally ReLU, then a convolution k x k, stride 1, zero
 * padding k/2, without bias, in one of the forms of yc/conv.h. What the norm gives is not
 * kept, nor what the form makes of it: both are computed again when they are needed,
 * which is cheaper than to fetch them from memory. Weights gamma [c], beta [c], then
 * [k][k][c][co].
 */
#include <string.h>

#include "lib/nn/batch.h"
#include "yc/conv.h"
#include "yc/kern.h"

/* Pixels per call at least: transformed weights are read once per call. Forms that keep what
 * they make of maps have large weights, and say themselves. */
enum { PIXELS = 256 };

struct view {
	const struct yc_conv_form *form;
	struct yc_conv c;
	struct yc_conv_plan size;
	size_t pad, map, grad; /* elements of a map with border, of a map, of an output */
	bool dense; /* outputs have their pixels in a row, and so have their gradients */
};

static struct view view(const struct yc_layer *l)
{
	size_t c = (size_t)l->in.c, co = (size_t)l->out.c,
	       pixels = (size_t)l->in.h * (size_t)l->in.w;
	struct view v = {.form = l->form,
		.c = {.h = l->in.h,
			.w = l->in.w,
			.ci = l->in.c,
			.co = l->out.c,
			.k = l->k,
			.yrow = (size_t)l->in.w * co,
			.yimg = pixels * co},
		.map = pixels * c,
		.grad = pixels * co,
		.dense = l->out.step == l->out.c};

	if (!v.form)
		v.form = yc_conv_choose(l->precision, &v.c);
	v.form->plan(&v.c, &v.size);
	v.c.xrow = (size_t)v.size.pw * c;
	v.c.ximg = (size_t)v.size.ph * v.c.xrow;
	v.pad = v.c.ximg;
	if (v.dense) {
		v.c.yrow = (size_t)l->out.pw * co;
		v.c.yimg = yc_shape_size(&l->out);
	}
	return v;
}

static int plan(struct yc_layer *l)
{
	size_t c = (size_t)l->in.c;
	int pixels = l->in.h * l->in.w;

	if (l->k < 1 || l->k % 2 == 0)
		return yc_fail(
			YC_FAIL, "convolution kernel of side %d: must be odd", l->k);
	const struct view v = view(l);

	l->form = v.form;
	l->in.pad = 0;
	l->in.ph = l->out.h = l->in.h;
	l->in.pw = l->out.w = l->in.w;
	l->nw = 2 * c + (size_t)l->k * (size_t)l->k * c * (size_t)l->out.c;
	l->npack = v.size.pack;
	l->ngrad = 2 * c + v.size.grad;
	yc_batch_plan(l);
	/* Maps with border a and ta, and what is kept of them; outputs y, or dy and tdy,
	 * and what is kept of them; da and tda; what the form needs. */
	l->scratch_image = 2 * (v.pad + v.size.x_image) + 2 * (v.grad + v.size.dy_image) +
			   2 * v.map + v.size.scratch_image;
	l->scratch_fixed =
		2 * v.size.x_fixed + 2 * v.size.dy_fixed + v.size.scratch_fixed;
	l->chunk = v.size.x_image ? v.size.chunk : (PIXELS + pixels - 1) / pixels;
	return YC_OK;
}

static int params(const struct yc_layer *l, struct yc_param *p)
{
	return yc_batch_conv_params(l, l->k, p);
}

static void prepare(const struct yc_layer *l, const yc_real *w, yc_real *pack,
	bool adjoint, int part, int parts)
{
	const struct view v = view(l);

	v.form->prepare(&v.c, w + 2 * l->in.c, pack, adjoint, part, parts);
}

static yc_real *take(yc_real **scratch, int n, size_t image, size_t fixed)
{
	yc_real *p = *scratch;

	*scratch += (size_t)n * image + fixed;
	return p;
}

/* An operand of a convolution and its buffers, from scratch. */
struct operand {
	const yc_real *x;
	yc_real *kept;
	bool ready;
};

/* Maps whose pixels are still to be written to `to`. */
static struct operand take_map(
	const struct view *v, yc_real **scratch, int n, yc_real **to)
{
	*to = take(scratch, n, v->pad, 0);
	/* Only the border stays as it is. */
	memset(*to, 0, (size_t)n * v->pad * sizeof **to);
	return (struct operand){
		*to, take(scratch, n, v->size.x_image, v->size.x_fixed), false};
}

static struct yc_conv_term term(const struct operand *o, const yc_real *pack)
{
	return (struct yc_conv_term){o->x, o->kept, o->ready, pack, false};
}

/* For forward passes, which leave nothing behind: passes back begin with the map again. */
static struct yc_conv_term term_once(const struct operand *o, const yc_real *pack)
{
	return (struct yc_conv_term){o->x, o->kept, false, pack, true};
}

/* Where row r of the maps is with a border. */
static yc_real *bordered(
	const struct yc_layer *l, const struct view *v, yc_real *a, int r)
{
	size_t pad = (size_t)(l->k / 2);

	return a + (size_t)(r / l->in.h) * v->pad +
	       ((size_t)(r % l->in.h) + pad) * v->c.xrow + pad * (size_t)l->in.c;
}

/* a = relu(norm(x)) */
static struct operand normalise(const struct yc_layer *l, const struct view *v,
	const struct yc_pass *p, yc_real **scratch)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);
	yc_real *to;
	const struct operand a = take_map(v, scratch, p->n, &to);

	for (int r = 0; r < p->n * l->in.h; r++)
		yc_kern_get()->batch_forward(l->in.w, l->in.c,
			p->x + yc_shape_row(&l->in, r), (size_t)l->in.step, b.scale,
			b.off, l->relu, bordered(l, v, to, r), (size_t)l->in.c);
	return a;
}

static struct operand tangent(const struct yc_layer *l, const struct view *v,
	const struct yc_pass *p, yc_real **scratch)
{
	const struct yc_batch b = yc_batch_of(l, p->coef);
	yc_real *to;
	const struct operand ta = take_map(v, scratch, p->n, &to);

	for (int r = 0; r < p->n * l->in.h; r++) {
		size_t x = yc_shape_row(&l->in, r);

		yc_batch_tangent(&b, l->in.w, l->in.c, l->relu, p->x + x, p->tx + x,
			(size_t)l->in.step, bordered(l, v, to, r), (size_t)l->in.c);
	}
	return ta;
}

/* Gradients of outputs, as one map after the other. */
static struct operand gather(const struct yc_layer *l, const struct view *v, int n,
	const yc_real *dy, yc_real **scratch)
{
	yc_real *to = take(scratch, n, v->grad, 0);
	size_t co = (size_t)l->out.c;

	for (int i = 0; !v->dense && i < n * l->in.h * l->in.w; i++, dy += l->out.step)
		memcpy(to + (size_t)i * co, dy, co * sizeof *dy);
	return (struct operand){v->dense ? dy : to,
		take(scratch, n, v->size.dy_image, v->size.dy_fixed), false};
}

/* y = sum over terms of their convolutions; in a wider buffer, by way of maps one after
 * the other. */
static void convolve(const struct yc_layer *l, const struct view *v, int n,
	const struct yc_conv_term *t, int nterms, yc_real *y, yc_real *scratch)
{
	yc_real *from = take(&scratch, n, v->grad, 0);
	size_t co = (size_t)l->out.c;

	v->form->forward(
		&v->c, n, t, nterms, v->dense ? y + yc_shape_at(&l->out) : from, scratch);
	for (int r = 0; !v->dense && r < n * l->out.h; r++) {
		yc_real *to = y + yc_shape_row(&l->out, r);

		for (int j = 0; j < l->out.w; j++, from += co, to += l->out.step)
			memcpy(to, from, co * sizeof *to);
	}
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	yc_real *scratch = p->scratch;
	const struct operand a = normalise(l, &v, p, &scratch);
	const struct yc_conv_term t = term_once(&a, p->pack);

	convolve(l, &v, p->n, &t, 1, p->y, scratch);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	const struct yc_batch b = yc_batch_of(l, p->coef);
	yc_real *scratch = p->scratch;
	struct operand dy = gather(l, &v, p->n, p->dy, &scratch);
	yc_real *da = take(&scratch, p->n, v.map, 0);

	if (p->grad) {
		yc_real *rest = scratch;
		const struct operand a = normalise(l, &v, p, &rest);
		const struct yc_conv_term ta = term(&a, NULL), tdy = term(&dy, NULL);

		v.form->weights(&v.c, p->n, &ta, &tdy, true, p->grad + 2 * l->in.c, rest);
		dy.ready = true;
	}
	const struct yc_conv_term t = term(&dy, p->pack);
	struct yc_batch_arg arg = yc_batch_arg_of(l, p, &b);

	arg.dy = da;
	arg.dystep = (size_t)l->in.c;
	v.form->adjoint(&v.c, p->n, &t, 1, da, scratch);
	yc_kern_get()->batch_backward(&arg);
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	yc_real *scratch = p->scratch;
	const struct operand ta = tangent(l, &v, p, &scratch),
			     a = normalise(l, &v, p, &scratch);
	const struct yc_conv_term t[] = {
		term_once(&ta, p->pack), term_once(&a, p->tpack)};

	convolve(l, &v, p->n, t, p->tpack ? 2 : 1, p->ty, scratch);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	const struct yc_batch b = yc_batch_of(l, p->coef);
	yc_real *scratch = p->scratch;
	struct operand dy = gather(l, &v, p->n, p->dy, &scratch),
		       tdy = gather(l, &v, p->n, p->tdy, &scratch);
	yc_real *da = take(&scratch, p->n, v.map, 0),
		*tda = take(&scratch, p->n, v.map, 0);

	if (p->tgrad) {
		yc_real *rest = scratch, *grad = p->tgrad + 2 * l->in.c;
		const struct operand a = normalise(l, &v, p, &rest),
				     ta = tangent(l, &v, p, &rest);
		const struct yc_conv_term x = term(&a, NULL), tx = term(&ta, NULL),
					  d = term(&dy, NULL), td = term(&tdy, NULL);

		v.form->weights(&v.c, p->n, &x, &td, true, grad, rest);
		v.form->weights(&v.c, p->n, &tx, &d, true, grad, rest);
		dy.ready = tdy.ready = true;
	}
	struct yc_conv_term t[] = {term(&tdy, p->pack), term(&dy, p->tpack)};

	v.form->adjoint(&v.c, p->n, t, p->tpack ? 2 : 1, tda, scratch);
	dy.ready |= p->tpack != NULL;
	t[0] = term(&dy, p->pack);
	v.form->adjoint(&v.c, p->n, t, 1, da, scratch);
	struct yc_batch_tangents arg = yc_batch_tangents_of(l, p);

	arg.dy = da;
	arg.tdy = tda;
	arg.dystep = (size_t)l->in.c;
	yc_batch_tangent_adjoint(&b, &arg);
}

static void fold(const struct yc_layer *l, const yc_real *grad, yc_real *dw)
{
	const struct view v = view(l);
	size_t norm = 2 * (size_t)l->in.c;

	yc_kern_get()->add(dw, grad, norm);
	v.form->fold(&v.c, grad + norm, dw + norm);
}

const struct yc_layer_ops yc_layer_normconv = {
	.method = {.name = "normconv",
		.summary = "batch normalisation, ReLU, convolution"},
	.views = true,
	.adds = true,
	.plan = plan,
	.params = params,
	.prepare = prepare,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
	.fold = fold,
	.settle = YC_BATCH_SETTLE,
	.statistics = yc_batch_statistics,
};

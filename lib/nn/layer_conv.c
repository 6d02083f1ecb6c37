/* SPDX-License-Identifier: MIT */
/*
 * Convolution k x k, stride 1 or 2, zero padding k/2, with bias, weights [k][k][ci][co] then
 * bias [co]. How it is computed is the affair of a form (yc/conv.h): this file says what
 * each pass asks of it, keeps what it makes of the operands, and adds the bias.
 */
#include <string.h>

#include "lib/nn/bias.h"
#include "lib/nn/params.h"
#include "yc/conv.h"
#include "yc/layer.h"

struct view {
	const struct yc_conv_form *form;
	struct yc_conv c;
	struct yc_conv_plan size;
	size_t bias, grad_bias; /* where biases begin in weights and gradient sums */
};

static struct view view(const struct yc_layer *l)
{
	struct view v = {.form = l->form,
		.c = {l->in.h, l->in.w, l->in.c, l->out.c, l->k,
			(size_t)l->in.pw * (size_t)l->in.c, yc_shape_size(&l->in),
			(size_t)l->out.pw * (size_t)l->out.c, yc_shape_size(&l->out),
			l->stride == 2}};

	if (!v.form)
		v.form = yc_conv_choose(l->precision, &v.c);
	v.form->plan(&v.c, &v.size);
	v.bias = (size_t)l->k * (size_t)l->k * (size_t)l->in.c * (size_t)l->out.c;
	v.grad_bias = v.size.grad;
	return v;
}

static int plan(struct yc_layer *l)
{
	if (l->k < 1 || l->k % 2 == 0)
		return yc_fail(
			YC_FAIL, "convolution kernel of side %d: must be odd", l->k);
	if (l->stride > 2)
		return yc_fail(
			YC_FAIL, "convolution of stride %d: must be 1 or 2", l->stride);
	const struct view v = view(l);
	const struct yc_conv_plan *s = &v.size;

	l->form = v.form;
	l->out.h = v.c.half ? (l->in.h + 1) / 2 : l->in.h;
	l->out.w = v.c.half ? (l->in.w + 1) / 2 : l->in.w;
	l->in.pad = l->k / 2;
	l->in.ph = s->ph;
	l->in.pw = s->pw;
	l->chunk = s->chunk;
	l->chunk_forward = s->chunk_forward;
	l->nw = v.bias + yc_layer_biases(l);
	l->npack = s->pack;
	l->ngrad = v.grad_bias + yc_layer_biases(l);
	l->save_image = s->x_image;
	l->save_fixed = s->x_fixed;
	l->tsave_image = s->x_image; /* tx */
	l->tsave_fixed = s->x_fixed;
	/* tdy, dy, then what the form needs. What is made of dy serves one pass: to make it
	 * again for the tangent costs less than to store it for every image. */
	l->scratch_image = 2 * s->dy_image + s->scratch_image;
	l->scratch_fixed = 2 * s->dy_fixed + s->scratch_fixed;
	return YC_OK;
}

static void prepare(const struct yc_layer *l, const yc_real *w, yc_real *pack,
	bool adjoint, int part, int parts)
{
	const struct view v = view(l);

	v.form->prepare(&v.c, w, pack, adjoint, part, parts);
}

/* Maps x as forms see them: from row and column -k/2 of a border that may be wider. */
static struct yc_conv_term map(const struct yc_layer *l, const yc_real *x, yc_real *kept,
	bool ready, const yc_real *pack)
{
	size_t off = (size_t)(l->in.pad - l->k / 2);

	return (struct yc_conv_term){x + (off * (size_t)l->in.pw + off) * (size_t)l->in.c,
		kept, ready, pack, false};
}

/* Parts of the scratch: what is kept of tdy and of dy, and the form's own. */
static yc_real *scratch(const struct view *v, const struct yc_pass *p, int part)
{
	return p->scratch +
	       (size_t)part * ((size_t)p->n * v->size.dy_image + v->size.dy_fixed);
}

/* The part of a gradient sum for the bias, from dy or its tangent. */
static void bias_gradient(const struct yc_layer *l, const struct yc_pass *p,
	const yc_real *dy, yc_real *grad)
{
	if (p->fresh)
		memset(grad, 0, yc_layer_biases(l) * sizeof *grad);
	if (yc_layer_biased(l))
		yc_bias_gradient(l, p->n, dy, grad);
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	struct yc_conv_term x = map(l, p->x, p->save, false, p->pack);

	x.once = p->alone;
	v.form->forward(
		&v.c, p->n, &x, 1, p->y + yc_shape_at(&l->out), scratch(&v, p, 2));
	if (yc_layer_biased(l))
		yc_bias_add(l, p->n, p->w + v.bias, p->y);
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	const struct yc_conv_term x = map(l, p->x, p->save, true, p->pack);
	struct yc_conv_term dy = {p->dy, scratch(&v, p, 1), false, p->pack, false};

	if (p->grad) {
		v.form->weights(
			&v.c, p->n, &x, &dy, !p->fresh, p->grad, scratch(&v, p, 2));
		bias_gradient(l, p, p->dy, p->grad + v.grad_bias);
		dy.ready = true;
	}
	if (p->dx)
		v.form->adjoint(&v.c, p->n, &dy, 1, p->dx, scratch(&v, p, 2));
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	struct yc_conv_term t[2];
	int n = 0;

	if (p->tx)
		t[n++] = map(l, p->tx, p->tsave, false, p->pack);
	if (p->tpack)
		t[n++] = map(l, p->x, p->save, true, p->tpack);
	v.form->forward(
		&v.c, p->n, t, n, p->ty + yc_shape_at(&l->out), scratch(&v, p, 2));
	if (p->tw && yc_layer_biased(l))
		yc_bias_add(l, p->n, p->tw + v.bias, p->ty);
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	const struct view v = view(l);
	struct yc_conv_term dy[2] = {{p->tdy, scratch(&v, p, 0), false, p->pack, false},
		{p->dy, scratch(&v, p, 1), false, p->tpack, false}};

	if (p->tgrad) {
		struct yc_conv_term x = map(l, p->x, p->save, true, p->pack);

		v.form->weights(
			&v.c, p->n, &x, &dy[0], !p->fresh, p->tgrad, scratch(&v, p, 2));
		if (p->tx) {
			x = map(l, p->tx, p->tsave, true, p->pack);
			v.form->weights(&v.c, p->n, &x, &dy[1], true, p->tgrad,
				scratch(&v, p, 2));
			dy[1].ready = true;
		}
		bias_gradient(l, p, p->tdy, p->tgrad + v.grad_bias);
		dy[0].ready = true;
	}
	if (p->tdx)
		v.form->adjoint(
			&v.c, p->n, dy, p->tpack ? 2 : 1, p->tdx, scratch(&v, p, 2));
}

static void fold(const struct yc_layer *l, const yc_real *grad, yc_real *dw)
{
	const struct view v = view(l);

	v.form->fold(&v.c, grad, dw);
	for (size_t o = 0; o < yc_layer_biases(l); o++)
		dw[v.bias + o] += grad[v.grad_bias + o];
}

const struct yc_layer_ops yc_layer_conv = {
	.method = {.name = "conv", .summary = "convolution"},
	.begins = true,
	.borders = true,
	.overwrites = true,
	.plan = plan,
	.params = yc_params_conv,
	.prepare = prepare,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
	.fold = fold,
};

/* SPDX-License-Identifier: MIT */
/*
 * Instance norm (group norm with one channel per group; yc-methods(7), "Norms"), then
 * optionally ReLU and average pooling, fused into one sweep over the map in each
 * direction: the three are memory-bound, and the ReLU mask is recomputed from the map
 * instead of stored. Weights gamma [c], beta [c].
 */
#include "lib/nn/params.h"
#include "yc/kern.h"
#include "yc/layer.h"

static int plan(struct yc_layer *l)
{
	if (l->pool < 1 || l->in.h < l->pool || l->in.w < l->pool)
		return yc_fail(YC_FAIL, "a map of %dx%d cannot be pooled by %d", l->in.h,
			l->in.w, l->pool);
	l->out.h = l->in.h / l->pool;
	l->out.w = l->in.w / l->pool;
	l->out.c = l->in.c;
	l->in.pad = 0;
	l->in.ph = l->in.h;
	l->in.pw = l->in.w;
	l->nw = l->ngrad = 2 * (size_t)l->in.c;
	l->save_image = 4 * (size_t)l->in.c;
	l->tsave_image = 2 * (size_t)l->in.c;
	l->chunk = 1;
	return YC_OK;
}

static struct yc_norm_arg argument(
	const struct yc_layer *l, const struct yc_pass *p, int i)
{
	size_t z = (size_t)i * yc_shape_map(&l->in),
	       d = (size_t)i * yc_shape_map(&l->out);
	size_t y = (size_t)i * yc_shape_size(&l->out) + yc_shape_at(&l->out),
	       c = (size_t)l->in.c;

	return (struct yc_norm_arg){
		.h = l->in.h,
		.w = l->in.w,
		.c = l->in.c,
		.pool = l->pool,
		.relu = l->relu,
		.gamma = p->w,
		.beta = p->w + c,
		.tgamma = p->tw,
		.tbeta = p->tw ? p->tw + c : NULL,
		.z = p->x + z,
		.tz = p->tx ? p->tx + z : NULL,
		.save = p->save + (size_t)i * l->save_image,
		.tsave = p->tsave ? p->tsave + (size_t)i * l->tsave_image : NULL,
		.y = p->y ? p->y + y : NULL,
		.ty = p->ty ? p->ty + y : NULL,
		.yrow = (size_t)l->out.pw * c,
		.dy = p->dy ? p->dy + d : NULL,
		.tdy = p->tdy ? p->tdy + d : NULL,
		.dz = p->dx ? p->dx + z : NULL,
		.tdz = p->tdx ? p->tdx + z : NULL,
	};
}

static void forward(const struct yc_layer *l, const struct yc_pass *p)
{
	for (int i = 0; i < p->n; i++) {
		struct yc_norm_arg a = argument(l, p, i);

		yc_kern_get()->norm_forward(&a);
	}
}

static void backward(const struct yc_layer *l, const struct yc_pass *p)
{
	for (int i = 0; i < p->n; i++) {
		struct yc_norm_arg a = argument(l, p, i);

		a.dgamma = p->grad;
		a.dbeta = p->grad ? p->grad + l->in.c : NULL;
		yc_kern_get()->norm_backward(&a);
	}
}

static void tangent_forward(const struct yc_layer *l, const struct yc_pass *p)
{
	for (int i = 0; i < p->n; i++) {
		struct yc_norm_arg a = argument(l, p, i);

		yc_kern_get()->norm_tangent(&a);
	}
}

static void tangent_backward(const struct yc_layer *l, const struct yc_pass *p)
{
	for (int i = 0; i < p->n; i++) {
		struct yc_norm_arg a = argument(l, p, i);

		a.dgamma = p->tgrad;
		a.dbeta = p->tgrad ? p->tgrad + l->in.c : NULL;
		yc_kern_get()->norm_tangent_backward(&a);
	}
}

const struct yc_layer_ops yc_layer_norm = {
	.method = {.name = "norm",
		.summary = "instance normalisation, ReLU, average pooling"},
	.plan = plan,
	.params = yc_params_norm,
	.forward = forward,
	.backward = backward,
	.tangent_forward = tangent_forward,
	.tangent_backward = tangent_backward,
};

/* SPDX-License-Identifier: MIT */
/* Adam as PyTorch computes it, weight decay added to the gradient: yc-methods(7), "Adam".
 * The momentum is beta1. */
#include <math.h>

#include "yc/optimiser.h"

/* PyTorch's defaults. */
static const double beta2 = 0.999, epsilon = 1e-8;

static void step(const struct yc_descent *d, yc_real *w, const yc_real *dw,
	yc_real *state, size_t n)
{
	const double beta1 = d->momentum, t = (double)d->step;
	const yc_real decay = (yc_real)d->decay, small = (yc_real)epsilon,
		      new1 = (yc_real)(1 - beta1), keep2 = (yc_real)beta2,
		      new2 = (yc_real)(1 - beta2),
		      rate = (yc_real)(d->lr / (1 - pow(beta1, t))),
		      unbias = (yc_real)sqrt(1 - pow(beta2, t));
	yc_real *m = state, *v = state + n;

	for (size_t i = 0; i < n; i++) {
		const yc_real g = dw[i] + decay * w[i];

		m[i] += new1 * (g - m[i]);
		v[i] = keep2 * v[i] + new2 * g * g;
		w[i] -= rate * m[i] / ((yc_real)sqrt((double)v[i]) / unbias + small);
	}
}

const struct yc_optimiser yc_optimiser_adam = {
	.method = {.name = "adam", .summary = "mean gradient over its root mean square"},
	.states = 2,
	.step = step,
};

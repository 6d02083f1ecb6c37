/* SPDX-License-Identifier: MIT */
/* Stochastic gradient descent with momentum: yc-methods(7), "Stochastic gradient
 * descent". */
#include "yc/kern.h"
#include "yc/optimiser.h"

static void step(const struct yc_descent *d, yc_real *w, const yc_real *dw,
	yc_real *state, size_t n)
{
	yc_kern_get()->sgd(
		w, dw, state, n, (yc_real)d->lr, (yc_real)d->momentum, (yc_real)d->decay);
}

const struct yc_optimiser yc_optimiser_sgd = {
	.method = {.name = "sgd", .summary = "stochastic gradient descent with momentum"},
	.states = 1,
	.step = step,
};

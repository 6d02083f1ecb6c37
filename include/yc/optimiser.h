/* SPDX-License-Identifier: MIT */
#ifndef YC_OPTIMISER_H
#define YC_OPTIMISER_H

#include "yc/opt.h"
#include "yc/real.h"

/*
 * How a gradient becomes a step, yc-methods(7), "Stochastic gradient descent" and "Adam".
 * An optimiser is one file lib/train/optimiser_NAME.c and one line in optimisers.c. Its
 * state is `states` numbers per weight, zero before the first step.
 */
struct yc_descent {
	double lr;	 /* learning rate of this step */
	double momentum; /* momentum of sgd, beta1 of adam */
	double decay;	 /* weight decay: decay*w is added to the gradient */
	uint64_t step;	 /* of this step, from 1 */
};

struct yc_optimiser {
	struct yc_method method;
	int states; /* numbers per weight */
	/* w [n] moves by dw [n]; state [states][n]. */
	void (*step)(const struct yc_descent *d, yc_real *w, const yc_real *dw,
		yc_real *state, size_t n);
};

/* The table, NULL-terminated; every entry is the first member of a struct yc_optimiser. */
extern const struct yc_method *const yc_optimisers[];

/* The entry of that name; NULL: the first. Names were checked by an option table. */
const struct yc_optimiser *yc_optimiser_find(const char *name);

#endif

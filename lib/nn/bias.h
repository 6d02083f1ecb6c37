/* SPDX-License-Identifier: MIT */
#ifndef NN_BIAS_H
#define NN_BIAS_H

#include "yc/layer.h"

/* The bias of a convolution that no norm follows. Adds b [c] to every pixel of n maps. */
void yc_bias_add(const struct yc_layer *l, int n, const yc_real *b, yc_real *y);
/* db [c] += sum of dy over the pixels of n dense maps. */
void yc_bias_gradient(const struct yc_layer *l, int n, const yc_real *dy, yc_real *db);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KIP_FC_H
#define KIP_FC_H

#include "lib/condense/kip/kernel.h"

/* Kernels of dense networks, private to this folder: `rows` images x with variances v,
 * against n others from `first` on, at most YC_NTK_BLOCK. */
enum { YC_NTK_BLOCK = 512 };

size_t yc_ntk_fc_size(const struct yc_ntk *k, int rows); /* doubles of scratch memory */
void yc_ntk_fc_forward(const struct yc_ntk *k, const double *x, const double *v, int rows,
	const struct yc_ntk_set *o, int first, int n, double *out, size_t ld,
	double *memory);
/* g0 = gradients by the scalar products over pixels; gv [rows][nv] is added to. */
void yc_ntk_fc_backward(const struct yc_ntk *k, const double *x, const double *v,
	int rows, const struct yc_ntk_set *o, int first, int n, const double *g,
	size_t ld, double *g0, double *gv, double *memory);
double yc_ntk_fc_one(const struct yc_ntk *k, const double *x, double *v);
/* The factor of x in the gradient by x. */
double yc_ntk_fc_one_back(
	const struct yc_ntk *k, const double *v, double g, const double *gv);

#endif

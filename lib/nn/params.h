/* SPDX-License-Identifier: MIT */
#ifndef NN_PARAMS_H
#define NN_PARAMS_H

#include "yc/layer.h"
#include "yc/net.h"

/* Weight tensors that several kinds of layer have: for ops->params, which fills p in the
 * order of PyTorch's modules and returns how many they are. */

/* weight [out][in][k][k], kept as [k][k][in][out], and bias [out] unless there is none. */
int yc_params_conv(const struct yc_layer *l, struct yc_param *p);
/* gamma and beta: weight and bias [c]. */
int yc_params_norm(const struct yc_layer *l, struct yc_param *p);
/* A tensor [count] at `at`, in the order of files. */
struct yc_param yc_param_plain(
	const char *tensor, enum yc_role role, size_t at, size_t count);

#endif

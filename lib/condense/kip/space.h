/* SPDX-License-Identifier: MIT */
#ifndef KIP_SPACE_H
#define KIP_SPACE_H

#include "yc/data.h"
#include "yc/fail.h"

/*
 * Between stored pixels in 0..1 and what kernels see: normalised or whitened as the data
 * is, [channels][side][side] in double. Private to lib/condense and its tests.
 */
struct yc_kip_space {
	const struct yc_data *data;
	size_t pixels;
	int threads, n;
	yc_real *image; /* [n][side][side][channels], and one for each thread */
	/* [n][2] for the column YC_ZCA_COLUMN, or NULL where there is no need for it;
	 * yc_kip_space_enter fills it, and yc_kip_space_leave uses it. */
	float *row;
};

/* For up to n images that are entered or left. */
int yc_kip_space_new(struct yc_kip_space *s, const struct yc_data *data, int n,
	int threads) YC_CHECKED;
void yc_kip_space_release(struct yc_kip_space *s);
size_t yc_kip_space_bytes(const struct yc_kip_space *s);
/* Images idx[0..n-1] of the data, any number of them. */
void yc_kip_space_load(
	const struct yc_kip_space *s, const int32_t *idx, int n, double *x);
/* From stored pixels [n][channels][side][side], and back. */
int yc_kip_space_enter(
	struct yc_kip_space *s, const yc_real *pixels, double *x) YC_CHECKED;
int yc_kip_space_leave(
	struct yc_kip_space *s, const double *x, yc_real *pixels) YC_CHECKED;

#endif

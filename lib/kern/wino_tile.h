/* SPDX-License-Identifier: MIT */
/*
 * Winograd transforms of one 6x6 tile for one strip of channels. Included by sets of
 * kernels with T a vector, and with T four numbers or one for the channels left over. NAME(x)
 * gives the functions their suffix, PLANE is the type of V and dM, STORE_PLANE rounds to it.
 */
#include "wino_points.h"

static inline ALWAYS void NAME(tile_input)(
	const yc_real *x, size_t row, size_t col, PLANE *v, size_t plane)
{
	T t[6][6], d[6], o[6];

	for (int j = 0; j < 6; j++) {
		for (int i = 0; i < 6; i++)
			d[i] = LOAD(x + (size_t)i * row + (size_t)j * col);
		NAME(bt6)(d, o);
		for (int i = 0; i < 6; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < 6; i++) {
		NAME(bt6)(t[i], o);
		for (int j = 0; j < 6; j++)
			STORE_PLANE(v + (size_t)(i * 6 + j) * plane, o[j]);
	}
}

/* Adds the rows [i0,i1) and columns [j0,j1) of the 6x6 patch B dv Bt; dx is pixel
 * (i0,j0). */
static inline ALWAYS void NAME(tile_input_adjoint)(const yc_real *dv, size_t plane,
	yc_real *dx, size_t row, size_t col, int i0, int i1, int j0, int j1)
{
	T t[6][6], d[6], o[6];

	for (int i = 0; i < 6; i++) {
		for (int j = 0; j < 6; j++)
			d[j] = LOAD(dv + (size_t)(i * 6 + j) * plane);
		NAME(b6)(d, t[i]);
	}
	for (int j = j0; j < j1; j++) {
		for (int i = 0; i < 6; i++)
			d[i] = t[i][j];
		NAME(b6)(d, o);
		for (int i = i0; i < i1; i++) {
			yc_real *p = dx + (size_t)(i - i0) * row + (size_t)(j - j0) * col;

			STORE(p, LOAD(p) + o[i]);
		}
	}
}

static inline ALWAYS void NAME(tile_output)(const yc_real *m, size_t plane, yc_real *y,
	size_t row, size_t col, int hi, int wi)
{
	T t[4][6], d[6], o[4];

	for (int j = 0; j < 6; j++) {
		for (int i = 0; i < 6; i++)
			d[i] = LOAD(m + (size_t)(i * 6 + j) * plane);
		NAME(at6)(d, o);
		for (int i = 0; i < 4; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < hi; i++) {
		NAME(at6)(t[i], o);
		for (int j = 0; j < wi; j++)
			STORE(y + (size_t)i * row + (size_t)j * col, o[j]);
	}
}

static inline ALWAYS void NAME(tile_output_adjoint)(const yc_real *dy, size_t row,
	size_t col, int hi, int wi, PLANE *dm, size_t plane)
{
	T t[6][4], d[4], o[6], zero = {0};

	for (int j = 0; j < 4; j++) {
		for (int i = 0; i < 4; i++)
			d[i] = i < hi && j < wi
				       ? LOAD(dy + (size_t)i * row + (size_t)j * col)
				       : zero;
		NAME(a6)(d, o);
		for (int i = 0; i < 6; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < 6; i++) {
		NAME(a6)(t[i], o);
		for (int j = 0; j < 6; j++)
			STORE_PLANE(dm + (size_t)(i * 6 + j) * plane, o[j]);
	}
}

/* g: 3x3 taps, `tap` elements apart -> u: 36 planes. */
static inline ALWAYS void NAME(tile_weight)(
	const yc_real *g, size_t tap, yc_real *u, size_t plane)
{
	T t[6][3], d[3], o[6];

	for (int j = 0; j < 3; j++) {
		for (int i = 0; i < 3; i++)
			d[i] = LOAD(g + (size_t)(i * 3 + j) * tap);
		NAME(g6)(d, o);
		for (int i = 0; i < 6; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < 6; i++) {
		NAME(g6)(t[i], o);
		for (int j = 0; j < 6; j++)
			STORE(u + (size_t)(i * 6 + j) * plane, o[j]);
	}
}

static inline ALWAYS void NAME(tile_weight_adjoint)(
	const yc_real *du, size_t plane, yc_real *dg, size_t tap)
{
	T t[6][3], d[6], o[3];

	for (int i = 0; i < 6; i++) {
		for (int j = 0; j < 6; j++)
			d[j] = LOAD(du + (size_t)(i * 6 + j) * plane);
		NAME(gt6)(d, t[i]);
	}
	for (int j = 0; j < 3; j++) {
		for (int i = 0; i < 6; i++)
			d[i] = t[i][j];
		NAME(gt6)(d, o);
		for (int i = 0; i < 3; i++) {
			yc_real *p = dg + (size_t)(i * 3 + j) * tap;

			STORE(p, LOAD(p) + o[i]);
		}
	}
}

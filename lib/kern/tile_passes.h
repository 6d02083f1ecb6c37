/* SPDX-License-Identifier: MIT */
/*
 * Transforms of one tile for one strip of channels: those of a line of numbers, down its columns and
 * along its rows. For wino_tile.h and half_tile.h, which set
 *	PASS(x)	name of a function here
 *	LINE(x)	name of the transform of a line: bt, b, at, a, g, gt
 *	SIDE	positions of a line, of which four are outputs
 *	KINDS	positions of a line that have weights of their own
 */
static inline ALWAYS void PASS(input)(
	const yc_real *x, size_t row, size_t col, PLANE *v, size_t plane)
{
	T t[SIDE][SIDE], d[SIDE], o[SIDE];

	for (int j = 0; j < SIDE; j++) {
		for (int i = 0; i < SIDE; i++)
			d[i] = LOAD(x + (size_t)i * row + (size_t)j * col);
		LINE(bt)(d, o);
		for (int i = 0; i < SIDE; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < SIDE; i++) {
		LINE(bt)(t[i], o);
		for (int j = 0; j < SIDE; j++)
			STORE_PLANE(v + (size_t)(i * SIDE + j) * plane, o[j]);
	}
}

/* Adds the rows [i0,i1) and columns [j0,j1) of the patch B dv Bt; dx is pixel (i0,j0). */
static inline ALWAYS void PASS(input_adjoint)(const yc_real *dv, size_t plane,
	yc_real *dx, size_t row, size_t col, int i0, int i1, int j0, int j1)
{
	T t[SIDE][SIDE], d[SIDE], o[SIDE];

	for (int i = 0; i < SIDE; i++) {
		for (int j = 0; j < SIDE; j++)
			d[j] = LOAD(dv + (size_t)(i * SIDE + j) * plane);
		LINE(b)(d, t[i]);
	}
	for (int j = j0; j < j1; j++) {
		for (int i = 0; i < SIDE; i++)
			d[i] = t[i][j];
		LINE(b)(d, o);
		for (int i = i0; i < i1; i++) {
			yc_real *p = dx + (size_t)(i - i0) * row + (size_t)(j - j0) * col;

			STORE(p, LOAD(p) + o[i]);
		}
	}
}

static inline ALWAYS void PASS(output)(const yc_real *m, size_t plane, yc_real *y,
	size_t row, size_t col, int hi, int wi)
{
	T t[4][SIDE], d[SIDE], o[4];

	for (int j = 0; j < SIDE; j++) {
		for (int i = 0; i < SIDE; i++)
			d[i] = LOAD(m + (size_t)(i * SIDE + j) * plane);
		LINE(at)(d, o);
		for (int i = 0; i < 4; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < hi; i++) {
		LINE(at)(t[i], o);
		for (int j = 0; j < wi; j++)
			STORE(y + (size_t)i * row + (size_t)j * col, o[j]);
	}
}

static inline ALWAYS void PASS(output_adjoint)(const yc_real *dy, size_t row, size_t col,
	int hi, int wi, PLANE *dm, size_t plane)
{
	T t[SIDE][4], d[4], o[SIDE], zero = {0};

	for (int j = 0; j < 4; j++) {
		for (int i = 0; i < 4; i++)
			d[i] = i < hi && j < wi
				       ? LOAD(dy + (size_t)i * row + (size_t)j * col)
				       : zero;
		LINE(a)(d, o);
		for (int i = 0; i < SIDE; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < SIDE; i++) {
		LINE(a)(t[i], o);
		for (int j = 0; j < SIDE; j++)
			STORE_PLANE(dm + (size_t)(i * SIDE + j) * plane, o[j]);
	}
}

/* g: 3x3 taps, `tap` elements apart -> u: KINDS x KINDS planes. */
static inline ALWAYS void PASS(weight)(
	const yc_real *g, size_t tap, yc_real *u, size_t plane)
{
	T t[KINDS][3], d[3], o[KINDS];

	for (int j = 0; j < 3; j++) {
		for (int i = 0; i < 3; i++)
			d[i] = LOAD(g + (size_t)(i * 3 + j) * tap);
		LINE(g)(d, o);
		for (int i = 0; i < KINDS; i++)
			t[i][j] = o[i];
	}
	for (int i = 0; i < KINDS; i++) {
		LINE(g)(t[i], o);
		for (int j = 0; j < KINDS; j++)
			STORE(u + (size_t)(i * KINDS + j) * plane, o[j]);
	}
}

static inline ALWAYS void PASS(weight_adjoint)(
	const yc_real *du, size_t plane, yc_real *dg, size_t tap)
{
	T t[KINDS][3], d[KINDS], o[3];

	for (int i = 0; i < KINDS; i++) {
		for (int j = 0; j < KINDS; j++)
			d[j] = LOAD(du + (size_t)(i * KINDS + j) * plane);
		LINE(gt)(d, t[i]);
	}
	for (int j = 0; j < 3; j++) {
		for (int i = 0; i < KINDS; i++)
			d[i] = t[i][j];
		LINE(gt)(d, o);
		for (int i = 0; i < 3; i++) {
			yc_real *p = dg + (size_t)(i * 3 + j) * tap;

			STORE(p, LOAD(p) + o[i]);
		}
	}
}

#undef PASS
#undef LINE
#undef SIDE
#undef KINDS

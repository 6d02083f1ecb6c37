/* SPDX-License-Identifier: MIT */
/*
 * Batch norm of one strip of channels, for T = vectors, fours or scalars, as kern_body.h
 * defines them with NAME, KEEP and for sums in double SUM, SUM_ADD and SUM_END. Strips go
 * over some pixels at a time, so that constants and sums stay in registers, and fetch those
 * that come BATCH_PIXELS later: in a wide buffer processors do not see the pattern.
 */
#define LD(p) (*(const T *)(const void *)(p))
#define ST(p, v) (*(T *)(void *)(p) = (v))

static inline ALWAYS void NAME(batch_sums)(
	int pixels, const yc_real *x, size_t step, double *s, double *ss)
{
	SUM a = {0}, b = {0};

	for (int p = 0; p < pixels; p++, x += step) {
		T v = LD(x);

		SUM_ADD(a, v);
		SUM_SQUARE(b, v);
	}
	SUM_END(s, a);
	SUM_END(ss, b);
}

static inline ALWAYS void NAME(batch_forward)(int pixels, const yc_real *x, size_t xstep,
	const yc_real *scale, const yc_real *off, bool relu, yc_real *y, size_t ystep)
{
	const T k = LD(scale), k0 = LD(off);

	for (int p = 0; p < pixels; p++, x += xstep, y += ystep) {
		T v = LD(x) * k + k0;

		__builtin_prefetch(x + BATCH_PIXELS * xstep);
		ST(y, relu ? KEEP(v, v) : v);
	}
}

static inline ALWAYS void NAME(batch_backward)(
	const struct yc_batch_arg *a, int q, bool relu, bool add)
{
	const yc_real *x = a->x + q, *dy = a->dy + q;
	const T k = LD(a->scale + q), k0 = LD(a->off + q), mean = LD(a->mean + q);
	yc_real *dx = a->dx + q;
	SUM s = {0}, sx = {0};

	for (int p = 0; p < a->pixels; p++, x += a->xstep, dy += a->dystep) {
		T v = LD(x), g = LD(dy);

		__builtin_prefetch(x + BATCH_PIXELS * a->xstep);
		__builtin_prefetch(dx + BATCH_PIXELS * a->dxstep, 1);
		if (relu)
			g = KEEP(v * k + k0, g);
		SUM_ADD(s, g);
		SUM_ADD(sx, g * (v - mean));
		ST(dx, add ? LD(dx) + k * g : k * g);
		dx += a->dxstep;
	}
	SUM_END(a->sum + q, s);
	SUM_END(a->sum + a->c + q, sx);
}

static inline ALWAYS void NAME(batch_complete)(int pixels, const yc_real *x,
	const yc_real *a, const yc_real *b, yc_real *dx, size_t step)
{
	const T k = LD(a), k0 = LD(b);

	for (int p = 0; p < pixels; p++, x += step, dx += step) {
		__builtin_prefetch(x + BATCH_PIXELS * step);
		__builtin_prefetch(dx + BATCH_PIXELS * step, 1);
		ST(dx, LD(dx) + (k * LD(x) + k0));
	}
}

#undef LD
#undef ST

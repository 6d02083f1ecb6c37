/* SPDX-License-Identifier: MIT */
/*
 * Batch norm, for kern_body.h: what a layer does with pixels before and after the sums over
 * the batch. Sums over pixels are in double.
 */
#ifdef YC_DOUBLE
typedef int64_t ifour __attribute__((vector_size(4 * sizeof(yc_real))));
#else
typedef int32_t ifour __attribute__((vector_size(4 * sizeof(yc_real))));
#endif
typedef double dfour __attribute__((vector_size(32), aligned(sizeof(double)), may_alias));
typedef double dvec
	__attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(double)), may_alias));

/* keep_v of four: a macro, for returning four would depend on the instruction set. */
#define keep_4(cond, v) ((four)((ifour)(v) & ~(ifour)((cond) <= (four){0})))

/* Pixels whose strips stay in the first cache from one strip to the next. */
enum { BATCH_PIXELS = 64 };

/* The halves of a vector as vectors of doubles. */
enum { HALVES = sizeof(double) / sizeof(yc_real), DW = VECTOR_BYTES / sizeof(double) };
struct sum_v {
	dvec part[HALVES];
};

static inline ALWAYS void widen_v(vec v, dvec part[HALVES])
{
#ifdef YC_DOUBLE
	part[0] = v;
#elif VECTOR_BYTES == 64
	part[0] = __builtin_convertvector(
		__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), dvec);
	part[1] = __builtin_convertvector(
		__builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15), dvec);
#elif VECTOR_BYTES == 32
	part[0] =
		__builtin_convertvector(__builtin_shufflevector(v, v, 0, 1, 2, 3), dvec);
	part[1] =
		__builtin_convertvector(__builtin_shufflevector(v, v, 4, 5, 6, 7), dvec);
#else
	part[0] = __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1), dvec);
	part[1] = __builtin_convertvector(__builtin_shufflevector(v, v, 2, 3), dvec);
#endif
}

static inline ALWAYS void sum_add_v(struct sum_v *s, vec v)
{
	dvec part[HALVES];

	widen_v(v, part);
	for (int i = 0; i < HALVES; i++)
		s->part[i] += part[i];
}

static inline ALWAYS void sum_square_v(struct sum_v *s, vec v)
{
	dvec part[HALVES];

	widen_v(v, part);
	for (int i = 0; i < HALVES; i++)
		s->part[i] += part[i] * part[i];
}

static inline ALWAYS void sum_end_v(double *to, const struct sum_v *s)
{
	for (int i = 0; i < HALVES; i++, to += DW)
		*(dvec *)(void *)to += s->part[i];
}

#define T vec
#define NAME(x) x##_v
#define KEEP keep_v
#define SUM struct sum_v
#define SUM_ADD(s, v) sum_add_v(&(s), v)
#define SUM_SQUARE(s, v) sum_square_v(&(s), v)
#define SUM_END(to, s) sum_end_v(to, &(s))
#include "batch_tile.h"
#undef T
#undef NAME
#undef KEEP
#undef SUM
#undef SUM_ADD
#undef SUM_SQUARE
#undef SUM_END
#define T four
#define NAME(x) x##_4
#define KEEP keep_4
#define SUM dfour
#define WIDE(v) __builtin_convertvector(v, dfour)
#define SUM_ADD(s, v) ((s) += WIDE(v))
#define SUM_SQUARE(s, v) ((s) += WIDE(v) * WIDE(v))
#define SUM_END(to, s) (*(dfour *)(void *)(to) += (s))
#include "batch_tile.h"
#undef T
#undef NAME
#undef KEEP
#undef SUM
#undef WIDE
#undef SUM_END
#define T yc_real
#define NAME(x) x##_s
#define KEEP keep_s
#define SUM double
#define WIDE(v) ((double)(v))
#define SUM_END(to, s) (*(to) += (s))
#include "batch_tile.h"
#undef T
#undef NAME
#undef KEEP
#undef SUM
#undef WIDE
#undef SUM_ADD
#undef SUM_SQUARE
#undef SUM_END

static void batch_sums(int pixels, int c, const yc_real *x, size_t step, double *sum)
{
	for (int n; pixels > 0; pixels -= n, x += (size_t)n * step) {
		n = pixels < BATCH_PIXELS ? pixels : BATCH_PIXELS;
		STRIPS(c, q, batch_sums, n, x + q, step, sum + q, sum + c + q);
	}
}

static void batch_forward(int pixels, int c, const yc_real *x, size_t xstep,
	const yc_real *scale, const yc_real *off, bool relu, yc_real *y, size_t ystep)
{
	for (int n; pixels > 0; pixels -= n) {
		n = pixels < BATCH_PIXELS ? pixels : BATCH_PIXELS;
		if (relu)
			STRIPS(c, q, batch_forward, n, x + q, xstep, scale + q, off + q,
				true, y + q, ystep);
		else
			STRIPS(c, q, batch_forward, n, x + q, xstep, scale + q, off + q,
				false, y + q, ystep);
		x += (size_t)n * xstep;
		y += (size_t)n * ystep;
	}
}

static void batch_backward(const struct yc_batch_arg *arg)
{
	struct yc_batch_arg a = *arg;

	for (int pixels = arg->pixels; pixels > 0; pixels -= a.pixels) {
		a.pixels = pixels < BATCH_PIXELS ? pixels : BATCH_PIXELS;
		if (a.relu && a.add)
			STRIPS(a.c, q, batch_backward, &a, q, true, true);
		else if (a.relu)
			STRIPS(a.c, q, batch_backward, &a, q, true, false);
		else
			STRIPS(a.c, q, batch_backward, &a, q, false, a.add);
		a.x += (size_t)a.pixels * a.xstep;
		a.dy += (size_t)a.pixels * a.dystep;
		a.dx += (size_t)a.pixels * a.dxstep;
	}
}

static void batch_complete(int pixels, int c, const yc_real *x, const yc_real *a,
	const yc_real *b, yc_real *dx, size_t step)
{
	for (int n; pixels > 0; pixels -= n) {
		n = pixels < BATCH_PIXELS ? pixels : BATCH_PIXELS;
		STRIPS(c, q, batch_complete, n, x + q, a + q, b + q, dx + q, step);
		x += (size_t)n * step;
		dx += (size_t)n * step;
	}
}

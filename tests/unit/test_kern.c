/* SPDX-License-Identifier: MIT */
/*
 * Every entry of every kernel table over sizes that fill no register, panel or tile, held
 * to sums written out here, in double, as their definition in yc/kern.h says; every form of
 * convolution likewise, by conv_check.h; the tangent passes of the norm, whose definition is
 * longer than they are, to plain C, and all four passes to differences in test_grad.c.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "lib/kern/internal.h"
#include "tests/unit/conv_check.h"

/* Relative, of the L2 norm. Winograd's points lose a digit. */
static const double tight = sizeof(yc_real) == 8 ? 1e-14 : 1e-6,
		    loose = sizeof(yc_real) == 8 ? 1e-13 : 5e-6;

static void every_table(void (*check)(void))
{
	for (int i = 0; yc_kern_all()[i]; i++) {
		assert_int_equal(yc_kern_use(yc_kern_all()[i]->set->method.name), YC_OK);
		check();
	}
	assert_int_equal(yc_kern_use("auto"), YC_OK);
}

/* ---- products ---- */

/* c = (add ? c : 0) + two products, the first of two segments. */
static void check_mul(int m, int n, int k, bool add)
{
	const struct yc_kern *kern = yc_kern_get();
	size_t ldc = (size_t)n + 3, lda = 2 * (size_t)k + 5, sega = (size_t)k + 2;
	size_t nb = (size_t)n, ab = lda * (size_t)m + sega;
	yc_real *a = noise(ab, 1), *b = noise((size_t)(2 * k) * nb, 2),
		*bt = noise(nb * (size_t)k, 3), *c = noise(ldc * (size_t)m, 4),
		*p = reals(yc_kern_packed(2 * k, n)), *pt = reals(yc_kern_packed(k, n));
	double *want = doubles(ldc * (size_t)m);

	kern->pack(2 * k, n, b, nb, p);
	kern->pack_t(k, n, bt, (size_t)k, pt);
	for (size_t i = 0; i < ldc * (size_t)m; i++)
		want[i] = (double)c[i]; /* columns beyond n stay */
	for (size_t i = 0; i < (size_t)m; i++) {
		for (size_t j = 0; j < (size_t)n; j++) {
			double s = add ? want[i * ldc + j] : 0;

			for (size_t q = 0; q < (size_t)k; q++) {
				s += (double)a[i * lda + q] * (double)b[q * nb + j];
				s += (double)a[i * lda + sega + q] *
				     (double)b[((size_t)k + q) * nb + j];
				s += (double)a[i * lda + q] *
				     (double)bt[j * (size_t)k + q];
			}
			want[i * ldc + j] = s;
		}
	}
	struct yc_gemm_term op[] = {{a, lda, sega, 2, k, p}, {a, lda, 0, 1, k, pt}};

	kern->mul(m, n, c, ldc, add, op, 2, NULL);
	near("mul", c, want, ldc * (size_t)m, tight);
	yc_free(a);
	yc_free(b);
	yc_free(bt);
	yc_free(c);
	yc_free(p);
	yc_free(pt);
	yc_free(want);
}

static void check_mul_tn(int m, int n, int k, bool add)
{
	enum { SEGS = 3 };
	size_t lda = (size_t)m + 1, ldb = (size_t)n + 2, ldc = (size_t)n + 3,
	       sega = lda * (size_t)k + 4, segb = ldb * (size_t)k + 5;
	yc_real *a = noise(SEGS * sega, 1), *b = noise(SEGS * segb, 2),
		*c = noise(ldc * (size_t)m, 3);
	double *want = doubles(ldc * (size_t)m);

	for (size_t i = 0; i < ldc * (size_t)m; i++)
		want[i] = (double)c[i];
	for (size_t i = 0; i < (size_t)m; i++) {
		for (size_t j = 0; j < (size_t)n; j++) {
			double s = add ? want[i * ldc + j] : 0;

			for (size_t g = 0; g < SEGS; g++)
				for (size_t q = 0; q < (size_t)k; q++)
					s += (double)a[g * sega + q * lda + i] *
					     (double)b[g * segb + q * ldb + j];
			want[i * ldc + j] = s;
		}
	}
	yc_kern_get()->mul_tn(
		m, n, k, SEGS, a, lda, sega, b, ldb, segb, c, ldc, add, NULL);
	near("mul_tn", c, want, ldc * (size_t)m, tight);
	yc_free(a);
	yc_free(b);
	yc_free(c);
	yc_free(want);
}

static void check_products(void)
{
	static const int size[] = {1, 2, 3, 7, 15, 16, 17, 31, 33, 64, 65, 130};

	for (size_t i = 0; i < YC_COUNT(size); i++) {
		for (size_t j = 0; j < YC_COUNT(size); j++) {
			int k = size[(5 * i + 7 * j + 2) % YC_COUNT(size)];

			check_mul(size[i], size[j], k, (i + j) % 2);
			check_mul_tn(size[i], size[j], k, (i + j) % 2);
		}
	}
}

static void products(void **state)
{
	(void)state;
	every_table(check_products);
}

/* Arrays that end where the next page must not be touched: what is read or written behind
 * them is the end of the test. */
enum { EDGES = 4, EDGE_BYTES = 1 << 18 };
static char *edge_end[EDGES];

static yc_real *at_edge(int which, size_t n, uint64_t seed)
{
	struct yc_rng r = yc_rng_new(seed, "edge");
	yc_real *p;

	assert_true(n * sizeof *p <= EDGE_BYTES);
	if (!edge_end[which]) {
		char *at = mmap(NULL, 2 * EDGE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		assert_true(at != MAP_FAILED);
		edge_end[which] = at + EDGE_BYTES;
		assert_int_equal(mprotect(edge_end[which], EDGE_BYTES, PROT_NONE), 0);
	}
	p = (yc_real *)(void *)edge_end[which] - n;
	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)yc_rng_uniform(&r); /* so that no sum cancels */
	return p;
}

/* The elements of a matrix of rows ld apart, up to its last one. */
static size_t extent(int rows, size_t ld, int columns)
{
	return (size_t)(rows - 1) * ld + (size_t)columns;
}

enum { SEGMENTS = 2, DEEP = 7, MOST_ROWS = 20, MOST_COLUMNS = 80 };

/* Both kinds of products of every shape against the same sums: a is [seg][k][m] for
 * mul_tn, [m][seg][k] for mul; b is [seg][k][n]. */
static void check_shape(int m, int n, bool add)
{
	const struct yc_kern *kern = yc_kern_get();
	const size_t ldc = (size_t)n + 1, ldb = (size_t)n + 2, lda = (size_t)m + 1,
		     depth = SEGMENTS * DEEP, last = extent(m, ldc, n);
	static double want[MOST_ROWS * (MOST_COLUMNS + 1)];
	yc_real *a = at_edge(0, extent(SEGMENTS * DEEP, lda, m), 1),
		*b = at_edge(1, extent(SEGMENTS * DEEP, ldb, n), 2),
		*packed = reals(yc_kern_packed(SEGMENTS * DEEP, n));

	for (int pass = 0; pass < 2; pass++) {
		yc_real *c = at_edge(2, last, 3);

		for (size_t i = 0; i < last; i++)
			want[i] = (double)c[i];
		for (size_t i = 0; i < (size_t)m; i++) {
			for (size_t j = 0; j < (size_t)n; j++) {
				double s = add ? want[i * ldc + j] : 0;

				for (size_t q = 0; q < depth; q++)
					s += (double)a[q * lda + i] *
					     (double)b[q * ldb + j];
				want[i * ldc + j] = s;
			}
		}
		if (pass == 0) {
			kern->mul_tn(m, n, DEEP, SEGMENTS, a, lda, DEEP * lda, b, ldb,
				DEEP * ldb, c, ldc, add, NULL);
		} else {
			yc_real *at = at_edge(3, (size_t)m * depth, 0);
			struct yc_gemm_term op = {
				at, depth, DEEP, SEGMENTS, DEEP, packed};

			for (size_t i = 0; i < (size_t)m; i++)
				for (size_t q = 0; q < depth; q++)
					at[i * depth + q] = a[q * lda + i];
			kern->pack(SEGMENTS * DEEP, n, b, ldb, packed);
			kern->mul(m, n, c, ldc, add, &op, 1, NULL);
		}
		near(pass ? "mul" : "mul_tn", c, want, last, tight);
	}
	yc_free(packed);
}

/* Rows with rows, k long. */
static void check_mul_nt(int m, int n, int k, bool add)
{
	const size_t lda = (size_t)k + 1, ldb = (size_t)k + 2, ldc = (size_t)n + 1,
		     last = extent(m, ldc, n);
	const yc_real *a = at_edge(0, extent(m, lda, k), 1),
		      *b = at_edge(1, extent(n, ldb, k), 2);
	yc_real *c = at_edge(2, last, 3);
	double want[MOST_ROWS * (MOST_ROWS + 1)];

	for (size_t i = 0; i < last; i++)
		want[i] = (double)c[i];
	for (size_t i = 0; i < (size_t)m; i++)
		for (size_t j = 0; j < (size_t)n; j++) {
			double s = add ? want[i * ldc + j] : 0;

			for (size_t p = 0; p < (size_t)k; p++)
				s += (double)a[i * lda + p] * (double)b[j * ldb + p];
			want[i * ldc + j] = s;
		}
	yc_kern_get()->mul_nt(m, n, k, a, lda, b, ldb, c, ldc, add);
	near("mul_nt", c, want, last, tight);
}

static void check_shapes(void)
{
	for (int k = 1; k <= MOST_COLUMNS; k++)
		for (int at = 0; at < MOST_ROWS * MOST_ROWS; at += k % 3 + 1)
			check_mul_nt(1 + at % MOST_ROWS, 1 + at / MOST_ROWS, k, k % 2);
	for (int n = 1; n <= MOST_COLUMNS; n++)
		for (int m = 1; m <= MOST_ROWS; m++) {
			check_shape(m, n, false);
			check_shape(m, n, true);
		}
}

static void shapes(void **state)
{
	(void)state;
	every_table(check_shapes);
}

/* Panels hold the matrix, transposed or not, and zeros behind its last column. */
static void check_packing(void)
{
	const struct yc_kern *kern = yc_kern_get();
	const int nr = kern->nr;

	for (int n = 1; n <= MOST_COLUMNS; n++) {
		for (int k = 1; k <= MOST_ROWS; k++) {
			const size_t ldb = (size_t)n + 1, ldt = (size_t)k + 2,
				     size = yc_kern_packed(k, n);
			const yc_real *b = at_edge(0, extent(k, ldb, n), 1),
				      *bt = at_edge(1, extent(n, ldt, k), 2);
			yc_real *p = at_edge(2, size, 3), *pt = at_edge(3, size, 4);

			kern->pack(k, n, b, ldb, p);
			kern->pack_t(k, n, bt, ldt, pt);
			for (size_t i = 0; i < size; i++) {
				size_t panel = (size_t)(k * nr),
				       row = i % panel / (size_t)nr,
				       column = i / panel * (size_t)nr + i % (size_t)nr;
				bool in = column < (size_t)n;

				assert_true(p[i] == (in ? b[row * ldb + column] : 0));
				assert_true(pt[i] == (in ? bt[column * ldt + row] : 0));
			}
		}
	}
}

static void packing(void **state)
{
	(void)state;
	every_table(check_packing);
}

/* ---- convolutions ---- */

/* Each form once, at the tolerance of the most accurate precision that uses it. */
static void check_forms(void)
{
	const struct {
		enum yc_precision p;
		double tolerance;
	} table[] = {
		{YC_EXACT, tight}, {YC_FP32, loose}, {YC_FAST, 1e-4}, {YC_FASTEST, 2e-2}};
	const struct yc_conv_form *seen[YC_COUNT_PRECISION * YC_FORMS_MAX];
	int n = 0;

	for (size_t i = 0; i < YC_COUNT(table); i++) {
		const struct yc_conv_form *const *form = yc_kern_get()->conv[table[i].p];

		for (; *form; form++) {
			int k = 0;

			while (k < n && seen[k] != *form)
				k++;
			if (k < n)
				continue;
			seen[n++] = *form;
			check_form(*form, table[i].tolerance);
		}
	}
	/* The last of a list is a refuge for any shape. */
	for (int p = 0; p < YC_COUNT_PRECISION; p++)
		assert_non_null(yc_conv_choose((enum yc_precision)p,
			&(struct yc_conv){1, 1, 1, 1, 9, 0, 0, 0, 0, p % 2}));
}

static void convolutions(void **state)
{
	(void)state;
	every_table(check_forms);
}

/* ---- norm ---- */

enum { NORM_OUT = 6 }; /* y, ty, dz, tdz, gradients of the passes */

struct norm_case {
	int h, w, c, pool;
	bool relu;
	size_t map, out;
	yc_real *z, *tz, *dy, *tdy, *g; /* g: gamma, beta, tgamma, tbeta */
};

static void norm_passes(const struct norm_case *t, yc_real *const out[NORM_OUT])
{
	const size_t c = (size_t)t->c;
	yc_real *save = reals(4 * c), *tsave = reals(2 * c);
	struct yc_norm_arg a = {.h = t->h,
		.w = t->w,
		.c = t->c,
		.pool = t->pool,
		.relu = t->relu,
		.gamma = t->g,
		.beta = t->g + c,
		.tgamma = t->g + 2 * c,
		.tbeta = t->g + 3 * c,
		.z = t->z,
		.tz = t->tz,
		.save = save,
		.tsave = tsave,
		.y = out[0],
		.ty = out[1],
		.yrow = (size_t)(t->w / t->pool) * c,
		.dy = t->dy,
		.tdy = t->tdy,
		.dz = out[2],
		.tdz = out[3],
		.dgamma = out[4],
		.dbeta = out[4] + c};

	yc_kern_get()->norm_forward(&a);
	yc_kern_get()->norm_backward(&a);
	a.dgamma = out[5];
	a.dbeta = out[5] + c;
	yc_kern_get()->norm_tangent(&a);
	yc_kern_get()->norm_tangent_backward(&a);
	yc_free(save);
	yc_free(tsave);
}

/* What forward and backward should give, channel by channel. */
static void norm_reference(const struct norm_case *t, double *y, double *dz, double *grad)
{
	const size_t c = (size_t)t->c, p = (size_t)t->pool, w = (size_t)t->w,
		     n = (size_t)t->h * w;

	for (size_t q = 0; q < c; q++) {
		double gamma = (double)t->g[q], beta = (double)t->g[c + q], mean = 0,
		       var = 0, sd, s1 = 0, s2 = 0;

		for (size_t i = 0; i < n; i++)
			mean += (double)t->z[i * c + q] / (double)n;
		for (size_t i = 0; i < n; i++)
			var += ((double)t->z[i * c + q] - mean) *
			       ((double)t->z[i * c + q] - mean) / (double)n;
		sd = sqrt(var + 1e-5);
		for (int sweep = 0; sweep < 2; sweep++) {
			for (size_t i = 0; i < n; i++) {
				double x = ((double)t->z[i * c + q] - mean) / sd;
				double v = gamma * x + beta;
				bool whole =
					i / w / p < (size_t)t->h / p && i % w / p < w / p;
				bool on = whole && (v > 0 || !t->relu);
				size_t o = (i / w / p * (w / p) + i % w / p) * c + q;
				double d = on ? (double)t->dy[o] / (double)(p * p) : 0;

				if (sweep) {
					dz[i * c + q] =
						gamma / sd *
						(d - s1 / (double)n - x * s2 / (double)n);
					continue;
				}
				if (on)
					y[o] += v / (double)(p * p);
				s1 += d;
				s2 += x * d;
			}
		}
		grad[q] += s2;
		grad[c + q] += s1;
	}
}

static void check_norm(int h, int w, int c, int pool, bool relu)
{
	const char *const name = yc_kern_get()->set->method.name;
	size_t sc = (size_t)c, map = (size_t)(h * w) * sc,
	       out = (size_t)(h / pool * (w / pool)) * sc;
	struct norm_case t = {h, w, c, pool, relu, map, out, noise(map, 1), noise(map, 2),
		noise(out, 3), noise(out, 4), noise(4 * sc, 5)};
	const size_t size[NORM_OUT] = {out, out, map, map, 2 * sc, 2 * sc};
	static const char *const what[NORM_OUT] = {"norm_forward", "norm_tangent",
		"norm_backward", "norm_tangent_backward", "norm_backward, weights",
		"norm_tangent_backward, weights"};
	yc_real *got[NORM_OUT], *plain[NORM_OUT];
	double *want[NORM_OUT];

	for (int i = 0; i < NORM_OUT; i++) {
		got[i] = reals(size[i]);
		plain[i] = reals(size[i]);
		want[i] = doubles(size[i]);
	}
	norm_passes(&t, got);
	assert_int_equal(yc_kern_use("plain"), YC_OK);
	norm_passes(&t, plain);
	assert_int_equal(yc_kern_use(name), YC_OK);
	for (int i = 0; i < NORM_OUT; i++)
		for (size_t k = 0; k < size[i]; k++)
			want[i][k] = (double)plain[i][k];
	for (size_t k = 0; k < out; k++)
		want[0][k] = 0;
	for (size_t k = 0; k < 2 * sc; k++)
		want[4][k] = 0;
	norm_reference(&t, want[0], want[2], want[4]);
	for (int i = 0; i < NORM_OUT; i++) {
		near(what[i], got[i], want[i], size[i], loose);
		yc_free(got[i]);
		yc_free(plain[i]);
		yc_free(want[i]);
	}
	yc_free(t.z);
	yc_free(t.tz);
	yc_free(t.dy);
	yc_free(t.tdy);
	yc_free(t.g);
}

static void check_norms(void)
{
	static const int channels[] = {1, 3, 8, 17, 33, 64, 130};

	for (size_t i = 0; i < YC_COUNT(channels); i++) {
		check_norm(4, 6, channels[i], 2, true);
		check_norm(5, 3, channels[i], 1, true);
		check_norm(6, 9, channels[i], 3, false);
		check_norm(7, 5, channels[i], 2, true);
		check_norm(4, 8, channels[i], 3, false);
	}
}

static void norms(void **state)
{
	(void)state;
	every_table(check_norms);
}

/* ---- vectors ---- */

/* ---- batch norm ---- */

static void near_sums(const char *what, const double *got, const double *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(fabs(got[i] - want[i]) <= 10 * tight * (1 + fabs(want[i]))))
			fail_msg("%s %s: %.15g instead of %.15g",
				yc_kern_get()->set->method.name, what, got[i], want[i]);
}

/* Pixels [c] of maps whose pixels are more apart, what lies between which stays. Every map
 * has another distance, but the two of batch_complete. */
static void check_batch(int pixels, int c, bool relu, bool add)
{
	const struct yc_kern *kern = yc_kern_get();
	size_t cs = (size_t)c, xs = cs + 5, ys = cs + 2, ds = cs + 1, gs = cs + 3,
	       n = (size_t)pixels, nx = n * xs;
	yc_real *x = noise(nx, 1), *dy = noise(n * ds, 2), *y = noise(n * ys, 3),
		*dx = noise(n * gs, 4), *scale = noise(cs, 5), *off = noise(cs, 6),
		*mean = noise(cs, 7), *whole = noise(nx, 8);
	double *want_y = doubles(n * ys), *want_dx = doubles(n * gs),
	       *want_whole = doubles(nx), *sum = doubles(2 * cs), *want = doubles(2 * cs);
	const struct yc_batch_arg a = {.pixels = pixels,
		.c = c,
		.relu = relu,
		.add = add,
		.scale = scale,
		.off = off,
		.mean = mean,
		.x = x,
		.dy = dy,
		.dx = dx,
		.xstep = xs,
		.dystep = ds,
		.dxstep = gs,
		.sum = sum};

	for (size_t q = 0; q < 2 * cs; q++)
		sum[q] = want[q] = (double)q;
	for (size_t i = 0; i < n * ys; i++)
		want_y[i] = (double)y[i];
	for (size_t i = 0; i < n * gs; i++)
		want_dx[i] = (double)dx[i];
	for (size_t i = 0; i < nx; i++)
		want_whole[i] = (double)whole[i];
	for (size_t p = 0; p < n; p++) {
		for (size_t q = 0; q < cs; q++) {
			double v = (double)x[p * xs + q];

			want[q] += v;
			want[cs + q] += v * v;
		}
	}
	kern->batch_sums(pixels, c, x, xs, sum);
	near_sums("batch_sums", sum, want, 2 * cs);
	for (size_t p = 0; p < n; p++) {
		for (size_t q = 0; q < cs; q++) {
			double v = (double)x[p * xs + q], k = (double)scale[q];
			double pre = k * v + (double)off[q];
			double g = relu && pre <= 0 ? 0 : (double)dy[p * ds + q];
			double *d = &want_dx[p * gs + q];

			want_y[p * ys + q] = relu && pre <= 0 ? 0 : pre;
			*d = (add ? *d : 0) + k * g;
			want[q] += g;
			want[cs + q] += g * (v - (double)mean[q]);
		}
	}
	kern->batch_forward(pixels, c, x, xs, scale, off, relu, y, ys);
	near("batch_forward", y, want_y, n * ys, tight);
	kern->batch_backward(&a);
	near("batch_backward", dx, want_dx, n * gs, tight);
	near_sums("batch_backward", sum, want, 2 * cs);
	for (size_t p = 0; p < n; p++)
		for (size_t q = 0; q < cs; q++)
			want_whole[p * xs + q] +=
				(double)scale[q] * (double)x[p * xs + q] + (double)off[q];
	kern->batch_complete(pixels, c, x, scale, off, whole, xs);
	near("batch_complete", whole, want_whole, nx, tight);
	/* What is no number is not hidden by the ReLU. */
	x[0] = (yc_real)NAN;
	kern->batch_forward(pixels, c, x, xs, scale, off, relu, y, ys);
	assert_true(isnan(y[0]));
	void *own[] = {x, dy, y, dx, scale, off, mean, whole, want_y, want_dx, want_whole,
		sum, want};

	for (size_t i = 0; i < YC_COUNT(own); i++)
		yc_free(own[i]);
}

/* Less than a block of pixels, and more with one left over, and with several. */
static void check_batches(void)
{
	static const int channels[] = {1, 4, 12, 16, 31, 48, 83},
			 pixels[] = {1, 3, 65, 131};

	for (size_t i = 0; i < YC_COUNT(channels); i++)
		for (size_t k = 0; k < YC_COUNT(pixels); k++)
			for (int how = 0; how < 4; how++)
				check_batch(pixels[k], channels[i], how & 1, how & 2);
}

static void batches(void **state)
{
	(void)state;
	every_table(check_batches);
}

static void check_vectors(void)
{
	const yc_real lr = (yc_real)0.1, momentum = (yc_real)0.9, decay = (yc_real)0.01;

	for (size_t n = 1; n < 100; n += n < 40 ? 1 : 13) {
		yc_real *w = noise(n, 1), *dw = noise(n, 2), *m = noise(n, 3),
			*y = noise(n, 4);
		double *ww = doubles(n), *mm = doubles(n), *yy = doubles(n);
		yc_real after = w[n] = m[n] = y[n] = 7; /* lies behind */

		for (size_t i = 0; i < n; i++) {
			mm[i] = (double)momentum * (double)m[i] + (double)dw[i] +
				(double)decay * (double)w[i];
			ww[i] = (double)w[i] - (double)lr * mm[i];
			yy[i] = (double)y[i] + (double)dw[i];
		}
		yc_kern_get()->sgd(w, dw, m, n, lr, momentum, decay);
		yc_kern_get()->add(y, dw, n);
		near("sgd, weights", w, ww, n, tight);
		near("sgd, momentum", m, mm, n, tight);
		near("add", y, yy, n, tight);
		assert_true(w[n] == after && m[n] == after && y[n] == after);
		yc_free(w);
		yc_free(dw);
		yc_free(m);
		yc_free(y);
		yc_free(ww);
		yc_free(mm);
		yc_free(yy);
	}
}

static void vectors(void **state)
{
	(void)state;
	every_table(check_vectors);
}

/* ---- kernels of infinitely wide networks ---- */

/* A ReLU of pairs whose cosine goes through -1..1, in every octant, and of equal pixels. */
static void check_arcs(void)
{
	enum { PAIRS = 1003 };
	const struct yc_kern *kern = yc_kern_get();
	const double pi = 3.14159265358979323846;
	double *x = doubles(12 * PAIRS), *ab = x, *k = x + PAIRS, *t = k + PAIRS,
	       *k2 = t + PAIRS, *t2 = k2 + PAIRS, *sigma = t2 + PAIRS,
	       *dot = sigma + PAIRS, *gk = dot + PAIRS, *gt = gk + PAIRS,
	       *gv = gt + PAIRS, *old = gv + PAIRS, *told = old + PAIRS;

	for (int i = 0; i < PAIRS; i++) {
		double a = 0.01 + i % 7, b = 0.3 + i % 5;

		ab[i] = a * b;
		old[i] = k[i] = k2[i] = sqrt(a * b) * cos(pi * i / (PAIRS - 1));
		if (i % 97 == 0) {
			ab[i] = a * a;
			old[i] = k[i] = k2[i] = a;
		}
		t[i] = t2[i] = told[i] = sin(i);
		gk[i] = cos(3 * i);
		gt[i] = sin(5 * i);
	}
	kern->arc_forward(PAIRS, ab, k, t);
	kern->arc_record(PAIRS, ab, k2, t2, sigma, dot);
	kern->arc_backward(PAIRS, old, told, sigma, dot, gk, gt, gv);
	for (int i = 0; i < PAIRS; i++) {
		double want = ab[i] - old[i] * old[i], d, s;

		s = want > 0x1p-51 * ab[i] ? sqrt(want) : 0;
		d = atan2(s, -old[i]) / (2 * pi);
		/* sigma of almost equal pixels is rounding: by how much decides the angle */
		if (s > 0 && s < 1e-6)
			continue;
		if (!(fabs(dot[i] - d) <= 1e-14) || !(fabs(sigma[i] - s) <= 1e-9 * s) ||
			!(fabs(k[i] - s / (2 * pi) - d * old[i]) <= 1e-13) ||
			!(fabs(t[i] - d * told[i]) <= 1e-14) || k[i] != k2[i] ||
			t[i] != t2[i])
			fail_msg("%s, pair %d: %.17g and %.17g, want %.17g and %.17g",
				yc_kern_get()->set->method.name, i, sigma[i], dot[i], s,
				d);
		d = s > 0 ? sin(5 * i) * told[i] / (2 * pi * sigma[i]) : 0;
		if (!(fabs(gk[i] - cos(3 * i) * dot[i] - d) <= 1e-13 * (1 + fabs(d))) ||
			!(fabs(gt[i] - sin(5 * i) * dot[i]) <= 1e-15) ||
			!(fabs(gv[i] - cos(3 * i) * sigma[i] / (4 * pi) +
				  d * old[i] / 2) <= 1e-13 * (1 + fabs(d * old[i]))))
			fail_msg("%s, gradient of pair %d",
				yc_kern_get()->set->method.name, i);
	}
	yc_free(x);
}

static void check_windows(int h, int w)
{
	size_t n = (size_t)h * (size_t)w;
	double *x = doubles(4 * n + 1), *plus = x + n, *y = plus + n, *z = y + n;

	for (size_t i = 0; i < 2 * n; i++)
		x[i] = sin((double)i);
	z[n] = 7;
	yc_kern_get()->box3(h, w, x, 0.5, 3, plus, y);
	yc_kern_get()->box3(h, w, x, 0.5, 3, NULL, z);
	assert_true(z[n] == 7);
	for (int i = 0; i < h; i++)
		for (int j = 0; j < w; j++) {
			double sum = 0;

			for (int r = i - 1; r <= i + 1; r++)
				for (int c = j - 1; c <= j + 1; c++)
					if (r >= 0 && r < h && c >= 0 && c < w)
						sum += x[r * w + c];
			assert_true(fabs(z[i * w + j] - 0.5 * sum - 3) < 1e-14);
			assert_true(fabs(y[i * w + j] - z[i * w + j] - plus[i * w + j]) <
				    1e-14);
		}
	yc_kern_get()->hadamard(
		h, w, 2, x, (size_t)w, plus, (size_t)w, false, y, (size_t)w);
	for (size_t i = 0; i < n; i++)
		assert_true(fabs(y[i] - 2 * x[i] * plus[i]) < 1e-15);
	yc_kern_get()->hadamard(
		h, w - 1, 2, x, (size_t)w, plus + 1, (size_t)w, true, y, (size_t)w);
	for (size_t i = 0; i < n; i++)
		assert_true(fabs(y[i] - 2 * x[i] * plus[i] -
				    ((int)i % w < w - 1 ? 2 * x[i] * plus[i + 1] : 0)) <
			    1e-15);
	yc_free(x);
}

static void check_limits(void)
{
	check_arcs();
	check_windows(1, 1);
	check_windows(5, 3);
	check_windows(9, 32);
	check_windows(3, 64);
	check_windows(3, 65);
	check_windows(2, 131);
}

static void limits(void **state)
{
	(void)state;
	every_table(check_limits);
}

/* ---- precisions ---- */

/* A tool's own options come before those of its method, where the precision is. */
static void precision_of_any_group(void **state)
{
	struct options {
		bool flag;
		const char *precision;
	} cfg = {.precision = "exact"};
	static const struct yc_opt other = YC_OPT(struct options, flag, .name = "flag"),
				   row = YC_PRECISION_ROW(struct options, precision);
	const struct yc_opts group[] = {
		{.row = &other, .n = 1, .cfg = &cfg}, {.row = &row, .n = 1, .cfg = &cfg}};

	(void)state;
	assert_int_equal(yc_precision_in(group, 2), YC_EXACT);
	assert_int_equal(yc_precision_in(group + 1, 1), YC_EXACT);
	assert_int_equal(yc_precision_in(group, 1), YC_FP32);
	cfg.precision = "fastest";
	assert_int_equal(yc_precision_in(group, 2), YC_FASTEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(precision_of_any_group),
		cmocka_unit_test(products),
		cmocka_unit_test(shapes),
		cmocka_unit_test(packing),
		cmocka_unit_test(convolutions),
		cmocka_unit_test(norms),
		cmocka_unit_test(batches),
		cmocka_unit_test(vectors),
		cmocka_unit_test(limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

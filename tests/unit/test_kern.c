/* SPDX-License-Identifier: MIT */
/*
 * Every entry of every kernel table over sizes that fill no register, panel or tile, held
 * to sums written out here, in double, as their definition in yc/kern.h says; the tangent
 * passes of the norm, whose definition is longer than they are, to plain C, and all four
 * passes to differences in test_grad.c.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/kern/internal.h"
#include "yc/kern.h"
#include "yc/mem.h"
#include "yc/rng.h"

/* Relative, of the L2 norm. Winograd's points lose a digit. */
static const double tight = sizeof(yc_real) == 8 ? 1e-14 : 1e-6,
		    loose = sizeof(yc_real) == 8 ? 1e-13 : 5e-6;

enum { PLANES = 36 };

static yc_real *reals(size_t n)
{
	yc_real *p = yc_calloc(n + 1, sizeof *p);

	assert_non_null(p);
	return p;
}

static double *doubles(size_t n)
{
	double *p = yc_calloc(n + 1, sizeof *p);

	assert_non_null(p);
	return p;
}

static yc_real *noise(size_t n, uint64_t seed)
{
	struct yc_rng r = yc_rng_new(seed, "noise");
	yc_real *p = reals(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (yc_real)yc_rng_normal(&r);
	return p;
}

static void near(const char *what, const yc_real *got, const double *want, size_t n,
	double tolerance)
{
	double d = 0, s = 0;

	for (size_t i = 0; i < n; i++) {
		d += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
		s += want[i] * want[i];
	}
	if (!(sqrt(d) <= tolerance * sqrt(s)))
		fail_msg("%s %s: off by %g", yc_kern_get()->method.name, what,
			sqrt(d / s));
}

static double dot(const yc_real *a, const yc_real *b, size_t n)
{
	double s = 0;

	for (size_t i = 0; i < n; i++)
		s += (double)a[i] * (double)b[i];
	return s;
}

/* Two ways to the same number, of terms as large as `size`. */
static void equal(const char *what, double a, double b, double size)
{
	if (!(fabs(a - b) <= loose * size))
		fail_msg("%s %s: %.9g and %.9g", yc_kern_get()->method.name, what, a, b);
}

static void every_table(void (*check)(void))
{
	for (int i = 0; yc_kern_all()[i]; i++) {
		assert_int_equal(yc_kern_use(yc_kern_all()[i]->method.name), YC_OK);
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

/* ---- Winograd ---- */

/* Forward as a convolution, adjoints by <A x, y> = <x, A' y>. */
static void check_wino(int h, int w, int ci, int co)
{
	const struct yc_kern *kern = yc_kern_get();
	const int th = (h + 3) / 4, tw = (w + 3) / 4;
	const size_t sci = (size_t)ci, sco = (size_t)co, sh = (size_t)h, sw = (size_t)w,
		     tiles = (size_t)(th * tw), pw = 4 * (size_t)tw + 2,
		     ph = 4 * (size_t)th + 2, pv = tiles * sci + 3, pm = tiles * sco + 1,
		     packed = yc_kern_packed(ci, co), nx = sh * sw * sci,
		     ny = sh * sw * sco, nw = 9 * sci * sco;
	yc_real *in = noise(nx, 1), *x = reals(ph * pw * sci), *f = noise(nw, 2),
		*u = reals(PLANES * packed), *v = reals(PLANES * pv),
		*m = reals(PLANES * pm), *y = reals(ny), *dy = noise(ny, 3),
		*dm = reals(PLANES * pm), *dv = noise(PLANES * pv, 4), *dx = reals(nx),
		*du = noise(PLANES * sci * sco, 5), *dw = reals(nw);
	double *want = doubles(ny), s;

	for (size_t i = 0; i < sh; i++)
		memcpy(x + ((i + 1) * pw + 1) * sci, in + i * sw * sci,
			sw * sci * sizeof *x);
	/* in two parts, as threads share it out */
	kern->wino_weight(f, ci, co, 0, ci / 2, u);
	kern->wino_weight(f, ci, co, ci / 2, ci, u);
	kern->wino_input(x, pw * sci, ci, th, tw, v, pv);
	for (size_t q = 0; q < PLANES; q++) {
		struct yc_gemm_term op = {v + q * pv, sci, 0, 1, ci, u + q * packed};

		kern->mul((int)tiles, co, m + q * pm, sco, false, &op, 1, NULL);
	}
	kern->wino_output(m, pm, h, w, co, th, tw, y, sw * sco);
	for (size_t i = 0; i < sh; i++)
		for (size_t j = 0; j < sw; j++)
			for (size_t t = 0; t < 9 * sci; t++) {
				size_t r = i + t / sci / 3, c = j + t / sci % 3;
				double a = (double)x[(r * pw + c) * sci + t % sci];

				for (size_t o = 0; o < sco; o++)
					want[(i * sw + j) * sco + o] +=
						a * (double)f[t * sco + o];
			}
	near("convolution", y, want, ny, loose);

	kern->wino_output_adjoint(dy, h, w, co, th, tw, dm, pm);
	s = 0;
	for (size_t q = 0; q < PLANES; q++)
		s += dot(m + q * pm, dm + q * pm, tiles * sco);
	equal("wino_output_adjoint", s, dot(y, dy, ny),
		sqrt(dot(y, y, ny) * dot(dy, dy, ny)));

	kern->wino_input_adjoint(dv, pv, h, w, ci, th, tw, dx);
	s = 0;
	for (size_t q = 0; q < PLANES; q++)
		s += dot(v + q * pv, dv + q * pv, tiles * sci);
	equal("wino_input_adjoint", s, dot(in, dx, nx),
		sqrt(dot(in, in, nx) * dot(dx, dx, nx)));

	/* u is in panels of nr columns, [ceil(co/nr)][ci][nr] */
	kern->wino_weight_adjoint(du, ci, co, dw);
	s = 0;
	for (size_t q = 0; q < PLANES; q++)
		for (size_t i = 0; i < sci; i++)
			for (size_t o = 0; o < sco; o++) {
				size_t nr = (size_t)kern->nr;

				s += (double)u[q * packed + (o / nr * sci + i) * nr +
					       o % nr] *
				     (double)du[(q * sci + i) * sco + o];
			}
	equal("wino_weight_adjoint", s, dot(f, dw, nw),
		sqrt(dot(f, f, nw) * dot(dw, dw, nw)));

	yc_real *all[] = {in, x, f, u, v, m, y, dy, dm, dv, dx, du, dw};

	for (size_t i = 0; i < YC_COUNT(all); i++)
		yc_free(all[i]);
	yc_free(want);
}

static void check_transforms(void)
{
	static const int map[] = {1, 3, 4, 6, 9}, channels[] = {1, 5, 16, 33, 65};

	for (size_t i = 0; i < YC_COUNT(map); i++)
		for (size_t j = 0; j < YC_COUNT(channels); j++)
			check_wino(map[i], map[(i + j) % YC_COUNT(map)], channels[j],
				channels[(2 * j + i) % YC_COUNT(channels)]);
}

static void transforms(void **state)
{
	(void)state;
	every_table(check_transforms);
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
	const char *const name = yc_kern_get()->method.name;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products),
		cmocka_unit_test(transforms),
		cmocka_unit_test(norms),
		cmocka_unit_test(vectors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

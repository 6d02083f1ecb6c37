/* SPDX-License-Identifier: MIT */
/*
 * Whole networks: counters, initial weights, exchange with PyTorch's
 * layout, Winograd against direct convolution, every kernel set against plain C, and that
 * threads change no byte.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/kern/internal.h"
#include "tests/unit/numbers.h"
#include "yc/kern.h"
#include "yc/net.h"

static struct yc_net *make(
	int width, int depth, int side, int classes, enum yc_precision p)
{
	struct yc_net_cfg cfg = {.name = "convnet",
		.width = width,
		.depth = depth,
		.channels = 3,
		.side = side,
		.classes = classes,
		.precision = p};
	struct yc_net *net;

	assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
	return net;
}

static double distance(const yc_real *a, const yc_real *b, size_t n)
{
	double d = 0, s = 0;

	for (size_t i = 0; i < n; i++) {
		d += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
		s += (double)b[i] * (double)b[i];
	}
	return sqrt(d / (s + 1e-300));
}

static void test_counters(void **state)
{
	static const char *const names[] = {"layers.conv.0.weight", "layers.conv.0.bias",
		"layers.conv.1.weight", "layers.conv.1.bias", "layers.conv.2.weight",
		"layers.conv.2.bias", "layers.norm.0.weight", "layers.norm.0.bias",
		"layers.norm.1.weight", "layers.norm.1.bias", "layers.norm.2.weight",
		"layers.norm.2.bias", "classifier.weight", "classifier.bias"};
	struct yc_net *ten = make(0, 0, 32, 10, 0), *hundred = make(0, 0, 32, 100, 0);

	(void)state;
	assert_int_equal(yc_net_size(ten), 320010);
	assert_int_equal(yc_net_size(hundred), 504420);
	assert_int_equal(yc_net_embedding(ten), 2048);
	assert_int_equal(yc_net_nparams(ten), YC_COUNT(names));
	for (size_t i = 0; i < YC_COUNT(names); i++)
		assert_string_equal(yc_net_param(ten, (int)i)->name, names[i]);
	yc_net_free(ten);
	yc_net_free(hundred);
}

static void test_refused(void **state)
{
	struct yc_net_cfg small = {.name = "convnet",
				  .width = 8,
				  .depth = 3,
				  .channels = 3,
				  .side = 7,
				  .classes = 10},
			  unknown = {.name = "resnet99",
				  .width = 8,
				  .depth = 3,
				  .channels = 3,
				  .side = 32,
				  .classes = 10},
			  thin = {.name = "densenet",
				  .width = 1,
				  .depth = 1,
				  .channels = 3,
				  .side = 32,
				  .classes = 10};
	struct yc_net *net;

	(void)state;
	assert_int_equal(yc_net_new(&net, &small), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "a map of 1x1 cannot be pooled by 2"));
	assert_int_equal(yc_net_new(&net, &unknown), YC_USAGE);
	assert_non_null(strstr(yc_errmsg(), "resnet99"));
	/* whose layers would add half a channel */
	assert_int_equal(yc_net_new(&net, &thin), YC_USAGE);
	assert_non_null(strstr(yc_errmsg(), "--width 2 or more"));
}

/* Uniform in +-1/sqrt(fan_in): bound, mean and deviation b/sqrt(3) of the table in
 * yc-methods(7), "Initial weights". */
static void test_init(void **state)
{
	static const double bound[] = {0.19245009, 0.02946278, 0.02946278};
	struct yc_net *net = make(0, 0, 32, 10, 0);
	yc_real *w = reals(yc_net_size(net)), *v = reals(yc_net_size(net));

	(void)state;
	yc_net_init(net, w, yc_rng_new(4, "init-net"));
	yc_net_init(net, v, yc_rng_new(4, "init-net"));
	assert_memory_equal(w, v, yc_net_size(net) * sizeof *w);
	for (int i = 0; i < 6; i += 2) {
		const struct yc_param *p = yc_net_param(net, i);
		double top = 0, sum = 0, sq = 0, n = (double)p->count;

		for (size_t k = 0; k < p->count; k++) {
			double x = (double)w[p->at + k];

			top = fabs(x) > top ? fabs(x) : top;
			sum += x;
			sq += x * x;
		}
		assert_true(top <= bound[i / 2] * 1.0000001 && top > 0.99 * bound[i / 2]);
		assert_true(fabs(sum / n) < 4 * bound[i / 2] / sqrt(3 * n));
		assert_true(fabs(sqrt(sq / n) * sqrt(3) / bound[i / 2] - 1) < 0.05);
	}
	for (size_t k = 0; k < 128; k++) {
		assert_true(w[yc_net_param(net, 6)->at + k] == 1);
		assert_true(w[yc_net_param(net, 7)->at + k] == 0);
	}
	yc_free(w);
	yc_free(v);
	yc_net_free(net);
}

/* What PyTorch would compute from the stored tensors, by plain loops in its own layout.
 */
static void test_exchange(void **state)
{
	enum { S = 8, WIDE = 5, K = 3 };
	struct yc_net *net = make(WIDE, 1, S, K, 0);
	yc_real *w = noise(yc_net_size(net), 5), *v = reals(yc_net_size(net)),
		*x = noise(S * S * 3, 6), z[K];
	struct yc_record r = {0};
	struct yc_exec *exec;
	double map[WIDE][S * S], flat[WIDE * S / 2 * S / 2];

	(void)state;
	assert_int_equal(yc_net_store(net, w, &r), YC_OK);
	assert_int_equal(yc_net_fetch(net, v, &r), YC_OK);
	for (size_t i = 0; i < yc_net_size(net); i++)
		assert_true((float)w[i] == (float)v[i]);
	const float *cw = yc_record_find(&r, "layers.conv.0.weight")->data;
	const float *cb = yc_record_find(&r, "layers.conv.0.bias")->data;
	const float *g = yc_record_find(&r, "layers.norm.0.weight")->data;
	const float *b = yc_record_find(&r, "layers.norm.0.bias")->data;
	const float *lw = yc_record_find(&r, "classifier.weight")->data;
	const float *lb = yc_record_find(&r, "classifier.bias")->data;

	for (int o = 0; o < WIDE; o++) {
		double mean = 0, var = 0;

		for (int i = 0; i < S; i++) {
			for (int j = 0; j < S; j++) {
				double s = (double)cb[o];

				for (int t = 0; t < 27; t++) {
					int c = t / 9, y = i + t / 3 % 3 - 1,
					    q = j + t % 3 - 1;

					if (y >= 0 && y < S && q >= 0 && q < S)
						s += (double)cw[o * 27 + t] *
						     (double)x[(y * S + q) * 3 + c];
				}
				map[o][i * S + j] = s;
				mean += s / (S * S);
			}
		}
		for (int i = 0; i < S * S; i++)
			var += (map[o][i] - mean) * (map[o][i] - mean) / (S * S);
		for (int i = 0; i < S * S; i++) {
			double y = (double)g[o] * (map[o][i] - mean) / sqrt(var + 1e-5) +
				   (double)b[o];

			map[o][i] = y > 0 ? y : 0;
		}
		for (int i = 0; i < S / 2; i++)
			for (int j = 0; j < S / 2; j++)
				flat[(o * S / 2 + i) * S / 2 + j] =
					(map[o][2 * i * S + 2 * j] +
						map[o][2 * i * S + 2 * j + 1] +
						map[o][(2 * i + 1) * S + 2 * j] +
						map[o][(2 * i + 1) * S + 2 * j + 1]) /
					4;
	}
	assert_int_equal(yc_exec_new(&exec, net, 1, 1, YC_EXEC_FORWARD), YC_OK);
	yc_net_forward(exec, v, x, 1, z, NULL);
	for (int k = 0; k < K; k++) {
		double s = (double)lb[k];

		for (int i = 0; i < WIDE * S / 2 * S / 2; i++)
			s += (double)lw[k * WIDE * S / 2 * S / 2 + i] * flat[i];
		if (!(fabs(s - (double)z[k]) <= 1e-5 * (1 + fabs(s))))
			fail_msg("logit %d: %g and %g", k, (double)z[k], s);
	}
	yc_record_release(&r);
	yc_exec_free(exec);
	yc_free(w);
	yc_free(v);
	yc_free(x);
	yc_net_free(net);
}

/* Gradient and second-order gradient of one image set under a kernel set. */
static void compute(const char *kernels, int width, enum yc_precision p, int n,
	yc_real *dw, yc_real *dx)
{
	assert_int_equal(yc_kern_use(kernels), YC_OK);
	struct yc_net *net = make(width, 3, 24, 10, p);
	struct yc_exec *exec;
	yc_real *w = reals(yc_net_size(net)), *x = noise((size_t)n * 24 * 24 * 3, 8),
		*v = noise(yc_net_size(net), 9);
	int32_t label[4] = {1, 5, 9, 1};
	struct yc_target t = {.label = label, .rho = 1};

	assert_true(n <= 4);
	assert_int_equal(yc_exec_new(&exec, net, n, 1, YC_EXEC_TANGENT), YC_OK);
	yc_net_init(net, w, yc_rng_new(0, "init-net"));
	yc_net_gradient(exec, w, x, n, &t, dw, NULL);
	yc_net_tangent(exec, w, v, NULL, NULL, dx);
	yc_exec_free(exec);
	yc_net_free(net);
	yc_free(w);
	yc_free(x);
	yc_free(v);
}

/* Rounding differs between kernels and may flip a ReLU, which moves a gradient by 1e-4
 * and more, in float; one image of this seed has no flip. Maps of 24, 12
 * and 6 pixels: full and cut tiles. */
static void test_kernels(void **state)
{
	struct yc_net *net = make(40, 3, 24, 10, 0);
	size_t nw = yc_net_size(net), nx = 24 * 24 * 3;
	yc_real *dw = reals(nw), *dx = reals(nx), *dw0 = reals(nw), *dx0 = reals(nx);
	double tol = sizeof(yc_real) == 8 ? 1e-11 : 2e-5;

	(void)state;
	compute("plain", 40, YC_EXACT, 1, dw0, dx0);
	for (int i = 0; yc_kern_all()[i]; i++) {
		for (enum yc_precision p = YC_FP32; p <= YC_EXACT; p++) {
			compute(yc_kern_all()[i]->set->method.name, 40, p, 1, dw, dx);
			double a = distance(dw, dw0, nw), b = distance(dx, dx0, nx);

			if (!(a < tol && b < tol))
				fail_msg("%s %s: off by %g and %g",
					yc_kern_all()[i]->set->method.name,
					yc_precisions[p]->name, a, b);
		}
	}
	assert_int_equal(yc_kern_use("auto"), YC_OK);
	yc_free(dw);
	yc_free(dx);
	yc_free(dw0);
	yc_free(dx0);
	yc_net_free(net);
}

/* Numbers of 8 bits flip some ReLUs in any case, but a gradient keeps its direction; of those
 * of numbers in two parts, most of its digits. */
static void test_precisions(void **state)
{
	static const double tolerance[] = {[YC_FAST] = 2e-2, [YC_FASTEST] = 0.3};
	struct yc_net *net = make(64, 3, 24, 10, YC_FP32);
	size_t nw = yc_net_size(net), nx = 24 * 24 * 3;
	yc_real *dw = reals(nw), *dx = reals(nx), *dw0 = reals(nw), *dx0 = reals(nx);

	(void)state;
	compute("auto", 64, YC_FP32, 1, dw0, dx0);
	for (enum yc_precision p = YC_FAST; p <= YC_FASTEST; p++) {
		compute("auto", 64, p, 1, dw, dx);
		double a = distance(dw, dw0, nw), b = distance(dx, dx0, nx);

		if (!(a < tolerance[p] && b < tolerance[p]))
			fail_msg("%s: off by %g and %g", yc_precisions[p]->name, a, b);
		/* What is faster is something else. */
		assert_int_equal(a == 0, yc_precision_used(p) == YC_FP32);
	}
	yc_free(dw);
	yc_free(dx);
	yc_free(dw0);
	yc_free(dx0);
	yc_net_free(net);
}

/* Shards and micro-batches follow from the batch alone: 1, 2 and 5 threads, batches around every
 * boundary. */
static void check_threads(int width, enum yc_precision p)
{
	static const int sizes[] = {1, 2, 3, 15, 16, 17, 41, 63, 64, 65, 90};
	struct yc_net *net = make(width, 2, 8, 4, p);
	size_t nw = yc_net_size(net), nx = 90 * 8 * 8 * 3;
	yc_real *w = reals(nw), *v = noise(nw, 1), *x = noise(nx, 2), *out[3], *dx[3];
	static const int threads[] = {1, 2, 5};
	int32_t label[90];

	yc_net_init(net, w, yc_rng_new(0, "init-net"));
	for (int i = 0; i < 90; i++)
		label[i] = i % 4;
	struct yc_target t = {.label = label, .rho = 1};

	for (int j = 0; j < 3; j++) {
		out[j] = reals(nw);
		dx[j] = reals(nx);
	}
	for (size_t s = 0; s < YC_COUNT(sizes); s++) {
		for (int j = 0; j < 3; j++) {
			struct yc_exec *exec;

			assert_int_equal(
				yc_exec_new(&exec, net, 90, threads[j], YC_EXEC_TANGENT),
				YC_OK);
			yc_net_gradient(exec, w, x, sizes[s], &t, out[j], NULL);
			yc_net_tangent(exec, w, v, NULL, NULL, dx[j]);
			yc_exec_free(exec);
		}
		for (int j = 1; j < 3; j++) {
			assert_memory_equal(out[0], out[j], nw * sizeof *w);
			assert_memory_equal(
				dx[0], dx[j], (size_t)sizes[s] * 8 * 8 * 3 * sizeof *w);
		}
	}
	for (int j = 0; j < 3; j++) {
		yc_free(out[j]);
		yc_free(dx[j]);
	}
	yc_free(w);
	yc_free(v);
	yc_free(x);
	yc_net_free(net);
}

static void test_threads(void **state)
{
	(void)state;
	check_threads(16, YC_FP32);
	check_threads(32, YC_FAST);
	check_threads(32, YC_FASTEST);
}

/* The gradient of a batch is the mean over its images, however it was cut: 90 images, 8
 * shards of two micro-batches, against three batches of 30. */
static void test_parts(void **state)
{
	struct yc_net *net = make(16, 2, 8, 4, 0);
	size_t nw = yc_net_size(net), image = 8 * 8 * 3;
	yc_real *w = reals(nw), *x = noise(90 * image, 2), *whole = reals(nw),
		*part = reals(nw), *sum = reals(nw);
	struct yc_exec *exec;
	int32_t label[90];

	(void)state;
	yc_net_init(net, w, yc_rng_new(0, "init-net"));
	for (int i = 0; i < 90; i++)
		label[i] = i % 4;
	assert_int_equal(yc_exec_new(&exec, net, 90, 2, YC_EXEC_GRADIENT), YC_OK);
	for (int round = 0; round < 2; round++) { /* the second finds used buffers */
		struct yc_target t = {.label = label, .rho = 1};

		yc_net_gradient(exec, w, x, 90, &t, whole, NULL);
		memset(sum, 0, nw * sizeof *sum);
		for (int p = 0; p < 3; p++) {
			t.label = label + 30 * p;
			yc_net_gradient(exec, w, x + (size_t)(30 * p) * image, 30, &t,
				part, NULL);
			for (size_t i = 0; i < nw; i++)
				sum[i] += part[i] / 3;
		}
		assert_true(
			distance(whole, sum, nw) < (sizeof(yc_real) == 8 ? 1e-13 : 1e-5));
	}
	yc_exec_free(exec);
	yc_free(w);
	yc_free(x);
	yc_free(whole);
	yc_free(part);
	yc_free(sum);
	yc_net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_precisions),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_parts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

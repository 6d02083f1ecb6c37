/* SPDX-License-Identifier: MIT */
/*
 * The networks of spec 2.3 and 2.5 against PyTorch in double: number of parameters, then
 * one training step from weights and images given by a formula. tests/nets.py states the
 * formula and wrote the values.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "yc/mem.h"
#include "yc/net.h"

enum { CLASSES = 5, BATCH_MAX = 8 };

/* Norm and first element of the gradient of a tensor. */
struct tensor_value {
	const char *name;
	double norm, first;
};
struct net_value {
	const char *name;
	int width, side, n;
	double loss, logit[CLASSES]; /* before the step; of image 0 after it */
	const struct tensor_value *tensor;
	size_t tensors;
};
/* Parameters for 10 and for 100 classes. */
struct count_value {
	const char *name;
	int side;
	size_t ten, hundred;
};

#include "tests/unit/net_values.h"

static const struct net_value *const values[] = {&ap_large, &ap_mid, &ap_small};

static yc_real *reals(size_t n)
{
	yc_real *p = yc_alloc(n, sizeof *p);

	assert_non_null(p);
	return p;
}

static struct yc_net *make(const char *name, int width, int side, int classes)
{
	struct yc_net_cfg cfg = {.name = name,
		.width = width,
		.channels = 3,
		.side = side,
		.classes = classes};
	struct yc_net *net;

	assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
	return net;
}

static void test_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < YC_COUNT(counts); i++) {
		const struct count_value *c = &counts[i];
		struct yc_net *ten = make(c->name, 0, c->side, 10),
			      *hundred = make(c->name, 0, c->side, 100);

		assert_int_equal(yc_net_size(ten), c->ten);
		assert_int_equal(yc_net_size(hundred), c->hundred);
		yc_net_free(ten);
		yc_net_free(hundred);
	}
}

static double noise(size_t k, unsigned t)
{
	uint32_t h = (uint32_t)k * 2654435761u + t * 2246822519u + 374761393u;

	h = (h ^ h >> 15) * 2246822519u;
	return (double)(h ^ h >> 13) / 2147483648.0 - 1;
}

static void fill(const struct yc_net *net, yc_real *w)
{
	for (int t = 0; t < yc_net_nparams(net); t++) {
		const struct yc_param *p = yc_net_param(net, t);

		for (size_t k = 0; k < p->count; k++) {
			double q = noise(k, (unsigned)t);

			w[yc_net_index(net, t, k)] =
				(yc_real)(p->role == YC_CONV_WEIGHT
						  ? 2 * q / sqrt(p->fan_in)
					  : p->role == YC_DENSE_WEIGHT
						  ? q / sqrt(p->fan_in)
					  : p->role == YC_NORM_GAMMA ? 1 + 0.1 * q
								     : 0.1 * q);
		}
	}
}

static void close_to(
	const char *net, const char *what, double got, double want, double scale)
{
	double tol = sizeof(yc_real) == sizeof(double) ? 1e-9 : 2e-4;

	if (!(fabs(got - want) <= tol * (fabs(want) + scale)))
		fail_msg("%s, %s: %.12g instead of %.12g", net, what, got, want);
}

static int find(const struct yc_net *net, const char *name)
{
	for (int t = 0; t < yc_net_nparams(net); t++) {
		if (strcmp(yc_net_param(net, t)->name, name) == 0)
			return t;
	}
	fail_msg("no tensor %s", name);
	return 0;
}

static void check(const struct net_value *v)
{
	struct yc_net *net = make(v->name, v->width, v->side, CLASSES);
	size_t nw = yc_net_size(net), area = (size_t)(v->side * v->side);
	size_t nx = (size_t)v->n * 3 * area;
	yc_real *w = reals(nw), *dw = reals(nw), *m = reals(nw), *x = reals(nx),
		z[CLASSES];
	int32_t label[BATCH_MAX];
	struct yc_target target = {label, NULL, 1};
	struct yc_work *work;

	fill(net, w);
	for (size_t j = 0; j < nx; j++) { /* j = (i*3 + c)*area + pixel */
		size_t i = j / (3 * area), c = j / area % 3, pixel = j % area;

		x[(i * area + pixel) * 3 + c] = (yc_real)(2 * noise(j, 9999));
	}
	for (int i = 0; i < v->n; i++)
		label[i] = 3 * i % CLASSES;
	assert_int_equal(yc_work_new(&work, net, v->n, 2, YC_WORK_GRADIENT), YC_OK);
	close_to(v->name, "loss", yc_net_gradient(work, w, x, v->n, &target, dw, NULL),
		v->loss, 0);
	for (size_t i = 0; i < v->tensors; i++) {
		int t = find(net, v->tensor[i].name);
		size_t count = yc_net_param(net, t)->count;
		double sum = 0;

		for (size_t k = 0; k < count; k++) {
			double g = (double)dw[yc_net_index(net, t, k)];

			sum += g * g;
		}
		close_to(v->name, v->tensor[i].name, sqrt(sum), v->tensor[i].norm, 0);
		close_to(v->name, v->tensor[i].name, (double)dw[yc_net_index(net, t, 0)],
			v->tensor[i].first, v->tensor[i].norm / sqrt((double)count));
	}
	yc_sgd(w, dw, m, nw, 0.01, 0.9, 5e-4);
	yc_net_forward(work, w, x, 1, z, NULL);
	for (int c = 0; c < CLASSES; c++)
		close_to(v->name, "logit", (double)z[c], v->logit[c], 0.1);
	yc_work_free(work);
	yc_net_free(net);
	yc_free(w);
	yc_free(dw);
	yc_free(m);
	yc_free(x);
}

static void test_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < YC_COUNT(values); i++)
		check(values[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_step),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

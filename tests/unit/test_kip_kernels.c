/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "KERNEL INDUCING POINTS": kernels of infinitely wide networks against values
 * that were computed elsewhere, against networks of finite width, and their gradients against
 * central differences. All of it is in double in every build. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/condense/kip/kernel.h"
#include "yc/blas.h"
#include "yc/mem.h"
#include "yc/rng.h"

enum { THREADS = 2 };

/* Networks of convolutions that the tests want: convolutions of each stage, +10 with a
 * pooling after them. */
static struct yc_ntk_net network(int a, int b, int c, bool average)
{
	const int stage[] = {a, b, c};
	struct yc_ntk_net net = {.method = {.name = "test"}, .average = average};

	for (int i = 0; i < 3 && stage[i]; i++)
		net.stage[net.stages++] = (struct yc_ntk_stage){
			.convs = stage[i] % 10, .pool = stage[i] >= 10};
	return net;
}

static struct yc_ntk_net named(const char *name)
{
	const struct yc_method *m =
		yc_method_find(yc_ntk_nets, "kernel", name, strlen(name));

	assert_non_null(m);
	return *(const struct yc_ntk_net *)(const void *)m;
}

/* A set of images and what computes their kernels. */
struct bench {
	struct yc_ntk *k;
	struct yc_ntk_set s;
	struct yc_ntk_work *w;
	double *out; /* [n][n] */
};

static void open_bench(struct bench *b, const struct yc_ntk_net *net, bool nngp,
	int channels, int side, int n)
{
	if (yc_ntk_new(&b->k, net, nngp, channels, side) < 0)
		fail_msg("%s", yc_errmsg());
	assert_int_equal(yc_ntk_set_new(&b->s, b->k, n), YC_OK);
	assert_int_equal(yc_ntk_work_new(&b->w, b->k, n, n, THREADS), YC_OK);
	b->out = yc_calloc((size_t)n * (size_t)n, sizeof(double));
	assert_non_null(b->out);
}

static void close_bench(struct bench *b)
{
	yc_free(b->out);
	yc_ntk_work_free(b->w);
	yc_ntk_set_release(&b->s);
	yc_ntk_free(b->k);
}

static void compute(struct bench *b)
{
	int n = b->s.n;

	yc_ntk_self(b->w, &b->s);
	yc_ntk_forward(b->w, &b->s, 0, n, &b->s, n, b->out, (size_t)n);
}

/* ---- values ---- */

static void close_to(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("%s: %.12g, want %.12g", what, got, want);
}

static void dense_networks_have_known_kernels(void **state)
{
	/* x = (1, 0), y = (.6, .8) */
	static const struct {
		const char *name;
		double nngp, ntk, self, self_ntk;
	} want[] = {{"fc1", 0.6971455300, 1.1280565444, 1.02, 2.03},
		{"fc2", 0.7625666268, 1.5968012380, 1.03, 3.06}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++)
		for (int nngp = 0; nngp < 2; nngp++) {
			const struct yc_ntk_net net = named(want[i].name);
			struct bench b;

			open_bench(&b, &net, nngp, 2, 1, 2);
			b.s.x[0] = 1;
			b.s.x[2] = 0.6;
			b.s.x[3] = 0.8;
			compute(&b);
			close_to(want[i].name, b.out[1],
				nngp ? want[i].nngp : want[i].ntk, 1e-10);
			close_to("symmetric", b.out[2], b.out[1], 1e-14);
			close_to("self", b.out[0], nngp ? want[i].self : want[i].self_ntk,
				1e-12);
			close_bench(&b);
		}
}

static void networks_of_convolutions_have_known_kernels(void **state)
{
	static const struct {
		int a, b;
		bool average;
		double pair[2], self[2]; /* NNGP, NTK */
	} want[] = {
		{11, 0, false, {0.236689048, 0.245512098}, {0.368035276, 0.583342755}},
		{11, 0, true, {0.237757324, 0.249113970}, {0.268677615, 0.351827414}},
		{11, 11, false, {0.102088466, 0.147760233}, {0.113663960, 0.205706830}},
		{11, 11, true, {0.102088466, 0.147760233}, {0.113663960, 0.205706830}},
		{12, 11, false, {0.101560388, 0.166244178}, {0.108243300, 0.220284366}},
		{12, 11, true, {0.101560388, 0.166244178}, {0.108243300, 0.220284366}},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++)
		for (int nngp = 0; nngp < 2; nngp++) {
			const struct yc_ntk_net net =
				network(want[i].a, want[i].b, 0, want[i].average);
			struct bench b;
			char text[32];

			open_bench(&b, &net, nngp, 1, 4, 2);
			for (int p = 0; p < 16; p++) {
				int row = p / 4, col = p % 4;

				b.s.x[p] = sin(row + 2 * col);
				b.s.x[16 + p] = cos(2 * row - col);
			}
			compute(&b);
			(void)snprintf(text, sizeof(text), "network %zu, %s", i,
				nngp ? "NNGP" : "NTK");
			close_to(text, b.out[1], want[i].pair[!nngp], 1e-9);
			close_to(text, b.out[2], want[i].pair[!nngp], 1e-9);
			close_to(text, b.out[0], want[i].self[!nngp], 1e-9);
			close_bench(&b);
		}
}

/* ---- gradients ---- */

static void fill(struct yc_ntk_set *s, size_t n)
{
	struct yc_rng rng = yc_rng_new(5, "images");

	for (size_t i = 0; i < n; i++)
		s->x[i] = yc_rng_normal(&rng);
}

/* A weight for each kernel of image i with another: the loss is their sum. */
static double weight(int i, int j)
{
	return cos(3 * i + j * j + 1);
}

static double loss(struct bench *b)
{
	double sum = 0;

	compute(b);
	for (int i = 0; i < b->s.n; i++)
		for (int j = 0; j <= i; j++)
			sum += weight(i, j) * b->out[i * b->s.n + j];
	return sum;
}

static void gradient(struct bench *b, double *gx)
{
	size_t n = (size_t)b->s.n;
	double *gv = yc_calloc(n * b->k->nv, sizeof(*gv)),
	       *g = yc_calloc(n * n, sizeof(*g)), *own = yc_calloc(n, sizeof(*own));
	int group = yc_ntk_group(b->k, b->s.n);

	assert_true(gv && g && own);
	memset(gx, 0, n * b->k->pixels * sizeof(*gx));
	for (int i = 0; i < b->s.n; i++) {
		own[i] = weight(i, i);
		for (int j = 0; j < i; j++)
			g[(size_t)i * n + (size_t)j] = g[(size_t)j * n + (size_t)i] =
				weight(i, j);
	}
	for (int i = 0; i < b->s.n; i += group) {
		double *x = gx + (size_t)i * b->k->pixels, *v = gv + (size_t)i * b->k->nv;

		yc_ntk_backward(
			b->w, &b->s, i, group, &b->s, b->s.n, g + (size_t)i * n, n, x, v);
		yc_ntk_backward_self(b->w, &b->s, i, group, own + i, x, v);
	}
	yc_free(gv);
	yc_free(g);
	yc_free(own);
}

static void check_gradient(
	const struct yc_ntk_net *net, bool nngp, int channels, int side)
{
	enum { N = 3 };
	const double h = 1e-5;
	struct bench b;
	double *gx, most = 0;
	size_t n;

	open_bench(&b, net, nngp, channels, side, N);
	n = N * b.k->pixels;
	fill(&b.s, n);
	gx = yc_calloc(n, sizeof(*gx));
	assert_non_null(gx);
	(void)loss(&b);
	gradient(&b, gx);
	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(gx[i]));
	for (size_t i = 0; i < n; i += 1 + n / 40) {
		double was = b.s.x[i], up, slope;

		b.s.x[i] = was + h;
		up = loss(&b);
		b.s.x[i] = was - h;
		slope = (up - loss(&b)) / (2 * h);
		b.s.x[i] = was;
		if (!(fabs(slope - gx[i]) <= 1e-7 * most))
			fail_msg("%s, side %d, %s: pixel %zu: %.10g, slope %.10g "
				 "(largest %.3g)",
				net->method.name, side, nngp ? "NNGP" : "NTK", i, gx[i],
				slope, most);
	}
	yc_free(gx);
	close_bench(&b);
}

static void gradients_are_slopes(void **state)
{
	static const int nets[][3] = {
		{11}, {2}, {11, 11}, {12, 11}, {12, 1}, {13, 11, 2}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(nets); i++)
		for (int way = 0; way < 4; way++) {
			const struct yc_ntk_net net =
				network(nets[i][0], nets[i][1], nets[i][2], way & 1);

			check_gradient(&net, way & 2, 2, 4);
			check_gradient(&net, way & 2, 1, 7);
		}
	for (int nngp = 0; nngp < 2; nngp++) {
		const struct yc_ntk_net one = named("fc1"), three = named("fc3"),
					conv4 = named("conv4"), m5 = named("myrtle5");

		check_gradient(&one, nngp, 1, 3);
		check_gradient(&three, nngp, 2, 5);
		check_gradient(&conv4, nngp, 1, 8);
		check_gradient(&m5, nngp, 1, 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dense_networks_have_known_kernels),
		cmocka_unit_test(networks_of_convolutions_have_known_kernels),
		cmocka_unit_test(gradients_are_slopes),
	};

	if (yc_blas_open(NULL) < 0 || yc_blas_reserve(THREADS) < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/nn/internal.h"
#include "yc/kmeans.h"
#include "lib/condense/gradmatch/gradmatch.h"

/* yc-methods(7), "REFERENCE VALUES". */
#ifdef YC_DOUBLE
#define TOL 1e-9
#else
#define TOL 2e-4
#endif

static void near_to(const char *what, double got, double want, double tol)
{
	if (!(fabs(got - want) <= tol * fabs(want)))
		fail_msg("%s: got %.12g, want %.12g (off by %.2g)", what, got, want,
			fabs(got - want) / fabs(want));
}

static double formula(int t, size_t k)
{
	return sin(1.3 * (double)k + 0.7 * t + 0.1);
}

/* The network of B.5 and B.6, weights by the formula in PyTorch's order. */
static struct yc_net *network(int side, yc_real **weights)
{
	static const enum yc_role order[] = {YC_CONV_WEIGHT, YC_CONV_BIAS, YC_CONV_WEIGHT,
		YC_CONV_BIAS, YC_CONV_WEIGHT, YC_CONV_BIAS, YC_NORM_GAMMA, YC_NORM_BETA,
		YC_NORM_GAMMA, YC_NORM_BETA, YC_NORM_GAMMA, YC_NORM_BETA, YC_DENSE_WEIGHT,
		YC_DENSE_BIAS};
	const struct yc_net_cfg cfg = {.name = "convnet",
		.width = 4,
		.depth = 3,
		.channels = 3,
		.side = side,
		.classes = 3};
	struct yc_net *net;
	yc_real *w;

	assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
	assert_int_equal(yc_net_nparams(net), YC_COUNT(order));
	w = yc_calloc(yc_net_size(net), sizeof(*w));
	assert_non_null(w);
	for (int t = 0; t < (int)YC_COUNT(order); t++) {
		const struct yc_param *p = yc_net_param(net, t);

		assert_int_equal(p->role, order[t]);
		for (size_t k = 0; k < p->count; k++) {
			double q = formula(t, k);

			w[yc_net_index(net, t, k)] =
				(yc_real)(p->role == YC_CONV_WEIGHT    ? 0.3 * q
					  : p->role == YC_NORM_GAMMA   ? 1 + 0.1 * q
					  : p->role == YC_DENSE_WEIGHT ? 0.5 * q
								       : 0.05 * q);
		}
	}
	*weights = w;
	return net;
}

/* Element k of a [n][3][side][side] tensor in a [n][side][side][3] one. */
static size_t nhwc(size_t k, int side)
{
	size_t area = (size_t)side * (size_t)side, image = k / (3 * area),
	       c = k / area % 3;

	return image * 3 * area + k % area * 3 + c;
}

static double norm(const yc_real *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return sqrt(sum);
}

static double total(const yc_real *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i];
	return sum;
}

static double tensor_norm(const struct yc_net *net, const yc_real *g, int t)
{
	return norm(g + yc_net_param(net, t)->at, yc_net_param(net, t)->count);
}

/* ---- B.5 ---- */

enum { B5_REAL = 4 * 192, B5_SYN = 3 * 192 };

struct b5 {
	struct yc_net *net;
	yc_real *w, *gr, *gs, *v;
	yc_real xr[B5_REAL], xs[B5_SYN], dx[B5_SYN];
	struct yc_exec *real, *syn;
};

static void b5_open(struct b5 *b)
{
	size_t n;

	b->net = network(8, &b->w);
	n = yc_net_size(b->net);
	b->gr = yc_calloc(n, sizeof(yc_real));
	b->gs = yc_calloc(n, sizeof(yc_real));
	b->v = yc_calloc(n, sizeof(yc_real));
	assert_true(b->gr && b->gs && b->v);
	for (size_t k = 0; k < B5_REAL; k++)
		b->xr[nhwc(k, 8)] = (yc_real)sin(0.05 * (double)k + 0.3);
	for (size_t k = 0; k < B5_SYN; k++)
		b->xs[nhwc(k, 8)] = (yc_real)cos(0.07 * (double)k);
	assert_int_equal(yc_exec_new(&b->real, b->net, 4, 2, YC_EXEC_GRADIENT), YC_OK);
	assert_int_equal(yc_exec_new(&b->syn, b->net, 3, 2, YC_EXEC_TANGENT), YC_OK);
}

static void b5_close(struct b5 *b)
{
	yc_exec_free(b->real);
	yc_exec_free(b->syn);
	yc_free(b->w);
	yc_free(b->gr);
	yc_free(b->gs);
	yc_free(b->v);
	yc_net_free(b->net);
}

static const int32_t ones[4] = {1, 1, 1, 1};

static void test_small_network(void **state)
{
	static const double logits[2][3] = {
		{-0.144147504456, 0.007754444097, 0.169097131515},
		{-0.142874378391, 0.006303755968, 0.166464662305}};
	static const struct {
		int t;
		double norm;
	} norms[] = {{0, 0.870071707052}, {2, 0.0630787849389}, {4, 0.107810879117},
		{6, 0.0132957038835}, {7, 0.00704506627184}, {12, 0.744445762252},
		{13, 0.823953369261}};
	static const double first[3] = {
		-0.0255251652091, -0.0236060805085, 0.0405186400078};
	const struct yc_target target = {.label = ones, .rho = 1};
	yc_real z[12];
	struct b5 b;

	(void)state;
	b5_open(&b);
	near_to("real loss", yc_net_gradient(b.real, b.w, b.xr, 4, &target, b.gr, z),
		1.10880777379, TOL);
	near_to("synthetic loss",
		yc_net_gradient(b.syn, b.w, b.xs, 3, &target, b.gs, NULL), 1.09564952179,
		TOL);
	for (int i = 0; i < 3; i++) {
		near_to("logits 0", (double)z[i], logits[0][i], TOL);
		near_to("logits 3", (double)z[9 + i], logits[1][i], TOL);
		near_to("conv1 gradient", (double)b.gr[yc_net_index(b.net, 0, (size_t)i)],
			first[i], TOL);
	}
	for (size_t i = 0; i < YC_COUNT(norms); i++)
		near_to("gradient norm", tensor_norm(b.net, b.gr, norms[i].t),
			norms[i].norm, TOL);
	for (int t = 1; t <= 5; t += 2)
		assert_true(tensor_norm(b.net, b.gr, t) <
			    (sizeof(yc_real) == 8 ? 1e-12 : 1e-5));
	b5_close(&b);
}

static void test_metrics(void **state)
{
	/* The last three are those of DC. */
	static const struct {
		const char *name;
		unsigned also;
		double d, norm, sum, g0, g3, last;
	} want[] = {
		{"mse", 0, 0.994326296946, 4.13764374127, 0.196126273067, -0.001620480507,
			0.02240492047, -0.146282841},
		{"l1", 0, 11.6518148776, 50.7915449275, 3.62915627568, -0.01275296139,
			0.1735515496, -1.890587762},
		{"l1_mean", 0, 0.389907285344, 1.46189609348, 0.113219801784,
			-0.0004935399007, 0.005701341019, -0.05457883989},
		{"cos", 0, 12.0495754895, 11.7004126704, -5.08253663502, -0.02741145525,
			0.03640651049, -0.1979982888},
		{"cos", YC_MATCH_FC, 12.0539885926, 11.7880198679, -5.1209745732,
			-0.0277071571254, 0.0372936546399, -0.197990710194},
		{"mse", YC_MATCH_WHOLE, 0.99918109069, 4.20750042169, 0.18894379405,
			-0.00171323207919, 0.0227813815091, -0.148680295481},
		{"cos", YC_MATCH_WHOLE, 0.27550503408, 1.09099303754, 0.0481503705011,
			-0.000498418850196, 0.00615301467574, -0.0389239202137},
	};
	const struct yc_target target = {.label = ones, .rho = 1};
	double *room;
	struct b5 b;
	char what[64];

	(void)state;
	b5_open(&b);
	room = yc_calloc(yc_match_scratch(b.net), sizeof(*room));
	assert_non_null(room);
	yc_net_gradient(b.real, b.w, b.xr, 4, &target, b.gr, NULL);
	for (size_t i = 0; i < YC_COUNT(want); i++) {
		const struct yc_metric *m = yc_metric_find(want[i].name);
		const size_t at[3] = {nhwc(0, 8), nhwc(3, 8), nhwc(B5_SYN - 1, 8)};
		const double element[3] = {want[i].g0, want[i].g3, want[i].last};

		assert_non_null(m);
		yc_net_gradient(b.syn, b.w, b.xs, 3, &target, b.gs, NULL);
		memset(b.v, 0, yc_net_size(b.net) * sizeof(*b.v));
		near_to(want[i].name,
			yc_match(m, b.net, want[i].also, b.gr, b.gs, b.v, room),
			want[i].d, TOL);
		yc_net_tangent(b.syn, b.w, b.v, NULL, NULL, b.dx);
		snprintf(what, sizeof(what), "%s: norm of G", m->method.name);
		near_to(what, norm(b.dx, B5_SYN), want[i].norm, TOL);
		snprintf(what, sizeof(what), "%s: sum of G", m->method.name);
		near_to(what, total(b.dx, B5_SYN), want[i].sum, TOL);
		for (int k = 0; k < 3; k++) {
			snprintf(what, sizeof(what), "%s: element %d of G",
				m->method.name, k);
			near_to(what, (double)b.dx[at[k]], element[k], TOL);
		}
	}
	yc_free(room);
	b5_close(&b);
}

static double b5_match(
	struct b5 *b, const struct yc_metric *m, unsigned also, double *room)
{
	/* The tangent pass reads it, too. */
	static const struct yc_target target = {.label = ones, .rho = 1};

	yc_net_gradient(b->syn, b->w, b->xs, 3, &target, b->gs, NULL);
	return yc_match(m, b->net, also, b->gr, b->gs, b->v, room);
}

/* With --bias and --fc: every learned tensor counts, and in double the pixel gradient is
 * the slope of the distance. */
static void biases_and_the_linear_layer_are_matched_on_demand(void **state)
{
	const struct yc_target target = {.label = ones, .rho = 1};
	const unsigned all = YC_MATCH_BIAS | YC_MATCH_FC;
	double *room, sum = 0, parts[4];
	struct b5 b;

	(void)state;
	b5_open(&b);
	room = yc_calloc(yc_match_scratch(b.net), sizeof(*room));
	assert_non_null(room);
	yc_net_gradient(b.real, b.w, b.xr, 4, &target, b.gr, NULL);
	for (unsigned also = 0; also <= all; also++)
		parts[also] = b5_match(&b, yc_metric_find("mse"), also, room);
	for (size_t i = 0; i < yc_net_learned(b.net); i++)
		sum += pow((double)b.gs[i] - (double)b.gr[i], 2);
	near_to("all of it", parts[all], sum, TOL);
	near_to("in parts", parts[1] + parts[2] - parts[0], sum, TOL);
	assert_true(parts[1] > parts[0] && parts[2] > parts[0]);
	for (int k = 0; sizeof(yc_real) == 8 && yc_metrics[k]; k++) {
		const struct yc_metric *m = (const struct yc_metric *)yc_metrics[k];

		(void)b5_match(&b, m, all, room);
		yc_net_tangent(b.syn, b.w, b.v, NULL, NULL, b.dx);
		for (size_t i = 5; i < B5_SYN; i += 61) {
			const yc_real x = b.xs[i], h = (yc_real)1e-6;
			double up, down;

			b.xs[i] = x + h;
			up = b5_match(&b, m, all, room);
			b.xs[i] = x - h;
			down = b5_match(&b, m, all, room);
			b.xs[i] = x;
			if (!(fabs((up - down) / (2 * (double)h) - (double)b.dx[i]) <
				    1e-6 * norm(b.dx, B5_SYN)))
				fail_msg("%s: element %zu: slope %.9g, gradient %.9g",
					m->method.name, i, (up - down) / (2 * (double)h),
					(double)b.dx[i]);
		}
	}
	yc_free(room);
	b5_close(&b);
}

/* ---- B.6 ---- */

enum { B6_IMAGE = 3 * 16 * 16 };

/* Four real images of class 2, as the class step gets them. */
static void b6_data(struct yc_data *d)
{
	static const double mean[3] = {0.4914, 0.4822, 0.4465},
			    std[3] = {0.2023, 0.1994, 0.2010};

	*d = (struct yc_data){.n = 4, .classes = 3, .side = 16, .channels = 3};
	d->real = yc_calloc(4 * B6_IMAGE, sizeof(yc_real));
	d->label = yc_calloc(4, sizeof(int32_t));
	assert_true(d->real && d->label);
	for (size_t k = 0; k < 4 * B6_IMAGE; k++)
		d->real[nhwc(k, 16)] = (yc_real)(0.5 + 0.5 * sin(0.05 * (double)k + 0.3));
	for (int i = 0; i < 4; i++)
		d->label[i] = 2;
	memcpy(d->mean, mean, sizeof(mean));
	memcpy(d->std, std, sizeof(std));
}

/* brightness, saturation, contrast, crop, cutout */
static const struct yc_aug_draw b6_draws[5] = {
	{{0.8}}, {{0.35}}, {{0.6}}, {{1, -1}}, {{5, 9}}};

struct b6 {
	struct yc_net *net;
	yc_real *w;
	struct yc_data data;
	struct yc_synth synth;
	struct yc_aug aug;
	struct yc_step step;
};

static void b6_open(struct b6 *b, const char *metric, int threads)
{
	const struct yc_synth_cfg cfg = {.classes = 3,
		.ipc = 2,
		.channels = 3,
		.side = 16,
		.factor = 2,
		.syn_max = 128};

	b->net = network(16, &b->w);
	b6_data(&b->data);
	assert_int_equal(yc_synth_new(&b->synth, &cfg), YC_OK);
	assert_int_equal(b->synth.batch, 8);
	/* Of class 2: the others must not matter. */
	for (size_t i = 0; i < b->synth.images * b->synth.pixels; i++)
		b->synth.s[i] = (yc_real)1e6;
	for (size_t k = 0; k < 2 * B6_IMAGE; k++)
		b->synth.s[4 * B6_IMAGE + k] =
			(yc_real)(0.5 + 0.4 * cos(0.07 * (double)k));
	assert_int_equal(yc_aug_parse(&b->aug, "color_crop_cutout", 16, 3), YC_OK);
	assert_int_equal(b->aug.nops, 5);
	assert_int_equal(yc_step_new(&b->step, b->net, &b->data, &b->synth,
				 yc_metric_find(metric), &b->aug, 4, threads),
		YC_OK);
	for (int i = 0; i < 4; i++)
		b->step.batch.idx[i] = i;
	for (int i = 0; i < 8; i++)
		b->step.batch.pick[i] = i;
	memcpy(b->step.batch.draw, b6_draws, sizeof(b6_draws));
	b->step.batch.plan = (struct yc_aug_plan){.aug = &b->aug,
		.n = 12,
		.period = 1,
		.pool = 0,
		.draw = b->step.batch.draw};
}

static void b6_close(struct b6 *b)
{
	yc_step_release(&b->step);
	yc_synth_release(&b->synth);
	yc_data_release(&b->data);
	yc_free(b->w);
	yc_net_free(b->net);
}

/* The eight tiles before they are normalised. */
static double b6_decoded_norm(const struct b6 *b)
{
	const yc_real *stored = b->synth.s + 4 * B6_IMAGE;
	yc_real tile[B6_IMAGE];
	double sum = 0;

	for (int i = 0; i < 8; i++) {
		yc_decode_tile(stored + i / 4 * B6_IMAGE, 3, 16, 2, i % 4, 16, tile);
		sum += pow(norm(tile, B6_IMAGE), 2);
	}
	return sqrt(sum);
}

static void test_inputs(void **state)
{
	static const double real[3] = {2.84073664424, 2.89023222023, 2.93340512091};
	static const double syn[3] = {1.97182563368, 1.96950757400, 1.96487145463};
	const yc_real *xs;
	struct b6 b;

	(void)state;
	b6_open(&b, "mse", 2);
	near_to("norm of decoded set", b6_decoded_norm(&b), 44.21215926, TOL);
	yc_step_run(&b.step, b.w, 2);
	xs = b.step.batch.x + 4 * B6_IMAGE;
	for (size_t k = 0; k < 3; k++) {
		near_to("real input", (double)b.step.batch.x[nhwc(k + 1, 16)], real[k],
			TOL);
		near_to("synthetic input", (double)xs[nhwc(k + 1, 16)], syn[k], TOL);
	}
	near_to("synthetic input [5,1,12,3]",
		(double)xs[nhwc(5 * B6_IMAGE + 256 + 12 * 16 + 3, 16)], 2.08620885442,
		TOL);
	near_to("norm of synthetic inputs", norm(xs, 8 * B6_IMAGE), 80.9001674457, TOL);
	near_to("real loss", b.step.loss_real, 0.974810627567, TOL);
	near_to("synthetic loss", b.step.loss_syn, 1.61238793749, TOL);
	b6_close(&b);
}

static void test_image_gradient(void **state)
{
	static const struct {
		const char *metric;
		double d, norm, sum;
		int n;
		size_t at[6];
		double g[6];
	} want[] = {
		{"mse", 45.2670928578, 32.0646659602, 52.5335297848, 6,
			{0, 1, 2, 3, 2 * B6_IMAGE - 1, B6_IMAGE + 256 + 8 * 16 + 3},
			{-0.4143144676, -0.1748086508, -0.2955705772, -0.1333768909,
				0.07955488211, -0.2246486656}},
		{"l1", 95.8890553845, 37.7804779294, 15.8467449342, 3,
			{0, 2 * B6_IMAGE - 1, B6_IMAGE + 256 + 8 * 16 + 3},
			{-0.4745015557, 0.1711878372, -0.07000891923}},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++)
		for (int threads = 1; threads <= 2; threads++) {
			yc_real *g;
			struct b6 b;

			b6_open(&b, want[i].metric, threads);
			near_to(want[i].metric, yc_step_run(&b.step, b.w, 2), want[i].d,
				TOL);
			g = b.step.batch.grad;
			near_to("norm of dD/dS", norm(g, 2 * B6_IMAGE), want[i].norm,
				TOL);
			near_to("sum of dD/dS", total(g, 2 * B6_IMAGE), want[i].sum, TOL);
			for (int k = 0; k < want[i].n; k++)
				near_to("element of dD/dS", (double)g[want[i].at[k]],
					want[i].g[k], TOL);
			b6_close(&b);
		}
}

#ifdef YC_DOUBLE
/* The gradient is that of the loss, for tiles of several factors that share pixels, too.
 */
static void test_gradient_of_loss(void **state)
{
	static const enum yc_decode_type types[] = {YC_DECODE_SINGLE, YC_DECODE_MULTI};
	const double eps = 1e-5;

	(void)state;
	/* The loss has kinks close by, and float rounds away what smaller steps change.
	 */
	if (sizeof(yc_real) != 8)
		skip();
	for (size_t k = 0; k < YC_COUNT(types); k++) {
		const struct yc_synth_cfg cfg = {.classes = 3,
			.ipc = 2,
			.channels = 3,
			.side = 16,
			.factor = 3,
			.decode = types[k],
			.syn_max = 7};
		const struct yc_rng root = yc_rng_new(3, "test");
		struct yc_synth was, y;
		struct yc_step step;
		double slope = 0, hi, lo;
		yc_real *s;
		struct b6 b;

		b6_open(&b, "mse", 2);
		was = b.synth;
		assert_int_equal(yc_synth_new(&y, &cfg), YC_OK);
		memcpy(y.s, was.s, was.images * was.pixels * sizeof(*y.s));
		assert_int_equal(yc_step_new(&step, b.net, &b.data, &y,
					 yc_metric_find("mse"), &b.aug, 4, 2),
			YC_OK);
		memcpy(step.batch.idx, b.step.batch.idx, 4 * sizeof(*step.batch.idx));
		yc_class_batch_draw(&step.batch, &root, 7);
		yc_step_run(&step, b.w, 2);
		s = y.s + 4 * B6_IMAGE;
		for (size_t i = 0; i < 2 * B6_IMAGE; i++)
			slope += (double)step.batch.grad[i] * formula(1, i);
		for (size_t i = 0; i < 2 * B6_IMAGE; i++)
			s[i] += (yc_real)(eps * formula(1, i));
		hi = yc_step_run(&step, b.w, 2);
		for (size_t i = 0; i < 2 * B6_IMAGE; i++)
			s[i] -= (yc_real)(2 * eps * formula(1, i));
		lo = yc_step_run(&step, b.w, 2);
		near_to("slope", (hi - lo) / (2 * eps), slope, 1e-5);
		yc_step_release(&step);
		yc_synth_release(&y);
		b6_close(&b);
	}
}
#endif

/* ---- B.12 and 4.3 ---- */

static void test_bound(void **state)
{
	static const struct {
		int factor, ipc, total, n[4]; /* images with factor 1, 2, 3 */
	} want[] = {
		{3, 10, 90, {0, 0, 0, 10}},
		{3, 20, 125, {0, 5, 3, 12}},
		{2, 50, 107, {0, 31, 19, 0}},
		{3, 50, 123, {0, 39, 3, 8}},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++) {
		const struct yc_synth_cfg cfg = {.classes = 1,
			.ipc = want[i].ipc,
			.channels = 1,
			.side = 6,
			.factor = want[i].factor,
			.decode = YC_DECODE_BOUND,
			.bound = 128,
			.syn_max = 128};
		int n[4] = {0};
		struct yc_synth y;

		assert_int_equal(yc_synth_new(&y, &cfg), YC_OK);
		assert_int_equal(y.ntiles, want[i].total);
		for (int k = 0; k < y.ntiles; k++)
			if (y.tile[k].position == 0)
				n[y.tile[k].factor]++;
		assert_memory_equal(n, want[i].n, sizeof(n));
		yc_synth_release(&y);
	}

	const struct yc_synth_cfg tight = {.classes = 1,
		.ipc = 20,
		.channels = 1,
		.side = 6,
		.factor = 3,
		.decode = YC_DECODE_BOUND,
		.bound = 19,
		.syn_max = 128};
	struct yc_synth y;

	assert_true(yc_synth_new(&y, &tight) < 0);
}

/* syn_max: a different subset for every class step, the same for whoever asks. */
static void test_subset(void **state)
{
	const struct yc_rng root = yc_rng_new(1, "subset");
	struct yc_tile tiles[200] = {{0}};
	struct yc_synth y = {.ntiles = 200, .batch = 128, .tile = tiles};
	int32_t pick[128], perm[200], first[128];
	struct yc_aug_draw draw[YC_AUG_OPS_MAX];
	struct yc_aug aug;
	struct yc_class_batch s = {
		.synth = &y, .aug = &aug, .pick = pick, .perm = perm, .draw = draw};
	int seen[200] = {0};

	(void)state;
	assert_int_equal(yc_aug_parse(&aug, "color_crop_cutout", 32, 3), YC_OK);
	yc_class_batch_draw(&s, &root, 5);
	memcpy(first, pick, sizeof(pick));
	for (int i = 0; i < 128; i++)
		assert_int_equal(seen[pick[i]]++, 0);
	yc_class_batch_draw(&s, &root, 6);
	assert_memory_not_equal(pick, first, sizeof(pick));
	yc_class_batch_draw(&s, &root, 5);
	assert_memory_equal(pick, first, sizeof(pick));
}

/* ---- 4.2 and 5.2: initialisation of a toy set ---- */

enum { TOY = 7 };

/* Image i of class i%2 has pixel value 0.01*i + 0.001*row + 0.0001*column + 0.1*channel.
 */
static double toy(int i, int ch, int r, int c)
{
	return 0.01 * i + 0.1 * ch + 0.001 * r + 0.0001 * c;
}

static void toy_data(struct yc_data *d, int n)
{
	*d = (struct yc_data){.n = n, .classes = 2, .side = TOY, .channels = 3};
	d->real = yc_calloc((size_t)n * TOY * TOY * 3, sizeof(yc_real));
	d->label = yc_calloc((size_t)n, sizeof(int32_t));
	assert_true(d->real && d->label);
	for (int i = 0; i < n; i++) {
		d->label[i] = i % 2;
		for (int r = 0; r < TOY; r++)
			for (int c = 0; c < TOY; c++)
				for (int ch = 0; ch < 3; ch++)
					d->real[((i * TOY + r) * TOY + c) * 3 + ch] =
						(yc_real)toy(i, ch, r, c);
	}
}

static double pixel(const struct yc_synth *y, int row, int ch, int r, int c)
{
	return (double)y
		->s[(((size_t)row * 3 + (size_t)ch) * TOY + (size_t)r) * TOY + (size_t)c];
}

static void test_init(void **state)
{
	const struct yc_synth_cfg cfg = {.classes = 2,
		.ipc = 2,
		.channels = 3,
		.side = TOY,
		.factor = 3,
		.syn_max = 128};
	const struct yc_rng root = yc_rng_new(0, "init");
	struct yc_data d;
	struct yc_sampler w;
	struct yc_synth y, z;
	int32_t real[36];
	double mean = 0;
	int n;

	(void)state;
	toy_data(&d, 36);
	assert_int_equal(yc_sampler_new(&w, &d, &root), YC_OK);
	assert_int_equal(yc_synth_new(&y, &cfg), YC_OK);
	assert_int_equal(yc_synth_new(&z, &cfg), YC_OK);

	/* random: image m of class c is the m-th of those given. */
	assert_int_equal(yc_synth_init_needs(&y, "random", &w, &n), YC_OK);
	assert_int_equal(n, 2);
	assert_int_equal(
		yc_synth_init(&y, "random", &d, (const int32_t[]){0, 2, 1, 3}, &root),
		YC_OK);
	for (int row = 0; row < 4; row++)
		assert_true(fabs(pixel(&y, row, 2, 3, 5) -
				    toy(row % 2 * 2 + row / 2, 2, 3, 5)) < 1e-6);

	/* mix: tiles of 3, 2, 2; tile 5 = (1,2) of image 1 comes from the class's image
	 * 5*2+1. */
	assert_int_equal(yc_synth_init_needs(&y, "mix", &w, &n), YC_OK);
	assert_int_equal(n, 18);
	for (int i = 0; i < 36; i++)
		real[i] = i < 18 ? 2 * i : 2 * (i - 18) + 1;
	assert_int_equal(yc_synth_init(&y, "mix", &d, real, &root), YC_OK);
	for (int r = 0; r < 2; r++)
		for (int c = 0; c < 2; c++)
			assert_true(
				fabs(pixel(&y, 3, 1, 3 + r, 5 + c) -
					toy(11 * 2 + 1, 1, r * 7 / 2, c * 7 / 2)) < 1e-6);
	for (int r = 0; r < 3; r++)
		assert_true(fabs(pixel(&y, 0, 0, r, 2) -
				    toy(0, 0, r * 7 / 3, 2 * 7 / 3)) < 1e-6);

	/* kmean differs in who chooses the images. */
	assert_int_equal(yc_synth_init(&z, "kmean", &d, real, &root), YC_OK);
	assert_memory_equal(y.s, z.s, y.images * y.pixels * sizeof(*y.s));

	/* noise: around a half, the same for the same seed. */
	assert_int_equal(yc_synth_init_needs(&y, "noise", &w, &n), YC_OK);
	assert_int_equal(n, 0);
	assert_int_equal(yc_synth_init(&y, "noise", &d, real, &root), YC_OK);
	assert_int_equal(yc_synth_init(&z, "noise", &d, real, &root), YC_OK);
	assert_memory_equal(y.s, z.s, y.images * y.pixels * sizeof(*y.s));
	for (size_t i = 0; i < y.images * y.pixels; i++) {
		assert_true(y.s[i] >= 0 && y.s[i] <= 1);
		mean += (double)y.s[i] / (double)(y.images * y.pixels);
	}
	assert_true(fabs(mean - 0.5) < 0.05);
	yc_synth_release(&y);
	yc_synth_release(&z);
	yc_sampler_release(&w);
	yc_data_release(&d);
}

/* The toy is linear, so the mean of an area is its value at the mean place. */
static void tiles_can_begin_as_means_of_areas(void **state)
{
	/* of the rows that a pixel of a tile of 2, and of 3, has of 7 */
	static const double two[2] = {9.0 / 7, 33.0 / 7},
			    three[3] = {5.0 / 7, 3, 37.0 / 7};
	const struct yc_synth_cfg cfg = {.classes = 2,
		.ipc = 1,
		.channels = 3,
		.side = TOY,
		.factor = 3,
		.syn_max = 128,
		.init_area = true};
	const struct yc_rng root = yc_rng_new(0, "init");
	struct yc_synth y;
	struct yc_data d;
	int32_t real[18];

	(void)state;
	toy_data(&d, 18);
	for (int i = 0; i < 18; i++)
		real[i] = i;
	assert_int_equal(yc_synth_new(&y, &cfg), YC_OK);
	assert_int_equal(yc_synth_init(&y, "mix", &d, real, &root), YC_OK);
	for (int r = 0; r < 3; r++)
		for (int c = 0; c < 2; c++)
			assert_true(fabs(pixel(&y, 1, 2, r, 3 + c) -
					    (toy(9 + 1, 2, 0, 0) + 0.001 * three[r] +
						    0.0001 * two[c])) < 1e-6);
	/* An image that fills its place is itself. */
	assert_int_equal(yc_synth_init(&y, "random", &d, real, &root), YC_OK);
	for (int r = 0; r < TOY; r++)
		assert_true(fabs(pixel(&y, 1, 0, r, 6) - toy(1, 0, r, 6)) < 1e-6);
	yc_synth_release(&y);
	yc_data_release(&d);
}

static void test_init_short(void **state)
{
	const struct yc_synth_cfg cfg = {.classes = 2,
		.ipc = 2,
		.channels = 3,
		.side = TOY,
		.factor = 3,
		.syn_max = 128};
	const struct yc_rng root = yc_rng_new(0, "init");
	struct yc_data d;
	struct yc_sampler w;
	struct yc_synth y;
	int n;

	(void)state;
	toy_data(&d, 35);
	assert_int_equal(yc_sampler_new(&w, &d, &root), YC_OK);
	assert_int_equal(yc_synth_new(&y, &cfg), YC_OK);
	assert_int_equal(yc_synth_init_needs(&y, "mix", &w, &n), YC_FAIL);
	assert_string_equal(yc_errmsg(),
		"class 1 has 17 images, initialisation 'mix' of 2 images needs 18");
	yc_synth_release(&y);
	yc_sampler_release(&w);
	yc_data_release(&d);
}

/* ---- 5.1: images that stand for their class ---- */

enum { CLOUD = 600, SIDE = 8, PIXELS = SIDE * SIDE * 3 };

/* The choice, image by image: the network's embeddings of one class, then k-means. */
static void choose(const struct yc_net *net, const yc_real *w, const struct yc_data *d,
	const struct yc_sampler *sampler, int c, int k, bool normalised, int32_t *want)
{
	const struct yc_kmeans_cfg cfg = {.k = k};
	struct yc_rng rng = yc_rng_new(5, "kmeans");
	size_t e = (size_t)yc_net_embedding(net);
	int n = yc_sampler_count(sampler, c);
	const int32_t *member = sampler->member + sampler->first[c];
	yc_real *embed = yc_calloc((size_t)n * e, sizeof(*embed)), x[PIXELS];
	struct yc_exec *exec;
	struct yc_kmeans m;

	assert_non_null(embed);
	assert_int_equal(yc_exec_new(&exec, net, 1, 1, YC_EXEC_FORWARD), YC_OK);
	for (int i = 0; i < n; i++) {
		if (normalised)
			yc_data_fetch(d, member[i], x);
		else
			yc_data_fetch_raw(d, member[i], x);
		yc_net_forward(exec, w, x, 1, NULL, embed + (size_t)i * e);
	}
	assert_int_equal(yc_kmeans(&m, &cfg, embed, n, (int)e, &rng, 1), YC_OK);
	for (int i = 0; i < k; i++)
		want[i] = member[m.nearest[i]];
	yc_kmeans_release(&m);
	yc_exec_free(exec);
	yc_free(embed);
}

static void test_cluster(void **state)
{
	struct yc_data d = {.n = CLOUD,
		.classes = 3,
		.side = SIDE,
		.channels = 3,
		.mean = {0.4, 0.5, 0.6},
		.std = {0.2, 0.3, 0.25}};
	const struct yc_rng root = yc_rng_new(1, "cloud");
	struct yc_rng rng = root;
	struct yc_sampler sampler;
	int32_t want[7], got[7], raw[7] = {0};
	yc_real *w;
	struct yc_net *net = network(SIDE, &w);

	(void)state;
	d.real = yc_calloc((size_t)CLOUD * PIXELS, sizeof(*d.real));
	d.label = yc_calloc(CLOUD, sizeof(*d.label));
	assert_true(d.real && d.label);
	for (int i = 0; i < CLOUD; i++)
		d.label[i] = i % 50 == 0 ? 0 : 1 + i % 2;
	for (size_t i = 0; i < (size_t)CLOUD * PIXELS; i++)
		d.real[i] = (yc_real)yc_rng_uniform(&rng);
	assert_int_equal(yc_sampler_new(&sampler, &d, &root), YC_OK);
	for (int normalised = 0; normalised < 2; normalised++) {
		const struct yc_cluster_cfg cfg = {.normalise = normalised};
		struct yc_cluster u;

		assert_int_equal(yc_cluster_new(&u, &cfg, net, &d, &sampler, 2), YC_OK);
		/* 294 and 12 images: more than a batch, and fewer. */
		for (int c = 1; c >= 0; c--) {
			choose(net, w, &d, &sampler, c, 7, normalised, want);
			assert_int_equal(yc_cluster_choose(&u, w, c, 7,
						 yc_rng_new(5, "kmeans"), got),
				YC_OK);
			assert_memory_equal(got, want, sizeof(want));
			assert_memory_not_equal(got, raw, sizeof(raw));
		}
		memcpy(raw, got, sizeof(raw));
		assert_true(yc_cluster_choose(&u, w, 0, 13, root, got) < 0);
		yc_cluster_release(&u);
	}
	yc_sampler_release(&sampler);
	yc_data_release(&d);
	yc_free(w);
	yc_net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(biases_and_the_linear_layer_are_matched_on_demand),
		cmocka_unit_test(test_small_network),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_image_gradient),
#ifdef YC_DOUBLE
		cmocka_unit_test(test_gradient_of_loss),
#endif
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_subset),
		cmocka_unit_test(test_init),
		cmocka_unit_test(tiles_can_begin_as_means_of_areas),
		cmocka_unit_test(test_init_short),
		cmocka_unit_test(test_cluster),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

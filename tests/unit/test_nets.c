/* SPDX-License-Identifier: MIT */
/*
 * The networks of yc-methods(7), "NETWORKS", against PyTorch in double: number of
 * parameters, then one training step from weights and images given by a formula.
 * tests/reference/nets.py states the formula and wrote the values.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/nn/internal.h"
#include "tests/unit/numbers.h"
#include "yc/kern.h"
#include "yc/net.h"

enum { CLASSES = 5, BATCH_MAX = 8 };

/* Norm and first element of the gradient of a tensor; of a running statistic itself,
 * after the step. */
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

static const struct net_value *const values[] = {&ap_large, &ap_mid, &ap_small, &resnet,
	&densenet, &convnet_odd, &ap_odd, &densenet_odd};

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

		assert_int_equal(yc_net_learned(ten), c->ten);
		assert_int_equal(yc_net_learned(hundred), c->hundred);
		yc_net_free(ten);
		yc_net_free(hundred);
	}
}

/* 28 pixels of one channel are as 32: the classifier sees 4 x 4, and the parameters are
 * those of 3 channels without the weights of two of them. */
static void one_channel_of_28_pixels_has_a_border(void **state)
{
	const struct yc_net_cfg cfg = {
		.name = "convnet", .channels = 1, .side = 28, .classes = 10};
	struct yc_net *net, *colour = make("convnet", 0, 32, 10);

	(void)state;
	assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
	assert_int_equal(yc_net_embedding(net), 2048);
	assert_int_equal(yc_net_learned(net), yc_net_learned(colour) - 2 * 9 * 128);
	for (int i = 0; i < yc_net_nparams(net); i++)
		assert_string_equal(
			yc_net_param(net, i)->name, yc_net_param(colour, i)->name);
	yc_net_free(net);
	yc_net_free(colour);
}

static double hashed(size_t k, unsigned t)
{
	uint32_t h = (uint32_t)k * 2654435761u + t * 2246822519u + 374761393u;

	h = (h ^ h >> 15) * 2246822519u;
	return (double)(h ^ h >> 13) / 2147483648.0 - 1;
}

/* In float a ReLU may flip, which moves gradients by 1e-3, behind fifty layers by 1e-1:
 * there the test of gradients guards against gross errors alone. */
enum kind { VALUE, GRADIENT };

static void close_to(const char *net, const char *what, enum kind kind, double got,
	double want, double scale)
{
	double tol = sizeof(yc_real) == sizeof(double) ? 1e-9
		     : kind == GRADIENT		       ? 0.2
						       : 2e-4;

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

/* What --net is when nothing is said. */
static void test_names(void **state)
{
	(void)state;
	for (int side = 32; side <= 224; side += 32) {
		struct yc_net *net = make(NULL, 16, side, CLASSES);

		assert_string_equal(
			yc_net_config(net)->name, side > 64 ? "resnet10ap" : "convnet");
		yc_net_free(net);
	}
}

/* Normal with deviation sqrt(2/(k*k*out)), the table of yc-methods(7), "Initial
 * weights"; fc uniform. */
static void test_init(void **state)
{
	static const struct {
		const char *name;
		double std;
	} table[] = {
		{"layer0.conv1.weight", 0.02525381},
		{"layer1.0.conv1.weight", 0.05892557},
		{"layer2.0.conv2.weight", 0.04166667},
		{"layer2.0.downsample.0.weight", 0.125},
		{"layer3.0.conv1.weight", 0.02946278},
		{"layer3.0.downsample.0.weight", 0.08838835},
		{"layer4.0.conv2.weight", 0.02083333},
		{"layer4.0.downsample.0.weight", 0.0625},
		{"fc.weight", 0.04419417 / 1.7320508},
	};
	struct yc_net *net = make("resnet10ap", 0, 224, 10);
	yc_real *w = reals(yc_net_size(net));

	(void)state;
	yc_net_init(net, w, yc_rng_new(4, "init-net"));
	for (size_t i = 0; i < YC_COUNT(table); i++) {
		const struct yc_param *p = yc_net_param(net, find(net, table[i].name));
		double n = (double)p->count, sum = 0, sq = 0, fourth = 0;

		for (size_t k = p->at; k < p->at + p->count; k++) {
			double x = (double)w[k] / table[i].std;

			sum += x;
			sq += x * x;
			fourth += x * x * x * x;
		}
		assert_true(fabs(sum / n) < 4 / sqrt(n));
		assert_true(fabs(sq / n - 1) < 6 / sqrt(n));
		/* 3 for a normal distribution, 9/5 for a uniform one */
		assert_true(fabs(fourth / n - (p->fan_out ? 3 : 1.8)) < 40 / sqrt(n));
	}
	yc_free(w);
	yc_net_free(net);
}

/* What state_dict holds of a batch norm, there and back. */
static void test_state(void **state)
{
	struct yc_net *net = make("resnet10", 4, 32, CLASSES);
	size_t nw = yc_net_size(net);
	yc_real *w = reals(nw), *v = reals(nw), *dw = reals(nw), *m = reals(nw);
	struct yc_record r = {0};

	(void)state;
	yc_net_init(net, w, yc_rng_new(4, "init-net"));
	for (size_t k = yc_net_learned(net); k < nw; k++)
		dw[k] = 1; /* a counter counts by one */
	for (int i = 0; i < 3; i++) {
		yc_kern_get()->sgd(w, dw, m, yc_net_learned(net), (yc_real)0.01,
			(yc_real)0.9, (yc_real)5e-4);
		yc_net_track(net, w, dw);
	}
	assert_int_equal(yc_net_store(net, w, &r), YC_OK);
	const struct yc_tensor *t =
		yc_record_find(&r, "layer3.0.downsample.1.num_batches_tracked");

	assert_non_null(t);
	assert_int_equal(t->dtype, YC_I64);
	assert_int_equal(t->rank, 0);
	assert_int_equal(*(const int64_t *)t->data, 3);
	t = yc_record_find(&r, "layer4.0.bn2.running_mean");
	assert_non_null(t);
	assert_int_equal(t->shape[0], 32);
	assert_float_equal(((const float *)t->data)[31], 0.271f, 1e-6);
	/* which begins with one */
	t = yc_record_find(&r, "layer4.0.bn2.running_var");
	assert_non_null(t);
	assert_float_equal(((const float *)t->data)[31], 1, 1e-6);
	assert_int_equal(yc_net_fetch(net, v, &r), YC_OK);
	for (size_t k = 0; k < nw; k++)
		assert_true((float)w[k] == (float)v[k]);
	yc_record_release(&r);
	yc_free(w);
	yc_free(v);
	yc_free(dw);
	yc_free(m);
	yc_net_free(net);
}

/* What passes over batches of several sizes give, one after the other. */
struct results {
	size_t n;
	yc_real *p;
};

static void append(struct results *r, const yc_real *from, size_t n)
{
	memcpy(r->p + r->n, from, n * sizeof *from);
	r->n += n;
}

/* Two steps of training, then gradients and both tangents of each batch. */
static void all_passes(
	const struct yc_net *net, int threads, int nbatches, struct results *r)
{
	enum { IMAGES = 300 };
	/* One image a shard, several, and more than a micro-batch. */
	static const int batches[] = {3, 69, IMAGES};
	struct yc_net_cfg cfg = *yc_net_config(net);
	size_t nw = yc_net_size(net), image = (size_t)(cfg.side * cfg.side * 3),
	       nx = IMAGES * image;
	yc_real *w = reals(nw), *x = reals(nx), *v = reals(nw), *vx = reals(nx),
		*dw = reals(nw), *dx = reals(nx), *m = reals(nw),
		*z = reals((size_t)(IMAGES * CLASSES));
	int32_t label[IMAGES + 1];
	struct yc_target target = {.label = label, .mixed = label + 1, .rho = 0.5};
	struct yc_exec *exec;

	yc_net_init(net, w, yc_rng_new(0, "init-net"));
	for (size_t i = 0; i < nx; i++) {
		x[i] = (yc_real)hashed(i, 1);
		vx[i] = (yc_real)hashed(i, 3);
	}
	for (size_t i = 0; i < yc_net_learned(net); i++)
		v[i] = (yc_real)hashed(i, 2);
	for (int i = 0; i <= IMAGES; i++)
		label[i] = i % CLASSES;
	assert_int_equal(
		yc_exec_new(&exec, net, IMAGES, threads, YC_EXEC_TANGENT), YC_OK);
	*r = (struct results){
		0, reals(3 * (3 * nw + 2 * nx + (size_t)(IMAGES * CLASSES)))};
	for (int b = 0; b < nbatches; b++) {
		const int n = batches[b];

		for (int step = 0; step < 2; step++) {
			yc_net_gradient(exec, w, x, n, &target, dw, z);
			yc_kern_get()->sgd(w, dw, m, yc_net_learned(net), (yc_real)0.01,
				(yc_real)0.9, (yc_real)5e-4);
			yc_net_track(net, w, dw);
		}
		append(r, w, nw);
		yc_net_forward_train(exec, w, x, n, z, NULL);
		append(r, z, (size_t)(n * CLASSES));
		yc_net_backward(
			exec, w, x, n, &(struct yc_seed){.target = &target}, dw, dx);
		append(r, dw, nw);
		append(r, dx, (size_t)n * image);
		yc_net_tangent(exec, w, v, vx, dw, dx);
		append(r, dw, nw);
		append(r, dx, (size_t)n * image);
	}
	yc_exec_free(exec);
	yc_free(w);
	yc_free(x);
	yc_free(v);
	yc_free(vx);
	yc_free(dw);
	yc_free(dx);
	yc_free(m);
	yc_free(z);
}

/* Images of a batch norm reach each other through sums over shards: any number of threads
 * gives the same bytes. */
static void test_threads(void **state)
{
	static const struct {
		const char *name;
		int side, width, batches;
	} nets[] = {{"resnet10", 8, 8, 3}, {"densenet", 8, 4, 2}};
	static const int threads[] = {1, 2, 5};

	(void)state;
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
		struct yc_net *net =
			make(nets[i].name, nets[i].width, nets[i].side, CLASSES);
		struct results r[3];

		for (int j = 0; j < 3; j++) {
			all_passes(net, threads[j], nets[i].batches, &r[j]);
			assert_int_equal(r[0].n, r[j].n);
			assert_memory_equal(r[0].p, r[j].p, r[0].n * sizeof(yc_real));
		}
		for (int j = 0; j < 3; j++)
			yc_free(r[j].p);
		yc_net_free(net);
	}
}

static void fill(const struct yc_net *net, yc_real *w)
{
	unsigned learned = 0;

	for (int t = 0; t < yc_net_nparams(net); t++) {
		const struct yc_param *p = yc_net_param(net, t);

		learned += !p->state;
		for (size_t k = 0; k < p->count; k++) {
			double q = hashed(k, learned - 1);

			w[yc_net_index(net, t, k)] =
				(yc_real)(p->role == YC_CONV_WEIGHT
						  ? 2 * q / sqrt(p->fan_in)
					  : p->role == YC_DENSE_WEIGHT
						  ? q / sqrt(p->fan_in)
					  : p->role == YC_NORM_GAMMA	? 1 + 0.1 * q
					  : p->role == YC_NORM_VARIANCE ? 1
					  : p->state			? 0
									: 0.1 * q);
		}
	}
}

static void check(const struct net_value *v)
{
	struct yc_net *net = make(v->name, v->width, v->side, CLASSES);
	size_t nw = yc_net_size(net), area = (size_t)(v->side * v->side);
	size_t nx = (size_t)v->n * 3 * area;
	yc_real *w = reals(nw), *dw = reals(nw), *m = reals(nw), *x = reals(nx),
		*after = reals(nw), z[CLASSES];
	int32_t label[BATCH_MAX];
	struct yc_target target = {.label = label, .rho = 1};
	struct yc_exec *exec;

	fill(net, w);
	for (size_t j = 0; j < nx; j++) { /* j = (i*3 + c)*area + pixel */
		size_t i = j / (3 * area), c = j / area % 3, pixel = j % area;

		x[(i * area + pixel) * 3 + c] = (yc_real)(2 * hashed(j, 9999));
	}
	for (int i = 0; i < v->n; i++)
		label[i] = 3 * i % CLASSES;
	/* with room for more images */
	assert_int_equal(yc_exec_new(&exec, net, 2 * v->n, 2, YC_EXEC_GRADIENT), YC_OK);
	close_to(v->name, "loss", VALUE,
		yc_net_gradient(exec, w, x, v->n, &target, dw, NULL), v->loss, 0);
	memcpy(after, w, nw * sizeof *w);
	yc_kern_get()->sgd(after, dw, m, yc_net_learned(net), (yc_real)0.01, (yc_real)0.9,
		(yc_real)5e-4);
	yc_net_track(net, after, dw);
	for (int t = 0; t < yc_net_nparams(net); t++)
		if (yc_net_param(net, t)->counter)
			assert_true(after[yc_net_param(net, t)->at] == 1);
	for (size_t i = 0; i < v->tensors; i++) {
		int t = find(net, v->tensor[i].name);
		size_t count = yc_net_param(net, t)->count;
		const yc_real *of = yc_net_param(net, t)->state ? after : dw;
		double sum = 0;

		for (size_t k = 0; k < count; k++) {
			double g = (double)of[yc_net_index(net, t, k)];

			sum += g * g;
		}
		close_to(v->name, v->tensor[i].name, GRADIENT, sqrt(sum),
			v->tensor[i].norm, 0);
		close_to(v->name, v->tensor[i].name, GRADIENT,
			(double)of[yc_net_index(net, t, 0)], v->tensor[i].first,
			v->tensor[i].norm / sqrt((double)count));
	}
	yc_net_forward(exec, after, x, 1, z, NULL);
	for (int c = 0; c < CLASSES; c++)
		close_to(v->name, "logit", VALUE, (double)z[c], v->logit[c], 0.1);
	yc_exec_free(exec);
	yc_net_free(net);
	yc_free(w);
	yc_free(dw);
	yc_free(m);
	yc_free(after);
	yc_free(x);
}

static void test_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < YC_COUNT(values); i++)
		check(values[i]);
}

/* So wide that maps are transformed once for all passes, of more images than are worked on at
 * once where no pass back follows: forward alone gives the same bytes, and the gradient is that
 * of direct sums. */
static void forward_alone_keeps_nothing(void **state)
{
	enum { N = 8, SIDE = 32 };
	const size_t nx = (size_t)N * 3 * SIDE * SIDE;
	struct yc_net_cfg cfg = {.name = "convnet",
		.width = 72,
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES};
	static const enum yc_precision precision[] = {YC_FP32, YC_EXACT};
	int32_t label[N];
	struct yc_target target = {.label = label, .rho = 1};
	yc_real *x = reals(nx), *dw[2] = {NULL, NULL};
	size_t nw = 0;
	double off = 0, size = 0;

	(void)state;
	for (size_t i = 0; i < nx; i++)
		x[i] = (yc_real)hashed(i, 1);
	for (int i = 0; i < N; i++)
		label[i] = i % CLASSES;
	for (int k = 0; k < 2; k++) {
		struct yc_exec *forward, *gradient;
		yc_real z[N * CLASSES], alone[N * CLASSES], *w;
		struct yc_net *net;

		cfg.precision = precision[k];
		assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
		nw = yc_net_size(net);
		w = reals(nw);
		dw[k] = reals(nw);
		yc_net_init(net, w, yc_rng_new(0, "init-net"));
		assert_int_equal(
			yc_exec_new(&forward, net, N, 1, YC_EXEC_FORWARD), YC_OK);
		assert_int_equal(
			yc_exec_new(&gradient, net, N, 1, YC_EXEC_GRADIENT), YC_OK);
		yc_net_forward(forward, w, x, N, alone, NULL);
		yc_net_gradient(gradient, w, x, N, &target, dw[k], z);
		assert_memory_equal(alone, z, sizeof z);
		yc_exec_free(forward);
		yc_exec_free(gradient);
		yc_net_free(net);
		yc_free(w);
	}
	for (size_t i = 0; i < nw; i++) {
		off += pow((double)dw[0][i] - (double)dw[1][i], 2);
		size += pow((double)dw[1][i], 2);
	}
	if (!(sqrt(off / size) <= 1e-4))
		fail_msg("the gradient is off by %g", sqrt(off / size));
	yc_free(x);
	yc_free(dw[0]);
	yc_free(dw[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(one_channel_of_28_pixels_has_a_border),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(forward_alone_keeps_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

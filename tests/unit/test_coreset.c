/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "CORESETS": rules by hand-made features, and whole runs against features
 * and choices that are computed here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/condense/coreset/coreset.h"
#include "tests/unit/condensing.h"

enum { MOST = 32 };

static const struct yc_coreset_cfg start_random = {.start = "random"},
				   start_mean = {.start = "mean"};

/* Chooses k of n images of d features. */
static void choose(yc_coreset_rule *rule, const struct yc_coreset_cfg *cfg,
	const yc_real *x, int n, int d, int k, uint64_t seed, int32_t *chosen)
{
	double distance[MOST], mean[MOST], sum[MOST];
	int32_t order[MOST], again[MOST];
	bool taken[MOST];
	const struct yc_rng root = yc_rng_new(seed, "coreset");
	struct yc_coreset_class c = {.cfg = cfg,
		.x = x,
		.n = n,
		.d = d,
		.label = 3,
		.root = &root,
		.distance = distance,
		.mean = mean,
		.sum = sum,
		.order = order,
		.taken = taken};

	for (c.threads = 1; c.threads <= 2; c.threads++) {
		memset(taken, 0, sizeof(taken));
		assert_int_equal(rule(&c, k, c.threads == 1 ? chosen : again), YC_OK);
	}
	assert_memory_equal(chosen, again, (size_t)k * sizeof(*chosen));
}

static void herding_keeps_the_mean(void **state)
{
	/* mean (2, 2) */
	static const yc_real x[6][2] = {{0, 0}, {4, 4}, {2, 3}, {0, 4}, {4, 0}, {2, 1}};
	int32_t got[6];

	(void)state;
	choose(yc_choose_herding, &start_random, x[0], 6, 2, 6, 0, got);
	/* (2,2): 2 and 5 are at 1, the first is taken. 2*(2,2)-(2,3) = (2,1) is 5.
	 * Then (2,2) again, from which the four corners are equally far: 0, whose
	 * opposite (4,4) is next, and so on. */
	assert_memory_equal(got, ((const int32_t[]){2, 5, 0, 1, 3, 4}), sizeof(got));
}

/* Image after image, the sums are followed: more of them, at random, and one twice. */
static void herding_chooses_the_nearest_to_what_is_missing(void **state)
{
	enum { N = 30, D = 5 };
	struct yc_rng rng = yc_rng_new(2, "features");
	static yc_real x[N][D];
	double missing[D] = {0}, mean[D] = {0};
	bool used[N] = {false};
	int32_t got[N];

	(void)state;
	for (int i = 0; i < N; i++)
		for (int k = 0; k < D; k++) {
			x[i][k] = i == 17 ? x[4][k] : (yc_real)yc_rng_normal(&rng);
			mean[k] += (double)x[i][k] / N;
		}
	choose(yc_choose_herding, &start_random, x[0], N, D, N, 0, got);
	for (int m = 0; m < N; m++) {
		int best = -1;
		double least = INFINITY;

		for (int k = 0; k < D; k++)
			missing[k] += mean[k];
		for (int i = 0; i < N; i++) {
			double d = 0;

			for (int k = 0; k < D; k++)
				d += pow(missing[k] - (double)x[i][k], 2);
			if (!used[i] && d < least - 1e-9) {
				least = d;
				best = i;
			}
		}
		assert_int_equal(got[m], best);
		used[best] = true;
		for (int k = 0; k < D; k++)
			missing[k] -= (double)x[best][k];
	}
}

static void kcenter_takes_the_farthest(void **state)
{
	/* mean 6.6, which 10 is nearest to */
	static const yc_real x[5] = {0, 1, 2, 10, 20}, same[4] = {7, 7, 7, 7};
	int32_t got[5];
	int seen[5] = {0};

	(void)state;
	/* from 10 both ends are 10 away: the first */
	choose(yc_choose_kcenter, &start_mean, x, 5, 1, 5, 0, got);
	assert_memory_equal(got, ((const int32_t[]){3, 0, 4, 2, 1}), sizeof(got));
	/* images that are alike are still different ones */
	choose(yc_choose_kcenter, &start_mean, same, 4, 1, 4, 0, got);
	assert_memory_equal(got, ((const int32_t[]){0, 1, 2, 3}), 4 * sizeof(*got));
	for (uint64_t seed = 0; seed < 60; seed++) {
		choose(yc_choose_kcenter, &start_random, x, 5, 1, 2, seed, got);
		seen[got[0]]++;
		assert_int_equal(got[1], got[0] < 3 ? 4 : 0);
	}
	for (int i = 0; i < 5; i++)
		assert_true(seen[i] > 2);
}

static void kmeans_takes_the_nearest_to_each_centre(void **state)
{
	/* clusters of means 1 and 11, and of 3 what is nearest to them */
	static const yc_real x[6] = {0, 10, 1.25, 13, 1.75, 10};
	static const yc_real alike[6] = {5, 5, 5, 5, 5, 5};
	int32_t got[4];

	(void)state;
	for (uint64_t seed = 0; seed < 10; seed++) {
		choose(yc_choose_kmeans, &start_random, x, 6, 1, 2, seed, got);
		assert_int_equal(got[0] + got[1], 3);
		assert_int_equal(got[0] * got[1], 2);
		choose(yc_choose_kmeans, &start_random, alike, 6, 1, 4, seed, got);
		for (int i = 0; i < 4; i++)
			for (int k = 0; k < i; k++)
				assert_int_not_equal(got[i], got[k]);
	}
}

static void random_begins_with_the_smaller_set(void **state)
{
	int32_t few[3], many[20];
	int seen[20] = {0}, first[20] = {0};

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		choose(yc_choose_random, &start_random, NULL, 20, 0, 3, seed, few);
		choose(yc_choose_random, &start_random, NULL, 20, 0, 20, seed, many);
		assert_memory_equal(few, many, sizeof(few));
		first[few[0]]++;
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(seen[many[i]]++, 0);
	for (int i = 0; i < 20; i++)
		assert_in_range(first[i], 1, 30);
}

/* ---- whole runs ---- */

enum { CLASSES = 3, SIDE = 8, N = 40, PIXELS = 3 * SIDE * SIDE, IPC = 2, FACTOR = 2 };
enum { TILES = FACTOR * FACTOR, K = IPC * TILES };

/* Class 1 has none. */
static void make_real(struct yc_set *s)
{
	const double mean[3] = {0.4, 0.5, 0.6}, std[3] = {0.2, 0.3, 0.25};
	const uint64_t n = N;
	struct yc_tensor *t;

	condensing_images(s, N, 3, SIDE, CLASSES, mean, std);
	t = yc_set_col(s, "label");
	assert_non_null(t);
	for (int i = 0; i < N; i++)
		((int64_t *)t->data)[i] = i % 3 ? 0 : 2;
	t = yc_set_put(s, "id", YC_I64, 1, &n, NULL);
	assert_non_null(t);
	for (int i = 0; i < N; i++)
		((int64_t *)t->data)[i] = 1000 - i;
}

/* Features of all images, from passes one by one. */
struct oracle {
	struct yc_data data;
	struct yc_rng root;
	yc_real *x; /* [N][d] */
	int d;
};

static void embed_all(struct oracle *o, int epochs)
{
	const struct yc_net_cfg net_cfg = {.name = "convnet",
		.width = 4,
		.depth = 2,
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES,
		.precision = YC_FP32};
	const struct yc_hyper hyper = {.epochs = epochs ? epochs : 1,
		.batch = 7,
		.lr = 0.02,
		.momentum = 0.9,
		.decay = 5e-4,
		.aug = "color_crop_flip",
		.mix_p = 0.5};
	struct yc_trainer t;
	struct yc_net *net;
	struct yc_exec *exec;
	yc_real image[PIXELS];

	assert_int_equal(yc_net_new(&net, &net_cfg), YC_OK);
	assert_int_equal(yc_trainer_new(&t, net, &o->data, &hyper, o->root, 1), YC_OK);
	yc_net_init(net, t.w, yc_rng_fork(&o->root, "init-net", 0));
	if (epochs)
		assert_int_equal(yc_train(&t, NULL, NULL, "oracle"), YC_OK);
	assert_int_equal(yc_exec_new(&exec, net, 1, 1, YC_EXEC_FORWARD), YC_OK);
	o->d = yc_net_embedding(net);
	o->x = yc_calloc((size_t)N * (size_t)o->d, sizeof(*o->x));
	assert_non_null(o->x);
	for (int i = 0; i < N; i++) {
		yc_data_fetch(&o->data, i, image);
		yc_net_forward(
			exec, t.w, image, 1, NULL, o->x + (size_t)i * (size_t)o->d);
	}
	yc_exec_free(exec);
	yc_trainer_release(&t);
	yc_net_free(net);
}

/* Herding of class `label` from all features; the margins of these images are wide. */
static void herd(const struct oracle *o, int label, int32_t *chosen)
{
	double *missing = yc_calloc((size_t)o->d, sizeof(*missing)),
	       *mean = yc_calloc((size_t)o->d, sizeof(*mean));
	bool used[N] = {false};
	int n = 0;

	assert_true(missing && mean);
	for (int i = 0; i < N; i++)
		n += o->data.label[i] == label;
	for (int i = 0; i < N; i++)
		for (int k = 0; k < o->d && o->data.label[i] == label; k++)
			mean[k] += (double)o->x[i * o->d + k] / n;
	for (int m = 0; m < K; m++) {
		double least = INFINITY;

		for (int i = 0; i < N; i++) {
			double d = 0;

			if (used[i] || o->data.label[i] != label)
				continue;
			for (int k = 0; k < o->d; k++)
				d += pow(
					missing[k] + mean[k] - (double)o->x[i * o->d + k],
					2);
			if (d < least) {
				least = d;
				chosen[m] = i;
			}
		}
		used[chosen[m]] = true;
		for (int k = 0; k < o->d; k++)
			missing[k] += mean[k] - (double)o->x[chosen[m] * o->d + k];
	}
	yc_free(missing);
	yc_free(mean);
}

/* Tile k of condensed image m is choice k*IPC + m, reduced, and its source the id. */
static void compare(const struct yc_set *real, const char *features, const char *epochs)
{
	const char *pixels[] = {"factor", "2", "features", "pixels", NULL};
	const char *network[] = {"factor", "2", "width", "4", "depth", "2", "epochs",
		epochs, "batch", "7", "lr", "0.02", "aug", "color_crop_flip", NULL};
	const struct yc_method *m = yc_method_find(yc_condensers, "method", "herding", 7);
	const struct yc_condense_cfg cfg = {.ipc = IPC, .time_limit = NAN};
	struct yc_condense_job job = {.cfg = &cfg, .real = real, .seed = 3, .threads = 2};
	const uint8_t *from = yc_set_col(real, "image")->data;
	struct oracle o = {.root = yc_rng_new(3, "condense")};
	struct yc_set out;
	void *own;

	assert_non_null(m);
	own = condensing_options(m, epochs ? network : pixels);
	if (yc_condense(m, own, &job, &out) < 0)
		fail_msg("%s", yc_errmsg());
	assert_int_equal(yc_data_new(&o.data, real), YC_OK);
	if (epochs) {
		embed_all(&o, atoi(epochs));
	} else {
		o.d = PIXELS;
		o.x = yc_calloc(N * PIXELS, sizeof(*o.x));
		assert_non_null(o.x);
		for (int i = 0; i < N; i++)
			yc_data_fetch(&o.data, i, o.x + i * PIXELS);
	}
	assert_int_equal(out.rows, 2 * IPC);
	assert_int_equal(out.npassthrough, 0);
	for (int c = 0; c < 2; c++) {
		int32_t want[K];

		herd(&o, 2 * c, want);
		for (int i = 0; i < K; i++) {
			int row = c * IPC + i % IPC, k = i / IPC;
			const int64_t *source = yc_set_col(&out, "source")->data;
			const float *image = yc_set_col(&out, "image")->data;

			if (source[row * TILES + k] != 1000 - want[i])
				fail_msg("%s, class %d, choice %d: %d, want %d", features,
					2 * c, i, (int)source[row * TILES + k],
					1000 - want[i]);
			/* the first pixel of the tile, red */
			assert_true(fabs((double)image[row * PIXELS +
						       k / FACTOR * SIDE / 2 * SIDE +
						       k % FACTOR * SIDE / 2] -
					    from[want[i] * PIXELS] / 255.0) < 1e-6);
		}
	}
	yc_free(o.x);
	yc_data_release(&o.data);
	yc_set_release(&out);
	yc_free(own);
}

static void a_run_chooses_by_the_features_asked_for(void **state)
{
	struct yc_set real;

	(void)state;
	make_real(&real);
	compare(&real, "pixels", NULL);
	compare(&real, "untrained network", "0");
	compare(&real, "trained network", "2");
	yc_set_release(&real);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(herding_keeps_the_mean),
		cmocka_unit_test(herding_chooses_the_nearest_to_what_is_missing),
		cmocka_unit_test(kcenter_takes_the_farthest),
		cmocka_unit_test(kmeans_takes_the_nearest_to_each_centre),
		cmocka_unit_test(random_begins_with_the_smaller_set),
		cmocka_unit_test(a_run_chooses_by_the_features_asked_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

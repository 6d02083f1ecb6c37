/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "DC AND DSA": what one update of yc-condense dc and dsa changes, against
 * the slope of a distance that is computed here; and what iterations of several updates
 * change, against loops that are written here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/condense/internal.h"
#include "lib/nn/internal.h"
#include "tests/unit/condensing.h"

enum { CLASSES = 2, IPC = 2, SIDE = 8, N = 14, N_REAL = 5, PIXELS = 3 * SIDE * SIDE };
enum { SYN = CLASSES * IPC, STORED = SYN * PIXELS };

static const double mean[3] = {0.4, 0.5, 0.6}, std[3] = {0.2, 0.3, 0.25};
static const bool exact = sizeof(yc_real) == sizeof(double);

/* Runs a method with the general options of a job. */
static int run(const char *name, const struct yc_condense_cfg *cfg,
	const struct yc_set *real, const char *const *word, struct yc_watch *watch,
	struct yc_set *out)
{
	const struct yc_method *m =
		yc_method_find(yc_condensers, "method", name, strlen(name));
	struct yc_condense_job job = {
		.cfg = cfg, .real = real, .seed = 3, .threads = 2, .watch = watch};
	void *own;
	int status;

	assert_non_null(m);
	own = condensing_options(m, word);
	status = yc_condense(m, own, &job, out);
	yc_free(own);
	return status;
}

/* The images go to s [STORED] in normalised units, and the log's losses to `loss`, one per
 * iteration. */
static void condense(const char *name, const struct yc_set *real, const char *const *word,
	double *s, double *loss)
{
	const struct yc_condense_cfg cfg = {.ipc = IPC, .time_limit = NAN};
	const struct yc_tensor *log;
	struct yc_set out;

	if (run(name, &cfg, real, word, NULL, &out) < 0)
		fail_msg("%s", yc_errmsg());
	assert_int_equal(out.rows, SYN);
	for (size_t i = 0; i < STORED; i++) {
		size_t ch = i / (SIDE * SIDE) % 3;

		s[i] = ((double)((const float *)yc_set_col(&out, "image")->data)[i] -
			       mean[ch]) /
		       std[ch];
	}
	log = yc_record_find(&out.passthrough[0], "condense.loss");
	for (size_t i = 0; i < log->shape[0]; i++)
		loss[i] = (double)((const float *)log->data)[i];
	yc_set_release(&out);
}

/* ---- the distance, from the page ---- */

struct oracle {
	struct yc_data data;
	struct yc_net *net;
	struct yc_exec *exec;
	struct yc_sampler sampler;
	struct yc_aug aug;
	struct yc_rng root;
	yc_real *w, *gr, *gs, *v, *moved;
	yc_real x[N_REAL * PIXELS], dx[N_REAL * PIXELS];
	int32_t batch[CLASSES][N_REAL];
	struct yc_aug_draw draw[CLASSES][YC_AUG_OPS_MAX];
	struct yc_aug_plan plan[CLASSES];
};

/* convnet, or a net whose batch norms keep their state. */
static void open_oracle(struct oracle *o, const struct yc_set *real, const char *strategy,
	const char *name)
{
	const bool frozen = strcmp(name, "convnet") != 0;
	const struct yc_net_cfg cfg = {.name = name,
		.width = 4,
		.depth = frozen ? 0 : 2,
		.channels = 3,
		.side = SIDE,
		.classes = CLASSES,
		.precision = YC_EXACT,
		.frozen = frozen};
	size_t n;

	o->root = yc_rng_new(3, "condense");
	assert_int_equal(yc_data_new(&o->data, real), YC_OK);
	assert_int_equal(yc_net_new(&o->net, &cfg), YC_OK);
	assert_int_equal(
		yc_exec_new(&o->exec, o->net, N_REAL, 1, YC_EXEC_GRADIENT), YC_OK);
	n = yc_net_size(o->net);
	o->w = yc_calloc(n, sizeof(*o->w));
	o->gr = yc_calloc(n, sizeof(*o->gr));
	o->gs = yc_calloc(n, sizeof(*o->gs));
	o->v = yc_calloc(n, sizeof(*o->v));
	o->moved = yc_calloc(n, sizeof(*o->moved));
	assert_true(o->w && o->gr && o->gs && o->v && o->moved);
	yc_net_init(o->net, o->w, yc_rng_fork(&o->root, "init-net", 0));
	assert_int_equal(yc_sampler_new(&o->sampler, &o->data, &o->root), YC_OK);
	assert_int_equal(yc_aug_parse(&o->aug, strategy, SIDE, 3), YC_OK);
	o->aug.one = true;
}

static void close_oracle(struct oracle *o)
{
	yc_sampler_release(&o->sampler);
	yc_exec_free(o->exec);
	yc_net_free(o->net);
	yc_free(o->w);
	yc_free(o->gr);
	yc_free(o->gs);
	yc_free(o->v);
	yc_free(o->moved);
	yc_data_release(&o->data);
}

/* Real images and draws of class step `serial`. */
static void draw_class(struct oracle *o, int c, uint64_t serial)
{
	struct yc_rng aug = yc_rng_fork(&o->root, "aug-shared", serial), none = aug;

	yc_sampler_next(&o->sampler, c, N_REAL, o->batch[c]);
	yc_aug_draw(&o->plan[c], &o->aug, &aug, &none, N_REAL, true, o->draw[c]);
}

/* Image i of the batch from its planar normalised pixels. */
static void put(struct oracle *o, int i, const double *from)
{
	yc_real *x = o->x + i * PIXELS;

	for (int k = 0; k < PIXELS; k++)
		x[k % (SIDE * SIDE) * 3 + k / (SIDE * SIDE)] = (yc_real)from[k];
}

/* The gradient of the mean cross-entropy of the first n images towards class c, which
 * are augmented first. */
static void gradient(struct oracle *o, int c, int n, const yc_real *w, yc_real *dw,
	yc_real *dx, bool augment)
{
	int32_t label[N_REAL];
	const struct yc_target target = {.label = label, .rho = 1};
	const struct yc_seed seed = {.target = &target};
	yc_real tmp[PIXELS];

	for (int i = 0; i < n; i++) {
		label[i] = c;
		if (augment)
			yc_aug_forward(&o->plan[c], i, o->x + i * PIXELS, tmp);
	}
	yc_net_backward(o->exec, w, o->x, n, &seed, dw, dx);
}

/* The gradients of both batches of a class; v: synthetic pixels, planar [STORED]. */
static void gradients(struct oracle *o, int c, const double *v)
{
	for (int i = 0; i < N_REAL; i++)
		yc_data_fetch(&o->data, o->batch[c][i], o->x + i * PIXELS);
	gradient(o, c, N_REAL, o->w, o->gr, NULL, true);
	for (int m = 0; m < IPC; m++)
		put(o, m, v + (c * IPC + m) * PIXELS);
	gradient(o, c, IPC, o->w, o->gs, NULL, true);
}

/* Element k of tensor t, in the order of files, whose first index is the output. */
static double at(const struct oracle *o, const yc_real *g, int t, size_t k)
{
	return (double)g[yc_net_index(o->net, t, k)];
}

/* 1 - <a,b>/(|a||b| + 1e-6) of so many elements from `from` on of a tensor; what of its
 * derivative by b is not infinitesimal is left in o->v. */
static double angle(struct oracle *o, int t, size_t from, size_t n)
{
	double ab = 0, aa = 0, bb = 0, d;

	for (size_t k = from; k < from + n; k++) {
		ab += at(o, o->gr, t, k) * at(o, o->gs, t, k);
		aa += pow(at(o, o->gr, t, k), 2);
		bb += pow(at(o, o->gs, t, k), 2);
	}
	d = sqrt(aa * bb) + 1e-6;
	for (size_t k = from; k < from + n; k++)
		o->v[yc_net_index(o->net, t, k)] =
			(yc_real)(-at(o, o->gr, t, k) / d +
				  ab * sqrt(aa / bb) * at(o, o->gs, t, k) / (d * d));
	return 1 - ab / d;
}

/* The distance of the gradients at hand. */
static double distance(struct oracle *o, const char *metric)
{
	double sum = 0, ab = 0, aa = 0, bb = 0;

	for (int t = 0; t < yc_net_nparams(o->net); t++) {
		const struct yc_param *p = yc_net_param(o->net, t);
		size_t row = p->count / (size_t)p->shape[0];

		for (size_t k = 0; k < p->count; k++) {
			double a = at(o, o->gr, t, k), b = at(o, o->gs, t, k);

			if (!strcmp(metric, "mse"))
				sum += (a - b) * (a - b);
			ab += a * b;
			aa += a * a;
			bb += b * b;
		}
		for (size_t k = 0; k < p->count && p->rank > 1; k += row)
			if (!strcmp(metric, "ours"))
				sum += angle(o, t, k, row);
	}
	return strcmp(metric, "cos") ? sum : 1 - ab / (sqrt(aa * bb) + 1e-6);
}

/* Sum over the classes. */
static double total(struct oracle *o, const char *metric, const double *v)
{
	double sum = 0;

	for (int c = 0; c < CLASSES; c++) {
		gradients(o, c, v);
		sum += distance(o, metric);
	}
	return sum;
}

/* ---- one update ---- */

static void compare(const char *name, const char *metric, const char *strategy)
{
	const double lr = 50, h = 1e-5;
	const char *still[] = {"iterations", "1", "n-real", "5", "width", "4", "depth",
		"2", "precision", "exact", "metric", metric, "outer", "1", "inner", "1",
		"aug", strategy, "init", "noise", "lr-img", "0", NULL};
	const char *moves[YC_COUNT(still)];
	static double s0[STORED], s1[STORED], v[STORED];
	double loss, got, want, most = 0;
	struct oracle o;
	struct yc_set real;

	condensing_images(&real, N, 3, SIDE, CLASSES, mean, std);
	memcpy(moves, still, sizeof(still));
	moves[YC_COUNT(still) - 2] = "50";
	condense(name, &real, still, s0, &loss);
	condense(name, &real, moves, s1, &loss);
	open_oracle(&o, &real, strategy, "convnet");
	for (int c = 0; c < CLASSES; c++)
		draw_class(&o, c, (uint64_t)c);
	for (size_t i = 0; i < STORED; i++) {
		v[i] = s0[i];
		got = fabs(s0[i] - s1[i]) / lr;
		most = got > most ? got : most;
	}
	loss *= CLASSES;
	if (!(fabs(total(&o, metric, v) - loss) < (exact ? 1e-6 : 1e-4) * loss))
		fail_msg("%s, %s, %s: loss %.9g, want %.9g", name, metric, strategy, loss,
			total(&o, metric, v));
	/* Slopes of a gradient need double. */
	for (size_t i = 3; i < STORED && exact; i += 37) {
		double was = v[i], up;

		v[i] = was + h;
		up = total(&o, metric, v);
		v[i] = was - h;
		want = (up - total(&o, metric, v)) / (2 * h);
		v[i] = was;
		got = (s0[i] - s1[i]) / lr;
		if (!(fabs(got - want) < 2e-6 * most))
			fail_msg("%s, %s, %s: pixel %zu: %.9g, slope %.9g (largest %.3g)",
				name, metric, strategy, i, got, want, most);
	}
	close_oracle(&o);
	yc_set_release(&real);
}

static void an_update_descends_the_distance_of_gradients(void **state)
{
	static const char *const metric[] = {"ours", "mse", "cos"};

	(void)state;
	for (size_t m = 0; m < YC_COUNT(metric); m++) {
		compare("dc", metric[m], "none");
		compare("dsa", metric[m], "color");
		compare("dsa", metric[m], "crop_cutout_flip_scale_rotate");
	}
	compare("dsa", "ours", "color_crop_cutout_flip_scale_rotate");
}

/* The state of the oracle's batch norms: statistics of all real images, of which there are
 * fewer than the 16 of a class that are asked for. */
static void settle(struct oracle *o)
{
	struct yc_net_cfg cfg = *yc_net_config(o->net);
	static yc_real x[N * PIXELS];
	int32_t label[N], idx[16];
	const struct yc_target target = {.label = label, .rho = 1};
	size_t learned = yc_net_learned(o->net), nstate = yc_net_size(o->net) - learned;
	struct yc_exec *exec;
	struct yc_net *net;

	cfg.frozen = false;
	assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
	assert_int_equal(yc_exec_new(&exec, net, N, 1, YC_EXEC_GRADIENT), YC_OK);
	for (int i = 0; i < N; i++) {
		yc_data_fetch(&o->data, i, x + i * PIXELS);
		label[i] = o->data.label[i];
	}
	yc_net_gradient(exec, o->w, x, N, &target, o->gr, NULL);
	assert_true(nstate > 0);
	assert_memory_not_equal(o->w + learned, o->gr + learned, nstate * sizeof(*o->w));
	memcpy(o->w + learned, o->gr + learned, nstate * sizeof(*o->w));
	/* They come from the same sampler. */
	for (int c = 0; c < CLASSES; c++)
		assert_int_equal(yc_sampler_next(&o->sampler, c, 16, idx), N / CLASSES);
	yc_exec_free(exec);
	yc_net_free(net);
}

static void batch_norms_have_the_statistics_of_real_images(void **state)
{
	const char *word[] = {"iterations", "1", "n-real", "5", "net", "resnet10",
		"width", "4", "precision", "exact", "outer", "1", "inner", "1", "init",
		"noise", "lr-img", "0", NULL};
	static double v[STORED];
	double loss, want;
	struct oracle o;
	struct yc_set real;

	(void)state;
	condensing_images(&real, N, 3, SIDE, CLASSES, mean, std);
	condense("dc", &real, word, v, &loss);
	open_oracle(&o, &real, "none", "resnet10");
	settle(&o);
	for (int c = 0; c < CLASSES; c++)
		draw_class(&o, c, (uint64_t)c);
	want = total(&o, "ours", v);
	if (!(fabs(want - loss * CLASSES) < (exact ? 1e-6 : 1e-3) * want))
		fail_msg("loss %.9g, want %.9g", loss * CLASSES, want);
	close_oracle(&o);
	yc_set_release(&real);
}

/* ---- iterations of several updates ---- */

#ifdef YC_DOUBLE

/* Of the images of class c at hand, by central differences in the direction o->v of the
 * weights. */
static void image_gradient(struct oracle *o, int c, const double *v, double *grad)
{
	size_t n = yc_net_size(o->net);
	double ww = 0, vv = 0, e;

	for (int m = 0; m < IPC; m++)
		put(o, m, v + (c * IPC + m) * PIXELS);
	for (size_t k = 0; k < n; k++) {
		ww += pow((double)o->w[k], 2);
		vv += pow((double)o->v[k], 2);
	}
	e = 1e-5 * sqrt(ww / vv);
	memset(grad, 0, IPC * PIXELS * sizeof(*grad));
	for (int sign = -1; sign <= 1; sign += 2) {
		for (size_t k = 0; k < n; k++)
			o->moved[k] =
				(yc_real)((double)o->w[k] + sign * e * (double)o->v[k]);
		gradient(o, c, IPC, o->moved, NULL, o->dx, false);
		for (int k = 0; k < IPC * PIXELS; k++) {
			int q = k % PIXELS;

			grad[k] +=
				sign / (2 * e) *
				(double)o->dx[k / PIXELS * PIXELS +
					      q % (SIDE * SIDE) * 3 + q / (SIDE * SIDE)];
		}
	}
}

/* An epoch of the network on all images. */
static void train(struct oracle *o, const double *v, double lr)
{
	int32_t label[SYN];
	const struct yc_target target = {.label = label, .rho = 1};

	for (int i = 0; i < SYN; i++) {
		label[i] = i / IPC;
		put(o, i, v + i * PIXELS);
	}
	yc_net_gradient(o->exec, o->w, o->x, SYN, &target, o->gs, NULL);
	for (size_t k = 0; k < yc_net_size(o->net); k++)
		o->w[k] -= (yc_real)lr * o->gs[k];
}

static void the_network_is_trained_on_the_images_between_updates(void **state)
{
	enum { ITERATIONS = 2, OUTER = 3, INNER = 2 };
	const char *still[] = {"iterations", "1", "n-real", "5", "width", "4", "depth",
		"2", "precision", "exact", "outer", "1", "inner", "1", "lr-img", "0",
		NULL};
	const char *moves[] = {"iterations", "2", "n-real", "5", "width", "4", "depth",
		"2", "precision", "exact", "outer", "3", "inner", "2", "lr-img", "3",
		"net-lr", "0.5", "momentum-img", "0.25", NULL};
	static double v[STORED], momentum[STORED], got[STORED];
	double loss[ITERATIONS], grad[IPC * PIXELS], most = 0, worst = 0;
	struct oracle o;
	struct yc_set real;

	(void)state;
	condensing_images(&real, N, 3, SIDE, CLASSES, mean, std);
	condense("dc", &real, still, v, loss);
	condense("dc", &real, moves, got, loss);
	for (size_t i = 0; i < STORED; i++)
		most = fmax(most, fabs(got[i] - v[i]));
	open_oracle(&o, &real, "none", "convnet");
	for (uint64_t step = 0; step < ITERATIONS * OUTER; step++) {
		double sum = 0;

		if (step % OUTER == 0)
			yc_net_init(o.net, o.w,
				yc_rng_fork(&o.root, "init-net", step / OUTER));
		for (int c = 0; c < CLASSES; c++) {
			double *s = v + c * IPC * PIXELS,
			       *b = momentum + c * IPC * PIXELS;

			draw_class(&o, c, step * CLASSES + (uint64_t)c);
			gradients(&o, c, v);
			sum += distance(&o, "ours") / (CLASSES * OUTER);
			image_gradient(&o, c, v, grad);
			for (int k = 0; k < IPC * PIXELS; k++) {
				b[k] = 0.25 * b[k] + grad[k];
				s[k] -= 3 * b[k];
			}
		}
		loss[step / OUTER] -= sum;
		for (int e = 0; e < INNER && step % OUTER < OUTER - 1; e++)
			train(&o, v, 0.5);
	}
	for (size_t i = 0; i < STORED; i++)
		worst = fmax(worst, fabs(got[i] - v[i]));
	/* Written as floats. */
	if (!(worst < 1e-6 * most))
		fail_msg("images differ by %.3g, they moved by %.3g", worst, most);
	for (int i = 0; i < ITERATIONS; i++)
		assert_true(fabs(loss[i]) < 1e-5);
	close_oracle(&o);
	yc_set_release(&real);
}
#endif

/* Noise is standard normal in normalised pixels, not clamped, and another in each image. */
static void noise_is_standard_normal(void **state)
{
	const char *still[] = {"iterations", "1", "n-real", "5", "width", "4", "depth",
		"2", "outer", "1", "inner", "1", "lr-img", "0", NULL};
	static double s[STORED];
	double loss, sum = 0, squares = 0, least = 0;
	struct yc_set real;

	(void)state;
	condensing_images(&real, N, 3, SIDE, CLASSES, mean, std);
	condense("dc", &real, still, s, &loss);
	for (size_t i = 0; i < STORED; i++) {
		sum += s[i];
		squares += s[i] * s[i];
		least = fmin(least, s[i]);
	}
	/* Three standard errors. */
	assert_true(fabs(sum / STORED) < 3 / sqrt(STORED));
	assert_true(fabs(squares / STORED - 1) < 3 * sqrt(2.0 / STORED));
	assert_true(least < -2.5);
	assert_true(s[0] != s[PIXELS] && s[PIXELS] != s[2 * PIXELS]);
	yc_set_release(&real);
}

/* ---- checkpoints ---- */

struct stopper {
	struct yc_watch watch;
	uint64_t after; /* steps; 0: never */
	uint64_t total;
};

static void tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	struct stopper *s = (struct stopper *)w;

	(void)text;
	assert_string_equal(phase, "steps");
	s->total = total;
	w->stop = s->after && done >= s->after;
}

/* Among the classes, and within and between the epochs of the network, whose last batch is
 * smaller. */
static void a_run_stopped_after_any_step_resumes_to_the_same(void **state)
{
	const char *word[] = {"iterations", "2", "n-real", "3", "width", "2", "depth",
		"1", "outer", "2", "inner", "2", "net-batch", "3", NULL};
	char path[] = "/tmp/test_dc.XXXXXX";
	struct yc_condense_cfg cfg = {
		.ipc = IPC, .time_limit = NAN, .checkpoint_every = 1e9};
	struct stopper s = {.watch = {.tick = tick}};
	struct yc_set real, want, got;

	(void)state;
	condensing_images(&real, N, 3, SIDE, CLASSES, mean, std);
	assert_int_equal(run("dsa", &cfg, &real, word, &s.watch, &want), YC_OK);
	/* Two classes, two epochs of two batches, two classes; twice. */
	assert_int_equal(s.total, 2 * (2 + 2 * 2 + 2));
	assert_true(close(mkstemp(path)) == 0);
	cfg.checkpoint = path;
	for (uint64_t k = 1; k < s.total; k++) {
		unlink(path);
		cfg.resume = false;
		s.after = k;
		assert_int_equal(run("dsa", &cfg, &real, word, &s.watch, &got), YC_FAIL);
		assert_non_null(strstr(yc_errmsg(), "continue with --resume"));
		cfg.resume = true;
		s.after = 0;
		s.watch.stop = 0;
		assert_int_equal(run("dsa", &cfg, &real, word, &s.watch, &got), YC_OK);
		assert_memory_equal(yc_set_col(&got, "image")->data,
			yc_set_col(&want, "image")->data, STORED * sizeof(float));
		assert_memory_equal(
			yc_record_find(&got.passthrough[0], "condense.loss")->data,
			yc_record_find(&want.passthrough[0], "condense.loss")->data,
			2 * sizeof(float));
		yc_set_release(&got);
	}
	unlink(path);
	yc_set_release(&want);
	yc_set_release(&real);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_update_descends_the_distance_of_gradients),
		cmocka_unit_test(batch_norms_have_the_statistics_of_real_images),
#ifdef YC_DOUBLE
		cmocka_unit_test(the_network_is_trained_on_the_images_between_updates),
#endif
		cmocka_unit_test(noise_is_standard_normal),
		cmocka_unit_test(a_run_stopped_after_any_step_resumes_to_the_same),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "KERNEL INDUCING POINTS": what an iteration of yc-condense kip computes,
 * loss, accuracy and the gradients that its checkpoint holds, against a loss that is
 * computed here from the page, pair of pixels by pair of pixels, and its slopes. All of it
 * is in double in every build. */
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
#include "lib/condense/kip/kernel.h"
#include "yc/blas.h"
#include "yc/record.h"
#include "yc/zca.h"
#include "tests/unit/condensing.h"

enum { CLASSES = 3, IPC = 2, N = 15, N_REAL = 3, MOST = 64, CHANNELS = 2 };
enum { SUPPORT = CLASSES * IPC, TARGETS = CLASSES * N_REAL };

static const double mean[CHANNELS] = {0.4, 0.6}, std[CHANNELS] = {0.2, 0.3};

/* ---- the kernel, from the page ---- */

/* Covariances of all pairs of pixels: of x and y, and of each with itself. */
struct maps {
	double k[3][MOST][MOST], t[MOST][MOST];
	int side;
};

static void convolve(double a[MOST][MOST], int side, double bias)
{
	static double out[MOST][MOST];

	memset(out, 0, sizeof(out));
	for (int p = 0; p < side * side; p++)
		for (int q = 0; q < side * side; q++) {
			for (int dy = -1; dy <= 1; dy++)
				for (int dx = -1; dx <= 1; dx++) {
					int py = p / side + dy, px = p % side + dx,
					    qy = q / side + dy, qx = q % side + dx;

					if (py < 0 || px < 0 || qy < 0 || qx < 0 ||
						py >= side || px >= side || qy >= side ||
						qx >= side)
						continue;
					out[p][q] += a[py * side + px][qy * side + qx];
				}
			out[p][q] = 2 * out[p][q] / 9 + bias;
		}
	memcpy(a, out, sizeof(out));
}

static void relu(double k[MOST][MOST], const double *va, const double *vb, int n,
	double t[MOST][MOST])
{
	const double pi = acos(-1);

	for (int p = 0; p < n; p++)
		for (int q = 0; q < n; q++) {
			double s = va[p] * vb[q] - k[p][q] * k[p][q];
			double sigma = s > 1e-15 * va[p] * vb[q] ? sqrt(s) : 0;
			double dot = (pi - atan2(sigma, k[p][q])) / (2 * pi);

			k[p][q] = sigma / (2 * pi) + dot * k[p][q];
			if (t)
				t[p][q] *= dot;
		}
}

static void pool(double a[MOST][MOST], int side)
{
	static double out[MOST][MOST];
	int half = side / 2;

	memset(out, 0, sizeof(out));
	for (int p = 0; p < half * half; p++)
		for (int q = 0; q < half * half; q++)
			for (int u = 0; u < 4; u++)
				for (int v = 0; v < 4; v++)
					out[p][q] += a[(2 * (p / half) + u / 2) * side +
							     2 * (p % half) + u % 2]
						      [(2 * (q / half) + v / 2) * side +
							      2 * (q % half) + v % 2] /
						     16;
	memcpy(a, out, sizeof(out));
}

static void layer(struct maps *m)
{
	int n = m->side * m->side;
	double v[2][MOST];

	for (int i = 0; i < 3; i++)
		convolve(m->k[i], m->side, 0.01);
	convolve(m->t, m->side, 0);
	for (int p = 0; p < n; p++) {
		v[0][p] = m->k[1][p][p];
		v[1][p] = m->k[2][p][p];
		for (int q = 0; q < n; q++)
			m->t[p][q] += m->k[0][p][q];
	}
	relu(m->k[0], v[0], v[1], n, m->t);
	relu(m->k[1], v[0], v[0], n, NULL);
	relu(m->k[2], v[1], v[1], n, NULL);
}

static double dense_kernel(int layers, const double *x, const double *y, size_t pixels)
{
	double k[3] = {0}, t = 0;

	for (size_t i = 0; i < pixels; i++) {
		k[0] += x[i] * y[i] / (double)pixels;
		k[1] += x[i] * x[i] / (double)pixels;
		k[2] += y[i] * y[i] / (double)pixels;
	}
	for (int l = 0;; l++) {
		double one[MOST][MOST], tangent[MOST][MOST];

		for (int i = 0; i < 3; i++)
			k[i] = 2 * k[i] + 0.01;
		t = 2 * t + k[0];
		if (l == layers)
			return t;
		one[0][0] = k[0];
		tangent[0][0] = t;
		relu(one, &k[1], &k[2], 1, tangent);
		k[0] = one[0][0];
		k[1] /= 2;
		k[2] /= 2;
		t = tangent[0][0];
	}
}

static double kernel(
	const struct yc_ntk_net *net, const double *x, const double *y, int side)
{
	static struct maps m;
	int n = side * side;
	double k = 0, t = 0, count;

	if (net->dense)
		return dense_kernel(net->dense, x, y, (size_t)(CHANNELS * n));
	memset(&m, 0, sizeof(m));
	m.side = side;
	for (int p = 0; p < n; p++)
		for (int q = 0; q < n; q++)
			for (int c = 0; c < CHANNELS; c++) {
				m.k[0][p][q] += x[c * n + p] * y[c * n + q] / CHANNELS;
				m.k[1][p][q] += x[c * n + p] * x[c * n + q] / CHANNELS;
				m.k[2][p][q] += y[c * n + p] * y[c * n + q] / CHANNELS;
			}
	for (int s = 0; s < net->stages; s++) {
		for (int c = 0; c < net->stage[s].convs; c++)
			layer(&m);
		if (!net->stage[s].pool)
			continue;
		for (int i = 0; i < 3; i++)
			pool(m.k[i], m.side);
		pool(m.t, m.side);
		m.side /= 2;
	}
	n = m.side * m.side;
	count = net->average ? n * n : n;
	for (int p = 0; p < n; p++)
		for (int q = 0; q < n; q++)
			if (net->average || p == q) {
				k += m.k[0][p][q] / count;
				t += m.t[p][q] / count;
			}
	return 2 * t + 2 * k + 0.01;
}

/* ---- the loss ---- */

struct oracle {
	const struct yc_ntk_net *net;
	int side;
	size_t pixels;
	double ridge, *x, y[SUPPORT * CLASSES], *target;
	int label[TARGETS], right;
};

/* a^-1 b by elimination, in place. */
static void eliminate(double a[SUPPORT][SUPPORT], double b[SUPPORT][CLASSES])
{
	for (int i = 0; i < SUPPORT; i++)
		for (int r = 0; r < SUPPORT; r++) {
			double f = a[r][i] / a[i][i];

			if (r == i)
				continue;
			for (int c = i; c < SUPPORT; c++)
				a[r][c] -= f * a[i][c];
			for (int c = 0; c < CLASSES; c++)
				b[r][c] -= f * b[i][c];
		}
	for (int i = 0; i < SUPPORT; i++)
		for (int c = 0; c < CLASSES; c++)
			b[i][c] /= a[i][i];
}

static double loss_of(struct oracle *o)
{
	double a[SUPPORT][SUPPORT], alpha[SUPPORT][CLASSES], trace = 0, loss = 0;

	for (int i = 0; i < SUPPORT; i++) {
		for (int j = 0; j < SUPPORT; j++)
			a[i][j] = kernel(o->net, o->x + (size_t)i * o->pixels,
				o->x + (size_t)j * o->pixels, o->side);
		trace += a[i][i];
	}
	for (int i = 0; i < SUPPORT; i++)
		a[i][i] += o->ridge * trace / SUPPORT;
	memcpy(alpha, o->y, sizeof(alpha));
	eliminate(a, alpha);
	o->right = 0;
	for (int j = 0; j < TARGETS; j++) {
		double p[CLASSES] = {0};
		int best = 0;

		for (int i = 0; i < SUPPORT; i++) {
			double k = kernel(o->net, o->x + (size_t)i * o->pixels,
				o->target + (size_t)j * o->pixels, o->side);

			for (int c = 0; c < CLASSES; c++)
				p[c] += k * alpha[i][c];
		}
		for (int c = 0; c < CLASSES; c++) {
			double e = p[c] - (o->label[j] == c) + 1.0 / CLASSES;

			loss += e * e / 2 / TARGETS / CLASSES;
			best = p[c] > p[best] ? c : best;
		}
		o->right += best == o->label[j];
	}
	return loss;
}

/* ---- a run ---- */

static char path[64];

/* Runs kip; its last checkpoint is loaded into r. */
static void condense(const struct yc_set *real, const char *const *word,
	struct yc_record *r, struct yc_set *out)
{
	const struct yc_method *m = yc_method_find(yc_condensers, "method", "kip", 3);
	const struct yc_condense_cfg cfg = {.ipc = IPC,
		.time_limit = NAN,
		.checkpoint = path,
		.checkpoint_every = 1e9};
	struct yc_condense_job job = {.cfg = &cfg, .real = real, .seed = 3, .threads = 2};
	void *own;

	assert_non_null(m);
	own = condensing_options(m, word);
	if (yc_condense(m, own, &job, out) < 0 || yc_record_load(r, path, 1 << 24) < 0)
		fail_msg("%s", yc_errmsg());
	(void)unlink(path);
	yc_free(own);
}

static const void *kept(const struct yc_record *r, const char *name)
{
	const struct yc_tensor *t = yc_record_find(r, name);

	assert_non_null(t);
	return t->data;
}

static void open_oracle(
	struct oracle *o, const struct yc_set *real, const struct yc_record *r)
{
	const int32_t *idx = kept(r, "real.batch");
	const double *x = kept(r, "image");
	struct yc_data data;

	assert_int_equal(yc_data_new(&data, real), YC_OK);
	o->pixels = yc_data_image_size(&data);
	o->x = yc_calloc(SUPPORT * o->pixels, sizeof(double));
	o->target = yc_calloc(TARGETS * o->pixels, sizeof(double));
	assert_true(o->x && o->target);
	memcpy(o->x, x, SUPPORT * o->pixels * sizeof(double));
	memcpy(o->y, kept(r, "label"), sizeof(o->y));
	for (int j = 0; j < TARGETS; j++) {
		yc_real image[CHANNELS * MOST];

		yc_data_fetch(&data, idx[j], image);
		o->label[j] = data.label[idx[j]];
		for (size_t i = 0; i < o->pixels; i++)
			o->target[(size_t)j * o->pixels +
				  i % CHANNELS * (o->pixels / CHANNELS) + i / CHANNELS] =
				(double)image[i];
	}
	yc_data_release(&data);
}

static void check_slope(
	struct oracle *o, double *at, double got, double most, const char *what, size_t i)
{
	const double h = 1e-5, was = *at;
	double up, slope;

	*at = was + h;
	up = loss_of(o);
	*at = was - h;
	slope = (up - loss_of(o)) / (2 * h);
	*at = was;
	if (!(fabs(got - slope) <= 1e-7 * most))
		fail_msg("%s: %s %zu: %.10g, slope %.10g (largest %.3g)",
			o->net->method.name, what, i, got, slope, most);
}

static double largest(const double *x, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(x[i]));
	return most;
}

/* A step that moves nothing: its gradients are the first moments of Adam, times 0.1. From
 * noise, since of an image and itself the angle is rounding. */
static void compare(const char *name, int side)
{
	const char *const word[] = {"kernel", name, "iterations", "1", "n-real", "3",
		"lr-img", "0", "lr-label", "0", "learn-labels", "true", "ridge", "0.03",
		"init", "noise", NULL};
	const struct yc_method *net =
		yc_method_find(yc_ntk_nets, "kernel", name, strlen(name));
	struct oracle o = {.side = side, .ridge = 0.03};
	struct yc_record r = {0};
	struct yc_set real, out;
	const double *gx, *gy;
	double most, want;

	assert_non_null(net);
	o.net = (const struct yc_ntk_net *)(const void *)net;
	condensing_images(&real, N, CHANNELS, side, CLASSES, mean, std);
	condense(&real, word, &r, &out);
	open_oracle(&o, &real, &r);
	want = loss_of(&o);
	if (!(fabs(*(const double *)kept(&r, "loss") - want) < 1e-11 * want))
		fail_msg("%s: loss %.12g, want %.12g", name,
			*(const double *)kept(&r, "loss"), want);
	assert_true(fabs(*(const double *)kept(&r, "accuracy") -
			    (double)o.right / TARGETS) < 1e-12);
	assert_memory_equal(
		yc_record_find(&out.passthrough[0], "condense.accuracy")->data,
		&(float){(float)o.right / TARGETS}, sizeof(float));
	gx = kept(&r, "image.adam1");
	gy = kept(&r, "label.adam1");
	most = 10 * largest(gx, SUPPORT * o.pixels);
	for (size_t i = 0; i < SUPPORT * o.pixels; i += 1 + SUPPORT * o.pixels / 12)
		check_slope(&o, &o.x[i], 10 * gx[i], most, "pixel", i);
	most = 10 * largest(gy, SUPPORT * CLASSES);
	for (size_t i = 0; i < SUPPORT * CLASSES; i += 5)
		check_slope(&o, &o.y[i], 10 * gy[i], most, "label", i);
	yc_free(o.x);
	yc_free(o.target);
	yc_set_release(&out);
	yc_set_release(&real);
	yc_record_release(&r);
}

static void a_step_has_the_slopes_of_the_loss(void **state)
{
	(void)state;
	compare("fc1", 5);
	compare("fc3", 4);
	compare("myrtle5", 4);
	compare("conv4", 8);
}

/* With other labels the loss over all batches is larger. */
static void solved_labels_are_the_best(void **state)
{
	const char *const word[] = {"kernel", "fc2", "iterations", "1", "n-real", "3",
		"label-solve", "true", "ridge", "0.03", "init", "noise", NULL};
	struct oracle o = {.side = 4, .ridge = 0.03};
	struct yc_record r = {0};
	struct yc_set real, out;
	double least, *y;

	(void)state;
	o.net = (const struct yc_ntk_net *)(const void *)yc_method_find(
		yc_ntk_nets, "kernel", "fc2", 3);
	condensing_images(&real, N, CHANNELS, o.side, CLASSES, mean, std);
	condense(&real, word, &r, &out);
	open_oracle(&o, &real, &r);
	y = o.y;
	least = loss_of(&o);
	assert_true(fabs(*(const double *)kept(&r, "loss") - least) < 1e-9 * least);
	for (size_t i = 0; i < SUPPORT * CLASSES; i++) {
		check_slope(&o, &y[i], 0, 1, "label", i);
		assert_true((float)y[i] ==
			    ((const float *)yc_set_col(&out, "soft")->data)[i]);
	}
	yc_free(o.x);
	yc_free(o.target);
	yc_set_release(&out);
	yc_set_release(&real);
	yc_record_release(&r);
}

/* Of images whitened by KIP's convention, pixels are written, and what the tools make of
 * them is what the kernel saw; also after steps that spoil mean and length. */
static void whitened_images_come_back(void **state)
{
	const char *const word[] = {
		"kernel", "fc1", "iterations", "3", "n-real", "3", "ridge", "0.03", NULL};
	const struct yc_method *how =
		yc_method_find(yc_whitenings, "whitening", "kip", 3);
	const struct yc_zca_cfg cfg = {.reg = 0.1};
	struct yc_record r = {0};
	struct yc_data data;
	struct yc_zca *z;
	struct yc_set real, out;
	const double *x;
	double sum = 0;

	(void)state;
	assert_non_null(how);
	condensing_images(&real, N, CHANNELS, 4, CLASSES, mean, std);
	assert_int_equal(yc_data_new(&data, &real), YC_OK);
	if (yc_zca_fit(&z, how, &cfg, &data, 2, NULL) < 0 || yc_zca_store(z, &real) < 0)
		fail_msg("%s", yc_errmsg());
	yc_zca_free(z);
	yc_data_release(&data);
	condense(&real, word, &r, &out);
	x = kept(&r, "image");
	assert_non_null(yc_set_col(&out, YC_ZCA_COLUMN));
	if (yc_data_new(&data, &out) < 0)
		fail_msg("%s", yc_errmsg());
	assert_non_null(data.zca);
	for (int i = 0; i < SUPPORT; i++) {
		yc_real image[CHANNELS * 16];

		yc_data_fetch(&data, i, image);
		for (int p = 0; p < CHANNELS * 16; p++) {
			double want =
				x[i * CHANNELS * 16 + p % CHANNELS * 16 + p / CHANNELS];

			sum += want * want / SUPPORT;
			if (!(fabs((double)image[p] - want) < 1e-4))
				fail_msg("image %d, %d: %g, want %g", i, p,
					(double)image[p], want);
		}
	}
	assert_true(sum > 1e-3);
	yc_data_release(&data);
	yc_set_release(&out);
	yc_set_release(&real);
	yc_record_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_has_the_slopes_of_the_loss),
		cmocka_unit_test(solved_labels_are_the_best),
		cmocka_unit_test(whitened_images_come_back),
	};

	if (yc_blas_open(NULL) < 0 || yc_blas_reserve(2) < 0)
		return 1;
	(void)snprintf(path, sizeof(path), "/tmp/yc-test-kip.%ld", (long)getpid());
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "lib/condense/gradmatch/gradmatch.h"

/*
 * Distances between the real gradient x and the synthetic gradient y of one weight
 * tensor, and their derivatives by y: yc-methods(7), "Distance of gradients". Sums are in
 * double: a tensor has up to 10^5 elements, and D is reported to the user.
 */

static double dist_mse(const yc_real *x, const yc_real *y, yc_real *v, size_t rows,
	size_t out, double *scratch)
{
	double sum = 0;

	(void)scratch;
	for (size_t i = 0; i < rows * out; i++) {
		double d = (double)y[i] - (double)x[i];

		sum += d * d;
		v[i] = (yc_real)(2 * d);
	}
	return sum;
}

/* sum |y-x| * scale; the derivative at 0 is 0. */
static double scaled_l1(
	const yc_real *x, const yc_real *y, yc_real *v, size_t n, double scale)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double d = (double)y[i] - (double)x[i];

		sum += fabs(d);
		v[i] = (yc_real)(((d > 0) - (d < 0)) * scale);
	}
	return sum * scale;
}

static double dist_l1(const yc_real *x, const yc_real *y, yc_real *v, size_t rows,
	size_t out, double *scratch)
{
	(void)scratch;
	return scaled_l1(x, y, v, rows * out, 1);
}

/* An output channel has `rows` elements; a sum of means over channels of equal size. */
static double dist_l1_mean(const yc_real *x, const yc_real *y, yc_real *v, size_t rows,
	size_t out, double *scratch)
{
	(void)scratch;
	return scaled_l1(x, y, v, rows * out, 1 / (double)rows);
}

/* Sum over output channels of 1 - <x,y> / (|x||y| + 1e-6). */
static double dist_cos(const yc_real *x, const yc_real *y, yc_real *v, size_t rows,
	size_t out, double *scratch)
{
	double *xy = scratch, *xx = scratch + out, *yy = scratch + 2 * out;
	double sum = 0;

	memset(scratch, 0, 3 * out * sizeof(*scratch));
	for (size_t r = 0; r < rows; r++)
		for (size_t o = 0; o < out; o++) {
			double a = (double)x[r * out + o], b = (double)y[r * out + o];

			xy[o] += a * b;
			xx[o] += a * a;
			yy[o] += b * b;
		}
	/* Now v = xx * x + yy * y, channel by channel. */
	for (size_t o = 0; o < out; o++) {
		double nx = sqrt(xx[o]), ny = sqrt(yy[o]), d = nx * ny + 1e-6;

		sum += 1 - xy[o] / d;
		xx[o] = -1 / d;
		yy[o] = ny > 0 ? xy[o] * nx / (ny * d * d) : 0;
	}
	for (size_t r = 0; r < rows; r++)
		for (size_t o = 0; o < out; o++) {
			size_t i = r * out + o;

			v[i] = (yc_real)(xx[o] * (double)x[i] + yy[o] * (double)y[i]);
		}
	return sum;
}

/* A new distance is its function and one line here. */
#define METRICS(X) \
	X(mse, "summed squares of the differences") \
	X(l1, "summed magnitudes of the differences") \
	X(l1_mean, "mean magnitude of the differences") \
	X(cos, "one minus the cosine, for each output channel")

#define DEFINE(word, text) \
	static const struct yc_metric metric_##word = { \
		.method = {.name = #word, .summary = text}, .dist = dist_##word};
#define ENTRY(word, text) &metric_##word.method,

METRICS(DEFINE)
/* clang-format off */
const struct yc_method *const yc_metrics[] = {METRICS(ENTRY) NULL};
/* clang-format on */

const struct yc_metric *yc_metric_find(const char *name)
{
	return (const struct yc_metric *)yc_method_find(
		yc_metrics, "metric", name, strlen(name));
}

static size_t channels_out(const struct yc_param *p)
{
	return (size_t)p->shape[0];
}

size_t yc_match_scratch(const struct yc_net *net)
{
	size_t most = 0;

	for (int i = 0; i < yc_net_nparams(net); i++) {
		const struct yc_param *p = yc_net_param(net, i);

		if (channels_out(p) > most)
			most = channels_out(p);
	}
	return 3 * most;
}

double yc_match(const struct yc_metric *m, const struct yc_net *net, unsigned also,
	const yc_real *real, const yc_real *syn, yc_real *v, double *scratch)
{
	double sum = 0;

	/* State lies behind all that is learned. */
	if (also & YC_MATCH_WHOLE)
		return m->dist(real, syn, v, yc_net_learned(net), 1, scratch);
	for (int i = 0; i < yc_net_nparams(net); i++) {
		const struct yc_param *p = yc_net_param(net, i);
		size_t out = channels_out(p), rows = p->count / out,
		       end = p->at + p->count;

		if (p->state)
			continue;
		if (p->role == YC_CONV_WEIGHT || (p->rank == 1 && (also & YC_MATCH_BIAS)))
			sum += m->dist(
				real + p->at, syn + p->at, v + p->at, rows, out, scratch);
		/* Stored by output. */
		else if (p->role == YC_DENSE_WEIGHT && (also & YC_MATCH_FC))
			for (size_t at = p->at; at < end; at += rows)
				sum += m->dist(
					real + at, syn + at, v + at, rows, 1, scratch);
	}
	return sum;
}

/* SPDX-License-Identifier: MIT */
/* Kernel ridge regression as an evaluation of a set: yc-eval --kernel. */
#include <math.h>
#include <string.h>

#include "lib/condense/kip/kernel.h"
#include "lib/condense/kip/objective.h"
#include "lib/condense/kip/space.h"
#include "yc/blas.h"
#include "yc/mem.h"
#include "yc/regress.h"

enum { BATCH = 1000 }; /* test images at a time */

struct regress {
	const struct yc_data *train, *test;
	struct yc_ntk *kernel;
	struct yc_ntk_work *work;
	struct yc_ntk_set support, target;
	struct yc_kip problem;
	struct yc_kip_space from, to; /* of both data */
	int32_t *idx;
	int threads;
};

static int32_t *counted(int n)
{
	int32_t *idx = yc_calloc((size_t)n, sizeof(*idx));

	for (int i = 0; idx && i < n; i++)
		idx[i] = i;
	return idx;
}

static int begin(struct regress *r, const struct yc_regress_cfg *cfg)
{
	const struct yc_method *net =
		yc_method_find(yc_ntk_nets, "kernel", cfg->kernel, strlen(cfg->kernel));
	const struct yc_data *d = r->train;
	int n = d->n, t = r->test->n < BATCH ? r->test->n : BATCH, most = n > t ? n : t;
	int status = net ? yc_blas_open(NULL) : YC_USAGE;

	if (!status)
		status = yc_blas_reserve(r->threads);
	if (!status)
		status = yc_ntk_new(&r->kernel,
			(const struct yc_ntk_net *)(const void *)net, cfg->nngp,
			d->channels, d->side);
	if (!status)
		status = yc_ntk_set_new(&r->support, r->kernel, n);
	if (!status)
		status = yc_ntk_set_new(&r->target, r->kernel, t);
	if (!status)
		status = yc_ntk_work_new(&r->work, r->kernel, yc_ntk_group(r->kernel, n),
			most, r->threads);
	if (!status)
		status = yc_kip_new(&r->problem, n, t, d->classes, cfg->ridge);
	if (!status)
		status = yc_kip_space_new(&r->from, d, 1, r->threads);
	if (!status)
		status = yc_kip_space_new(&r->to, r->test, 1, r->threads);
	r->idx = status ? NULL : counted(most > r->test->n ? most : r->test->n);
	return status ? status : r->idx ? YC_OK : YC_FAIL;
}

static void end(struct regress *r)
{
	yc_free(r->idx);
	yc_kip_space_release(&r->from);
	yc_kip_space_release(&r->to);
	yc_kip_release(&r->problem);
	yc_ntk_work_free(r->work);
	yc_ntk_set_release(&r->support);
	yc_ntk_set_release(&r->target);
	yc_ntk_free(r->kernel);
}

/* ---- labels ---- */

static int check_soft(const struct yc_tensor *soft, int classes)
{
	const float *y = soft->data;

	if (soft->dtype != YC_F32 || soft->rank != 2 ||
		soft->shape[1] != (uint64_t)classes)
		return yc_fail(YC_FAIL,
			"column 'soft' is not F32 [rows,%d]: --hard-labels fits the "
			"classes instead",
			classes);
	for (uint64_t i = 0; i < soft->shape[0] * soft->shape[1]; i++)
		if (!isfinite(y[i]))
			return yc_fail(YC_FAIL, "row %llu: a soft label is not finite",
				(unsigned long long)(i / soft->shape[1]));
	return YC_OK;
}

/* Rows of probabilities add up to 1, centred ones to about 0. */
static double centre_of(const float *y, int classes)
{
	double sum = 0;

	for (int c = 0; c < classes; c++)
		sum += (double)y[c];
	return fabs(sum - 1) < 0.01 ? 1.0 / classes : 0;
}

static int fill_labels(struct regress *r, const struct yc_tensor *soft)
{
	int classes = r->problem.classes, status = YC_OK;

	if (soft)
		status = check_soft(soft, classes);
	for (int i = 0; !status && i < r->train->n; i++) {
		double *y = r->problem.y + (size_t)i * (size_t)classes;
		const float *row =
			soft ? (const float *)soft->data + r->train->row[i] * classes
			     : NULL;
		double centre = row ? centre_of(row, classes) : 1.0 / classes;

		for (int c = 0; c < classes; c++)
			y[c] = (row ? (double)row[c] : r->train->label[i] == c) - centre;
	}
	return status;
}

/* ---- fit and predict ---- */

static void fit(struct regress *r)
{
	struct yc_kip *p = &r->problem;
	int group = yc_ntk_group(r->kernel, p->n);

	yc_kip_space_load(&r->from, r->idx, p->n, r->support.x);
	yc_ntk_self(r->work, &r->support);
	for (int row = 0; row < p->n; row += group)
		yc_ntk_forward(r->work, &r->support, row, group, &r->support, row + group,
			p->kss + (size_t)row * (size_t)p->n, (size_t)p->n);
}

/* Test images first..first+n-1; *right and *error are added to. */
static int predict(
	struct regress *r, int first, int n, int32_t *pred, int *right, double *error)
{
	struct yc_kip *p = &r->problem;
	int group = yc_ntk_group(r->kernel, p->n), status;

	p->t = r->target.n = n;
	yc_kip_space_load(&r->to, r->idx + first, n, r->target.x);
	yc_ntk_self(r->work, &r->target);
	for (int row = 0; row < p->n; row += group)
		yc_ntk_forward(r->work, &r->support, row, group, &r->target, n,
			p->kst + (size_t)row * (size_t)n, (size_t)n);
	for (int j = 0; j < n; j++)
		for (int c = 0; c < p->classes; c++)
			p->yt[j * p->classes + c] =
				(r->test->label[first + j] == c) - 1.0 / p->classes;
	status = yc_kip_solve(p);
	for (int j = 0; !status && j < n; j++) {
		const double *miss = p->p + j * p->classes, *y = p->yt + j * p->classes;
		const double scale = (double)n * p->classes;
		int best = 0;

		for (int c = 1; c < p->classes; c++)
			if (scale * miss[c] + y[c] > scale * miss[best] + y[best])
				best = c;
		*right += best == r->test->label[first + j];
		if (pred)
			pred[first + j] = best;
	}
	*error += p->loss * n;
	return status;
}

int yc_regress(const struct yc_regress_cfg *cfg, const struct yc_set *set,
	const struct yc_data *train, const struct yc_data *test, int threads,
	int32_t *pred, struct yc_eval_sum *sum,
	void (*done)(void *ctx, const struct yc_eval_run *run), void *ctx,
	struct yc_watch *watch)
{
	struct regress r = {.train = train, .test = test, .threads = threads};
	double start = watch && watch->now ? watch->now(watch) : 0, error = 0;
	struct yc_eval_run run = {0};
	int right = 0, status = begin(&r, cfg);

	if (!status)
		status = fill_labels(
			&r, cfg->hard_labels ? NULL : yc_set_col(set, "soft"));
	if (!status)
		fit(&r);
	for (int first = 0; !status && first < test->n; first += BATCH) {
		int n = test->n - first < BATCH ? test->n - first : BATCH;

		status = yc_watch_stopped(watch)
				 ? yc_fail(YC_FAIL, "interrupted")
				 : predict(&r, first, n, pred, &right, &error);
		yc_watch_tick(watch, "test images", (uint64_t)(first + n),
			(uint64_t)test->n, NULL);
	}
	end(&r);
	if (status)
		return status;
	run.best = run.last = (double)right / test->n;
	run.seconds = watch && watch->now ? watch->now(watch) - start : 0;
	yc_watch_measured(watch, "test",
		(const struct yc_measure[]){{.name = "accuracy", .value = run.best},
			{.name = "loss", .value = error / test->n}},
		2);
	*sum = (struct yc_eval_sum){
		.best = run.best, .last = run.last, .seconds = run.seconds};
	done(ctx, &run);
	return YC_OK;
}

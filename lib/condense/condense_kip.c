/* SPDX-License-Identifier: MIT */
/*
 * KIP, "Dataset Meta-Learning from Kernel Ridge-Regression" (ICLR 2021) and "Dataset
 * Distillation with Infinitely Wide Convolutional Networks" (NeurIPS 2021): kernel ridge
 * regression on the condensed images, with the kernel of an infinitely wide network, is to
 * predict real ones; yc-methods(7), "KERNEL INDUCING POINTS". The kernels are in
 * kip/kernel.h, the loss in kip/objective.h, the steps in kip/step.c.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/kip/kip.h"
#include "yc/blas.h"
#include "yc/names.h"
#include "yc/zca.h"

enum { TARGETS = 5000 }; /* of the published batch */

#define ROW(field, ...) YC_OPT(struct yc_kip_cfg, field, __VA_ARGS__)

static const struct yc_opt opts[] = {
	ROW(iterations, .name = "iterations", .arg = "n", .max = 1e6,
		.auto_help = "1000, or one pass with --label-solve",
		.help = "iterations, each with a new batch of real images"),
	ROW(kernel, .name = "kernel", .table = yc_ntk_nets, .unit = YC_CHOICE,
		.def = "conv4", .help = "network of infinite width"),
	ROW(nngp, .name = "nngp",
		.help = "its kernel where only the last layer learns, not NTK"),
	ROW(n_real, .name = "n-real", .arg = "n", .max = YC_BATCH_MAX,
		.auto_help = "5000 over the number of classes",
		.help = "real images per class in a batch"),
	ROW(init, .name = "init", .arg = "real|noise", .unit = YC_CHOICE,
		.auto_help = "real",
		.help = "start from real images drawn at random, or from noise"),
	YC_INIT_FROM_ROW(struct yc_kip_cfg, init_from),
	ROW(ridge, .name = "ridge", .arg = "x", .def = "1e-6", .min = 0, .max = 1e6,
		.help = "what is added to the diagonal of the kernel, as a part of its "
			"mean"),
	ROW(lr_img, .name = "lr-img", .arg = "x", .def = "0.04", .min = 0, .max = 1e6,
		.help = "learning rate of the images, of what the kernel sees"),
	ROW(learn_labels, .name = "learn-labels", .help = "learn the labels, too"),
	ROW(lr_label, .name = "lr-label", .arg = "x", .def = "0.04", .min = 0, .max = 1e6,
		.help = "learning rate of the labels"),
	ROW(label_solve, .name = "label-solve",
		.help = "keep the images, and solve for the best labels"),
};

static uint32_t targets_per_class(const struct yc_data *d)
{
	uint32_t n = TARGETS / (uint32_t)d->classes;

	return n ? n : 1;
}

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	struct yc_kip_cfg *c = cfg;
	const struct yc_data *d = job->data;
	uint32_t batch;
	int status = yc_init_resolve(&c->init, &c->init_from, 0, job->real, "real");

	if (status)
		return status;
	if (c->learn_labels && c->label_solve)
		return yc_fail(YC_USAGE,
			"--learn-labels and --label-solve are mutually exclusive");
	c->n_real = c->n_real ? c->n_real : targets_per_class(d);
	batch = c->n_real * (uint32_t)d->classes;
	if (!c->iterations)
		c->iterations =
			c->label_solve ? ((uint32_t)d->n + batch - 1) / batch : 1000;
	return yc_images_n_real(job, &c->n_real);
}

/* ---- begin ---- */

static int make_images(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	struct yc_kip_cfg *c = run->cfg;
	const struct yc_data *d = run->job->data;
	struct yc_synth_cfg synth = {.ipc = (int)run->job->cfg->ipc,
		.channels = d->channels,
		.side = d->side,
		.factor = 1,
		.labels = d->classes,
		.syn_max = INT_MAX};
	int n, status = yc_sampler_new(&g->sampler, d, &run->root);

	if (status)
		return status;
	synth.classes = g->sampler.classes;
	synth.label = g->sampler.label;
	status = yc_synth_new(&g->synth, &synth);
	if (status)
		return status;
	return c->init_from.file ? yc_init_from_file(&c->init_from, &g->synth, run->job,
					   &g->init_head)
				 : yc_synth_init_needs(&g->synth,
					   strcmp(c->init, "noise") ? "random" : "noise",
					   &g->sampler, &n);
}

static int make_kernel(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	const struct yc_data *d = run->job->data;
	const struct yc_method *net = yc_method_find(
		yc_ntk_nets, "kernel", g->cfg->kernel, strlen(g->cfg->kernel));
	int status;

	if (!net)
		return YC_USAGE;
	status = yc_blas_open(NULL);
	if (!status)
		status = yc_blas_reserve(run->job->threads);
	if (!status)
		status = yc_ntk_new(&g->kernel,
			(const struct yc_ntk_net *)(const void *)net, g->cfg->nngp,
			d->channels, d->side);
	return status;
}

static int allocate(double **p, size_t n, size_t of)
{
	*p = yc_calloc(yc_size_mul(n, of), sizeof(**p));
	return *p ? YC_OK : YC_FAIL;
}

static int make_problem(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	const struct yc_data *d = run->job->data;
	const struct yc_ntk *k = g->kernel;
	int n = (int)g->synth.images, t = 0, others, threads = run->job->threads, status;
	size_t nn = (size_t)n, labels = yc_size_mul(nn, (size_t)d->classes);

	for (int c = 0; c < g->sampler.classes; c++) {
		int count = yc_sampler_count(&g->sampler, c);

		t += count < (int)g->cfg->n_real ? count : (int)g->cfg->n_real;
	}
	others = t > n ? t : n;
	g->group = yc_ntk_group(k, n);
	g->groups = n / g->group;
	status = yc_kip_new(&g->problem, n, t, d->classes, g->cfg->ridge);
	if (!status)
		status = yc_ntk_set_new(&g->support, k, n);
	if (!status)
		status = yc_ntk_set_new(&g->target, k, t);
	if (!status)
		status = yc_ntk_work_new(&g->work, k, g->group, others, threads);
	if (status || allocate(&g->gx, nn, k->pixels) ||
		allocate(&g->gv, (size_t)g->group, k->nv) ||
		allocate(&g->g_pair, (size_t)g->group, nn) ||
		allocate(&g->g_own, (size_t)g->group, 1) ||
		allocate(&g->mx, nn, k->pixels) || allocate(&g->vx, nn, k->pixels) ||
		allocate(&g->my, labels, 1) || allocate(&g->vy, labels, 1))
		return YC_FAIL;
	g->idx = yc_calloc((size_t)t, sizeof(*g->idx));
	/* Kernels and labels are registered. */
	run->bytes = yc_kip_bytes(n, t, d->classes) -
		     (nn * (nn + (size_t)t) + labels) * sizeof(double) +
		     yc_ntk_set_bytes(k, t) + nn * (k->nv + 1) * sizeof(double) +
		     yc_ntk_work_bytes(k, g->group, others, threads);
	return g->idx ? YC_OK : YC_FAIL;
}

static int check(void *ctx)
{
	const struct yc_run *run = ctx;
	const struct yc_kip_run *g = run->state;
	bool sane = true;

	for (int j = 0; sane && j < g->problem.t; j++)
		sane = g->idx[j] >= 0 && g->idx[j] < run->job->data->n;
	return sane ? YC_OK : yc_checkpoint_damaged();
}

static void keep_all(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	struct yc_kip *p = &g->problem;
	uint64_t n = (uint64_t)p->n, pixels = n * g->kernel->pixels,
		 labels = n * (uint64_t)p->classes;

	yc_sampler_keep(&g->sampler, run);
	yc_run_keep(run, "loss", YC_F64, &g->loss, 1);
	yc_run_keep(run, "accuracy", YC_F64, &g->accuracy, 1);
	yc_run_keep(run, "real.batch", YC_I32, g->idx, (uint64_t)p->t);
	yc_run_check(run, check, run);
	yc_run_keep(run, "image", YC_F64, g->support.x, pixels);
	if (g->space.row)
		yc_run_keep(run, "image." YC_ZCA_COLUMN, YC_F32, g->space.row, 2 * n);
	yc_run_keep(run, "label", YC_F64, p->y, labels);
	yc_run_keep(run, "kernel.images", YC_F64, p->kss, n * n);
	yc_run_keep(run, "kernel.real", YC_F64, p->kst, n * (uint64_t)p->t);
	if (g->cfg->label_solve) {
		yc_run_keep(run, "normal", YC_F64, p->normal, n * n);
		yc_run_keep(run, "right", YC_F64, p->right, labels);
		return;
	}
	yc_run_keep(run, "image.gradient", YC_F64, g->gx, pixels);
	yc_run_keep(run, "image.adam1", YC_F64, g->mx, pixels);
	yc_run_keep(run, "image.adam2", YC_F64, g->vx, pixels);
	if (!g->cfg->learn_labels)
		return;
	yc_run_keep(run, "label.adam1", YC_F64, g->my, labels);
	yc_run_keep(run, "label.adam2", YC_F64, g->vy, labels);
}

enum { PAIRS, SELF }; /* kinds of cost */

static void tell_costs(struct yc_run *run)
{
	const struct yc_kip_run *g = run->state;
	struct yc_cost pairs = {.kind = PAIRS,
			       .units = g->groups,
			       .parts = run->parts,
			       .images = g->problem.t,
			       .options = {"n-real"}},
		       self = {.kind = SELF,
			       .units = 1,
			       .images = g->problem.t,
			       .options = {"n-real"}};

	yc_run_cost(run, &pairs);
	yc_run_cost(run, &self);
	/* Pairs of condensed images. */
	pairs.images = g->problem.n;
	pairs.options[0] = NULL;
	yc_run_cost(run, &pairs);
}

static int begin(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	int status;

	g->cfg = run->cfg;
	status = make_images(run);
	if (!status)
		status = make_kernel(run);
	if (!status)
		status = make_problem(run);
	if (!status)
		status = yc_kip_space_new(
			&g->space, run->job->data, g->problem.n, run->job->threads);
	if (status)
		return status;
	run->bytes += yc_kip_space_bytes(&g->space);
	status = yc_run_divide(run, g->groups);
	if (status)
		return status;
	/* By turns, so that ranks are never more than a group apart. */
	for (int i = 0; run->ranks && i < g->groups; i++)
		run->owner[i] = i % run->ranks->count;
	run->apart = 10;
	run->units = (uint64_t)(g->cfg->label_solve ? g->groups + 1 : 2 * g->groups);
	run->phase = "steps";
	if (!g->cfg->label_solve) {
		run->published = 1000;
		snprintf(run->published_text, sizeof(run->published_text),
			"1000 iterations");
	}
	keep_all(run);
	yc_run_log_each(run, "condense.accuracy", &g->accuracy);
	tell_costs(run);
	return YC_OK;
}

static int fresh(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	struct yc_kip *p = &g->problem;
	const struct yc_init start = {
		.init = g->cfg->init && !strcmp(g->cfg->init, "noise") ? "noise"
								       : "random",
		.random = true,
		.job = run->job,
		.sampler = &g->sampler,
		.root = &run->root};
	int status = YC_OK, ipc = g->synth.cfg.ipc;

	if (!g->cfg->init_from.file)
		status = yc_init_from_real(&start, &g->synth);
	if (status)
		return status;
	status = yc_kip_space_enter(&g->space, g->synth.s, g->support.x);
	for (int i = 0; i < p->n; i++)
		for (int c = 0; c < p->classes; c++)
			p->y[i * p->classes + c] =
				(yc_synth_label(&g->synth, i / ipc) == c) -
				1.0 / p->classes;
	return status;
}

/* ---- results, estimates ---- */

static int put(struct yc_set *out, const char *name, uint64_t columns, const float *data)
{
	const uint64_t shape[2] = {out->rows, columns};

	return yc_set_put(out, name, YC_F32, 2, shape, data) ? YC_OK : YC_FAIL;
}

/* Labels that are not those of the classes. */
static int put_labels(const struct yc_kip *p, struct yc_set *out)
{
	int status = put(out, "soft", (uint64_t)p->classes, NULL);
	float *soft = status ? NULL : yc_set_col(out, "soft")->data;

	for (size_t i = 0; soft && i < (size_t)p->n * (size_t)p->classes; i++)
		soft[i] = (float)p->y[i];
	return status;
}

static int result(struct yc_run *run, struct yc_set *out)
{
	struct yc_kip_run *g = run->state;
	int status;

	out->head.factor = 1;
	status = yc_kip_space_leave(&g->space, g->support.x, g->synth.s);
	if (!status)
		status = yc_synth_store(&g->synth, out);
	if (!status && g->space.row)
		status = put(out, YC_ZCA_COLUMN, 2, g->space.row);
	if (!status && (g->cfg->learn_labels || g->cfg->label_solve))
		status = put_labels(&g->problem, out);
	return status ? status : yc_init_history(&g->cfg->init_from, &g->init_head, out);
}

/* The time does not depend on values: variances of 1. A resumed run has its images already,
 * so real ones stand for them. */
static int trial(struct yc_run *run, int kind, int images)
{
	struct yc_kip_run *g = run->state;
	const struct yc_ntk *k = g->kernel;
	struct yc_ntk_set few = g->target;
	int rows = g->group < few.n ? g->group : few.n;
	size_t t = (size_t)g->problem.t;
	double *gx;

	few.n = images < few.n ? images : few.n;
	if (kind == SELF) {
		yc_ntk_self(g->work, &few);
		return YC_OK;
	}
	gx = yc_calloc(yc_size_mul((size_t)rows, k->pixels), sizeof(*gx));
	if (!gx)
		return YC_FAIL;
	for (size_t i = 0; i < (size_t)g->target.n * k->nv; i++)
		few.v[i] = 1;
	yc_ntk_forward(g->work, &few, 0, rows, &few, few.n, g->problem.gst, t);
	if (!g->cfg->label_solve)
		yc_ntk_backward(g->work, &few, 0, rows, &few, few.n, g->problem.gst, t,
			gx, g->gv);
	yc_free(gx);
	return YC_OK;
}

static void end(struct yc_run *run)
{
	struct yc_kip_run *g = run->state;
	double *const own[] = {
		g->gx, g->gv, g->g_pair, g->g_own, g->mx, g->vx, g->my, g->vy};

	for (size_t i = 0; i < YC_COUNT(own); i++)
		yc_free(own[i]);
	yc_free(g->idx);
	yc_meta_release(&g->init_head);
	yc_kip_release(&g->problem);
	yc_kip_space_release(&g->space);
	yc_ntk_work_free(g->work);
	yc_ntk_set_release(&g->support);
	yc_ntk_set_release(&g->target);
	yc_ntk_free(g->kernel);
	yc_synth_release(&g->synth);
	yc_sampler_release(&g->sampler);
}

const struct yc_condenser yc_condense_kip = {
	.method = {.name = "kip",
		.summary = "fit real images by kernel regression on the condensed ones, "
			   "with kernels of infinitely wide networks",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_kip_cfg)},
	.iterations = offsetof(struct yc_kip_cfg, iterations),
	.iteration = "iteration",
	.whitens = true,
	.smaller = "a cheaper kernel may (--kernel fc3)",
	.size = sizeof(struct yc_kip_run),
	.resolve = resolve,
	.begin = begin,
	.fresh = fresh,
	.step = yc_kip_step,
	.share = yc_kip_share,
	.result = result,
	.trial = trial,
	.end = end,
};

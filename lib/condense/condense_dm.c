/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/internal.h"

/*
 * DM, "Dataset Condensation with Distribution Matching" (WACV 2023): under networks that
 * are not trained here, another one in every iteration, the mean embedding of the synthetic
 * images of a class is matched to that of real ones; yc-methods(7), "DISTRIBUTION
 * MATCHING". For class c, with psi the embedding and a the common augmentation,
 *
 *   d = mean over S_c of psi(a(s)) - mean over R of psi(a(r))       loss = sum_c |d|^2
 *   dloss/dpsi = 2 d / |S_c|, of every synthetic image
 *   B_c = momentum B_c + dloss/dS_c        S_c = S_c - lr B_c
 *
 * The published code takes steps on normalised pixels. Ours are stored in 0..1, so the
 * gradient is converted to the equivalent change there (YC_PIXELS_NORMALISED). Classes
 * share nothing but the network, so each is updated as soon as its gradient is known: a
 * step of the run is a class.
 */

struct cfg {
	uint32_t iterations, n_real, factor, width, depth;
	double lr_img, momentum_img;
	const char *init, *aug, *net, *precision, *embed;
	struct yc_init_from init_from;
	/* A path; `begin` replaces it by the digest of the networks. */
	const char *pretrained;
	char digest[YC_DIGEST_TEXT];
	bool aug_all;
};

#define ROW(field, ...) YC_OPT(struct cfg, field, __VA_ARGS__)

static const struct yc_opt opts[] = {
	ROW(iterations, .name = "iterations", .arg = "n", .min = 1, .max = 1e6,
		.auto_help = "20000, or 1000 of a condensed set",
		.help = "iterations, each with a new network"),
	ROW(n_real, .name = "n-real", .arg = "n", .def = "256", .min = 1,
		.max = YC_BATCH_MAX, .help = "real images per class in a batch"),
	ROW(factor, .name = "factor", .arg = "n", .min = 1, .max = 64,
		.auto_help = YC_FACTOR_BY_SET,
		.help = "tiles per side of a condensed image"),
	YC_INIT_ROW(struct cfg, init, "real"),
	YC_INIT_FROM_ROW(struct cfg, init_from),
	ROW(lr_img, .name = "lr-img", .arg = "x", .min = 0, .max = 1e6,
		.auto_help = "1, or 10 from IPC 100 on with up to 10 classes",
		.help = "learning rate of the pixels, in units of normalised ones"),
	ROW(momentum_img, .name = "momentum-img", .arg = "x", .def = "0.5", .min = 0,
		.max = 1, .help = "momentum of the pixels"),
	ROW(aug, .name = "aug", .arg = "strategy",
		.def = "color_crop_cutout_flip_scale_rotate",
		.help = "augmentation of both batches, with common draws"),
	ROW(aug_all, .name = "aug-all",
		.help = "apply all that the strategy names, not one of it per batch"),
	ROW(net, .name = "net", .table = yc_archs, .unit = YC_CHOICE,
		.auto_help = YC_NET_BY_SIDE,
		.help = "network; with batch norm only if pretrained"),
	ROW(width, .name = "width", .arg = "n", .max = YC_WIDTH_MAX,
		.auto_help = "the network's own", .help = "channels of the network"),
	ROW(depth, .name = "depth", .arg = "n", .max = YC_DEPTH_MAX,
		.auto_help = "the network's own", .help = "blocks of the network"),
	YC_PRECISION_ROW(struct cfg, precision),
	ROW(embed, .name = "embed", .arg = "layer", .auto_help = "before the last layer",
		.help = "match the output of this layer: the number of a block, or a "
			"name"),
	ROW(pretrained, .name = "pretrained", .arg = "file", .unit = YC_READS,
		.help = "draw the network of an iteration from this stream of yc-train"),
};

/* Iterations of the published code, and of condensed images, which are few. */
enum { published = 20000, again = 1000 };

struct dm {
	const struct cfg *cfg;
	struct yc_net *net;
	struct yc_images images;
	struct yc_class_batch batch;
	struct yc_exec *real, *syn;
	struct yc_pretrained pretrained; /* n 0: networks are drawn anew */
	yc_real *w, *embed, *dembed; /* [size], [most images][e], [synthetic images][e] */
	double *mean;		     /* [e] */
	uint64_t network; /* w is the network of iteration network-1; 0: none */
	double loss;	  /* registered: sum over the classes so far */
};

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	struct cfg *c = cfg;
	int status = yc_init_resolve_whole(
		&c->init, &c->init_from, &c->factor, job->real, "real");

	if (status)
		return status;
	if (!c->iterations)
		c->iterations = yc_images_condensed(job->real) ? again : published;
	c->net = c->net ? c->net : yc_net_by_side(job->data->side);
	if (isnan(c->lr_img))
		c->lr_img = job->cfg->ipc >= 100 && job->data->classes <= 10 ? 10 : 1;
	return yc_images_n_real(job, &c->n_real);
}

/* Batch norms of pretrained networks use their running statistics. */
static int make_net(struct yc_run *run)
{
	struct dm *g = run->state;
	struct cfg *c = run->cfg;
	struct yc_net_cfg cfg =
		yc_images_net_cfg(run, c->net, c->width, c->depth, c->precision);
	int status;

	cfg.frozen = c->pretrained != NULL;
	cfg.embed = c->embed;
	status = yc_net_new(&g->net, &cfg);
	if (status)
		return status;
	if (c->pretrained) {
		status = yc_pretrained_read(
			&g->pretrained, &c->pretrained, c->digest, g->net, run->job);
		run->bytes +=
			(size_t)g->pretrained.n * yc_net_size(g->net) * sizeof(yc_real);
	} else if (yc_net_size(g->net) != yc_net_learned(g->net))
		status = yc_fail(YC_USAGE,
			"dm embeds one class at a time, and the batch norms of %s would "
			"take their statistics from that: --net convnet or resnet10ap, "
			"or --pretrained networks",
			c->net);
	return status;
}

static int make_buffers(struct yc_run *run)
{
	struct dm *g = run->state;
	int n = (int)g->cfg->n_real, syn = g->images.synth.batch,
	    most = n > syn ? n : syn, threads = run->job->threads, status;
	size_t e = (size_t)yc_net_embedding(g->net);

	g->w = yc_calloc(yc_net_size(g->net), sizeof(*g->w));
	g->embed = yc_calloc(yc_size_mul((size_t)most, e), sizeof(*g->embed));
	g->dembed = yc_calloc(yc_size_mul((size_t)syn, e), sizeof(*g->dembed));
	g->mean = yc_calloc(e, sizeof(*g->mean));
	if (!g->w || !g->embed || !g->dembed || !g->mean)
		return YC_FAIL;
	status = yc_class_batch_new(
		&g->batch, run->job->data, &g->images.synth, &g->images.aug, n, threads);
	if (!status)
		status = yc_exec_new(&g->real, g->net, n, threads, YC_EXEC_FORWARD);
	if (!status)
		status = yc_exec_new(&g->syn, g->net, syn, threads, YC_EXEC_GRADIENT);
	run->bytes += yc_class_batch_bytes(&g->batch) +
		      yc_exec_bytes(g->net, n, threads, YC_EXEC_FORWARD) +
		      yc_exec_bytes(g->net, syn, threads, YC_EXEC_GRADIENT);
	return status;
}

enum { REAL, SYNTHETIC }; /* kinds of cost */

static int begin(struct yc_run *run)
{
	struct dm *g = run->state;
	struct cfg *c = run->cfg;
	const struct yc_images_cfg images = yc_images_whole_classes(
		c->factor, c->init, &c->init_from, "noise", c->aug, c->aug_all);
	int status = yc_images_new(&g->images, run, &images);

	g->cfg = c;
	if (!status)
		status = make_net(run);
	if (!status)
		status = make_buffers(run);
	if (!status)
		status = yc_run_divide(run, g->images.synth.cfg.classes);
	run->units = (uint64_t)g->images.synth.cfg.classes;
	run->phase = "class steps";
	run->published = yc_images_condensed(run->job->real) ? 0 : published;
	snprintf(run->published_text, sizeof(run->published_text), "%d iterations",
		published);
	yc_run_keep(run, "loss", YC_F64, &g->loss, 1);
	yc_run_cost(run, &(struct yc_cost){.kind = REAL,
				 .units = (double)run->units,
				 .images = (int)c->n_real,
				 .parts = run->parts,
				 .options = {"n-real"}});
	yc_run_cost(run, &(struct yc_cost){.kind = SYNTHETIC,
				 .units = (double)run->units,
				 .images = g->images.synth.batch,
				 .parts = run->parts});
	return status;
}

static int fresh(struct yc_run *run)
{
	struct dm *g = run->state;

	return yc_images_fresh(&g->images, run, NULL, NULL);
}

/* Draws the network of the iteration if needed: at its beginning, or after resuming. */
static void need_network(struct dm *g, const struct yc_run *run)
{
	if (g->network != run->it + 1 && g->pretrained.n)
		memcpy(g->w, yc_pretrained_draw(&g->pretrained, &run->root, run->it),
			yc_net_size(g->net) * sizeof(*g->w));
	else if (g->network != run->it + 1)
		yc_net_init(g->net, g->w, yc_rng_fork(&run->root, "init-net", run->it));
	g->network = run->it + 1;
}

/* mean += scale * sum of the rows of embed [n][e], in their order. */
static void add_rows(struct dm *g, int n, double scale)
{
	int e = yc_net_embedding(g->net);
	const yc_real *row = g->embed;

	for (int i = 0; i < n; i++, row += e)
		for (int k = 0; k < e; k++)
			g->mean[k] += scale * (double)row[k];
}

/* The loss of the class, and its gradient in g->batch.grad. */
static double match(struct dm *g, int c)
{
	struct yc_class_batch *b = &g->batch;
	const struct yc_seed seed = {.dembed = g->dembed, .resume = true};
	int e = yc_net_embedding(g->net), syn = g->images.synth.batch;
	double loss = 0;

	yc_class_batch_fill(b, c);
	memset(g->mean, 0, (size_t)e * sizeof(*g->mean));
	yc_net_forward(g->real, g->w, b->x, b->real, NULL, g->embed);
	add_rows(g, b->real, -1.0 / b->real);
	yc_net_forward_train(g->syn, g->w, b->syn, syn, NULL, g->embed);
	add_rows(g, syn, 1.0 / syn);
	for (int k = 0; k < e; k++) {
		loss += g->mean[k] * g->mean[k];
		for (int i = 0; i < syn; i++)
			g->dembed[i * e + k] = (yc_real)(2 * g->mean[k] / syn);
	}
	yc_net_backward(g->syn, g->w, b->syn, syn, &seed, NULL, b->dx);
	yc_class_batch_back(b, YC_PIXELS_NORMALISED);
	return loss;
}

/* The iteration is complete. */
static void finish(struct yc_run *run)
{
	struct dm *g = run->state;

	run->loss = g->loss;
	g->loss = 0;
}

static int next_class(struct yc_run *run)
{
	if (++run->unit < run->units)
		return YC_OK;
	if (!run->ranks)
		finish(run);
	return YC_ITERATION;
}

static int step(struct yc_run *run)
{
	struct dm *g = run->state;
	int c = (int)run->unit;

	if (!yc_run_mine(run, c))
		return next_class(run);
	need_network(g, run);
	yc_class_batch_real(&g->batch,
		yc_sampler_next(&g->images.sampler, c, g->batch.n_real, g->batch.idx));
	yc_class_batch_draw(&g->batch, &run->root, run->it * run->units + run->unit);
	run->loss = match(g, c);
	if (!isfinite(run->loss))
		return yc_fail(YC_FAIL,
			"iteration %llu: the loss is not finite: --lr-img is too large "
			"or the images are not sane",
			(unsigned long long)run->it + 1);
	yc_synth_step(&g->images.synth, c, g->batch.grad, g->cfg->lr_img,
		g->cfg->momentum_img, run->job->threads);
	yc_run_add_loss(run, &g->loss, c, run->loss);
	return next_class(run);
}

static void share(struct yc_run *run)
{
	struct dm *g = run->state;

	yc_images_share(&g->images, run);
	yc_run_sum_losses(run, &g->loss);
	finish(run);
}

static int result(struct yc_run *run, struct yc_set *set)
{
	const struct dm *g = run->state;

	return yc_images_store(&g->images, set);
}

static int trial(struct yc_run *run, int kind, int images)
{
	struct dm *g = run->state;
	const struct yc_seed seed = {.dembed = g->dembed};
	const yc_real *x = g->batch.x;

	need_network(g, run);
	yc_class_batch_any(&g->batch, images);
	if (kind == REAL)
		yc_net_forward(g->real, g->w, x, images, NULL, g->embed);
	else
		yc_net_backward(g->syn, g->w, x, images, &seed, NULL, g->batch.dx);
	return YC_OK;
}

static void end(struct yc_run *run)
{
	struct dm *g = run->state;

	yc_exec_free(g->real);
	yc_exec_free(g->syn);
	yc_free(g->w);
	yc_free(g->embed);
	yc_free(g->dembed);
	yc_free(g->mean);
	yc_pretrained_release(&g->pretrained);
	yc_class_batch_release(&g->batch);
	yc_net_free(g->net);
	yc_images_release(&g->images);
}

const struct yc_condenser yc_condense_dm = {
	.method = {.name = "dm",
		.summary = "match mean embeddings of real and synthetic images under "
			   "many networks",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.iterations = offsetof(struct cfg, iterations),
	.iteration = "iteration",
	.size = sizeof(struct dm),
	.resolve = resolve,
	.begin = begin,
	.fresh = fresh,
	.step = step,
	.share = share,
	.result = result,
	.trial = trial,
	.end = end,
};

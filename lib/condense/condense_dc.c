/* SPDX-License-Identifier: MIT */
/*
 * DC, "Dataset Condensation with Gradient Matching" (ICLR 2021), and DSA, "Dataset
 * Condensation with Differentiable Siamese Augmentation" (ICML 2021): yc-methods(7),
 * "DC AND DSA". In every iteration a new network is trained on the synthetic images; before
 * the training and between its parts the images of each class c are moved such that they
 * give the gradient that real ones give:
 *
 *   D = distance of grad_W CE(a(R_c)) and grad_W CE(a(S_c)), a the common augmentation
 *   B_c = momentum B_c + dD/dS_c        S_c = S_c - lr B_c
 *
 * The two differ in augmentation and in the first images. As in condense_dm.c, steps are
 * those of normalised pixels, and a class is updated as soon as its gradient is known. A
 * step of the run is such an update or one batch of the network.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/dc/dc.h"

/* ---- options ---- */

#define METRICS(X) \
	X(ours, "cos", YC_MATCH_FC, \
		"one minus the cosine, for each output of each weight matrix") \
	X(mse, "mse", YC_MATCH_WHOLE, \
		"summed squares of the differences, of all weights") \
	X(cos, "cos", YC_MATCH_WHOLE, "one minus the cosine of all weights")

#define DEFINE(word, of, what, text) \
	static const struct yc_dc_metric metric_##word = { \
		.method = {.name = #word, .summary = text}, \
		.distance = of, \
		.also = what};
#define ENTRY(word, of, what, text) &metric_##word.method,

METRICS(DEFINE)
/* clang-format off */
const struct yc_method *const yc_dc_metrics[] = {METRICS(ENTRY) NULL};
/* clang-format on */

#define ROW(field, ...) YC_OPT(struct yc_dc_cfg, field, __VA_ARGS__)

/* clang-format off */
#define ROWS(INIT_HELP, AUG, AUG_HELP) \
	ROW(iterations, .name = "iterations", .arg = "n", .def = "1000", .min = 1, .max = 1e6, \
		.help = "iterations, each with a new network"), \
	ROW(outer, .name = "outer", .arg = "n", .min = 1, .max = 1e6, .auto_help = "by IPC", \
		.help = "updates of the images in each"), \
	ROW(inner, .name = "inner", .arg = "n", .min = 1, .max = 1e6, .auto_help = "by IPC", \
		.help = "epochs of the network on the images between two updates"), \
	ROW(n_real, .name = "n-real", .arg = "n", .def = "256", .min = 1, .max = YC_BATCH_MAX, \
		.help = "real images per class in a batch"), \
	ROW(factor, .name = "factor", .arg = "n", .min = 1, .max = 64, \
		.auto_help = YC_FACTOR_BY_SET, \
		.help = "tiles per side of a condensed image"), \
	YC_INIT_ROW(struct yc_dc_cfg, init, INIT_HELP), \
	YC_INIT_FROM_ROW(struct yc_dc_cfg, init_from), \
	ROW(metric, .name = "metric", .table = yc_dc_metrics, .unit = YC_CHOICE, .def = "ours", \
		.help = "distance of two gradients"), \
	ROW(lr_img, .name = "lr-img", .arg = "x", .def = "0.1", .min = 0, .max = 1e6, \
		.help = "learning rate of the pixels, in units of normalised ones"), \
	ROW(momentum_img, .name = "momentum-img", .arg = "x", .def = "0.5", .min = 0, .max = 1, \
		.help = "momentum of the pixels"), \
	ROW(aug, .name = "aug", .arg = "strategy", .def = AUG, .help = AUG_HELP), \
	ROW(aug_all, .name = "aug-all", \
		.help = "apply all that the strategy names, not one of it per batch"), \
	ROW(net, .name = "net", .table = yc_archs, .unit = YC_CHOICE, \
		.auto_help = YC_NET_BY_SIDE, .help = "network"), \
	ROW(width, .name = "width", .arg = "n", .max = YC_WIDTH_MAX, \
		.auto_help = "the network's own", .help = "channels of the network"), \
	ROW(depth, .name = "depth", .arg = "n", .max = YC_DEPTH_MAX, \
		.auto_help = "the network's own", .help = "blocks of the network"), \
	YC_PRECISION_ROW(struct yc_dc_cfg, precision), \
	ROW(net_lr, .name = "net-lr", .arg = "x", .def = "0.01", .min = 0, .max = 1e6, \
		.help = "learning rate of the network"), \
	ROW(net_batch, .name = "net-batch", .arg = "n", .def = "256", .min = 1, \
		.max = YC_BATCH_MAX, .help = "images in a batch of the network")
/* clang-format on */

#define AUG_HELP \
	"augmentation: common draws for both batches of a class, others per image for " \
	"the network"

static const struct yc_opt dc_opts[] = {ROWS("noise", "none", AUG_HELP)};
static const struct yc_opt dsa_opts[] = {
	ROWS("real", "color_crop_cutout_flip_scale_rotate", AUG_HELP)};

/* Published for these numbers of images per class. */
static const struct loops {
	uint32_t ipc, outer, inner;
} loops[] = {
	{1, 1, 1}, {10, 10, 50}, {20, 20, 25}, {30, 30, 20}, {40, 40, 15}, {50, 50, 10}};

/* a for x = 0, b for x = 1, and in between. */
static uint32_t between(uint32_t a, uint32_t b, double x)
{
	return (uint32_t)lround((double)a + ((double)b - (double)a) * x);
}

/* Fills in --outer and --inner that were not given. */
static void resolve_loops(struct yc_dc_cfg *c, const struct yc_condense_job *job)
{
	const uint32_t ipc = job->cfg->ipc;
	const struct loops *a = loops, *last = loops + YC_COUNT(loops) - 1, *b;
	struct loops own = {.ipc = ipc};
	char text[160], from[64];

	while (a < last && a[1].ipc <= ipc)
		a++;
	b = a < last ? a + 1 : a;
	if (b > a) {
		double x = (double)(ipc - a->ipc) / (double)(b->ipc - a->ipc);

		own.outer = between(a->outer, b->outer, x);
		own.inner = between(a->inner, b->inner, x);
		snprintf(from, sizeof(from),
			"between those of IPC %" PRIu32 " and %" PRIu32, a->ipc, b->ipc);
	} else {
		own.outer = a->outer;
		own.inner = a->inner;
		snprintf(from, sizeof(from), "those of IPC %" PRIu32, a->ipc);
	}
	snprintf(text, sizeof(text),
		"no --outer and --inner were published for --ipc %" PRIu32 ": %" PRIu32
		" and %" PRIu32 ", %s",
		ipc, own.outer, own.inner, from);
	if (ipc != a->ipc && (!c->outer || !c->inner) && job->watch && job->watch->note)
		job->watch->note(job->watch, text);
	c->outer = c->outer ? c->outer : own.outer;
	c->inner = c->inner ? c->inner : own.inner;
	c->published = ipc == a->ipc && c->outer == a->outer && c->inner == a->inner;
}

static int resolve(
	struct yc_dc_cfg *c, const struct yc_condense_job *job, const char *init)
{
	int status = yc_init_resolve_whole(
		&c->init, &c->init_from, &c->factor, job->real, init);

	if (status)
		return status;
	c->net = c->net ? c->net : yc_net_by_side(job->data->side);
	resolve_loops(c, job);
	return yc_images_n_real(job, &c->n_real);
}

static int resolve_dc(void *cfg, const struct yc_condense_job *job)
{
	return resolve(cfg, job, "noise");
}

static int resolve_dsa(void *cfg, const struct yc_condense_job *job)
{
	return resolve(cfg, job, "real");
}

#define HOOKS(RESOLVE) \
	.iterations = offsetof(struct yc_dc_cfg, iterations), .iteration = "iteration", \
	.size = sizeof(struct yc_dc), .resolve = RESOLVE, .begin = yc_dc_begin, \
	.fresh = yc_dc_fresh, .step = yc_dc_step, .share = yc_dc_share, \
	.result = yc_dc_result, .trial = yc_dc_trial, .end = yc_dc_end

const struct yc_condenser yc_condense_dc = {
	.method = {.name = "dc",
		.summary =
			"match gradients on real and synthetic images of networks that "
			"are trained on the synthetic ones",
		.opts = dc_opts,
		.nopts = YC_COUNT(dc_opts),
		.cfg_size = sizeof(struct yc_dc_cfg)},
	HOOKS(resolve_dc),
};

const struct yc_condenser yc_condense_dsa = {
	.method = {.name = "dsa",
		.summary = "dc under augmentations common to real and synthetic "
			   "images",
		.opts = dsa_opts,
		.nopts = YC_COUNT(dsa_opts),
		.cfg_size = sizeof(struct yc_dc_cfg)},
	HOOKS(resolve_dsa),
};

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/mtt/mtt.h"
#include "yc/number.h"

/*
 * MTT, "Dataset Distillation by Matching Training Trajectories" (CVPR 2022): N steps of
 * gradient descent on the synthetic images, from where an expert was after some epochs on
 * the real ones, shall end where the expert was some epochs later; yc-methods(7), "MATCHING
 * TRAJECTORIES". unroll.h has the descent and its gradient.
 *
 * A step of the run is one step of the descent, forward or back: 2 N units. Nothing that is
 * kept changes before the last one, so an iteration that was interrupted is begun again.
 */

#define ROW(field, ...) YC_OPT(struct yc_mtt_cfg, field, __VA_ARGS__)
#define PUBLISHED .auto_help = "by dataset and IPC"

static const struct yc_opt opts[] = {
	ROW(iterations, .name = "iterations", .arg = "n", .def = "5000", .min = 1,
		.max = 1e6, .help = "iterations, each from another point of an expert"),
	ROW(experts, .name = "experts", .arg = "file", .unit = YC_READS,
		.help = "read the experts, which yc-train --like mtt wrote, instead of "
			"training them"),
	ROW(n_experts, .name = "n-experts", .arg = "n", .min = 1, .max = 1e5,
		.auto_help = "10, or all of the file",
		.help = "experts to train, or of the file to use"),
	ROW(epochs, .name = "epochs", .arg = "n", .min = 1, .max = 1e5,
		.auto_help = "as many as are used",
		.help = "epochs of an expert that is trained here"),
	ROW(expert_lr, .name = "expert-lr", .arg = "x", .def = "0.01", .min = 0,
		.max = 1e3, .help = "learning rate of experts that are trained here"),
	ROW(expert_batch, .name = "expert-batch", .arg = "n", .def = "256", .min = 1,
		.max = YC_BATCH_MAX,
		.help = "real images in a batch of experts that are trained here"),
	ROW(expert_epochs, .name = "expert-epochs", .arg = "n", .min = 1, .max = 1e4,
		PUBLISHED, .help = "epochs of an expert that a descent shall equal"),
	ROW(max_start, .name = "max-start", .arg = "n", .min = 1, .max = 1e4, PUBLISHED,
		.help = "a descent begins at an expert's epoch below this"),
	ROW(syn_steps, .name = "syn-steps", .arg = "n", .min = 1, .max = 1e4, PUBLISHED,
		.help = "steps of the descent"),
	ROW(batch_syn, .name = "batch-syn", .arg = "n", .min = 1, .max = YC_BATCH_MAX,
		.auto_help = "all, or by dataset and IPC",
		.help = "synthetic images in a step of the descent"),
	ROW(lr_syn, .name = "lr-syn", .arg = "x", .min = 1e-9, .max = 1e3, PUBLISHED,
		.help = "step size of the descent at first; it is learned"),
	ROW(lr_lr, .name = "lr-lr", .arg = "x", .min = 0, .max = 1e3, PUBLISHED,
		.help = "learning rate of the step size"),
	ROW(momentum_lr, .name = "momentum-lr", .arg = "x", .def = "0.5", .min = 0,
		.max = 1, .help = "momentum of the step size"),
	ROW(lr_limit, .name = "lr-limit", .arg = "x", .def = "100", .min = 1, .max = 1e9,
		.help = "the step size stays within lr-syn times or over this"),
	ROW(lr_img, .name = "lr-img", .arg = "x", .min = 0, .max = 1e9, PUBLISHED,
		.help = "learning rate of the pixels, in units of normalised ones"),
	ROW(momentum_img, .name = "momentum-img", .arg = "x", .def = "0.5", .min = 0,
		.max = 1, .help = "momentum of the pixels"),
	ROW(labels, .name = "labels", .arg = "hard|expert|learned", .unit = YC_CHOICE,
		.def = "hard",
		.help = "labels: the classes, what an expert says to the first images, "
			"or learned from there"),
	ROW(lr_label, .name = "lr-label", .arg = "x", .def = "2", .min = 0, .max = 1e6,
		.help = "learning rate of the logits of learned labels"),
	ROW(momentum_label, .name = "momentum-label", .arg = "x", .def = "0.5", .min = 0,
		.max = 1, .help = "momentum of the logits of learned labels"),
	ROW(shortcut, .name = "shortcut",
		.help = "TESLA's gradient, which neglects how a step moves the next "
			"ones"),
	ROW(factor, .name = "factor", .arg = "n", .def = "1", .min = 1, .max = 64,
		.help = "tiles per side of a condensed image"),
	ROW(init, .name = "init", .arg = "real|noise", .unit = YC_CHOICE, .def = "real",
		.help = "start from real images drawn at random, or from noise"),
	ROW(aug, .name = "aug", .arg = "strategy",
		.def = "color_crop_cutout_flip_scale_rotate",
		.help = "augmentation, drawn per image, also of experts"),
	ROW(aug_all, .name = "aug-all",
		.help = "apply all that the strategy names, not one of it per batch"),
	ROW(net, .name = "net", .table = yc_archs, .unit = YC_CHOICE,
		.auto_help = YC_NET_BY_SIDE,
		.help = "network, of a file that of its experts"),
	ROW(width, .name = "width", .arg = "n", .max = YC_WIDTH_MAX,
		.auto_help = "the network's own", .help = "channels of the network"),
	ROW(depth, .name = "depth", .arg = "n", .max = YC_DEPTH_MAX,
		.auto_help = "the network's own", .help = "blocks of the network"),
	YC_PRECISION_ROW(struct yc_mtt_cfg, precision),
};

static int resolve_experts(struct yc_mtt_cfg *c)
{
	const uint32_t needed = c->max_start + c->expert_epochs - 1;

	if (c->experts)
		return c->epochs ? yc_fail(YC_USAGE,
					   "--epochs is for experts that are trained "
					   "here, not for those of --experts")
				 : YC_OK;
	c->n_experts = c->n_experts ? c->n_experts : 10;
	if (c->epochs && c->epochs < needed)
		return yc_fail(YC_USAGE,
			"--epochs %u: --max-start %u and --expert-epochs %u need %u",
			c->epochs, c->max_start, c->expert_epochs, needed);
	c->epochs = c->epochs ? c->epochs : needed;
	return YC_OK;
}

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	struct yc_mtt_cfg *c = cfg;
	int status = yc_mtt_space_check(c, job->data);

	if (!status)
		status = yc_mtt_published(c, job);

	if (!status)
		status = resolve_experts(c);
	if (status)
		return status;
	if (strcmp(c->labels, "hard") != 0 && !strcmp(c->init, "noise"))
		return yc_fail(YC_USAGE,
			"--labels %s needs --init real: what would an expert say to "
			"noise?",
			c->labels);
	if (!c->experts && !c->net)
		c->net = yc_net_by_side(job->data->side);
	return YC_OK;
}

static int result(struct yc_run *run, struct yc_set *set)
{
	struct yc_mtt *g = run->state;
	char text[YC_DOUBLE_TEXT];
	int status = yc_mtt_space_store(
		&g->images.synth, run->job->data, set, run->job->threads);

	set->head.factor = (int)g->cfg->factor;
	yc_double_text(g->lr[0], text);
	if (!status)
		status = yc_meta_set(&set->meta, "yc.lr", text);
	return !status && g->soft ? yc_soft_labels_store(&g->labels, set) : status;
}

const struct yc_condenser yc_condense_mtt = {
	.method = {.name = "mtt",
		.summary = "match the trajectories of networks that are trained on real "
			   "images by a descent on synthetic ones",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_mtt_cfg)},
	.iterations = offsetof(struct yc_mtt_cfg, iterations),
	.iteration = "iteration",
	.whitens = true,
	.size = sizeof(struct yc_mtt),
	.resolve = resolve,
	.begin = yc_mtt_begin,
	.fresh = yc_mtt_fresh,
	.prepare = yc_mtt_prepare,
	.step = yc_mtt_step,
	.share = yc_mtt_share,
	.result = result,
	.trial = yc_mtt_trial,
	.end = yc_mtt_end,
};

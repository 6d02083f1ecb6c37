/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "lib/condense/parts.h"

/*
 * IDC, "Dataset Condensation via Efficient Synthetic-Data Parameterization" (ICML 2022):
 * each condensed image holds factor*factor small ones (spec 4.3), all of them are trained
 * to give a network the gradients that real images give it (4.6), along the training of
 * that network. The loop is that of loop.c; here are the settings of the published code
 * (4.10).
 *
 * Where we differ: augmentation draws are numbered by class step rather than drawn in
 * sequence, `early` passes follow IDC and not its copy in YOCO (Q14), and --lr-img is the
 * step itself, which by default is the published base times IPC/10.
 */

#define ROW(field, ...) YC_OPT(struct yc_match_cfg, field, __VA_ARGS__)
#define BY_DATA .auto_help = "by image side"

static const struct yc_opt opts[] = {
	ROW(factor, .name = "factor", .arg = "n", .min = 1, .max = 64, BY_DATA,
		.help = "tiles per side of a condensed image"),
	ROW(init, .name = "init", .arg = "noise|random|mix", .unit = YC_CHOICE,
		.auto_help = "mix if factor > 1, else random",
		.help = "start from noise, the first real images, or tiles made of them"),
	ROW(outer, .name = "outer", .arg = "n", .min = 1, .max = 1e6, BY_DATA,
		.help = "outer iterations, each with a new network"),
	ROW(inner, .name = "inner", .arg = "n", .def = "100", .min = 1, .max = 1e6,
		.help = "inner iterations in each: update all classes, then the network"),
	ROW(n_real, .name = "n-real", .arg = "n", .def = "64", .min = 1, .max = 65536,
		.help = "real images in a class's batch"),
	ROW(syn_max, .name = "syn-max", .arg = "n", .def = "128", .min = 1, .max = 65536,
		.help = "decoded images in a class's batch, at most"),
	ROW(metric, .name = "metric", .arg = "mse|l1|l1_mean|cos", .unit = YC_CHOICE,
		BY_DATA, .help = "distance of two gradients"),
	ROW(lr_img, .name = "lr-img", .arg = "x", .min = 0, .max = 1e6,
		.auto_help = "by image side, times IPC/10",
		.help = "step size of the pixels"),
	ROW(momentum_img, .name = "momentum-img", .arg = "x", .def = "0.5", .min = 0,
		.max = 1, .help = "momentum of the pixels, over all classes"),
	ROW(decode, .name = "decode", .arg = "single|multi|bound", .unit = YC_CHOICE,
		.auto_help = "bound for large images, factor and IPC, else single",
		.help = "tiles of one factor, of all up to it, or as many as --bound "
			"allows"),
	ROW(bound, .name = "bound", .arg = "n", .def = "128", .min = 1, .max = 65536,
		.help = "decoded images of a class with --decode bound"),
	ROW(aug, .name = "aug", .arg = "strategy", .def = "color_crop_cutout",
		.help = "augmentation of both batches, with common draws"),
	ROW(net, .name = "net", .arg = "name", .def = "convnet", .help = "network"),
	ROW(width, .name = "width", .arg = "n", .max = 65536,
		.auto_help = "the network's own", .help = "channels of the network"),
	ROW(depth, .name = "depth", .arg = "n", .max = 64,
		.auto_help = "the network's own", .help = "blocks of the network"),
	ROW(exact, .name = "exact", .help = "direct convolutions instead of Winograd's"),
	ROW(net_lr, .name = "net-lr", .arg = "x", .def = "0.01", .min = 0, .max = 1e6,
		.help = "learning rate of the network"),
	ROW(net_momentum, .name = "net-momentum", .arg = "x", .def = "0.9", .min = 0,
		.max = 1, .help = "momentum of the network"),
	ROW(net_decay, .name = "net-decay", .arg = "x", .def = "5e-4", .min = 0, .max = 1,
		.help = "weight decay of the network"),
	ROW(net_batch, .name = "net-batch", .arg = "n", .def = "64", .min = 1,
		.max = 65536, .help = "real images in a batch of the network"),
	ROW(n_data, .name = "n-data", .arg = "n", .min = 1, .max = 1e9, BY_DATA,
		.help = "real images that the network sees in an inner iteration, at "
			"least"),
	ROW(early, .name = "early", .arg = "x", .min = 0, .max = 1e6, BY_DATA,
		.help = "passes over the real images before a new network is used"),
	ROW(fix_iter, .name = "fix-iter", .arg = "n", .def = "1", .min = 1, .max = 1e6,
		.help = "outer iterations that share a network"),
	ROW(net_aug, .name = "net-aug", .arg = "strategy", .def = "color_crop",
		.help = "augmentation of the network's batches, per image"),
	ROW(mix_p, .name = "mix-p", .arg = "p", .min = 0, .max = 1, BY_DATA,
		.help = "probability of CutMix in a batch of the network"),
};

/* What the published settings make of the data. CIFAR-10 and -100 do not differ.
 * ImageNet's were found with ResNet10-AP. */
static const struct preset {
	int side; /* from this image side on */
	uint32_t factor, outer, inner, n_data;
	const char *metric;
	double lr_img; /* at 10 images a class and side `base` */
	int base;
	double early, mix_p;
	uint32_t bound_ipc; /* --decode bound from this IPC and factor 3 on; 0: never */
} presets[] = {
	{1, 2, 2000, 100, 2000, "mse", 0.005, 32, 0, 0.5, 0},
	{65, 3, 500, 100, 500, "l1", 0.003, 224, 10, 1.0, 20},
};

static const struct preset *preset_of(int side)
{
	size_t i = YC_COUNT(presets) - 1;

	while (i > 0 && side < presets[i].side)
		i--;
	return &presets[i];
}

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	struct yc_match_cfg *c = cfg;
	const struct preset *p = preset_of(job->data->side);
	double scale = (double)job->data->side / p->base;

	c->full_outer = p->outer;
	c->full_inner = p->inner;
	c->factor = c->factor ? c->factor : p->factor;
	c->outer = c->outer ? c->outer : p->outer;
	c->n_data = c->n_data ? c->n_data : p->n_data;
	c->metric = c->metric ? c->metric : p->metric;
	c->init = c->init ? c->init : c->factor > 1 ? "mix" : "random";
	c->early = isnan(c->early) ? p->early : c->early;
	c->mix_p = isnan(c->mix_p) ? p->mix_p : c->mix_p;
	if (isnan(c->lr_img))
		c->lr_img = p->lr_img * job->cfg->ipc / 10 * scale * scale;
	if (!c->decode)
		c->decode =
			p->bound_ipc && c->factor >= 3 && job->cfg->ipc >= p->bound_ipc
				? "bound"
				: "single";
	return YC_OK;
}

static int run(void *cfg, const struct yc_condense_job *job, struct yc_set *out)
{
	return yc_match_run(cfg, job, out);
}

const struct yc_condenser yc_condense_idc = {
	.method = {.name = "idc",
		.summary = "match gradients of a network on real and synthetic images, "
			   "several "
			   "small images in each",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_match_cfg)},
	.resolve = resolve,
	.run = run,
};

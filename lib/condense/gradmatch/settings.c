/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Settings" of gradient matching: defaults that depend on the images
 * and on IPC. */
#include <math.h>
#include <string.h>

#include "lib/condense/gradmatch/settings.h"
#include "yc/number.h"

/* The published settings by side of the images. CIFAR-10 and CIFAR-100 share them; those
 * of ImageNet are for ResNet10-AP. */
static const struct preset {
	int side; /* from this image side on */
	uint32_t factor, outer, inner;
	const char *metric;
	double lr_img; /* at 10 images per class and side `base` */
	int base;
	uint32_t bound_ipc; /* --decode bound from this IPC and factor 3 on; 0: never */
} presets[] = {
	{1, 2, 2000, 100, "mse", 0.005, 32, 0},
	{YC_SIDE_SMALL + 1, 3, 500, 100, "l1", 0.003, 224, 20},
};

/* Of condensed images there are few, which are soon learnt: a short run with large steps. */
static const struct {
	uint32_t outer, inner;
	double lr_img;
} again = {8, 50, 0.01};

static const struct preset *preset_of(int side)
{
	size_t i = YC_COUNT(presets) - 1;

	while (i > 0 && side < presets[i].side)
		i--;
	return &presets[i];
}

static void resolve_networks(struct yc_trajectory_cfg *c, uint32_t *outer, bool condensed,
	const struct yc_data *data)
{
	if (condensed) {
		*outer = *outer ? *outer : again.outer;
		c->inner = c->inner ? c->inner : again.inner;
		c->n_data = c->n_data ? c->n_data : (uint32_t)data->n;
	}
	*outer = *outer ? *outer : preset_of(data->side)->outer;
	yc_trajectory_resolve(c, data);
}

int yc_match_networks(const char *method, struct yc_trajectory_cfg *c, uint32_t *outer,
	const struct yc_set *real, const struct yc_data *data)
{
	const struct yc_method *m =
		yc_method_find(yc_condensers, "method", method, strlen(method));
	uint64_t batch = 0;

	if (!m)
		return YC_USAGE;
	for (size_t i = 0; i < m->nopts; i++)
		if (strcmp(m->opts[i].name, "net-batch") == 0 &&
			yc_parse_u64(m->opts[i].def, UINT32_MAX, &batch) != YC_NUMBER)
			return yc_fail(YC_FAIL, "default of --net-batch");
	c->net_batch = c->net_batch ? c->net_batch : (uint32_t)batch;
	resolve_networks(c, outer, yc_images_condensed(real), data);
	return YC_OK;
}

int yc_match_resolve(
	struct yc_match_cfg *c, const struct yc_condense_job *job, const char *init)
{
	const struct preset *p = preset_of(job->data->side);
	double scale = (double)job->data->side / p->base;
	bool condensed = yc_images_condensed(job->real);
	int status;

	c->full_outer = condensed ? 0 : p->outer;
	c->full_inner = p->inner;
	if (!c->factor && yc_images_tiles(job->real) > 1)
		c->factor = yc_images_tiles(job->real);
	c->factor = c->factor ? c->factor : p->factor;
	status = yc_images_n_real(job, &c->n_real);
	if (!status)
		status = yc_match_budget(c, job);
	if (status)
		return status;
	resolve_networks(&c->networks, &c->outer, condensed, job->data);
	c->metric = c->metric ? c->metric : p->metric;
	if (isnan(c->lr_img))
		c->lr_img = condensed ? again.lr_img
				      : p->lr_img * job->cfg->ipc / 10 * scale * scale;
	if (!c->decode)
		c->decode =
			p->bound_ipc && c->factor >= 3 && job->cfg->ipc >= p->bound_ipc
				? "bound"
				: "single";
	status = yc_init_resolve(&c->init, &c->init_from, c->factor, job->real,
		init		? init
		: c->factor > 1 ? "mix"
				: "random");
	if (status)
		return status;
	if (c->init_random && (!c->init || (strcmp(c->init, "mix") != 0 &&
						   strcmp(c->init, "random") != 0)))
		return yc_fail(YC_USAGE, "--init-random is for --init random and mix%s",
			c->init && !strcmp(c->init, "tiles")
				? ", and condensed images begin as they are"
				: "");
	if (c->init_area &&
		(!c->init || !strcmp(c->init, "noise") || !strcmp(c->init, "normal") ||
			!strcmp(c->init, "tiles")))
		return yc_fail(YC_USAGE, "--init-area is for tiles of real images");
	return YC_OK;
}

/* SPDX-License-Identifier: MIT */
/* The common part of methods that update the images class by class: a sampler of real
 * images, the synthetic ones, and the augmentation of both; and a network. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/internal.h"

/* Condensers that choose real images have no iterations. */
static bool synthesises(const struct yc_method *m)
{
	return ((const struct yc_condenser *)(const void *)m)->iteration;
}

bool yc_images_condensed(const struct yc_set *real)
{
	bool found = yc_set_factor(real) > 1;

	/* Published sets are loaded by the names of their condensers. */
	for (size_t i = 0; yc_condensers[i] && !found; i++)
		found = synthesises(yc_condensers[i]) &&
			(yc_history_has(
				 &real->meta, "yc-condense", yc_condensers[i]->name) ||
				yc_history_has(
					&real->meta, "yc-load", yc_condensers[i]->name));
	return found;
}

uint32_t yc_images_tiles(const struct yc_set *real)
{
	char method[YC_HISTORY_TEXT], factor[YC_HISTORY_TEXT], text[YC_HISTORY_TEXT];
	const int f = yc_set_factor(real), side = real->head.side,
		  h = (int)yc_set_col(real, "image")->shape[2];

	if (!yc_images_condensed(real) || (h != side && h != (side + f - 1) / f))
		return 0;
	/* Selected tiles whose sizes differ do not tell their number: 4 pixels are an eighth of
	 * 32, and what is left of a ninth. */
	snprintf(text, sizeof(text), "%d", f);
	if (yc_history_newest(&real->meta, "yc-condense", "factor", method, factor) &&
		factor[0] && strcmp(factor, text) != 0)
		return 0;
	return (uint32_t)f;
}

int yc_images_n_real(const struct yc_condense_job *job, uint32_t *n_real)
{
	const struct yc_data *d = job->data;
	int *count = yc_calloc((size_t)d->classes, sizeof(*count)), most = 0, small = 0;
	char text[128];

	if (!count)
		return YC_FAIL;
	for (int i = 0; i < d->n; i++)
		count[d->label[i]]++;
	for (int c = 0; c < d->classes; c++) {
		most = count[c] > most ? count[c] : most;
		small += count[c] > 0 && (uint32_t)count[c] < *n_real;
	}
	snprintf(text, sizeof(text),
		"%d of the classes have fewer than --n-real %" PRIu32
		" images: their real batch is the whole class",
		small, *n_real);
	if (small && job->watch && job->watch->note)
		job->watch->note(job->watch, text);
	if (most && (uint32_t)most < *n_real)
		*n_real = (uint32_t)most;
	yc_free(count);
	return YC_OK;
}

struct yc_images_cfg yc_images_whole_classes(uint32_t factor, const char *init,
	struct yc_init_from *from, const char *noise, const char *aug, bool aug_all)
{
	const bool real = init && strcmp(init, "real") == 0;

	return (struct yc_images_cfg){.synth = {.factor = (int)factor,
					      .syn_max = INT_MAX,
					      .class_momentum = true},
		.init = init && strcmp(init, "noise") == 0 ? noise
			: !real				   ? init
			: factor > 1			   ? "mix"
							   : "random",
		.init_random = real,
		.from = from,
		.aug = aug,
		.aug_all = aug_all,
		.aug_one = !aug_all};
}

int yc_images_new(
	struct yc_images *m, struct yc_run *run, const struct yc_images_cfg *cfg)
{
	const struct yc_data *d = run->job->data;
	struct yc_synth_cfg synth = cfg->synth;
	int n, status = yc_sampler_new(&m->sampler, d, &run->root);

	if (status)
		return status;
	synth.classes = m->sampler.classes;
	synth.label = m->sampler.label;
	synth.labels = d->classes;
	synth.ipc = (int)run->job->cfg->ipc;
	synth.channels = d->channels;
	synth.side = d->side;
	m->init = cfg->init;
	m->init_random = cfg->init_random;
	m->from = cfg->from;
	status = yc_synth_new(&m->synth, &synth);
	if (!status && m->init && strcmp(m->init, "tiles") == 0)
		status = yc_synth_init_check(&m->synth, run->job->real, YC_SYNTH_FIRST);
	else if (!status && m->init)
		status = yc_synth_init_needs(&m->synth, m->init, &m->sampler, &n);
	if (!status)
		status = yc_aug_parse(&m->aug, cfg->aug, d->side, d->channels);
	if (!status)
		status = yc_data_augment(d, &m->aug);
	if (status)
		return status;
	m->aug.all = cfg->aug_all;
	m->aug.one = cfg->aug_one;
	yc_synth_keep(&m->synth, run);
	yc_sampler_keep(&m->sampler, run);
	return cfg->from && cfg->from->file
		       ? yc_init_from_file(cfg->from, &m->synth, run->job, &m->from_head)
		       : YC_OK;
}

void yc_images_release(struct yc_images *m)
{
	yc_meta_release(&m->from_head);
	yc_synth_release(&m->synth);
	yc_sampler_release(&m->sampler);
}

void yc_images_share(struct yc_images *m, struct yc_run *run)
{
	const size_t bytes =
		(size_t)m->synth.cfg.ipc * m->synth.pixels * sizeof(*m->synth.s);

	yc_run_share(run, m->synth.s, bytes);
	yc_run_share(run, m->synth.b, bytes);
	yc_sampler_share(&m->sampler, run);
}

int yc_images_fresh(struct yc_images *m, const struct yc_run *run,
	struct yc_cluster *cluster, const yc_real *w)
{
	const struct yc_init start = {.init = m->init,
		.random = m->init_random,
		.job = run->job,
		.sampler = &m->sampler,
		.cluster = cluster,
		.w = w,
		.root = &run->root};

	return m->from && m->from->file ? YC_OK : yc_init_from_real(&start, &m->synth);
}

int yc_images_store(const struct yc_images *m, struct yc_set *out)
{
	int status = yc_synth_store(&m->synth, out);

	out->head.factor = m->synth.cfg.factor;
	return !status && m->from ? yc_init_history(m->from, &m->from_head, out) : status;
}

struct yc_net_cfg yc_images_net_cfg(const struct yc_run *run, const char *name,
	uint32_t width, uint32_t depth, const char *precision)
{
	const struct yc_data *d = run->job->data;

	return (struct yc_net_cfg){.name = name,
		.width = (int)width,
		.depth = (int)depth,
		.channels = d->channels,
		.side = d->side,
		.classes = d->classes,
		.precision = yc_precision_of(precision)};
}

int yc_images_net(struct yc_net **net, const struct yc_run *run, const char *name,
	uint32_t width, uint32_t depth, const char *precision)
{
	const struct yc_net_cfg cfg =
		yc_images_net_cfg(run, name, width, depth, precision);

	return yc_net_new(net, &cfg);
}

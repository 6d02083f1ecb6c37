/* SPDX-License-Identifier: MIT */
/* What a condensation needs, made and begun: afresh, or where a checkpoint is. */
#include <math.h>

#include "lib/condense/gradmatch/loop.h"

static int make_images(struct yc_loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	const struct yc_data *d = l->job->data;
	struct yc_synth_cfg cfg = {.classes = d->classes,
		.ipc = (int)l->job->cfg->ipc,
		.channels = d->channels,
		.side = d->side,
		.factor = (int)c->factor,
		.bound = (int)c->bound,
		.syn_max = (int)c->syn_max,
		.init_area = c->init_area,
		.class_momentum = c->class_momentum,
		.clamp = c->clamp};
	int status = yc_decode_type(c->decode, &cfg.decode), n;

	if (!status)
		status = yc_sampler_new(&l->sampler, d, &l->root);
	if (!status)
		status = yc_sampler_need(
			&l->sampler, c->n_real, "a real batch (--n-real)");
	if (!status)
		status = yc_synth_new(&l->synth, &cfg);
	if (!status && c->init)
		status = yc_synth_init_needs(&l->synth, c->init, &l->sampler, &n);
	return !status && c->init_from
		       ? yc_init_from_file(l->cfg, &l->synth, &l->init_head)
		       : status;
}

static int make_network(struct yc_loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	const struct yc_data *d = l->job->data;
	const struct yc_net_cfg net = {.name = c->net,
		.width = (int)c->width,
		.depth = (int)c->depth,
		.channels = d->channels,
		.side = d->side,
		.classes = d->classes,
		.exact = c->exact};
	const struct yc_hyper hyper = {.batch = (int)c->net_batch,
		.lr = c->net_lr,
		.momentum = c->net_momentum,
		.decay = c->net_decay,
		.aug = c->net_aug,
		.aug_all = c->aug_all,
		.mix_p = c->mix_p};
	int status = yc_net_new(&l->net, &net);

	if (!status)
		status = yc_trainer_new(
			&l->trainer, l->net, d, &hyper, l->root, l->job->threads);
	if (!status)
		l->early_steps = (uint64_t)ceil(c->early * yc_trainer_steps(&l->trainer));
	return status;
}

static int make_clusters(struct yc_loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	const struct yc_cluster_cfg cfg = {.normalise = c->embed_normalised,
		.replace = c->kmeans_replace,
		.reseed = c->kmeans_reseed};

	if (!c->interval && !yc_init_clusters(c->init))
		return YC_OK;
	return yc_cluster_new(
		&l->cluster, &cfg, l->net, l->job->data, &l->sampler, l->job->threads);
}

int yc_loop_make(struct yc_loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	const struct yc_data *d = l->job->data;
	const struct yc_metric *metric = yc_metric_find(c->metric);
	struct yc_state *s = &l->state;
	int status = metric ? make_images(l) : YC_USAGE;

	if (!status)
		status = yc_aug_parse(&l->aug, c->aug, d->side, d->channels);
	l->aug.all = c->aug_all;
	l->aug.mean = d->mean;
	l->aug.std = d->std;
	if (!status)
		status = make_network(l);
	if (!status)
		status = make_clusters(l);
	if (!status)
		status = yc_step_new(&l->step, l->net, d, &l->synth, metric, &l->aug,
			(int)c->n_real, l->job->threads);
	l->step.also = (c->bias ? YC_MATCH_BIAS : 0) | (c->fc ? YC_MATCH_FC : 0);
	if (status)
		return status;
	*s = (struct yc_state){.outer = c->outer,
		.inner = c->inner,
		.n_real = (int)c->n_real,
		.synth = &l->synth,
		.sampler = &l->sampler,
		.trainer = &l->trainer};
	s->log = yc_calloc(c->outer, sizeof(*s->log));
	s->log_inner = yc_calloc(c->inner, sizeof(*s->log_inner));
	if (c->interval)
		s->chosen = yc_calloc(
			yc_size_mul((size_t)d->classes, c->n_real), sizeof(*s->chosen));
	return s->log && s->log_inner && (s->chosen || !c->interval) ? YC_OK : YC_FAIL;
}

static int fresh_start(struct yc_loop *l)
{
	const struct yc_init start = {.init = l->cfg->init,
		.random = l->cfg->init_random,
		.job = l->job,
		.sampler = &l->sampler,
		.cluster = &l->cluster,
		.w = l->trainer.w,
		.root = &l->root};
	int status = YC_OK;

	if (!l->cfg->init_from) {
		yc_loop_new_network(l); /* the one that outer_iteration makes, too */
		status = yc_init_from_real(&start, &l->synth);
	}
	return status ? status : yc_loop_save(l);
}

int yc_loop_begin(struct yc_loop *l)
{
	const struct yc_condense_cfg *c = l->job->cfg;
	int found;

	l->started = yc_loop_now(l);
	if (!c->checkpoint)
		return fresh_start(l);
	l->state.input = yc_state_fingerprint(l->job->data);
	if (!c->resume) {
		int status = yc_state_guard(l->job);

		return status ? status : fresh_start(l);
	}
	found = yc_state_load(&l->state, l->job);
	if (found < 0)
		return found;
	l->saved = yc_loop_now(l);
	if (found)
		return YC_OK;
	yc_loop_note(l, "no checkpoint to resume from: a fresh start");
	return fresh_start(l);
}

void yc_loop_unmake(struct yc_loop *l)
{
	yc_meta_release(&l->init_head);
	yc_free(l->state.log);
	yc_free(l->state.log_inner);
	yc_free(l->state.chosen);
	yc_step_release(&l->step);
	yc_cluster_release(&l->cluster);
	yc_trainer_release(&l->trainer);
	yc_net_free(l->net);
	yc_synth_release(&l->synth);
	yc_sampler_release(&l->sampler);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/parts.h"

/*
 * Gradient matching as IDC does it (spec 4.9): in every inner iteration one update of the
 * images per class, then some steps of the network on real images. The loop can stop,
 * save and go on after each of these units, without an effect on the result.
 */

struct loop {
	struct yc_match_cfg *cfg;
	const struct yc_condense_job *job;
	struct yc_rng root;
	struct yc_net *net;
	struct yc_walks walks;
	struct yc_synth synth;
	struct yc_cluster cluster; /* if there are clusters */
	struct yc_aug aug;
	struct yc_step step;
	struct yc_trainer trainer;
	struct yc_state state;
	struct yc_meta init_head; /* of --init-from */
	uint64_t early_steps;	  /* with every new network */
	double started, saved;	  /* by the watch's clock */
	double class_time, cluster_time, net_time, outer_time;
	bool estimated;
};

static double now(const struct loop *l)
{
	struct yc_watch *w = l->job->watch;

	return w && w->now ? w->now(w) : 0;
}

static void note(const struct loop *l, const char *text)
{
	struct yc_watch *w = l->job->watch;

	if (w && w->note)
		w->note(w, text);
}

static void tick(const struct loop *l, double loss)
{
	const struct yc_place *at = &l->state.at;
	uint64_t classes = (uint64_t)l->synth.cfg.classes;
	char text[64];

	snprintf(text, sizeof(text), "outer %llu inner %llu loss %.4g",
		(unsigned long long)at->it + 1, (unsigned long long)at->inner + 1, loss);
	yc_watch_tick(l->job->watch, "class steps",
		(at->it * l->cfg->inner + at->inner) * classes + at->cls,
		(uint64_t)l->cfg->outer * l->cfg->inner * classes, text);
}

static int save(struct loop *l)
{
	if (!l->job->cfg->checkpoint)
		return YC_OK;
	l->saved = now(l);
	return yc_state_save(&l->state, l->job);
}

/* Between two units: the place to stop, and to save now and then. */
static int between(struct loop *l)
{
	const struct yc_condense_cfg *c = l->job->cfg;
	int status;

	if (yc_watch_stopped(l->job->watch)) {
		if (!c->checkpoint)
			return yc_fail(YC_FAIL,
				"interrupted, nothing saved: there is no --checkpoint");
		status = save(l);
		return status ? status
			      : yc_fail(YC_FAIL,
					"interrupted, checkpoint saved in %s; continue "
					"with --resume",
					c->checkpoint);
	}
	return c->checkpoint && now(l) - l->saved > c->checkpoint_every ? save(l) : YC_OK;
}

/* ---- what it will take ---- */

static void duration(double s, char *buf, size_t size)
{
	static const struct {
		double least, unit;
		const char *name;
	} units[] = {{2 * 86400, 86400, "days"}, {2 * 3600, 3600, "hours"},
		{120, 60, "minutes"}, {0, 1, "seconds"}};
	size_t i = 0;

	while (s < units[i].least)
		i++;
	snprintf(buf, size, "%.*f %s", s / units[i].unit < 10 ? 1 : 0, s / units[i].unit,
		units[i].name);
}

static double memory(const struct loop *l)
{
	const struct yc_data *d = l->job->data;
	double image = (double)d->side * d->side * d->channels;
	double bytes = (double)yc_step_bytes(&l->step) +
		       (double)yc_work_bytes(l->net, l->trainer.recipe.batch,
			       l->job->threads, YC_WORK_GRADIENT);

	/* Pixels and momentum; a copy of both while a checkpoint is written. */
	bytes += (double)(l->synth.images * l->synth.pixels * sizeof(yc_real)) *
		 (l->job->cfg->checkpoint ? 6 : 2);
	if (l->cluster.work)
		bytes += (double)yc_cluster_bytes(&l->cluster, l->step.n_real);
	return bytes + image * d->n * (d->u8 ? 1 : sizeof(yc_real));
}

static double run_time(const struct loop *l, double outer, double inner)
{
	double interval = l->cfg->interval;

	return outer * (inner * (l->class_time + l->net_time) +
			       (interval ? ceil(inner / interval) * l->cluster_time : 0) +
			       (double)l->early_steps / l->cfg->fix_iter * l->net_time *
				       l->trainer.recipe.batch / l->cfg->n_data);
}

/* After the first inner iteration of a run that takes a while. */
static void estimate(struct loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	double left = c->outer - (double)l->state.at.it,
	       all = run_time(l, left, c->inner);
	char text[256], one[32], whole[32], full[32];

	if (l->estimated || l->net_time <= 0 || l->class_time <= 0 ||
		(l->state.chosen && l->cluster_time <= 0))
		return;
	l->estimated = true;
	if (all < 15)
		return;
	duration(run_time(l, 1, c->inner), one, sizeof(one));
	duration(all, whole, sizeof(whole));
	duration(run_time(l, c->full_outer, c->full_inner), full, sizeof(full));
	snprintf(text, sizeof(text),
		"takes %.0f MB; an outer iteration about %s, this run %s, the published "
		"setting "
		"(%u outer of %u inner) %s",
		memory(l) / 1e6, one, whole, c->full_outer, c->full_inner, full);
	note(l, text);
}

/* Whether an outer iteration as long as the last would end after the limit. */
static bool out_of_time(const struct loop *l)
{
	double limit = l->job->cfg->time_limit;

	return limit > 0 && l->outer_time > 0 &&
	       now(l) - l->started + l->outer_time > limit;
}

/* ---- units ---- */

static void new_network(struct loop *l)
{
	size_t n = yc_net_size(l->net);

	yc_net_init(
		l->net, l->trainer.w, yc_rng_fork(&l->root, "init-net", l->state.at.it));
	memset(l->trainer.m, 0, n * sizeof(*l->trainer.m));
}

static int diverged(const struct loop *l, const char *what)
{
	return yc_fail(YC_FAIL,
		"outer iteration %llu, inner %llu: the %s is not finite: a learning rate "
		"is too large "
		"or the images are not sane",
		(unsigned long long)l->state.at.it + 1,
		(unsigned long long)l->state.at.inner + 1, what);
}

static int network_step(struct loop *l)
{
	yc_trainer_step(&l->trainer, l->cfg->net_lr);
	return isfinite(l->trainer.loss) ? YC_OK : diverged(l, "network's loss");
}

static int early(struct loop *l)
{
	struct yc_place *at = &l->state.at;
	char text[48];
	int status = YC_OK;

	while (!status && at->early < l->early_steps) {
		status = network_step(l);
		at->early++;
		snprintf(text, sizeof(text), "loss %.4f", l->trainer.loss);
		yc_watch_tick(
			l->job->watch, "early steps", at->early, l->early_steps, text);
		if (!status)
			status = between(l);
	}
	return status;
}

/* Whether this inner iteration clusters anew. */
static bool due(const struct loop *l)
{
	return l->state.chosen && l->state.at.inner % l->cfg->interval == 0;
}

/* The real images of class step `serial`: drawn, or those that stand for the class. */
static int real_batch(struct loop *l, int cls, uint64_t serial)
{
	int n = l->step.n_real, status = YC_OK;
	int32_t *chosen;

	if (!l->state.chosen) {
		yc_walks_next(&l->walks, cls, n, l->step.idx);
		return YC_OK;
	}
	chosen = l->state.chosen + (size_t)cls * (size_t)n;
	if (due(l)) {
		double start = now(l);

		if (cls == 0)
			l->cluster_time = 0;
		status = yc_cluster_choose(&l->cluster, l->trainer.w, cls, n,
			yc_rng_fork(&l->root, "kmeans", serial), chosen);
		l->cluster_time += now(l) - start;
	}
	if (!status)
		memcpy(l->step.idx, chosen, (size_t)n * sizeof(*chosen));
	return status;
}

static int image_updates(struct loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	struct yc_state *s = &l->state;
	uint64_t classes = (uint64_t)l->synth.cfg.classes;

	while (s->at.cls < classes) {
		uint64_t serial =
			(s->at.it * c->inner + s->at.inner) * classes + s->at.cls;
		int cls = (int)s->at.cls, status = real_batch(l, cls, serial);
		double loss;

		if (status)
			return status;
		yc_step_draw(&l->step, &l->root, serial);
		loss = yc_step_run(&l->step, l->trainer.w, cls);
		if (!isfinite(loss))
			return diverged(l, "matching loss");
		yc_synth_step(&l->synth, cls, l->step.grad, c->lr_img, c->momentum_img,
			l->job->threads);
		s->loss += loss;
		s->at.cls++;
		tick(l, loss);
		status = between(l);
		if (status)
			return status;
	}
	return YC_OK;
}

static int network_updates(struct loop *l)
{
	struct yc_place *at = &l->state.at;
	int status = YC_OK;

	while (!status && at->seen < l->cfg->n_data) {
		status = network_step(l);
		at->seen += (uint64_t)l->trainer.n;
		if (!status)
			status = between(l);
	}
	return status;
}

static int inner_iteration(struct loop *l)
{
	struct yc_state *s = &l->state;
	bool whole = !s->at.cls && !s->at.seen;
	double t0 = now(l), t1;
	int status = image_updates(l);

	t1 = now(l);
	if (!status)
		status = network_updates(l);
	if (status)
		return status;
	if (whole) {
		l->class_time = t1 - t0 - (due(l) ? l->cluster_time : 0);
		l->net_time = now(l) - t1;
		estimate(l);
	}
	s->log_inner[s->at.inner] = (float)(s->loss / l->synth.cfg.classes);
	s->loss = 0;
	s->at.cls = s->at.seen = 0;
	s->at.inner++;
	return YC_OK;
}

/* What happens between the iterations is idempotent, so a run that was stopped right
 * after it, or right before, need not know. */
static int outer_iteration(struct loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	struct yc_state *s = &l->state;
	uint64_t from = s->at.inner;
	double start = now(l), sum = 0;
	int status = YC_OK;

	if (s->at.it % c->fix_iter == 0) {
		if (!s->at.early && !s->at.inner && !s->at.cls && !s->at.seen)
			new_network(l);
		status = early(l);
	}
	if (!status && !s->at.inner && !s->at.cls && !s->at.seen)
		yc_synth_clamp(&l->synth, l->job->threads);
	while (!status && s->at.inner < c->inner)
		status = inner_iteration(l);
	if (status)
		return status;
	for (uint32_t i = 0; i < c->inner; i++)
		sum += (double)s->log_inner[i];
	s->log[s->at.it] = (float)(sum / c->inner);
	if (from < c->inner)
		l->outer_time = (now(l) - start) * c->inner / (double)(c->inner - from);
	s->at = (struct yc_place){.it = s->at.it + 1};
	return YC_OK;
}

/* ---- results ---- */

/* The matching loss: a record of its own kind, since its rows are iterations and not
 * images. */
static int add_log(const struct loop *l, struct yc_set *out)
{
	const struct yc_state *s = &l->state;
	uint64_t done = s->at.it, inner = s->inner;
	struct yc_record *r = yc_realloc(
		out->extra, out->nextra * sizeof(*r), out->nextra + 1, sizeof(*r));
	int status;

	if (!r)
		return YC_FAIL;
	out->extra = r;
	r += out->nextra;
	out->nextra++;
	status = yc_meta_set(&r->meta, "yc.kind", "log");
	if (!status && !yc_record_add(r, "condense.loss", YC_F32, 1, &done, s->log))
		status = YC_FAIL;
	if (!status &&
		!yc_record_add(r, "condense.loss.last", YC_F32, 1, &inner, s->log_inner))
		status = YC_FAIL;
	return status;
}

static int result(struct loop *l, struct yc_set *out)
{
	const struct yc_meta *const heads[] = {&out->meta, &l->init_head};
	int status = yc_synth_store(&l->synth, out);

	out->head.factor = (int)l->cfg->factor;
	/* How the first images were made is part of how these were. */
	if (!status && l->cfg->init_from)
		status = yc_history_merge(&out->meta, heads, YC_COUNT(heads));
	return status ? status : add_log(l, out);
}

static int snapshot(struct loop *l)
{
	const struct yc_condense_job *job = l->job;
	uint32_t every = job->cfg->save_every, done = (uint32_t)l->state.at.it,
		 goal = l->cfg->outer;
	struct yc_set set = {0};
	int status;

	if (!job->snapshot || !every || done % every)
		return YC_OK;
	/* The set is that of a run this long, and its history shall say so. */
	l->cfg->outer = done;
	status = yc_condense_bare(job, &set);
	if (!status)
		status = result(l, &set);
	if (!status)
		status = job->snapshot(job->ctx, done, &set);
	l->cfg->outer = goal;
	yc_set_release(&set);
	return status;
}

static int iterate(struct loop *l, struct yc_set *out)
{
	int status = YC_OK;

	while (!status && l->state.at.it < l->cfg->outer) {
		if (out_of_time(l)) {
			char text[96];

			snprintf(text, sizeof(text),
				"time limit: %llu of %u outer iterations done",
				(unsigned long long)l->state.at.it, l->cfg->outer);
			note(l, text);
			l->cfg->outer = (uint32_t)l->state.at.it;
			break;
		}
		status = outer_iteration(l);
		/* The snapshot first: a run that dies in between writes it again. */
		if (!status)
			status = snapshot(l);
		if (!status)
			status = save(l);
	}
	return status ? status : result(l, out);
}

/* ---- set-up ---- */

static int make_images(struct loop *l)
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
		status = yc_walks_new(&l->walks, d, &l->root);
	if (!status)
		status = yc_walks_need(&l->walks, c->n_real, "a real batch (--n-real)");
	if (!status)
		status = yc_synth_new(&l->synth, &cfg);
	if (!status && c->init)
		status = yc_synth_init_needs(&l->synth, c->init, &l->walks, &n);
	return !status && c->init_from
		       ? yc_start_from_file(l->cfg, &l->synth, &l->init_head)
		       : status;
}

static int make_network(struct loop *l)
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
	const struct yc_recipe recipe = {.batch = (int)c->net_batch,
		.lr = c->net_lr,
		.momentum = c->net_momentum,
		.decay = c->net_decay,
		.aug = c->net_aug,
		.aug_all = c->aug_all,
		.mix_p = c->mix_p};
	int status = yc_net_new(&l->net, &net);

	if (!status)
		status = yc_trainer_new(
			&l->trainer, l->net, d, &recipe, l->root, l->job->threads);
	if (!status)
		l->early_steps = (uint64_t)ceil(c->early * yc_trainer_steps(&l->trainer));
	return status;
}

static int make_clusters(struct loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	const struct yc_cluster_cfg cfg = {.normalise = c->embed_normalised,
		.replace = c->kmeans_replace,
		.reseed = c->kmeans_reseed};

	if (!c->interval && !yc_start_clusters(c->init))
		return YC_OK;
	return yc_cluster_new(
		&l->cluster, &cfg, l->net, l->job->data, &l->walks, l->job->threads);
}

static int make(struct loop *l)
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
		.walks = &l->walks,
		.trainer = &l->trainer};
	s->log = yc_alloc(c->outer, sizeof(*s->log));
	s->log_inner = yc_alloc(c->inner, sizeof(*s->log_inner));
	if (c->interval)
		s->chosen = yc_alloc(
			yc_mul((size_t)d->classes, c->n_real), sizeof(*s->chosen));
	return s->log && s->log_inner && (s->chosen || !c->interval) ? YC_OK : YC_FAIL;
}

static int fresh_start(struct loop *l)
{
	const struct yc_start start = {.init = l->cfg->init,
		.random = l->cfg->init_random,
		.job = l->job,
		.walks = &l->walks,
		.cluster = &l->cluster,
		.w = l->trainer.w,
		.root = &l->root};
	int status = YC_OK;

	if (!l->cfg->init_from) {
		new_network(l); /* the one that outer_iteration makes, too */
		status = yc_start_from_real(&start, &l->synth);
	}
	return status ? status : save(l);
}

/* Restores a checkpoint or makes sure that one can be written, before days are spent. */
static int begin(struct loop *l)
{
	const struct yc_condense_cfg *c = l->job->cfg;
	int found;

	l->started = now(l);
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
	l->saved = now(l);
	if (found)
		return YC_OK;
	note(l, "no checkpoint to resume from: a fresh start");
	return fresh_start(l);
}

static void unmake(struct loop *l)
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
	yc_walks_release(&l->walks);
}

int yc_match_run(
	struct yc_match_cfg *cfg, const struct yc_condense_job *job, struct yc_set *out)
{
	struct loop l = {
		.cfg = cfg, .job = job, .root = yc_rng_new(job->seed, "condense")};
	int status = make(&l);

	if (!status)
		status = begin(&l);
	if (!status) {
		tick(&l, 0);
		status = iterate(&l, out);
	}
	unmake(&l);
	return status;
}

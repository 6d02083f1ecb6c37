/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/gradmatch/loop.h"

/*
 * yc-methods(7), "Outer and inner iterations": in every inner iteration one update of the
 * images per class, then some steps of the network on real images. The loop can stop,
 * save and go on after each of these units, without an effect on the result.
 */

int yc_loop_save(struct yc_loop *l)
{
	if (!l->job->cfg->checkpoint)
		return YC_OK;
	l->saved = yc_loop_now(l);
	return yc_state_save(&l->state, l->job);
}

/* Between two units: the place to stop, and to save now and then. */
static int between(struct yc_loop *l)
{
	const struct yc_condense_cfg *c = l->job->cfg;
	int status;

	if (yc_watch_stopped(l->job->watch)) {
		if (!c->checkpoint)
			return yc_fail(YC_FAIL,
				"interrupted, nothing saved: there is no --checkpoint");
		status = yc_loop_save(l);
		return status ? status
			      : yc_fail(YC_FAIL,
					"interrupted, checkpoint saved in %s; continue "
					"with --resume",
					c->checkpoint);
	}
	return c->checkpoint && yc_loop_now(l) - l->saved > c->checkpoint_every
		       ? yc_loop_save(l)
		       : YC_OK;
}

/* ---- units ---- */

void yc_loop_new_network(struct yc_loop *l)
{
	size_t n = yc_net_size(l->net);

	yc_net_init(
		l->net, l->trainer.w, yc_rng_fork(&l->root, "init-net", l->state.at.it));
	memset(l->trainer.m, 0, n * sizeof(*l->trainer.m));
}

static int diverged(const struct yc_loop *l, const char *what)
{
	return yc_fail(YC_FAIL,
		"outer iteration %llu, inner %llu: the %s is not finite: a learning rate "
		"is too large "
		"or the images are not sane",
		(unsigned long long)l->state.at.it + 1,
		(unsigned long long)l->state.at.inner + 1, what);
}

static int network_step(struct yc_loop *l)
{
	yc_trainer_step(&l->trainer, l->cfg->net_lr);
	return isfinite(l->trainer.loss) ? YC_OK : diverged(l, "network's loss");
}

static int early(struct yc_loop *l)
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
static bool due(const struct yc_loop *l)
{
	return l->state.chosen && l->state.at.inner % l->cfg->interval == 0;
}

/* The real images of class step `serial`: drawn, or those that stand for the class. */
static int real_batch(struct yc_loop *l, int cls, uint64_t serial)
{
	int n = l->step.n_real, status = YC_OK;
	int32_t *chosen;

	if (!l->state.chosen) {
		yc_sampler_next(&l->sampler, cls, n, l->step.idx);
		return YC_OK;
	}
	chosen = l->state.chosen + (size_t)cls * (size_t)n;
	if (due(l)) {
		double start = yc_loop_now(l);

		if (cls == 0)
			l->cluster_time = 0;
		status = yc_cluster_choose(&l->cluster, l->trainer.w, cls, n,
			yc_rng_fork(&l->root, "kmeans", serial), chosen);
		l->cluster_time += yc_loop_now(l) - start;
	}
	if (!status)
		memcpy(l->step.idx, chosen, (size_t)n * sizeof(*chosen));
	return status;
}

static int image_updates(struct yc_loop *l)
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
		yc_loop_tick(l, loss);
		status = between(l);
		if (status)
			return status;
	}
	return YC_OK;
}

static int network_updates(struct yc_loop *l)
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

static int inner_iteration(struct yc_loop *l)
{
	struct yc_state *s = &l->state;
	bool whole = !s->at.cls && !s->at.seen;
	double t0 = yc_loop_now(l), t1;
	int status = image_updates(l);

	t1 = yc_loop_now(l);
	if (!status)
		status = network_updates(l);
	if (status)
		return status;
	if (whole) {
		l->class_time = t1 - t0 - (due(l) ? l->cluster_time : 0);
		l->net_time = yc_loop_now(l) - t1;
		yc_loop_estimate(l);
	}
	s->log_inner[s->at.inner] = (float)(s->loss / l->synth.cfg.classes);
	s->loss = 0;
	s->at.cls = s->at.seen = 0;
	s->at.inner++;
	return YC_OK;
}

/* What happens between the iterations is idempotent, so a run that was stopped right
 * after it, or right before, need not know. */
static int outer_iteration(struct yc_loop *l)
{
	const struct yc_match_cfg *c = l->cfg;
	struct yc_state *s = &l->state;
	uint64_t from = s->at.inner;
	double start = yc_loop_now(l), sum = 0;
	int status = YC_OK;

	if (s->at.it % c->fix_iter == 0) {
		if (!s->at.early && !s->at.inner && !s->at.cls && !s->at.seen)
			yc_loop_new_network(l);
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
		l->outer_time =
			(yc_loop_now(l) - start) * c->inner / (double)(c->inner - from);
	s->at = (struct yc_place){.it = s->at.it + 1};
	return YC_OK;
}

/* ---- results ---- */

/* The matching loss: a record of its own kind, since its rows are iterations and not
 * images. */
static int add_log(const struct yc_loop *l, struct yc_set *out)
{
	const struct yc_state *s = &l->state;
	uint64_t done = s->at.it, inner = s->inner;
	struct yc_record *r = yc_grow_list(out->extra, out->nextra, sizeof(*r));
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

static int result(struct yc_loop *l, struct yc_set *out)
{
	const struct yc_meta *const heads[] = {&out->meta, &l->init_head};
	int status = yc_synth_store(&l->synth, out);

	out->head.factor = (int)l->cfg->factor;
	/* How the first images were made is part of how these were. */
	if (!status && l->cfg->init_from)
		status = yc_history_merge(&out->meta, heads, YC_COUNT(heads));
	return status ? status : add_log(l, out);
}

static int snapshot(struct yc_loop *l)
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

static int iterate(struct yc_loop *l, struct yc_set *out)
{
	int status = YC_OK;

	while (!status && l->state.at.it < l->cfg->outer) {
		if (yc_loop_out_of_time(l)) {
			char text[96];

			snprintf(text, sizeof(text),
				"time limit: %llu of %u outer iterations done",
				(unsigned long long)l->state.at.it, l->cfg->outer);
			yc_loop_note(l, text);
			l->cfg->outer = (uint32_t)l->state.at.it;
			break;
		}
		status = outer_iteration(l);
		/* The snapshot first: a run that dies in between writes it again. */
		if (!status)
			status = snapshot(l);
		if (!status)
			status = yc_loop_save(l);
	}
	return status ? status : result(l, out);
}

int yc_match_run(
	struct yc_match_cfg *cfg, const struct yc_condense_job *job, struct yc_set *out)
{
	struct yc_loop l = {
		.cfg = cfg, .job = job, .root = yc_rng_new(job->seed, "condense")};
	int status = yc_loop_make(&l);

	if (!status)
		status = yc_loop_begin(&l);
	if (!status) {
		yc_loop_tick(&l, 0);
		status = iterate(&l, out);
	}
	yc_loop_unmake(&l);
	return status;
}

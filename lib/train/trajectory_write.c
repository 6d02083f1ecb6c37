/* SPDX-License-Identifier: MIT */
/* Trains the networks of a trajectory and writes each one when it is ready to be used, with
 * the checkpoint of yc-train. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "lib/train/internal.h"
#include "lib/train/spool.h"
#include "lib/train/trajectory_id.h"

/* The position, which is saved: outer and inner iteration; the early steps of the former;
 * whether the network of the latter is written, and the images that it has seen since;
 * images that the sums of loss and accuracy are of. */
enum { OUTER, INNER, EARLY, WRITTEN, SEEN, SUMMED };

struct run {
	const struct yc_snapshots_cfg *cfg;
	struct yc_trajectory_id id;
	struct yc_net *net;
	struct yc_trajectory t;
	struct yc_record head, describe;
	struct yc_writer *writer;
	struct yc_watch *watch;
	struct yc_spool spool; /* with a checkpoint */
	struct yc_progress p;
	uint64_t steps; /* made here */
	double started, saved;
	bool told;
};

static double now(const struct run *r)
{
	return r->watch && r->watch->now ? r->watch->now(r->watch) : 0;
}

static bool renewed(const struct run *r, uint64_t outer)
{
	return outer % r->id.cfg->fix_iter == 0;
}

/* ---- how far it is ---- */

static uint64_t steps_of_inner(const struct run *r)
{
	const struct yc_trajectory_cfg *c = r->id.cfg;

	return (c->n_data - 1) / c->net_batch + 1;
}

/* Network steps before an outer iteration begins; more by the last batches of passes,
 * which are smaller. */
static uint64_t steps_before(const struct run *r, uint64_t outer)
{
	const struct yc_trajectory_cfg *c = r->id.cfg;

	return ((outer + c->fix_iter - 1) / c->fix_iter) * r->t.early_steps +
	       outer * c->inner * steps_of_inner(r);
}

static uint64_t steps_done(const struct run *r)
{
	const uint64_t *at = r->p.position;

	return steps_before(r, at[OUTER]) + at[EARLY] + at[INNER] * steps_of_inner(r) +
	       at[SEEN] / r->id.cfg->net_batch;
}

/* If it will take longer than a minute, says so after some seconds of measuring. */
static void tell(struct run *r, uint64_t left)
{
	enum { SECONDS = 2, STEPS = 5, LONG = 60 };
	const double spent = now(r) - r->started, bytes = (double)yc_net_size(r->net) *
							  sizeof(float) * r->id.outer *
							  r->id.cfg->inner;
	double seconds;
	char text[128], time[32];

	if (r->told || !r->watch || !r->watch->note || !r->watch->now ||
		spent < SECONDS || r->steps < STEPS)
		return;
	r->told = true;
	seconds = spent / (double)r->steps * (double)left;
	if (seconds < LONG)
		return;
	yc_duration(seconds, time, sizeof time);
	(void)snprintf(text, sizeof text,
		"networks of %" PRIu32 " outer iteration%s: about %s, %.3g %s",
		r->id.outer, r->id.outer == 1 ? "" : "s", time,
		bytes < 1e9 ? bytes / 1e6 : bytes / 1e9, bytes < 1e9 ? "MB" : "GB");
	r->watch->note(r->watch, text);
}

static void tick(struct run *r)
{
	const uint64_t total = steps_before(r, r->id.outer) - steps_of_inner(r),
		       done = steps_done(r);
	char text[80];

	tell(r, done < total ? total - done : 0);
	(void)snprintf(text, sizeof text, "outer %" PRIu64 " inner %" PRIu64 " loss %.4f",
		r->p.position[OUTER] + 1, r->p.position[INNER] + 1, r->t.trainer.loss);
	yc_watch_tick(
		r->watch, "network steps", done < total ? done : total, total, text);
}

/* ---- steps ---- */

static int network_step(struct run *r)
{
	const int status = yc_trajectory_step(&r->t);

	r->steps++;
	yc_progress_add(&r->p, &r->t.trainer);
	r->p.position[SUMMED] += (uint64_t)r->t.trainer.n;
	return status < 0
		       ? yc_fail_in(status, "outer iteration %" PRIu64 ", inner %" PRIu64,
				 r->p.position[OUTER] + 1, r->p.position[INNER] + 1)
		       : YC_OK;
}

static void forget_sums(struct run *r)
{
	r->p.loss = r->p.right = 0;
	r->p.position[SUMMED] = 0;
}

static int write_network(struct run *r)
{
	const struct yc_trainer *t = &r->t.trainer;
	const uint64_t *at = r->p.position;
	const double images = at[SUMMED] ? (double)at[SUMMED] : NAN;
	const struct yc_snapshot about = {
		.network = (int)(at[OUTER] / r->id.cfg->fix_iter) + 1,
		.epoch = (int)(t->steps / (uint64_t)yc_trainer_steps(t)),
		.seed = r->id.seed,
		.outer = (int)at[OUTER] + 1,
		.inner = (int)at[INNER] + 1,
		.loss = r->p.loss / images,
		.accuracy = r->p.right / images};
	struct yc_record rec = {0};
	int status = yc_snapshot_store(&rec, r->net, t->w, &about);

	if (status == YC_OK && r->cfg->checkpoint)
		status = yc_spool_put(&r->spool, &rec);
	if (status == YC_OK)
		status = yc_writer_put(r->writer, &rec);
	/* Somebody may wait for it. */
	if (status == YC_OK)
		status = yc_writer_flush(r->writer);
	forget_sums(r);
	yc_record_release(&rec);
	return status;
}

/* An early step, a network that is written, or a step after it. */
static int advance(struct run *r)
{
	const struct yc_trajectory_cfg *c = r->id.cfg;
	uint64_t *at = r->p.position;
	int status;

	if (renewed(r, at[OUTER]) && !at[INNER] && !at[EARLY] && !at[WRITTEN]) {
		yc_trajectory_renew(&r->t, at[OUTER]);
		forget_sums(r);
	}
	if (renewed(r, at[OUTER]) && at[EARLY] < r->t.early_steps) {
		at[EARLY]++;
		return network_step(r);
	}
	if (!at[WRITTEN]) {
		at[WRITTEN] = 1;
		return write_network(r);
	}
	status = network_step(r);
	at[SEEN] += (uint64_t)r->t.trainer.n;
	if (at[SEEN] < c->n_data)
		return status;
	at[WRITTEN] = at[SEEN] = 0;
	if (++at[INNER] == c->inner) {
		at[OUTER]++;
		at[INNER] = at[EARLY] = 0;
	}
	return status;
}

static uint64_t networks_written(const struct run *r)
{
	const uint64_t *at = r->p.position;

	return at[OUTER] * r->id.cfg->inner + at[INNER] + at[WRITTEN];
}

static int save(struct run *r)
{
	const int status = yc_spool_save(&r->spool, &r->t.trainer, &r->p);

	r->saved = now(r);
	return status;
}

static int stop(struct run *r)
{
	if (!r->cfg->checkpoint)
		return yc_fail(YC_FAIL, "interrupted");
	return save(r) < 0
		       ? YC_FAIL
		       : yc_fail(YC_FAIL,
				 "interrupted: --resume continues from the checkpoint "
				 "%s",
				 r->cfg->checkpoint);
}

static int train(struct run *r)
{
	const uint64_t all = (uint64_t)r->id.outer * r->id.cfg->inner;
	int status = YC_OK;

	r->started = r->saved = now(r);
	while (status == YC_OK && networks_written(r) < all) {
		if (yc_watch_stopped(r->watch))
			return stop(r);
		status = advance(r);
		tick(r);
		if (status == YC_OK && r->cfg->checkpoint &&
			now(r) - r->saved >= r->cfg->checkpoint_every)
			status = save(r);
	}
	return status;
}

/* ---- checkpoint ---- */

static int check_position(const struct run *r)
{
	const struct yc_trajectory_cfg *c = r->id.cfg;
	const uint64_t *at = r->p.position;

	if (at[OUTER] > UINT32_MAX || at[INNER] >= c->inner ||
		at[EARLY] > r->t.early_steps || at[WRITTEN] > 1 ||
		at[SEEN] >= c->n_data || networks_written(r) != (uint64_t)r->spool.count)
		return yc_fail(YC_FAIL, "%s: the checkpoint is damaged", r->spool.state);
	if (networks_written(r) > (uint64_t)r->id.outer * c->inner)
		return yc_fail(YC_FAIL,
			"%s: the checkpoint is in outer iteration %" PRIu64
			", past --outer %" PRIu32,
			r->cfg->checkpoint, at[OUTER] + 1, r->id.outer);
	return YC_OK;
}

/* Writes what there is, and goes on from there. */
static int resume(struct run *r)
{
	struct yc_record saved;
	int status = yc_spool_open(&r->spool, r->cfg, 1, &r->head, &saved);

	if (status < 0)
		return status;
	if (saved.ntensors) {
		status = yc_spool_restore(&r->spool, &saved, &r->t.trainer, &r->p);
		if (status == YC_OK)
			status = check_position(r);
	} else {
		status = yc_spool_put(&r->spool, &r->describe);
	}
	yc_record_release(&saved);
	return status == YC_OK ? yc_spool_copy(&r->spool, r->writer) : status;
}

/* A run of more iterations continues from the state, which is before the end record. */
static int complete(struct run *r)
{
	struct yc_record end = {0};
	int status = save(r);

	if (status == YC_OK)
		status = yc_meta_set(&end.meta, "yc.end", "0");
	if (status == YC_OK)
		status = yc_spool_put(&r->spool, &end);
	yc_record_release(&end);
	return status;
}

static int prepare(struct run *r, const struct yc_set *set)
{
	const struct yc_trajectory_cfg *c = r->id.cfg;
	int status = yc_trajectory_net(&r->net, c, r->id.data);

	r->id.net = r->net;
	if (status == YC_OK)
		status = yc_trajectory_new(
			&r->t, c, r->net, r->id.data, r->id.seed, r->cfg->threads);
	if (status == YC_OK)
		status = yc_nets_make_head(&r->head, set);
	if (status == YC_OK)
		status = yc_trajectory_describe(&r->describe, &r->id);
	if (status == YC_OK && r->cfg->checkpoint)
		status = yc_spool_folder(r->cfg, r->id.data, r->watch);
	if (status == YC_OK)
		status = yc_writer_put(r->writer, &r->head);
	if (status == YC_OK)
		status = yc_writer_put(r->writer, &r->describe);
	/* A reader can refuse them before the first one is trained. */
	if (status == YC_OK)
		status = yc_writer_flush(r->writer);
	return status == YC_OK && r->cfg->checkpoint ? resume(r) : status;
}

int yc_trajectory_write(const struct yc_snapshots_cfg *cfg,
	const struct yc_trajectory_cfg *networks, uint32_t outer,
	const struct yc_set *set, const struct yc_data *data, struct yc_writer *w,
	struct yc_watch *watch)
{
	struct run r = {.cfg = cfg,
		.id = {.cfg = networks, .data = data, .outer = outer, .seed = cfg->seed},
		.writer = w,
		.watch = watch,
		.spool = {.fd = -1}};
	int status;

	if (cfg->resume && !cfg->checkpoint)
		return yc_fail(YC_USAGE, "--resume needs --checkpoint FOLDER");
	status = prepare(&r, set);
	if (status == YC_OK)
		status = train(&r);
	if (status == YC_OK && cfg->checkpoint)
		status = complete(&r);
	if (status == YC_OK)
		status = yc_writer_end(w);
	yc_spool_release(&r.spool);
	yc_record_release(&r.head);
	yc_record_release(&r.describe);
	yc_trajectory_release(&r.t);
	yc_net_free(r.net);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* Trains networks and writes snapshots of them, network by network in the order of
 * epochs, regardless of which train in parallel. */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "lib/train/internal.h"
#include "lib/train/spool.h"
#include "yc/mem.h"
#include "yc/number.h"

int yc_snapshots_parse(const char *text, int epochs, bool *due)
{
	const bool every = strcmp(text, "every-epoch") == 0,
		   final = strcmp(text, "final") == 0;
	int status = YC_OK, n = 0;

	for (int e = 0; e <= epochs; e++)
		due[e] = every || (final && e == epochs);
	if (!every && !final &&
		yc_parse_ranges(text, "epochs", (size_t)epochs + 1, due) < 0)
		status = yc_fail_in(YC_USAGE, "--snapshots '%.64s'", text);
	for (int e = 0; e <= epochs && status == YC_OK; e++)
		n += due[e];
	return status < 0 ? status : n;
}

/* State shared by all networks. One thread at a time uses the writer, the files of the
 * checkpoint, and the fields behind the lock. */
struct run {
	const struct yc_snapshots_cfg *cfg;
	const struct yc_data *data;
	struct yc_net *net;
	bool *due; /* [epochs + 1] */
	struct yc_record head;
	pthread_mutex_t lock;
	struct yc_writer *writer;
	int current; /* the network whose snapshots are written directly */
	struct trial *trial;
};

/* One network. */
struct trial {
	struct run *all;
	struct yc_one *one;
	bool open, finished;
	struct yc_spool spool; /* with a checkpoint */
	struct yc_record saved;
	struct yc_record *held; /* pending snapshots, without a checkpoint */
	size_t nheld;
	struct yc_progress sum;
	double last_save; /* time */
	int status;
};

/* Writes the pending snapshots of a network that is next. */
static int flush(struct trial *trial)
{
	struct run *all = trial->all;
	int status = YC_OK;

	if (all->cfg->checkpoint && trial->open)
		return yc_spool_copy(&trial->spool, all->writer);
	for (size_t i = 0; i < trial->nheld; i++) {
		if (status == YC_OK)
			status = yc_writer_put(all->writer, &trial->held[i]);
		yc_record_release(&trial->held[i]);
	}
	yc_free(trial->held);
	trial->held = NULL;
	trial->nheld = 0;
	return status;
}

/* Writes a snapshot or queues it. Takes ownership of the record. */
static int put(struct trial *trial, struct yc_record *rec)
{
	struct run *all = trial->all;
	const bool direct = trial->one->index == all->current;
	int status = YC_OK;

	if (all->cfg->checkpoint)
		status = yc_spool_put(&trial->spool, rec);
	if (status == YC_OK && direct)
		status = yc_writer_put(all->writer, rec);
	if (status == YC_OK && !direct && !all->cfg->checkpoint) {
		struct yc_record *grown =
			yc_grow_list(trial->held, trial->nheld, sizeof *grown);

		if (grown) {
			trial->held = grown;
			trial->held[trial->nheld++] = *rec;
			*rec = (struct yc_record){0};
			return YC_OK;
		}
		status = YC_FAIL;
	}
	yc_record_release(rec);
	return status;
}

static int snapshot(struct trial *trial, const struct yc_trainer *t, int epoch)
{
	struct run *all = trial->all;
	const double images = epoch ? (double)t->data->n : NAN;
	const struct yc_snapshot about = {.network = trial->one->index + 1,
		.epoch = epoch,
		.seed = all->cfg->seed,
		.loss = trial->sum.loss / images,
		.accuracy = trial->sum.right / images};
	struct yc_record rec = {0};
	int status = YC_OK;

	if (all->due[epoch]) {
		status = yc_snapshot_store(&rec, t->net, t->w, &about);
		pthread_mutex_lock(&all->lock);
		if (status == YC_OK)
			status = put(trial, &rec);
		pthread_mutex_unlock(&all->lock);
		yc_record_release(&rec);
	}
	trial->sum = (struct yc_progress){0};
	return status;
}

static double now(const struct trial *trial)
{
	return trial->one->watch.now(&trial->one->watch);
}

static int save(struct trial *trial, const struct yc_trainer *t)
{
	struct run *all = trial->all;
	int status;

	pthread_mutex_lock(&all->lock);
	status = yc_spool_save(&trial->spool, t, &trial->sum);
	pthread_mutex_unlock(&all->lock);
	trial->last_save = now(trial);
	return status;
}

static bool save_due(const struct trial *trial)
{
	const struct yc_snapshots_cfg *cfg = trial->all->cfg;

	return cfg->checkpoint && trial->status == YC_OK &&
	       now(trial) - trial->last_save >= cfg->checkpoint_every;
}

static void trial_batch(void *ctx, int epoch, const struct yc_trainer *t)
{
	struct trial *trial = ctx;

	(void)epoch;
	yc_progress_add(&trial->sum, t);
	/* At the end of an epoch its snapshot comes first. */
	if (t->steps % (uint64_t)yc_trainer_steps(t) != 0 && save_due(trial))
		trial->status = save(trial, t);
}

static bool trial_epoch(void *ctx, int epoch, struct yc_trainer *t)
{
	struct trial *trial = ctx;
	const double images = t->data->n;

	yc_watch_measured(&trial->one->watch, "epoch",
		(struct yc_measure[]){{"network", trial->one->index + 1, true},
			{"epoch", epoch + 1, true},
			{"loss", trial->sum.loss / images, false},
			{"accuracy", trial->sum.right / images, false}},
		4);
	if (trial->status == YC_OK)
		trial->status = snapshot(trial, t, epoch + 1);
	if (save_due(trial))
		trial->status = save(trial, t);
	return trial->status < 0;
}

/* Starts from the checkpoint, or from the beginning. */
static int trial_start(struct trial *trial, struct yc_trainer *t)
{
	struct yc_one *one = trial->one;
	int status;

	if (trial->saved.ntensors) {
		status = yc_spool_restore(&trial->spool, &trial->saved, t, &trial->sum);
		yc_record_release(&trial->saved);
		return status;
	}
	status = yc_train_opts_weights(trial->all->cfg->training, t->net, one->index,
		t->w, yc_rng_fork(&one->rng, "init-net", 0));
	return status == YC_OK ? snapshot(trial, t, 0) : status;
}

static int trial_train(struct trial *trial)
{
	struct run *all = trial->all;
	struct yc_one *one = trial->one;
	const struct yc_hyper hyper = yc_train_opts_hyper(all->cfg->training);
	const struct yc_observer o = {
		.ctx = trial, .batch = trial_batch, .epoch = trial_epoch};
	struct yc_trainer t;
	int status =
		yc_trainer_new(&t, all->net, all->data, &hyper, one->rng, one->threads);

	if (status < 0)
		return status;
	trial->last_save = now(trial);
	status = trial_start(trial, &t);
	if (status == YC_OK) {
		status = yc_train(&t, &o, &one->watch, "networks");
		/* Stopped between two steps. */
		if (status < 0 && one->watch.stop && all->cfg->checkpoint &&
			trial->status == YC_OK && save(trial, &t) == YC_OK)
			status = yc_fail(YC_FAIL,
				"interrupted: --resume continues from the checkpoint %s",
				all->cfg->checkpoint);
	}
	yc_trainer_release(&t);
	return status == YC_OK ? trial->status : status;
}

static int trial_open(struct trial *trial)
{
	struct run *all = trial->all;
	const int index = trial->one->index;
	int status = YC_OK;

	pthread_mutex_lock(&all->lock);
	if (all->cfg->checkpoint)
		status = yc_spool_open(
			&trial->spool, all->cfg, index + 1, &all->head, &trial->saved);
	trial->open = status == YC_OK;
	if (status == YC_OK && index == all->current)
		status = flush(trial);
	pthread_mutex_unlock(&all->lock);
	return status;
}

/* The end record makes the spool a complete stream. */
static int complete(struct trial *trial)
{
	struct yc_record end = {0};
	int status = yc_meta_set(&end.meta, "yc.end", "0");

	if (status == YC_OK)
		status = yc_spool_put(&trial->spool, &end);
	if (status == YC_OK)
		status = yc_spool_save(&trial->spool, NULL, &trial->sum);
	yc_record_release(&end);
	return status;
}

/* Moves on to the next network that is not finished. */
static int trial_finish(struct trial *trial)
{
	struct run *all = trial->all;
	int status = YC_OK;

	pthread_mutex_lock(&all->lock);
	if (all->cfg->checkpoint && !trial->spool.finished)
		status = complete(trial);
	trial->finished = true;
	while (status == YC_OK && all->current < (int)all->cfg->networks &&
		all->trial[all->current].finished) {
		yc_spool_release(&all->trial[all->current].spool);
		if (++all->current < (int)all->cfg->networks)
			status = flush(&all->trial[all->current]);
	}
	pthread_mutex_unlock(&all->lock);
	return status;
}

static int trial_run(void *ctx, struct yc_one *one)
{
	struct run *all = ctx;
	struct trial *trial = &all->trial[one->index];
	int status;

	trial->one = one;
	status = trial_open(trial);
	if (status == YC_OK && !trial->spool.finished)
		status = trial_train(trial);
	if (status == YC_OK)
		status = trial_finish(trial);
	return status;
}

int yc_nets_make_head(struct yc_record *r, const struct yc_set *set)
{
	int status = yc_meta_copy(&r->meta, &set->meta);

	if (status == YC_OK)
		status = yc_head_store(&set->head, &r->meta);
	yc_meta_drop(&r->meta, "yc.order");
	return status;
}

/* Limits the networks in parallel so that pending snapshots stay below the limit. */
static int most_side(const struct run *all, int snapshots)
{
	const uint64_t each = (uint64_t)snapshots * yc_net_size(all->net) * sizeof(float);

	return all->cfg->checkpoint		? 0
	       : all->cfg->memory / each < 4096 ? 1 + (int)(all->cfg->memory / each)
						: 4096;
}

static int prepare(struct run *all, const struct yc_set *set, struct yc_watch *watch,
	struct yc_several *several)
{
	const struct yc_snapshots_cfg *cfg = all->cfg;
	const int epochs = (int)cfg->training->epochs;
	int status = yc_train_opts_net(cfg->training, all->data, &all->net), n;

	if (status < 0)
		return status;
	all->due = yc_calloc((size_t)epochs + 1, sizeof *all->due);
	all->trial = yc_calloc(cfg->networks, sizeof *all->trial);
	if (!all->due || !all->trial)
		return YC_FAIL;
	for (uint32_t i = 0; i < cfg->networks; i++)
		all->trial[i] = (struct trial){.all = all, .spool = {.fd = -1}};
	n = yc_snapshots_parse(cfg->snapshots, epochs, all->due);
	if (n < 0)
		return n;
	several->side = most_side(all, n);
	status = yc_nets_make_head(&all->head, set);
	if (status == YC_OK && cfg->checkpoint)
		status = yc_spool_folder(cfg, all->data, watch);
	return status == YC_OK ? yc_writer_put(all->writer, &all->head) : status;
}

int yc_snapshots_write(const struct yc_snapshots_cfg *cfg, const struct yc_set *set,
	const struct yc_data *data, struct yc_writer *w, struct yc_watch *watch)
{
	struct run all = {
		.cfg = cfg, .data = data, .writer = w, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct yc_several several = {.n = (int)cfg->networks,
		.threads = cfg->threads,
		.seed = cfg->seed,
		.watch = watch,
		.ctx = &all,
		.run = trial_run};
	int status;

	if (cfg->resume && !cfg->checkpoint)
		return yc_fail(YC_USAGE, "--resume needs --checkpoint FOLDER");
	status = prepare(&all, set, watch, &several);
	if (status == YC_OK)
		status = yc_several_run(&several);
	if (status == YC_OK)
		status = yc_writer_end(w);
	for (uint32_t i = 0; all.trial && i < cfg->networks; i++) {
		for (size_t k = 0; k < all.trial[i].nheld; k++)
			yc_record_release(&all.trial[i].held[k]);
		yc_free(all.trial[i].held);
		yc_record_release(&all.trial[i].saved);
		yc_spool_release(&all.trial[i].spool);
	}
	yc_record_release(&all.head);
	yc_free(all.trial);
	yc_free(all.due);
	yc_net_free(all.net);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* Runs several scores over one training: passes each the epochs that it needs, lets it
 * finish with the trained network, and stores its columns. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/score/internal.h"
#include "yc/mem.h"

/* Memory above which a note says so. */
enum { TELL_BYTES = 256 << 20 };

/* Epochs before the window. */
static int skipped(const struct yc_scoring *s)
{
	return s->job.window.from > 1 ? (int)s->job.window.from - 1 : 0;
}

/* The job as scores see it: of no epochs but those of the window. */
static struct yc_score_job seen(const struct yc_scoring *s)
{
	struct yc_score_job job = s->job;

	if (job.window.to && (int)job.window.to < job.epochs)
		job.epochs = (int)job.window.to;
	job.epochs -= skipped(s);
	return job;
}

static int item_fill(struct yc_scoring *s, struct yc_score_item *it)
{
	const struct yc_score *score = it->score;
	const bool watches = score->needs & YC_NEED_DYNAMICS;
	const struct yc_score_job job = seen(s);
	int status;

	if (watches && s->job.epochs < 1)
		return yc_fail(YC_USAGE, "score '%s' needs at least one epoch",
			score->method.name);
	if (watches && job.epochs < 1)
		return yc_fail(YC_USAGE, "--from-epoch %u: there are only %d epochs",
			job.window.from, s->job.epochs);
	it->plan =
		(struct yc_score_plan){.epochs = watches ? job.epochs : 0, .columns = 1};
	status = score->plan ? score->plan(it->cfg, &job, &it->plan) : YC_OK;
	if (status < 0)
		return yc_fail_in(status, "%s", score->method.name);
	it->state = yc_calloc(it->plan.bytes, 1);
	it->out = yc_calloc(yc_size_mul((size_t)it->plan.columns, (size_t)s->job.data->n),
		sizeof *it->out);
	if (!it->state || !it->out)
		return yc_fail_in(YC_FAIL, "%s", score->method.name);
	s->bytes += it->plan.bytes;
	if (watches && skipped(s) + it->plan.epochs > s->epochs)
		s->epochs = skipped(s) + it->plan.epochs;
	if (score->needs & YC_NEED_MODEL)
		s->epochs = s->job.epochs;
	return YC_OK;
}

static int scoring_fill(struct yc_scoring *s, const struct yc_method *const *method,
	void *const *cfg, int n)
{
	const size_t rows = (size_t)s->job.data->n,
		     classes = (size_t)s->job.data->classes;

	for (int i = 0; i < n; i++) {
		struct yc_score_item *it = &s->item[s->nitems++];
		int status;

		it->score = (const struct yc_score *)method[i];
		it->cfg = cfg[i];
		status = item_fill(s, it);
		if (status < 0)
			return status;
	}
	s->logp = yc_calloc(yc_size_mul(rows, classes), sizeof *s->logp);
	s->err = yc_calloc(rows, sizeof *s->err);
	s->loss = yc_calloc(rows, sizeof *s->loss);
	s->ok = yc_calloc(rows, sizeof *s->ok);
	s->scratch = yc_calloc(classes, sizeof *s->scratch);
	return s->logp && s->err && s->loss && s->ok && s->scratch ? YC_OK : YC_FAIL;
}

static void tell_bytes(const struct yc_scoring *s)
{
	struct yc_watch *w = s->job.watch;
	char text[64];

	if (s->bytes < TELL_BYTES || !w || !w->note)
		return;
	(void)snprintf(text, sizeof text, "the scores need %zu MiB until the end",
		s->bytes >> 20);
	w->note(w, text);
}

int yc_scoring_new(struct yc_scoring *s, const struct yc_score_job *job,
	const struct yc_method *const *method, void *const *cfg, int n)
{
	int status;

	*s = (struct yc_scoring){.job = *job, .needs = yc_scores_need(method, n)};
	if (n > YC_SCORES_MAX)
		return yc_fail(YC_USAGE, "more than %d scores at once", YC_SCORES_MAX);
	status = scoring_fill(s, method, cfg, n);
	if (status < 0)
		yc_scoring_release(s);
	else
		tell_bytes(s);
	return status;
}

void yc_scoring_release(struct yc_scoring *s)
{
	for (int i = 0; i < s->nitems; i++) {
		yc_free(s->item[i].state);
		yc_free(s->item[i].out);
	}
	yc_free(s->logp);
	yc_free(s->err);
	yc_free(s->loss);
	yc_free(s->ok);
	yc_free(s->scratch);
	*s = (struct yc_scoring){0};
}

/* Error and correctness of image i from its softmax and target. */
static double distance(const struct yc_data *d, int i, const float *logp)
{
	const float *soft = d->soft ? yc_data_soft(d, i) : NULL;
	double sum = 0;

	for (int k = 0; k < d->classes; k++) {
		const double y = soft ? (double)soft[k] : k == d->label[i];
		const double gap = exp((double)logp[k]) - y;

		sum += gap * gap;
	}
	return sqrt(sum);
}

static double cross_entropy(const struct yc_data *d, int i, const float *logp)
{
	const float *soft = d->soft ? yc_data_soft(d, i) : NULL;
	double sum = 0;

	if (!soft)
		return -(double)logp[d->label[i]];
	for (int k = 0; k < d->classes; k++)
		sum -= (double)soft[k] * (double)logp[k];
	return sum;
}

void yc_scoring_epoch(struct yc_scoring *s)
{
	const struct yc_data *d = s->job.data;
	struct yc_dyn_epoch e = {
		.epoch = s->next - skipped(s),
		.n = d->n,
		.classes = d->classes,
		.label = d->label,
		.logp = s->logp,
		.err = s->err,
		.loss = s->loss,
		.ok = s->ok,
	};

	for (int i = 0; i < d->n; i++) {
		const float *row = s->logp + (size_t)i * (size_t)d->classes;
		const double loss = cross_entropy(d, i, row);
		int best = 0;

		for (int k = 1; k < d->classes; k++)
			if (row[k] > row[best])
				best = k;
		s->err[i] = (float)distance(d, i, row);
		s->ok[i] = best == d->label[i];
		e.right += s->ok[i];
		s->loss[i] = (float)loss;
		e.sum_loss += loss;
	}
	for (int i = 0; i < s->nitems; i++) {
		const struct yc_score_item *it = &s->item[i];

		if (e.epoch >= 0 && e.epoch < it->plan.epochs)
			it->score->observe(it->cfg, it->state, &e);
	}
	s->next++;
}

/* A score that is no number would silently rank somewhere. */
static int check_finite(const struct yc_scoring *s, const struct yc_score_item *it)
{
	const size_t rows = (size_t)s->job.data->n, all = rows * (size_t)it->plan.columns;

	for (size_t i = 0; i < all; i++)
		if (!isfinite(it->out[i]))
			return yc_fail(YC_FAIL,
				"%s: the score of image %zu is not finite: the training "
				"diverged, or the network is not sound",
				it->score->method.name, i % rows);
	return YC_OK;
}

int yc_scoring_finish(struct yc_scoring *s)
{
	struct yc_score_job job;
	int status = YC_OK;

	s->job.view.rng = yc_rng_fork(&s->job.rng, "view", 0);
	job = seen(s);
	for (int i = 0; i < s->nitems && status == YC_OK; i++) {
		const struct yc_score_item *it = &s->item[i];

		status = it->score->finish(it->cfg, it->state, &job, it->out);
		if (status < 0)
			status = yc_fail_in(status, "%s", it->score->method.name);
		else
			status = check_finite(s, it);
	}
	return status;
}

/* Scores finish while the network exists. */
static int finish_with(struct yc_scoring *s, const yc_real *w)
{
	int status;

	s->job.w = w;
	status = yc_scoring_finish(s);
	s->job.w = NULL;
	return status;
}

/* Resets the scores for another run. */
static void start_over(struct yc_scoring *s)
{
	s->next = 0;
	for (int i = 0; i < s->nitems; i++)
		memset(s->item[i].state, 0, s->item[i].plan.bytes);
}

int yc_score_store(struct yc_set *set, const struct yc_data *data, const char *column,
	const float *score)
{
	const uint64_t tiles = (uint64_t)set->head.factor * (uint64_t)set->head.factor;
	const uint64_t shape[2] = {set->rows, tiles};
	struct yc_tensor *t = yc_set_put(set, column, YC_F32, 2, shape, NULL);
	float *out;

	if (!t)
		return YC_FAIL;
	out = t->data;
	/* With factor 1 a `tile` column is the original position of a tile; such a row
	 * has one score. */
	for (int g = 0; g < data->n; g++) {
		size_t k = tiles > 1 ? (size_t)data->tile[g] : 0;

		out[(size_t)data->row[g] * tiles + k] = score[g];
	}
	return YC_OK;
}

/* Name of column c in run `index`. */
static int name_column(
	const struct yc_score_item *it, int c, int index, char column[YC_NAME_MAX + 1])
{
	char name[YC_SCORE_NAME_MAX];

	if (it->score->column)
		it->score->column(it->cfg, c, name);
	else
		snprintf(name, sizeof name, "%s", it->score->method.name);
	return yc_score_column(column, name, (unsigned)index + 1);
}

/* Does `column` belong to this score, in any run: NAME, NAME.2, or NAME-1 for scores with
 * several columns? */
static bool is_of(const struct yc_score_item *it, const char *column)
{
	const char *name = it->score->method.name, *have = yc_score_name(column);
	size_t n = strlen(name);

	if (!have || strncmp(have, name, n) != 0)
		return false;
	column = have + n;
	return *column == '\0' || (*column == '-' && it->score->column) ||
	       (*column == '.' && column[1 + strspn(column + 1, "0123456789")] == '\0');
}

static bool is_new(const struct yc_score_item *it, const char *column, int runs)
{
	char new[YC_NAME_MAX + 1];

	for (int r = 0; r < runs; r++)
		for (int c = 0; c < it->plan.columns; c++)
			if (name_column(it, c, r, new) == YC_OK && !strcmp(column, new))
				return true;
	return false;
}

/*
 * Drops columns of these scores from an earlier training that `runs` runs of this one do
 * not replace: they would seem to be of the same training.
 */
static void drop_old(const struct yc_scoring *s, struct yc_set *set, int runs)
{
	for (size_t i = set->ncols; i-- > 0;) {
		for (int k = 0; k < s->nitems; k++) {
			if (is_of(&s->item[k], set->col[i].name) &&
				!is_new(&s->item[k], set->col[i].name, runs)) {
				yc_set_drop(set, i);
				break;
			}
		}
	}
}

static int item_store(const struct yc_score_item *it, struct yc_set *set,
	const struct yc_data *d, int index)
{
	for (int c = 0; c < it->plan.columns; c++) {
		char column[YC_NAME_MAX + 1];
		int status = name_column(it, c, index, column);

		if (status == YC_OK)
			status = yc_score_store(
				set, d, column, it->out + (size_t)c * (size_t)d->n);
		if (status < 0)
			return status;
	}
	return YC_OK;
}

static int store(const struct yc_scoring *s, struct yc_set *set, int index)
{
	for (int i = 0; i < s->nitems; i++) {
		const int status = item_store(&s->item[i], set, s->job.data, index);

		if (status < 0)
			return status;
	}
	return YC_OK;
}

/* A training with scores as observers. */
struct run {
	struct yc_scoring *s;
	const struct yc_score_training *how;
	int index; /* of this run, from 0 */
	struct yc_dyn_sink sink;
	/* [n][classes] outputs of a clean pass; NULL: those of training */
	yc_real *clean;
	int status;
};

static void keep_output(struct yc_scoring *s, int i, const yc_real *logits)
{
	const int classes = s->job.data->classes;
	float *row = s->logp + (size_t)i * (size_t)classes;

	yc_log_softmax(logits, 1, classes, s->scratch);
	for (int k = 0; k < classes; k++)
		row[k] = (float)s->scratch[k];
}

static void run_batch(void *ctx, int epoch, const struct yc_trainer *t)
{
	const struct run *run = ctx;

	(void)epoch;
	for (int b = 0; b < t->n; b++)
		keep_output(run->s, t->idx[b],
			t->logits + (size_t)b * (size_t)t->data->classes);
}

static int clean_pass(const struct run *run, const struct yc_trainer *t)
{
	const struct yc_data *d = t->data;
	double accuracy;
	int status =
		yc_test(t->net, t->w, d, NULL, t->threads, &accuracy, NULL, run->clean);

	for (int i = 0; i < d->n && status == YC_OK; i++)
		keep_output(run->s, i, run->clean + (size_t)i * (size_t)d->classes);
	return status;
}

static bool run_epoch(void *ctx, int epoch, struct yc_trainer *t)
{
	struct run *run = ctx;

	(void)epoch;
	if (run->clean)
		run->status = clean_pass(run, t);
	/* Before the scores are updated: it is still the next epoch. */
	if (run->status == YC_OK)
		run->status = yc_dyn_epoch(&run->sink, run->s);
	if (run->status == YC_OK)
		yc_scoring_epoch(run->s);
	return run->status < 0;
}

static int run_train(
	struct run *run, struct yc_trainer *t, const char *phase, struct yc_watch *watch)
{
	const struct yc_observer o = {
		.ctx = run, .batch = run->clean ? NULL : run_batch, .epoch = run_epoch};
	int status = yc_train_opts_weights(run->how->training, t->net, run->index, t->w,
		yc_rng_fork(&run->s->job.rng, "init-net", 0));

	if (status == YC_OK)
		status = yc_train(t, &o, watch, phase);
	if (status == YC_OK)
		status = run->status;
	if (status == YC_OK)
		status = yc_dyn_end(&run->sink);
	return status == YC_OK ? finish_with(run->s, t->w) : status;
}

static int run_once(struct run *run, int index, struct yc_watch *watch)
{
	struct yc_scoring *s = run->s;
	const struct yc_score_training *how = run->how;
	struct yc_hyper hyper = yc_train_opts_hyper(how->training);
	struct yc_trainer t = {0};
	char phase[48] = "training";
	int status;

	/* Only the early epochs, but with the schedule of all. */
	hyper.epochs = s->job.epochs;
	hyper.stop = how->full ? s->job.epochs : s->epochs;
	hyper.per_iteration = true;
	status = yc_trainer_new(
		&t, s->job.net, s->job.data, &hyper, s->job.rng, s->job.threads);
	if (status < 0)
		return status;
	if (how->repeats > 1)
		snprintf(phase, sizeof phase, "training %d of %d", index + 1,
			how->repeats);
	run->index = index;
	status = run_train(run, &t, phase, watch);
	if (status == YC_OK && index + 1 == (int)how->repeats)
		status = yc_train_opts_save(how->training, s->job.net, t.w);
	yc_trainer_release(&t);
	return status;
}

/* Scores that need neither a training nor dynamics. */
static int plain(struct yc_scoring *s, struct yc_set *set)
{
	int status = finish_with(s, NULL);

	drop_old(s, set, 1);
	return status == YC_OK ? store(s, set, 0) : status;
}

int yc_scoring_train(struct yc_scoring *s, const struct yc_score_training *how,
	struct yc_set *set, struct yc_watch *watch)
{
	const size_t outputs =
		yc_size_mul((size_t)s->job.data->n, (size_t)s->job.data->classes);
	const struct yc_rng root = s->job.rng;
	struct run run = {.s = s, .how = how};
	int status = YC_OK;

	if (!s->needs)
		return plain(s, set);
	if (how->clean) {
		run.clean = yc_calloc(outputs, sizeof *run.clean);
		status = run.clean ? YC_OK : YC_FAIL;
	}
	run.sink.half = how->half;
	if (status == YC_OK)
		status = yc_dyn_begin(&run.sink, how->dynamics, set, &s->job);
	drop_old(s, set, (int)how->repeats);
	for (int r = 0; r < (int)how->repeats && status == YC_OK; r++) {
		if (r > 0) {
			start_over(s);
			s->job.rng = yc_rng_fork(&root, "repeat", (uint64_t)r);
		}
		status = run_once(&run, r, watch);
		if (status == YC_OK)
			status = store(s, set, r);
	}
	yc_dyn_abort(&run.sink);
	yc_free(run.clean);
	return status;
}

int yc_scoring_read(struct yc_scoring *s, const struct yc_train_opts *training,
	struct yc_dyn_source *d, struct yc_watch *watch)
{
	yc_real *w = NULL;
	int got, status = YC_OK;

	/* Reads to the end even if fewer epochs suffice: only the end proves that nothing
	 * is missing.
	 */
	while ((got = yc_dyn_next(d, s)) > 0) {
		if (yc_watch_stopped(watch))
			return yc_fail(YC_FAIL, "interrupted");
		if (s->next < s->epochs)
			yc_scoring_epoch(s);
	}
	if (got < 0)
		return got;
	if (s->next < s->epochs)
		return yc_fail(YC_FAIL,
			"%s: dynamics of %d epochs, but the scores need %d",
			d->pickle ? yc_dyn_pickle_name(d->pickle)
				  : yc_reader_where(d->reader),
			s->next, s->epochs);
	if (d->pickle)
		yc_dyn_pickle_doubt(d, watch);
	if (s->needs & YC_NEED_MODEL) {
		w = yc_calloc(yc_net_size(s->job.net), sizeof *w);
		status = w ? yc_train_opts_weights(training, s->job.net, 0, w, s->job.rng)
			   : YC_FAIL;
	}
	if (status == YC_OK)
		status = finish_with(s, w);
	yc_free(w);
	drop_old(s, d->set, 1);
	return status == YC_OK ? store(s, d->set, 0) : status;
}

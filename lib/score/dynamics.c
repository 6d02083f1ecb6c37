/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yc/mem.h"
#include "yc/score.h"
#include "yc/stream.h"

#define DYN_KIND "dynamics"
#define DYN_EPOCHS "yc.dynamics.epochs"
#define DYN_EPOCH "yc.dynamics.epoch"

static int scoring_fill(struct yc_scoring *s, const struct yc_method *const *method,
	void *const *cfg, int n)
{
	const size_t rows = (size_t)s->job.data->n,
		     classes = (size_t)s->job.data->classes;

	for (int i = 0; i < n; i++) {
		struct yc_score_item *it = &s->item[i];
		size_t bytes = 0;
		int err;

		it->score = (const struct yc_score *)method[i];
		it->cfg = cfg[i];
		it->epochs = it->score->needs & YC_NEED_DYNAMICS ? s->job.epochs : 0;
		err = it->score->plan(it->cfg, &s->job, &it->epochs, &bytes);
		if (err < 0)
			return err;
		it->state = yc_alloc(bytes, 1);
		if (!it->state)
			return YC_FAIL;
		s->nitems++;
		s->needs |= it->score->needs;
		if (it->epochs > s->epochs)
			s->epochs = it->epochs;
		if (it->score->needs & YC_NEED_FULL)
			s->epochs = s->job.epochs;
	}
	s->logp = yc_alloc(yc_mul(rows, classes), sizeof *s->logp);
	s->err = yc_alloc(rows, sizeof *s->err);
	s->ok = yc_alloc(rows, sizeof *s->ok);
	s->scratch = yc_alloc(classes, sizeof *s->scratch);
	return s->logp && s->err && s->ok && s->scratch ? YC_OK : YC_FAIL;
}

int yc_scoring_new(struct yc_scoring *s, const struct yc_data *data, int epochs,
	int threads, const struct yc_method *const *method, void *const *cfg, int n)
{
	int err;

	*s = (struct yc_scoring){
		.job = {.data = data, .epochs = epochs, .threads = threads}};
	if (n > YC_SCORES_MAX)
		return yc_fail(YC_USAGE, "more than %d scores at once", YC_SCORES_MAX);
	if (epochs < 1)
		return yc_fail(YC_USAGE, "scores need at least one epoch");
	err = scoring_fill(s, method, cfg, n);
	if (err < 0)
		yc_scoring_release(s);
	return err;
}

void yc_scoring_release(struct yc_scoring *s)
{
	for (int i = 0; i < s->nitems; i++)
		yc_free(s->item[i].state);
	yc_free(s->logp);
	yc_free(s->err);
	yc_free(s->ok);
	yc_free(s->scratch);
	*s = (struct yc_scoring){0};
}

void yc_scoring_epoch(struct yc_scoring *s)
{
	const struct yc_data *d = s->job.data;
	struct yc_dyn_epoch e = {
		.epoch = s->next,
		.n = d->n,
		.classes = d->classes,
		.label = d->label,
		.logp = s->logp,
		.err = s->err,
		.ok = s->ok,
	};

	for (int i = 0; i < d->n; i++) {
		const float *row = s->logp + (size_t)i * (size_t)d->classes;
		double sum = 0;
		int best = 0;

		for (int k = 0; k < d->classes; k++) {
			const double gap = exp((double)row[k]) - (k == d->label[i]);

			sum += gap * gap;
			if (row[k] > row[best])
				best = k;
		}
		s->err[i] = (float)sqrt(sum);
		s->ok[i] = best == d->label[i];
		e.right += s->ok[i];
		e.loss -= (double)row[d->label[i]];
	}
	for (int i = 0; i < s->nitems; i++) {
		const struct yc_score_item *it = &s->item[i];

		if (s->next < it->epochs && it->score->observe)
			it->score->observe(it->cfg, it->state, &e);
	}
	s->next++;
}

static int scoring_finish(struct yc_scoring *s, float *const *score)
{
	int err = YC_OK;

	for (int i = 0; i < s->nitems && err == YC_OK; i++) {
		const struct yc_score_item *it = &s->item[i];

		err = it->score->finish(it->cfg, it->state, &s->job, score[i]);
	}
	return err;
}

/* Identity of decoded image g: where it came from, whatever was cut out on the way. */
static int64_t origin(
	const struct yc_dyn_sink *k, const struct yc_data *d, int g, bool tile)
{
	const struct yc_tensor *col = yc_set_col(k->set, tile ? "tile" : "id");

	if (col && col->dtype == YC_I64 && col->rank == 1)
		return ((const int64_t *)col->data)[d->row[g]];
	return tile ? d->tile[g] : d->row[g];
}

static int sink_begin(const struct yc_dyn_sink *k, const struct yc_data *d, int epochs)
{
	static const char *const name[] = {"label", "id", "tile"};
	const uint64_t shape[1] = {(uint64_t)d->n};
	struct yc_head head = k->set->head;
	struct yc_record r = {0};
	char text[24];
	int err = yc_meta_copy(&r.meta, &k->set->meta);

	/* Rows of this stream are decoded images. */
	head.factor = 1;
	head.side = d->side;
	if (err == YC_OK)
		err = yc_head_store(&head, &r.meta);
	snprintf(text, sizeof text, "%d", epochs);
	if (err == YC_OK)
		err = yc_meta_set(&r.meta, DYN_EPOCHS, text);
	for (size_t c = 0; c < YC_COUNT(name) && err == YC_OK; c++) {
		struct yc_tensor *t = yc_record_add(&r, name[c], YC_I64, 1, shape, NULL);

		if (!t) {
			err = YC_FAIL;
			break;
		}
		for (int g = 0; g < d->n; g++)
			((int64_t *)t->data)[g] =
				c == 0 ? d->label[g] : origin(k, d, g, c == 2);
	}
	if (err == YC_OK)
		err = yc_writer_put(k->writer, &r);
	yc_record_release(&r);
	return err;
}

static int sink_epoch(const struct yc_dyn_sink *k, const struct yc_scoring *s, int epoch)
{
	const struct yc_data *d = s->job.data;
	const uint64_t shape[2] = {(uint64_t)d->n, (uint64_t)d->classes};
	struct yc_record r = {0};
	char text[24];
	int err;

	snprintf(text, sizeof text, "%d", epoch);
	err = yc_meta_set(&r.meta, "yc.kind", DYN_KIND);
	if (err == YC_OK)
		err = yc_meta_set(&r.meta, DYN_EPOCH, text);
	if (err == YC_OK && !yc_record_add(&r, "logp", YC_F32, 2, shape, s->logp))
		err = YC_FAIL;
	if (err == YC_OK)
		err = yc_writer_put(k->writer, &r);
	yc_record_release(&r);
	return err;
}

/* A training that is watched. */
struct run {
	struct yc_scoring *s;
	const struct yc_dyn_sink *sink;
	int err;
};

static void run_batch(void *ctx, int epoch, const struct yc_trainer *t)
{
	const struct run *run = ctx;
	const int classes = t->data->classes;

	(void)epoch;
	for (int b = 0; b < t->n; b++) {
		float *row = run->s->logp + (size_t)t->idx[b] * (size_t)classes;

		yc_log_softmax(t->logits + (size_t)b * (size_t)classes, 1, classes,
			run->s->scratch);
		for (int k = 0; k < classes; k++)
			row[k] = (float)run->s->scratch[k];
	}
}

static bool run_epoch(void *ctx, int epoch, struct yc_trainer *t)
{
	struct run *run = ctx;

	(void)t;
	yc_scoring_epoch(run->s);
	if (run->sink)
		run->err = sink_epoch(run->sink, run->s, epoch);
	return run->err < 0;
}

int yc_scoring_train(struct yc_scoring *s, const struct yc_setup *setup, bool full,
	uint64_t seed, const struct yc_dyn_sink *sink, float *const *score,
	struct yc_watch *watch)
{
	const struct yc_rng rng = yc_rng_new(seed, "score");
	struct run run = {.s = s, .sink = sink};
	const struct yc_observer o = {
		.ctx = &run, .batch = run_batch, .epoch = run_epoch};
	struct yc_recipe recipe = yc_setup_recipe(setup);
	struct yc_trainer t = {0};
	struct yc_net *net = NULL;
	int err = yc_setup_net(setup, s->job.data, &net);

	if (err < 0)
		return err;
	/* The early epochs alone, but under the schedule of all (spec 8.8). */
	recipe.epochs = s->job.epochs;
	recipe.stop = full ? s->job.epochs : s->epochs;
	recipe.per_iteration = true;
	err = yc_trainer_new(&t, net, s->job.data, &recipe, rng, s->job.threads);
	if (err < 0)
		goto out;
	err = yc_setup_weights(setup, net, t.w, yc_rng_fork(&rng, "init-net", 0));
	if (err == YC_OK && sink)
		err = sink_begin(sink, s->job.data, s->job.epochs);
	if (err == YC_OK)
		err = yc_train(&t, &o, watch, "training");
	if (err == YC_OK)
		err = run.err;
	if (err == YC_OK && sink)
		err = yc_writer_end(sink->writer);
	if (err == YC_OK)
		err = yc_setup_save(setup, net, t.w);
	if (err == YC_OK) {
		s->job.net = net;
		s->job.w = t.w;
		err = scoring_finish(s, score);
		s->job.net = NULL;
		s->job.w = NULL;
	}
out:
	yc_trainer_release(&t);
	yc_net_free(net);
	return err;
}

/* Rows of a data record must be the images that are scored. */
static int source_rows(struct yc_dyn_source *d, const struct yc_record *rec)
{
	static const char *const name[] = {"label", "id", "tile"};
	const struct yc_dyn_sink as = {.set = d->set};
	const size_t rows = (size_t)yc_reader_rows(d->reader);

	if (d->rows + rows > (size_t)d->data->n)
		return yc_fail(YC_FAIL, "%s: dynamics of more than the %d images scored",
			yc_reader_where(d->reader), d->data->n);
	for (size_t c = 0; c < YC_COUNT(name); c++) {
		const struct yc_tensor *t = yc_record_find(rec, name[c]);

		if (!t || t->dtype != YC_I64 || t->rank != 1)
			return yc_fail(YC_FAIL, "%s: no I64 column '%s': not dynamics",
				yc_reader_where(d->reader), name[c]);
		for (size_t i = 0; i < rows; i++) {
			const int g = (int)(d->rows + i);
			const int64_t want = c == 0 ? d->data->label[g]
						    : origin(&as, d->data, g, c == 2);

			if (((const int64_t *)t->data)[i] != want)
				return yc_fail(YC_FAIL,
					"%s: dynamics of other images: %s of image %d "
					"differs",
					yc_reader_where(d->reader), name[c], g);
		}
	}
	d->rows += rows;
	return YC_OK;
}

/* Text of a whole number 0..max, or -1. */
static int whole(const char *text, int max)
{
	char *end;
	long v;

	if (!text || *text < '0' || *text > '9')
		return -1;
	v = strtol(text, &end, 10);
	return *end || v > max ? -1 : (int)v;
}

int yc_dyn_open(struct yc_dyn_source *d)
{
	struct yc_record *rec;
	int got = yc_reader_next(d->reader, &rec);

	if (got < 0)
		return got;
	d->rows = 0;
	d->epochs = got ? whole(yc_meta_get(&rec->meta, DYN_EPOCHS), 1000000) : -1;
	if (d->epochs < 1)
		return yc_fail(YC_FAIL, "%s: no %s in the head: not dynamics",
			yc_reader_where(d->reader), DYN_EPOCHS);
	return yc_reader_is_data(d->reader) ? source_rows(d, rec) : YC_OK;
}

static int source_epoch(
	struct yc_scoring *s, const struct yc_dyn_source *d, const struct yc_record *rec)
{
	const size_t n = (size_t)s->job.data->n, classes = (size_t)s->job.data->classes;
	const struct yc_tensor *t = yc_record_find(rec, "logp");
	const char *where = yc_reader_where(d->reader);
	const float *logp;

	if (d->rows != n)
		return yc_fail(YC_FAIL, "%s: dynamics of %zu images, %zu are scored",
			where, d->rows, n);
	if (whole(yc_meta_get(&rec->meta, DYN_EPOCH), 1000000) != s->next)
		return yc_fail(YC_FAIL, "%s: epoch %d expected", where, s->next);
	if (!t || t->dtype != YC_F32 || t->rank != 2 || t->shape[0] != n ||
		t->shape[1] != classes)
		return yc_fail(YC_FAIL, "%s: no F32 tensor 'logp' of %zu x %zu", where, n,
			classes);
	logp = t->data;
	for (size_t i = 0; i < n * classes; i++)
		if (!(isfinite(logp[i]) && logp[i] <= 0.001f))
			return yc_fail(YC_FAIL,
				"%s: 'logp' is not a log of probabilities", where);
	memcpy(s->logp, logp, n * classes * sizeof *logp);
	yc_scoring_epoch(s);
	return YC_OK;
}

int yc_scoring_read(struct yc_scoring *s, struct yc_dyn_source *d, float *const *score,
	struct yc_watch *watch)
{
	struct yc_record *rec;
	int got;

	if (s->needs & YC_NEED_MODEL)
		return yc_fail(YC_USAGE,
			"a score needs the trained network, which dynamics do not hold");
	/* To the end even if less would do: only the end proves that nothing is missing.
	 */
	while ((got = yc_reader_next(d->reader, &rec)) > 0) {
		const char *kind = yc_meta_get(&rec->meta, "yc.kind");
		int err = YC_OK;

		if (yc_watch_stopped(watch))
			return yc_fail(YC_FAIL, "interrupted");
		if (kind && strcmp(kind, DYN_KIND) == 0 && s->next < s->epochs)
			err = source_epoch(s, d, rec);
		else if (yc_reader_is_data(d->reader) && yc_reader_rows(d->reader))
			err = source_rows(d, rec);
		if (err < 0)
			return err;
	}
	if (got < 0)
		return got;
	if (s->next < s->epochs)
		return yc_fail(YC_FAIL, "%s: dynamics of %d epochs, the scores need %d",
			yc_reader_where(d->reader), s->next, s->epochs);
	return scoring_finish(s, score);
}

int yc_score_store(struct yc_set *set, const struct yc_data *data, const char *name,
	const float *score)
{
	const uint64_t tiles = (uint64_t)set->head.factor * (uint64_t)set->head.factor;
	const uint64_t shape[2] = {set->rows, tiles};
	char col[YC_NAME_MAX + 1];
	struct yc_tensor *t;
	float *out;

	snprintf(col, sizeof col, "score.%s", name);
	t = yc_set_put(set, col, YC_F32, 2, shape, NULL);
	if (!t)
		return YC_FAIL;
	out = t->data;
	/* Without sheets a `tile` column tells where a tile once was; it has one score
	 * here. */
	for (int g = 0; g < data->n; g++) {
		size_t k = tiles > 1 ? (size_t)data->tile[g] : 0;

		out[(size_t)data->row[g] * tiles + k] = score[g];
	}
	return YC_OK;
}

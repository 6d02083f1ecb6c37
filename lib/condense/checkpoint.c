/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "yc/kern.h"
#include "lib/condense/internal.h"

/*
 * A checkpoint is a plain safetensors file: tensors hold the state, metadata says whose.
 * A restored run continues to the bytes of one that was never interrupted, so everything
 * that a unit of the loop reads or writes is in here.
 */

#ifdef YC_DOUBLE
static const enum yc_dtype real_dtype = YC_F64;
#else
static const enum yc_dtype real_dtype = YC_F32;
#endif

enum { COUNTERS = 10, FIELDS_MAX = 16, VALUE_MAX = 256 };

struct field {
	const char *name;
	enum yc_dtype dtype;
	void *data;
	uint64_t n;
};

/* The tensors of a checkpoint but for the log, whose length is the progress. */
static size_t fields(
	const struct yc_state *s, uint64_t *counter, double *loss, struct field *f)
{
	const struct yc_synth *y = s->synth;
	const struct yc_trainer *t = s->trainer;
	const struct yc_sampler *w = s->sampler;
	uint64_t pixels = y->images * y->pixels, weights = yc_net_size(t->net);
	const struct field all[] = {
		{"image", real_dtype, y->s, pixels},
		{"image.momentum", real_dtype, y->b, pixels},
		{"net.weight", real_dtype, t->w, weights},
		{"net.momentum", real_dtype, t->m, weights},
		{"net.walk", YC_I32, t->perm, (uint64_t)t->data->n},
		{"real.walk", YC_I32, w->perm, w->n},
		{"real.at", YC_I32, w->at, (uint64_t)w->classes},
		{"real.pos", YC_U64, w->pos, (uint64_t)w->classes},
		{"log.inner", YC_F32, s->log_inner, s->inner},
		{"loss", YC_F64, loss, 1},
		{"counter", YC_U64, counter, COUNTERS},
	};

	memcpy(f, all, sizeof(all));
	if (!s->chosen)
		return YC_COUNT(all);
	f[YC_COUNT(all)] = (struct field){"real.chosen", YC_I32, s->chosen,
		(uint64_t)w->classes * (uint64_t)s->n_real};
	return YC_COUNT(all) + 1;
}

static void pack(const struct yc_state *s, uint64_t *c)
{
	const struct yc_trainer *t = s->trainer;
	const uint64_t all[COUNTERS] = {s->at.it, s->at.early, s->at.inner, s->at.cls,
		s->at.seen, (uint64_t)t->perm_at, t->rng_batch.pos, t->rng_aug.pos,
		t->rng_mix.pos, s->input};

	memcpy(c, all, sizeof(all));
}

/* Places are indices into arrays: a file is not trusted with them. */
static int unpack(struct yc_state *s, const uint64_t *c)
{
	struct yc_trainer *t = s->trainer;
	const struct yc_sampler *w = s->sampler;
	bool sane = c[2] <= s->inner && c[3] <= (uint64_t)w->classes &&
		    c[5] <= (uint64_t)t->data->n;

	for (int k = 0; sane && k < w->classes; k++)
		sane = w->at[k] >= 0 && w->at[k] <= yc_sampler_count(w, k);
	for (int k = 0; sane && k < w->classes; k++)
		for (int32_t i = w->first[k]; sane && i < w->first[k + 1]; i++)
			sane = w->perm[i] >= 0 && w->perm[i] < yc_sampler_count(w, k);
	for (int i = 0; sane && i < t->data->n; i++)
		sane = t->perm[i] >= 0 && t->perm[i] < t->data->n;
	for (int i = 0; sane && s->chosen && i < w->classes * s->n_real; i++)
		sane = s->chosen[i] >= 0 && s->chosen[i] < t->data->n;
	if (!sane)
		return yc_fail(YC_FAIL, "the checkpoint is damaged");
	s->at = (struct yc_place){
		.it = c[0], .early = c[1], .inner = c[2], .cls = c[3], .seen = c[4]};
	t->perm_at = (int)c[5];
	t->rng_batch.pos = c[6];
	t->rng_aug.pos = c[7];
	t->rng_mix.pos = c[8];
	return YC_OK;
}

uint64_t yc_state_fingerprint(const struct yc_data *d)
{
	size_t bytes = (size_t)d->n * (size_t)d->side * (size_t)d->side *
		       (size_t)d->channels * (d->u8 ? 1 : sizeof(yc_real));
	const unsigned char *p = d->u8 ? d->u8 : (const unsigned char *)d->real;
	uint64_t h = 0xcbf29ce484222325u, word;

	/* FNV-1a over words: it tells inputs apart, it defends against nobody. */
	for (; bytes >= sizeof(word); bytes -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word ^ word >> 32) * 0x100000001b3u;
	}
	for (; bytes; bytes--)
		h = (h ^ *p++) * 0x100000001b3u;
	for (int i = 0; i < d->n; i++)
		h = (h ^ (uint64_t)d->label[i]) * 0x100000001b3u;
	for (int c = 0; c < d->channels; c++)
		h = (h ^ (uint64_t)(d->mean[c] * 1e12) ^ (uint64_t)(d->std[c] * 1e9)) *
		    0x100000001b3u;
	return h;
}

/* ---- whose checkpoint it is ---- */

/* As yc_opt_value writes it; NULL where the method finds it. */
static const char *default_of(const struct yc_opt *row)
{
	return row->def ? row->def : row->type == YC_OPT_FLAG ? "false" : NULL;
}

/* Calls fn for every setting that decides about the bytes. */
static int each_option(const struct yc_condense_job *job,
	int (*fn)(void *ctx, const char *name, const char *value, const char *def),
	void *ctx)
{
	struct yc_condense_cfg common = *job->cfg;
	const struct yc_opts group[] = {
		{.row = yc_condense_opts, .n = YC_CONDENSE_OPTS, .cfg = &common},
		{.row = job->method->opts,
			.n = job->method->nopts,
			.cfg = job->method_cfg},
	};
	char value[VALUE_MAX];
	int status;

	status = fn(ctx, "METHOD", job->method->name, NULL);
	snprintf(value, sizeof(value), "%" PRIu64, job->seed);
	if (!status)
		status = fn(ctx, "seed", value, NULL);
	for (size_t g = 0; g < YC_COUNT(group); g++)
		for (size_t i = 0; !status && i < group[g].n; i++) {
			if (group[g].row[i].run_only)
				continue;
			yc_opt_value(&group[g], &group[g].row[i], value, sizeof(value));
			status = fn(ctx, group[g].row[i].name, value,
				default_of(&group[g].row[i]));
		}
	return status;
}

static void option_key(const char *name, char *key, size_t size)
{
	snprintf(key, size, "yc.option.%s", name);
}

static int put_option(void *ctx, const char *name, const char *value, const char *def)
{
	char key[VALUE_MAX];

	(void)def;
	option_key(name, key, sizeof(key));
	return yc_meta_set(ctx, key, value);
}

static int same_option(void *ctx, const char *name, const char *value, const char *def)
{
	const struct yc_meta *meta = ctx;
	char key[VALUE_MAX];
	const char *was;

	/* More iterations continue a run; fewer than were done are refused with the
	 * counters. */
	if (!strcmp(name, "outer"))
		return YC_OK;
	option_key(name, key, sizeof(key));
	was = yc_meta_get(meta, key);
	if (was && !strcmp(was, value))
		return YC_OK;
	/* An option that came after the checkpoint does, by default, what was done before.
	 */
	if (!was && !strcmp(value, def ? def : ""))
		return YC_OK;
	if (!strcmp(name, "METHOD"))
		return yc_fail(YC_FAIL, "the checkpoint is of method '%s', not '%s'",
			was ? was : "", value);
	return yc_fail(YC_FAIL,
		"the checkpoint was made with --%s %s, this run has --%s %s", name,
		was ? was : "(none)", name, value);
}

/* ---- save and load ---- */

static int add_all(
	const struct yc_state *s, const struct yc_condense_job *job, struct yc_record *r)
{
	struct field f[FIELDS_MAX];
	uint64_t counter[COUNTERS], done = s->at.it ? s->at.it : 1;
	double loss = s->loss;
	size_t n = fields(s, counter, &loss, f);
	int status;

	pack(s, counter);
	status = yc_meta_set(&r->meta, "yc.kind", "checkpoint");
	if (!status)
		status = yc_meta_set(&r->meta, "yc.kernel", yc_kern_name());
	if (!status)
		status = each_option(job, put_option, &r->meta);
	for (size_t i = 0; !status && i < n; i++)
		if (!yc_record_add(r, f[i].name, f[i].dtype, 1, &f[i].n, f[i].data))
			status = YC_FAIL;
	if (!status && !yc_record_add(r, "log", YC_F32, 1, &done, s->log))
		status = YC_FAIL;
	return status;
}

int yc_state_save(const struct yc_state *s, const struct yc_condense_job *job)
{
	struct yc_record r = {0};
	int status = add_all(s, job, &r);

	if (!status)
		status = yc_record_save(&r, job->cfg->checkpoint);
	yc_record_release(&r);
	return status;
}

static const struct yc_tensor *tensor(
	const struct yc_record *r, const char *name, enum yc_dtype t)
{
	const struct yc_tensor *x = yc_record_find(r, name);

	if (x && x->dtype == t && x->rank == 1)
		return x;
	yc_fail(YC_FAIL,
		"no checkpoint of this build: tensor '%s' is missing or of another type",
		name);
	return NULL;
}

static int take_log(struct yc_state *s, const struct yc_record *r)
{
	const struct yc_tensor *log = tensor(r, "log", YC_F32);

	if (!log)
		return YC_FAIL;
	if (s->at.it > s->outer ||
		(s->at.it == s->outer && (s->at.inner || s->at.early || s->at.cls)))
		return yc_fail(YC_FAIL,
			"the checkpoint is in outer iteration %" PRIu64
			", past --outer %u",
			s->at.it + 1, s->outer);
	if (log->shape[0] < s->at.it)
		return yc_fail(YC_FAIL, "the checkpoint is damaged");
	memcpy(s->log, log->data, s->at.it * sizeof(*s->log));
	return YC_OK;
}

static int take_all(
	struct yc_state *s, const struct yc_condense_job *job, const struct yc_record *r)
{
	struct field f[FIELDS_MAX];
	const struct yc_tensor *x[FIELDS_MAX];
	uint64_t counter[COUNTERS] = {0};
	double loss = 0;
	size_t n = fields(s, counter, &loss, f);
	int status;
	struct yc_meta meta = r->meta;
	const char *kind = yc_meta_get(&r->meta, "yc.kind");

	if (!kind || strcmp(kind, "checkpoint"))
		return yc_fail(YC_FAIL, "not a checkpoint of yc-condense");
	status = each_option(job, same_option, &meta);
	for (size_t i = 0; !status && i < n; i++) {
		x[i] = tensor(r, f[i].name, f[i].dtype);
		if (!x[i])
			status = YC_FAIL;
		else if (x[i]->shape[0] != f[i].n)
			status = yc_fail(YC_FAIL,
				"the checkpoint is of other data: '%s' has %" PRIu64
				" elements, not %" PRIu64,
				f[i].name, x[i]->shape[0], f[i].n);
	}
	if (status)
		return status;
	for (size_t i = 0; i < n; i++)
		memcpy(f[i].data, x[i]->data, x[i]->bytes);
	if (counter[COUNTERS - 1] != s->input)
		return yc_fail(
			YC_FAIL, "the checkpoint was made from other input images");
	status = unpack(s, counter);
	s->loss = loss;
	return status ? status : take_log(s, r);
}

/* The bytes of an uninterrupted run come only from the kernels that it began with. */
static void tell_kernels(const struct yc_record *r, const struct yc_condense_job *job)
{
	const char *was = yc_meta_get(&r->meta, "yc.kernel");
	struct yc_watch *w = job->watch;
	char text[VALUE_MAX];

	if (!was || !strcmp(was, yc_kern_name()) || !w || !w->note)
		return;
	snprintf(text, sizeof(text),
		"the checkpoint was made with %s, this is %s: the result will differ in "
		"rounding from that of one machine",
		was, yc_kern_name());
	w->note(w, text);
}

int yc_state_load(struct yc_state *s, const struct yc_condense_job *job)
{
	const char *path = job->cfg->checkpoint;
	struct yc_record r = {0};
	int status;

	if (access(path, F_OK))
		return 0;
	if (yc_record_load(&r, path, job->memory)) {
		status = YC_FAIL; /* even if it is cut: it is not the input stream */
	} else {
		status = take_all(s, job, &r);
		if (status)
			yc_fail_in(status, "%s", path);
		else
			tell_kernels(&r, job);
	}
	yc_record_release(&r);
	return status ? status : 1;
}

int yc_state_guard(const struct yc_condense_job *job)
{
	const char *path = job->cfg->checkpoint, *kind, *outer;
	const struct yc_tensor *counter;
	struct yc_record r = {0};
	int status;

	if (access(path, F_OK))
		return YC_OK;
	status = yc_record_load(&r, path, job->memory) ? YC_FAIL : YC_OK;
	kind = yc_meta_get(&r.meta, "yc.kind");
	if (!status && (!kind || strcmp(kind, "checkpoint")))
		status = yc_fail(YC_FAIL, "%s: exists and is no checkpoint", path);
	outer = yc_meta_get(&r.meta, "yc.option.outer");
	counter = yc_record_find(&r, "counter");
	if (!status && outer && counter && counter->dtype == YC_U64 &&
		counter->bytes >= 8) {
		uint64_t it;

		memcpy(&it, counter->data, sizeof(it));
		if (it < strtoull(outer, NULL, 10))
			status = yc_fail(YC_FAIL,
				"%s: holds a run that stopped in outer iteration %" PRIu64
				" of %s: continue it with --resume, or remove the file",
				path, it + 1, outer);
	}
	yc_record_release(&r);
	return status;
}

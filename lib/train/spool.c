/* SPDX-License-Identifier: MIT */
/* The checkpoint of yc-train: a folder with the snapshots of each network so far and the
 * state of its training. Work after the last saved state is repeated, so that a run that
 * was killed at any moment gives the same bytes. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/train/spool.h"
#include "yc/kern.h"
#include "yc/mem.h"

#ifdef YC_DOUBLE
static const enum yc_dtype real_dtype = YC_F64;
#else
static const enum yc_dtype real_dtype = YC_F32;
#endif

#define KIND "yc-train checkpoint"

enum { VALUE_MAX = 256 };

/* ---- identity of the run ---- */

static const char *run_path(const struct yc_snapshots_cfg *cfg, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/run", cfg->checkpoint);
	return path;
}

/* Calls fn for everything that influences the bytes; more of one option only adds some. */
static int each_option(const struct yc_snapshots_cfg *cfg, const struct yc_data *data,
	int (*fn)(void *ctx, const char *name, const char *value), void *ctx)
{
	char value[VALUE_MAX];
	int status;

	snprintf(value, sizeof value, "%" PRIu64, cfg->seed);
	status = fn(ctx, "seed", value);
	for (size_t i = 0; i < cfg->nopts && status == YC_OK; i++) {
		const struct yc_opt *row = &cfg->opts->row[i];

		if (row->run_only || strcmp(row->name, cfg->more) == 0)
			continue;
		yc_opt_value(cfg->opts, row, value, sizeof value);
		status = fn(ctx, row->name, value);
	}
	snprintf(value, sizeof value, "%016" PRIx64, yc_data_fingerprint(data));
	return status == YC_OK ? fn(ctx, "images", value) : status;
}

static int put_option(void *ctx, const char *name, const char *value)
{
	return yc_option_keep(ctx, name, value);
}

static int same_option(void *ctx, const char *name, const char *value)
{
	const char *was = yc_option_kept(ctx, name);

	if (was && strcmp(was, value) == 0)
		return YC_OK;
	if (strcmp(name, "images") == 0)
		return yc_fail(YC_FAIL, "the checkpoint was made from other images");
	return yc_option_differs("the checkpoint was", name, was, value);
}

static const char *kernels(const struct yc_snapshots_cfg *cfg)
{
	return yc_kern_name(yc_precision_in(cfg->opts, 1));
}

static int begin(const struct yc_snapshots_cfg *cfg, const struct yc_data *data)
{
	struct yc_record r = {0};
	char path[PATH_MAX];
	int status = yc_meta_set(&r.meta, "yc.kind", KIND);

	if (status == YC_OK)
		status = yc_meta_set(&r.meta, "yc.kernel", kernels(cfg));
	if (status == YC_OK)
		status = each_option(cfg, data, put_option, &r.meta);
	if (status == YC_OK)
		status = yc_record_save(&r, run_path(cfg, path));
	yc_record_release(&r);
	return status;
}

static int check_run(const struct yc_snapshots_cfg *cfg, const struct yc_data *data,
	struct yc_watch *watch)
{
	struct yc_record r = {0};
	char path[PATH_MAX];
	const char *kind;
	/* A cut file is not the input stream: not YC_CUT. */
	int status = yc_record_load(&r, run_path(cfg, path), 0) < 0 ? YC_FAIL : YC_OK;

	if (status < 0)
		return status;
	kind = yc_meta_get(&r.meta, "yc.kind");
	status = yc_train_opts_upgrade(&r.meta);
	if (status == YC_OK)
		status = kind && strcmp(kind, KIND) == 0
				 ? each_option(cfg, data, same_option, &r.meta)
				 : yc_fail(YC_FAIL, "not a checkpoint of yc-train");
	if (status == YC_OK)
		yc_kernel_differs("the checkpoint was", &r.meta, kernels(cfg), watch);
	yc_record_release(&r);
	return status < 0 ? yc_fail_in(status, "%s", cfg->checkpoint) : YC_OK;
}

int yc_spool_folder(const struct yc_snapshots_cfg *cfg, const struct yc_data *data,
	struct yc_watch *watch)
{
	char path[PATH_MAX];

	if (strlen(cfg->checkpoint) > PATH_MAX - 64)
		return yc_fail(YC_USAGE, "--checkpoint: the path is too long");
	if (mkdir(cfg->checkpoint, 0777) < 0 && errno != EEXIST)
		return yc_fail(YC_FAIL, "%s:", cfg->checkpoint);
	if (access(run_path(cfg, path), F_OK) < 0)
		return begin(cfg, data);
	if (!cfg->resume)
		return yc_fail(YC_FAIL,
			"%s: holds a run already: continue it with --resume, or remove "
			"the "
			"folder",
			cfg->checkpoint);
	return check_run(cfg, data, watch);
}

/* ---- the state of a training ---- */

enum { STEPS, PERM_AT, BATCH_POS, AUG_POS, MIX_POS, BYTES, COUNT, FINISHED, COUNTERS };

void yc_progress_add(struct yc_progress *p, const struct yc_trainer *t)
{
	const size_t classes = (size_t)t->data->classes;

	p->loss += t->loss * t->n;
	for (int b = 0; b < t->n; b++) {
		const yc_real *z = t->logits + (size_t)b * classes;
		size_t best = 0;

		for (size_t k = 1; k < classes; k++)
			best = z[k] > z[best] ? k : best;
		p->right += (int32_t)best == t->data->label[t->idx[b]];
	}
}

static uint64_t states(const struct yc_trainer *t)
{
	return (uint64_t)t->optimiser->states * yc_net_size(t->net);
}

int yc_spool_save(
	struct yc_spool *s, const struct yc_trainer *t, const struct yc_progress *p)
{
	const uint64_t counters = COUNTERS, two = 2, positions = YC_POSITIONS;
	uint64_t c[COUNTERS] = {
		[BYTES] = s->bytes, [COUNT] = (uint64_t)s->count, [FINISHED] = !t};
	const double sum[2] = {p->loss, p->right};
	struct yc_record r = {0};
	int status = yc_meta_set(&r.meta, "yc.kind", KIND);

	if (t) {
		const uint64_t size = yc_net_size(t->net), state = states(t),
			       n = (uint64_t)t->data->n;

		c[STEPS] = t->steps;
		c[PERM_AT] = (uint64_t)t->perm_at;
		c[BATCH_POS] = t->rng_batch.pos;
		c[AUG_POS] = t->rng_aug.pos;
		c[MIX_POS] = t->rng_mix.pos;
		if (!yc_record_add(&r, "weight", real_dtype, 1, &size, t->w) ||
			!yc_record_add(&r, "optimiser", real_dtype, 1, &state, t->m) ||
			!yc_record_add(&r, "permutation", YC_I32, 1, &n, t->perm) ||
			!yc_record_add(&r, "sum", YC_F64, 1, &two, sum) ||
			!yc_record_add(
				&r, "position", YC_U64, 1, &positions, p->position))
			status = YC_FAIL;
	}
	if (status == YC_OK && !yc_record_add(&r, "counter", YC_U64, 1, &counters, c))
		status = YC_FAIL;
	/* The stream that the state refers to is on disk before the state. */
	if (status == YC_OK && fdatasync(s->fd) < 0)
		status = yc_fail(YC_FAIL, "%s: write error:", s->stream);
	if (status == YC_OK)
		status = yc_record_save(&r, s->state);
	yc_record_release(&r);
	s->finished = status == YC_OK && !t;
	return status;
}

static const void *get(const struct yc_spool *s, const struct yc_record *r,
	const char *name, enum yc_dtype dtype, uint64_t n)
{
	const struct yc_tensor *t = yc_record_find(r, name);

	if (t && t->dtype == dtype && t->rank == 1 && t->shape[0] == n)
		return t->data;
	(void)yc_fail(YC_FAIL, "%s: tensor '%s' is missing, or not of this build and run",
		s->state, name);
	return NULL;
}

int yc_spool_restore(const struct yc_spool *s, const struct yc_record *saved,
	struct yc_trainer *t, struct yc_progress *p)
{
	const uint64_t n = (uint64_t)t->data->n, size = yc_net_size(t->net);
	const uint64_t *c = get(s, saved, "counter", YC_U64, COUNTERS);
	const yc_real *w = c ? get(s, saved, "weight", real_dtype, size) : NULL,
		      *m = w ? get(s, saved, "optimiser", real_dtype, states(t)) : NULL;
	const int32_t *perm = m ? get(s, saved, "permutation", YC_I32, n) : NULL;
	const double *sum = perm ? get(s, saved, "sum", YC_F64, 2) : NULL;
	const struct yc_tensor *at;
	bool sane = sum && c[PERM_AT] <= n &&
		    c[STEPS] <= (uint64_t)t->hyper.epochs * (uint64_t)yc_trainer_steps(t);

	if (!sum)
		return YC_FAIL;
	/* They are indices, so those of a file are checked. */
	for (uint64_t i = 0; sane && i < n; i++)
		sane = perm[i] >= 0 && perm[i] < t->data->n;
	if (!sane)
		return yc_fail(YC_FAIL, "%s: the checkpoint is damaged", s->state);
	memcpy(t->w, w, size * sizeof *w);
	memcpy(t->m, m, states(t) * sizeof *m);
	memcpy(t->perm, perm, n * sizeof *perm);
	t->steps = c[STEPS];
	t->perm_at = (int)c[PERM_AT];
	t->rng_batch.pos = c[BATCH_POS];
	t->rng_aug.pos = c[AUG_POS];
	t->rng_mix.pos = c[MIX_POS];
	*p = (struct yc_progress){.loss = sum[0], .right = sum[1]};
	/* Checkpoints from before there was one have none. */
	at = yc_record_find(saved, "position");
	if (at && at->dtype == YC_U64 && at->bytes == sizeof p->position)
		memcpy(p->position, at->data, at->bytes);
	return YC_OK;
}

/* ---- its snapshots ---- */

static int append(struct yc_spool *s, const struct yc_record *rec)
{
	unsigned char *blob;
	size_t bytes;
	int status = yc_record_encode(rec, &blob, &bytes);

	if (status < 0)
		return status;
	for (size_t at = 0; at < bytes && status == YC_OK;) {
		ssize_t done = write(s->fd, blob + at, bytes - at);

		if (done < 0 && errno != EINTR)
			status = yc_fail(YC_FAIL, "%s: write error:", s->stream);
		at += done > 0 ? (size_t)done : 0;
	}
	s->bytes += bytes;
	yc_free(blob);
	return status;
}

/* Reads the state, if there is one; later snapshots in the stream are dropped. */
static int load(struct yc_spool *s, uint64_t most, struct yc_record *saved)
{
	const uint64_t *c;
	struct stat st;
	/* A cut file is not the input stream: not YC_CUT. */
	int status = yc_record_load(saved, s->state, most) < 0 ? YC_FAIL : YC_OK;

	c = status == YC_OK ? get(s, saved, "counter", YC_U64, COUNTERS) : NULL;
	if (!c)
		return YC_FAIL;
	s->bytes = c[BYTES];
	s->count = (int)c[COUNT];
	s->finished = c[FINISHED] != 0;
	if (fstat(s->fd, &st) < 0 || (uint64_t)st.st_size < s->bytes)
		return yc_fail(
			YC_FAIL, "%s: shorter than the checkpoint says", s->stream);
	if (ftruncate(s->fd, (off_t)s->bytes) < 0 ||
		lseek(s->fd, (off_t)s->bytes, SEEK_SET) < 0)
		return yc_fail(YC_FAIL, "%s:", s->stream);
	if (s->finished)
		yc_record_release(saved);
	return YC_OK;
}

int yc_spool_open(struct yc_spool *s, const struct yc_snapshots_cfg *cfg, int network,
	const struct yc_record *head, struct yc_record *saved)
{
	char path[PATH_MAX];
	int status;

	*s = (struct yc_spool){.fd = -1};
	*saved = (struct yc_record){0};
	(void)snprintf(path, sizeof path, "%s/%d.yct", cfg->checkpoint, network);
	s->stream = yc_strdup(path);
	(void)snprintf(path, sizeof path, "%s/%d.state", cfg->checkpoint, network);
	s->state = yc_strdup(path);
	if (!s->stream || !s->state)
		return YC_FAIL;
	s->fd = open(s->stream, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->fd < 0)
		return yc_fail(YC_FAIL, "%s:", s->stream);
	if (access(s->state, F_OK) == 0) {
		status = load(s, cfg->memory, saved);
		if (status < 0)
			yc_record_release(saved);
		return status;
	}
	if (ftruncate(s->fd, 0) < 0)
		return yc_fail(YC_FAIL, "%s:", s->stream);
	return append(s, head);
}

void yc_spool_release(struct yc_spool *s)
{
	if (s->stream && s->fd >= 0)
		(void)close(s->fd);
	yc_free(s->stream);
	yc_free(s->state);
	*s = (struct yc_spool){.fd = -1};
}

int yc_spool_put(struct yc_spool *s, const struct yc_record *rec)
{
	int status = append(s, rec);

	s->count += status == YC_OK && yc_snapshot_is(rec);
	return status;
}

int yc_spool_copy(const struct yc_spool *s, struct yc_writer *w)
{
	char *path = s->stream;
	struct yc_reader *r;
	struct yc_record *rec;
	int status = yc_reader_open(&r, &path, 1, NULL), left = s->count;

	if (status < 0)
		return status;
	while (left > 0 && status == YC_OK) {
		int got = yc_reader_next(r, &rec);

		if (got <= 0)
			status = got < 0 ? YC_FAIL
					 : yc_fail(YC_FAIL,
						   "%s: has fewer networks than the "
						   "checkpoint says",
						   s->stream);
		else if (yc_snapshot_is(rec)) {
			status = yc_writer_put(w, rec);
			left--;
		}
	}
	yc_reader_close(r);
	return status;
}

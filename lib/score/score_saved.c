/* SPDX-License-Identifier: MIT */
/*
 * Scores that YOCO's code has saved, data-score-*.pickle: a dict of names and tensors or
 * lists with a number for every decoded image. Its names become ours where we have the
 * score; 'targets', the labels, tell whether the images are the same, and lists of indices,
 * the prototypes of SSP, become the counts of the score ssp.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/archive/archive.h"
#include "lib/score/internal.h"
#include "lib/tensorfile/tensorfile.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/number.h"

enum { COLUMNS_MAX = 64 };
static const size_t file_max = (size_t)1 << 30;

struct cfg {
	const char *scores; /* path */
	int columns;
	char column[COLUMNS_MAX][YC_SCORE_NAME_MAX];
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, scores, .name = "scores", .arg = "file", .unit = YC_READS,
		.auto_help = "none: it is needed",
		.help = "the scores of these images in YOCO's data-score-*.pickle"),
};

/* One pass over the file. */
struct pass {
	struct cfg *cfg;
	const struct yc_score_job *job;
	struct yc_tensorfile file;
	float *score; /* [columns][n]; NULL: only the columns are wanted */
	int columns;  /* so far */
	int topk;     /* entries LBPE_topK */
	bool labels;  /* compared */
	char skipped[256];
};

/* Numbers per epoch, not per image. */
static bool is_of_epochs(const char *key)
{
	return !strcmp(key, "correct_num") || !strcmp(key, "loss_epoch") ||
	       !strcmp(key, "neg_loss_epoch");
}

static int check_labels(struct pass *p, const double *x, size_t n)
{
	const struct yc_data *d = p->job->data;

	if (n != (size_t)d->n)
		return yc_fail(YC_FAIL, "scores of %zu decoded images, but there are %d",
			n, d->n);
	for (size_t i = 0; i < n; i++)
		if (x[i] != d->label[i])
			return yc_fail(YC_FAIL,
				"image %zu is of class %g there, but of class %d here: "
				"scores of other images, or in another order",
				i, x[i], d->label[i]);
	p->labels = true;
	return YC_OK;
}

/* "kmeans_5" -> "ssp-balance-5"; false: no prototypes. */
static bool prototypes(const char *key, char name[YC_SCORE_NAME_MAX])
{
	static const char all[] = "imbalance_kmeans_", balanced[] = "kmeans_";
	const bool whole = strncmp(key, all, sizeof all - 1) == 0;
	const char *ipc = whole ? key + sizeof all - 1 : key + sizeof balanced - 1;
	uint64_t size;

	if (!whole && strncmp(key, balanced, sizeof balanced - 1) != 0)
		return false;
	if (yc_parse_u64(ipc, 1000000, &size) != YC_NUMBER)
		return false;
	(void)snprintf(
		name, YC_SCORE_NAME_MAX, "ssp-%s%d", whole ? "" : "balance-", (int)size);
	return true;
}

/* Ours. */
static void rename_score(const struct pass *p, const char *key, char *name)
{
	if (strcmp(key, "accumulated_margin") == 0)
		key = "aum";
	else if (strncmp(key, "LBPE_top", 8) == 0 && p->topk == 1)
		key = "lbpe";
	(void)snprintf(name, YC_SCORE_NAME_MAX, "%s", key);
}

static void skip(struct pass *p, const char *key)
{
	const size_t at = strlen(p->skipped);

	(void)snprintf(
		p->skipped + at, sizeof p->skipped - at, "%s%s", at ? ", " : "", key);
}

/* The next column; *to is NULL if its values are not wanted. */
static int add_column(struct pass *p, const char *name, float **to)
{
	*to = NULL;
	if (p->columns == COLUMNS_MAX)
		return yc_fail(YC_FAIL, "more than %d scores", COLUMNS_MAX);
	for (int i = 0; i < p->columns; i++)
		if (strcmp(p->cfg->column[i], name) == 0)
			return yc_fail(YC_FAIL, "two scores are called '%s'", name);
	if (p->score && (p->columns >= p->cfg->columns ||
				strcmp(p->cfg->column[p->columns], name) != 0))
		return yc_fail(YC_FAIL, "the file has changed");
	if (p->score)
		*to = p->score + (size_t)p->columns * (size_t)p->job->data->n;
	else
		(void)snprintf(p->cfg->column[p->columns], YC_SCORE_NAME_MAX, "%s", name);
	p->columns++;
	return YC_OK;
}

static int put_prototypes(
	struct pass *p, const char *key, const char *name, const double *x, size_t n)
{
	const int images = p->job->data->n;
	float *to;
	int status = add_column(p, name, &to);

	for (size_t i = 0; i < n && status == YC_OK; i++) {
		if (!(x[i] >= 0 && x[i] < images) || x[i] != floor(x[i]))
			return yc_fail(YC_FAIL,
				"%s: image %g, but there are %d decoded images", key,
				x[i], images);
		if (to)
			to[(size_t)x[i]]++;
	}
	return status;
}

static int put_scores(struct pass *p, const char *key, const double *x)
{
	char name[YC_SCORE_NAME_MAX];
	float *to;
	int status;

	if (strlen(key) >= YC_SCORE_NAME_MAX - 8)
		return yc_fail(YC_FAIL, "a score with a name of %zu bytes", strlen(key));
	rename_score(p, key, name);
	status = add_column(p, name, &to);
	for (int i = 0; i < p->job->data->n && status == YC_OK; i++) {
		if (!isfinite(x[i]))
			return yc_fail(YC_FAIL, "%s of image %d is not finite", key, i);
		if (to)
			to[i] = (float)x[i];
	}
	return status;
}

static int entry(void *ctx, const char *key, const struct yc_pickle_value *value)
{
	struct pass *p = ctx;
	char name[YC_SCORE_NAME_MAX];
	double *x = NULL;
	size_t n = 0;
	int status;

	if (is_of_epochs(key) || strcmp(key, "targets") == 0)
		return YC_OK;
	status = yc_tensorfile_numbers(&p->file, value, &x, &n);
	if (status < 0 && status != YC_NO)
		return status;
	if (status == YC_OK && prototypes(key, name))
		status = put_prototypes(p, key, name, x, n);
	else if (status == YC_OK && n == (size_t)p->job->data->n)
		status = put_scores(p, key, x);
	else
		status = YC_NO;
	if (status == YC_NO)
		skip(p, key);
	yc_free(x);
	return status == YC_NO ? YC_OK : status;
}

/* Before the others: the labels, and which names there are. */
static int look(void *ctx, const char *key, const struct yc_pickle_value *value)
{
	struct pass *p = ctx;
	double *x;
	size_t n;
	int status;

	p->topk += strncmp(key, "LBPE_top", 8) == 0;
	if (strcmp(key, "targets") != 0)
		return YC_OK;
	status = yc_tensorfile_numbers(&p->file, value, &x, &n);
	if (status == YC_NO)
		return yc_fail(YC_FAIL, "'targets' are no numbers");
	if (status < 0)
		return status;
	status = check_labels(p, x, n);
	yc_free(x);
	return status;
}

static int read_file(struct pass *p)
{
	const char *path = yc_infile_path(p->cfg->scores);
	struct yc_pickle_value root;
	unsigned char *data;
	size_t n;
	int status = path ? yc_file_read(path, file_max, &data, &n)
			  : yc_fail(YC_FAIL, "a pipe: give the file");

	if (status == YC_OK)
		status = yc_tensorfile_open_pickle(&p->file, data, n);
	if (status == YC_NO)
		return yc_fail(YC_FAIL, "not a pickle");
	if (status < 0)
		return status;
	status = yc_tensorfile_value(&p->file, "", &root)
			 ? yc_tensorfile_entries(&p->file, &root, look, p)
			 : YC_NO;
	if (status == YC_OK)
		status = yc_tensorfile_entries(&p->file, &root, entry, p);
	if (status == YC_NO)
		status = yc_fail(YC_FAIL, "not a dict of scores by name");
	yc_tensorfile_close(&p->file);
	return status;
}

static void note(const struct yc_score_job *job, const char *path, const char *what,
	const char *more)
{
	char text[400];

	if (!job->watch || !job->watch->note)
		return;
	(void)snprintf(text, sizeof text, "%s: %s%s", path, what, more);
	job->watch->note(job->watch, text);
}

static int plan(void *config, const struct yc_score_job *job, struct yc_score_plan *plan)
{
	struct cfg *c = config;
	struct pass p = {.cfg = c, .job = job};
	int status;

	if (!c->scores)
		return yc_fail(YC_USAGE, "--scores FILE is missing");
	status = read_file(&p);
	if (status == YC_OK && !p.columns)
		status = yc_fail(YC_FAIL,
			"no numbers for %d decoded images: scores of another set",
			job->data->n);
	if (status < 0)
		return yc_fail_in(status, "%s", yc_infile_name(c->scores));
	if (p.skipped[0])
		note(job, yc_infile_name(c->scores),
			"no scores of these images: ", p.skipped);
	if (!p.labels)
		note(job, yc_infile_name(c->scores),
			"without 'targets': whether the scores are of these images is "
			"not known",
			"");
	c->columns = plan->columns = p.columns;
	return YC_OK;
}

static int finish(
	const void *config, void *state, const struct yc_score_job *job, float *score)
{
	struct cfg c = *(const struct cfg *)config;
	struct pass p = {.cfg = &c, .job = job, .score = score};
	int status = read_file(&p);

	(void)state;
	if (status == YC_OK && p.columns != c.columns)
		status = yc_fail(YC_FAIL, "the file has changed");
	return status < 0 ? yc_fail_in(status, "%s", yc_infile_name(c.scores)) : YC_OK;
}

static void column(const void *config, int i, char name[YC_SCORE_NAME_MAX])
{
	const struct cfg *c = config;

	(void)snprintf(name, YC_SCORE_NAME_MAX, "%s", c->column[i]);
}

const struct yc_score yc_score_saved = {
	.method = {.name = "saved",
		.summary = "scores in a file of YOCO's code, under the names used here",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.plan = plan,
	.finish = finish,
	.column = column,
};

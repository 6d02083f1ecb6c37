/* SPDX-License-Identifier: MIT */
/*
 * Training dynamics as YOCO's code saves them, td-*.pickle: a dict with a list
 * 'training_dynamics', and in it for every step of the training a dict with the epoch from
 * 0, the decoded indices 'idx' of the images of its batch, and the log-probabilities
 * 'output' of those, in half precision. The file is in memory as a whole; of the list one
 * epoch after the other is taken.
 */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/archive/archive.h"
#include "lib/score/internal.h"
#include "lib/tensorfile/tensorfile.h"
#include "yc/infile.h"
#include "yc/mem.h"

/* That of a pickle: CIFAR-100 at IPC 50 has nearly as much. */
static const size_t file_max = UINT32_MAX;

struct yc_dyn_pickle {
	struct yc_tensorfile file;
	const char *name;
	struct yc_tensorfile_cursor at;
	struct yc_pickle_value item; /* the next one, if there is one */
	bool more;
	bool *seen;  /* [n] images of the epoch */
	double *row; /* [classes] */
	double best; /* largest part of an epoch whose argmax is the label */
};

void yc_dyn_pickle_close(struct yc_dyn_pickle *p)
{
	if (!p)
		return;
	yc_tensorfile_close(&p->file);
	yc_free(p->seen);
	yc_free(p->row);
	yc_free(p);
}

/* A value of a step. */
static bool find(const struct yc_dyn_pickle *p, const struct yc_pickle_value *step,
	const char *key, struct yc_pickle_value *value)
{
	const struct yc_pickle_value *found = yc_pickle_find(&p->file.pickle, step, key);

	if (found)
		*value = *found;
	return found;
}

static int epoch_of(
	const struct yc_dyn_pickle *p, const struct yc_pickle_value *step, int *epoch)
{
	struct yc_pickle_value v;

	if (!find(p, step, "epoch", &v) || v.kind != V_INT || v.number < 0 ||
		v.number > 1000000)
		return yc_fail(
			YC_FAIL, "%s: a step without its epoch: not dynamics", p->name);
	*epoch = (int)v.number;
	return YC_OK;
}

/* To the beginning of the list; the number of epochs is that of the last step, plus 1. */
static int begin(struct yc_dyn_pickle *p, int *epochs)
{
	struct yc_tensorfile_cursor at;
	struct yc_pickle_value list, step;
	int last = -1, status;

	if (!yc_tensorfile_value(&p->file, "training_dynamics", &list) ||
		!yc_tensorfile_begin(&p->file, &list, &p->at) || !p->at.left)
		return yc_fail(YC_FAIL,
			"%s: a pickle without 'training_dynamics': not dynamics",
			p->name);
	at = p->at;
	while (yc_tensorfile_next(&p->file, &at, &step))
		if (!at.left) {
			status = epoch_of(p, &step, &last);
			if (status < 0)
				return status;
		}
	*epochs = last + 1;
	p->more = yc_tensorfile_next(&p->file, &p->at, &p->item);
	return YC_OK;
}

static int open_file(struct yc_dyn_pickle *p, const char *path)
{
	unsigned char *data;
	size_t n;
	int status = yc_file_read(path, file_max, &data, &n);

	if (status == YC_OK)
		status = yc_tensorfile_open_pickle(&p->file, data, n);
	return status < 0 && status != YC_NO ? yc_fail_in(status, "%s", p->name) : status;
}

/* Only the beginning of the file is looked at for that. */
static bool is_pickle(const char *path)
{
	unsigned char head[3];
	struct stat sb;
	FILE *f;
	size_t n;

	if (!path || stat(path, &sb) < 0 || !S_ISREG(sb.st_mode))
		return false;
	f = fopen(path, "rb");
	n = f ? fread(head, 1, sizeof head, f) : 0;
	if (f)
		(void)fclose(f);
	/* A raw stream may begin with the same byte, but zeros follow it. */
	return n == sizeof head && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 &&
	       head[2];
}

int yc_dyn_pickle_open(struct yc_dyn_source *d, const char *path)
{
	const char *real = yc_infile_path(path);
	struct yc_dyn_pickle *p;
	int status;

	if (!is_pickle(real))
		return YC_NO;
	p = yc_calloc(1, sizeof *p);
	if (!p)
		return YC_FAIL;
	p->name = yc_infile_name(path);
	p->seen = yc_calloc((size_t)d->data->n, sizeof *p->seen);
	p->row = yc_calloc((size_t)d->data->classes, sizeof *p->row);
	status = p->seen && p->row ? open_file(p, real) : YC_FAIL;
	if (status == YC_OK)
		status = begin(p, &d->epochs);
	if (status == YC_OK)
		d->pickle = p;
	else
		yc_dyn_pickle_close(p);
	d->next = 0;
	return status;
}

/* The images of a step and their outputs. */
static int views(struct yc_dyn_pickle *p, int classes, struct yc_strided *idx,
	struct yc_strided *output)
{
	struct yc_pickle_value v;
	int status = find(p, &p->item, "idx", &v) ? yc_tensorfile_view(&p->file, &v, idx)
						  : YC_NO;

	if (status == YC_OK)
		status = find(p, &p->item, "output", &v)
				 ? yc_tensorfile_view(&p->file, &v, output)
				 : YC_NO;
	if (status == YC_NO ||
		(status == YC_OK && (idx->rank != 1 || output->rank != 2 ||
					    output->shape[0] != idx->shape[0])))
		return yc_fail(YC_FAIL,
			"%s: a step without tensors 'idx' [n] and 'output' [n,classes]: "
			"not dynamics",
			p->name);
	if (status == YC_OK && output->shape[1] != (uint64_t)classes)
		return yc_fail(YC_FAIL,
			"%s: outputs for %llu classes, but the images are of %d", p->name,
			(unsigned long long)output->shape[1], classes);
	return status;
}

static int take_row(struct yc_dyn_pickle *p, const struct yc_strided *idx,
	const struct yc_strided *output, uint64_t i, int n, float *logp)
{
	const size_t classes = (size_t)output->shape[1];
	double at;
	float *to;

	yc_strided_row(idx, i, &at);
	if (!(at >= 0 && at < n) || at != floor(at))
		return yc_fail(YC_FAIL,
			"%s: dynamics of an image %g, but there are %d decoded images: "
			"of another set",
			p->name, at, n);
	if (p->seen[(size_t)at])
		return yc_fail(YC_FAIL, "%s: image %g twice in an epoch", p->name, at);
	p->seen[(size_t)at] = true;
	yc_strided_row(output, i, p->row);
	to = logp + (size_t)at * classes;
	for (size_t k = 0; k < classes; k++) {
		if (!(isfinite(p->row[k]) && p->row[k] <= 0.001))
			return yc_fail(YC_FAIL,
				"%s: 'output' does not hold log-probabilities", p->name);
		to[k] = (float)p->row[k];
	}
	return YC_OK;
}

/* All rows of a step; their number is added to *rows. */
static int take_step(
	struct yc_dyn_pickle *p, const struct yc_data *data, float *logp, uint64_t *rows)
{
	struct yc_strided idx, output;
	int status = views(p, data->classes, &idx, &output);

	for (uint64_t i = 0; status == YC_OK && i < idx.shape[0]; i++)
		status = take_row(p, &idx, &output, i, data->n, logp);
	*rows += status == YC_OK ? idx.shape[0] : 0;
	return status;
}

static void compare(
	struct yc_dyn_pickle *p, const struct yc_data *data, const float *logp)
{
	int right = 0;

	for (int i = 0; i < data->n; i++, logp += data->classes) {
		int best = 0;

		for (int k = 1; k < data->classes; k++)
			if (logp[k] > logp[best])
				best = k;
		right += best == data->label[i];
	}
	p->best = fmax(p->best, (double)right / data->n);
}

int yc_dyn_pickle_next(struct yc_dyn_source *d, struct yc_scoring *s)
{
	struct yc_dyn_pickle *p = d->pickle;
	uint64_t rows = 0;
	int epoch = -1, status = YC_OK;

	if (!p->more)
		return 0;
	memset(p->seen, 0, (size_t)d->data->n * sizeof *p->seen);
	while (p->more) {
		status = epoch_of(p, &p->item, &epoch);
		if (status < 0 || epoch != d->next)
			break;
		status = take_step(p, d->data, s->logp, &rows);
		if (status < 0)
			return status;
		p->more = yc_tensorfile_next(&p->file, &p->at, &p->item);
	}
	if (status < 0)
		return status;
	if (!rows && p->more)
		return yc_fail(YC_FAIL, "%s: epoch %d expected", p->name, d->next);
	if (rows != (uint64_t)d->data->n)
		return yc_fail(YC_FAIL,
			"%s: epoch %d has outputs of %llu images, but %d are scored",
			p->name, d->next, (unsigned long long)rows, d->data->n);
	compare(p, d->data, s->logp);
	d->next++;
	return 1;
}

const char *yc_dyn_pickle_name(const struct yc_dyn_pickle *p)
{
	return p->name;
}

/* The file has no labels: outputs that do not know these are of other images. */
void yc_dyn_pickle_doubt(const struct yc_dyn_source *d, struct yc_watch *watch)
{
	char text[160];

	if (!watch || !watch->note || d->pickle->best >= 1.5 / d->data->classes)
		return;
	(void)snprintf(text, sizeof text,
		"the outputs agree with the labels of at most %.1f %% of the images: "
		"dynamics of other images, or in another order?",
		100 * d->pickle->best);
	watch->note(watch, text);
}

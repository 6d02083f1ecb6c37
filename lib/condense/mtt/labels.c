/* SPDX-License-Identifier: MIT */
/* Soft labels of the condensed images, as an expert gives them, and learned from there: the
 * softmax of logits, so that they stay probabilities. */
#include <math.h>
#include <string.h>

#include "lib/condense/mtt/mtt.h"

int yc_soft_labels_new(struct yc_soft_labels *l, const struct yc_synth *y, int classes,
	int batch, bool learned)
{
	const size_t n = yc_size_mul(y->images, (size_t)classes);

	*l = (struct yc_soft_labels){
		.classes = classes, .images = y->images, .learned = learned};
	l->logit = yc_calloc(n, sizeof(*l->logit));
	l->momentum = yc_calloc(n, sizeof(*l->momentum));
	l->soft = yc_calloc(n, sizeof(*l->soft));
	l->grad = yc_calloc(n, sizeof(*l->grad));
	l->row = yc_calloc(yc_size_mul((size_t)batch, (size_t)classes), sizeof(*l->row));
	return l->logit && l->momentum && l->soft && l->grad && l->row ? YC_OK : YC_FAIL;
}

void yc_soft_labels_release(struct yc_soft_labels *l)
{
	yc_free(l->logit);
	yc_free(l->momentum);
	yc_free(l->soft);
	yc_free(l->grad);
	yc_free(l->row);
	*l = (struct yc_soft_labels){0};
}

static int check(void *ctx)
{
	const struct yc_soft_labels *l = ctx;

	for (size_t i = 0; i < l->images * (size_t)l->classes; i++)
		if (!isfinite(l->logit[i]) || !isfinite(l->momentum[i]))
			return yc_checkpoint_damaged();
	return YC_OK;
}

void yc_soft_labels_keep(struct yc_soft_labels *l, struct yc_run *run)
{
	const uint64_t n = l->images * (uint64_t)l->classes;

	yc_run_keep(run, "label.logit", yc_real_dtype(), l->logit, n);
	yc_run_keep(run, "label.momentum", yc_real_dtype(), l->momentum, n);
	yc_run_check(run, check, l);
}

/* ---- the expert's ---- */

/* Stored image i, tile by tile, each a batch of one: x and z hold an image and its logits. */
static void ask(struct yc_soft_labels *l, size_t i, struct yc_exec *exec,
	const yc_real *w, const struct yc_synth *y, const struct yc_data *d, yc_real *x,
	yc_real *z)
{
	const int ipc = y->cfg.ipc;
	yc_real *logit = l->logit + i * (size_t)l->classes;
	int tiles = 0;

	memset(logit, 0, (size_t)l->classes * sizeof(*logit));
	for (int t = 0; t < y->ntiles; t++) {
		if ((size_t)y->tile[t].row != i % (size_t)ipc)
			continue;
		yc_decode_tile(y->s + i * y->pixels, d->channels, d->side,
			y->tile[t].factor, y->tile[t].position, d->side, x);
		yc_class_batch_normalise(d, x);
		yc_net_forward(exec, w, x, 1, z, NULL);
		yc_log_softmax(z, 1, l->classes, z);
		for (int c = 0; c < l->classes; c++)
			logit[c] += (yc_real)exp((double)z[c]);
		tiles++;
	}
	/* No class is impossible: its logit must be a number. */
	for (int c = 0; c < l->classes; c++)
		logit[c] = (yc_real)log((double)logit[c] / tiles + 1e-12);
}

int yc_soft_labels_ask(struct yc_soft_labels *l, const struct yc_net *net,
	const yc_real *w, const struct yc_synth *y, const struct yc_data *data,
	int threads)
{
	struct yc_exec *exec = NULL;
	yc_real *x = yc_calloc(yc_data_image_size(data), sizeof(*x)),
		*z = yc_calloc((size_t)l->classes, sizeof(*z));
	int status =
		x && z ? yc_exec_new(&exec, net, 1, threads, YC_EXEC_FORWARD) : YC_FAIL;

	for (size_t i = 0; !status && i < l->images; i++)
		ask(l, i, exec, w, y, data, x, z);
	yc_exec_free(exec);
	yc_free(x);
	yc_free(z);
	return status;
}

/* ---- in an iteration ---- */

void yc_soft_labels_begin(struct yc_soft_labels *l)
{
	const size_t n = l->images * (size_t)l->classes;

	yc_log_softmax(l->logit, (int)l->images, l->classes, l->soft);
	for (size_t i = 0; i < n; i++)
		l->soft[i] = (yc_real)exp((double)l->soft[i]);
	memset(l->grad, 0, n * sizeof(*l->grad));
}

const yc_real *yc_soft_labels_rows(struct yc_soft_labels *l, const struct yc_syn_batch *b)
{
	const size_t classes = (size_t)l->classes;

	for (int i = 0; i < b->n; i++)
		memcpy(l->row + (size_t)i * classes,
			l->soft + (size_t)b->image[i] * classes,
			classes * sizeof(*l->row));
	return l->row;
}

void yc_soft_labels_back(
	struct yc_soft_labels *l, const struct yc_syn_batch *b, const yc_real *dy)
{
	const size_t classes = (size_t)l->classes;

	for (int i = 0; i < b->n; i++)
		for (size_t c = 0; c < classes; c++)
			l->grad[(size_t)b->image[i] * classes + c] +=
				dy[(size_t)i * classes + c];
}

/* With y = softmax(u): dL/du = y (dL/dy - <y, dL/dy>). */
void yc_soft_labels_step(struct yc_soft_labels *l, double lr, double momentum)
{
	const size_t classes = (size_t)l->classes;

	for (size_t i = 0; l->learned && i < l->images; i++) {
		const yc_real *y = l->soft + i * classes, *dy = l->grad + i * classes;
		yc_real *u = l->logit + i * classes, *v = l->momentum + i * classes;
		double mean = 0;

		for (size_t c = 0; c < classes; c++)
			mean += (double)y[c] * (double)dy[c];
		for (size_t c = 0; c < classes; c++) {
			const double g = (double)y[c] * ((double)dy[c] - mean);

			v[c] = (yc_real)(momentum * (double)v[c] + g);
			u[c] -= (yc_real)(lr * (double)v[c]);
		}
	}
}

int yc_soft_labels_store(struct yc_soft_labels *l, struct yc_set *out)
{
	const uint64_t shape[2] = {l->images, (uint64_t)l->classes};
	struct yc_tensor *t = yc_set_put(out, "soft", YC_F32, 2, shape, NULL);

	if (!t)
		return YC_FAIL;
	yc_soft_labels_begin(l);
	for (size_t i = 0; i < l->images * (size_t)l->classes; i++)
		((float *)t->data)[i] = (float)l->soft[i];
	return YC_OK;
}

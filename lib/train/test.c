/* SPDX-License-Identifier: MIT */
/* Applies a trained network to a set: accuracy, predictions, logits and embeddings, in
 * batches. */
#include <math.h>

#include "yc/mem.h"
#include "yc/pool.h"
#include "yc/train.h"

/* Images per batch. Does not influence the result. */
enum { TEST_BATCH = 128 };

struct fetch {
	const struct yc_data *data;
	const struct yc_random_view *view; /* NULL: none */
	int at;
	yc_real *x;   /* [TEST_BATCH] images */
	yc_real *tmp; /* [threads] images; NULL without a view */
};

static void fetch(void *ctx, int b, int worker)
{
	const struct fetch *f = ctx;
	const size_t image = yc_data_image_size(f->data);
	const int i = f->at + b;
	yc_real *x = f->x + (size_t)b * image;

	yc_data_fetch(f->data, i, x);
	if (f->view)
		yc_aug_alone(f->view->aug,
			yc_rng_fork(&f->view->rng, "image", (uint64_t)i), x,
			f->tmp + (size_t)worker * image);
}

static int32_t argmax(const yc_real *z, int classes)
{
	int best = 0;

	for (int k = 1; k < classes; k++)
		if (z[k] > z[best])
			best = k;
	return best;
}

/* Outputs for all images; NULL: not needed. */
struct outputs {
	yc_real *logits; /* [n][classes] */
	yc_real *embed;	 /* [n][embedding] */
	int32_t *pred;	 /* [n] */
	int64_t right;
	int bad; /* the first image whose logits are not finite, from 1; 0: none */
};

/* Applies the network to the n images from `at` on. */
static void look(
	const struct yc_data *data, int at, int n, const yc_real *z, struct outputs *out)
{
	for (int b = 0; b < n; b++) {
		const yc_real *row = z + (size_t)b * (size_t)data->classes;
		const int32_t k = argmax(row, data->classes);

		for (int c = 0; c < data->classes && !out->bad; c++)
			if (!isfinite(row[c]))
				out->bad = at + b + 1;
		out->right += k == data->label[at + b];
		if (out->pred)
			out->pred[at + b] = k;
	}
}

static int pass(const struct yc_net *net, const yc_real *w, const struct yc_data *data,
	const struct yc_random_view *view, int threads, struct outputs *out)
{
	const int batch = data->n < TEST_BATCH ? data->n : TEST_BATCH;
	const size_t classes = (size_t)data->classes, image = yc_data_image_size(data),
		     wide = (size_t)yc_net_embedding(net);
	struct fetch f = {.data = data, .view = view && view->aug ? view : NULL};
	struct yc_exec *exec = NULL;
	yc_real *z = NULL;
	int status;

	if (batch < 1)
		return yc_fail(YC_FAIL, "no images to test on");
	status = yc_exec_new(&exec, net, batch, threads, YC_EXEC_FORWARD);
	if (status < 0)
		return status;
	f.x = yc_calloc(yc_size_mul((size_t)batch, image), sizeof *f.x);
	z = yc_calloc(yc_size_mul((size_t)batch, classes), sizeof *z);
	if (f.view)
		f.tmp = yc_calloc(yc_size_mul((size_t)threads, image), sizeof *f.tmp);
	if (!f.x || !z || (f.view && !f.tmp)) {
		status = YC_FAIL;
		goto out;
	}
	for (; f.at < data->n; f.at += batch) {
		const int n = data->n - f.at < batch ? data->n - f.at : batch;
		yc_real *to = out->logits ? out->logits + (size_t)f.at * classes : z;

		yc_parallel(n, threads, fetch, &f);
		yc_net_forward(exec, w, f.x, n, to,
			out->embed ? out->embed + (size_t)f.at * wide : NULL);
		look(data, f.at, n, to, out);
	}
	if (out->bad)
		status = yc_fail(YC_FAIL,
			"image %d: the output of the network is not finite: not the "
			"weights of a sound network, or images far from those it was "
			"trained on",
			out->bad - 1);
out:
	yc_exec_free(exec);
	yc_free(f.x);
	yc_free(f.tmp);
	yc_free(z);
	return status;
}

int yc_test(const struct yc_net *net, const yc_real *w, const struct yc_data *data,
	const struct yc_random_view *view, int threads, double *accuracy, int32_t *pred,
	yc_real *logits)
{
	struct outputs out = {.logits = logits, .pred = pred};
	const int status = pass(net, w, data, view, threads, &out);

	if (status == YC_OK)
		*accuracy = (double)out.right / data->n;
	return status;
}

int yc_embed(const struct yc_net *net, const yc_real *w, const struct yc_data *data,
	const struct yc_random_view *view, int threads, yc_real *embed)
{
	struct outputs out = {.embed = embed};

	return pass(net, w, data, view, threads, &out);
}

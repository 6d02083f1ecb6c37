/* SPDX-License-Identifier: MIT */
#include "yc/mem.h"
#include "yc/pool.h"
#include "yc/train.h"

/* Images in flight. Has no influence on the result: norms are per image. */
enum { TEST_BATCH = 128 };

struct fetch {
	const struct yc_data *data;
	int at;
	yc_real *x;
};

static void fetch(void *ctx, int b, int worker)
{
	const struct fetch *f = ctx;
	const size_t side = (size_t)f->data->side;

	(void)worker;
	yc_data_fetch(f->data, f->at + b,
		f->x + (size_t)b * side * side * (size_t)f->data->channels);
}

static int32_t argmax(const yc_real *z, int classes)
{
	int best = 0;

	for (int k = 1; k < classes; k++)
		if (z[k] > z[best])
			best = k;
	return best;
}

int yc_test(const struct yc_net *net, const yc_real *w, const struct yc_data *data,
	int threads, double *accuracy, int32_t *pred, yc_real *logits)
{
	const int batch = data->n < TEST_BATCH ? data->n : TEST_BATCH;
	const size_t classes = (size_t)data->classes, side = (size_t)data->side;
	const size_t image = side * side * (size_t)data->channels;
	struct fetch f = {.data = data};
	struct yc_work *work = NULL;
	yc_real *z = NULL;
	int64_t right = 0;
	int err;

	if (batch < 1)
		return yc_fail(YC_FAIL, "no images to test on");
	err = yc_work_new(&work, net, batch, threads, YC_WORK_FORWARD);
	if (err < 0)
		return err;
	f.x = yc_alloc(yc_mul((size_t)batch, image), sizeof *f.x);
	z = yc_alloc(yc_mul((size_t)batch, classes), sizeof *z);
	if (!f.x || !z) {
		err = YC_FAIL;
		goto out;
	}
	for (; f.at < data->n; f.at += batch) {
		const int n = data->n - f.at < batch ? data->n - f.at : batch;
		yc_real *out = logits ? logits + (size_t)f.at * classes : z;

		yc_parallel(n, threads, fetch, &f);
		yc_net_forward(work, w, f.x, n, out, NULL);
		for (int b = 0; b < n; b++) {
			const int32_t k =
				argmax(out + (size_t)b * classes, data->classes);

			right += k == data->label[f.at + b];
			if (pred)
				pred[f.at + b] = k;
		}
	}
	*accuracy = (double)right / data->n;
out:
	yc_work_free(work);
	yc_free(f.x);
	yc_free(z);
	return err;
}

/* SPDX-License-Identifier: MIT */
/* The networks of DC and DSA, which are trained on the synthetic images: the training set,
 * which follows the images, and the state of batch norms. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "lib/condense/dc/dc.h"

static int make_data(struct yc_dc_network *k, const struct yc_data *real)
{
	const struct yc_synth *y = k->synth;
	struct yc_data *d = &k->data;
	size_t n = yc_size_mul((size_t)y->cfg.classes, (size_t)y->ntiles);

	if (n > INT_MAX)
		return yc_fail(YC_USAGE, "%zu condensed images are too many", n);
	*d = (struct yc_data){.n = (int)n,
		.classes = real->classes,
		.side = real->side,
		.channels = real->channels};
	memcpy(d->mean, real->mean, sizeof(d->mean));
	memcpy(d->std, real->std, sizeof(d->std));
	d->real = yc_calloc(yc_size_mul(n, yc_data_image_size(d)), sizeof(*d->real));
	d->label = yc_calloc(n, sizeof(*d->label));
	if (!d->real || !d->label)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		d->label[i] = yc_synth_label(y, (int)(i / (size_t)y->ntiles));
	return YC_OK;
}

static int make_trainer(struct yc_dc_network *k, struct yc_run *run)
{
	const struct yc_dc_cfg *c = run->cfg;
	const struct yc_hyper hyper = {.epochs = INT_MAX,
		.batch = (int)c->net_batch,
		.lr = c->net_lr,
		.aug = c->aug,
		.aug_all = c->aug_all,
		.aug_one = !c->aug_all};
	int batch = k->data.n < hyper.batch ? k->data.n : hyper.batch;

	run->bytes += yc_exec_bytes(k->net, batch, run->job->threads, YC_EXEC_GRADIENT);
	return yc_trainer_new(
		&k->trainer, k->net, &k->data, &hyper, run->root, run->job->threads);
}

/* Even where there is no batch norm: the weights are the same. */
static int make_norms(struct yc_dc_network *k, struct yc_run *run)
{
	struct yc_net_cfg frozen = *yc_net_config(k->net);
	const int threads = run->job->threads;
	size_t n = yc_size_mul((size_t)k->synth->cfg.classes, YC_DC_NORM);
	int status;

	frozen.frozen = true;
	status = yc_net_new(&k->matched, &frozen);
	if (status || yc_net_size(k->net) == yc_net_learned(k->net))
		return status;
	if (n > YC_BATCH_MAX)
		return yc_fail(YC_FAIL,
			"%d images of each of %d classes, for the batch norms of %s, are "
			"too many in a batch: --net convnet or resnet10ap",
			YC_DC_NORM, k->synth->cfg.classes, frozen.name);
	k->x = yc_calloc(
		yc_size_mul(n, yc_data_image_size(run->job->data)), sizeof(*k->x));
	k->label = yc_calloc(n, sizeof(*k->label));
	if (!k->x || !k->label)
		return YC_FAIL;
	run->bytes += yc_exec_bytes(k->net, (int)n, threads, YC_EXEC_GRADIENT);
	return yc_exec_new(&k->norms, k->net, (int)n, threads, YC_EXEC_GRADIENT);
}

int yc_dc_network_new(
	struct yc_dc_network *k, struct yc_run *run, const struct yc_synth *synth)
{
	const struct yc_dc_cfg *c = run->cfg;
	int status =
		yc_images_net(&k->net, run, c->net, c->width, c->depth, c->precision);

	k->synth = synth;
	if (!status)
		status = make_data(k, run->job->data);
	if (!status)
		status = make_trainer(k, run);
	if (!status)
		status = make_norms(k, run);
	if (!status)
		yc_dc_network_renew(k, run);
	return status;
}

void yc_dc_network_release(struct yc_dc_network *k)
{
	yc_trainer_release(&k->trainer);
	yc_free(k->data.real);
	yc_free(k->data.label);
	yc_exec_free(k->norms);
	yc_free(k->x);
	yc_free(k->label);
	yc_net_free(k->matched);
	yc_net_free(k->net);
}

uint64_t yc_dc_network_steps(const struct yc_dc_network *k, const struct yc_dc_cfg *c)
{
	return (uint64_t)c->inner * (uint64_t)yc_trainer_steps(&k->trainer);
}

void yc_dc_network_renew(struct yc_dc_network *k, const struct yc_run *run)
{
	yc_net_init(k->net, k->trainer.w, yc_rng_fork(&run->root, "init-net", run->it));
}

/* Decodes the synthetic images, once after they moved. */
static void need_data(struct yc_dc_network *k)
{
	const struct yc_synth *y = k->synth;
	struct yc_data *d = &k->data;
	size_t image = yc_data_image_size(d), ipc = (size_t)y->cfg.ipc;

	for (int i = 0; i < d->n && !k->decoded; i++) {
		const struct yc_tile *t = &y->tile[i % y->ntiles];
		size_t row = (size_t)(i / y->ntiles) * ipc + (size_t)t->row;

		yc_decode_tile(y->s + row * y->pixels, d->channels, d->side, t->factor,
			t->position, d->side, d->real + (size_t)i * image);
	}
	k->decoded = true;
}

int yc_dc_network_step(struct yc_dc_network *k, double lr)
{
	need_data(k);
	yc_trainer_step(&k->trainer, lr);
	yc_kept_trainer_note(&k->kept);
	return isfinite(k->trainer.loss) ? YC_OK : YC_FAIL;
}

/* ---- batch norms ---- */

/* Leaves the statistics of n images of k->x where the gradient has the state. */
static void statistics(struct yc_dc_network *k, int n)
{
	const struct yc_target target = {.label = k->label, .rho = 1};

	yc_net_gradient(k->norms, k->trainer.w, k->x, n, &target, k->trainer.dw, NULL);
}

void yc_dc_network_settle(
	struct yc_dc_network *k, struct yc_sampler *w, const struct yc_data *real)
{
	struct yc_trainer *t = &k->trainer;
	size_t image = yc_data_image_size(real), learned = yc_net_learned(k->net);
	int32_t idx[YC_DC_NORM];
	int n = 0;

	if (!k->norms)
		return;
	for (int c = 0; c < w->classes; c++) {
		int some = yc_sampler_next(w, c, YC_DC_NORM, idx);

		for (int i = 0; i < some; i++, n++) {
			yc_data_fetch(real, idx[i], k->x + (size_t)n * image);
			k->label[n] = w->label[c];
		}
	}
	statistics(k, n);
	memcpy(t->w + learned, t->dw + learned,
		(yc_net_size(k->net) - learned) * sizeof(*t->w));
}

void yc_dc_network_try(struct yc_dc_network *k, int n)
{
	statistics(k, n);
}

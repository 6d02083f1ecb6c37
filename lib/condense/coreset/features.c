/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "CORESETS": the features of real images, which are embeddings of a network
 * that is trained here, read, or neither; or their pixels. */
#include <string.h>

#include "lib/condense/coreset/coreset.h"
#include "yc/pool.h"

static bool of_pixels(const struct yc_coreset_cfg *c)
{
	return !strcmp(c->features, "pixels");
}

int yc_features_resolve(struct yc_coreset_cfg *c, const struct yc_condense_job *job)
{
	struct yc_train_opts *t = &c->training;
	int status;

	if (of_pixels(c) && (t->init_net || t->epochs != YC_EPOCHS_OPEN))
		return yc_fail(YC_USAGE,
			"--features pixels needs no network: --init-net and --epochs "
			"have no effect");
	if (t->epochs == YC_EPOCHS_OPEN)
		t->epochs = of_pixels(c) || t->init_net ? 0 : 10;
	t->memory = job->memory;
	status = yc_train_opts_open(t, 1);
	if (!status) {
		yc_train_opts_resolve(t, job->real, job->data, false);
		status = yc_train_opts_names(t, &job->real->meta, job->data);
	}
	if (status < 0)
		yc_train_opts_release(t);
	return status;
}

/* ---- the network ---- */

static int check(void *ctx)
{
	struct yc_features *f = ctx;

	return f->trainer.steps <= f->steps ? yc_kept_trainer_restore(&f->kept)
					    : yc_checkpoint_damaged();
}

static int make_trainer(struct yc_features *f, struct yc_run *run)
{
	const struct yc_hyper hyper = yc_train_opts_hyper(&f->cfg->training);
	struct yc_trainer *t = &f->trainer;
	int status = yc_train_opts_targets(&f->cfg->training, run->job->real, &f->data);

	if (!status)
		status = yc_trainer_new(
			t, f->net, &f->data, &hyper, run->root, run->job->threads);
	if (status)
		return status;
	f->steps = (uint64_t)yc_trainer_steps(t) * f->cfg->training.epochs;
	f->w = t->w;
	yc_kept_trainer_keep(&f->kept, t, run, NULL);
	yc_run_keep(run, "net.steps", YC_U64, &t->steps, 1);
	yc_run_check(run, check, f);
	return YC_OK;
}

static int make_network(struct yc_features *f, struct yc_run *run)
{
	const struct yc_train_opts *t = &f->cfg->training;
	const struct yc_cluster_cfg embed = {.normalise = true};
	int status = yc_train_opts_net(t, &f->data, &f->net);

	if (status)
		return status;
	if (t->epochs) {
		status = make_trainer(f, run);
	} else {
		f->w = f->own_w = yc_calloc(yc_net_size(f->net), sizeof(*f->own_w));
		status = f->w ? YC_OK : YC_FAIL;
	}
	if (!status)
		status = yc_train_opts_weights(
			t, f->net, 0, f->w, yc_rng_fork(&run->root, "init-net", 0));
	f->d = yc_net_embedding(f->net);
	return status ? status
		      : yc_cluster_new(&f->cluster, &embed, f->net, &f->data, f->sampler,
				f->threads);
}

int yc_features_new(struct yc_features *f, struct yc_run *run,
	const struct yc_coreset_cfg *c, const struct yc_sampler *sampler)
{
	*f = (struct yc_features){.cfg = c,
		.data = *run->job->data,
		.sampler = sampler,
		.threads = run->job->threads};
	for (int i = 0; i < sampler->classes; i++)
		if (yc_sampler_count(sampler, i) > f->most)
			f->most = yc_sampler_count(sampler, i);
	if (!of_pixels(c))
		return make_network(f, run);
	f->d = (int)yc_data_image_size(&f->data);
	f->pixels =
		yc_calloc(yc_size_mul((size_t)f->most, (size_t)f->d), sizeof(*f->pixels));
	return f->pixels ? YC_OK : YC_FAIL;
}

void yc_features_release(struct yc_features *f)
{
	yc_cluster_release(&f->cluster);
	yc_trainer_release(&f->trainer);
	yc_free(f->own_w);
	yc_free(f->pixels);
	yc_net_free(f->net);
}

size_t yc_features_bytes(const struct yc_features *f)
{
	if (!f->net)
		return (size_t)f->most * (size_t)f->d * sizeof(yc_real);
	return yc_cluster_bytes(&f->cluster, 0) +
	       (f->steps ? yc_exec_bytes(f->net, f->trainer.hyper.batch, f->threads,
				   YC_EXEC_GRADIENT)
			 : 0);
}

int yc_features_train(struct yc_features *f)
{
	int status = yc_trainer_next(&f->trainer);

	yc_kept_trainer_note(&f->kept);
	return status;
}

void yc_features_try_step(struct yc_features *f, int n)
{
	struct yc_trainer *t = &f->trainer;
	int32_t label[YC_FEATURES_TRIAL] = {0};
	struct yc_target target = {.label = label, .rho = 1};

	for (int i = 0; i < n; i++)
		yc_data_fetch(&f->data, i % f->data.n,
			f->cluster.x + (size_t)i * yc_data_image_size(&f->data));
	(void)yc_net_gradient(t->exec, t->w, f->cluster.x, n, &target, t->dw, NULL);
}

/* ---- features ---- */

struct rows {
	const struct yc_features *f;
	const int32_t *image;
};

static void fetch(void *ctx, int unit, int worker)
{
	const struct rows *r = ctx;

	(void)worker;
	yc_data_fetch(&r->f->data, r->image[unit],
		r->f->pixels + (size_t)unit * (size_t)r->f->d);
}

const yc_real *yc_features_of(struct yc_features *f, int c, int n)
{
	struct rows r = {.f = f, .image = f->sampler->member + f->sampler->first[c]};

	if (f->net) {
		yc_cluster_embed(&f->cluster, f->w, c, n);
		return f->cluster.embed;
	}
	yc_parallel(n, f->threads, fetch, &r);
	return f->pixels;
}

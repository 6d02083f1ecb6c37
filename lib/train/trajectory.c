/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Update of networks": the networks of gradient matching, each drawn anew
 * and trained on real images. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "yc/trajectory.h"

void yc_trajectory_resolve(struct yc_trajectory_cfg *c, const struct yc_data *data)
{
	/* The published settings: CIFAR's, and ImageNet's for ResNet10-AP. */
	bool large = data->side > YC_SIDE_SMALL;

	c->net = c->net ? c->net : yc_net_by_side(data->side);
	c->inner = c->inner ? c->inner : 100;
	c->n_data = c->n_data ? c->n_data : large ? 500 : 2000;
	c->early = isnan(c->early) ? large ? 10 : 0 : c->early;
	c->mix_p = isnan(c->mix_p) ? large ? 1 : 0.5 : c->mix_p;
}

/* The random streams are those of the task that networks are trained for. */
static struct yc_rng root_of(uint64_t seed)
{
	return yc_rng_new(seed, "condense");
}

void yc_trajectory_init(const struct yc_net *net, yc_real *w, uint64_t seed, uint64_t it)
{
	const struct yc_rng root = root_of(seed);

	yc_net_init(net, w, yc_rng_fork(&root, "init-net", it));
}

int yc_trajectory_net(struct yc_net **net, const struct yc_trajectory_cfg *c,
	const struct yc_data *data)
{
	const struct yc_net_cfg cfg = {.name = c->net,
		.width = (int)c->width,
		.depth = (int)c->depth,
		.channels = data->channels,
		.side = data->side,
		.classes = data->classes,
		.precision = yc_precision_of(c->precision)};

	return yc_net_new(net, &cfg);
}

int yc_trajectory_new(struct yc_trajectory *t, const struct yc_trajectory_cfg *c,
	const struct yc_net *net, const struct yc_data *data, uint64_t seed, int threads)
{
	/* There is no last epoch. */
	const struct yc_hyper hyper = {.epochs = INT_MAX,
		.batch = (int)c->net_batch,
		.lr = c->net_lr,
		.momentum = c->net_momentum,
		.decay = c->net_decay,
		.aug = c->net_aug,
		.aug_all = c->aug_all,
		.mix_p = c->mix_p};
	int status;

	*t = (struct yc_trajectory){.cfg = c, .seed = seed};
	status = yc_trainer_new(&t->trainer, net, data, &hyper, root_of(seed), threads);
	if (status)
		return status;
	t->early_steps = (uint64_t)ceil(c->early * yc_trainer_steps(&t->trainer));
	yc_trajectory_renew(t, 0);
	return YC_OK;
}

void yc_trajectory_release(struct yc_trajectory *t)
{
	yc_trainer_release(&t->trainer);
}

void yc_trajectory_renew(struct yc_trajectory *t, uint64_t it)
{
	struct yc_trainer *trainer = &t->trainer;

	yc_trajectory_init(trainer->net, trainer->w, t->seed, it);
	memset(trainer->m, 0, yc_net_size(trainer->net) * sizeof(*trainer->m));
	trainer->steps = 0;
}

int yc_trajectory_step(struct yc_trajectory *t)
{
	yc_trainer_step(&t->trainer, t->cfg->net_lr);
	return isfinite(t->trainer.loss)
		       ? YC_OK
		       : yc_fail(YC_FAIL, "the network's loss is not finite: a learning "
					  "rate is too large or the images are not sane");
}

/* SPDX-License-Identifier: MIT */
#include "yc/setup.h"

struct yc_recipe yc_setup_recipe(const struct yc_setup *s)
{
	return (struct yc_recipe){
		.epochs = (int)s->epochs,
		.batch = (int)s->batch,
		.lr = s->lr,
		.momentum = 0.9,
		.decay = 5e-4,
		.gamma = 0.2,
		.aug = s->aug,
		.mix_p = s->mix_p,
	};
}

int yc_setup_net(
	const struct yc_setup *s, const struct yc_data *data, struct yc_net **net)
{
	const struct yc_net_cfg cfg = {
		.name = s->net,
		.width = (int)s->width,
		.depth = (int)s->depth,
		.channels = data->channels,
		.side = data->side,
		.classes = data->classes,
		.exact = s->exact,
	};

	return yc_net_new(net, &cfg);
}

int yc_setup_weights(
	const struct yc_setup *s, const struct yc_net *net, yc_real *w, struct yc_rng rng)
{
	struct yc_record file = {0};
	int err;

	if (!s->init_net) {
		yc_net_init(net, w, rng);
		return YC_OK;
	}
	err = yc_record_load(&file, s->init_net, s->memory);
	if (err < 0)
		return err;
	err = yc_net_fetch(net, w, &file);
	if (err < 0)
		err = yc_fail_in(err, "%s", s->init_net);
	yc_record_release(&file);
	return err;
}

int yc_setup_save(const struct yc_setup *s, const struct yc_net *net, const yc_real *w)
{
	struct yc_record file = {0};
	int err;

	if (!s->save_net)
		return YC_OK;
	err = yc_net_store(net, w, &file);
	if (err == YC_OK)
		err = yc_record_save(&file, s->save_net);
	yc_record_release(&file);
	return err;
}

/* SPDX-License-Identifier: MIT */
/* Options of a training: defaults that depend on the images (yc-methods(7), "Evaluation
 * recipe"), hyperparameters, network, and weights to start from. */
#include <math.h>
#include <string.h>

#include "yc/mem.h"
#include "yc/number.h"
#include "yc/train_opts.h"

uint32_t yc_train_opts_epochs(uint64_t per_class, int classes)
{
	static const struct {
		uint64_t most;
		uint32_t epochs;
	} rule[] = {{1, 3000}, {10, 2000}, {50, 1500}, {200, 1000}, {500, 500},
		{UINT64_MAX, 300}};
	size_t i = 0;

	while (per_class > rule[i].most)
		i++;
	return classes < 100 ? rule[i].epochs : rule[i].epochs * 2 / 3 / 100 * 100;
}

/* Decoded images of the largest class. Of tiles that were chosen from a condensed set, it
 * is the set that counts, whose size the history tells. */
static uint64_t per_class(const struct yc_set *set, const struct yc_data *data)
{
	char ipc[32], factor[32];
	uint64_t most = 0, n, f, *count;

	if (yc_history_option(&set->meta, "yc-condense", "ipc", ipc, sizeof ipc) &&
		yc_history_option(
			&set->meta, "yc-condense", "factor", factor, sizeof factor) &&
		yc_parse_u64(ipc, UINT32_MAX, &n) == YC_NUMBER &&
		yc_parse_u64(factor, UINT16_MAX, &f) == YC_NUMBER)
		return n * f * f;
	count = yc_calloc((size_t)data->classes, sizeof *count);
	for (int i = 0; count && i < data->n; i++)
		if (++count[data->label[i]] > most)
			most = count[data->label[i]];
	yc_free(count);
	return most;
}

void yc_train_opts_resolve(struct yc_train_opts *s, const struct yc_set *set,
	const struct yc_data *data, bool scoring)
{
	bool large = data->side > YC_SIDE_SMALL;
	bool photos = large && data->channels == 3;

	if (!s->net)
		s->net = yc_net_by_side(data->side);
	if (!s->aug && photos)
		s->aug = scoring ? "imagenet_color_crop_flip_scale_rotate" : "imagenet";
	else if (!s->aug)
		s->aug = "color_crop_flip_scale_rotate";
	if (isnan(s->mix_p))
		s->mix_p = large && !scoring ? 1 : 0.5;
	if (s->steps) {
		uint32_t pass = (uint32_t)((data->n - 1) / (int)s->batch + 1);

		s->epochs = (s->steps - 1) / pass + 1;
	} else if (s->epochs == YC_EPOCHS_OPEN)
		s->epochs =
			large ? yc_train_opts_epochs(per_class(set, data), data->classes)
			      : 1000;
}

struct yc_hyper yc_train_opts_hyper(const struct yc_train_opts *s)
{
	return (struct yc_hyper){
		.epochs = (int)(s->steps ? s->steps : s->epochs),
		.by_step = s->steps > 0,
		.batch = (int)s->batch,
		.optimiser = s->optimiser,
		.lr = s->lr,
		.momentum = s->momentum,
		.decay = s->decay,
		.gamma = s->schedule && strcmp(s->schedule, "constant") == 0 ? 1 : 0.2,
		.aug = s->aug,
		.aug_all = s->aug_all,
		.mix_p = s->mix_p,
	};
}

int yc_train_opts_view(
	const struct yc_train_opts *s, const struct yc_data *data, struct yc_aug *view)
{
	int status = yc_aug_parse(view, s->aug, data->side, data->channels);

	if (status < 0)
		return status;
	view->all = s->aug_all;
	yc_aug_loader(view);
	view->mean = data->mean;
	view->std = data->std;
	return YC_OK;
}

int yc_train_opts_net(
	const struct yc_train_opts *s, const struct yc_data *data, struct yc_net **net)
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

int yc_train_opts_weights(const struct yc_train_opts *s, const struct yc_net *net,
	yc_real *w, struct yc_rng rng)
{
	struct yc_record file = {0};
	int status;

	if (!s->init_net) {
		yc_net_init(net, w, rng);
		return YC_OK;
	}
	status = yc_record_load(&file, s->init_net, s->memory);
	if (status < 0)
		return status;
	status = yc_net_fetch(net, w, &file);
	if (status < 0)
		status = yc_fail_in(status, "%s", s->init_net);
	yc_record_release(&file);
	return status;
}

int yc_train_opts_save(
	const struct yc_train_opts *s, const struct yc_net *net, const yc_real *w)
{
	struct yc_record file = {0};
	int status;

	if (!s->save_net)
		return YC_OK;
	status = yc_net_store(net, w, &file);
	if (status == YC_OK)
		status = yc_record_save(&file, s->save_net);
	yc_record_release(&file);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* Options of a training: defaults that depend on the images (yc-methods(7), "Evaluation
 * recipe"), hyperparameters, network, and weights to start from. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/train/internal.h"
#include "yc/mem.h"
#include "yc/names.h"
#include "yc/number.h"
#include "yc/train_opts.h"
#include "yc/zca.h"

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

/* Decoded images of the largest class. For tiles selected from a condensed set, the size
 * of that set, from the history. */
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

static bool squares(const struct yc_train_opts *s)
{
	return s->loss && strcmp(s->loss, "mse") == 0;
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
		.schedule = s->schedule,
		.aug = s->aug,
		.aug_all = s->aug_all,
		.aug_one = s->aug_one,
		.mix_p = s->mix_p,
		.squares = squares(s),
	};
}

int yc_train_opts_view(
	const struct yc_train_opts *s, const struct yc_data *data, struct yc_aug *view)
{
	int status = yc_aug_parse(view, s->aug, data->side, data->channels);

	if (status < 0)
		return status;
	view->all = s->aug_all;
	view->one = s->aug_one;
	yc_aug_loader(view);
	return yc_data_augment(data, view);
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
		.precision = yc_precision_of(s->precision),
	};

	return yc_net_new(net, &cfg);
}

/* What --exact is called now. */
static const char *precision_of_exact(const char *exact)
{
	return yc_precisions[strcmp(exact, "true") == 0 ? YC_EXACT : YC_FP32]->name;
}

int yc_train_opts_upgrade(struct yc_meta *options)
{
	const char *exact = yc_option_kept(options, "exact");

	if (!exact || yc_option_kept(options, "precision"))
		return YC_OK;
	return yc_option_keep(options, "precision", precision_of_exact(exact));
}

bool yc_train_opts_made(const struct yc_meta *head, const char *tool,
	const struct yc_opt *row, char *buf, size_t size)
{
	if (yc_history_option(head, tool, row->name, buf, size))
		return true;
	if (row->table != yc_precisions ||
		!yc_history_option(head, tool, "exact", buf, size))
		return false;
	(void)snprintf(buf, size, "%s", precision_of_exact(buf));
	return true;
}

int yc_train_opts_names(const struct yc_train_opts *s, const struct yc_meta *head,
	const struct yc_data *data)
{
	int status = yc_names_match(&s->init.head, head, "the images");

	if (status == YC_OK && data->n && yc_meta_get(&s->init.head, YC_ZCA_KEY))
		status = yc_zca_match(&s->init.head, data->zca);
	return status < 0 ? yc_fail_in(status, "%s", s->init_net) : YC_OK;
}

int yc_train_opts_targets(
	const struct yc_train_opts *s, const struct yc_set *set, struct yc_data *data)
{
	int status = yc_train_opts_names(s, &set->meta, data);

	return status < 0 || s->hard_labels ? status
					    : yc_data_use_soft(data, set, squares(s));
}

int yc_train_opts_open(struct yc_train_opts *s, int networks)
{
	const struct yc_limits limits = {.record_bytes = s->memory};
	const struct yc_net_cfg *c;
	int status;

	if (!s->init_net)
		return s->init_epoch == YC_EPOCH_LAST
			       ? YC_OK
			       : yc_fail(YC_USAGE, "--init-epoch needs --init-net FILE");
	status = yc_nets_keep(&s->init, s->init_net,
		s->init_epoch == YC_EPOCH_LAST ? -1 : (int)s->init_epoch, networks,
		&limits);
	if (status < 0)
		return status;
	if (s->init.n > 1 && s->init.n < networks)
		return yc_fail(YC_FAIL,
			"%s: %d networks, but %d are needed: one for each, or one for "
			"all",
			s->init_net, s->init.n, networks);
	c = &s->init.net[0].about.cfg;
	if (!c->name || (s->net && strcmp(s->net, c->name) != 0))
		return YC_OK;
	s->net = c->name;
	if (!s->width)
		s->width = (uint32_t)c->width;
	if (!s->depth)
		s->depth = (uint32_t)c->depth;
	return YC_OK;
}

void yc_train_opts_release(struct yc_train_opts *s)
{
	yc_nets_kept_release(&s->init);
}

int yc_train_opts_weights(const struct yc_train_opts *s, const struct yc_net *net,
	int index, yc_real *w, struct yc_rng rng)
{
	const struct yc_kept_net *from;
	int status;

	if (!s->init_net) {
		yc_net_init(net, w, rng);
		return YC_OK;
	}
	from = &s->init.net[s->init.n > 1 ? index : 0];
	status = yc_net_fetch(net, w, &from->weights);
	return status < 0 ? yc_fail_in(status, "%s", s->init_net) : YC_OK;
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

/* SPDX-License-Identifier: MIT */
/* yc-score(1): adds scores to a stream, from a training or from saved dynamics. */
#include "tools/tool.h"

struct cfg {
	struct yc_train_opts training;
	struct yc_score_training how;
	struct yc_score_window window;
	const char *dynamics;
	bool random_view;
};

static struct cfg cfg;
static struct yc_set set;
static struct yc_data data;
static struct yc_net *net;
static struct yc_aug view;
static struct yc_scoring scoring;
static char needs[1024];

/* Training options, which have no effect if scores come from a file. */
#define TRAINING_ROWS \
	YC_TRAIN_ROWS(struct cfg, training, .def = "1000", .def = "0.5"), \
		YC_SCORE_TRAINING_ROWS(struct cfg, how)
enum { TRAINING_OPTS = YC_COUNT(((const struct yc_opt[]){TRAINING_ROWS})) };

static const struct yc_opt opts[] = {
	TRAINING_ROWS,
	YC_INIT_NET_ROWS(struct cfg, training),
	YC_SAVE_NET_ROW(struct cfg, training),
	YC_OPT(struct cfg, dynamics, .name = "dynamics", .arg = "file", .unit = YC_READS,
		.help = "score from such a stream instead of training"),
	YC_SCORE_WINDOW_ROWS(struct cfg, window),
	YC_OPT(struct cfg, random_view, .name = "random-view",
		.help = "show the trained network random views, as in training"),
};

static const struct tool tool = {
	.name = "yc-score",
	.summary = "Trains a network on a stream of images and adds their scores to it.",
	.operands = "SCORE[,SCORE]... [FILE]...",
	.details = needs,
	.examples =
		"yc-score lbpe,el2n cond.yct -o scored.yct\n"
		"yc-score lbpe --top 5 cond.yct | yc-select yoco --ipc 1 -o small.yct\n"
		"yc-score lbpe --save-dynamics dyn.yct cond.yct -o scored.yct\n"
		"yc-score lbpe --top 3 --dynamics dyn.yct cond.yct -o again.yct\n"
		"yc-score entropy --epochs 0 --init-net net cond.yct -o scored.yct\n"
		"yc-score saved --scores data-score.pickle cond.yct -o scored.yct",
	.use = TOOL_IN | TOOL_OUT | TOOL_SEED | TOOL_LONG | TOOL_MAY_TRAIN,
	.opts = opts,
	.nopts = YC_COUNT(opts),
	.cfg = &cfg,
	.methods = yc_scores,
	.method_word = "score",
	.instead = yc_scores_instead,
	.method_list = true,
};

static unsigned wanted(const struct tool_run *t)
{
	return yc_scores_need(t->method, t->nmethods);
}

static void plan(struct tool_run *t)
{
	struct yc_score_job job = {.data = &data,
		.head = &set.meta,
		.tiles_per_image = yc_set_tiles_per_image(&set),
		.epochs = (int)cfg.training.epochs,
		.window = cfg.window,
		.threads = (int)t->common.threads,
		.rng = yc_rng_new(t->common.seed, "score"),
		.watch = &t->watch};

	if ((wanted(t) && !cfg.dynamics) || (wanted(t) & YC_NEED_MODEL)) {
		tool_tell_precision(t);
		check(t, yc_train_opts_net(&cfg.training, &data, &net));
	}
	job.net = net;
	if (cfg.random_view) {
		check(t, yc_train_opts_view(&cfg.training, &data, &view));
		job.view.aug = &view;
	}
	check(t, yc_scoring_new(&scoring, &job, t->method, t->method_cfg, t->nmethods));
}

static void score_file(struct tool_run *t)
{
	struct yc_dyn_source d = {.data = &data, .set = &set};
	int status = yc_dyn_pickle_open(&d, cfg.dynamics);

	if (status == YC_NO) {
		d.reader = tool_open(t, cfg.dynamics);
		status = yc_dyn_open(&d);
	}
	check(t, status);
	if (d.has_history)
		check(t, yc_dyn_check_options(&set.meta, tool_opts(t), TRAINING_OPTS));
	if (!(wanted(t) & YC_NEED_MODEL))
		t->unused_opts = TRAINING_OPTS;
	yc_dyn_labels(&set.meta, &cfg.training);
	check(t, yc_train_opts_targets(&cfg.training, &set, &data));
	cfg.training.epochs = (uint32_t)d.epochs;
	plan(t);
	check(t, yc_scoring_read(&scoring, &cfg.training, &d, &t->watch));
	yc_reader_close(d.reader);
	yc_dyn_pickle_close(d.pickle);
	tool_history(t, &set.meta, yc_kern_name(tool_precision()));
}

static void score_training(struct tool_run *t)
{
	const bool train = wanted(t) != 0; /* not for saved scores */

	cfg.how.training = &cfg.training;
	if (train)
		check(t, yc_train_opts_targets(&cfg.training, &set, &data));
	else
		t->unused_opts = TRAINING_OPTS;
	plan(t);
	/* Added before, so that it is in the dynamics too. */
	tool_history(t, &set.meta, train ? yc_kern_name(tool_precision()) : NULL);
	check(t, yc_scoring_train(&scoring, &cfg.how, &set, &t->watch));
}

int main(int argc, char **argv)
{
	struct tool_run t;

	yc_scores_describe(needs, sizeof needs);
	tool_start(&t, &tool, argc, argv);
	check(&t, yc_score_check_options(&cfg.how, &cfg.training, &cfg.window,
			  cfg.dynamics != NULL, cfg.random_view, wanted(&t)));
	cfg.training.memory = t.common.memory;
	check(&t, yc_train_opts_open(&cfg.training, (int)cfg.how.repeats));
	check(&t, yc_set_read(&set, tool_reader(&t)));
	check(&t, yc_set_check_images(&set));
	check(&t, yc_data_new_on(&data, &set, (int)t.common.threads));
	yc_train_opts_resolve(&cfg.training, &set, &data, true);
	tool_writer(&t); /* a path that cannot be written is reported now */
	(cfg.dynamics ? score_file : score_training)(&t);
	check(&t, yc_set_write(&set, tool_writer(&t)));
	yc_scoring_release(&scoring);
	yc_net_free(net);
	yc_train_opts_release(&cfg.training);
	yc_data_release(&data);
	yc_set_release(&set);
	return tool_close(&t);
}

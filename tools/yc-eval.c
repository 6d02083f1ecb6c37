/* SPDX-License-Identifier: MIT */
/* yc-eval(1): trains networks on a stream, tests them on another, prints what they reach. */
#include "tools/tool.h"

struct cfg {
	struct yc_train_opts training;
	struct yc_eval_cfg eval;
	struct yc_regress_cfg regress;
	const char *test, *predictions;
	bool json;
};

static const struct yc_opt opts[] = {
	TOOL_TABLE_ROWS(struct cfg),
	YC_EVAL_ROWS(struct cfg, eval, training),
	YC_TRAIN_ROWS(struct cfg, training, YC_EPOCHS_BY_SET, YC_MIX_BY_SIDE),
	YC_INIT_NET_ROWS(struct cfg, training),
	YC_SAVE_NET_ROW(struct cfg, training),
};

static const struct yc_opt kernel_opts[] = {
	YC_REGRESS_ROWS(struct cfg, regress),
	TOOL_TABLE_ROWS(struct cfg),
};

static struct cfg cfg;

static const struct yc_opts kernel = {.row = kernel_opts,
	.n = YC_COUNT(kernel_opts),
	.cfg = &cfg,
	.title = "Options with --kernel"};

static struct images {
	struct yc_set set;
	struct yc_data data;
	size_t bytes;
} train, test;

static void read_images(struct tool_run *t, struct images *im, struct yc_reader *r)
{
	check(t, yc_set_read(&im->set, r));
	check(t, yc_set_check_images(&im->set));
	check(t, yc_data_new_on(&im->data, &im->set, (int)t->common.threads));
	im->bytes = yc_set_col(&im->set, "image")->bytes;
}

static const struct tool tool = {
	.name = "yc-eval",
	.summary = "Trains networks on a stream of images and tests them on another.",
	.operands = "--test FILE [FILE]...",
	.details =
		"The table has a line for every network, then their mean and population "
		"deviation: best and last of its tests in percent, images and their "
		"bytes, epochs, seconds and recipe. --epochs 0 tests the weights of "
		"--init-net, for which no training stream is needed. With --kernel no "
		"network is trained: the test images are predicted by kernel "
		"ridge regression.",
	.examples =
		"yc-eval --test test.yct train.yct\n"
		"yc-select yoco --ipc 1 scored.yct | yc-eval --test test.yct --repeat 1\n"
		"yc-eval --test <(yc-load demo --split test) --epochs 50 train.yct\n"
		"yc-eval --epochs 0 -r 1 --init-net net.safetensors --test test.yct\n"
		"yc-eval --kernel fc3 --test test.yct kip.yct",
	.use = TOOL_IN | TOOL_TEXT | TOOL_SEED | TOOL_LONG,
	.opts = opts,
	.nopts = YC_COUNT(opts),
	.cfg = &cfg,
	.other = &kernel,
};

static void resolve(struct tool_run *t)
{
	check(t, yc_train_opts_names(&cfg.training, &test.set.meta, &test.data));
	check(t, yc_eval_recipe(&cfg.eval, tool_opts(t), &train.set.meta, &t->watch));
	yc_train_opts_resolve(&cfg.training, &train.set, &train.data, false);
	check(t, yc_train_opts_targets(&cfg.training, &train.set, &train.data));
}

/* Options of training have no values with --kernel, and are not looked at. */
static void evaluate(struct tool_run *t)
{
	struct tool_table table = {.file = tool_text(t),
		.json = cfg.json,
		.images = train.data.n,
		.bytes = train.bytes,
		.recipe = "kernel"};
	struct yc_eval_sum sum;

	if (cfg.regress.kernel) {
		check(t, yc_regress(&cfg.regress, &train.set, &train.data, &test.data,
				 cfg.eval.threads, cfg.eval.pred, &sum, tool_table_run,
				 &table, &t->watch));
	} else {
		table.epochs = cfg.training.epochs;
		table.recipe = cfg.eval.recipe;
		check(t, yc_eval(&cfg.eval, &train.data, &test.data, tool_table_run,
				 &table, &sum, &t->watch));
	}
	tool_table_end(&table, &sum);
}

int main(int argc, char **argv)
{
	struct tool_run t;
	struct yc_reader *r;

	tool_start(&t, &tool, argc, argv);
	cfg.training.memory = t.common.memory;
	cfg.eval.training = &cfg.training;
	cfg.eval.seed = t.common.seed;
	cfg.eval.threads = (int)t.common.threads;
	check(&t, cfg.regress.kernel ? YC_OK : yc_eval_check(&cfg.eval));
	if (!cfg.test)
		die_usage(&t, "--test FILE is missing");
	if (cfg.regress.kernel)
		cfg.eval.repeats = 1;
	else
		check(&t, yc_train_opts_open(&cfg.training, (int)cfg.eval.repeats));
	if (cfg.regress.kernel || cfg.training.epochs || !cfg.training.init_net ||
		t.nfiles)
		read_images(&t, &train, tool_reader(&t));
	if (t.nfiles > 1)
		warn(&t, "%d files are read as one training set", t.nfiles);
	read_images(&t, &test, r = tool_open(&t, cfg.test));
	yc_reader_close(r);
	if ((train.data.n &&
		    yc_eval_match(&train.data, &test.data, cfg.eval.threads) < 0) ||
		yc_names_match(&test.set.meta, &train.set.meta, "the training set") < 0)
		die(&t, yc_fail_in(YC_FAIL, "%s", cfg.test));
	if (!cfg.regress.kernel)
		resolve(&t);
	if (cfg.predictions)
		check(&t, yc_predictions_new(&cfg.eval, &test.data));
	evaluate(&t);
	if (cfg.predictions)
		check(&t, yc_predictions_save(cfg.predictions, &test.set, &test.data,
				  cfg.eval.pred, (int)cfg.eval.repeats));
	yc_free(cfg.eval.pred);
	yc_train_opts_release(&cfg.training);
	yc_data_release(&test.data);
	yc_data_release(&train.data);
	yc_set_release(&train.set);
	yc_set_release(&test.set);
	return tool_close(&t);
}

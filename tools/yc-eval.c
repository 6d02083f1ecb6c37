/* SPDX-License-Identifier: MIT */
/* yc-eval(1): trains networks on a stream, tests them on another, prints what they reach. */
#include "tools/tool.h"

struct cfg {
	struct yc_train_opts training;
	struct yc_eval_cfg eval;
	const char *test, *predictions;
	bool json;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, test, .name = "test", .arg = "file", .unit = YC_READS,
		.help = "stream of images to test on; a pipe will do"),
	YC_EVAL_ROWS(struct cfg, eval, training),
	YC_TRAIN_ROWS(struct cfg, training, YC_EPOCHS_BY_SET, YC_MIX_BY_SIDE),
	YC_INIT_NET_ROWS(struct cfg, training),
	YC_SAVE_NET_ROW(struct cfg, training),
	YC_OPT(struct cfg, predictions, .name = "predictions", .arg = "file",
		.unit = YC_WRITES, .run_only = true,
		.help = "table of the class predicted for each test image"),
	YC_OPT(struct cfg, json, .name = "json", .run_only = true,
		.help = "one JSON object instead of a table"),
};

static struct cfg cfg;

/* A stream and the images in it. */
static struct images {
	struct yc_set set;
	struct yc_data data;
	size_t bytes;
} train, test;

/* The first column names the line, all lines have all columns: awk '$1 == "mean"'. */
static void line(FILE *f, const char *name, double best, double last, double seconds)
{
	fprintf(f, "%s\t%.2f\t%.2f\t%d\t%zu\t%u\t%.1f\n", name, 100 * best, 100 * last,
		train.data.n, train.bytes, cfg.training.epochs, seconds);
}

static void report_run(void *ctx, const struct yc_eval_run *run)
{
	FILE *f = ctx;
	char name[16];

	if (cfg.json) {
		fprintf(f, "%s{\"best\":%.9g,\"last\":%.9g,\"seconds\":%.9g}",
			run->repeat ? "," : "{\"repeats\":[", 100 * run->best,
			100 * run->last, run->seconds);
		return;
	}
	if (run->repeat == 0)
		fprintf(f, "repeat\tbest\tlast\timages\tbytes\tepochs\tseconds\n");
	snprintf(name, sizeof name, "%d", run->repeat + 1);
	line(f, name, run->best, run->last, run->seconds);
	fflush(f); /* the next line may take minutes */
}

static void report_end(FILE *f, const struct yc_eval_sum *s)
{
	if (!cfg.json) {
		line(f, "mean", s->best, s->last, s->seconds);
		line(f, "deviation", s->best_dev, s->last_dev, s->seconds_dev);
		return;
	}
	fprintf(f,
		"],\"best\":{\"mean\":%.9g,\"deviation\":%.9g},"
		"\"last\":{\"mean\":%.9g,\"deviation\":%.9g},"
		"\"images\":%d,\"bytes\":%zu,\"epochs\":%u,"
		"\"seconds\":{\"mean\":%.9g,\"deviation\":%.9g}}\n",
		100 * s->best, 100 * s->best_dev, 100 * s->last, 100 * s->last_dev,
		train.data.n, train.bytes, cfg.training.epochs, s->seconds,
		s->seconds_dev);
}

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
		"deviation: best and last of its tests in percent, the images trained on "
		"and their bytes as stored, epochs and seconds. --epochs 0 tests the "
		"weights of --init-net, for which no training stream is needed.",
	.examples =
		"yc-eval --test test.yct train.yct\n"
		"yc-select yoco --ipc 1 scored.yct | yc-eval --test test.yct --repeat 1\n"
		"yc-eval --test <(yc-load demo --split test) --epochs 50 train.yct\n"
		"yc-eval --epochs 0 -r 1 --init-net net.safetensors --test test.yct",
	.use = TOOL_IN | TOOL_TEXT | TOOL_SEED | TOOL_LONG,
	.opts = opts,
	.nopts = YC_COUNT(opts),
	.cfg = &cfg,
};

int main(int argc, char **argv)
{
	struct tool_run t;
	struct yc_reader *r;
	struct yc_eval_sum sum;

	tool_start(&t, &tool, argc, argv);
	cfg.training.memory = t.common.memory;
	cfg.eval.training = &cfg.training;
	cfg.eval.seed = t.common.seed;
	cfg.eval.threads = (int)t.common.threads;
	check(&t, yc_eval_check(&cfg.eval));
	if (!cfg.test)
		die_usage(&t, "--test FILE is missing");
	check(&t, yc_train_opts_open(&cfg.training, (int)cfg.eval.repeats));
	if (cfg.training.epochs || !cfg.training.init_net || t.nfiles)
		read_images(&t, &train, tool_reader(&t));
	if (t.nfiles > 1)
		warn(&t, "%d files are read as one training set", t.nfiles);
	read_images(&t, &test, r = tool_open(&t, cfg.test));
	yc_reader_close(r);
	if ((train.data.n &&
		    yc_eval_match(&train.data, &test.data, cfg.eval.threads) < 0) ||
		yc_names_match(&test.set.meta, &train.set.meta, "the training set") < 0)
		die(&t, yc_fail_in(YC_FAIL, "%s", cfg.test));
	check(&t, yc_train_opts_names(&cfg.training, &test.set.meta, &test.data));
	yc_train_opts_resolve(&cfg.training, &train.set, &train.data, false);
	check(&t, yc_train_opts_targets(&cfg.training, &train.set, &train.data));
	if (cfg.predictions)
		cfg.eval.pred =
			yc_calloc(yc_size_mul(cfg.eval.repeats, (size_t)test.data.n),
				sizeof *cfg.eval.pred);
	check(&t, !cfg.predictions || cfg.eval.pred ? YC_OK : YC_FAIL);
	check(&t, yc_eval(&cfg.eval, &train.data, &test.data, report_run, tool_text(&t),
			  &sum, &t.watch));
	report_end(tool_text(&t), &sum);
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

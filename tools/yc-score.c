/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tools/tool.h"

struct cfg {
	struct yc_setup setup;
	const char *dynamics, *save_dynamics;
	bool full;
};

static const struct yc_opt opts[] = {
	YC_SETUP_ROWS(struct cfg, setup),
	YC_OPT(struct cfg, full, .name = "full",
		.help = "train all epochs even if no score needs them"),
	YC_OPT(struct cfg, save_dynamics, .name = "save-dynamics", .arg = "file",
		.unit = YC_WRITES, .run_only = true,
		.help = "keep the outputs of every epoch trained in this stream"),
	YC_OPT(struct cfg, dynamics, .name = "dynamics", .arg = "file", .unit = YC_READS,
		.help = "score from such a stream instead of training"),
};

static const struct tool tool = {
	.name = "yc-score",
	.summary = "trains a network on a stream of images and adds scores of them to it",
	.operands = "SCORE[,SCORE]... [FILE]...",
	.examples =
		"yc-score lbpe,el2n cond.yct -o scored.yct\n"
		"yc-score lbpe --top 5 cond.yct | yc-select yoco --ipc 1 -o small.yct\n"
		"yc-score lbpe --save-dynamics dyn.yct cond.yct -o scored.yct\n"
		"yc-score lbpe --top 3 --dynamics dyn.yct cond.yct -o again.yct",
	.use = TOOL_IN | TOOL_OUT | TOOL_SEED | TOOL_LONG,
	.opts = opts,
	.nopts = YC_COUNT(opts),
	.methods = yc_scores,
	.method_word = "score",
	.method_list = true,
};

struct work {
	struct tool_run t;
	struct cfg *cfg;
	struct yc_set set;
	struct yc_data data;
	struct yc_scoring scoring;
	float *score[TOOL_METHODS_MAX];
};

static void plan(struct work *w, int epochs)
{
	struct tool_run *t = &w->t;

	check(t, yc_scoring_new(&w->scoring, &w->data, epochs, (int)t->common.threads,
			 t->method, t->method_cfg, t->nmethods));
	for (int i = 0; i < t->nmethods; i++) {
		w->score[i] = yc_alloc((size_t)w->data.n, sizeof *w->score[i]);
		check(t, w->score[i] ? YC_OK : YC_FAIL);
	}
}

static void score_file(struct work *w)
{
	struct tool_run *t = &w->t;
	struct yc_reader *r = tool_open(t, w->cfg->dynamics);
	struct yc_dyn_source d = {.reader = r, .data = &w->data, .set = &w->set};

	check(t, yc_dyn_open(&d));
	plan(w, d.epochs);
	w->cfg->setup.epochs = (uint32_t)d.epochs; /* for the history */
	check(t, yc_scoring_read(&w->scoring, &d, w->score, &t->watch));
	yc_reader_close(r);
}

static void score_training(struct work *w)
{
	struct tool_run *t = &w->t;
	const struct cfg *cfg = w->cfg;
	const struct yc_writer_cfg out = {.path = cfg->save_dynamics,
		.threads = (int)t->common.threads,
		.digest = true};
	struct yc_dyn_sink sink = {.set = &w->set};
	int err;

	plan(w, (int)cfg->setup.epochs);
	if (cfg->save_dynamics)
		check(t, yc_writer_open(&sink.writer, &out));
	err = yc_scoring_train(&w->scoring, &cfg->setup, cfg->full, t->common.seed,
		cfg->save_dynamics ? &sink : NULL, w->score, &t->watch);
	if (err < 0) {
		yc_writer_abort(sink.writer);
		die(t, err);
	}
	if (cfg->save_dynamics)
		check(t, yc_writer_close(sink.writer));
}

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static struct work w = {.cfg = &cfg};
	struct tool_run *t = &w.t;
	struct tool here = tool;
	char needs[1024] = "What the scores need:\n";

	yc_scores_describe(needs + strlen(needs), sizeof needs - strlen(needs));
	here.details = needs;
	here.cfg = &cfg;
	tool_start(t, &here, argc, argv);
	if (cfg.dynamics && (cfg.save_dynamics || cfg.setup.save_net ||
				    cfg.setup.init_net || cfg.full))
		die_usage(t, "--dynamics trains nothing: --save-dynamics, --save-net, "
			     "--init-net and "
			     "--full do not go with it");
	cfg.setup.memory = t->common.memory;
	check(t, yc_set_read(&w.set, tool_reader(t)));
	check(t, yc_set_check_images(&w.set));
	check(t, yc_data_new(&w.data, &w.set));

	tool_writer(t); /* a place where nothing can be written is better known now */
	if (cfg.dynamics)
		score_file(&w);
	else
		score_training(&w);

	for (int i = 0; i < t->nmethods; i++)
		check(t, yc_score_store(&w.set, &w.data, t->method[i]->name, w.score[i]));
	tool_history(t, &w.set.meta, yc_kern_name());
	check(t, yc_set_write(&w.set, tool_writer(t)));
	for (int i = 0; i < t->nmethods; i++)
		yc_free(w.score[i]);
	yc_scoring_release(&w.scoring);
	yc_data_release(&w.data);
	yc_set_release(&w.set);
	return tool_close(t);
}

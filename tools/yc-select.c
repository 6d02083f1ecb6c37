/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tools/tool.h"

struct cfg {
	struct yc_select_cfg select;
	const char *ids;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, select.ipc, .name = "ipc", .letter = 'n', .arg = "n", .min = 1,
		.max = 1e6, .auto_help = "none: this or --keep is needed",
		.help = "size to prune to, in full-size images a class; so many tiles as "
			"fill them"),
	YC_OPT(struct cfg, select.keep, .name = "keep", .arg = "n", .min = 1, .max = 1e9,
		.auto_help = "none", .help = "the size in tiles a class instead"),
	YC_OPT(struct cfg, select.score, .name = "score", .arg = "name",
		.auto_help = "by rule", .help = "go by column score.name"),
	YC_OPT(struct cfg, select.hard, .name = "hard",
		.help = "keep the highest scores"),
	YC_OPT(struct cfg, select.easy, .name = "easy", .help = "keep the lowest scores"),
	YC_OPT(struct cfg, select.balance, .name = "balance",
		.help = "keep as many of every class"),
	YC_OPT(struct cfg, select.imbalance, .name = "imbalance",
		.help = "keep what ranks first, whatever its class"),
	YC_OPT(struct cfg, select.order, .name = "order",
		.help = "write the most wanted first, classes in turn: every beginning "
			"is "
			"the best set of its size; without a size, all"),
	YC_OPT(struct cfg, ids, .name = "ids", .arg = "file", .unit = YC_READS,
		.auto_help = "none",
		.help = "no rule: take the rows that the lines \"id\" or \"id tile\" "
			"name, in "
			"that order"),
};

/* With --ids (or what is short for it) there is no rule to name. */
static bool by_ids(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strncmp(argv[i], "--id", 4))
			return true;
	return false;
}

static void check_options(struct tool_run *t, struct cfg *cfg)
{
	const struct yc_select_cfg *s = &cfg->select;
	bool from_stdin = t->nfiles == 0;

	if (!cfg->ids) {
		check(t, yc_select_resolve(
				 &cfg->select, (const struct yc_selector *)t->method[0]));
		return;
	}
	if (s->ipc || s->keep || s->score || s->hard || s->easy || s->balance ||
		s->imbalance || s->order)
		die_usage(t,
			"--ids takes rows by name: options of rules mean nothing to it");
	for (int i = 0; i < t->nfiles; i++)
		from_stdin = from_stdin || !strcmp(t->files[i], "-");
	if (from_stdin && !strcmp(cfg->ids, "-"))
		die_usage(t, "--ids - and the stream cannot both be standard input");
}

int main(int argc, char **argv)
{
	static struct cfg cfg;
	const struct tool tool = {
		.name = "yc-select",
		.summary =
			"Prunes a scored stream of condensed images to a smaller size.",
		.operands = "RULE [FILE]...",
		.details = "Sheets of several tiles are cut: the result is a stream of "
			   "tiles. Nothing is "
			   "encoded again. Scores come from yc-score.",
		.examples =
			"yc-score lbpe cond.yct | yc-select yoco --ipc 1 -o small.yct\n"
			"yc-select yoco --ipc 5 --score el2n --hard scored.yct | "
			"yc-info\n"
			"yc-select random --ipc 2 --balance --seed 1 cond.yct -o "
			"random.yct\n"
			"yc-select --ids keep.txt cond.yct -o kept.yct",
		.use = TOOL_IN | TOOL_OUT | TOOL_SEED,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
		.methods = by_ids(argc, argv)
				   ? NULL
				   : (const struct yc_method *const *)yc_selectors,
		.method_word = "rule",
	};
	struct tool_run t;
	struct yc_set from, to;

	tool_start(&t, &tool, argc, argv);
	check_options(&t, &cfg);
	check(&t, yc_set_read(&from, tool_reader(&t)));
	if (cfg.ids)
		check(&t, yc_select_ids(&to, &from, cfg.ids));
	else
		check(&t, yc_select(&to, &from, (const struct yc_selector *)t.method[0],
				  &cfg.select, t.method_cfg[0],
				  yc_rng_new(t.common.seed, "select")));
	yc_set_release(&from);
	tool_history(&t, &to.meta, NULL);
	check(&t, yc_set_write(&to, tool_writer(&t)));
	yc_set_release(&to);
	return tool_close(&t);
}

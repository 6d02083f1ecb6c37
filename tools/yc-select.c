/* SPDX-License-Identifier: MIT */
/* yc-select(1): keeps a part of a stream, by a rule or by a list. */
#include <stdlib.h>

#include "tools/tool.h"

struct cfg {
	struct yc_select_cfg select;
	bool explain;
};

static const struct yc_opt opts[] = {
	YC_SELECT_ROWS(struct cfg, select),
	YC_OPT(struct cfg, explain, .name = "explain", .run_only = true,
		.help = "write a table instead of the stream: for each class what is "
			"kept, at which scores, and what comes next"),
};

static const struct yc_method *find(void *cfg, const char *name, size_t len)
{
	struct yc_suffixes unused;
	const struct yc_selector *s = yc_selector_find(
		name, len, cfg ? &((struct cfg *)cfg)->select.named : &unused);

	return s ? &s->method : NULL;
}

static void check_options(struct tool_run *t, struct cfg *cfg)
{
	const struct yc_selector *rule = (const struct yc_selector *)t->method[0];

	check(t, yc_select_resolve(&cfg->select, rule));
	if (cfg->explain && (!rule || rule->read))
		die_usage(t, "there is no ranking for --explain");
	if (rule && rule->read && t->nfiles > 1)
		die_usage(t, "orders of different streams cannot be combined");
}

/* The input and the selection. */
struct work {
	struct yc_rows from;
	struct yc_selection sel;
};

static void explain(struct tool_run *t, const struct work *work)
{
	char *text = yc_select_explain(&work->sel, &work->from.set);

	check(t, text ? YC_OK : YC_FAIL);
	(void)fputs(text, tool_text(t));
	free(text);
}

static void read_rows(struct tool_run *t, struct cfg *cfg, struct yc_rows *from)
{
	const struct yc_set_hooks hooks = {.ctx = &cfg->select, .hold = yc_select_hold};

	/* A table needs no images. */
	if (cfg->explain)
		check(t, yc_set_read_with(&from->set, tool_reader(t), &hooks));
	else
		check(t, yc_rows_read(from, tool_reader(t), &hooks, &t->watch));
}

static void choose(struct tool_run *t, struct cfg *cfg, struct work *work)
{
	const struct yc_selector *rule = (const struct yc_selector *)t->method[0];

	if (rule && rule->read) {
		check(t, rule->read(&work->sel, &work->from, tool_reader(t), &cfg->select,
				 &t->watch));
		return;
	}
	read_rows(t, cfg, &work->from);
	if (!rule) {
		check(t, yc_select_ids(&work->sel, &work->from.set, cfg->select.ids));
		return;
	}
	check(t, yc_select(&work->sel, &work->from.set, rule, &cfg->select,
			 t->method_cfg[0], yc_rng_new(t->common.seed, "select")));
	if (work->sel.repeats)
		warn(t, "%zu of %zu are repeats%s%s", work->sel.repeats, work->sel.n,
			rule->repeats ? ": " : "", rule->repeats ? rule->repeats : "");
}

static void write_kept(struct tool_run *t, struct work *work)
{
	struct yc_set head;

	check(t, yc_select_take(&head, &work->from.set, &work->sel, 0, 0, NULL));
	tool_history(t, &head.meta, NULL);
	check(t, yc_select_write(
			 &head, &work->from, &work->sel, tool_writer(t), &t->watch));
	yc_set_release(&head);
}

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-select",
		.summary =
			"Prunes a scored stream of condensed images to a smaller size.",
		.operands = "[RULE] [FILE]...",
		.details =
			"Condensed images are cut into their tiles: the result is a "
			"stream of "
			"tiles. Nothing is encoded again. Scores come from yc-score.\n\n"
			"The name of a rule may end in _hard, _easy, _balance and "
			"_imbalance, which stand for the options. Without a rule, a "
			"prefix of an ordered stream is taken.",
		.examples = "yc-score lbpe cond.yct | yc-select yoco --ipc 1 -o "
			    "small.yct\n"
			    "yc-select forgetting_easy_balance --ipc 5 scored.yct | "
			    "yc-info\n"
			    "yc-select yoco --bytes 64K --explain scored.yct\n"
			    "yc-select random --ipc 2 --balance --seed 1 cond.yct -o "
			    "random.yct\n"
			    "yc-select yoco --order scored.yct -o ordered.yct\n"
			    "yc-select --ipc 3 ordered.yct -o three.yct\n"
			    "yc-select --ids keep.txt cond.yct -o kept.yct",
		.use = TOOL_IN | TOOL_OUT | TOOL_SEED,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
		.methods = yc_selectors,
		.method_default = "prefix",
		.no_method_with = "ids",
		.text_with = "explain",
		.find = find,
		.method_word = "rule",
	};
	struct tool_run t;
	struct work work = {0};

	tool_start(&t, &tool, argc, argv);
	check_options(&t, &cfg);
	choose(&t, &cfg, &work);
	if (cfg.explain)
		explain(&t, &work);
	else
		write_kept(&t, &work);
	yc_selection_release(&work.sel);
	yc_rows_release(&work.from);
	return tool_close(&t);
}

/* SPDX-License-Identifier: MIT */
/* yc-info(1): prints what a stream holds, and checks it. */
#include <stdlib.h>

#include "tools/tool.h"

struct cfg {
	bool tsv, json, check, digest, machine;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, tsv, .name = "tsv",
		.help = "print id, label, tile and scores of every row, tab-separated"),
	YC_OPT(struct cfg, json, .name = "json",
		.help = "print everything as one JSON object"),
	YC_OPT(struct cfg, check, .name = "check", .letter = 'c',
		.help = "verify the row counts and the digests; exit 4 where a digest is "
			"wrong"),
	YC_OPT(struct cfg, digest, .name = "digest", .letter = 'd',
		.help = "compute the digest of the content and print it"),
	YC_OPT(struct cfg, machine, .name = "machine",
		.help = "print what this machine computes with, instead of a stream"),
};

static void put(struct tool_run *t, char *text)
{
	if (!text)
		die(t, YC_FAIL);
	(void)fputs(text, tool_text(t));
	free(text);
}

static void print_rows(struct tool_run *t, struct yc_reader *r)
{
	struct yc_info info = {0};
	struct yc_record *rec;
	bool head = true;
	char *text;
	int status;

	while ((status = yc_reader_next(r, &rec)) > 0) {
		/* Rejects rows that do not match the heading. */
		check(t, yc_info_add(&info, r, rec));
		if (!yc_reader_is_data(r) && !yc_reader_head(r)->classes)
			die(t, yc_fail(YC_FAIL,
				       "%s: a plain safetensors file, which has no rows",
				       yc_reader_where(r)));
		if (!yc_reader_is_data(r))
			continue;
		text = yc_info_tsv(rec, head);
		if (!text)
			die(t, yc_fail_in(YC_FAIL, "%s", yc_reader_where(r)));
		put(t, text);
		head = false;
	}
	check(t, status);
	yc_info_release(&info);
}

static void print_check(struct tool_run *t, const struct yc_info *info)
{
	size_t tensors = info->columns.ntensors;
	FILE *f = tool_text(t);

	if (!info->head.classes) {
		for (size_t i = 0; i < info->nother; i++)
			tensors += info->other[i].ntensors;
		(void)fprintf(f,
			"a plain safetensors file, not a stream: %zu tensors complete, "
			"without a digest\n",
			tensors);
		return;
	}
	(void)fprintf(f, "%llu rows complete, ", (unsigned long long)info->rows);
	if (info->checked == info->segments)
		(void)fprintf(f, "digest right\n");
	else
		(void)fprintf(f, "%llu of %llu segments without a digest\n",
			(unsigned long long)(info->segments - info->checked),
			(unsigned long long)info->segments);
}

static void print_info(struct tool_run *t, struct yc_reader *r, const struct cfg *cfg)
{
	struct yc_info info = {.want_digest = cfg->digest, .want_check = cfg->check};
	struct yc_record *rec;
	char text[YC_DIGEST_TEXT];
	int status;

	while ((status = yc_reader_next(r, &rec)) > 0)
		check(t, yc_info_add(&info, r, rec));
	check(t, status);
	if (cfg->json) {
		put(t, yc_info_json(&info));
		(void)fputc('\n', tool_text(t));
	} else if (cfg->digest) {
		check(t, yc_digest_text(info.whole, text));
		(void)fprintf(tool_text(t), "%s\n", text);
	} else if (!cfg->check) {
		put(t, yc_info_text(&info));
	}
	if (cfg->check && !cfg->json)
		print_check(t, &info);
	yc_info_release(&info);
}

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-info",
		.summary = "Shows what a stream contains: head, history, columns, rows "
			   "of each "
			   "class.",
		.operands = "[FILE]...",
		.examples = "yc-info cond.yct\n"
			    "yc-info --check train.yct && echo sound\n"
			    "yc-score lbpe cond.yct | yc-info --tsv | sort -k3g | head",
		.use = TOOL_IN | TOOL_TEXT,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
	};
	struct tool_run t;

	tool_start(&t, &tool, argc, argv);
	if (cfg.tsv && (cfg.json || cfg.check || cfg.digest))
		die_usage(&t, "--tsv excludes --json, --check and --digest");
	if (cfg.machine && (cfg.tsv || cfg.json || cfg.check || cfg.digest || t.nfiles))
		die_usage(&t, "--machine excludes files and the other options");
	if (cfg.machine) {
		put(&t, yc_machine_text());
		return tool_close(&t);
	}
	yc_reader_headless(tool_reader(&t));
	if (cfg.tsv)
		print_rows(&t, tool_reader(&t));
	else
		print_info(&t, tool_reader(&t), &cfg);
	return tool_close(&t);
}

/* SPDX-License-Identifier: MIT */
/* yc-plot(1): draws tables as an SVG picture. */
#include "tools/tool.h"

static const struct yc_opt opts[] = {
	YC_OPT(struct yc_plot_cfg, x, .name = "x", .letter = 'x', .arg = "column",
		.auto_help = "the first", .help = "x column"),
	YC_OPT(struct yc_plot_cfg, y, .name = "y", .letter = 'y', .arg = "column",
		.auto_help = "the second", .help = "y column"),
	YC_OPT(struct yc_plot_cfg, by, .name = "by", .letter = 'b', .arg = "column",
		.auto_help = "none", .help = "one line for every value of this column"),
	YC_OPT(struct yc_plot_cfg, deviation, .name = "deviation", .letter = 'd',
		.arg = "column", .auto_help = "that of the rows of a point",
		.help = "half the length of the error bars"),
	YC_OPT(struct yc_plot_cfg, sample_deviation, .name = "sample-deviation",
		.help = "error bars of a sample (n - 1), not of a population"),
	YC_OPT(struct yc_plot_cfg, unit, .name = "unit", .letter = 'u', .arg = "word",
		.def = "row",
		.help = "what a row is, in the singular, for the text that explains "
			"bars: network"),
	YC_OPT(struct yc_plot_cfg, reference, .name = "reference", .letter = 'r',
		.arg = "list", .auto_help = "none",
		.help = "reference lines, dashed, with bands: values of the column --by, "
			"or "
			"NAME=NUMBER for a horizontal line"),
	YC_OPT(struct yc_plot_cfg, log, .name = "log", .letter = 'l',
		.help = "logarithmic x axis"),
	YC_OPT(struct yc_plot_cfg, words, .name = "words", .letter = 'w',
		.help = "take the x column as words, not numbers"),
	YC_OPT(struct yc_plot_cfg, title, .name = "title", .letter = 't', .arg = "text",
		.auto_help = "none", .help = "title of the picture"),
	YC_OPT(struct yc_plot_cfg, x_label, .name = "x-label", .arg = "text",
		.auto_help = "the column's name", .help = "label of the x axis"),
	YC_OPT(struct yc_plot_cfg, y_label, .name = "y-label", .arg = "text",
		.auto_help = "the column's name", .help = "label of the y axis"),
	YC_OPT(struct yc_plot_cfg, width, .name = "width", .arg = "n", .def = "720",
		.min = 200, .max = 10000, .help = "pixels of the picture"),
	YC_OPT(struct yc_plot_cfg, height, .name = "height", .arg = "n", .def = "460",
		.min = 150, .max = 10000, .help = "pixels of the picture"),
};

static void read_tables(struct tool_run *t, struct yc_plot *p)
{
	tool_read_files(t, "table");
	for (int i = 0; i < t->nfiles; i++) {
		FILE *f = yc_infile_text(t->files[i]);
		struct yc_plot_gap gap;

		if (!f || yc_plot_read(p, f, &gap) < 0)
			die(t, yc_fail_in(YC_FAIL, "%s", yc_infile_name(t->files[i])));
		if (gap.rows)
			warn(t, "%s: line %zu: no number; %zu such row%s left out",
				yc_infile_name(t->files[i]), gap.line, gap.rows,
				gap.rows == 1 ? "" : "s");
		(void)fclose(f);
	}
}

int main(int argc, char **argv)
{
	static struct yc_plot_cfg cfg;
	static const char *const endings[] = {".svg", NULL};
	static const struct tool tool = {
		.name = "yc-plot",
		.summary = "Draws a table of tab-separated values as an SVG picture.",
		.operands = "[FILE]...",
		.details =
			"Every table begins with a line of column names. Rows with the "
			"same position on the same line are one point: their mean, with "
			"their population standard deviation as error bar; hollow if "
			"there is "
			"but one. A reference with one point is drawn as a level over "
			"the "
			"whole width. A line has the colour of its name, in every "
			"picture.",
		.examples =
			"yc-plot --x ipc_t --y last --by rule --log --unit network "
			"runs.tsv >t.svg\n"
			"yc-plot -x ipc_t -y last -b rule -r random,whole runs.tsv -o "
			"t.svg\n"
			"yc-plot -x epoch -y loss -r 'chance=2.303' -t Training log.tsv\n"
			"yc-plot --words -x net -y last -b rule nets.tsv -o nets.svg",
		.use = TOOL_TEXT,
		.writes = "an SVG picture",
		.endings = endings,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
		.operands_max = 1000,
	};
	struct tool_run t;
	struct yc_plot *p;

	tool_start(&t, &tool, argc, argv);
	if (cfg.log && cfg.words)
		die_usage(&t, "--words and --log exclude each other");
	p = yc_plot_new(&cfg);
	check(&t, p ? YC_OK : YC_FAIL);
	read_tables(&t, p);
	check(&t, yc_plot_svg(p, tool_text(&t)));
	yc_plot_free(p);
	return tool_close(&t);
}

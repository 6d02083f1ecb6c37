/* SPDX-License-Identifier: MIT */
/* yc-view(1): draws a contact sheet. */
#include "tools/tool.h"

struct cfg {
	struct yc_view_cfg view;
	const char *diff;
	bool html;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, view.columns, .name = "columns", .letter = 'c', .arg = "n",
		.min = 1, .max = 1e5, .auto_help = "20, with --html all",
		.help = "maximum images per class; \"+n\" counts the rest"),
	YC_OPT(struct cfg, view.scale, .name = "scale", .arg = "n", .min = 1, .max = 64,
		.auto_help = "images of about " YC_TEXT(YC_VIEW_SIDE) " pixels",
		.help = "draw a pixel as a square of n x n"),
	YC_OPT(struct cfg, view.across, .name = "across", .arg = "n", .min = 1,
		.max = 65536, .auto_help = "readable proportions",
		.help = "put so many classes beside each other"),
	YC_OPT(struct cfg, view.decode, .name = "decode", .letter = 'd',
		.help = "show the images that networks are trained on instead of the "
			"stored ones"),
	YC_OPT(struct cfg, view.score, .name = "score", .arg = "name",
		.help = "write this score under each image; with --html sort by it"),
	YC_OPT(struct cfg, diff, .name = "diff", .arg = "file", .unit = YC_READS,
		.help = "compare with the same images of this stream: theirs below, and "
			"the difference"),
	YC_OPT(struct cfg, view.gain, .name = "gain", .arg = "x", .min = 1e-3, .max = 1e6,
		.auto_help = "so that nearly all fit",
		.help = "multiply differences by this"),
	YC_OPT(struct cfg, html, .name = "html",
		.help = "write a page for browsers, with every image, to sort and "
			"filter"),
};

static void check_options(struct tool_run *t, const struct cfg *cfg)
{
	static const char *const picture[] = {".png", NULL}, *const page[] = {".html",
								     ".htm", NULL};
	const struct yc_opts *rows = tool_opts(t);

	if (!cfg->diff && yc_opt_given(rows, 1, "gain"))
		die_usage(t, "--gain is for --diff");
	if (cfg->diff && cfg->html)
		die_usage(t, "--html shows one stream, without --diff");
	if (cfg->diff && cfg->view.score)
		die_usage(t, "--score is for one stream, without --diff");
	if (cfg->html && yc_opt_given(rows, 1, "across"))
		die_usage(t, "--across is for pictures, not for --html");
	if (t->common.output)
		tool_check_promise(t, t->common.output,
			cfg->html ? "a page with --html"
				  : "a PNG picture, or a page with --html",
			cfg->html ? page : picture);
}

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-view",
		.summary =
			"Draws a contact sheet of a stream as PNG, or writes a page that "
			"browsers show.",
		.operands = "[FILE]...",
		.examples = "yc-view cond.yct >cond.png\n"
			    "yc-view --decode --columns 40 cond.yct -o decoded.png\n"
			    "yc-select yoco --ipc 1 scored.yct | yc-view --score lbpe -o "
			    "small.png\n"
			    "yc-view --html scored.yct -o scored.html",
		.use = TOOL_IN | TOOL_TEXT | TOOL_PICTURE,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
	};
	struct tool_run t;
	struct yc_canvas canvas;
	struct yc_reader *other;

	tool_start(&t, &tool, argc, argv);
	check_options(&t, &cfg);
	tool_read_files(&t, "stream");
	cfg.view.title = yc_infile_name(t.files[0]);
	if (cfg.html) {
		check(&t, yc_view_page(
				  tool_text(&t), tool_reader(&t), &cfg.view, &t.watch));
		return tool_close(&t);
	}
	if (cfg.diff) {
		other = tool_open(&t, cfg.diff);
		if (yc_view_diff(&canvas, tool_reader(&t), other, &cfg.view, &t.watch) <
			0)
			die(&t, yc_fail_in(YC_FAIL, "A is %s, B is %s", cfg.view.title,
					cfg.diff));
		yc_reader_close(other);
	} else {
		check(&t, yc_view_sheet(&canvas, tool_reader(&t), &cfg.view, &t.watch));
	}
	check(&t, yc_png_write(&canvas, tool_text(&t)));
	yc_canvas_release(&canvas);
	return tool_close(&t);
}

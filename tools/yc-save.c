/* SPDX-License-Identifier: MIT */
/* yc-save(1): saves a stream as files for other programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"

struct cfg {
	bool force;
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, force, .name = "force", .letter = 'f',
		.help = "replace a folder that yc-save wrote before"),
};

/* How the name may end: like the kind's own file, or like an archive. */
static void check_path(struct tool_run *t, const char *path)
{
	const char *endings[] = {NULL, ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2",
		".tar.xz", ".txz", ".tar.zst", NULL};
	const char *file = yc_saver_file(t->method[0], t->method_cfg[0]);
	char writes[64];

	endings[0] = file ? strrchr(file, '.') : ".tar";
	(void)snprintf(writes, sizeof(writes), "%s%s", file ? "a file like " : "a folder",
		file ? file : " or an archive");
	tool_check_promise(t, path, writes, endings);
}

int main(int argc, char **argv)
{
	static struct cfg cfg;
	static const struct tool tool = {
		.name = "yc-save",
		.summary =
			"Saves a stream as files for other programs: what yc-load reads, "
			"written.",
		.operands = "KIND [FILE]... PATH",
		.details =
			"PATH is a folder or a file, as the kind demands, or an archive "
			"if "
			"it ends in .tar,\n"
			".tar.gz, .tgz, .tar.bz2, .tar.xz, .txz, .tar.zst or .zip. "
			"Images are saved as\n"
			"they are stored; yc-decode before makes them what networks see.",
		.examples = "yc-save png small.yct pictures/\n"
			    "yc-select yoco --ipc 1 scored.yct | yc-decode | yc-save png "
			    "small.zip\n"
			    "yc-save npz small.yct small.npz\n"
			    "yc-save torch cond.yct data.pt",
		.use = TOOL_IN | TOOL_PATH,
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg = &cfg,
		.methods = yc_savers,
		.method_word = "kind",
	};
	struct tool_run t;

	tool_start(&t, &tool, argc, argv);
	if (t.common.output)
		check_path(&t, t.common.output);
	const struct yc_save what = {.path = t.common.output,
		.replace = cfg.force,
		.scratch = tool_scratch(),
		.threads = (int)t.common.threads,
		.watch = &t.watch};

	check(&t, yc_save(t.method[0], t.method_cfg[0], &what, tool_reader(&t)));
	return tool_close(&t);
}

/* SPDX-License-Identifier: MIT */
/* yc-condense(1): real images in, synthetic ones out. Checks before the run that the
 * output can be written. */
#include <string.h>

#include "tools/ranks.h"

static const struct tool tool = {
	.name = "yc-condense",
	.summary = "Synthesises a few images per class from a stream of real images, "
		   "such that a network trained on them does nearly as well as on all.",
	.operands = "METHOD [FILE]...",
	.details = "Runs can take days: with --checkpoint they can be interrupted at any "
		   "moment, by a signal or by a crash, and continued with --resume to "
		   "exactly the same result.",
	.examples = "yc-condense idc --ipc 10 train.yct -o cond.yct\n"
		    "yc-condense idc --ipc 1 --outer 2 --inner 10 --checkpoint run.ck "
		    "--resume "
		    "train.yct -o cond.yct\n"
		    "yc-condense idc --ipc 1 --outer 20 --networks nets.yct train.yct -o "
		    "cond.yct\n"
		    "yc-condense dream --ipc 10 --time-limit 3h train.yct -o cond.yct\n"
		    "yc-condense mdc --ipc 10 train.yct | yc-select first --ipc 3 -o "
		    "three.yct\n"
		    "yc-condense dm --ipc 10 --dry-run train.yct\n"
		    "yc-condense herding --ipc 10 --init-net net.yct train.yct -o "
		    "real.yct\n"
		    "yc-load demo | yc-condense idc --ipc 2 --time-limit 10m | yc-view "
		    "-o cond.png",
	.use = TOOL_IN | TOOL_OUT | TOOL_SEED | TOOL_LONG,
	.opts = yc_condense_opts,
	.nopts = YC_CONDENSE_OPTS,
	.methods = yc_condensers,
	.method_word = "method",
};

/* cond.yct -> cond.it0040.yct */
static void snapshot_name(const char *output, uint32_t iteration, char *buf, size_t size)
{
	size_t n = strlen(output), ext = n > 4 && !strcmp(output + n - 4, ".yct") ? 4 : 0;

	(void)snprintf(buf, size, "%.*s.it%04u%s", (int)(n - ext), output, iteration,
		output + n - ext);
}

static int snapshot(void *ctx, uint32_t iteration, const struct yc_set *set)
{
	struct tool_run *t = ctx;
	struct yc_set copy = *set;
	struct yc_writer *w;
	char path[4096];
	const struct yc_writer_cfg cfg = {.path = path,
		.level = t->common.raw ? -1 : (int)t->common.level,
		.threads = (int)t->common.threads,
		.digest = true};
	int status;

	snapshot_name(t->common.output, iteration, path, sizeof(path));
	copy.meta = (struct yc_meta){0};
	check(t, yc_meta_copy(&copy.meta, &set->meta));
	tool_history(t, &copy.meta, yc_kern_name(tool_precision()));
	status = yc_writer_open(&w, &cfg);
	if (!status) {
		status = yc_set_write(&copy, w);
		if (status)
			yc_writer_abort(w);
		else
			status = yc_writer_close(w);
	}
	yc_meta_release(&copy.meta);
	return status;
}

static bool is_file(const char *path)
{
	return path && yc_outfile_kind(path) == YC_OUTFILE_REPLACED;
}

/* An output that cannot be written is reported now and not after a run of days. */
static void try_output(struct tool_run *t)
{
	/* A named pipe would lose its reader by the trial. */
	if (!is_file(t->common.output)) {
		check(t, t->common.output ? yc_outfile_check(t->common.output) : YC_OK);
		return;
	}
	yc_writer_abort(tool_writer(t));
	t->writer = NULL;
}

int main(int argc, char **argv)
{
	static struct yc_condense_cfg cfg;
	static struct tool_run run;
	struct tool_run *t = &run;
	struct tool here = tool;
	struct yc_set real, out;
	struct yc_ranks *ranks = tool_ranks_begin();
	struct yc_condense_job job = {.cfg = &cfg,
		.real = &real,
		.snapshot = snapshot,
		.ctx = t,
		.ranks = ranks};
	int status;
	const bool first = !ranks || ranks->rank == 0;

	here.cfg = &cfg;
	tool_start(t, &here, argc, argv);
	if (cfg.resume && !cfg.checkpoint)
		die_usage(t, "--resume needs --checkpoint FILE");
	if (cfg.save_every && !is_file(t->common.output))
		die_usage(t,
			"--save-every names its files after the output: it needs -o "
			"FILE%s",
			t->common.output ? ", and no device or pipe" : "");
	if (cfg.checkpoint && !is_file(cfg.checkpoint))
		die_usage(t, "--checkpoint is replaced again and again: it needs a FILE, "
			     "and no device or pipe");
	check(t, tool_ranks_networks(ranks));
	if (!cfg.dry_run && first)
		try_output(t);
	if (!t->nfiles || !strcmp(t->files[0], "-"))
		check(t, tool_ranks_input(ranks));
	check(t, yc_set_read(&real, tool_reader(t)));
	check(t, yc_set_check_images(&real));
	job.seed = t->common.seed;
	job.threads = (int)t->common.threads;
	job.watch = &t->watch;
	job.memory = t->common.memory;
	job.scratch = tool_scratch();
	check(t, yc_condense(t->method[0], t->method_cfg[0], &job, &out));
	if (cfg.dry_run) {
		check(t, yc_ranks_agree(ranks, YC_OK, NULL, NULL));
		if (first)
			tool_print(t, job.estimate.text);
		return 0;
	}
	if (first) {
		tool_history(t, &out.meta, yc_kern_name(tool_precision()));
		check(t, yc_set_write(&out, tool_writer(t)));
	}
	yc_set_release(&out);
	yc_set_release(&real);
	status = tool_close(t);
	check(t, yc_ranks_agree(ranks, status, NULL, NULL));
	return status;
}

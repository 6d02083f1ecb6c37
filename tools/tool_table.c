/* SPDX-License-Identifier: MIT */
/* The table of yc-eval(1), or its JSON object. */
#include "tools/tool.h"

/* The first column names the line, all lines have all columns: awk '$1 == "mean"'. */
static void line(const struct tool_table *t, const char *name, double best, double last,
	double seconds)
{
	fprintf(t->file, "%s\t%.2f\t%.2f\t%d\t%zu\t%u\t%.1f\t%s\n", name, 100 * best,
		100 * last, t->images, t->bytes, t->epochs, seconds, t->recipe);
}

void tool_table_run(void *table, const struct yc_eval_run *run)
{
	const struct tool_table *t = table;
	char name[16];

	if (t->json) {
		fprintf(t->file, "%s{\"best\":%.9g,\"last\":%.9g,\"seconds\":%.9g}",
			run->repeat ? "," : "{\"repeats\":[", 100 * run->best,
			100 * run->last, run->seconds);
		return;
	}
	if (run->repeat == 0)
		fprintf(t->file,
			"repeat\tbest\tlast\timages\tbytes\tepochs\tseconds\trecipe\n");
	snprintf(name, sizeof name, "%d", run->repeat + 1);
	line(t, name, run->best, run->last, run->seconds);
	fflush(t->file); /* the next line may take minutes */
}

void tool_table_end(const struct tool_table *t, const struct yc_eval_sum *s)
{
	if (!t->json) {
		line(t, "mean", s->best, s->last, s->seconds);
		line(t, "deviation", s->best_dev, s->last_dev, s->seconds_dev);
		return;
	}
	fprintf(t->file,
		"],\"best\":{\"mean\":%.9g,\"deviation\":%.9g},"
		"\"last\":{\"mean\":%.9g,\"deviation\":%.9g},"
		"\"images\":%d,\"bytes\":%zu,\"epochs\":%u,"
		"\"seconds\":{\"mean\":%.9g,\"deviation\":%.9g},\"recipe\":\"%s\"}\n",
		100 * s->best, 100 * s->best_dev, 100 * s->last, 100 * s->last_dev,
		t->images, t->bytes, t->epochs, s->seconds, s->seconds_dev, t->recipe);
}

/* SPDX-License-Identifier: MIT */
/* Checks of yc-score's options before it reads or trains anything. */
#include <stdio.h>
#include <string.h>

#include "yc/score.h"
#include "yc/stream.h"

int yc_score_check_options(const struct yc_score_training *how,
	const struct yc_train_opts *training, const struct yc_score_window *window,
	bool from_file, bool random_view, unsigned needs)
{
	const bool model = needs & YC_NEED_MODEL;

	if (!needs &&
		(from_file || how->dynamics || training->save_net || training->init_net ||
			how->full || how->clean || how->repeats > 1))
		return yc_fail(YC_USAGE,
			"saved scores need no training and no network: they exclude "
			"--dynamics, --save-dynamics, --init-net, --save-net, --full, "
			"--clean and --repeat");
	if (from_file && (how->dynamics || training->save_net || how->full ||
				 how->clean || how->repeats > 1))
		return yc_fail(YC_USAGE,
			"--dynamics trains nothing: it excludes --save-dynamics, "
			"--save-net, --full, --clean and --repeat");
	if (from_file && !training->init_net != !model)
		return yc_fail(YC_USAGE,
			model ? "--dynamics do not hold the network that a score needs: "
				"--init-net is missing"
			      : "--dynamics trains nothing, and no score needs the "
				"network of --init-net");
	if (how->dynamics && (how->repeats > 1 || !training->epochs))
		return yc_fail(YC_USAGE, "--save-dynamics saves one training: it "
					 "excludes --repeat and --epochs 0");
	if (how->half && !how->dynamics)
		return yc_fail(YC_USAGE, "--half needs --save-dynamics");
	if (random_view && !model)
		return yc_fail(YC_USAGE, "--random-view is for scores that need the "
					 "trained network, and none is given");
	if ((window->from > 1 || window->to) && !(needs & YC_NEED_DYNAMICS))
		return yc_fail(YC_USAGE, "--from-epoch and --to-epoch are for scores of "
					 "dynamics, and none is given");
	if (window->to && window->from > window->to)
		return yc_fail(YC_USAGE, "--from-epoch %u is after --to-epoch %u",
			window->from, window->to);
	if (model && !training->epochs && !training->init_net)
		return yc_fail(YC_USAGE,
			"with --epochs 0, --init-net names the trained network");
	return YC_OK;
}

int yc_dyn_check_options(const struct yc_meta *made, const struct yc_opts *opts, size_t n)
{
	char now[256], then[256];

	for (size_t i = 0; i < n; i++) {
		const struct yc_opt *row = &opts->row[i];
		const char *def = yc_opt_default(row);

		if (!yc_opt_given(opts, 1, row->name) || row->run_only ||
			row->unit == YC_READS)
			continue;
		yc_opt_value(opts, row, now, sizeof now);
		/* From before the row existed: it was as its default is. */
		if (!yc_train_opts_made(made, "yc-score", row, then, sizeof then))
			(void)snprintf(then, sizeof then, "%s", def ? def : "");
		if (strcmp(now, then) != 0)
			return yc_fail(YC_USAGE,
				"--dynamics trains nothing: they are of a training %s "
				"--%s %s, not %s",
				then[0] ? "with" : "without", row->name, then, now);
	}
	return YC_OK;
}

void yc_dyn_labels(const struct yc_meta *made, struct yc_train_opts *training)
{
	char text[16];

	if (yc_history_option(made, "yc-score", "hard-labels", text, sizeof text) &&
		strcmp(text, "true") == 0)
		training->hard_labels = true;
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "yc/score.h"

/* A new score is its file and one line here. */
#define SCORES(X) \
	X(lbpe) \
	X(el2n)

#define DECLARE(name) extern const struct yc_score yc_score_##name;
#define ENTRY(name) &yc_score_##name.method,

SCORES(DECLARE)
/* clang-format off */
const struct yc_method *const yc_scores[] = {SCORES(ENTRY) NULL};
/* clang-format on */

void yc_scores_describe(char *buf, size_t size)
{
	size_t at = 0;

	for (const struct yc_method *const *m = yc_scores; *m && at < size; m++) {
		const unsigned needs = ((const struct yc_score *)*m)->needs;
		const int n = snprintf(buf + at, size - at, "%s  %-12s %s%s%s%s",
			at ? "\n" : "", (*m)->name,
			needs & YC_NEED_DYNAMICS ? "dynamics, " : "",
			needs & YC_NEED_MODEL ? "trained network, " : "",
			needs & YC_NEED_FULL ? "all epochs" : "early epochs",
			needs & YC_NEED_LABELS ? ", labels" : "");

		at += (size_t)n;
	}
}

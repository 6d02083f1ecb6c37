/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "yc/score.h"

/* A new score is its file and one line here. */
#define SCORES(X) \
	X(lbpe) \
	X(el2n) \
	X(loss) \
	X(aum) \
	X(forgetting) \
	X(entropy) \
	X(ssp) \
	X(saved)

#define DECLARE(name) extern const struct yc_score yc_score_##name;
#define ENTRY(name) &yc_score_##name.method,

SCORES(DECLARE)
/* clang-format off */
const struct yc_method *const yc_scores[] = {SCORES(ENTRY) NULL};
/* clang-format on */

/* clang-format off */
const char *const yc_scores_instead[] = {
	"ccs", "the rule uses el2n: yc-score el2n, then yc-select ccs",
	"small-loss", "the rule uses loss: yc-score loss, then yc-select small-loss",
	"random", "the rule uses no score: yc-select random",
	"yoco", "the rule uses lbpe: yc-score lbpe, then yc-select yoco",
	"accumulated_margin", "it is called aum here",
	"data-score", "scores in a file are: yc-score saved --scores FILE",
	NULL,
};
/* clang-format on */

unsigned yc_scores_need(const struct yc_method *const *method, int n)
{
	unsigned needs = 0;

	for (int i = 0; i < n; i++)
		needs |= ((const struct yc_score *)method[i])->needs;
	return needs;
}

static const char *length_of(unsigned needs)
{
	return needs & YC_NEED_FULL ? "all epochs" : "early epochs";
}

void yc_scores_describe(char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "What the scores need:");

	for (const struct yc_method *const *m = yc_scores; *m && at < size; m++) {
		const unsigned needs = ((const struct yc_score *)*m)->needs;

		at += (size_t)snprintf(buf + at, size - at, "\n  %-12s %s%s%s%s",
			(*m)->name, needs & YC_NEED_DYNAMICS ? "dynamics, " : "",
			needs & YC_NEED_MODEL ? "trained network, " : "",
			needs ? length_of(needs) : "their file",
			needs & YC_NEED_LABELS ? ", labels" : "");
	}
	if (at < size)
		snprintf(buf + at, size - at,
			"\nOf the rules of yc-select, ccs uses el2n and random none.");
}

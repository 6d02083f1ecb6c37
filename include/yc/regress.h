/* SPDX-License-Identifier: MIT */
#ifndef YC_REGRESS_H
#define YC_REGRESS_H

#include "yc/data.h"
#include "yc/eval.h"
#include "yc/opt.h"

/*
 * Kernel ridge regression on a set in place of training networks on it: with the kernel of
 * an infinitely wide network, fitted to the images of the set and their labels, which
 * predicts test images; yc-methods(7), "KERNEL INDUCING POINTS". There is nothing random
 * in it.
 */
extern const struct yc_method *const yc_ntk_nets[]; /* names for `kernel` */

struct yc_regress_cfg {
	const char *kernel; /* NULL: none */
	bool nngp, hard_labels;
	double ridge; /* of the mean of the kernel's diagonal */
};

/* Rows for a config struct S with a member f of type struct yc_regress_cfg; the first is
 * that of the kernel. */
/* clang-format off */
#define YC_REGRESS_ROWS(S, f) \
	YC_OPT(S, f.kernel, .name = "kernel", .table = yc_ntk_nets, .unit = YC_CHOICE, \
		.help = "kernel ridge regression with the kernel of this network of infinite width"), \
	YC_OPT(S, f.nngp, .name = "nngp", \
		.help = "its kernel where only the last layer learns, not NTK"), \
	YC_OPT(S, f.ridge, .name = "ridge", .arg = "x", .def = "1e-6", .min = 0, .max = 1e6, \
		.help = "what is added to the diagonal of the kernel, as a part of its mean"), \
	YC_OPT(S, f.hard_labels, .name = "hard-labels", \
		.help = "fit the classes even if there are soft labels")
/* clang-format on */

/*
 * Fits to `train`, which was decoded from `set`: to the column `soft` as it is if that is
 * centred, or minus 1/classes if its rows are probabilities, else to the classes. Calls
 * `done` once, and fills `sum`, as yc_eval does; both accuracies are that on `test`. The
 * watch measures "test": it, and the loss, 1/2 of the mean square of what is missing to the
 * labels. pred [test->n]: the classes predicted, or NULL. YC_FAIL without memory, of which
 * n images take 7 n^2 doubles, and where the watch says stop.
 */
int yc_regress(const struct yc_regress_cfg *cfg, const struct yc_set *set,
	const struct yc_data *train, const struct yc_data *test, int threads,
	int32_t *pred, struct yc_eval_sum *sum,
	void (*done)(void *ctx, const struct yc_eval_run *run), void *ctx,
	struct yc_watch *watch) YC_CHECKED;

#endif

/* SPDX-License-Identifier: MIT */
#ifndef YC_RECIPE_H
#define YC_RECIPE_H

#include "yc/opt.h"
#include "yc/record.h"

/*
 * Evaluation recipes, yc-methods(7), "Evaluation recipe": how the condensed sets of each
 * family were evaluated when they were published, as values of the options of yc-eval. An
 * option that was given on the command line keeps its value.
 */
extern const struct yc_method
	*const yc_recipes[]; /* NULL-terminated; the first: YOCO's */

/* The name of the recipe for a set with this head, of joined sets for the first: IDC's for one
 * that was condensed as tiles, else by the last method that condensed it, or the kind of
 * published set that it was loaded as; else the first of yc_recipes. */
const char *yc_recipe_of(const struct yc_meta *head);
/* Sets the options of the recipe in the table of yc-eval; `head` has what a set brings
 * along, such as the learning rate of MTT. YC_USAGE: there is no such recipe. YC_FAIL: what
 * the set brings along is no such value. */
int yc_recipe_apply(const char *name, const struct yc_opts *group,
	const struct yc_meta *head) YC_CHECKED;

#endif

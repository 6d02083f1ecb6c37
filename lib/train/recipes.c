/* SPDX-License-Identifier: MIT */
/* The table of evaluation recipes, yc-methods(7), "Evaluation recipe": values of options by
 * which the sets of each family were evaluated, in place of the defaults. A new one is an
 * entry here. */
#include <string.h>

#include "yc/recipe.h"
#include "yc/stream.h"

struct recipe {
	struct yc_method method;
	/* Methods of yc-condense, and kinds of yc-load, whose sets were evaluated so. */
	const char *of[4];
	struct value {
		const char *option, *text;
		const char *unless; /* another option that was given; or NULL */
	} value[12];
};

/* DC's evaluate_synset, which DSA, DM and MTT share: passes are one more than its E. */
#define EVALUATE_SYNSET \
	{"batch", "256", NULL}, {"lr", "0.01", NULL}, {"momentum", "0.9", NULL}, \
		{"weight-decay", "5e-4", NULL}, {"schedule", "half", NULL}, \
	{ \
		"mix-p", "0", NULL \
	}
#define DSA_AUGMENTATION \
	{"aug", "color_crop_cutout_flip_scale_rotate", NULL}, \
		{"aug-one", "true", "aug-all"}, \
	{ \
		"epochs", "1001", "steps" \
	}

static const struct recipe idc = {
	.method = {.name = "idc", .summary = "of IDC, DREAM and YOCO"},
};
static const struct recipe dc = {
	.method = {.name = "dc", .summary = "of DC: 301 epochs, no augmentation"},
	.of = {"dc"},
	.value = {EVALUATE_SYNSET, {"aug", "none", NULL}, {"epochs", "301", "steps"}},
};
static const struct recipe dsa = {
	.method = {.name = "dsa",
		.summary = "of DSA and DM: 1001 epochs, augmented as DSA"},
	.of = {"dsa", "dm"},
	.value = {EVALUATE_SYNSET, DSA_AUGMENTATION},
};
static const struct recipe mtt = {
	.method = {.name = "mtt",
		.summary = "of MTT: as dsa, by the set's learning rate"},
	.of = {"mtt"},
	.value = {EVALUATE_SYNSET, DSA_AUGMENTATION},
};
static const struct recipe kip = {
	.method = {.name = "kip",
		.summary = "of KIP: 5000 steps, squares of errors, cosine"},
	.of = {"kip"},
	.value = {{"loss", "mse", NULL}, {"steps", "5000", "epochs"},
		{"batch", "100", NULL}, {"lr", "0.1", NULL}, {"momentum", "0.9", NULL},
		{"weight-decay", "1e-3", NULL}, {"schedule", "cosine", NULL},
		{"aug", "none", NULL}, {"mix-p", "0", NULL}},
};

const struct yc_method *const yc_recipes[] = {
	&idc.method, &dc.method, &dsa.method, &mtt.method, &kip.method, NULL};

/* The registry points to first members. */
static const struct recipe *entry(const struct yc_method *m)
{
	return (const struct recipe *)(const void *)m;
}

/* NULL: it has none. */
static const struct recipe *recipe_of(const char *method)
{
	for (size_t i = 0; yc_recipes[i]; i++) {
		const struct recipe *r = entry(yc_recipes[i]);

		for (size_t k = 0; k < YC_COUNT(r->of) && r->of[k]; k++)
			if (strcmp(r->of[k], method) == 0)
				return r;
	}
	return NULL;
}

const char *yc_recipe_of(const struct yc_meta *head)
{
	char method[YC_HISTORY_TEXT], factor[YC_HISTORY_TEXT];
	const struct recipe *r = NULL;

	/* Methods of whole images that made some of tiles: as tiles are evaluated, by IDC's. */
	if (yc_history_newest(head, "yc-condense", "factor", method, factor))
		r = factor[0] && strcmp(factor, "1") != 0 ? &idc : recipe_of(method);
	if (!r && yc_history_newest(head, "yc-load", "factor", method, factor))
		r = recipe_of(method);
	return r ? r->method.name : yc_recipes[0]->name;
}

static const struct yc_opt *row_of(const struct yc_opts *group, const char *name)
{
	for (size_t i = 0; i < group->n; i++)
		if (strcmp(group->row[i].name, name) == 0)
			return &group->row[i];
	return NULL;
}

static int set(const struct yc_opts *group, const char *recipe, const struct value *v)
{
	const struct yc_opt *row = row_of(group, v->option);
	int status;

	if (yc_opt_given(group, 1, v->option) ||
		(v->unless && yc_opt_given(group, 1, v->unless)))
		return YC_OK;
	status = row ? yc_opt_set(group, row, v->text) : yc_fail(YC_FAIL, "no option");
	return status < 0
		       ? yc_fail_in(YC_FAIL, "--%s of the recipe %s", v->option, recipe)
		       : YC_OK;
}

int yc_recipe_apply(
	const char *name, const struct yc_opts *group, const struct yc_meta *head)
{
	const struct yc_method *m =
		yc_method_find(yc_recipes, "recipe", name, strlen(name));
	const struct recipe *r = entry(m);
	const struct value learned = {"lr", yc_meta_get(head, "yc.lr"), NULL};
	int status = m ? YC_OK : YC_USAGE;

	for (size_t i = 0;
		status == YC_OK && i < YC_COUNT(r->value) && r->value[i].option; i++)
		status = set(group, name, &r->value[i]);
	if (status == YC_OK && r == &mtt && learned.text)
		status = set(group, name, &learned);
	return status;
}

/* SPDX-License-Identifier: MIT */
#ifndef YC_GROUP_H
#define YC_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "yc/fail.h"

/*
 * Grouping by class, a stable counting sort: member[first[c]] .. member[first[c+1] - 1]
 * are the rows of class c, in ascending order. Any small set of indices can take the
 * place of classes: strata, centres.
 */
struct yc_groups {
	int classes;
	int32_t *first;	 /* [classes + 1], owned */
	int32_t *member; /* [n], owned */
};

/* n rows of label 0..classes-1; label NULL: all are of class 0. YC_FAIL when there are
 * more than INT32_MAX, or no memory. */
int yc_groups_new(
	struct yc_groups *g, const int32_t *label, size_t n, int classes) YC_CHECKED;
/* The same for a column `label`. */
int yc_groups_new64(
	struct yc_groups *g, const int64_t *label, size_t n, int classes) YC_CHECKED;
void yc_groups_release(struct yc_groups *g);

static inline int yc_groups_count(const struct yc_groups *g, int c)
{
	return (int)(g->first[c + 1] - g->first[c]);
}
/* The rows of class c. */
static inline const int32_t *yc_groups_of(const struct yc_groups *g, int c)
{
	return g->member + g->first[c];
}

/* The same into arrays of the caller, first [classes + 1] and member [n], for loops that
 * must not allocate. */
void yc_group_by_class(
	const int32_t *label, int32_t n, int classes, int32_t *first, int32_t *member);

#endif

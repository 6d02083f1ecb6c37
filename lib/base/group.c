/* SPDX-License-Identifier: MIT */
/* Rows grouped by class: the one counting sort of the library. */
#include <string.h>

#include "yc/group.h"
#include "yc/mem.h"

/* One of the two label types, the other is NULL; both: all rows are of class 0. */
static inline int64_t class_of(const int32_t *label, const int64_t *label64, size_t i)
{
	return label ? label[i] : label64 ? label64[i] : 0;
}

static inline void group(const int32_t *label, const int64_t *label64, size_t n,
	int classes, int32_t *first, int32_t *member)
{
	memset(first, 0, ((size_t)classes + 1) * sizeof(*first));
	for (size_t i = 0; i < n; i++)
		first[class_of(label, label64, i) + 1]++;
	for (int c = 0; c < classes; c++)
		first[c + 1] += first[c];
	for (size_t i = 0; i < n; i++)
		member[first[class_of(label, label64, i)]++] = (int32_t)i;
	/* each entry now holds where its class ends: move them back by one */
	memmove(first + 1, first, (size_t)classes * sizeof(*first));
	first[0] = 0;
}

void yc_group_by_class(
	const int32_t *label, int32_t n, int classes, int32_t *first, int32_t *member)
{
	group(label, NULL, (size_t)n, classes, first, member);
}

static int groups(struct yc_groups *g, const int32_t *label, const int64_t *label64,
	size_t n, int classes)
{
	*g = (struct yc_groups){.classes = classes};
	if (n > INT32_MAX)
		return yc_fail(YC_FAIL, "%zu images are too many", n);
	g->first = yc_calloc((size_t)classes + 1, sizeof(*g->first));
	g->member = yc_calloc(n, sizeof(*g->member));
	if (!g->first || !g->member) {
		yc_groups_release(g);
		return YC_FAIL;
	}
	group(label, label64, n, classes, g->first, g->member);
	return YC_OK;
}

int yc_groups_new(struct yc_groups *g, const int32_t *label, size_t n, int classes)
{
	return groups(g, label, NULL, n, classes);
}

int yc_groups_new64(struct yc_groups *g, const int64_t *label, size_t n, int classes)
{
	return groups(g, NULL, label, n, classes);
}

void yc_groups_release(struct yc_groups *g)
{
	yc_free(g->first);
	yc_free(g->member);
	*g = (struct yc_groups){0};
}

/* SPDX-License-Identifier: MIT */
/* The precisions by name, and what the chosen kernels make of them. */
#include <string.h>

#include "lib/kern/internal.h"
#include "yc/precision.h"

#define PRECISION(n, s) \
	(&(const struct yc_method){ \
		.name = (n), \
		.summary = (s), \
	})
const struct yc_method *const yc_precisions[] = {
	[YC_FP32] = PRECISION("fp32", "single precision, by Winograd's transforms"),
	[YC_EXACT] =
		PRECISION("exact", "single precision, directly: slower, a digit more"),
	[YC_FAST] = PRECISION("fast", "numbers in two parts of 8 bits"),
	[YC_FASTEST] =
		PRECISION("fastest", "numbers of 8 bits, sums in single precision"),
	[YC_COUNT_PRECISION] = NULL,
};

enum yc_precision yc_precision_of(const char *name)
{
	int p = 0;

	while (name && p < YC_COUNT_PRECISION &&
		strcmp(yc_precisions[p]->name, name) != 0)
		p++;
	return p < YC_COUNT_PRECISION ? (enum yc_precision)p : YC_FP32;
}

enum yc_precision yc_precision_in(const struct yc_opts *group, size_t ngroups)
{
	char name[16];

	for (size_t g = 0; g < ngroups; g++) {
		for (size_t i = 0; i < group[g].n; i++) {
			if (group[g].row[i].table != yc_precisions)
				continue;
			yc_opt_value(&group[g], &group[g].row[i], name, sizeof name);
			return yc_precision_of(name);
		}
	}
	return YC_FP32;
}

enum yc_precision yc_kern_precision(const struct yc_kern *k, enum yc_precision asked)
{
	return asked != YC_EXACT && k->conv[asked][0] == k->conv[YC_FP32][0] ? YC_FP32
									     : asked;
}

enum yc_precision yc_precision_used(enum yc_precision asked)
{
	return yc_kern_precision(yc_kern_get(), asked);
}

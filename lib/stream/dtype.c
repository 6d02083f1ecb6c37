/* SPDX-License-Identifier: MIT */
/* Types of tensors: their names in safetensors, sizes and order. */
#include <string.h>

#include "lib/stream/internal.h"
#include "yc/real.h"

/*
 * All dtypes of the safetensors format in its order of alignment, which is also the order
 * (backwards) in which the reference writer sorts tensors. Those without an enum of ours
 * are passed on and never interpreted.
 */
static const struct yc_dtype_row dtypes[] = {
	{"BOOL", 8, YC_BOOL},
	{"F4", 4, YC_OTHER},
	{"F6_E2M3", 6, YC_OTHER},
	{"F6_E3M2", 6, YC_OTHER},
	{"U8", 8, YC_U8},
	{"I8", 8, YC_I8},
	{"F8_E5M2", 8, YC_OTHER},
	{"F8_E4M3", 8, YC_OTHER},
	{"F8_E8M0", 8, YC_OTHER},
	{"F8_E4M3FNUZ", 8, YC_OTHER},
	{"F8_E5M2FNUZ", 8, YC_OTHER},
	{"I16", 16, YC_I16},
	{"U16", 16, YC_U16},
	{"F16", 16, YC_F16},
	{"BF16", 16, YC_BF16},
	{"I32", 32, YC_I32},
	{"U32", 32, YC_U32},
	{"F32", 32, YC_F32},
	{"C64", 64, YC_OTHER},
	{"F64", 64, YC_F64},
	{"I64", 64, YC_I64},
	{"U64", 64, YC_U64},
};

const struct yc_dtype_row *yc_dtype_find(const char *name)
{
	for (size_t i = 0; i < YC_COUNT(dtypes); i++)
		if (!strcmp(dtypes[i].name, name))
			return &dtypes[i];
	return NULL;
}

const struct yc_dtype_row *yc_dtype_of(enum yc_dtype t)
{
	for (size_t i = 0; i < YC_COUNT(dtypes); i++)
		if (t != YC_OTHER && dtypes[i].type == t)
			return &dtypes[i];
	return NULL;
}

size_t yc_dtype_size(enum yc_dtype t)
{
	const struct yc_dtype_row *d = yc_dtype_of(t);

	return d ? d->bits / 8 : 0;
}

const char *yc_dtype_name(enum yc_dtype t)
{
	const struct yc_dtype_row *d = yc_dtype_of(t);

	return d ? d->name : "?";
}

int yc_dtype_order(const char *name)
{
	const struct yc_dtype_row *d = yc_dtype_find(name);

	/* Unknown ones last, so that no other tensor loses its alignment. */
	return d ? (int)(d - dtypes) : -1;
}

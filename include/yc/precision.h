/* SPDX-License-Identifier: MIT */
#ifndef YC_PRECISION_H
#define YC_PRECISION_H

#include "yc/opt.h"

/* How convolutions are computed: what users choose between speed and accuracy. The first
 * is the default. */
enum yc_precision {
	YC_FP32,    /* single precision, by Winograd's transforms where they fit */
	YC_EXACT,   /* the same without transforms, which lose a digit */
	YC_FAST,    /* numbers in two parts of 8 bits, nearly as accurate as fp32 */
	YC_FASTEST, /* operands rounded to 8 bits (bf16), sums in fp32 */
	YC_COUNT_PRECISION
};
/* Their names and what they are, in that order. */
extern const struct yc_method *const yc_precisions[];

/* The row of a table whose struct S has such a field f, a const char *. */
/* clang-format off */
#define YC_PRECISION_ROW(S, f) \
	YC_OPT(S, f, .name = "precision", .table = yc_precisions, .unit = YC_CHOICE, .def = "fp32", \
		.help = "arithmetic of convolutions; what the processor has nothing for is fp32")
/* clang-format on */

/* From the name; NULL: the default. */
enum yc_precision yc_precision_of(const char *name);
/* What the row of these groups says; without such a row the default. */
enum yc_precision yc_precision_in(const struct yc_opts *group, size_t ngroups);
/* What is computed with the chosen set of kernels where `asked` is asked for. */
enum yc_precision yc_precision_used(enum yc_precision asked);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KERN_INTERNAL_H
#define KERN_INTERNAL_H

#include "yc/kern.h"

/* Features of the processor, of enum yc_cpu. */
unsigned yc_kern_cpu(void);

/* The tables that this processor can run, NULL-terminated, plain first. */
const struct yc_kern *const *yc_kern_all(void);

/* As yc_precision_used, with that table. */
enum yc_precision yc_kern_precision(const struct yc_kern *k, enum yc_precision asked);
/* For yc_kern_set.fill: puts a form in front of those that k has for a precision. */
void yc_kern_prefer(
	struct yc_kern *k, enum yc_precision p, const struct yc_conv_form *form);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KERN_INTERNAL_H
#define KERN_INTERNAL_H

#include "yc/kern.h"

/* The sets of kernels that this processor can run, NULL-terminated, plain first. */
const struct yc_kern *const *yc_kern_all(void);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KERN_KERN_SET_H
#define KERN_KERN_SET_H

#include "yc/kern.h"

extern const struct yc_kern yc_kern_plain;
#if defined(__x86_64__)
extern const struct yc_kern yc_kern_avx2, yc_kern_avx512;
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* The kernels for x86 with AVX2 and FMA: kern_body.h with 8 floats per vector. */
#if defined(__x86_64__)
#define VECTOR_BYTES 32
#define ROWS 6
#define TABLE yc_kern_avx2
#define TABLE_NAME "avx2"
#define TABLE_SUMMARY "vectors of 32 bytes, for AVX2 and FMA"
#define TABLE_NEEDS YC_CPU_AVX2
#include "lib/kern/kern_body.h"
#endif

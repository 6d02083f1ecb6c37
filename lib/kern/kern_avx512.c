/* SPDX-License-Identifier: MIT */
/* The kernels for x86 with AVX-512: kern_body.h with 16 floats per vector. */
#if defined(__x86_64__)
#define VECTOR_BYTES 64
#define ROWS 8
#define TABLE yc_kern_avx512
#define TABLE_NAME "avx512"
#define TABLE_SUMMARY "vectors of 64 bytes, for AVX-512"
#define TABLE_NEEDS (YC_CPU_AVX2 | YC_CPU_AVX512)
#include "lib/kern/kern_body.h"
#endif

/* SPDX-License-Identifier: MIT */
/* The kernels for x86 with AVX-512: kern_body.h with 16 floats per vector. */
#if defined(__x86_64__)
#define VECTOR_BYTES 64
#define ROWS 8
#define TABLE yc_kern_avx512
#define TABLE_NAME "avx512"
#define TABLE_SUMMARY "vectors of 64 bytes, for AVX-512"
#define TABLE_NEEDS (YC_CPU_AVX2 | YC_CPU_AVX512)
#include <immintrin.h>

#include "yc/real.h"

#define LOAD_SOME
#ifdef YC_DOUBLE
typedef __mmask8 mask;
#define LOAD_MASKED _mm512_maskz_loadu_pd
#define STORE_MASKED _mm512_mask_storeu_pd
#else
typedef __mmask16 mask;
#define LOAD_MASKED _mm512_maskz_loadu_ps
#define STORE_MASKED _mm512_mask_storeu_ps
#endif

static inline mask mask_of(int n)
{
	return (mask)((1u << n) - 1);
}

#define load_some(p, some) ((vec)LOAD_MASKED(some, p))
#define store_some(p, some, v) STORE_MASKED(p, some, v)
#include "lib/kern/kern_body.h"
#endif

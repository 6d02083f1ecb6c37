/* SPDX-License-Identifier: MIT */
/* The kernels for x86 with AVX2 and FMA: kern_body.h with 8 floats per vector. */
#if defined(__x86_64__)
#define VECTOR_BYTES 32
#define ROWS 6
#define TABLE yc_kern_avx2
#define TABLE_NAME "avx2"
#define TABLE_SUMMARY "vectors of 32 bytes, for AVX2 and FMA"
#define TABLE_NEEDS YC_CPU_AVX2
#include <immintrin.h>

#include "yc/real.h"

#define LOAD_SOME
typedef __m256i mask;
#ifdef YC_DOUBLE
#define LOAD_MASKED _mm256_maskload_pd
#define STORE_MASKED _mm256_maskstore_pd

static inline mask mask_of(int n)
{
	return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}
#else
#define LOAD_MASKED _mm256_maskload_ps
#define STORE_MASKED _mm256_maskstore_ps

static inline mask mask_of(int n)
{
	return _mm256_cmpgt_epi32(
		_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
#endif

#define load_some(p, some) ((vec)LOAD_MASKED(p, some))
#define store_some(p, some, v) STORE_MASKED(p, some, v)
#include "lib/kern/kern_body.h"
#endif

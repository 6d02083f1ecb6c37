/* SPDX-License-Identifier: MIT */
/*
 * The handful of instructions that conv_amx.h needs: tile registers 0 to 7, and numbers to
 * bf16. tests/unit/amx_emulated.h has the same in plain C.
 *
 * Written as our own asm, not with the compiler's intrinsics: those of gcc 12 neither say
 * that tiles are loaded from memory nor that a configuration has 64 bytes, so that stores
 * before them may be moved behind them.
 */
#ifndef AMX_OPS_H
#define AMX_OPS_H

#include <immintrin.h>

/* tile[n] has 16 rows of 64 bytes; what a row of TILE_LOAD and TILE_STORE begins at is
 * `stride` bytes behind the one before. */
#define TILE_LOAD(n, p, stride) \
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm" #n \
			 : \
			 : "r"(p), "r"((size_t)(stride)) \
			 : "memory")
#define TILE_STORE(n, p, stride) \
	__asm__ volatile("tilestored %%tmm" #n ", (%0,%1,1)" \
			 : \
			 : "r"(p), "r"((size_t)(stride)) \
			 : "memory")
#define TILE_ZERO(n) __asm__ volatile("tilezero %%tmm" #n:)
/* c += a b, a [16][32] and b in pairs of rows, [16][16][2], both bf16, c [16][16] fp32 */
#define TILE_DOT(c, a, b) \
	__asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c:)

static inline void tiles_configure(const struct tile_config *c)
{
	__asm__ volatile("ldtilecfg (%0)" : : "r"(c) : "memory");
}

static inline void tiles_release(void)
{
	__asm__ volatile("tilerelease" : : : "memory");
}

/* a, then b, rounded to nearest even, denormals to zero */
static inline ALWAYS half to_bf16(vec a, vec b)
{
	return (half)_mm512_cvtne2ps_pbh((__m512)b, (__m512)a);
}

#endif

/* SPDX-License-Identifier: MIT */
#ifndef YC_RNG_H
#define YC_RNG_H

#include <stddef.h>
#include <stdint.h>

/*
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011). The generator is the three numbers below and nothing
 * else: draw number `pos` of stream `stream` under key `key` is a pure function, so a
 * checkpoint stores three integers, and a draw added to one stream shifts no other.
 * yc-methods(7), "RANDOM STREAMS", lists purposes and their stream names.
 */
struct yc_rng {
	uint64_t key;	 /* the seed */
	uint64_t stream; /* 64-bit FNV-1a hash of the names it was forked by */
	uint64_t pos;	 /* 32-bit draws consumed */
};

struct yc_rng yc_rng_new(uint64_t seed, const char *name);
/* An independent stream: same seed, named by parent, label and index. Position 0. */
struct yc_rng yc_rng_fork(const struct yc_rng *parent, const char *label, uint64_t index);

/* Uniform in [0,1), 53 bits, two draws. */
double yc_rng_uniform(struct yc_rng *r);
/* Uniform integer in 0..n-1, n >= 1, without bias. */
uint32_t yc_rng_below(struct yc_rng *r, uint32_t n);
/* Standard normal (Box-Muller, one value of two uniforms, nothing cached). */
double yc_rng_normal(struct yc_rng *r);
/* A uniformly random permutation of 0..n-1 (Fisher-Yates). */
void yc_rng_permutation(struct yc_rng *r, int32_t *perm, int32_t n);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BASE_INTERNAL_H
#define BASE_INTERNAL_H

/* What files of lib/base share and nobody else sees but their tests. */

#include "yc/opt.h"
#include "yc/rng.h"

/* opt*.c */
bool yc_opt_takes_text(const struct yc_opt *row); /* it is no flag */
/* What stands for its value in --help: .arg, or the names of the table as "a|b|c". */
enum { YC_OPT_WORDS = 512 };
const char *yc_opt_words(const struct yc_opt *row, char buf[YC_OPT_WORDS]);
/* A flag `x` is also `no-x`, and a flag `no-x` is also `x`. */
void yc_opt_opposite(const struct yc_opt *row, char *to, size_t size);

/* rng.c */
uint32_t yc_rng_u32(struct yc_rng *r);
/* The raw bijection, for the published test vectors. */
void yc_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t out[4]);

#endif

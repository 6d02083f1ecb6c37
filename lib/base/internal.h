/* SPDX-License-Identifier: MIT */
#ifndef BASE_INTERNAL_H
#define BASE_INTERNAL_H

/* What files of lib/base share and nobody else sees but their tests. */

#include "yc/fail.h"
#include "yc/opt.h"
#include "yc/rng.h"

/* opt*.c */
bool yc_opt_takes_text(const struct yc_opt *row); /* it is no flag */
/* What stands for its value in --help: .arg, or the names of the table as "a|b|c". */
enum { YC_OPT_WORDS = 512 };
const char *yc_opt_words(const struct yc_opt *row, char buf[YC_OPT_WORDS]);
/* A flag `x` is also `no-x`, and a flag `no-x` is also `x`. */
void yc_opt_opposite(const struct yc_opt *row, char *to, size_t size);

/* outpath.c: where an output path leads. */
struct yc_outpath {
	char *path;	/* behind all links */
	int descriptor; /* which it names of those that are open already; or -1 */
	bool replaced;	/* it is a file, or is not there */
};
int yc_outpath(struct yc_outpath *o, const char *path) YC_CHECKED;
void yc_outpath_release(struct yc_outpath *o);
/* Reports errno: no file can be made beside o->path, or take its place. */
int yc_outpath_refused(const struct yc_outpath *o, const char *path) YC_CHECKED;
/* True, and reported, if there is no folder for `real`, which `path` leads to. */
bool yc_outpath_homeless(const char *real, const char *path);
const char *yc_path_name(const char *path); /* behind the last slash */
char *yc_path_folder(const char *path);	    /* up to it, or "."; owned by the caller */

/* rng.c */
uint32_t yc_rng_u32(struct yc_rng *r);
/* The raw bijection, for the published test vectors. */
void yc_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t out[4]);

#endif

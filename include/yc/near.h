/* SPDX-License-Identifier: MIT */
#ifndef YC_NEAR_H
#define YC_NEAR_H

#include <stddef.h>

#include "yc/fail.h"

/*
 * "did you mean": of the names that there are, those that a mistyped word is nearest to.
 *
 *   yc_near_begin(&near, word, strlen(word));
 *   for each name: yc_near_try(&near, name, strlen(name));
 *   yc_fail(YC_USAGE, "unknown score '%s'%s", word, yc_near_text(&near, "", text));
 *
 * Near is, in this order and whatever the case: the same name, one that begins with the
 * word, and one that differs by few characters inserted, dropped, replaced or swapped with
 * their neighbour: one, from six characters on two, below three none. Whatever is further away is
 * another word, for which nothing is suggested; nor is anything if more than two names are
 * equally near.
 */
enum { YC_NEAR_NAME = 256, YC_NEAR_TEXT = 2 * YC_NEAR_NAME + 40 };

struct yc_near {
	const char *word; /* borrowed */
	size_t len;
	unsigned distance; /* of the names that are kept: the smallest so far */
	int n;		   /* how many have it */
	char name[2][YC_NEAR_NAME];
};

void yc_near_begin(struct yc_near *near, const char *word, size_t len);
void yc_near_try(struct yc_near *near, const char *name, size_t len);

/* ", did you mean 'lbpe'?", with two names "... 'a' or 'b'?", or "" if nothing is near.
 * dashes: "" or what stands before each name in place of quotes, "--" for options. */
const char *yc_near_text(
	const struct yc_near *near, const char *dashes, char buf[YC_NEAR_TEXT]);

/* The same for the files beside a path that does not exist. Names that only differ in their
 * digits are not similar: run1.yct is not run2.yct. */
const char *yc_near_path(const char *path, char buf[YC_NEAR_TEXT]);
/* To be called after yc_fail has said that a file cannot be used: if there is none of that
 * path, but one of a similar name, adds that to the message. Returns YC_FAIL. */
int yc_near_file(const char *path);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef YC_NAMES_H
#define YC_NAMES_H

#include "yc/record.h"

/*
 * Class names: the key yc.names of a head, a JSON list with a string for each class.
 * Names are optional: without such a list, or an entry for a class, there is no name.
 */
#define YC_NAMES_KEY "yc.names"
struct yc_names {
	size_t n;
	char **name; /* [n], NULL for an entry that is no string */
};

int yc_names_read(struct yc_names *names, const struct yc_meta *m) YC_CHECKED;
/* Of a class; borrowed, NULL where it has none. */
const char *yc_names_of(const struct yc_names *names, int class);
/* The first class of that name, -1 where there is none. */
int yc_names_find(const struct yc_names *names, const char *name);
/* The first class that both name, but differently; -1 where there is none. */
int yc_names_differ(const struct yc_names *a, const struct yc_names *b);
/* Whether labels mean the same classes in two streams: YC_FAIL with "class 1 is 'cow', in
 * THE OTHER 'bee'" where both heads name a class, but differently. */
int yc_names_match(const struct yc_meta *m, const struct yc_meta *other,
	const char *the_other) YC_CHECKED;
/* Appends a name of n bytes of UTF-8; NULL: none for this class. */
int yc_names_add(struct yc_names *names, const char *name, size_t n) YC_CHECKED;
/* Sets the key. */
int yc_names_store(const struct yc_names *names, struct yc_meta *m) YC_CHECKED;
void yc_names_release(struct yc_names *names);
/* Whether two values of the key are the same list, regardless of JSON formatting. */
bool yc_names_same(const char *a, const char *b);

#endif

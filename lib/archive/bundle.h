/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_BUNDLE_H
#define ARCHIVE_BUNDLE_H

#include <stdint.h>

#include "yc/fail.h"
#include "yc/sink.h"

/*
 * A tar or zip archive, written in sequence. The bytes follow from names and contents
 * only: no times, no owners.
 */
struct yc_bundle;

/* The form that a file name's ending asks for (".tar.gz"); NULL: it is no archive. */
struct yc_bundle_form;
const struct yc_bundle_form *yc_bundle_form(const char *path);
/* All endings, as text for messages. */
extern const char yc_bundle_endings[];

int yc_bundle_open(struct yc_bundle **b, const struct yc_bundle_form *form,
	const struct yc_sink *to) YC_CHECKED;
/* Begins a file of `size` bytes, which follow by yc_bundle_write. Names are UTF-8. */
int yc_bundle_file(struct yc_bundle *b, const char *name, uint64_t size) YC_CHECKED;
int yc_bundle_folder(struct yc_bundle *b, const char *name) YC_CHECKED;
int yc_bundle_write(struct yc_bundle *b, const void *p, size_t n) YC_CHECKED;
/* The same as a sink for the file begun last. */
struct yc_sink yc_bundle_sink(struct yc_bundle *b);
/* Ends the archive, and frees b in every case. */
int yc_bundle_close(struct yc_bundle *b) YC_CHECKED;
void yc_bundle_abort(struct yc_bundle *b); /* NULL is fine */

#endif

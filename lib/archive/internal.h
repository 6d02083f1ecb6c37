/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_INTERNAL_H
#define ARCHIVE_INTERNAL_H

#include <archive.h>

#include "lib/archive/archive.h"

/* Folders in folders; also archives in archives, which are folders. More are a mistake. */
enum { YC_DEPTH_MAX = 256, YC_NESTED_MAX = 4 };

/*
 * Member names (member_name.c). Normalises `name` in place: drops empty parts and ".",
 * and ".." together with the part before it, if any; so no name leads out of the archive.
 */
void yc_member_normalise(char *name);
bool yc_member_hidden(const char *name); /* of a normalised name: any part of it */

/* Content (content.c). */
/* Makes a member whose content is refused. */
void yc_refused_member(struct yc_member *m, const char *name, const char *why);
void yc_special_member(struct yc_member *m, const char *name);
/* Reads all that m->more delivers. */
int yc_slurp(struct yc_member *m, size_t most, unsigned char **data, size_t *size);

/* A folder (folder.c); path without yc_infile's meaning. */
int yc_walk_folder(const char *path, const struct yc_walk *w) YC_CHECKED;

/* Formats (format.c): tar and, as `zip` says, zip archives. */
struct archive *yc_archive_reader(bool zip);
struct yc_input;
enum yc_format { YC_BARE, YC_TAR, YC_ZIP, YC_GZIP, YC_PACKED };
/* Are the first n bytes those of a tar archive? n: YC_INPUT_HEAD, or all that there are. */
bool yc_format_is_tar(const unsigned char *head, size_t n);
/* Recognises a file by how it begins. */
int yc_format_of(const struct yc_input *in, enum yc_format *format) YC_CHECKED;
/* What a file is that is none of these, "a 7-Zip archive"; NULL: nothing known. */
const char *yc_format_foreign(const struct yc_input *in);

#endif

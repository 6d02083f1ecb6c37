/* SPDX-License-Identifier: MIT */
#ifndef YC_SAVE_H
#define YC_SAVE_H

#include "yc/stream.h"
#include "yc/watch.h"

/*
 * Streams as files for other programs, the mirror image of dataset.h. A kind of file is
 * one file, lib/dataset/save_KIND.c, and one line in yc_savers. Rows are written as they
 * arrive, or wait in temporary files, so that memory does not grow with their number.
 */
struct yc_save {
	/* A folder, an archive (.tar, .tar.gz, .zip, ...) or a file, as the kind and the
	 * name's ending demand; NULL: standard output. */
	const char *path;
	bool replace;	     /* a folder that an earlier run wrote */
	const char *scratch; /* for temporary files while standard output is written */
	int threads;	     /* for encoding; the bytes do not depend on it */
	/* Hears a note for everything that the kind has no place for; NULL: nobody. */
	struct yc_watch *watch;
};

extern const struct yc_method *const yc_savers[];
/* The name of the one file that a kind writes, NULL: it writes several. `cfg` is the
 * struct of the kind's options. */
const char *yc_saver_file(const struct yc_method *kind, const void *cfg);
/* Reads the whole stream. Nothing is in its place before all of it is written. */
int yc_save(const struct yc_method *kind, const void *cfg, const struct yc_save *what,
	struct yc_reader *reader) YC_CHECKED;

#endif

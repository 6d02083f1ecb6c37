/* SPDX-License-Identifier: MIT */
#ifndef ARCHIVE_PACK_H
#define ARCHIVE_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "yc/fail.h"
#include "yc/outfolder.h"
#include "yc/sink.h"

/*
 * Files for other programs, by their names: in a folder, in an archive, or a single one.
 * Which of them follows from the path. Nothing is in its place before yc_pack_commit.
 */
struct yc_pack_cfg {
	const char *path; /* NULL: standard output */
	/* Name of the only file, for archives; NULL: several files, which need a folder or
	 * an archive. */
	const char *single;
	/* Replaces a folder that holds an older result (outfolder.h). */
	bool replace;
	const struct yc_outfolder_ours *ours;
	/* For temporary files while standard output is written. */
	const char *scratch;
};
struct yc_pack;

int yc_pack_open(struct yc_pack **p, const struct yc_pack_cfg *cfg) YC_CHECKED;
/* A folder with enough space for temporary files; borrowed. */
const char *yc_pack_scratch(const struct yc_pack *p);
/* Begins a file; UINT64_MAX: its size is not known yet. The file before it ends. */
int yc_pack_file(struct yc_pack *p, const char *name, uint64_t size) YC_CHECKED;
int yc_pack_folder(struct yc_pack *p, const char *name) YC_CHECKED;
int yc_pack_write(struct yc_pack *p, const void *data, size_t n) YC_CHECKED;
/* A small file, whole. */
int yc_pack_put(
	struct yc_pack *p, const char *name, const void *data, size_t n) YC_CHECKED;
/* The file begun last, as a sink. */
struct yc_sink yc_pack_sink(struct yc_pack *p);
/* Puts everything in place; frees p in every case. */
int yc_pack_commit(struct yc_pack *p) YC_CHECKED;
/* Leaves nothing behind. NULL is fine. */
void yc_pack_abort(struct yc_pack *p);

#endif

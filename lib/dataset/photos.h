/* SPDX-License-Identifier: MIT */
#ifndef DATASET_PHOTOS_H
#define DATASET_PHOTOS_H

#include "lib/dataset/internal.h"
#include "lib/photo/photo.h"

/* A picture, or a folder. The parts are offsets in its path. */
struct yc_photo_file {
	char *path;
	size_t split_at;		  /* folder of its split, if it has one */
	size_t class_at, class_len, rest; /* folder of its class, and the rest */
	int split;			  /* index of its split, or -1 */
	int64_t label;			  /* -1: of no class that is wanted */
	struct yc_photo_header header;	  /* width 0: not known */
	bool missing;			  /* from its archive, with skip_bad */
};
struct yc_photo_files {
	size_t n, capacity;
	struct yc_photo_file *file;
};

/* What is not loaded, by kind. */
enum yc_photo_left {
	YC_LEFT_HIDDEN,
	YC_LEFT_LOOPS,
	YC_LEFT_SPECIAL,
	YC_LEFT_ARCHIVES,
	YC_LEFT_FORMATS,
	YC_LEFT_OTHERS,
	YC_LEFT_LOOSE,
	YC_LEFT_KINDS
};

/* Source of the column image. */
struct yc_arrays;
struct yc_photos {
	struct yc_arrays *arrays; /* not NULL: they are arrays, and nothing else is set */
	char *source;		  /* folder or archive */
	bool direct;		  /* the pictures are files below it */
	int side, channels;
	struct yc_photo_files found; /* pictures, indexed by the column id */
	struct yc_photo_files folders;
	struct {
		size_t n;
		char *first;
	} left[YC_LEFT_KINDS];
	bool look, skip_bad;
	bool saved;	     /* yc-save wrote the folder: its list is there */
	char *names_file;    /* classes.txt, which may belong to it */
	bool *bad_told;	     /* all bad pictures have been named */
	struct yc_load what; /* for its watch */
};

/* An empty one; NULL with yc_fail. */
struct yc_photos *yc_photos_new(
	const struct yc_photo_kind *kind, const struct yc_load *what, const char *source);
/* Fills the set, without the pixels, from p->found, whose labels are by `names`, and notes
 * what its user should know. */
int yc_photos_set(struct yc_photos *p, const struct yc_photo_kind *kind,
	const char *split, const struct yc_names *names, struct yc_set *out) YC_CHECKED;
/* Lists all pictures and folders of the source (photos_find.c). */
int yc_photos_find(struct yc_photos *p) YC_CHECKED;
/* Counts something that is not loaded. */
int yc_photos_leave(
	struct yc_photos *p, enum yc_photo_left kind, const char *name) YC_CHECKED;
/* "3 files are not ..., such as 'a.txt'", or "" if there are none. */
void yc_photos_left_text(
	const struct yc_photos *p, enum yc_photo_left kind, char *buf, size_t size);

/* Appends the name of a class, or its number if it has none, to a list that ends in "..."
 * if it becomes too long. */
void yc_photos_append(char *list, size_t size, size_t class, const char *name);
/* The end of a message about a picture that cannot be read. */
#define YC_PHOTO_SKIP_HINT "--skip-bad leaves it out"

/* The path of a picture that is a file, by malloc; NULL with yc_fail. */
char *yc_photos_path(const struct yc_photos *p, const char *picture);
/* Reads the headers of pictures that are files: those of archives were read before. */
int yc_photos_look(struct yc_photos *p) YC_CHECKED;

/* Finds splits and classes of what was found, keeps the pictures of one split, in order,
 * with their labels, and adds the names of all classes (photos_layout.c). */
int yc_photos_layout(struct yc_photos *p, const struct yc_photo_kind *kind,
	const char *split, struct yc_names *names) YC_CHECKED;

/* Decodes the pictures of the rows of a set, in their order. */
int yc_photos_each(const struct yc_set *set, const struct yc_photos *photos, int threads,
	yc_images_fn *fn, void *ctx) YC_CHECKED;

#endif

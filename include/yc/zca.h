/* SPDX-License-Identifier: MIT */
#ifndef YC_ZCA_H
#define YC_ZCA_H

#include "yc/opt.h"
#include "yc/real.h"
#include "yc/set.h"
#include "yc/watch.h"

/*
 * Whitening of images by ZCA, yc-methods(7), "Whitening", in place of mean and standard
 * deviation. Streams hold pixels in 0..1, whitened or not: yc-whiten(1) only adds a record
 * with the map to them, and from there on yc_data_new_on (yc/data.h) makes images that
 * yc_data_fetch gives whitened, and yc_data_fetch_raw as pixels. So whatever trains, scores
 * or tests by yc_data follows without an option of its own, and viewers need not know.
 *
 * A condensation method that can work on such images sets yc_condenser.whitens; the others
 * refuse them. It finds the map in yc_data.zca (NULL: the images are not whitened) and takes
 * real images by yc_data_fetch as always. One that picks real images needs nothing else. One
 * that steps on images keeps them whitened, and writes pixels: yc_zca_undo, as F32 and not
 * clamped, and if yc_zca_by_row the column YC_ZCA_COLUMN, which the inverse used; key and
 * record reach the result by the driver. Networks that it is given have to be made for the
 * same images: yc_zca_match with the head of their stream, yc_nets_head.
 */
#define YC_ZCA_KEY "yc.zca"    /* of the head: yc_zca_text */
#define YC_KIND_ZCA "zca"      /* of the record */
#define YC_ZCA_COLUMN "whiten" /* F32 [N,2], see yc_zca_by_row */
/* Numbers of an image, side*side*channels, up to which a map can be made. */
enum { YC_ZCA_MAX = 16384 };

/* The methods of yc-whiten: conventions "mtt" (Kornia's: centred, unbiased covariance) and
 * "kip" (every image centred and of length 1 by itself), with the options of yc_zca_cfg;
 * and what becomes of a set that has a map, for yc_whiten alone. */
extern const struct yc_method *const yc_whitenings[]; /* NULL-terminated */
struct yc_zca_cfg {
	double reg; /* what is added to the eigenvalues, in units of the convention: 0.1 */
};

struct yc_zca;
struct yc_data;

/* Fits the map to images, which are not normalised. Needs OpenBLAS; with d =
 * side*side*channels it takes 24 d^2 bytes and, for n images, n d^2 + 8 d^3
 * multiply-adds. Results do not depend on `threads`. YC_FAIL without memory or OpenBLAS,
 * for fewer than 2 images, or interrupted. */
int yc_zca_fit(struct yc_zca **z, const struct yc_method *how,
	const struct yc_zca_cfg *cfg, const struct yc_data *d, int threads,
	struct yc_watch *watch) YC_CHECKED;
void yc_zca_free(struct yc_zca *z); /* NULL is fine */
/* "mtt 0.1 50000 0123456789abcdef": convention, regularisation, and number and fingerprint
 * of the images that it was fitted to, so that equal texts are equal maps up to rounding. */
const char *yc_zca_text(const struct yc_zca *z);
/* Numbers of an image that it maps. */
size_t yc_zca_size(const struct yc_zca *z);

/* What yc-whiten does with a set, which yc_set_check_images found good: fits a map to its
 * images and stores it, or what else the method is for. map_only: rows are dropped. */
int yc_whiten(struct yc_set *s, const struct yc_method *how, const void *cfg,
	bool map_only, int threads, struct yc_watch *watch) YC_CHECKED;
/* Gives a set the record and the key. YC_FAIL if it has others. */
int yc_zca_store(const struct yc_zca *z, struct yc_set *s) YC_CHECKED;
/* Removes both from a set; the record alone. */
void yc_zca_drop(struct yc_set *s);
void yc_zca_drop_record(struct yc_set *s);
/* The map that a set's key asks for; NULL without a key. YC_FAIL if the record is missing,
 * is not for the set's images, or makes no sense. */
int yc_zca_load(struct yc_zca **z, const struct yc_set *s) YC_CHECKED;
/* YC_FAIL unless a head, such as that of networks, has this map (NULL: none): "for images
 * whitened by 'X', these are not whitened". */
int yc_zca_match(const struct yc_meta *head, const struct yc_zca *z) YC_CHECKED;

/*
 * KIP takes each image's mean and length from itself, which cannot be undone. So an image
 * that was made in whitened space has them in the column YC_ZCA_COLUMN: its row is what to
 * subtract from the standardised image, and what to divide it by. Where there is no such
 * column, or for MTT, the map needs none.
 */
bool yc_zca_by_row(const struct yc_zca *z);
/* whitened = the map of images [n][side][side][channels] in 0..1. row [n][2]: what
 * YC_ZCA_COLUMN says of the images; NULL: there is none. own [n][2]: gets what was used,
 * or NULL. The same bytes for any number of threads. whitened may be x. */
int yc_zca_apply(const struct yc_zca *z, int n, const yc_real *x, const float *row,
	float *own, yc_real *whitened, int threads) YC_CHECKED;
/* The inverse: the images that yc_zca_apply, with the same rows, maps to these. row NULL:
 * those of yc_zca_rows. Needs OpenBLAS; the first call takes d^3/3 multiply-adds and 8 d^2
 * bytes more. x may be whitened. */
int yc_zca_undo(struct yc_zca *z, int n, const yc_real *whitened, const float *row,
	yc_real *x, int threads) YC_CHECKED;
/* row [n][2] for images that were not made from real ones: those of an average image. */
void yc_zca_rows(const struct yc_zca *z, int n, float *row);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KIP_KERNEL_H
#define KIP_KERNEL_H

/*
 * Kernels of infinitely wide networks in closed form, in double: NNGP (Lee et al., ICLR
 * 2018) and NTK (Jacot et al., NeurIPS 2018; Arora et al., NeurIPS 2019) of networks of
 * convolutions or dense layers with ReLU, and their derivatives by the first image;
 * yc-methods(7), "KERNEL INDUCING POINTS". Private to lib/condense and its tests.
 *
 * Two images x, y have a covariance k(p, q) and a tangent kernel t(p, q) for each pair of
 * their pixels. Pairs are kept by offset d = q - p: an image of p, of the rectangle where
 * both pixels exist. A 3x3 convolution of both networks moves p and q together, so it is a
 * 3x3 sum within each of these images, and ReLU is pointwise: offsets meet in pooling alone.
 * So an offset runs from one pooling to the next within the cache. Where the network ends
 * with the pixels in place only the offset 0 counts there, and few before each pooling;
 * where it ends with their average all do.
 *
 * ReLU needs the variances of both pixels too, k(p, p) of an image with itself: they
 * depend on one image and are computed once for it (struct yc_ntk_set).
 */

#include <stdbool.h>
#include <stddef.h>

#include "yc/fail.h"
#include "yc/regress.h" /* yc_ntk_nets */

/* Convolutions or dense layers have variance 2 of weights and 0.01 of biases. */
#define YC_NTK_WEIGHT 2.0
#define YC_NTK_BIAS 0.01

enum { YC_NTK_STAGES = 4, YC_NTK_DENSE_MAX = 64, YC_NTK_CONVS_MAX = 4 };

/* Convolutions, each with its ReLU, at one resolution, then 2x2 average pooling. */
struct yc_ntk_stage {
	int convs;
	bool pool;
	/* Filled by yc_ntk_new: */
	int side, range; /* offsets are -range..range in either direction */
	size_t relu;	 /* begin of the variances of its first ReLU, [side][side] each */
	size_t band;	 /* elements of all offsets */
	size_t *at;	 /* [(2 range + 1)^2] begin of each offset in the band */
};

/* A network. An entry of yc_ntk_nets, by which users know it, or any other. */
struct yc_ntk_net {
	struct yc_method method;
	int dense; /* dense layers with ReLU, and one more; 0: a network of stages */
	struct yc_ntk_stage stage[YC_NTK_STAGES];
	int stages;
	bool average; /* global average pooling, else pixels in place */
};

struct yc_ntk {
	struct yc_ntk_net net;
	/* stage[stages] are the maps that the last layer sees: no convolutions. */
	struct yc_ntk_stage stage[YC_NTK_STAGES + 1];
	int channels, side;
	size_t pixels; /* of an image, [channels][side][side] */
	size_t nv;     /* variances of an image */
	double count;  /* pairs of pixels that the last layer sees the mean of */
	bool nngp;     /* the kernel is NNGP, else NTK */
};

/* YC_FAIL where images are too small for the poolings, or without memory. */
int yc_ntk_new(struct yc_ntk **k, const struct yc_ntk_net *net, bool nngp, int channels,
	int side) YC_CHECKED;
void yc_ntk_free(struct yc_ntk *k);

/* Images with their variances. */
struct yc_ntk_set {
	int n;
	double *x;   /* [n][channels][side][side] */
	double *v;   /* [n][nv] */
	double *own; /* [n] the kernel of an image and itself */
};
int yc_ntk_set_new(struct yc_ntk_set *s, const struct yc_ntk *k, int n) YC_CHECKED;
void yc_ntk_set_release(struct yc_ntk_set *s);
size_t yc_ntk_set_bytes(const struct yc_ntk *k, int n);

/* Scratch memory for `rows` images at a time against up to `others`. */
struct yc_ntk_work;
int yc_ntk_work_new(struct yc_ntk_work **w, const struct yc_ntk *k, int rows, int others,
	int threads) YC_CHECKED;
void yc_ntk_work_free(struct yc_ntk_work *w);
size_t yc_ntk_work_bytes(const struct yc_ntk *k, int rows, int others, int threads);

/* Rows that are worth taking at once: all of n where products of matrices are the work, 1
 * where a pair is. */
int yc_ntk_group(const struct yc_ntk *k, int n);

/* Fills v and own of all images. */
void yc_ntk_self(struct yc_ntk_work *w, struct yc_ntk_set *s);
/* out[r][j] = kernel of image row + r of s and image j of o, r < rows, j < others; rows ld
 * elements apart. Where both are one image, `own` is the kernel. */
void yc_ntk_forward(struct yc_ntk_work *w, const struct yc_ntk_set *s, int row, int rows,
	const struct yc_ntk_set *o, int others, double *out, size_t ld);
/* For g[r][j], the derivative of a loss by those kernels: adds to gx [rows][pixels] and
 * gv [rows][nv] what it is by the first image and, times the variance, by its variances.
 * Where both are one image g must be 0. */
void yc_ntk_backward(struct yc_ntk_work *w, const struct yc_ntk_set *s, int row, int rows,
	const struct yc_ntk_set *o, int others, const double *g, size_t ld, double *gx,
	double *gv);
/* The rest: from gv, which it uses up, and from g [rows], the derivative by `own`, to gx. */
void yc_ntk_backward_self(struct yc_ntk_work *w, const struct yc_ntk_set *s, int row,
	int rows, const double *g, double *gx, double *gv);

/* ---- pair.c, self.c: networks of convolutions, one pair of images ---- */

/* Maps of one offset, [side][side] at most. */
struct yc_ntk_maps {
	double *k, *t, *k2, *t2, *ab, *gk, *gt, *gv;
	double *rk[YC_NTK_CONVS_MAX], *rt[YC_NTK_CONVS_MAX], *sigma[YC_NTK_CONVS_MAX],
		*dot[YC_NTK_CONVS_MAX];
	/* Of all offsets at the beginning of each stage from 1 on; gradients replace
	 * them. */
	double *bk[YC_NTK_STAGES + 1], *bt[YC_NTK_STAGES + 1];
};
size_t yc_ntk_maps_size(const struct yc_ntk *k); /* doubles */
void yc_ntk_maps_at(const struct yc_ntk *k, double *memory, struct yc_ntk_maps *m);

/* The rectangle of pixels p for which p + d is in the image. */
struct yc_ntk_rect {
	int h, w;
	size_t p, q; /* its first pixels p and p + d in the image */
	size_t n;
};
struct yc_ntk_rect yc_ntk_rect(int side, int dy, int dx);

double yc_ntk_pair(const struct yc_ntk *k, const double *x, const double *vx,
	const double *y, const double *vy, struct yc_ntk_maps *m);
void yc_ntk_pair_back(const struct yc_ntk *k, const double *x, const double *vx,
	const double *y, const double *vy, double g, double *gx, double *gv,
	struct yc_ntk_maps *m);
double yc_ntk_one(
	const struct yc_ntk *k, const double *x, double *v, struct yc_ntk_maps *m);
void yc_ntk_one_back(const struct yc_ntk *k, const double *x, double *v, double g,
	double *gx, double *gv, struct yc_ntk_maps *m);

/* Parts of these: the covariance of pixels; one offset through a stage, of which gv and
 * gv_q, which may be NULL, are the gradients by variances at p and q; from one stage to the
 * next. */
void yc_ntk_input(const struct yc_ntk *k, const struct yc_ntk_rect *r, const double *x,
	const double *y, double *out);
void yc_ntk_chain(const struct yc_ntk *k, int stage, const struct yc_ntk_rect *r,
	const double *vx, const double *vy, bool record, struct yc_ntk_maps *m);
void yc_ntk_chain_back(const struct yc_ntk *k, int stage, const struct yc_ntk_rect *r,
	double *gv, double *gv_q, struct yc_ntk_maps *m);
void yc_ntk_begin_bands(const struct yc_ntk *k, struct yc_ntk_maps *m);
void yc_ntk_push(const struct yc_ntk *k, int stage, int dy, int dx, const double *from_k,
	const double *from_t, struct yc_ntk_maps *m);
void yc_ntk_pull(
	const struct yc_ntk *k, int stage, int dy, int dx, struct yc_ntk_maps *m);
/* The last layer, and the gradients of its maps. */
double yc_ntk_head(const struct yc_ntk *k, const struct yc_ntk_maps *m);
void yc_ntk_head_back(const struct yc_ntk *k, double g, struct yc_ntk_maps *m);

static inline size_t yc_ntk_at(const struct yc_ntk_stage *s, int dy, int dx)
{
	return s->at[(dy + s->range) * (2 * s->range + 1) + dx + s->range];
}

#endif

/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "yc/group.h"
#include "yc/kmeans.h"
#include "yc/mem.h"
#include "yc/number.h"
#include "yc/score.h"

/*
 * Self-supervised prototypes (Sorscher et al., "Beyond neural scaling laws"): k-means of
 * the trained network's embeddings of the images, unaugmented or in a random view (D13),
 * with as many clusters as images are to be kept; the image nearest to each centroid is
 * kept. The score is the number of centroids to which an image is the nearest: mostly 0
 * or 1, but more if centroids share it (D30), unless distinct images are requested. There
 * are two columns for every size in --ipc: for one clustering of all images, and for one
 * per class.
 */

enum { SIZES_MAX = 16 };

struct cfg {
	const char *ipc;
	bool replace, reseed, unique;
	int nsizes, size[SIZES_MAX];
	char text[SIZES_MAX * 12]; /* value of ipc, if it was not given */
};

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, ipc, .name = "ipc", .arg = "n,n",
		.auto_help = "those of 1,2,5,10 below the size of the set",
		.help = "sizes to choose prototypes for, in images per class"),
	YC_OPT(struct cfg, replace, .name = "kmeans-replace",
		.help = "draw the first centres with replacement"),
	YC_OPT(struct cfg, reseed, .name = "kmeans-reseed",
		.help = "move centres without images to the image farthest from its own"),
	YC_OPT(struct cfg, unique, .name = "unique",
		.help = "no image twice: centroids that share one take the next nearest "
			"that is free"),
};

static int add_size(struct cfg *c, long size, const struct yc_score_job *job, int classes)
{
	const long tiles = (long)job->tiles_per_image * classes;

	for (int i = 0; i < c->nsizes; i++)
		if (c->size[i] == size)
			return yc_fail(YC_USAGE, "--ipc has %ld twice", size);
	if (c->nsizes == SIZES_MAX)
		return yc_fail(YC_USAGE, "--ipc has more than %d sizes", SIZES_MAX);
	if (size > job->data->n / tiles)
		return yc_fail(YC_FAIL,
			"the size is %ld images per class, but %d images make %ld of %d "
			"classes",
			size, job->data->n, job->data->n / tiles, classes);
	c->size[c->nsizes++] = (int)size;
	return YC_OK;
}

static int parse(struct cfg *c, const struct yc_score_job *job, int classes)
{
	const char *s = c->ipc;

	for (;; s++) {
		uint64_t size = 0;
		int status;

		if (yc_take_u64(&s, LONG_MAX, &size) != YC_NUMBER || !size ||
			(*s && *s != ','))
			return yc_fail(YC_USAGE,
				"--ipc '%s' is not a list of numbers from 1", c->ipc);
		status = add_size(c, (long)size, job, classes);
		if (status < 0 || !*s)
			return status;
	}
}

/* Those of the published code (D53) that are below the size of the set. */
static int published(struct cfg *c, const struct yc_score_job *job, int classes)
{
	static const int size[] = {1, 2, 5, 10};
	const int tiles = job->tiles_per_image * classes;
	size_t at = 0;

	for (size_t i = 0; i < YC_COUNT(size); i++) {
		if (size[i] * (int64_t)tiles >= job->data->n)
			continue;
		c->size[c->nsizes++] = size[i];
		at += (size_t)snprintf(c->text + at, sizeof c->text - at, "%s%d",
			at ? "," : "", size[i]);
	}
	c->ipc = c->text;
	return c->nsizes ? YC_OK
			 : yc_fail(YC_FAIL,
				   "%d images of %d classes are at most one per class: "
				   "there is nothing to choose, but see --ipc",
				   job->data->n, classes);
}

/* A class without images needs no prototypes. */
static int classes_there(const struct yc_groups *g)
{
	int there = 0;

	for (int c = 0; c < g->classes; c++)
		there += yc_groups_count(g, c) > 0;
	return there;
}

static int most_of_a_class(const struct yc_groups *g)
{
	int most = 0;

	for (int c = 0; c < g->classes; c++)
		if (yc_groups_count(g, c) > most)
			most = yc_groups_count(g, c);
	return most;
}

static int group(struct yc_groups *g, const struct yc_data *d)
{
	return yc_groups_new(g, d->label, (size_t)d->n, d->classes);
}

static int plan(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	struct cfg *c = cfg;
	struct yc_groups g;
	int status = group(&g, job->data);

	if (status < 0)
		return status;
	status = c->ipc ? parse(c, job, classes_there(&g))
			: published(c, job, classes_there(&g));
	/* The embeddings of all images, and those of one class gathered. */
	p->bytes = yc_size_mul(yc_size_mul((size_t)(job->data->n + most_of_a_class(&g)),
				       (size_t)yc_net_embedding(job->net)),
		sizeof(yc_real));
	p->columns = 2 * c->nsizes;
	yc_groups_release(&g);
	return status;
}

/* Clusters the rows of x, whose images are image[0..n-1] (NULL: 0..n-1), and counts. */
static int prototypes(const struct cfg *c, const struct yc_score_job *job,
	const yc_real *x, const int32_t *image, int n, int k, struct yc_rng rng,
	float *score)
{
	const struct yc_kmeans_cfg cfg = {.k = k,
		.replace = c->replace,
		.reseed = c->reseed,
		.distinct = c->unique};
	struct yc_kmeans m;
	const int status =
		yc_kmeans(&m, &cfg, x, n, yc_net_embedding(job->net), &rng, job->threads);

	if (status < 0)
		return status;
	for (int i = 0; i < k; i++)
		score[image ? image[m.nearest[i]] : m.nearest[i]]++;
	yc_kmeans_release(&m);
	return YC_OK;
}

/* A class with fewer images than the size keeps them all. */
static int balanced(const struct cfg *c, const struct yc_score_job *job,
	const struct yc_groups *g, const yc_real *embed, yc_real *of_class, int k,
	struct yc_rng rng, float *score)
{
	const size_t wide = (size_t)yc_net_embedding(job->net);
	int status = YC_OK;

	for (int y = 0; y < g->classes && status == YC_OK; y++) {
		const int32_t *image = yc_groups_of(g, y);
		const int n = yc_groups_count(g, y);

		for (int i = 0; i < n; i++)
			memcpy(of_class + (size_t)i * wide,
				embed + (size_t)image[i] * wide, wide * sizeof *of_class);
		if (n)
			status = prototypes(c, job, of_class, image, n, k < n ? k : n,
				yc_rng_fork(&rng, "class", (uint64_t)y), score);
	}
	return status;
}

static int finish(
	const void *cfg, void *state, const struct yc_score_job *job, float *score)
{
	const struct cfg *c = cfg;
	const struct yc_data *d = job->data;
	const size_t n = (size_t)d->n;
	yc_real *embed = state;
	yc_real *of_class = embed + n * (size_t)yc_net_embedding(job->net);
	struct yc_groups g;
	int status = group(&g, d), classes;

	if (status < 0)
		return status;
	classes = classes_there(&g);
	status = yc_embed(job->net, job->w, d, &job->view, job->threads, embed);
	memset(score, 0, 2 * (size_t)c->nsizes * n * sizeof *score);
	for (int i = 0; i < c->nsizes && status == YC_OK; i++) {
		const struct yc_rng rng =
			yc_rng_fork(&job->rng, "kmeans", (uint64_t)c->size[i]);
		const int k = c->size[i] * job->tiles_per_image;

		status = prototypes(c, job, embed, NULL, d->n, k * classes, rng, score);
		if (status == YC_OK)
			status = balanced(c, job, &g, embed, of_class, k, rng, score + n);
		score += 2 * n;
	}
	yc_groups_release(&g);
	return status;
}

static void column(const void *cfg, int i, char name[YC_SCORE_NAME_MAX])
{
	const struct cfg *c = cfg;

	snprintf(name, YC_SCORE_NAME_MAX, "ssp-%s%d", i % 2 ? "balance-" : "",
		c->size[i / 2]);
}

const struct yc_score yc_score_ssp = {
	.method = {.name = "ssp",
		.summary = "number of k-means centroids that an image is nearest to",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.needs = YC_NEED_MODEL | YC_NEED_FULL,
	.plan = plan,
	.finish = finish,
	.column = column,
};

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/condense/internal.h"

/* Initialises the synthetic images: from a set, or from real images. */

int yc_init_from_file(const char **path, char digest[YC_DIGEST_TEXT], struct yc_synth *y,
	struct yc_meta *head)
{
	char *file = yc_strdup(*path);
	struct yc_set set = {0};
	int status = file ? yc_set_read_file(&set, file) : YC_FAIL;

	if (!status) {
		status = yc_synth_init_from(y, &set);
		if (status)
			yc_fail_in(status, "%s", file);
		else
			status = yc_set_digest(&set, digest);
	}
	if (!status)
		status = yc_meta_copy(head, &set.meta);
	*path = digest;
	yc_set_release(&set);
	yc_free(file);
	return status;
}

bool yc_init_clusters(const char *init)
{
	return init && !strcmp(init, "kmean");
}

/* Draws n distinct images of class c. */
static int draw(const struct yc_init *s, int c, int n, int32_t *real)
{
	const struct yc_sampler *w = s->sampler;
	struct yc_rng rng = yc_rng_fork(s->root, "init-real", (uint64_t)w->label[c]);
	int count = yc_sampler_count(w, c);
	int32_t *perm = yc_calloc((size_t)count, sizeof(*perm));

	if (!perm)
		return YC_FAIL;
	yc_rng_permutation(&rng, perm, count);
	for (int i = 0; i < n; i++)
		real[i] = w->member[w->first[c] + perm[i]];
	yc_free(perm);
	return YC_OK;
}

/* Chooses n real images of each class: real [classes][n]. */
static int choose(const struct yc_init *s, int n, int32_t *real)
{
	struct yc_watch *watch = s->job->watch;
	int classes = s->sampler->classes;

	for (int c = 0; c < classes; c++, real += n) {
		int status;

		if (s->random) {
			status = draw(s, c, n, real);
			if (status)
				return status;
			continue;
		}
		if (!yc_init_clusters(s->init)) {
			memcpy(real, s->sampler->member + s->sampler->first[c],
				(size_t)n * sizeof(*real));
			continue;
		}
		status = yc_cluster_choose(s->cluster, s->w, c, n,
			yc_rng_fork(
				s->root, "kmeans-init", (uint64_t)s->sampler->label[c]),
			real);
		if (status)
			return status;
		yc_watch_tick(watch, "classes clustered", (uint64_t)c + 1,
			(uint64_t)classes, NULL);
		if (yc_watch_stopped(watch))
			return yc_fail(YC_FAIL,
				"interrupted before the first step: nothing to save");
	}
	return YC_OK;
}

int yc_init_from_real(const struct yc_init *s, struct yc_synth *y)
{
	int n = 0, status = yc_synth_init_needs(y, s->init, s->sampler, &n);
	int32_t *real = NULL;

	if (!status) {
		real = yc_calloc(yc_size_mul((size_t)s->sampler->classes, (size_t)n),
			sizeof(*real));
		status = real ? choose(s, n, real) : YC_FAIL;
	}
	if (!status)
		status = yc_synth_init(y, s->init, s->job->data, real, s->root);
	yc_free(real);
	return status;
}

/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "lib/condense/internal.h"
#include "yc/names.h"

/* Initialises the synthetic images: from a set, or from real images. */

static bool is(const char *init, const char *mode)
{
	return init && strcmp(init, mode) == 0;
}

int yc_init_resolve(const char **init, const struct yc_init_from *from, uint32_t factor,
	const struct yc_set *real, const char *def)
{
	const uint32_t tiles = yc_images_tiles(real);
	/* Tiles differ in size where the side is not divisible. */
	const bool own = tiles && tiles == factor && real->head.side % (int)tiles == 0;

	if (*init && from->file)
		return yc_fail(YC_USAGE, "--init and --init-from are mutually exclusive");
	if (is(*init, "tiles") && !tiles)
		return yc_fail(YC_FAIL,
			"--init tiles takes those of condensed images, and these "
			"are no such images");
	if (is(*init, "tiles") && tiles == factor && !own)
		return yc_fail(YC_FAIL,
			"--init tiles: tiles of factor %" PRIu32
			" differ in size, for a side of %d",
			factor, real->head.side);
	if (is(*init, "tiles") && !own)
		return yc_fail(YC_FAIL,
			"--init tiles: images of factor %" PRIu32
			" cannot be put together from those of images of factor %" PRIu32,
			factor, tiles);
	if (!from->file && !*init)
		*init = own ? "tiles" : def;
	return YC_OK;
}

int yc_init_resolve_whole(const char **init, const struct yc_init_from *from,
	uint32_t *factor, const struct yc_set *real, const char *def)
{
	if (!*factor)
		*factor = yc_images_tiles(real);
	if (!*factor)
		*factor = 1;
	return yc_init_resolve(init, from, *factor, real, def);
}

int yc_init_from_file(struct yc_init_from *from, struct yc_synth *y,
	const struct yc_condense_job *job, struct yc_meta *head)
{
	const char *file = from->file;
	struct yc_set set = {0};
	int status = yc_set_read_file(&set, file);

	if (!status) {
		status = yc_synth_init_from(y, &set, YC_SYNTH_ALL);
		if (!status && yc_names_match(&set.meta, &job->real->meta,
				       "the real images") < 0)
			status = YC_FAIL;
		if (status)
			yc_fail_in(status, "%s", file);
	}
	if (!status)
		status = yc_set_digest(&set, from->digest);
	if (!status)
		status = yc_meta_copy(head, &set.meta);
	from->file = from->digest;
	yc_set_release(&set);
	return status;
}

int yc_init_history(
	const struct yc_init_from *from, const struct yc_meta *head, struct yc_set *out)
{
	const struct yc_meta *const heads[] = {&out->meta, head};

	return from->file ? yc_history_merge(&out->meta, heads, YC_COUNT(heads)) : YC_OK;
}

bool yc_init_clusters(const char *init)
{
	return is(init, "kmean");
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
	int n = 0, status;
	int32_t *real = NULL;

	if (is(s->init, "tiles"))
		return yc_synth_init_from(y, s->job->real, YC_SYNTH_FIRST);
	status = yc_synth_init_needs(y, s->init, s->sampler, &n);
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

/* SPDX-License-Identifier: MIT */
/* Where condensed images are stepped on: pixels in 0..1 or, for networks that see whitened
 * images, in whitened ones, which are written as pixels. */
#include <string.h>

#include "lib/condense/mtt/mtt.h"
#include "yc/zca.h"

int yc_mtt_space_check(const struct yc_mtt_cfg *c, const struct yc_data *d)
{
	if (!d->zca)
		return YC_OK;
	if (yc_zca_by_row(d->zca))
		return yc_fail(YC_FAIL,
			"the images are whitened as KIP does it, which takes the length "
			"of every image from itself: yc-whiten mtt is for mtt");
	/* A tile is enlarged as pixels, but only the whole is whitened. */
	if (c->factor > 1)
		return yc_fail(YC_USAGE,
			"--factor %u: whitened images are not divided into tiles",
			c->factor);
	return YC_OK;
}

/* One image, between [channels][side][side] and [side][side][channels]. */
static void planar(yc_real *to, const yc_real *from, const struct yc_data *d)
{
	const size_t map = (size_t)d->side * (size_t)d->side,
		     channels = (size_t)d->channels;

	for (size_t k = 0; k < map; k++)
		for (size_t c = 0; c < channels; c++)
			to[c * map + k] = from[k * channels + c];
}

static void interleaved(yc_real *to, const yc_real *from, const struct yc_data *d)
{
	const size_t map = (size_t)d->side * (size_t)d->side,
		     channels = (size_t)d->channels;

	for (size_t k = 0; k < map; k++)
		for (size_t c = 0; c < channels; c++)
			to[k * channels + c] = from[c * map + k];
}

/* All images by the map, which is of interleaved ones, or by its inverse. */
static int map_all(struct yc_synth *y, const struct yc_data *d, bool undo, int threads)
{
	yc_real *x = yc_calloc(yc_size_mul(y->images, y->pixels), sizeof(*x));
	int status, n = (int)y->images;

	if (!x)
		return YC_FAIL;
	for (size_t i = 0; i < y->images; i++)
		interleaved(x + i * y->pixels, y->s + i * y->pixels, d);
	status = undo ? yc_zca_undo(d->zca, n, x, NULL, x, threads)
		      : yc_zca_apply(d->zca, n, x, NULL, NULL, x, threads);
	for (size_t i = 0; !status && i < y->images; i++)
		planar(y->s + i * y->pixels, x + i * y->pixels, d);
	yc_free(x);
	return status;
}

int yc_mtt_space_enter(
	struct yc_synth *y, const struct yc_data *d, bool noise, int threads)
{
	const size_t map = (size_t)d->side * (size_t)d->side;

	if (!d->zca)
		return YC_OK;
	if (!noise)
		return map_all(y, d, false, threads);
	for (size_t i = 0; i < y->images * y->pixels; i++) {
		const size_t c = i / map % (size_t)d->channels;

		y->s[i] = (yc_real)(((double)y->s[i] - d->mean[c]) / d->std[c]);
	}
	return YC_OK;
}

int yc_mtt_space_store(
	struct yc_synth *y, const struct yc_data *d, struct yc_set *out, int threads)
{
	const size_t n = yc_size_mul(y->images, y->pixels);
	yc_real *whitened;
	int status;

	if (!d->zca)
		return yc_synth_store(y, out);
	whitened = yc_calloc(n, sizeof(*whitened));
	if (!whitened)
		return YC_FAIL;
	memcpy(whitened, y->s, n * sizeof(*whitened));
	status = map_all(y, d, true, threads);
	if (!status)
		status = yc_synth_store(y, out);
	memcpy(y->s, whitened, n * sizeof(*whitened));
	yc_free(whitened);
	return status;
}

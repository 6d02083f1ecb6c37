/* SPDX-License-Identifier: MIT */
/* A fingerprint of sets of images, for checkpoints. */
#include <string.h>

#include "lib/image/internal.h"
#include "yc/zca.h"

static uint64_t add(uint64_t h, uint64_t word)
{
	return (h ^ word) * 0x100000001b3u;
}

static uint64_t add_bytes(uint64_t h, const void *from, size_t bytes)
{
	const unsigned char *p = from;
	uint64_t word;

	for (; bytes >= sizeof(word); bytes -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = add(h, word ^ word >> 32);
	}
	for (; bytes; bytes--)
		h = add(h, *p++);
	return h;
}

/* FNV-1a over words: it distinguishes inputs, but is no protection against tampering. */
uint64_t yc_data_pixels(const struct yc_data *d)
{
	const size_t values = (size_t)d->n * yc_data_image_size(d);
	const uint64_t h = 0xcbf29ce484222325u;

	return d->u8 ? add_bytes(h, d->u8, values)
		     : add_bytes(h, d->real, values * sizeof(yc_real));
}

uint64_t yc_data_fingerprint(const struct yc_data *d)
{
	uint64_t h = yc_data_pixels(d);

	for (int i = 0; i < d->n; i++)
		h = add(h, (uint64_t)d->label[i]);
	for (int c = 0; c < d->channels; c++)
		h = add(h, (uint64_t)(d->mean[c] * 1e12) ^ (uint64_t)(d->std[c] * 1e9));
	if (d->zca)
		h = add_bytes(h, yc_zca_text(d->zca), strlen(yc_zca_text(d->zca)));
	for (int i = 0; d->soft && i < d->n; i++)
		h = add_bytes(h, yc_data_soft(d, i), (size_t)d->classes * sizeof(float));
	return h;
}

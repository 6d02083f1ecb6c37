/* SPDX-License-Identifier: MIT */
/* Philox4x32-10 and the draws made of it: yc-methods(7), "RANDOM STREAMS". */
#include <math.h>
#include <string.h>

#include "lib/base/internal.h"
#include "yc/rng.h"

/* Constants of Philox4x32 (Salmon et al. 2011, section 3.3 and table 2). */
void yc_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t out[4])
{
	uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
	uint32_t k0 = key[0], k1 = key[1];

	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xD2511F53u * c0;
		uint64_t b = (uint64_t)0xCD9E8D57u * c2;

		c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)b;
		c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)a;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

static const uint64_t fnv_basis = 0xcbf29ce484222325u;

static uint64_t fnv(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

struct yc_rng yc_rng_new(uint64_t seed, const char *name)
{
	return (struct yc_rng){.key = seed, .stream = fnv(fnv_basis, name, strlen(name))};
}

/* The hash goes on from the parent's: '/' label NUL and the index in little-endian. */
struct yc_rng yc_rng_fork(const struct yc_rng *parent, const char *label, uint64_t index)
{
	unsigned char le[8];
	uint64_t h = fnv(parent->stream, "/", 1);

	for (int i = 0; i < 8; i++)
		le[i] = (unsigned char)(index >> (8 * i));
	h = fnv(h, label, strlen(label) + 1);
	return (struct yc_rng){.key = parent->key, .stream = fnv(h, le, sizeof(le))};
}

/* Block number `block` of the stream: four consecutive draws. */
static void block_of(const struct yc_rng *r, uint64_t block, uint32_t out[4])
{
	uint32_t ctr[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)r->stream,
		(uint32_t)(r->stream >> 32)};
	uint32_t key[2] = {(uint32_t)r->key, (uint32_t)(r->key >> 32)};

	yc_philox(ctr, key, out);
}

/* The next n <= 4 draws; one block when they lie in one. */
static void draw(struct yc_rng *r, uint32_t *to, unsigned n)
{
	uint32_t out[4];
	unsigned at = (unsigned)(r->pos % 4);

	block_of(r, r->pos / 4, out);
	for (unsigned i = 0; i < n; i++, at++) {
		if (at == 4) {
			block_of(r, r->pos / 4 + 1, out);
			at = 0;
		}
		to[i] = out[at];
	}
	r->pos += n;
}

uint32_t yc_rng_u32(struct yc_rng *r)
{
	uint32_t u;

	draw(r, &u, 1);
	return u;
}

static double unit(const uint32_t u[2])
{
	return ((double)(u[0] >> 5) * 67108864.0 + (double)(u[1] >> 6)) * 0x1p-53;
}

double yc_rng_uniform(struct yc_rng *r)
{
	uint32_t u[2];

	draw(r, u, 2);
	return unit(u);
}

/* Multiply and take the high half; the few low halves that would favour some results
 * are drawn again (Lemire, "Fast random integer generation in an interval", 2019). */
uint32_t yc_rng_below(struct yc_rng *r, uint32_t n)
{
	uint64_t m = (uint64_t)yc_rng_u32(r) * n;

	if ((uint32_t)m < n) {
		uint32_t floor = -n % n;

		while ((uint32_t)m < floor)
			m = (uint64_t)yc_rng_u32(r) * n;
	}
	return (uint32_t)(m >> 32);
}

double yc_rng_normal(struct yc_rng *r)
{
	uint32_t u[4];

	draw(r, u, 4);
	return sqrt(-2 * log(1 - unit(u))) * cos(2 * M_PI * unit(u + 2));
}

void yc_rng_permutation(struct yc_rng *r, int32_t *perm, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		perm[i] = i;
	for (int32_t i = n - 1; i > 0; i--) {
		uint32_t j = yc_rng_below(r, (uint32_t)i + 1);
		int32_t t = perm[i];

		perm[i] = perm[j];
		perm[j] = t;
	}
}

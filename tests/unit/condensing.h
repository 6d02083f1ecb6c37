/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONDENSING_H
#define TESTS_CONDENSING_H

/* What tests of condensers begin with: a few real images, and options by name. Included
 * after cmocka. */

#include <string.h>

#include "yc/mem.h"
#include "yc/opt.h"
#include "yc/rng.h"
#include "yc/set.h"

/* n images of noise; the classes in turn. */
static inline void condensing_images(struct yc_set *s, int n, int channels, int side,
	int classes, const double *mean, const double *std)
{
	uint64_t shape[4] = {
		(uint64_t)n, (uint64_t)channels, (uint64_t)side, (uint64_t)side};
	struct yc_rng rng = yc_rng_new(1, "pictures");
	struct yc_tensor *t;

	*s = (struct yc_set){.head = {.classes = classes, .side = side, .factor = 1}};
	s->head.nmean = channels;
	memcpy(s->head.mean, mean, (size_t)channels * sizeof(*mean));
	memcpy(s->head.std, std, (size_t)channels * sizeof(*std));
	t = yc_set_put(s, "image", YC_U8, 4, shape, NULL);
	assert_non_null(t);
	for (int i = 0; i < n * channels * side * side; i++)
		((uint8_t *)t->data)[i] = (uint8_t)yc_rng_below(&rng, 256);
	t = yc_set_put(s, "label", YC_I64, 1, shape, NULL);
	assert_non_null(t);
	for (int i = 0; i < n; i++)
		((int64_t *)t->data)[i] = i % classes;
}

/* The options of a method, whose struct is its own: names and values, NULL. The caller
 * frees them. */
static inline void *condensing_options(const struct yc_method *m, const char *const *word)
{
	void *cfg = yc_calloc(1, m->cfg_size);
	struct yc_opts group = {.row = m->opts, .n = m->nopts, .cfg = cfg};

	assert_non_null(cfg);
	assert_int_equal(yc_opt_defaults(&group, 1), YC_OK);
	for (; *word; word += 2) {
		bool known = false;

		for (size_t i = 0; i < m->nopts; i++)
			if (!strcmp(m->opts[i].name, *word)) {
				known = true;
				assert_int_equal(
					yc_opt_set(&group, &m->opts[i], word[1]), YC_OK);
			}
		assert_true(known);
	}
	return cfg;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Corruptions: every one of the table is clamped, repeatable and grows with its severity;
 * values by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/augment/internal.h"
#include "yc/mem.h"

enum { SIDE = 16, CHANNELS = 3, COUNT = SIDE * SIDE * CHANNELS };

static const struct yc_aug_shape shape = {SIDE, CHANNELS};

/* Smooth, with an edge. */
static void picture(yc_real *x)
{
	for (int r = 0; r < SIDE; r++)
		for (int c = 0; c < SIDE; c++)
			for (int k = 0; k < CHANNELS; k++)
				x[(r * SIDE + c) * CHANNELS + k] =
					(yc_real)(c < 8 ? 0.2 + 0.02 * r
							: 0.9 - 0.03 * r - 0.1 * k);
}

static void corrupt(
	const struct yc_corruption *c, uint32_t severity, uint64_t seed, yc_real *x)
{
	const struct yc_corruption_cfg cfg = {severity};
	yc_real tmp[COUNT];

	assert_int_equal(
		yc_corrupt(c, &cfg, &shape, yc_rng_new(seed, "test"), x, tmp), YC_OK);
}

static const struct yc_corruption *named(const char *name)
{
	for (size_t i = 0; yc_corruptions[i]; i++)
		if (strcmp(yc_corruptions[i]->name, name) == 0)
			return (const struct yc_corruption *)yc_corruptions[i];
	fail_msg("no corruption '%s'", name);
	return NULL;
}

static double distance(const yc_real *a, const yc_real *b)
{
	double sum = 0;

	for (int i = 0; i < COUNT; i++)
		sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
	return sqrt(sum / COUNT);
}

static void every_one_grows_with_its_severity(void **state)
{
	yc_real x[COUNT], y[COUNT], again[COUNT];

	(void)state;
	picture(x);
	for (size_t i = 0; yc_corruptions[i]; i++) {
		const struct yc_corruption *c =
			(const struct yc_corruption *)yc_corruptions[i];
		double first = 0;

		for (uint32_t s = 1; s <= YC_SEVERITIES; s++) {
			memcpy(y, x, sizeof y);
			memcpy(again, x, sizeof again);
			corrupt(c, s, 1, y);
			corrupt(c, s, 1, again);
			assert_memory_equal(y, again, sizeof y);
			for (int k = 0; k < COUNT; k++)
				assert_true(y[k] >= 0 && y[k] <= 1);
			assert_true(distance(x, y) > first);
			if (s == 1) /* JPEG need not grow at each step */
				first = distance(x, y);
		}
	}
}

/* yc-methods(7), "Corruptions". */
static void parameters_are_those_that_are_published(void **state)
{
	static const struct {
		const char *name;
		double small[YC_SEVERITIES], large[YC_SEVERITIES];
	} want[] = {
		{"gaussian-noise", {0.04, 0.06, 0.08, 0.09, 0.10},
			{0.08, 0.12, 0.18, 0.26, 0.38}},
		{"gaussian-blur", {0.4, 0.6, 0.7, 0.8, 1}, {1, 2, 3, 4, 6}},
		{"jpeg", {80, 65, 58, 50, 40}, {25, 18, 15, 10, 7}},
		{"low-contrast", {0.75, 0.5, 0.4, 0.3, 0.15}, {0.4, 0.3, 0.2, 0.1, 0.05}},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++) {
		const struct yc_corruption *c = named(want[i].name);

		assert_memory_equal(c->small, want[i].small, sizeof want[i].small);
		assert_memory_equal(c->large, want[i].large, sizeof want[i].large);
	}
	assert_null(yc_corruptions[YC_COUNT(want)]);
}

/* 64 pixels per side are not large yet. */
static void up_to_64_pixels_are_small(void **state)
{
	const struct yc_aug_shape small = {64, 1};
	const struct yc_corruption_cfg cfg = {2};
	yc_real *x = yc_calloc((size_t)64 * 64, sizeof *x), tmp[1];

	(void)state;
	assert_non_null(x);
	x[0] = 1;
	assert_int_equal(yc_corrupt(named("low-contrast"), &cfg, &small,
				 yc_rng_new(0, "test"), x, tmp),
		YC_OK);
	assert_true(fabs((double)x[0] - (0.5 + 0.5 / 4096)) < 1e-6);
	yc_free(x);
}

static void larger_images_have_parameters_of_their_own(void **state)
{
	const struct yc_aug_shape large = {65, 1};
	const struct yc_corruption *c = named("low-contrast");
	const struct yc_corruption_cfg cfg = {2};
	yc_real *x = yc_calloc((size_t)65 * 65, sizeof *x), small[COUNT], tmp[COUNT];

	(void)state;
	assert_non_null(x);
	x[0] = 1;
	assert_int_equal(
		yc_corrupt(c, &cfg, &large, yc_rng_new(0, "test"), x, tmp), YC_OK);
	assert_true(fabs((double)x[0] - (0.3 + 0.7 / 4225)) < 1e-6);
	memset(small, 0, sizeof small);
	small[1] = 1; /* of the second channel */
	corrupt(c, 2, 0, small);
	assert_true(fabs((double)small[1] - (0.5 + 0.5 / 256)) < 1e-6);
	assert_true(fabs((double)small[4] - 0.5 / 256) < 1e-7);
	assert_true(small[0] == 0);
	yc_free(x);
}

static void noise_has_its_deviation(void **state)
{
	yc_real x[COUNT];
	double sum = 0, square = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		x[i] = 0.5f;
	corrupt(named("gaussian-noise"), 3, 7, x);
	for (int i = 0; i < COUNT; i++) {
		sum += (double)x[i] - 0.5;
		square += ((double)x[i] - 0.5) * ((double)x[i] - 0.5);
	}
	assert_true(fabs(sum / COUNT) < 0.01);
	assert_true(fabs(sqrt(square / COUNT) - 0.08) < 0.008);
}

/* An impulse becomes the kernel; a border is as bright as before. */
static void blur_is_a_gaussian(void **state)
{
	yc_real x[COUNT] = {0};
	const double w = 1 / (1 + 2 * (exp(-0.5) + exp(-2) + exp(-4.5) + exp(-8)));

	(void)state;
	x[(8 * SIDE + 8) * CHANNELS + 1] = 1;
	corrupt(named("gaussian-blur"), 5, 0, x);
	for (int r = 0; r < SIDE; r++)
		for (int c = 0; c < SIDE; c++) {
			const int dr = abs(r - 8), dc = abs(c - 8);
			const double want =
				dr > 4 || dc > 4
					? 0
					: w * w * exp(-0.5 * (dr * dr + dc * dc));
			const yc_real *p = x + (r * SIDE + c) * CHANNELS;

			assert_true(fabs((double)p[1] - want) < 1e-6);
			assert_true(p[0] == 0 && p[2] == 0);
		}
	for (int i = 0; i < COUNT; i++)
		x[i] = 0.75f;
	corrupt(named("gaussian-blur"), 5, 0, x);
	for (int i = 0; i < COUNT; i++)
		assert_true(fabs((double)x[i] - 0.75) < 1e-6);
}

/* Each border is repeated beyond itself, so that an impulse in a corner adds what would be
 * outside to its own row and column. */
static void blur_repeats_the_border(void **state)
{
	const double w = 1 / (1 + 2 * (exp(-0.5) + exp(-2) + exp(-4.5) + exp(-8)));
	double tail[6] = {0}; /* [k] the weights at k and beyond */

	(void)state;
	for (int k = 4; k >= 0; k--)
		tail[k] = tail[k + 1] + w * exp(-0.5 * k * k);
	for (int corner = 0; corner < 4; corner++) {
		const int row = corner & 1 ? SIDE - 1 : 0,
			  column = corner & 2 ? SIDE - 1 : 0;
		yc_real x[COUNT] = {0};

		x[(row * SIDE + column) * CHANNELS] = 1;
		corrupt(named("gaussian-blur"), 5, 0, x);
		for (int r = 0; r < SIDE; r++)
			for (int c = 0; c < SIDE; c++) {
				const int dr = abs(r - row), dc = abs(c - column);
				const double want =
					tail[dr > 4 ? 5 : dr] * tail[dc > 4 ? 5 : dc];

				assert_true(fabs((double)x[(r * SIDE + c) * CHANNELS] -
						    want) < 1e-6);
			}
	}
}

static void jpeg_gives_bytes_and_keeps_one_grey(void **state)
{
	yc_real x[COUNT];

	(void)state;
	for (int i = 0; i < COUNT; i++)
		x[i] = (yc_real)(128 / 255.0);
	corrupt(named("jpeg"), 5, 0, x);
	for (int i = 0; i < COUNT; i++)
		assert_true(x[i] == (yc_real)(128 / 255.0));
	picture(x);
	corrupt(named("jpeg"), 5, 0, x);
	for (int i = 0; i < COUNT; i++) {
		const double byte = (double)x[i] * 255;

		assert_true(fabs(byte - rint(byte)) < 1e-4);
	}
}

static void jpeg_takes_one_or_three_channels(void **state)
{
	const struct yc_aug_shape grey = {SIDE, 1}, four = {8, 4};
	const struct yc_corruption_cfg cfg = {1};
	const struct yc_corruption *c = named("jpeg");
	yc_real x[COUNT] = {0}, tmp[COUNT];

	(void)state;
	assert_int_equal(
		yc_corrupt(c, &cfg, &grey, yc_rng_new(0, "test"), x, tmp), YC_OK);
	assert_int_equal(
		yc_corrupt(c, &cfg, &four, yc_rng_new(0, "test"), x, tmp), YC_FAIL);
	assert_string_equal(yc_errmsg(), "jpeg: images of 4 channels: 1 or 3 expected");
}

/* Normalised images enter, and one that ends with a corruption leaves in 0..1. */
static void a_chain_converts_between_pixels_and_normalised(void **state)
{
	static const double mean[] = {0.5, 0.4, 0.3}, std[] = {0.25, 0.5, 0.2};
	struct yc_corruption_cfg cfg = {4};
	const struct yc_method *flip = NULL, *word[3];
	void *cfgs[3] = {NULL, &cfg, NULL};
	yc_real x[COUNT], want[COUNT], tmp[COUNT], before[COUNT];
	double shift[2];
	struct yc_chain chain;
	bool pixels;

	(void)state;
	for (size_t i = 0; yc_augs[i]; i++)
		if (strcmp(yc_augs[i]->name, "brightness") == 0)
			flip = yc_augs[i];
	assert_non_null(flip);
	word[0] = word[2] = flip;
	word[1] = &named("low-contrast")->method;
	for (int n = 1; n <= 3; n++) {
		assert_int_equal(
			yc_chain_new(&chain, word, cfgs, n, SIDE, CHANNELS), YC_OK);
		assert_int_equal(chain.n, n < 3 ? n : 2);
		for (int k = 0; k < chain.n; k++) {
			chain.part[k].aug.mean = mean;
			chain.part[k].aug.std = std;
		}
		picture(x);
		memcpy(want, x, sizeof x);
		for (int i = 0; i < COUNT; i++)
			x[i] = (yc_real)(((double)x[i] - mean[i % 3]) / std[i % 3]);
		assert_int_equal(
			yc_chain_apply(&chain, yc_rng_new(2, "test"), x, tmp, &pixels),
			YC_OK);
		assert_int_equal(pixels, n == 2);
		/* Brightness adds one number, also to what a corruption left as pixels,
		 * and another one each time. */
		for (int i = 0; n != 2 && i < COUNT; i++) {
			const double was = (double)(n == 1 ? want : before)[i];
			const double added =
				(double)x[i] - (was - mean[i % 3]) / std[i % 3];

			if (i == 0)
				shift[n == 3] = added;
			assert_true(fabs(added - shift[n == 3]) < 1e-5);
		}
		memcpy(before, x, sizeof x);
	}
	assert_true(fabs(shift[0] - shift[1]) > 1e-3);
	/* a corruption alone sees the pixels as they were */
	assert_int_equal(
		yc_chain_new(&chain, word + 1, cfgs + 1, 1, SIDE, CHANNELS), YC_OK);
	chain.part[0].aug.mean = mean;
	chain.part[0].aug.std = std;
	picture(x);
	for (int i = 0; i < COUNT; i++)
		x[i] = (yc_real)(((double)x[i] - mean[i % 3]) / std[i % 3]);
	assert_int_equal(
		yc_chain_apply(&chain, yc_rng_new(2, "test"), x, tmp, &pixels), YC_OK);
	corrupt(named("low-contrast"), 4, 0, want);
	for (int i = 0; i < COUNT; i++)
		assert_true(fabs((double)x[i] - (double)want[i]) < 1e-6);
}

/* Each corruption of a chain has draws of its own: the deviations of two add up as those of
 * independent numbers. */
static void corruptions_of_a_chain_are_independent(void **state)
{
	static const double mean[] = {0, 0, 0}, std[] = {1, 1, 1};
	struct yc_corruption_cfg cfg = {1};
	const struct yc_method *noise = &named("gaussian-noise")->method,
			       *word[] = {noise, noise};
	void *cfgs[] = {&cfg, &cfg};
	yc_real x[COUNT], tmp[COUNT];
	struct yc_chain chain;
	double square = 0;
	bool pixels;

	(void)state;
	assert_int_equal(yc_chain_new(&chain, word, cfgs, 2, SIDE, CHANNELS), YC_OK);
	for (int k = 0; k < chain.n; k++) {
		chain.part[k].aug.mean = mean;
		chain.part[k].aug.std = std;
	}
	for (int i = 0; i < COUNT; i++)
		x[i] = 0.5f;
	assert_int_equal(
		yc_chain_apply(&chain, yc_rng_new(3, "test"), x, tmp, &pixels), YC_OK);
	for (int i = 0; i < COUNT; i++)
		square += ((double)x[i] - 0.5) * ((double)x[i] - 0.5);
	assert_true(fabs(sqrt(square / COUNT) - 0.04 * sqrt(2)) < 0.006);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_one_grows_with_its_severity),
		cmocka_unit_test(parameters_are_those_that_are_published),
		cmocka_unit_test(up_to_64_pixels_are_small),
		cmocka_unit_test(larger_images_have_parameters_of_their_own),
		cmocka_unit_test(noise_has_its_deviation),
		cmocka_unit_test(blur_is_a_gaussian),
		cmocka_unit_test(blur_repeats_the_border),
		cmocka_unit_test(jpeg_gives_bytes_and_keeps_one_grey),
		cmocka_unit_test(jpeg_takes_one_or_three_channels),
		cmocka_unit_test(a_chain_converts_between_pixels_and_normalised),
		cmocka_unit_test(corruptions_of_a_chain_are_independent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "yc/data.h"

#ifdef YC_DOUBLE
#define TOL 1e-9
#else
#define TOL 2e-4
#endif

static void near_to(yc_real got, double want, double tol)
{
	if (!(fabs((double)got - want) <= tol * (1 + fabs(want))))
		fail_msg("got %.12g, want %.12g", (double)got, want);
}

/* A set of n images [channels][h][h] of label[]; pixel k of all is k, modulo 256 in
 * bytes. */
static struct yc_set make(struct yc_head head, enum yc_dtype type, uint64_t n,
	uint64_t channels, uint64_t h, const int64_t *label)
{
	struct yc_set s = {.head = head};
	const uint64_t shape[] = {n, channels, h, h};
	struct yc_tensor *t = yc_set_put(&s, "image", type, 4, shape, NULL);

	assert_non_null(t);
	for (size_t k = 0; k < n * channels * h * h; k++)
		if (type == YC_U8)
			((uint8_t *)t->data)[k] = (uint8_t)k;
		else
			((float *)t->data)[k] = (float)k;
	assert_non_null(yc_set_put(&s, "label", YC_I64, 1, shape, label));
	return s;
}

static void pixels_are_normalised_by_the_constants_of_cifar(void **state)
{
	const struct yc_head head = {.classes = 1, .side = 1, .factor = 1};
	const float pixel[] = {0.25f, 0.5f, 0.75f};
	struct yc_set s = make(head, YC_F32, 1, 3, 1, (int64_t[]){0});
	struct yc_data d;
	yc_real x[3];

	(void)state;
	memcpy(yc_set_col(&s, "image")->data, pixel, sizeof(pixel));
	assert_int_equal(
		yc_data_new(&d, &s), YC_OK); /* CIFAR's constants without a head's */
	yc_data_fetch(&d, 0, x);
	near_to(x[0], -1.19327731092, TOL);
	near_to(x[1], 0.0892678034102, TOL);
	near_to(x[2], 1.50995024876, TOL);
	yc_data_fetch_raw(&d, 0, x);
	near_to(x[2], 0.75, 0);
	yc_data_release(&d);
	yc_set_release(&s);
}

static void bytes_are_borrowed_and_interleaved(void **state)
{
	const struct yc_head head = {.classes = 2,
		.side = 3,
		.factor = 1,
		.nmean = 3,
		.mean = {0.1, 0.2, 0.3},
		.std = {0.5, 0.25, 2}};
	struct yc_set s = make(head, YC_U8, 2, 3, 3, (int64_t[]){1, 0});
	struct yc_data d;
	yc_real x[27], raw[27];

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	assert_ptr_equal(d.u8, yc_set_col(&s, "image")->data);
	assert_null(d.real);
	assert_int_equal(d.n, 2);
	assert_int_equal(d.label[0], 1);
	assert_int_equal(d.row[1], 1);
	yc_data_fetch(&d, 1, x);
	yc_data_fetch_raw(&d, 1, raw);
	for (int p = 0; p < 9; p++)
		for (int c = 0; c < 3; c++) {
			double want = (27 + c * 9 + p) / 255.0;

			near_to(raw[p * 3 + c], want, 1e-6);
			near_to(x[p * 3 + c], (want - head.mean[c]) / head.std[c], 1e-6);
		}
	yc_data_release(&d);
	yc_set_release(&s);
}

static void normalised_pixels_are_left_alone(void **state)
{
	const struct yc_head head = {.classes = 1,
		.side = 2,
		.factor = 1,
		.nmean = 1,
		.mean = {0.5},
		.std = {0.25}};
	struct yc_set s = make(head, YC_F32, 1, 1, 2, (int64_t[]){0});
	struct yc_data d;
	yc_real x[4];

	(void)state;
	assert_int_equal(yc_meta_set(&s.meta, "yc.normalised", "1"), YC_OK);
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	assert_true(d.normalised);
	yc_data_fetch(&d, 0, x);
	near_to(x[3], 3, 0);
	yc_data_fetch_raw(&d, 0, x);
	near_to(x[3], 3 * 0.25 + 0.5, 1e-6);
	yc_data_release(&d);
	yc_set_release(&s);
}

/* g(c,k,m) with classes of different size: yc-methods(7), "Decoded order". */
static void condensed_images_decode_class_major_then_tile_major(void **state)
{
	const struct yc_head head = {.classes = 3,
		.side = 4,
		.factor = 2,
		.nmean = 1,
		.mean = {0},
		.std = {1}};
	static const int row[] = {
		1, 3, 4, 1, 3, 4, 1, 3, 4, 1, 3, 4, 0, 2, 0, 2, 0, 2, 0, 2};
	struct yc_set s = make(head, YC_F32, 5, 1, 4, (int64_t[]){2, 0, 2, 0, 0});
	struct yc_data d;
	yc_real x[16];

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	assert_int_equal(d.n, 20);
	for (int i = 0; i < 20; i++) {
		int k = i < 12 ? i / 3 : (i - 12) / 2;

		assert_int_equal(d.row[i], row[i]);
		assert_int_equal(d.tile[i], k);
		assert_int_equal(d.label[i], i < 12 ? 0 : 2);
		yc_data_fetch(&d, i, x);
		near_to(x[0], 16 * row[i] + 8 * (k / 2) + 2 * (k % 2), 1e-6);
	}
	yc_data_release(&d);
	yc_set_release(&s);
}

static void tiles_keep_their_order_and_position(void **state)
{
	const struct yc_head head = {.classes = 2,
		.side = 4,
		.factor = 1,
		.nmean = 1,
		.mean = {0},
		.std = {1}};
	struct yc_set s = make(head, YC_U8, 3, 1, 2, (int64_t[]){1, 0, 1});
	const uint64_t shape[] = {3};
	struct yc_data d;
	yc_real x[16];

	(void)state;
	assert_non_null(yc_set_put(&s, "tile", YC_I64, 1, shape, (int64_t[]){3, 0, 2}));
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	assert_null(d.u8);
	assert_int_equal(d.tile[0], 3);
	assert_int_equal(d.tile[2], 2);
	assert_int_equal(d.label[1], 0);
	yc_data_fetch_raw(&d, 1, x);
	near_to(x[0], 4 / 255.0, 1e-6);
	near_to(x[1], 4.25 / 255, 1e-6);
	near_to(x[15], 7 / 255.0, 1e-6);
	yc_data_release(&d);
	yc_set_release(&s);
}

static void a_head_that_does_not_fit_is_refused(void **state)
{
	struct yc_head head = {.classes = 1, .side = 2, .factor = 1};
	struct yc_set s = make(head, YC_F32, 1, 1, 2, (int64_t[]){0});
	struct yc_data d;

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_FAIL); /* no constants for one channel */
	s.head.nmean = 1;
	assert_int_equal(yc_data_new(&d, &s), YC_FAIL); /* std 0 */
	s.head.std[0] = 1;
	s.head.side = 1;
	assert_int_equal(yc_data_new(&d, &s), YC_FAIL); /* images too large */
	s.head.side = 2;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	yc_data_release(&d);
	yc_set_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pixels_are_normalised_by_the_constants_of_cifar),
		cmocka_unit_test(bytes_are_borrowed_and_interleaved),
		cmocka_unit_test(normalised_pixels_are_left_alone),
		cmocka_unit_test(condensed_images_decode_class_major_then_tile_major),
		cmocka_unit_test(tiles_keep_their_order_and_position),
		cmocka_unit_test(a_head_that_does_not_fit_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

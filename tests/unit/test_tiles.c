/* SPDX-License-Identifier: MIT */
/* Grouping by class and the decoded order, held to the formulas of yc-methods(7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/image/internal.h"
#include "yc/group.h"
#include "yc/mem.h"
#include "yc/real.h"
#include "yc/tiles.h"

/* ---- grouping ---- */

static void groups_keep_the_order_of_rows(void **state)
{
	static const int32_t label[] = {2, 0, 2, 2, 4, 0};
	static const int64_t label64[] = {2, 0, 2, 2, 4, 0};
	static const int32_t first[] = {0, 2, 2, 5, 5, 6}, member[] = {1, 5, 0, 2, 3, 4};
	int32_t own_first[6], own_member[6];
	struct yc_groups g;

	(void)state;
	assert_int_equal(yc_groups_new(&g, label, 6, 5), YC_OK);
	assert_memory_equal(g.first, first, sizeof(first));
	assert_memory_equal(g.member, member, sizeof(member));
	assert_int_equal(yc_groups_count(&g, 1), 0);
	assert_int_equal(yc_groups_count(&g, 2), 3);
	assert_int_equal(yc_groups_of(&g, 2)[2], 3);
	yc_groups_release(&g);
	assert_int_equal(yc_groups_new64(&g, label64, 6, 5), YC_OK);
	assert_memory_equal(g.first, first, sizeof(first));
	assert_memory_equal(g.member, member, sizeof(member));
	yc_groups_release(&g);
	memset(own_first, -1, sizeof(own_first));
	yc_group_by_class(label, 6, 5, own_first, own_member);
	assert_memory_equal(own_first, first, sizeof(first));
	assert_memory_equal(own_member, member, sizeof(member));
}

static void without_labels_all_are_one_group(void **state)
{
	struct yc_groups g;

	(void)state;
	assert_int_equal(yc_groups_new(&g, NULL, 3, 1), YC_OK);
	assert_int_equal(yc_groups_count(&g, 0), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(yc_groups_of(&g, 0)[i], i);
	yc_groups_release(&g);
	assert_int_equal(yc_groups_new(&g, NULL, (size_t)INT32_MAX + 1, 1), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "2147483648 images are too many"));
}

/* ---- decoded order ---- */

/* The rows of a condensed set in any order of classes. */
enum { CLASSES = 3, IPC = 4, ROWS = CLASSES * IPC };
static const int64_t shuffled[ROWS] = {1, 0, 0, 2, 1, 1, 2, 0, 2, 2, 0, 1};

/* m: which of its class a row is, in the order of the stream. */
static int member_of_class(int row)
{
	int m = 0;

	for (int r = 0; r < row; r++)
		m += shuffled[r] == shuffled[row];
	return m;
}

static struct yc_tiling tiling(enum yc_decode_type type, int factor)
{
	return (struct yc_tiling){.type = type,
		.bound = 9,
		.factor = factor,
		.classes = CLASSES,
		.rows = ROWS,
		.label = shuffled};
}

/* g(c,k,m) = c IPC f^2 + k IPC + m, and its inverse. */
static void tiles_are_where_the_formula_says(void **state)
{
	(void)state;
	for (int f = 2; f < 5; f++) {
		const struct yc_tiling of = tiling(YC_DECODE_SINGLE, f);
		struct yc_tile *tile;
		int n;

		assert_int_equal(yc_tiles_list(&tile, &n, &of), YC_OK);
		assert_int_equal(n, CLASSES * IPC * f * f);
		for (int row = 0; row < ROWS; row++) {
			for (int k = 0; k < f * f; k++) {
				int c = (int)shuffled[row], m = member_of_class(row),
				    g = c * IPC * f * f + k * IPC + m;

				assert_int_equal(tile[g].row, row);
				assert_int_equal(tile[g].position, k);
				assert_int_equal(tile[g].factor, f);
			}
		}
		for (int g = 0; g < n; g++) {
			int in_class = g % (IPC * f * f);

			assert_int_equal(shuffled[tile[g].row], g / (IPC * f * f));
			assert_int_equal(tile[g].position, in_class / IPC);
			assert_int_equal(member_of_class(tile[g].row), in_class % IPC);
		}
		yc_free(tile);
	}
}

/* Each class has its own IPC, and may have none. */
static void classes_may_differ_in_size(void **state)
{
	static const int64_t label[] = {3, 0, 3, 0, 0};
	const struct yc_tiling of = {
		.factor = 2, .classes = 4, .rows = 5, .label = label};
	struct yc_tile *tile;
	int n;

	(void)state;
	assert_int_equal(yc_tiles_list(&tile, &n, &of), YC_OK);
	assert_int_equal(n, 20);
	/* class 0: rows 1, 3, 4; class 3 from 12 on: rows 0, 2 */
	assert_int_equal(tile[2 * 3 + 1].row, 3);
	assert_int_equal(tile[2 * 3 + 1].position, 2);
	assert_int_equal(tile[12 + 3 * 2 + 1].row, 2);
	assert_int_equal(tile[12 + 3 * 2 + 1].position, 3);
	yc_free(tile);
}

static void rows_that_are_not_cut_stay_in_order(void **state)
{
	static const enum yc_decode_type type[] = {
		YC_DECODE_SINGLE, YC_DECODE_MULTI, YC_DECODE_BOUND};
	struct yc_tile *tile;
	int n;

	(void)state;
	for (size_t t = 0; t < YC_COUNT(type); t++) {
		const struct yc_tiling of = tiling(type[t], 1);

		assert_int_equal(yc_tiles_list(&tile, &n, &of), YC_OK);
		assert_int_equal(n, ROWS);
		for (int i = 0; i < n; i++) {
			assert_int_equal(tile[i].row, i);
			assert_int_equal(tile[i].factor, 1);
			assert_int_equal(tile[i].position, 0);
		}
		yc_free(tile);
	}
}

/* The set is the orders of its classes one after the other, for every type. */
static void a_set_is_its_classes_in_a_row(void **state)
{
	static const enum yc_decode_type type[] = {YC_DECODE_MULTI, YC_DECODE_BOUND};

	(void)state;
	for (size_t t = 0; t < YC_COUNT(type); t++) {
		const struct yc_tiling of = tiling(type[t], 3);
		struct yc_tile *tile, one[64];
		int n, m = yc_tiles_of_class(type[t], 3, IPC, 9, one, 64);

		assert_int_equal(m, type[t] == YC_DECODE_MULTI ? 14 * IPC : 7);
		assert_int_equal(yc_tiles_list(&tile, &n, &of), YC_OK);
		assert_int_equal(n, CLASSES * m);
		for (int i = 0; i < n; i++) {
			assert_int_equal(shuffled[tile[i].row], i / m);
			assert_int_equal(member_of_class(tile[i].row), one[i % m].row);
			assert_int_equal(tile[i].factor, one[i % m].factor);
			assert_int_equal(tile[i].position, one[i % m].position);
		}
		yc_free(tile);
	}
}

static void a_bound_below_a_class_is_refused_by_name(void **state)
{
	static const int64_t label[] = {0, 1, 1, 1};
	const struct yc_tiling of = {.type = YC_DECODE_BOUND,
		.bound = 2,
		.factor = 2,
		.classes = 2,
		.rows = 4,
		.label = label};
	struct yc_tile *tile;
	int n;

	(void)state;
	assert_int_equal(yc_tiles_list(&tile, &n, &of), YC_FAIL);
	assert_null(tile);
	assert_string_equal(
		yc_errmsg(), "class 1: bound 2 is less than the 3 images of a class");
}

static void positions_belong_to_rows_that_are_tiles(void **state)
{
	static const int64_t position[] = {3, 1};
	const uint64_t shape[] = {2, 1};
	struct yc_set s = {.rows = 2, .head = {.classes = 1, .side = 8, .factor = 1}};

	(void)state;
	assert_null(yc_set_positions(&s));
	assert_non_null(yc_set_put(&s, "tile", YC_I64, 1, shape, position));
	assert_memory_equal(yc_set_positions(&s), position, sizeof(position));
	s.head.factor = 2; /* of what is cut, the column would say nothing */
	assert_null(yc_set_positions(&s));
	s.head.factor = 1;
	assert_non_null(yc_set_put(&s, "tile", YC_I64, 2, shape, position));
	assert_null(yc_set_positions(&s));
	yc_set_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_keep_the_order_of_rows),
		cmocka_unit_test(without_labels_all_are_one_group),
		cmocka_unit_test(tiles_are_where_the_formula_says),
		cmocka_unit_test(classes_may_differ_in_size),
		cmocka_unit_test(rows_that_are_not_cut_stay_in_order),
		cmocka_unit_test(a_set_is_its_classes_in_a_row),
		cmocka_unit_test(a_bound_below_a_class_is_refused_by_name),
		cmocka_unit_test(positions_belong_to_rows_that_are_tiles),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

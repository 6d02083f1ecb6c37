/* SPDX-License-Identifier: MIT */
/* Shards: that each row is in one of them, whatever their number, and which are missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "yc.h"

/* The rows of shard i/n of `rows`, asked for in pieces of `step`; count[k] grows for each. */
static size_t take(uint32_t i, uint32_t n, size_t rows, size_t step, int *count)
{
	const struct yc_shard s = {i, n, false};
	size_t row[64], all = 0, last = 0;

	for (size_t at = 0; at < rows; at += step) {
		size_t k = rows - at < step ? rows - at : step,
		       taken = yc_shard_pick(&s, rows, 1, at, k, NULL, row);

		for (size_t t = 0; t < taken; t++) {
			assert_true(row[t] < k);
			assert_true(!all || at + row[t] == last + 1);
			last = at + row[t];
			count[last]++;
			all++;
		}
	}
	return all;
}

static void each_row_is_in_one_shard(void **state)
{
	(void)state;
	for (size_t rows = 0; rows <= 60; rows++) {
		for (uint32_t n = 1; n <= 70; n++) {
			int count[60] = {0};
			size_t least = SIZE_MAX, most = 0;

			for (uint32_t i = 1; i <= n; i++) {
				size_t got = take(i, n, rows, 1 + (n + i) % 13, count);

				least = got < least ? got : least;
				most = got > most ? got : most;
			}
			for (size_t k = 0; k < rows; k++)
				assert_int_equal(count[k], 1);
			assert_true(most - least <= 1);
		}
	}
}

static void classes_stay_whole(void **state)
{
	enum { CLASSES = 7, ROWS = 50 };
	int64_t label[ROWS];
	size_t row[ROWS];

	(void)state;
	for (size_t k = 0; k < ROWS; k++)
		label[k] = (int64_t)(k * k % CLASSES);
	for (uint32_t n = 1; n <= 9; n++) {
		size_t all = 0;
		int64_t highest = -1;

		for (uint32_t i = 1; i <= n; i++) {
			const struct yc_shard s = {i, n, true};
			size_t taken =
				yc_shard_pick(&s, ROWS, CLASSES, 0, ROWS, label, row);
			int64_t now = highest;

			for (size_t t = 0; t < taken; t++) {
				assert_true(label[row[t]] > highest);
				now = label[row[t]] > now ? label[row[t]] : now;
			}
			highest = now;
			all += taken;
		}
		assert_int_equal(all, ROWS);
	}
}

/* Rows times shards does not fit into 64 bits. */
static void large_streams_divide(void **state)
{
	const uint64_t rows = UINT64_MAX - 5;
	const uint32_t n = YC_SHARDS_MAX;
	size_t row[4];

	(void)state;
	for (uint32_t i = 1; i <= n; i += i < 3 || i > n - 5 ? 1 : n / 7) {
		const struct yc_shard s = {i, n, false}, next = {i + 1, n, false};
		const uint64_t end = (uint64_t)((unsigned __int128)rows * i / n);

		assert_int_equal(yc_shard_pick(&s, rows, 1, end - 2, 2, NULL, row), 2);
		if (i == n)
			break;
		assert_int_equal(yc_shard_pick(&s, rows, 1, end - 2, 4, NULL, row), 2);
		assert_int_equal(yc_shard_pick(&next, rows, 1, end - 2, 4, NULL, row), 2);
		assert_int_equal(row[0], 2);
	}
}

static void text_is_read_strictly(void **state)
{
	static const char *const wrong[] = {"", "/", "1", "1/", "/2", "0/2", "3/2",
		"1/2 ", " 1/2", "+1/2", "1/0", "1/2/3", "0x1/2", "1/1000001",
		"1/99999999999999999999999"};
	struct yc_shard_cfg cfg = {.shard = "2/3"};
	struct yc_shard s;
	char text[YC_SHARD_TEXT];

	(void)state;
	assert_int_equal(yc_shard_resolve(&s, &cfg), YC_OK);
	yc_shard_text(&s, text);
	assert_string_equal(text, "2/3 by rows");
	assert_string_equal(cfg.by, "rows");
	cfg = (struct yc_shard_cfg){"1000000/1000000", "classes"};
	assert_int_equal(yc_shard_resolve(&s, &cfg), YC_OK);
	yc_shard_text(&s, text);
	assert_string_equal(text, "1000000/1000000 by classes");
	for (size_t i = 0; i < YC_COUNT(wrong); i++) {
		cfg = (struct yc_shard_cfg){.shard = wrong[i]};
		assert_int_equal(yc_shard_resolve(&s, &cfg), YC_USAGE);
	}
	cfg = (struct yc_shard_cfg){.by = "rows"};
	assert_int_equal(yc_shard_resolve(&s, &cfg), YC_USAGE);
	cfg = (struct yc_shard_cfg){0};
	assert_int_equal(yc_shard_resolve(&s, &cfg), YC_OK);
	assert_int_equal(s.n, 0);
	assert_null(cfg.by);
}

static void what_is_missing_is_told(void **state)
{
	static const struct {
		struct yc_shard shard[4];
		size_t n;
		const char *text; /* NULL: complete, or no division */
	} cases[] = {
		{{{1, 3, false}, {2, 3, false}, {3, 3, false}}, 3, NULL},
		{{{1, 3, false}, {3, 3, false}}, 2, "2/3 by rows is missing"},
		{{{1, 2, true}, {1, 2, true}, {2, 2, true}}, 3,
			"1/2 by classes is there twice"},
		{{{2, 2, false}, {1, 2, false}}, 2, "1/2 by rows comes after"},
		{{{1, 2, false}, {2, 3, false}}, 2, "2/3 by rows is of another"},
		{{{1, 2, false}, {2, 2, true}}, 2, "2/2 by classes is of another"},
		{{{2, 3, false}}, 1, NULL},
		{{{1, 3, false}, {0, 0, false}}, 2, NULL},
		{{{0}}, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(cases); i++) {
		const int status = yc_shards_complete(cases[i].shard, cases[i].n);

		assert_int_equal(status, cases[i].text ? YC_FAIL : YC_OK);
		if (cases[i].text)
			assert_non_null(strstr(yc_errmsg(), cases[i].text));
	}
}

/* The newest entry of a history says which shard the stream is. */
static void histories_tell_shards(void **state)
{
	static const struct {
		const char *history;
		struct yc_shard is;
	} cases[] = {
		{"[]", {0}},
		{"[{\"tool\":\"yc-load\",\"options\":{\"shard\":\"2/"
		 "5\",\"by\":\"classes\"}}]",
			{2, 5, true}},
		{"[{\"tool\":\"yc-load\",\"options\":{\"shard\":\"2/5\"}},"
		 "{\"tool\":\"yc-cat\",\"options\":{\"shard\":\"1/2\",\"by\":\"rows\"}},"
		 "{\"tool\":\"yc-score\",\"options\":{\"epochs\":\"1\"}},"
		 "{\"tool\":\"yc-cat\",\"options\":{}}]",
			{1, 2, false}},
		{"[{\"tool\":\"cat\",\"parts\":[[{\"tool\":\"yc-cat\",\"options\":{"
		 "\"shard\":\"1/"
		 "2\"}}]]}]",
			{0}},
		{"[{\"tool\":\"yc-cat\",\"options\":{\"shard\":\"9/2\"}}]", {0}},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(cases); i++) {
		struct yc_meta m = {0};
		struct yc_shard s;

		assert_int_equal(yc_meta_set(&m, "yc.history", cases[i].history), YC_OK);
		s = yc_shard_of(&m);
		assert_int_equal(s.i, cases[i].is.i);
		assert_int_equal(s.n, cases[i].is.n);
		assert_int_equal(s.classes, cases[i].is.classes);
		yc_meta_release(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_in_one_shard),
		cmocka_unit_test(classes_stay_whole),
		cmocka_unit_test(large_streams_divide),
		cmocka_unit_test(text_is_read_strictly),
		cmocka_unit_test(what_is_missing_is_told),
		cmocka_unit_test(histories_tell_shards),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/train/internal.h"
#include "yc/train_opts.h"

/* yc-methods(7), "Epoch rule". */
static void epochs_follow_the_rule(void **state)
{
	static const struct {
		uint64_t per_class;
		int classes;
		uint32_t epochs;
	} row[] = {{1, 10, 3000}, {2, 10, 2000}, {10, 10, 2000}, {11, 10, 1500},
		{50, 10, 1500}, {51, 10, 1000}, {200, 10, 1000}, {201, 10, 500},
		{500, 10, 500}, {501, 10, 300}, {1300, 10, 300},
		/* 1, 2, 5, 10, 20, 50 condensed images of nine tiles */
		{9, 10, 2000}, {18, 10, 1500}, {45, 10, 1500}, {90, 10, 1000},
		{180, 10, 1000}, {450, 10, 500},
		/* 100 classes: two thirds, in hundreds */
		{1, 100, 2000}, {10, 100, 1300}, {50, 100, 1000}, {200, 100, 600},
		{500, 100, 300}, {501, 100, 200}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row); i++)
		assert_int_equal(yc_train_opts_epochs(row[i].per_class, row[i].classes),
			row[i].epochs);
}

/* Images of two classes, `n` of the first and one of the second. */
static void make(struct yc_set *set, struct yc_data *data, int side, int channels, int n)
{
	static int32_t label[100];

	for (int i = 0; i < n; i++)
		label[i] = 0;
	label[n] = 1;
	*set = (struct yc_set){.head = {.classes = 2, .side = side, .factor = 1}};
	*data = (struct yc_data){.n = n + 1,
		.classes = 2,
		.side = side,
		.channels = channels,
		.label = label};
}

static const struct yc_train_opts open_setup = {.epochs = YC_EPOCHS_OPEN, .mix_p = NAN};

static void check(struct yc_set *set, struct yc_data *data, bool scoring, const char *aug,
	double mix_p, uint32_t epochs)
{
	struct yc_train_opts s = open_setup;

	yc_train_opts_resolve(&s, set, data, scoring);
	assert_string_equal(s.aug, aug);
	assert_true(s.mix_p == mix_p);
	assert_int_equal(s.epochs, epochs);
}

#define DIFF "color_crop_flip_scale_rotate"

static void large_images_are_treated_as_imagenet_is(void **state)
{
	struct yc_set set;
	struct yc_data data;

	(void)state;
	make(&set, &data, 32, 3, 1);
	check(&set, &data, false, DIFF, 0.5, 1000);
	check(&set, &data, true, DIFF, 0.5, 1000);
	make(&set, &data, 64, 3, 30);
	check(&set, &data, false, DIFF, 0.5, 1000);
	make(&set, &data, 65, 3, 30);
	check(&set, &data, false, "imagenet", 1, 1500);
	check(&set, &data, true, "imagenet_" DIFF, 0.5, 1500);
	make(&set, &data, 224, 1, 90);
	check(&set, &data, false, DIFF, 1, 1000);
}

static void what_was_said_stays(void **state)
{
	struct yc_train_opts s = {.epochs = 0, .mix_p = 0.25, .aug = "none"};
	struct yc_set set;
	struct yc_data data;

	(void)state;
	make(&set, &data, 224, 3, 9);
	yc_train_opts_resolve(&s, &set, &data, false);
	assert_string_equal(s.aug, "none");
	assert_true(s.mix_p == 0.25);
	assert_int_equal(s.epochs, 0);
}

/* A set of one batch makes a pass of every step, one of two batches of every second. */
static void steps_do_not_go_by_the_size_of_the_set(void **state)
{
	struct yc_train_opts s = open_setup;
	struct yc_set set;
	struct yc_data data;

	(void)state;
	s.steps = 7;
	s.batch = 8;
	make(&set, &data, 32, 3, 7);
	yc_train_opts_resolve(&s, &set, &data, false);
	assert_int_equal(s.epochs, 7);
	make(&set, &data, 224, 3, 8);
	yc_train_opts_resolve(&s, &set, &data, false);
	assert_int_equal(s.epochs, 4);
	assert_int_equal(yc_train_opts_hyper(&s).epochs, 7);
	assert_true(yc_train_opts_hyper(&s).by_step);
	s.steps = 0;
	assert_int_equal(yc_train_opts_hyper(&s).epochs, 4);
	assert_false(yc_train_opts_hyper(&s).by_step);
}

/* yc-methods(7), "Epoch rule": it goes by the set that was condensed, not by what was
 * chosen of it. */
static void the_history_tells_the_size_of_the_condensed_set(void **state)
{
	static const char history[] =
		"[{\"tool\":\"yc-load\",\"options\":{\"ipc\":\"77\"}},"
		"{\"tool\":\"yc-condense\",\"options\":{\"ipc\":\"50\",\"factor\":\"3\"}}"
		","
		"{\"tool\":\"yc-select\",\"options\":{\"ipc\":\"1\"}}]";
	struct yc_set set;
	struct yc_data data;
	char text[32];

	(void)state;
	make(&set, &data, 224, 3, 9);
	check(&set, &data, false, "imagenet", 1, 2000);
	assert_int_equal(yc_meta_set(&set.meta, "yc.history", history), YC_OK);
	check(&set, &data, false, "imagenet", 1, 500);
	assert_true(yc_history_option(&set.meta, "yc-load", "ipc", text, sizeof text));
	assert_string_equal(text, "77");
	assert_false(yc_history_option(&set.meta, "yc-load", "side", text, sizeof text));
	assert_false(yc_history_option(&set.meta, "yc-eval", "ipc", text, sizeof text));
	assert_int_equal(yc_meta_set(&set.meta, "yc.history", "[3,{\"tool\":4}]"), YC_OK);
	check(&set, &data, false, "imagenet", 1, 2000);
	assert_int_equal(yc_meta_set(&set.meta, "yc.history", "no list"), YC_OK);
	check(&set, &data, false, "imagenet", 1, 2000);
	yc_meta_release(&set.meta);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs_follow_the_rule),
		cmocka_unit_test(large_images_are_treated_as_imagenet_is),
		cmocka_unit_test(what_was_said_stays),
		cmocka_unit_test(steps_do_not_go_by_the_size_of_the_set),
		cmocka_unit_test(the_history_tells_the_size_of_the_condensed_set),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

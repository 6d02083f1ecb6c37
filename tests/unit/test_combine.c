/* SPDX-License-Identifier: MIT */
/* Several scores as one ranking, against ranks worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "yc/real.h"
#include "yc/select.h"

enum { ROWS = 6 };

/* Two classes. Low is easy in lbpe, high in aum; both have ties. */
static const int64_t label[ROWS] = {0, 0, 0, 0, 1, 1};
static const float lbpe[ROWS] = {.1F, .2F, .2F, .4F, .5F, .3F};
static const float aum[ROWS] = {1, 4, 2, 2, 7, 9};

static void make(struct yc_set *s)
{
	const uint64_t shape[4] = {ROWS, 1, 2, 2}, wide[2] = {ROWS, 1};

	memset(s, 0, sizeof(*s));
	s->head = (struct yc_head){.classes = 2, .side = 2, .factor = 1};
	assert_int_equal(yc_head_store(&s->head, &s->meta), YC_OK);
	assert_non_null(yc_set_put(s, "image", YC_U8, 4, shape, NULL));
	assert_non_null(yc_set_put(s, "label", YC_I64, 1, shape, label));
	assert_non_null(yc_set_put(s, "score.lbpe", YC_F32, 2, wide, lbpe));
	assert_non_null(yc_set_put(s, "score.aum", YC_F32, 2, wide, aum));
	assert_non_null(yc_set_put(s, "score.mine", YC_F32, 2, wide, aum));
}

/* Of the rule "name --keep part" with such options; the caller releases it. */
static int choose(struct yc_selection *sel, const char *name, struct yc_select_cfg cfg)
{
	const struct yc_selector *rule = yc_selector_find(name, strlen(name), &cfg.named);
	uint64_t own[8] = {0};
	struct yc_set s;
	int status;

	assert_non_null(rule);
	if (!cfg.keep && !cfg.tiles)
		cfg.keep = 1;
	make(&s);
	status = yc_select_resolve(&cfg, rule);
	if (!status)
		status = yc_select(sel, &s, rule, &cfg, own, yc_rng_new(0, "select"));
	yc_set_release(&s);
	return status;
}

static void has(const char *name, struct yc_select_cfg cfg, const double *score)
{
	struct yc_selection sel;

	assert_int_equal(choose(&sel, name, cfg), YC_OK);
	for (size_t g = 0; g < ROWS; g++)
		if (sel.candidates.score[g] != score[g])
			fail_msg("%s %s: tile %zu has %g, not %g", name,
				cfg.combine ? cfg.combine : "", g,
				sel.candidates.score[g], score[g]);
	yc_selection_release(&sel);
}

/*
 * Class 0: lbpe ranks 1, 2.5, 2.5, 4, aum, whose high is easy, 4, 1, 2.5, 2.5.
 * Class 1: 2, 1 by both.
 */
static void ranks_are_those_in_the_class_easy_first(void **state)
{
	static const double mean[ROWS] = {2.5, 1.75, 2.5, 3.25, 2, 1};
	static const double max[ROWS] = {4, 2.5, 2.5, 4, 2, 1};
	static const double min[ROWS] = {1, 1, 2.5, 2.5, 2, 1};
	struct yc_select_cfg cfg = {.score = "lbpe,aum"};

	(void)state;
	has("yoco", cfg, mean);
	cfg.combine = "rank-mean";
	has("yoco", cfg, mean);
	cfg.combine = "rank-max";
	has("yoco", cfg, max);
	cfg.combine = "rank-min";
	has("yoco", cfg, min);
	cfg.score = "score.aum,score.lbpe";
	has("el2n_hard_balance", cfg, min);
}

/* lbpe: 1, 2.5, 2.5, 5, 6, 4; aum: 6, 3, 4.5, 4.5, 2, 1. */
static void without_balance_ranks_are_those_of_all(void **state)
{
	static const double mean[ROWS] = {3.5, 2.75, 3.5, 4.75, 4, 2.5};
	static const double max[ROWS] = {6, 3, 4.5, 5, 6, 4};

	(void)state;
	has("yoco_imbalance", (struct yc_select_cfg){.score = "lbpe,aum"}, mean);
	has("aum", (struct yc_select_cfg){.score = "lbpe,aum", .combine = "rank-max"},
		max);
}

/* A column that no rule has is taken as the rule takes its own: yoco keeps what is low. */
static void other_columns_have_the_direction_of_the_rule(void **state)
{
	static const double low[ROWS] = {1, 3.25, 2.5, 3.25, 1.5, 1.5};
	static const double high[ROWS] = {2.5, 1.75, 2.5, 3.25, 2, 1};
	struct yc_select_cfg cfg = {.score = "lbpe,mine"};

	(void)state;
	has("yoco", cfg, low);
	has("aum_balance", cfg, high);
}

static void keeps(
	const char *name, struct yc_select_cfg cfg, const size_t *want, size_t n)
{
	struct yc_selection sel;

	assert_int_equal(choose(&sel, name, cfg), YC_OK);
	assert_int_equal(sel.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sel.chosen[i], want[i]);
	yc_selection_release(&sel);
}

/* Equal combinations are ties as others are: the first is dropped first. */
static void either_end_can_be_kept_in_order(void **state)
{
	struct yc_select_cfg cfg = {.score = "lbpe,aum", .order = true};

	(void)state;
	keeps("yoco", cfg, (const size_t[]){1, 5, 2, 4, 0, 3}, ROWS);
	cfg.keep_first = true;
	keeps("yoco", cfg, (const size_t[]){1, 5, 0, 4, 2, 3}, ROWS);
	cfg.keep_first = false;
	keeps("yoco_hard", cfg, (const size_t[]){3, 4, 2, 5, 0, 1}, ROWS);
	cfg.order = false;
	cfg.tiles = 1;
	keeps("yoco", cfg, (const size_t[]){1, 5}, 2);
	keeps("aum_easy", cfg, (const size_t[]){1, 5}, 2);
}

static void refuses(
	const char *name, struct yc_select_cfg cfg, int status, const char *why)
{
	struct yc_selection sel;

	assert_int_equal(choose(&sel, name, cfg), status);
	if (!strstr(yc_errmsg(), why))
		fail_msg("'%s' does not say '%s'", yc_errmsg(), why);
}

static void what_cannot_be_combined_is_refused(void **state)
{
	static const struct {
		const char *rule, *score, *combine, *why;
		int status;
	} bad[] = {
		{"yoco", "lbpe", "rank-max", "--combine is for several", YC_USAGE},
		{"yoco", NULL, "rank-max", "--combine is for several", YC_USAGE},
		{"yoco", "lbpe,", NULL, "'lbpe,': the name of a score", YC_USAGE},
		{"yoco", ",lbpe", NULL, "',lbpe': the name of a score", YC_USAGE},
		{"yoco", "lbpe,aum,score.lbpe", NULL, "'lbpe' is named twice", YC_USAGE},
		{"random", "lbpe,aum", NULL, "does not take --score, --comb", YC_USAGE},
		{"first", NULL, "rank-max", "does not take --score, --comb", YC_USAGE},
		{"yoco", "lbpe,amu", NULL, "no column 'score.amu'", YC_FAIL},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(bad); i++)
		refuses(bad[i].rule,
			(struct yc_select_cfg){
				.score = bad[i].score, .combine = bad[i].combine},
			bad[i].status, bad[i].why);
	refuses("ssp", (struct yc_select_cfg){.score = "lbpe,aum"}, YC_USAGE,
		"does not take several scores");
}

static void a_score_that_is_no_number_is_refused(void **state)
{
	struct yc_select_cfg cfg = {.tiles = 1, .score = "lbpe,aum"};
	const struct yc_selector *rule = yc_selector_find("yoco", 4, &cfg.named);
	struct yc_selection sel;
	struct yc_set s;

	(void)state;
	make(&s);
	((float *)yc_set_col(&s, "score.aum")->data)[3] = NAN;
	assert_int_equal(yc_select_resolve(&cfg, rule), YC_OK);
	assert_int_equal(
		yc_select(&sel, &s, rule, &cfg, NULL, yc_rng_new(0, "select")), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "'score.aum': the value of row 3"));
	/* the others hold no NaN */
	assert_true(yc_select_hold(&cfg, "score.aum"));
	assert_true(yc_select_hold(&cfg, "score.lbpe"));
	assert_false(yc_select_hold(&cfg, "score.mine"));
	yc_set_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_are_those_in_the_class_easy_first),
		cmocka_unit_test(without_balance_ranks_are_those_of_all),
		cmocka_unit_test(other_columns_have_the_direction_of_the_rule),
		cmocka_unit_test(either_end_can_be_kept_in_order),
		cmocka_unit_test(what_cannot_be_combined_is_refused),
		cmocka_unit_test(a_score_that_is_no_number_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

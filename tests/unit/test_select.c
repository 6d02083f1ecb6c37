/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "yc/decode.h"
#include "yc/mem.h"
#include "yc/real.h"
#include "yc/select.h"

enum { ROWS = 7, CLASSES = 3, CHANNELS = 3 };

/* Classes of 3, 2 and 2 sheets, not in class order. */
static const int64_t labels[ROWS] = {0, 1, 0, 2, 2, 1, 0};

static const struct yc_selector *rule(const char *name)
{
	for (int i = 0; yc_selectors[i]; i++)
		if (!strcmp(yc_selectors[i]->method.name, name))
			return yc_selectors[i];
	fail_msg("no rule %s", name);
	return NULL;
}

/* A value that tells row, tile and column apart and is not in order of anything. */
static double value(size_t row, size_t k)
{
	return (double)((row * 31 + k * 17) % 23);
}

static void put(struct yc_set *s, const char *name, enum yc_dtype type, int rank,
	const uint64_t *shape, const void *data)
{
	assert_non_null(yc_set_put(s, name, type, rank, shape, data));
}

/* `wide` scores a row; images of random pixels. */
static void make(struct yc_set *s, int side, int factor, int h, enum yc_dtype type)
{
	size_t tiles = (size_t)factor * (size_t)factor;
	size_t pixels = (size_t)(ROWS * CHANNELS * h * h);
	uint64_t image[4] = {ROWS, CHANNELS, (uint64_t)h, (uint64_t)h};
	uint64_t one[1] = {ROWS}, wide[2] = {ROWS, tiles}, soft[2] = {ROWS, 2};
	struct yc_rng rng = yc_rng_new(1, "test");
	int64_t id[ROWS];
	float *f = yc_alloc(pixels, sizeof(*f));
	uint8_t *u = yc_alloc(pixels, 1);

	memset(s, 0, sizeof(*s));
	s->head = (struct yc_head){.classes = CLASSES, .side = side, .factor = factor};
	assert_int_equal(yc_head_store(&s->head, &s->meta), YC_OK);
	for (size_t i = 0; i < pixels; i++) {
		u[i] = (uint8_t)yc_rng_below(&rng, 256);
		f[i] = (float)yc_rng_uniform(&rng);
	}
	put(s, "image", type, 4, image, type == YC_U8 ? (void *)u : (void *)f);
	put(s, "label", YC_I64, 1, one, labels);
	for (int i = 0; i < ROWS; i++)
		id[i] = 100 + 10 * i;
	put(s, "id", YC_I64, 1, one, id);
	for (size_t i = 0; i < ROWS * tiles; i++)
		f[i] = (float)value(i / tiles, i % tiles);
	put(s, "score.lbpe", YC_F32, 2, wide, f);
	for (size_t i = 0; i < ROWS * tiles; i++)
		f[i] = -(float)value(i / tiles, i % tiles);
	put(s, "score.el2n", YC_F32, 2, wide, f);
	for (int i = 0; i < 2 * ROWS; i++)
		f[i] = (float)i;
	put(s, "soft", YC_F32, 2, soft, f);
	yc_free(f);
	yc_free(u);
}

static const int64_t *longs(const struct yc_set *s, const char *name)
{
	const struct yc_tensor *t = yc_set_col(s, name);

	assert_non_null(t);
	assert_int_equal(t->dtype, YC_I64);
	return t->data;
}

static const float *floats(const struct yc_set *s, const char *name, uint64_t wide)
{
	const struct yc_tensor *t = yc_set_col(s, name);

	assert_non_null(t);
	assert_int_equal(t->dtype, YC_F32);
	assert_int_equal(t->shape[1], wide);
	return t->data;
}

static int pick(struct yc_set *to, const struct yc_set *from, const char *name,
	struct yc_select_cfg cfg, uint64_t seed)
{
	const struct yc_selector *r = rule(name);
	int err = yc_select_resolve(&cfg, r);

	return err ? err : yc_select(to, from, r, &cfg, NULL, yc_rng_new(seed, "select"));
}

/* Row of `from` by the ids that make() gives. */
static size_t row_of(int64_t id)
{
	return (size_t)(id - 100) / 10;
}

/* Units of one class per entry of label with scores, for rules that need no images. */
static void rank(const double *score, const int32_t *label, size_t n, bool easy,
	const size_t *take, size_t total, size_t *unit)
{
	double copy[16];
	int32_t l[16] = {0}, tile[16] = {0};
	size_t row[16] = {0}, count[2] = {0};
	struct yc_units u = {.n = n,
		.classes = label ? 2 : 1,
		.tiles = 1,
		.cost = 1,
		.label = l,
		.tile = tile,
		.row = row,
		.score = copy,
		.count = count};
	struct yc_rule r = {
		.easy = easy, .balanced = take != NULL, .take = take, .total = total};

	assert_true(n <= 16);
	for (size_t i = 0; i < n; i++) {
		copy[i] = score[i];
		l[i] = label ? label[i] : 0;
		count[l[i]]++;
	}
	assert_int_equal(yc_pick_ranked(&u, &r, NULL, unit), YC_OK);
}

static void same(const size_t *unit, const size_t *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(unit[i], want[i]);
}

static void ties_prune_the_lower_index_first(void **state)
{
	static const double counts[] = {2, 0, 3, 3, 1, 3, 0, 2};
	size_t unit[8];

	(void)state;
	rank(counts, NULL, 8, false, NULL, 4, unit);
	same(unit, (const size_t[]){5, 3, 2, 7}, 4);
	rank(counts, NULL, 8, true, NULL, 4, unit);
	same(unit, (const size_t[]){6, 1, 4, 7}, 4);
}

static void balanced_ranks_inside_each_class(void **state)
{
	static const double counts[] = {2, 0, 3, 3, 1, 3, 0, 2};
	static const int32_t label[] = {0, 1, 0, 1, 0, 1, 0, 1};
	static const size_t two[] = {2, 2}, uneven[] = {1, 3};
	size_t unit[8];

	(void)state;
	rank(counts, label, 8, false, two, 4, unit);
	same(unit, (const size_t[]){2, 0, 5, 3}, 4);
	rank(counts, label, 8, true, two, 4, unit);
	same(unit, (const size_t[]){6, 4, 1, 7}, 4);
	rank(counts, label, 8, true, uneven, 4, unit);
	same(unit, (const size_t[]){6, 1, 7, 5}, 4);
}

static void units_are_in_decoded_order(void **state)
{
	struct yc_units u;
	struct yc_set s;

	(void)state;
	make(&s, 8, 2, 8, YC_F32);
	assert_int_equal(yc_units_new(&u, &s, "lbpe"), YC_OK);
	assert_int_equal(u.n, ROWS * 4);
	assert_int_equal(u.cost, 4);
	/* class 0 has rows 0, 2, 6: tile-major, so tile 1 of row 2 is g = 1*3 + 1 */
	assert_int_equal(u.row[4], 2);
	assert_int_equal(u.tile[4], 1);
	/* class 1 (rows 1, 5) begins at 12: tile 3 of row 5 is 12 + 3*2 + 1 */
	assert_int_equal(u.row[19], 5);
	assert_int_equal(u.tile[19], 3);
	assert_int_equal(u.label[19], 1);
	for (size_t g = 0; g < u.n; g++)
		assert_true(u.score[g] == value(u.row[g], (size_t)u.tile[g]));
	yc_units_release(&u);
	yc_set_release(&s);
}

static void budget_counts_full_images(void **state)
{
	struct yc_set s, to;
	size_t n[CLASSES] = {0};

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(
		pick(&to, &s, "yoco", (struct yc_select_cfg){.ipc = 2}, 0), YC_OK);
	assert_int_equal(to.rows, 2 * 4 * CLASSES);
	for (size_t i = 0; i < to.rows; i++)
		n[longs(&to, "label")[i]]++;
	for (int c = 0; c < CLASSES; c++)
		assert_int_equal(n[c], 8);
	yc_set_release(&to);
	assert_int_equal(
		pick(&to, &s, "el2n", (struct yc_select_cfg){.ipc = 2}, 0), YC_OK);
	assert_int_equal(to.rows, 2 * 4 * CLASSES);
	yc_set_release(&to);
	assert_int_equal(
		pick(&to, &s, "yoco", (struct yc_select_cfg){.keep = 5}, 0), YC_OK);
	assert_int_equal(to.rows, 5 * CLASSES);
	yc_set_release(&to);
	assert_int_equal(
		pick(&to, &s, "yoco", (struct yc_select_cfg){.ipc = 3}, 0), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "class 1 has only 8"));
	assert_int_equal(
		pick(&to, &s, "el2n", (struct yc_select_cfg){.ipc = 3}, 0), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "only 28"));
	yc_set_release(&s);
	/* a third of 224 is 75: nine of these cost a sheet; 7 of 3 likewise */
	make(&s, 7, 1, 3, YC_F32);
	struct yc_units u;
	assert_int_equal(yc_units_new(&u, &s, NULL), YC_OK);
	assert_int_equal(u.cost, 9);
	assert_int_equal(u.tiles, 1);
	yc_units_release(&u);
	yc_set_release(&s);
}

static void selection_keeps_the_lowest_scores_of_each_class(void **state)
{
	struct yc_set s, to;
	double worst[CLASSES];

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	for (int hard = 0; hard < 2; hard++) {
		struct yc_select_cfg cfg = {.ipc = 1, .hard = hard, .score = "lbpe"};

		assert_int_equal(pick(&to, &s, "yoco", cfg, 0), YC_OK);
		for (int c = 0; c < CLASSES; c++)
			worst[c] = hard ? HUGE_VAL : -HUGE_VAL;
		for (size_t i = 0; i < to.rows; i++) {
			size_t row = row_of(longs(&to, "id")[i]);
			double v = value(row, (size_t)longs(&to, "tile")[i]), *w;

			w = &worst[longs(&to, "label")[i]];
			assert_int_equal(longs(&to, "label")[i], labels[row]);
			*w = hard ? fmin(*w, v) : fmax(*w, v);
		}
		/* nothing that was left out is better than the worst that was kept */
		for (size_t r = 0; r < ROWS; r++) {
			for (size_t k = 0; k < 4; k++) {
				double v = value(r, k), w = worst[labels[r]];
				bool kept = false;

				for (size_t i = 0; i < to.rows; i++)
					kept = kept ||
					       (row_of(longs(&to, "id")[i]) == r &&
						       (size_t)longs(&to, "tile")[i] ==
							       k);
				assert_true(kept || (hard ? v <= w : v >= w));
			}
		}
		yc_set_release(&to);
	}
	yc_set_release(&s);
}

static void tiles_carry_their_own_scores_and_their_sheets_columns(void **state)
{
	struct yc_set s, to;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(
		pick(&to, &s, "random", (struct yc_select_cfg){.ipc = 1}, 7), YC_OK);
	assert_int_equal(to.head.factor, 1);
	assert_int_equal(to.head.side, 8);
	assert_string_equal(yc_meta_get(&to.meta, "yc.factor"), "1");
	for (size_t i = 0; i < to.rows; i++) {
		size_t row = row_of(longs(&to, "id")[i]),
		       k = (size_t)longs(&to, "tile")[i];

		assert_true(k < 4);
		assert_true(floats(&to, "score.lbpe", 1)[i] == (float)value(row, k));
		assert_true(floats(&to, "score.el2n", 1)[i] == -(float)value(row, k));
		assert_true(floats(&to, "soft", 2)[2 * i + 1] == (float)(2 * row + 1));
	}
	assert_int_equal(yc_set_check_images(&to), YC_OK);
	yc_set_release(&to);
	yc_set_release(&s);
}

static void load_image(const struct yc_set *s, size_t row, yc_real *x)
{
	const struct yc_tensor *t = yc_set_col(s, "image");
	size_t n = (size_t)(t->shape[1] * t->shape[2] * t->shape[3]);

	for (size_t i = 0; i < n; i++)
		x[i] = t->dtype == YC_U8
			       ? (yc_real)((const uint8_t *)t->data)[row * n + i] / 255
			       : (yc_real)((const float *)t->data)[row * n + i];
}

/* The decoded tile is the decoded sub-image of the sheet, bit for bit. */
static void check_decode(int side, int factor, enum yc_dtype type, enum yc_dtype want)
{
	static yc_real image[CHANNELS * 64], a[CHANNELS * 64], b[CHANNELS * 64];
	size_t n = (size_t)(side * side * CHANNELS);
	struct yc_set s, to;
	const struct yc_tensor *t;

	make(&s, side, factor, side, type);
	assert_int_equal(
		pick(&to, &s, "yoco", (struct yc_select_cfg){.ipc = 2}, 0), YC_OK);
	t = yc_set_col(&to, "image");
	assert_int_equal(t->dtype, want);
	assert_int_equal(t->shape[2], yc_tile_side(side, factor));
	for (size_t i = 0; i < to.rows; i++) {
		load_image(&s, row_of(longs(&to, "id")[i]), image);
		yc_decode_tile(image, CHANNELS, side, factor, (int)longs(&to, "tile")[i],
			side, a);
		load_image(&to, i, image);
		yc_decode_tile(image, CHANNELS, (int)t->shape[2], 1, 0, side, b);
		if (type == want || sizeof(yc_real) == sizeof(float))
			assert_memory_equal(a, b, n * sizeof(*a));
		else /* double: k/255 was rounded to F32 */
			for (size_t p = 0; p < n; p++)
				assert_true(fabs((double)(a[p] - b[p])) < 1e-7);
	}
	yc_set_release(&to);
	yc_set_release(&s);
}

static void decoding_a_tile_gives_the_sub_image(void **state)
{
	(void)state;
	check_decode(8, 2, YC_U8, YC_U8);
	check_decode(8, 2, YC_F32, YC_F32);
	check_decode(6, 3, YC_U8, YC_U8);
	check_decode(7, 3, YC_F32, YC_F32); /* padded with 0.5 */
	check_decode(7, 3, YC_U8, YC_F32);
}

static void equal_sets(const struct yc_set *a, const struct yc_set *b)
{
	assert_int_equal(a->rows, b->rows);
	assert_int_equal(a->ncols, b->ncols);
	for (size_t i = 0; i < a->ncols; i++) {
		const struct yc_tensor *x = &a->col[i], *y = yc_set_col(b, x->name);

		assert_non_null(y);
		assert_int_equal(x->bytes, y->bytes);
		assert_memory_equal(x->data, y->data, x->bytes);
	}
}

static void pruning_in_steps_is_pruning_at_once(void **state)
{
	static const char *const rules[] = {"yoco", "el2n"};
	struct yc_set s, two, one, direct;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	for (size_t i = 0; i < YC_COUNT(rules); i++) {
		assert_int_equal(
			pick(&two, &s, rules[i], (struct yc_select_cfg){.ipc = 2}, 0),
			YC_OK);
		assert_int_equal(
			pick(&one, &two, rules[i], (struct yc_select_cfg){.ipc = 1}, 0),
			YC_OK);
		assert_int_equal(
			pick(&direct, &s, rules[i], (struct yc_select_cfg){.ipc = 1}, 0),
			YC_OK);
		equal_sets(&one, &direct);
		yc_set_release(&two);
		yc_set_release(&one);
		yc_set_release(&direct);
	}
	yc_set_release(&s);
}

static void a_prefix_of_an_ordered_stream_is_the_smaller_set(void **state)
{
	struct yc_set s, all, some;
	size_t row[12];

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(
		pick(&all, &s, "yoco", (struct yc_select_cfg){.order = true}, 0), YC_OK);
	assert_int_equal(all.rows, ROWS * 4);
	for (size_t i = 0; i < 24; i++) /* the smallest class has 8 tiles */
		assert_int_equal(longs(&all, "label")[i], i % CLASSES);
	for (uint32_t keep = 1; keep <= 4; keep++) {
		double sum = 0, want = 0;
		struct yc_select_cfg cfg = {.keep = keep};

		assert_int_equal(pick(&some, &s, "yoco", cfg, 0), YC_OK);
		for (size_t i = 0; i < some.rows; i++) {
			sum += (double)floats(&all, "score.lbpe", 1)[i];
			want += (double)floats(&some, "score.lbpe", 1)[i];
		}
		assert_true(sum == want);
		yc_set_release(&some);
	}
	for (size_t i = 0; i < 12; i++)
		row[i] = i;
	assert_int_equal(yc_set_pick(&some, &all, row, 12), YC_OK);
	yc_set_release(&all);
	assert_int_equal(pick(&all, &s, "yoco",
				 (struct yc_select_cfg){.keep = 4, .order = true}, 0),
		YC_OK);
	equal_sets(&some, &all);
	yc_set_release(&some);
	yc_set_release(&all);
	yc_set_release(&s);
}

static size_t unit_of(const struct yc_set *s, size_t i)
{
	return row_of(longs(s, "id")[i]) * 4 + (size_t)longs(s, "tile")[i];
}

static void random_draws_are_distinct_uniform_and_seeded(void **state)
{
	enum { DRAWS = 600 };
	int hits[2][ROWS * 4] = {{0}};
	struct yc_set s, to;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	for (uint64_t seed = 0; seed < DRAWS; seed++) {
		for (int b = 0; b < 2; b++) {
			struct yc_select_cfg cfg = {.ipc = 1, .balance = b};
			bool seen[ROWS * 4] = {false};
			int n[CLASSES] = {0};

			assert_int_equal(pick(&to, &s, "random", cfg, seed), YC_OK);
			assert_int_equal(to.rows, 12);
			for (size_t i = 0; i < to.rows; i++) {
				assert_false(seen[unit_of(&to, i)]);
				seen[unit_of(&to, i)] = true;
				hits[b][unit_of(&to, i)]++;
				n[longs(&to, "label")[i]]++;
			}
			for (int c = 0; b && c < CLASSES; c++)
				assert_int_equal(n[c], 4);
			yc_set_release(&to);
		}
	}
	/* binomial: six deviations */
	for (int u = 0; u < ROWS * 4; u++) {
		double p = 12.0 / (ROWS * 4), q = labels[u / 4] ? 4.0 / 8 : 4.0 / 12;

		assert_true(fabs(hits[0][u] - DRAWS * p) < 6 * sqrt(DRAWS * p * (1 - p)));
		assert_true(fabs(hits[1][u] - DRAWS * q) < 6 * sqrt(DRAWS * q * (1 - q)));
	}
	yc_set_release(&s);
}

static void a_smaller_random_draw_is_part_of_a_larger_one(void **state)
{
	struct yc_set s, one, two;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	for (int b = 0; b < 2; b++) {
		struct yc_select_cfg small = {.ipc = 1, .balance = b};
		struct yc_select_cfg large = {.ipc = 2, .balance = b};

		assert_int_equal(pick(&one, &s, "random", small, 3), YC_OK);
		assert_int_equal(pick(&two, &s, "random", large, 3), YC_OK);
		for (size_t i = 0; i < one.rows; i++) {
			bool found = false;

			for (size_t j = 0; j < two.rows; j++)
				found = found || unit_of(&one, i) == unit_of(&two, j);
			assert_true(found);
		}
		yc_set_release(&one);
		yc_set_release(&two);
	}
	yc_set_release(&s);
}

static void contradictions_are_usage_errors(void **state)
{
	static const struct {
		const char *rule;
		struct yc_select_cfg cfg;
	} bad[] = {
		{"yoco", {.ipc = 1, .hard = true, .easy = true}},
		{"yoco", {.ipc = 1, .balance = true, .imbalance = true}},
		{"yoco", {.ipc = 1, .keep = 1}},
		{"yoco", {0}},
		{"random", {.ipc = 1, .hard = true}},
		{"random", {.ipc = 1, .score = "lbpe"}},
	};
	struct yc_select_cfg cfg = {.ipc = 1};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		struct yc_select_cfg c = bad[i].cfg;

		assert_int_equal(yc_select_resolve(&c, rule(bad[i].rule)), YC_USAGE);
	}
	assert_int_equal(yc_select_resolve(&cfg, rule("yoco")), YC_OK);
	assert_true(cfg.easy && cfg.balance && !cfg.hard && !cfg.imbalance);
	assert_string_equal(cfg.score, "lbpe");
	cfg = (struct yc_select_cfg){.ipc = 1, .balance = true, .score = "score.mine"};
	assert_int_equal(yc_select_resolve(&cfg, rule("el2n")), YC_OK);
	assert_true(cfg.hard && cfg.balance && !cfg.easy && !cfg.imbalance);
	assert_string_equal(cfg.score, "mine");
}

static void bad_scores_are_errors(void **state)
{
	struct yc_select_cfg cfg = {.ipc = 1, .score = "other"};
	struct yc_set s, to;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(pick(&to, &s, "yoco", cfg, 0), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "score.lbpe, score.el2n"));
	assert_non_null(strstr(yc_errmsg(), "yc-score"));
	((float *)yc_set_col(&s, "score.lbpe")->data)[13] = NAN;
	cfg.score = NULL;
	assert_int_equal(pick(&to, &s, "yoco", cfg, 0), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "row 3, tile 1"));
	assert_int_equal(pick(&to, &s, "el2n", cfg, 0), YC_OK);
	yc_set_release(&to);
	/* scores of whole images say nothing about their tiles */
	put(&s, "score.lbpe", YC_F32, 2, (const uint64_t[]){ROWS, 1}, NULL);
	assert_int_equal(pick(&to, &s, "yoco", cfg, 0), YC_FAIL);
	assert_int_equal(pick(&to, &s, "el2n", cfg, 0), YC_OK);
	yc_set_release(&to);
	yc_set_release(&s);
}

static void write_text(char *path, const char *text)
{
	FILE *f;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int by_ids(struct yc_set *to, const struct yc_set *from, const char *text)
{
	char path[] = "/tmp/test_select.XXXXXX";
	int err;

	write_text(path, text);
	err = yc_select_ids(to, from, path);
	unlink(path);
	return err;
}

static void ids_take_rows_and_tiles_in_order(void **state)
{
	static const char *const bad[] = {"100\n999\n", "100 9\n", "100 1\n110\n", "x\n",
		"1 2 3\n", "", "# nothing\n", "1x\n", "99999999999999999999\n"};
	struct yc_set s, to, again;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(by_ids(&to, &s, "id\n150\n\n 110 # two\n150\n"), YC_OK);
	assert_int_equal(to.rows, 3);
	assert_int_equal(to.head.factor, 2);
	assert_int_equal(longs(&to, "id")[0], 150);
	assert_int_equal(longs(&to, "id")[1], 110);
	assert_int_equal(longs(&to, "id")[2], 150);
	yc_set_release(&to);
	assert_int_equal(by_ids(&to, &s, "id tile\n150\t3\n110 0\n"), YC_OK);
	assert_int_equal(to.rows, 2);
	assert_int_equal(to.head.factor, 1);
	assert_int_equal(longs(&to, "tile")[0], 3);
	assert_true(floats(&to, "score.lbpe", 1)[0] == (float)value(5, 3));
	assert_int_equal(by_ids(&again, &to, "110 0\n"), YC_OK);
	assert_int_equal(again.rows, 1);
	yc_set_release(&again);
	yc_set_release(&to);
	for (size_t i = 0; i < YC_COUNT(bad); i++)
		assert_int_equal(by_ids(&to, &s, bad[i]), YC_FAIL);
	yc_set_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ties_prune_the_lower_index_first),
		cmocka_unit_test(balanced_ranks_inside_each_class),
		cmocka_unit_test(units_are_in_decoded_order),
		cmocka_unit_test(budget_counts_full_images),
		cmocka_unit_test(selection_keeps_the_lowest_scores_of_each_class),
		cmocka_unit_test(tiles_carry_their_own_scores_and_their_sheets_columns),
		cmocka_unit_test(decoding_a_tile_gives_the_sub_image),
		cmocka_unit_test(pruning_in_steps_is_pruning_at_once),
		cmocka_unit_test(a_prefix_of_an_ordered_stream_is_the_smaller_set),
		cmocka_unit_test(random_draws_are_distinct_uniform_and_seeded),
		cmocka_unit_test(a_smaller_random_draw_is_part_of_a_larger_one),
		cmocka_unit_test(contradictions_are_usage_errors),
		cmocka_unit_test(bad_scores_are_errors),
		cmocka_unit_test(ids_take_rows_and_tiles_in_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

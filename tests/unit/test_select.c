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

/* Classes of 3, 2 and 2 images, not in class order. */
static const int64_t labels[ROWS] = {0, 1, 0, 2, 2, 1, 0};

static const struct yc_selector *rule(const char *name)
{
	for (int i = 0; yc_selectors[i]; i++)
		if (!strcmp(yc_selectors[i]->name, name))
			return (const struct yc_selector *)yc_selectors[i];
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
	float *f = yc_calloc(pixels, sizeof(*f));
	uint8_t *u = yc_calloc(pixels, 1);

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

/* A rule's own options at their defaults. */
static void options(const struct yc_selector *r, void *cfg, size_t room)
{
	struct yc_opts g = {.row = r->method.opts, .n = r->method.nopts, .cfg = cfg};

	assert_true(r->method.cfg_size <= room);
	assert_int_equal(yc_opt_defaults(&g, 1), YC_OK);
}

static void set_option(
	const struct yc_selector *r, void *cfg, const char *name, const char *text)
{
	struct yc_opts g = {.row = r->method.opts, .n = r->method.nopts, .cfg = cfg};

	for (size_t i = 0; i < g.n; i++)
		if (!strcmp(g.row[i].name, name)) {
			assert_int_equal(yc_opt_set(&g, &g.row[i], text), YC_OK);
			return;
		}
	fail_msg("no option %s", name);
}

static int pick(struct yc_set *to, const struct yc_set *from, const char *name,
	struct yc_select_cfg cfg, uint64_t seed)
{
	const struct yc_selector *r = yc_selector_find(name, strlen(name), &cfg.named);
	struct yc_selection sel;
	uint64_t own[8];
	int err;

	assert_non_null(r);
	options(r, own, sizeof(own));
	err = yc_select_resolve(&cfg, r);
	if (!err)
		err = yc_select(&sel, from, r, &cfg, own, yc_rng_new(seed, "select"));
	if (err < 0)
		return err;
	err = yc_select_take(to, from, &sel, 0, sel.n, NULL);
	yc_selection_release(&sel);
	return err;
}

static void refuses(const struct yc_set *s, const char *rule, struct yc_select_cfg cfg,
	const char *why)
{
	struct yc_set to;

	assert_int_equal(pick(&to, s, rule, cfg, 0), YC_FAIL);
	if (!strstr(yc_errmsg(), why))
		fail_msg("'%s' does not say '%s'", yc_errmsg(), why);
}

/* Row of `from` by the ids that make() gives. */
static size_t row_of(int64_t id)
{
	return (size_t)(id - 100) / 10;
}

/* Candidates of one class per entry of label with scores, for rules that need no images. */
static void rank(const double *score, const int32_t *label, size_t n, bool low,
	bool first, const size_t *take, size_t total, size_t *unit)
{
	size_t budget[2] = {0}, written = total;
	double copy[16];
	int32_t l[16] = {0};
	size_t count[2] = {0};
	struct yc_candidates cand = {.n = n,
		.classes = label ? 2 : 1,
		.tiles_per_row = 1,
		.tiles_per_image = 1,
		.label = l,
		.score = copy,
		.count = count};
	struct yc_rule r = {.low = low,
		.first = first,
		.balanced = take != NULL,
		.take = budget,
		.total = total};

	assert_true(n <= 16);
	for (size_t i = 0; i < n; i++) {
		copy[i] = score[i];
		l[i] = label ? label[i] : 0;
		count[l[i]]++;
	}
	if (take)
		memcpy(budget, take, sizeof(budget));
	assert_int_equal(yc_pick_ranked(&cand, &r, NULL, unit, &written), YC_OK);
	assert_int_equal(written, total);
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
	rank(counts, NULL, 8, false, false, NULL, 4, unit);
	same(unit, (const size_t[]){5, 3, 2, 7}, 4);
	rank(counts, NULL, 8, true, false, NULL, 4, unit);
	same(unit, (const size_t[]){6, 1, 4, 7}, 4);
}

static void of_equal_scores_the_first_can_be_kept(void **state)
{
	static const double counts[] = {2, 0, 3, 3, 1, 3, 0, 2};
	static const int32_t label[] = {0, 1, 0, 1, 0, 1, 0, 1};
	size_t unit[8];

	(void)state;
	rank(counts, NULL, 8, false, true, NULL, 5, unit);
	same(unit, (const size_t[]){2, 3, 5, 0, 7}, 5);
	rank(counts, NULL, 8, true, true, NULL, 4, unit);
	same(unit, (const size_t[]){1, 6, 4, 0}, 4);
	rank(counts, label, 8, false, true, (const size_t[]){1, 2}, 3, unit);
	same(unit, (const size_t[]){2, 3, 5}, 3);
}

static void balanced_ranks_inside_each_class(void **state)
{
	static const double counts[] = {2, 0, 3, 3, 1, 3, 0, 2};
	static const int32_t label[] = {0, 1, 0, 1, 0, 1, 0, 1};
	static const size_t two[] = {2, 2}, uneven[] = {1, 3};
	size_t unit[8];

	(void)state;
	rank(counts, label, 8, false, false, two, 4, unit);
	same(unit, (const size_t[]){2, 0, 5, 3}, 4);
	rank(counts, label, 8, true, false, two, 4, unit);
	same(unit, (const size_t[]){6, 4, 1, 7}, 4);
	rank(counts, label, 8, true, false, uneven, 4, unit);
	same(unit, (const size_t[]){6, 1, 7, 5}, 4);
}

static void candidates_are_in_decoded_order(void **state)
{
	struct yc_candidates cand;
	struct yc_set s;

	(void)state;
	make(&s, 8, 2, 8, YC_F32);
	assert_int_equal(yc_candidates_new(&cand, &s, "lbpe"), YC_OK);
	assert_int_equal(cand.n, ROWS * 4);
	assert_int_equal(cand.tiles_per_image, 4);
	/* class 0 has rows 0, 2, 6: tile-major, so tile 1 of row 2 is g = 1*3 + 1 */
	assert_int_equal(cand.tile[4].row, 2);
	assert_int_equal(cand.tile[4].position, 1);
	/* class 1 (rows 1, 5) begins at 12: tile 3 of row 5 is 12 + 3*2 + 1 */
	assert_int_equal(cand.tile[19].row, 5);
	assert_int_equal(cand.tile[19].position, 3);
	assert_int_equal(cand.label[19], 1);
	for (size_t g = 0; g < cand.n; g++)
		assert_true(cand.score[g] == value((size_t)cand.tile[g].row,
						     (size_t)cand.tile[g].position));
	yc_candidates_release(&cand);
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
		pick(&to, &s, "yoco", (struct yc_select_cfg){.tiles = 5}, 0), YC_OK);
	assert_int_equal(to.rows, 5 * CLASSES);
	yc_set_release(&to);
	refuses(&s, "yoco", (struct yc_select_cfg){.ipc = 3}, "class 1 has only 8");
	refuses(&s, "el2n", (struct yc_select_cfg){.ipc = 3}, "only 28");
	yc_set_release(&s);
	/* a third of 224 is 75: nine of these make an image; 7 of 3 likewise */
	make(&s, 7, 1, 3, YC_F32);
	struct yc_candidates cand;
	assert_int_equal(yc_candidates_new(&cand, &s, NULL), YC_OK);
	assert_int_equal(cand.tiles_per_image, 9);
	assert_int_equal(cand.tiles_per_row, 1);
	yc_candidates_release(&cand);
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

static void tiles_carry_their_own_scores_and_their_images_columns(void **state)
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

/* The tile decodes to what its condensed image decodes to, bit for bit. */
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
	for (uint32_t tiles = 1; tiles <= 4; tiles++) {
		double sum = 0, want = 0;
		struct yc_select_cfg cfg = {.tiles = tiles};

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
				 (struct yc_select_cfg){.tiles = 4, .order = true}, 0),
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
		const char *says;
	} bad[] = {
		{"yoco", {.ipc = 1, .hard = true, .easy = true}, "--hard and --easy"},
		{"yoco", {.ipc = 1, .balance = true, .imbalance = true},
			"--balance and --imbalance"},
		{"yoco", {.ipc = 1, .tiles = 1}, "--ipc, --tiles"},
		{"yoco", {0}, "is missing"},
		{"random", {.ipc = 1, .hard = true}, "does not take --hard"},
		{"random", {.ipc = 1, .keep_first = true}, "does not take --keep-first"},
		{"ssp", {.ipc = 1, .keep_first = true}, "does not take --keep-first"},
		{"ccs", {.ipc = 1, .keep_first = true}, "does not take --keep-first"},
		{"prefix", {.ipc = 1, .keep_first = true}, "does not take --keep-first"},
		{"random", {.ipc = 1, .score = "lbpe"}, "does not take --score"},
		{"random", {.ipc = 1, .run = 2},
			"does not take --score, --combine and --run"},
		{"yoco", {.keep = 0.1, .bytes = 9}, "--ipc, --tiles"},
		{"yoco", {.budget = "x", .order = true}, "--budget and --order"},
		{"yoco", {.budget = "x", .imbalance = true}, "--budget and --imbalance"},
		{"ssp", {.tiles = 1}, "does not take any size but --ipc"},
		{"ssp", {.keep = 0.5}, "does not take any size but --ipc"},
		{"ssp", {.ipc = 1, .order = true}, "does not take --order"},
		{"ssp", {.ipc = 1, .easy = true}, "does not take --hard and --easy"},
		{"ccs", {.ipc = 1, .order = true}, "does not take --order"},
		{"ccs", {.ipc = 1, .hard = true}, "does not take --hard"},
		{"ccs", {.ipc = 1, .balance = true},
			"does not take --balance, --imbalance and --budget"},
		{"ccs", {.budget = "x"},
			"does not take --balance, --imbalance and --budget"},
	};
	struct yc_select_cfg cfg = {.ipc = 1};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		struct yc_select_cfg c = bad[i].cfg;

		assert_int_equal(yc_select_resolve(&c, rule(bad[i].rule)), YC_USAGE);
		if (!strstr(yc_errmsg(), bad[i].says))
			fail_msg("'%s' expected in '%s'", bad[i].says, yc_errmsg());
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
	refuses(&s, "yoco", cfg, "score.lbpe, score.el2n");
	assert_non_null(strstr(yc_errmsg(), "yc-score"));
	((float *)yc_set_col(&s, "score.lbpe")->data)[13] = NAN;
	cfg.score = NULL;
	refuses(&s, "yoco", cfg, "row 3, tile 1");
	assert_int_equal(pick(&to, &s, "el2n", cfg, 0), YC_OK);
	yc_set_release(&to);
	/* scores of whole images say nothing about their tiles */
	put(&s, "score.lbpe", YC_F32, 2, (const uint64_t[]){ROWS, 1}, NULL);
	assert_int_equal(pick(&to, &s, "yoco", cfg, 0), YC_FAIL);
	assert_int_equal(pick(&to, &s, "el2n", cfg, 0), YC_OK);
	yc_set_release(&to);
	yc_set_release(&s);
}

/* For mkstemp; one at a time. */
/* Two at a time. */
static char *temp_path(void)
{
	static char both[2][4096];
	static int last;
	char *path = both[last ^= 1];
	const char *dir = getenv("TMPDIR");

	(void)snprintf(
		path, sizeof(both[0]), "%s/test_select.XXXXXX", dir ? dir : "/tmp");
	return path;
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
	char *path = temp_path();
	struct yc_selection sel;
	int err;

	write_text(path, text);
	err = yc_select_ids(&sel, from, path);
	unlink(path);
	if (err < 0)
		return err;
	err = yc_select_take(to, from, &sel, 0, sel.n, NULL);
	yc_selection_release(&sel);
	return err;
}

static void ids_take_rows_and_tiles_in_order(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"100\n999\n", "line 2: no id 999"},
		{"100 9\n", "line 1: no tile 9"},
		{"100 1\n110\n", "either all lines have a tile or none does"},
		{"x\n", "the heading has no column 'id'"},
		{"1 2 3\n", "not \"id\" or \"id tile\""},
		{"", "names nothing"},
		{"# nothing\n", "names nothing"},
		{"1x\n", "not \"id\" or \"id tile\""},
		{"99999999999999999999\n", "not \"id\" or \"id tile\""},
		{"label tile\n0 1\n", "no column 'id'"},
		{"id id\n100 100\n", "two columns 'id'"},
		{"id tile\n100\n", "no number in the column 'tile'"},
		{"id\ttile\n100\t\n", "no number in the column 'tile'"},
		{"id\n100 3\n", "more columns than the heading has"},
		{"id tile\n100 3x\n", "no number in the column 'tile'"},
		{"id\tx\n100 110\t1\n", "no number in the column 'id'"},
		{"100\nid\n", "line 2: not \"id\""},
		{"identity\n100\n", "the heading has no column 'id'"},
	};
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
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		assert_int_equal(by_ids(&to, &s, bad[i].text), YC_FAIL);
		if (!strstr(yc_errmsg(), bad[i].says))
			fail_msg("'%s' expected in '%s'", bad[i].says, yc_errmsg());
	}
	yc_set_release(&s);
}

static void a_heading_says_where_ids_and_tiles_are(void **state)
{
	static const struct {
		const char *text;
		bool cut;
	} list[] = {
		{"label\tid\tname\n1\t150\tsea lion\n\n0\t120\t\n", false},
		{"# a list\n\n label id # heading\n1 150\n0 120\n", false},
		{"id label\n150 1\n120\n", false},
		{"tile label id\n3 1 150\n0 0 120\n", true},
		{"\tid\ttile\r\nx\t150\t3\t\r\n\t120\t0\r\n", true},
		{"id\ttile\n150 3\n120 0\n", true},
		{"id tile\n150\t3\n120\t0\n", true},
	};
	struct yc_set s, to;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	for (size_t i = 0; i < YC_COUNT(list); i++) {
		if (by_ids(&to, &s, list[i].text) < 0)
			fail_msg("%s: %s", list[i].text, yc_errmsg());
		assert_int_equal(to.rows, 2);
		assert_int_equal(longs(&to, "id")[0], 150);
		assert_int_equal(longs(&to, "id")[1], 120);
		assert_int_equal(to.head.factor, list[i].cut ? 1 : 2);
		if (list[i].cut)
			assert_true(
				longs(&to, "tile")[0] == 3 && longs(&to, "tile")[1] == 0);
		yc_set_release(&to);
	}
	yc_set_release(&s);
}

static void names_are_rules_with_suffixes(void **state)
{
	static const struct {
		const char *name, *rule;
		struct yc_suffixes want;
	} good[] = {
		{"yoco", "yoco", {0}},
		{"forgetting_easy_balance", "forgetting",
			{.easy = true, .balance = true}},
		{"forgetting_balance_easy", "forgetting",
			{.easy = true, .balance = true}},
		{"yoco_imbalance", "yoco", {.imbalance = true}},
		{"ssp_balance", "ssp", {.balance = true}},
		{"accumulated_margin", "aum", {0}},
		{"accumulated_margin_easy", "aum", {.easy = true}},
		{"el2n_easy_hard_hard", "el2n", {.hard = true, .easy = true}},
	};
	static const char *const bad[] = {"", "_hard", "hard", "yoco_", "yoco_soft",
		"yocohard", "yoco_hard_x", "YOCO"};
	struct yc_suffixes have;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(good); i++) {
		assert_ptr_equal(
			yc_selector_find(good[i].name, strlen(good[i].name), &have),
			rule(good[i].rule));
		assert_memory_equal(&have, &good[i].want, sizeof(have));
	}
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		assert_null(yc_selector_find(bad[i], strlen(bad[i]), &have));
		assert_non_null(strstr(yc_errmsg(), "unknown rule"));
	}
	assert_non_null(yc_selector_find("yoco,el2n", 4, &have));
}

static void suffixes_are_options(void **state)
{
	struct yc_select_cfg cfg = {
		.ipc = 1, .named = {.hard = true, .easy = true, .imbalance = true}};

	(void)state;
	/* hard wins over easy, balance over imbalance */
	assert_int_equal(yc_select_resolve(&cfg, rule("yoco")), YC_OK);
	assert_true(cfg.hard && !cfg.easy && cfg.imbalance && !cfg.balance);
	cfg = (struct yc_select_cfg){
		.ipc = 1, .named = {.balance = true, .imbalance = true}};
	assert_int_equal(yc_select_resolve(&cfg, rule("random")), YC_OK);
	assert_true(cfg.balance && !cfg.imbalance);
	/* said twice is fine, contradicted is not */
	cfg = (struct yc_select_cfg){.ipc = 1, .easy = true, .named = {.easy = true}};
	assert_int_equal(yc_select_resolve(&cfg, rule("el2n")), YC_OK);
	assert_true(cfg.easy && !cfg.hard);
	cfg = (struct yc_select_cfg){.ipc = 1, .hard = true, .named = {.easy = true}};
	assert_int_equal(yc_select_resolve(&cfg, rule("el2n")), YC_USAGE);
	cfg = (struct yc_select_cfg){.ipc = 1, .named = {.balance = true}};
	assert_int_equal(yc_select_resolve(&cfg, rule("ccs")), YC_USAGE);
}

/* Candidates 0..n-1 of `classes` classes in turn, for rules that need no images. */
static void plain_candidates(
	struct yc_candidates *cand, double *score, size_t n, int classes)
{
	static struct yc_tile tile[64];
	static int32_t label[64];
	static size_t count[4];

	assert_true(n <= 64 && classes <= 4);
	memset(count, 0, sizeof(count));
	for (size_t i = 0; i < n; i++) {
		label[i] = (int32_t)(i % (size_t)classes);
		tile[i] = (struct yc_tile){(int32_t)i, 1, 0};
		count[label[i]]++;
	}
	*cand = (struct yc_candidates){.n = n,
		.classes = classes,
		.present = classes,
		.side = 32,
		.tiles_per_row = 1,
		.tiles_per_image = 1,
		.bytes = 3072,
		.label = label,
		.tile = tile,
		.score = score,
		.count = count};
}

/* What ccs picks; NULL options stay at their defaults. */
static int ccs(size_t *unit, const struct yc_candidates *cand, size_t total,
	const char *cut_off, const char *strata, bool random, uint64_t seed)
{
	const struct yc_selector *r = rule("ccs");
	struct yc_rule want = {.total = total, .rng = yc_rng_new(seed, "select")};
	size_t n = total;
	uint64_t own[8];
	int err;

	options(r, own, sizeof(own));
	if (cut_off)
		set_option(r, own, "cut-off", cut_off);
	if (strata)
		set_option(r, own, "strata", strata);
	if (random)
		set_option(r, own, "random-strata", "true");
	err = r->pick(cand, &want, own, unit, &n);
	assert_int_equal(n, total);
	return err;
}

/* yc-methods(7), "Coverage-centric selection", worked by an independent program. */
static void ccs_covers_all_strata(void **state)
{
	static const size_t five[] = {15, 36, 33, 38, 4, 9, 14, 35};
	static const size_t fifty[] = {5, 18, 30, 9, 22, 1, 35, 14};
	static const size_t dropped[] = {21, 8, 29, 16, 37, 3, 24, 11, 32, 19, 6, 27};
	struct yc_candidates cand;
	double score[40];
	size_t unit[40];
	bool moved = false;

	(void)state;
	for (int i = 0; i < 40; i++) {
		double x = 0.6180339887498949 * i;

		score[i] = (x - floor(x)) * (x - floor(x));
	}
	plain_candidates(&cand, score, 40, 1);
	assert_int_equal(ccs(unit, &cand, 8, "0.3", "5", false, 0), YC_OK);
	same(unit, five, 8);
	assert_int_equal(ccs(unit, &cand, 8, "0.3", NULL, false, 0), YC_OK);
	same(unit, fifty, 8);
	/* drawn: other members, as many of each stratum */
	for (uint64_t seed = 0; seed < 20; seed++) {
		int n[5] = {0};

		assert_int_equal(ccs(unit, &cand, 8, "0.3", "5", true, seed), YC_OK);
		for (int i = 0; i < 8; i++) {
			for (int d = 0; d < 12; d++)
				assert_true(unit[i] != dropped[d]);
			for (int j = 0; j < i; j++)
				assert_true(unit[i] != unit[j]);
			n[(int)(score[unit[i]] / 0.425767298 * 5)]++;
			moved = moved || unit[i] != five[i];
		}
		assert_true(
			n[0] == 2 && n[1] == 1 && n[2] == 2 && n[3] == 1 && n[4] == 2);
	}
	assert_true(moved);
	/* all that is left, and one more */
	assert_int_equal(ccs(unit, &cand, 28, "0.3", NULL, false, 0), YC_OK);
	assert_int_equal(ccs(unit, &cand, 29, "0.3", NULL, false, 0), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "leaves 28 of 40"));
	/* one value: a single stratum, the lower index first */
	for (int i = 0; i < 40; i++)
		score[i] = 0;
	assert_int_equal(ccs(unit, &cand, 3, "0.5", NULL, false, 0), YC_OK);
	same(unit, (const size_t[]){20, 21, 22}, 3);
	score[7] = HUGE_VAL;
	assert_int_equal(ccs(unit, &cand, 3, "0", NULL, false, 0), YC_FAIL);
}

/* By hand: sizes 0 3 1 8 2 of which 10 are wanted give 0 3 1 4 2. The lowest score is
 * in the first stratum, so the empty one comes second here. */
static void ccs_shares_what_small_strata_leave(void **state)
{
	static const int size[] = {3, 0, 1, 8, 2}, want[] = {3, 0, 1, 4, 2};
	double score[14], value = 0;
	int have[5] = {0}, n = 0;
	struct yc_candidates cand;
	size_t unit[14];

	(void)state;
	for (int t = 0; t < 5; t++, value++)
		for (int i = 0; i < size[t]; i++)
			score[n++] = value;
	plain_candidates(&cand, score, 14, 1);
	assert_int_equal(ccs(unit, &cand, 10, "0", "5", false, 0), YC_OK);
	for (int i = 0; i < 10; i++)
		have[(int)score[unit[i]]]++;
	assert_memory_equal(have, want, sizeof(want));
}

/* A set of `n` images in each of `classes` classes of side 32, of one pixel. */
static void make_many(struct yc_set *s, int classes, int n, int side)
{
	size_t rows = (size_t)(classes * n);
	uint64_t image[4] = {rows, 1, (uint64_t)side, (uint64_t)side};
	uint64_t one[1] = {rows};
	int64_t *label;
	float *score;

	memset(s, 0, sizeof(*s));
	s->head = (struct yc_head){.classes = classes, .side = side, .factor = 1};
	assert_int_equal(yc_head_store(&s->head, &s->meta), YC_OK);
	put(s, "image", YC_U8, 4, image, NULL);
	put(s, "label", YC_I64, 1, one, NULL);
	put(s, "score.el2n", YC_F32, 1, one, NULL);
	label = yc_set_col(s, "label")->data;
	score = yc_set_col(s, "score.el2n")->data;
	for (size_t i = 0; i < rows; i++) {
		label[i] = (int64_t)i / n;
		score[i] = (float)i;
	}
}

/* The hardest that ccs keeps tells what was cut off. */
static void ccs_cuts_off_as_the_table_says(void **state)
{
	static const struct {
		int classes, side, from, to;
		size_t dropped;
	} row[] = {{10, 32, 10, 1, 30}, {10, 32, 10, 5, 0}, {10, 32, 50, 10, 50},
		{100, 32, 10, 1, 500}, {100, 32, 50, 10, 1500}, {10, 224, 20, 2, 60}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row); i++) {
		struct yc_select_cfg cfg = {.ipc = (uint32_t)row[i].to};
		struct yc_set s, to;
		const float *score;
		double most = 0;

		make_many(&s, row[i].classes, row[i].from, row[i].side);
		assert_int_equal(pick(&to, &s, "ccs", cfg, 0), YC_OK);
		score = yc_set_col(&to, "score.el2n")->data;
		for (size_t k = 0; k < to.rows; k++)
			most = fmax(most, (double)score[k]);
		assert_int_equal((size_t)most, s.rows - row[i].dropped - 1);
		yc_set_release(&to);
		cfg.ipc = 3;
		refuses(&s, "ccs", cfg, "to 3 images per class");
		assert_non_null(strstr(yc_errmsg(), "--cut-off"));
		yc_set_release(&s);
	}
}

static void ssp_repeats_what_centroids_share(void **state)
{
	static const float counts[2][ROWS * 4] = {{[1] = 3, [6] = 1, [20] = 8},
		{[0] = 1, [9] = 3, [4] = 4, [12] = 2, [15] = 2}};
	const uint64_t wide[2] = {ROWS, 4};
	struct yc_set s, to;
	int twice = 0;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(
		pick(&to, &s, "ssp", (struct yc_select_cfg){.ipc = 1}, 0), YC_FAIL);
	assert_string_equal(yc_errmsg(),
		"no column 'score.ssp-1' in the stream, but score.lbpe, score.el2n: "
		"yc-score ssp --ipc 1 makes it");
	refuses(&s, "aum", (struct yc_select_cfg){.ipc = 1, .run = 3}, "'score.aum.3'");
	assert_non_null(strstr(yc_errmsg(), "yc-score aum --repeat 3 makes it"));
	put(&s, "score.ssp-1", YC_F32, 2, wide, counts[0]);
	put(&s, "score.ssp-balance-1.2", YC_F32, 2, wide, counts[1]);
	assert_int_equal(
		pick(&to, &s, "ssp", (struct yc_select_cfg){.ipc = 1}, 0), YC_OK);
	assert_int_equal(to.rows, 12);
	for (size_t i = 0; i < to.rows; i++)
		twice += longs(&to, "id")[i] == 150 && longs(&to, "tile")[i] == 0;
	assert_int_equal(twice, 8);
	yc_set_release(&to);
	assert_int_equal(pick(&to, &s, "ssp_balance",
				 (struct yc_select_cfg){.ipc = 1, .run = 2}, 0),
		YC_OK);
	assert_int_equal(to.rows, 12);
	yc_set_release(&to);
	/* counts that are none, or those of another size */
	((float *)yc_set_col(&s, "score.ssp-1")->data)[1] = 2.5F;
	assert_int_equal(
		pick(&to, &s, "ssp", (struct yc_select_cfg){.ipc = 1}, 0), YC_FAIL);
	((float *)yc_set_col(&s, "score.ssp-1")->data)[1] = 2;
	refuses(&s, "ssp", (struct yc_select_cfg){.ipc = 1}, "for 11 centroids");
	((float *)yc_set_col(&s, "score.ssp-1")->data)[1] = 4;
	assert_int_equal(
		pick(&to, &s, "ssp", (struct yc_select_cfg){.ipc = 1}, 0), YC_FAIL);
	yc_set_release(&s);
}

static void distinct_drops_the_repeats(void **state)
{
	const struct yc_selector *r = rule("ssp");
	double score[6] = {0, 3, 1, 0, 0, 2};
	struct yc_rule want = {.total = 6};
	struct yc_candidates cand;
	size_t unit[6], n = 6;
	uint64_t own[8];

	(void)state;
	plain_candidates(&cand, score, 6, 1);
	options(r, own, sizeof(own));
	assert_int_equal(r->pick(&cand, &want, own, unit, &n), YC_OK);
	assert_int_equal(n, 6);
	same(unit, (const size_t[]){1, 1, 1, 2, 5, 5}, 6);
	set_option(r, own, "distinct", "true");
	assert_int_equal(r->pick(&cand, &want, own, unit, &n), YC_OK);
	assert_int_equal(n, 3);
	same(unit, (const size_t[]){1, 2, 5}, 3);
}

/* Mean score of what is left. */
static double mean(const struct yc_set *s, const char *column)
{
	double sum = 0;

	for (size_t i = 0; i < s->rows; i++)
		sum += (double)floats(s, column, 1)[i];
	return sum / (double)s->rows;
}

static void hard_is_the_low_end_of_margins(void **state)
{
	const uint64_t wide[2] = {ROWS, 4};
	struct yc_select_cfg cfg = {.ipc = 1};
	struct yc_set s, aum, el2n, to;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	put(&s, "score.aum.2", YC_F32, 2, wide, yc_set_col(&s, "score.lbpe")->data);
	put(&s, "score.aum", YC_F32, 2, wide, yc_set_col(&s, "score.lbpe")->data);
	put(&s, "score.mine", YC_F32, 2, wide, yc_set_col(&s, "score.lbpe")->data);
	assert_int_equal(pick(&aum, &s, "aum", cfg, 0), YC_OK);
	assert_int_equal(pick(&el2n, &s, "el2n", cfg, 0), YC_OK); /* is -lbpe */
	equal_sets(&aum, &el2n);
	assert_true(mean(&aum, "score.aum") < 6);
	/* the column knows, whatever the rule and the run, and where it does not, the
	 * rule */
	cfg.run = 2;
	assert_int_equal(pick(&to, &s, "accumulated_margin_hard", cfg, 0), YC_OK);
	equal_sets(&aum, &to);
	yc_set_release(&to);
	cfg = (struct yc_select_cfg){.ipc = 1, .score = "aum.2"};
	assert_int_equal(pick(&to, &s, "yoco_hard_imbalance", cfg, 0), YC_OK);
	equal_sets(&aum, &to);
	yc_set_release(&to);
	cfg.score = "mine";
	assert_int_equal(pick(&to, &s, "aum", cfg, 0), YC_OK);
	equal_sets(&aum, &to);
	yc_set_release(&to);
	assert_int_equal(pick(&to, &s, "el2n", cfg, 0), YC_OK);
	assert_true(mean(&to, "score.aum") > 15);
	yc_set_release(&to);
	yc_set_release(&aum);
	yc_set_release(&el2n);
	yc_set_release(&s);
}

static void sizes_of_all_are_dealt_to_the_classes(void **state)
{
	static const struct {
		struct yc_select_cfg cfg;
		size_t n[CLASSES]; /* balanced; 12, 8 and 8 are there */
	} row[] = {
		{{.keep = 0.5}, {5, 5, 4}},
		{{.keep = 0.97}, {11, 8, 8}},
		{{.keep = 1}, {12, 8, 8}},
		{{.keep = 0.02}, {1, 0, 0}},
		{{.bytes = 47}, {0}},
		{{.bytes = 48}, {1, 0, 0}}, /* 3 channels of 4x4 in 8 bits */
		{{.bytes = 48 * 13 + 47}, {5, 4, 4}},
		{{.bytes = 1 << 20}, {12, 8, 8}},
	};
	struct yc_set s, to;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	for (size_t i = 0; i < YC_COUNT(row); i++) {
		size_t n[CLASSES] = {0}, all = row[i].n[0] + row[i].n[1] + row[i].n[2];

		if (!all) {
			assert_int_equal(pick(&to, &s, "yoco", row[i].cfg, 0), YC_FAIL);
			continue;
		}
		assert_int_equal(pick(&to, &s, "yoco", row[i].cfg, 0), YC_OK);
		for (size_t k = 0; k < to.rows; k++)
			n[longs(&to, "label")[k]]++;
		assert_memory_equal(n, row[i].n, sizeof(n));
		yc_set_release(&to);
		assert_int_equal(pick(&to, &s, "el2n", row[i].cfg, 0), YC_OK);
		assert_int_equal(to.rows, all);
		yc_set_release(&to);
	}
	yc_set_release(&s);
	/* cells of 3x3 that are padded become F32 */
	make(&s, 7, 3, 7, YC_U8);
	assert_int_equal(
		pick(&to, &s, "yoco", (struct yc_select_cfg){.bytes = 3 * 9 * 4 * 5}, 0),
		YC_OK);
	assert_int_equal(to.rows, 5);
	assert_int_equal(yc_set_col(&to, "image")->bytes, 3 * 9 * 4 * 5);
	yc_set_release(&to);
	yc_set_release(&s);
}

static int by_budget(struct yc_set *to, const struct yc_set *from, const char *text)
{
	char *path = temp_path();
	int err;

	write_text(path, text);
	err = pick(to, from, "el2n", (struct yc_select_cfg){.budget = path}, 0);
	unlink(path);
	return err;
}

static void a_budget_names_classes(void **state)
{
	static const struct {
		const char *text, *cause;
	} bad[] = {
		{"0 3\nbird 1\n", "line 2: 'bird' is not a class"},
		{"3 1\n", "'3' is not a class"},
		{"-1 1\n", "'-1' is not a class"},
		{"1\n", "not \"class count\""},
		{"1 2x\n", "not \"class count\""},
		{"1 -2\n", "not \"class count\""},
		{"1 99999999999999999999\n", "not \"class count\""},
		{"sea lion 1\n1 1\n", "line 2: class 1 is listed twice"},
		{"2 9\n", "the size is 9 tiles of class 2, but it has only 8"},
		{"# nothing\n", "keeps nothing"},
		{"0 0\n", "keeps nothing"},
	};
	struct yc_set s, to;
	size_t n[CLASSES] = {0};

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(
		yc_meta_set(&s.meta, "yc.names", "[\"cat\",\"sea lion\",\"2\"]"), YC_OK);
	assert_int_equal(
		by_budget(&to, &s, "# classes\n\n 0\t7 \nsea lion 2 # two\n"), YC_OK);
	for (size_t k = 0; k < to.rows; k++)
		n[longs(&to, "label")[k]]++;
	assert_true(n[0] == 7 && n[1] == 2 && n[2] == 0);
	yc_set_release(&to);
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		assert_int_equal(by_budget(&to, &s, bad[i].text), YC_FAIL);
		if (!strstr(yc_errmsg(), bad[i].cause))
			fail_msg("%s: %s", bad[i].text, yc_errmsg());
	}
	assert_int_equal(
		pick(&to, &s, "yoco", (struct yc_select_cfg){.budget = "/no/such"}, 0),
		YC_FAIL);
	/* folders that are numbers: 2 is the number of one and the name of another */
	assert_int_equal(
		yc_meta_set(&s.meta, "yc.names", "[\"10\",\"2\",\"30\"]"), YC_OK);
	assert_int_equal(by_budget(&to, &s, "0 1\n2 3\n"), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "line 2: '2' is the number of class 2 and "
					    "the name of class 1"));
	assert_int_equal(by_budget(&to, &s, "01 3\n30 1\n10 2\n"), YC_OK);
	memset(n, 0, sizeof(n));
	for (size_t k = 0; k < to.rows; k++)
		n[longs(&to, "label")[k]]++;
	assert_true(n[0] == 2 && n[1] == 3 && n[2] == 1);
	yc_set_release(&to);
	yc_set_release(&s);
}

/* What yc_select_write makes of a choice, read again. */
static void written(
	struct yc_set *to, struct yc_rows *from, const struct yc_selection *sel)
{
	char *path = temp_path(), *paths[] = {path};
	struct yc_writer_cfg out = {.path = path, .threads = 1};
	struct yc_writer *w;
	struct yc_reader *r;
	struct yc_set head;

	write_text(path, "");
	assert_int_equal(yc_select_take(&head, &from->set, sel, 0, 0, NULL), YC_OK);
	assert_int_equal(yc_writer_open(&w, &out), YC_OK);
	assert_int_equal(yc_select_write(&head, from, sel, w, NULL), YC_OK);
	assert_int_equal(yc_writer_close(w), YC_OK);
	yc_set_release(&head);
	assert_int_equal(yc_reader_open(&r, paths, 1, NULL), YC_OK);
	assert_int_equal(yc_set_read(to, r), YC_OK);
	yc_reader_close(r);
	unlink(path);
}

/* Writes the ordered set and reads a beginning of it. */
static int by_prefix(
	struct yc_set *to, const struct yc_set *ordered, struct yc_select_cfg cfg)
{
	char *path = temp_path(), *paths[] = {path};
	struct yc_writer_cfg out = {.path = path, .level = -1, .threads = 1};
	struct yc_selection sel;
	struct yc_writer *w;
	struct yc_reader *r;
	struct yc_rows from;
	int err;

	write_text(path, "");
	assert_int_equal(yc_writer_open(&w, &out), YC_OK);
	assert_int_equal(yc_set_write(ordered, w), YC_OK);
	assert_int_equal(yc_writer_close(w), YC_OK);
	assert_int_equal(yc_select_resolve(&cfg, rule("prefix")), YC_OK);
	assert_int_equal(yc_reader_open(&r, paths, 1, NULL), YC_OK);
	err = rule("prefix")->read(&sel, &from, r, &cfg, NULL);
	if (err == YC_OK) {
		written(to, &from, &sel);
		yc_selection_release(&sel);
		yc_rows_release(&from);
	}
	yc_reader_close(r);
	unlink(path);
	return err;
}

/* Units in the order of `s`, without order. */
static void mark(const struct yc_set *s, bool seen[ROWS * 4])
{
	memset(seen, 0, ROWS * 4 * sizeof(*seen));
	for (size_t i = 0; i < s->rows; i++)
		seen[unit_of(s, i)] = true;
}

static void a_prefix_is_the_direct_selection(void **state)
{
	static const char *const rules[] = {"yoco", "el2n", "random"};
	static const struct yc_select_cfg sizes[] = {{.tiles = 1}, {.tiles = 2},
		{.tiles = 3}, {.tiles = 5}, {.tiles = 6}, {.tiles = 7}, {.ipc = 1},
		{.ipc = 2}, {.keep = 0.04}, {.keep = 0.5}, {.keep = 1}, {.bytes = 480},
		{.bytes = 1 << 20}};
	struct yc_set s, ordered, direct, to;
	bool a[ROWS * 4], b[ROWS * 4];

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	for (size_t i = 0; i < YC_COUNT(rules); i++) {
		assert_int_equal(pick(&ordered, &s, rules[i],
					 (struct yc_select_cfg){.order = true}, 3),
			YC_OK);
		for (size_t k = 0; k < YC_COUNT(sizes); k++) {
			assert_int_equal(pick(&direct, &s, rules[i], sizes[k], 3), YC_OK);
			assert_int_equal(by_prefix(&to, &ordered, sizes[k]), YC_OK);
			assert_int_equal(to.rows, direct.rows);
			mark(&direct, a);
			mark(&to, b);
			assert_memory_equal(a, b, sizeof(a));
			yc_set_release(&direct);
			yc_set_release(&to);
		}
		assert_int_equal(
			by_prefix(&to, &ordered, (struct yc_select_cfg){.ipc = 3}),
			YC_FAIL);
		yc_set_release(&ordered);
	}
	assert_int_equal(by_prefix(&to, &s, (struct yc_select_cfg){.ipc = 1}), YC_FAIL);
	assert_int_equal(yc_meta_set(&s.meta, "yc.order", "balanced 28"), YC_OK);
	assert_int_equal(by_prefix(&to, &s, (struct yc_select_cfg){.ipc = 1}), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "condensed images are not ordered"));
	yc_set_release(&s);
}

/* Sizes count the classes that are there, direct or by an order, and an order knows them
 * even where its beginning shows one only. */
static void classes_without_images_do_not_count(void **state)
{
	static const char *const rules[] = {"yoco", "el2n", "random", "random_balance"};
	static const struct yc_select_cfg sizes[] = {{.tiles = 1}, {.tiles = 7},
		{.ipc = 1}, {.ipc = 2}, {.keep = 0.3}, {.bytes = 480}};
	const size_t rows[] = {0, 2, 3, 4, 6}; /* classes 0 and 2 */
	const size_t want[] = {2, 14, 8, 16, 6, 10};
	struct yc_set all, s, ordered, direct, to;
	bool a[ROWS * 4], b[ROWS * 4];

	(void)state;
	make(&all, 8, 2, 8, YC_U8);
	assert_int_equal(yc_set_pick(&s, &all, rows, YC_COUNT(rows)), YC_OK);
	yc_set_release(&all);
	for (size_t i = 0; i < YC_COUNT(rules); i++) {
		assert_int_equal(pick(&ordered, &s, rules[i],
					 (struct yc_select_cfg){.order = true}, 3),
			YC_OK);
		for (size_t k = 0; k < YC_COUNT(sizes); k++) {
			assert_int_equal(pick(&direct, &s, rules[i], sizes[k], 3), YC_OK);
			assert_int_equal(direct.rows, want[k]);
			assert_int_equal(by_prefix(&to, &ordered, sizes[k]), YC_OK);
			assert_int_equal(to.rows, want[k]);
			mark(&direct, a);
			mark(&to, b);
			assert_memory_equal(a, b, sizeof(a));
			yc_set_release(&direct);
			yc_set_release(&to);
		}
		yc_set_release(&ordered);
	}
	/* too few is too few */
	refuses(&s, "yoco", (struct yc_select_cfg){.ipc = 3}, "class 2 has only 8");
	refuses(&s, "el2n", (struct yc_select_cfg){.ipc = 3},
		"each of 2 classes, but there are only 20");
	assert_int_equal(by_budget(&to, &s, "0 1\n1 1\n"), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "class 1, but it has only 0"));
	assert_int_equal(by_budget(&to, &s, "0 1\n1 0\n"), YC_OK);
	yc_set_release(&to);
	yc_set_release(&s);
}

/* Ten classes of a hundred are another data set than one of ten. */
static void ccs_knows_no_cut_off_for_some_of_the_classes(void **state)
{
	struct yc_select_cfg cfg = {.ipc = 1};
	struct yc_set s;

	(void)state;
	for (int classes = 10; classes <= 100; classes += 90) {
		make_many(&s, 10, 10, 32);
		s.head.classes = classes;
		for (size_t i = 0; classes == 10 && i < s.rows; i++)
			((int64_t *)yc_set_col(&s, "label")->data)[i] /= 2;
		refuses(&s, "ccs", cfg, "no cut-off is known");
		yc_set_release(&s);
	}
}

static void marks_that_are_not_true_are_errors(void **state)
{
	static const char *const bad[] = {"", "balanced", "balanced 0", "balanced -3",
		"balanced 28 ", "sorted 28", "imbalanced 28x", "balanced 28 0",
		"balanced 28 4", "balanced 28x2", "balanced 28 2 ", "balanced 28 -1"};
	struct yc_set s, ordered, to;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(
		pick(&ordered, &s, "yoco", (struct yc_select_cfg){.order = true}, 0),
		YC_OK);
	assert_string_equal(yc_meta_get(&ordered.meta, "yc.order"), "balanced 28");
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		assert_int_equal(yc_meta_set(&ordered.meta, "yc.order", bad[i]), YC_OK);
		assert_int_equal(
			by_prefix(&to, &ordered, (struct yc_select_cfg){.ipc = 1}),
			YC_FAIL);
		assert_non_null(strstr(yc_errmsg(), "is not an order"));
	}
	/* more promised than there is, and classes that are not in turn */
	assert_int_equal(yc_meta_set(&ordered.meta, "yc.order", "balanced 99"), YC_OK);
	assert_int_equal(
		by_prefix(&to, &ordered, (struct yc_select_cfg){.keep = 0.5}), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "promises more ordered rows"));
	assert_int_equal(yc_meta_set(&ordered.meta, "yc.order", "balanced 28 2"), YC_OK);
	assert_int_equal(
		by_prefix(&to, &ordered, (struct yc_select_cfg){.tiles = 3}), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "class 0 has only 2"));
	assert_int_equal(
		by_prefix(&to, &ordered, (struct yc_select_cfg){.tiles = 1}), YC_OK);
	assert_string_equal(yc_meta_get(&to.meta, "yc.order"), "balanced 2 2");
	yc_set_release(&to);
	assert_int_equal(yc_meta_set(&ordered.meta, "yc.order", "balanced 28"), YC_OK);
	((int64_t *)yc_set_col(&ordered, "label")->data)[4] = 0;
	assert_int_equal(
		by_prefix(&to, &ordered, (struct yc_select_cfg){.tiles = 2}), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "class 1 has only 1"));
	yc_set_release(&ordered);
	yc_set_release(&s);
}

static void explanations_name_the_unit_that_comes_next(void **state)
{
	struct yc_select_cfg cfg = {.ipc = 1};
	struct yc_selection sel;
	struct yc_set s;
	char *text;

	(void)state;
	make(&s, 8, 2, 8, YC_U8);
	assert_int_equal(yc_select_resolve(&cfg, rule("yoco")), YC_OK);
	assert_int_equal(
		yc_select(&sel, &s, rule("yoco"), &cfg, NULL, yc_rng_new(0, "select")),
		YC_OK);
	text = yc_select_explain(&sel, &s);
	/* class 1: rows 1 and 5 with (31r + 17k) mod 23: 8 2 19 13, 17 11 5 22 */
	assert_string_equal(text,
		"class\tkept\tof\tbest\tworst\tnext_score\tnext_id\tnext_tile\n"
		"0\t4\t12\t0\t5\t7\t160\t3\n"
		"1\t4\t8\t2\t11\t13\t110\t3\n"
		"2\t4\t8\t1\t9\t12\t130\t2\n");
	free(text);
	yc_selection_release(&sel);
	cfg = (struct yc_select_cfg){.ipc = 1, .balance = true};
	assert_int_equal(yc_select_resolve(&cfg, rule("random")), YC_OK);
	assert_int_equal(
		yc_select(&sel, &s, rule("random"), &cfg, NULL, yc_rng_new(0, "select")),
		YC_OK);
	text = yc_select_explain(&sel, &s);
	assert_non_null(strstr(text, "\n2\t4\t8\t-\t-\t-\t-\t-\n"));
	free(text);
	yc_selection_release(&sel);
	yc_set_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ties_prune_the_lower_index_first),
		cmocka_unit_test(of_equal_scores_the_first_can_be_kept),
		cmocka_unit_test(balanced_ranks_inside_each_class),
		cmocka_unit_test(candidates_are_in_decoded_order),
		cmocka_unit_test(budget_counts_full_images),
		cmocka_unit_test(selection_keeps_the_lowest_scores_of_each_class),
		cmocka_unit_test(tiles_carry_their_own_scores_and_their_images_columns),
		cmocka_unit_test(decoding_a_tile_gives_the_sub_image),
		cmocka_unit_test(pruning_in_steps_is_pruning_at_once),
		cmocka_unit_test(a_prefix_of_an_ordered_stream_is_the_smaller_set),
		cmocka_unit_test(random_draws_are_distinct_uniform_and_seeded),
		cmocka_unit_test(a_smaller_random_draw_is_part_of_a_larger_one),
		cmocka_unit_test(contradictions_are_usage_errors),
		cmocka_unit_test(bad_scores_are_errors),
		cmocka_unit_test(ids_take_rows_and_tiles_in_order),
		cmocka_unit_test(a_heading_says_where_ids_and_tiles_are),
		cmocka_unit_test(names_are_rules_with_suffixes),
		cmocka_unit_test(suffixes_are_options),
		cmocka_unit_test(ccs_covers_all_strata),
		cmocka_unit_test(ccs_shares_what_small_strata_leave),
		cmocka_unit_test(ccs_cuts_off_as_the_table_says),
		cmocka_unit_test(ssp_repeats_what_centroids_share),
		cmocka_unit_test(distinct_drops_the_repeats),
		cmocka_unit_test(hard_is_the_low_end_of_margins),
		cmocka_unit_test(sizes_of_all_are_dealt_to_the_classes),
		cmocka_unit_test(a_budget_names_classes),
		cmocka_unit_test(a_prefix_is_the_direct_selection),
		cmocka_unit_test(classes_without_images_do_not_count),
		cmocka_unit_test(ccs_knows_no_cut_off_for_some_of_the_classes),
		cmocka_unit_test(marks_that_are_not_true_are_errors),
		cmocka_unit_test(explanations_name_the_unit_that_comes_next),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

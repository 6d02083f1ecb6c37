/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/internal.h"
#include "yc/fail.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/number.h"
#include "yc/opt.h"
#include "yc/pool.h"
#include "yc/real.h"
#include "yc/rng.h"
#include "yc/stream.h"

/* Published answers of Philox4x32-10 (Random123, tests/kat_vectors). */
static void philox_gives_the_published_answers(void **state)
{
	static const struct {
		uint32_t ctr[4], key[2], out[4];
	} known[] = {
		{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
			{0xffffffff, 0xffffffff},
			{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			{0xa4093822, 0x299f31d0},
			{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(known); i++) {
		uint32_t out[4];

		yc_philox(known[i].ctr, known[i].key, out);
		assert_memory_equal(out, known[i].out, sizeof(out));
	}
}

static void draws_do_not_depend_on_how_they_are_grouped(void **state)
{
	struct yc_rng a = yc_rng_new(7, "a"), b = a;
	uint32_t u[12];

	(void)state;
	for (size_t i = 0; i < YC_COUNT(u); i++)
		u[i] = yc_rng_u32(&a);
	assert_int_equal(a.pos, 12);
	/* 1 + 2 + 4 draws: the last four lie in two blocks. */
	assert_int_equal(yc_rng_u32(&b), u[0]);
	assert_true(
		yc_rng_uniform(&b) == ((u[1] >> 5) * 67108864.0 + (u[2] >> 6)) * 0x1p-53);
	(void)yc_rng_normal(&b);
	assert_int_equal(b.pos, 7);
	assert_int_equal(yc_rng_u32(&b), u[7]);
	/* A position is all that a checkpoint needs. */
	b = (struct yc_rng){a.key, a.stream, 3};
	assert_int_equal(yc_rng_u32(&b), u[3]);
}

static void forks_differ_by_name_index_and_seed(void **state)
{
	struct yc_rng root = yc_rng_new(0, "test");
	struct yc_rng same = yc_rng_fork(&root, "a", 1);
	struct yc_rng other[] = {yc_rng_fork(&root, "a", 0), yc_rng_fork(&root, "a", 256),
		yc_rng_fork(&root, "b", 1), yc_rng_fork(&same, "a", 1), root};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(other); i++)
		assert_true(other[i].stream != same.stream);
	(void)yc_rng_u32(&root); /* drawing from the parent moves no child */
	assert_int_equal(yc_rng_fork(&root, "a", 1).stream, same.stream);
	assert_int_equal(same.pos, 0);
	/* FNV-1a of "foobar", a published value. */
	assert_true(yc_rng_new(0, "foobar").stream == 0x85944171f73967e8u);
}

static void draws_have_the_right_moments(void **state)
{
	enum { N = 200000 };
	struct yc_rng r = yc_rng_new(3, "moments");
	double sum = 0, square = 0, fourth = 0, mean = 0;
	int below[3] = {0, 0, 0};

	(void)state;
	for (int i = 0; i < N; i++) {
		double x = yc_rng_normal(&r), u = yc_rng_uniform(&r);

		assert_true(u >= 0 && u < 1);
		mean += u / N;
		sum += x / N;
		square += x * x / N;
		fourth += x * x * x * x / N;
		below[yc_rng_below(&r, 3)]++;
	}
	assert_true(fabs(mean - 0.5) < 0.004);
	assert_true(fabs(sum) < 0.012);
	assert_true(fabs(square - 1) < 0.02);
	assert_true(fabs(fourth - 3) < 0.15);
	for (int i = 0; i < 3; i++)
		assert_true(abs(below[i] - N / 3) < 1100);
	assert_int_equal(yc_rng_below(&r, 1), 0);
}

static void a_permutation_holds_every_number_once(void **state)
{
	struct yc_rng r = yc_rng_new(3, "perm");
	int32_t perm[100];
	int seen[100] = {0}, moved = 0;

	(void)state;
	yc_rng_permutation(&r, perm, 100);
	for (int i = 0; i < 100; i++) {
		assert_in_range(perm[i], 0, 99);
		seen[perm[i]]++;
		moved += perm[i] != i;
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(seen[i], 1);
	assert_true(moved > 80);
	yc_rng_permutation(&r, perm, 1);
	assert_int_equal(perm[0], 0);
	yc_rng_permutation(&r, perm, 0);
}

static void failures_keep_one_clean_line(void **state)
{
	char longer[3000];

	(void)state;
	errno = ENOENT;
	assert_int_equal(yc_fail(YC_FAIL, "%s:", "a\nb\033"), YC_FAIL);
	assert_string_equal(yc_errmsg(), "a?b?: No such file or directory");
	assert_int_equal(yc_fail_in(YC_CUT, "record %d", 3), YC_CUT);
	assert_string_equal(yc_errmsg(), "record 3: a?b?: No such file or directory");
	(void)yc_fail(YC_FAIL, "again: %s!", yc_errmsg());
	assert_string_equal(
		yc_errmsg(), "again: record 3: a?b?: No such file or directory!");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	(void)yc_fail(YC_FAIL, "%s", longer);
	assert_int_equal(strlen(yc_errmsg()), 1023);
	(void)yc_fail_in(YC_FAIL, "%s", longer);
	assert_int_equal(strlen(yc_errmsg()), 1023);
}

static void memory_is_zero_aligned_and_never_wraps(void **state)
{
	unsigned char *p = yc_calloc(3, 5);

	(void)state;
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % 64, 0);
	for (int i = 0; i < 15; i++)
		assert_int_equal(p[i], 0);
	memset(p, 1, 15);
	p = yc_realloc(p, 15, 100, 1);
	assert_non_null(p);
	assert_int_equal(p[14], 1);
	assert_int_equal(p[15], 0);
	assert_null(yc_realloc(p, 100, SIZE_MAX / 2, 3)); /* p is still ours */
	yc_free(p);
	p = yc_calloc(0, 8);
	assert_non_null(p);
	yc_free(p);
	assert_true(yc_size_mul(SIZE_MAX / 2, 3) == SIZE_MAX);
	assert_null(yc_calloc(SIZE_MAX / 2, 3));
	assert_null(yc_calloc(SIZE_MAX, 1));
	assert_non_null(strstr(yc_errmsg(), "memory"));
}

static void an_arena_holds_what_was_planned(void **state)
{
	struct yc_arena a;
	size_t cost = yc_arena_cost(10, 4) + yc_arena_cost(0, 4) + yc_arena_cost(100, 8);
	char *p, *q, *r;

	(void)state;
	assert_int_equal(yc_arena_init(&a, cost), YC_OK);
	p = yc_arena_get(&a, 10, 4);
	q = yc_arena_get(&a, 0, 4);
	r = yc_arena_get(&a, 100, 8);
	assert_true(q >= p + 40 && r > q);
	assert_int_equal((uintptr_t)r % 64, 0);
	assert_int_equal(r[799], 0);
	memset(r, 1, 800);
	yc_arena_release(&a);
	assert_int_equal(yc_arena_init(&a, SIZE_MAX - 5), YC_FAIL);
	yc_arena_release(&a);
}

struct sums {
	int unit[1000];
	int worker[8];
	bool denormal[8];
};

static void one_unit(void *ctx, int unit, int worker)
{
	struct sums *s = ctx;
	volatile float tiny = 1e-38f;

	s->unit[unit]++;
	s->worker[worker]++;
	tiny *= 0.01f;
	if (tiny != 0)
		s->denormal[worker] = true;
}

static void every_unit_is_done_once_by_any_number_of_threads(void **state)
{
	static const int threads[] = {0, 1, 2, 8};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(threads); i++) {
		struct sums s = {.unit = {0}};
		volatile float tiny = 1e-38f;
		int total = 0;

		yc_parallel(1000, threads[i], one_unit, &s);
		for (int u = 0; u < 1000; u++)
			assert_int_equal(s.unit[u], 1);
		for (int w = 0; w < 8; w++) {
			total += s.worker[w];
#ifdef __SSE2__
			assert_false(s.denormal[w]);
#endif
		}
		assert_int_equal(total, 1000);
		tiny *= 0.01f; /* the caller's own arithmetic is as before */
		assert_true(tiny != 0);
	}
	yc_parallel(0, 4, one_unit, NULL);
	assert_true(yc_cpus() >= 1);
}

enum { OUTER = 40, INNER = 30 };

struct nested {
	atomic_int done[OUTER][INNER], busy[OUTER][4], clashes;
	int outer[OUTER];
};

struct inside {
	struct nested *all;
	int outer;
};

static void inner_unit(void *ctx, int unit, int worker)
{
	struct inside *in = ctx;

	/* nobody else has this worker's memory meanwhile */
	if (atomic_fetch_add(&in->all->busy[in->outer][worker], 1) != 0)
		in->all->clashes++;
	in->all->done[in->outer][unit]++;
	for (volatile int wait = 0; wait < 2000; wait++) {
	}
	in->all->busy[in->outer][worker]--;
}

static void outer_unit(void *ctx, int unit, int worker)
{
	struct inside in = {ctx, unit};

	(void)worker;
	if (unit % 3 == 0)
		yc_parallel(INNER, 1 + unit % 4, inner_unit, &in);
	in.all->outer[unit]++;
}

static void a_unit_may_have_units_of_its_own(void **state)
{
	static const int threads[] = {1, 2, 8};
	static struct nested s;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(threads); i++) {
		memset(&s, 0, sizeof s);
		yc_parallel(OUTER, threads[i], outer_unit, &s);
		for (int u = 0; u < OUTER; u++) {
			assert_int_equal(s.outer[u], 1);
			for (int v = 0; v < INNER; v++)
				assert_int_equal(s.done[u][v], u % 3 == 0);
		}
		assert_int_equal(s.clashes, 0);
	}
}

struct cfg {
	bool flag, on;
	uint32_t epochs, count;
	uint64_t bytes;
	double rate, limit, late;
	const char *file, *mode;
};

static const struct yc_opt rows[] = {
	YC_OPT(struct cfg, flag, .name = "flag", .letter = 'f', .help = "a flag"),
	YC_OPT(struct cfg, on, .name = "on", .def = "true", .help = "on by default"),
	YC_OPT(struct cfg, epochs, .name = "epochs", .letter = 'e', .arg = "n",
		.def = "10", .min = 1, .max = 1000, .help = "a number"),
	YC_OPT(struct cfg, count, .name = "epoch-count", .arg = "n",
		.auto_help = "by size", .help = "another"),
	YC_OPT(struct cfg, bytes, .name = "bytes", .arg = "n", .unit = YC_BYTES,
		.def = "1G", .help = "a size"),
	YC_OPT(struct cfg, rate, .name = "rate", .letter = 'r', .arg = "x", .def = "0.1",
		.help = "any number"),
	YC_OPT(struct cfg, limit, .name = "limit", .arg = "t", .unit = YC_SECONDS,
		.auto_help = "none", .help = "a time"),
	YC_OPT(struct cfg, late, .name = "late", .arg = "x", .auto_help = "later",
		.help = "resolved later"),
	YC_OPT(struct cfg, file, .name = "file", .letter = 'o', .arg = "file",
		.help = "a name"),
	YC_OPT(struct cfg, mode, .name = "mode", .arg = "some|all", .unit = YC_CHOICE,
		.def = "all", .help = "a choice"),
};

/* Parses up to 9 words after the program's name. */
static int parse(struct cfg *cfg, const char *words, int *first, char **argv, char *room)
{
	struct yc_opts g = {.row = rows, .n = YC_COUNT(rows), .cfg = cfg};
	int argc = 0;

	strcpy(room, words);
	for (char *w = strtok(room, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	assert_int_equal(yc_opt_defaults(&g, 1), YC_OK);
	return yc_opt_parse(&g, 1, argc, argv, first);
}

static void options_may_stand_anywhere(void **state)
{
	struct cfg c;
	char *argv[24], room[256];
	int first;

	(void)state;
	assert_int_equal(parse(&c, "x", &first, argv, room), YC_OK);
	assert_true(
		c.on && !c.flag && c.epochs == 10 && c.count == 0 && c.bytes == 1u << 30);
	assert_true(c.rate == 0.1 && isnan(c.late) && isnan(c.limit) && !c.file);
	assert_string_equal(c.mode, "all");
	assert_int_equal(first, 1);

	assert_int_equal(
		parse(&c, "x a -fe7 b --no-on --lim=2h --by 3M --rate=-2e-3 -oq -- -z",
			&first, argv, room),
		YC_OK);
	assert_true(c.flag && !c.on && c.epochs == 7 && c.limit == 7200 &&
		    c.bytes == 3u << 20);
	assert_true(c.rate == -2e-3);
	assert_string_equal(c.file, "q");
	assert_string_equal(argv[first], "a");
	assert_string_equal(argv[first + 1], "b");
	assert_string_equal(argv[first + 2], "-z");
	assert_null(argv[first + 3]);
	/* An exact name wins over longer ones. */
	assert_int_equal(parse(&c, "x --epochs 3 -", &first, argv, room), YC_OK);
	assert_int_equal(c.epochs, 3);
	assert_string_equal(argv[first], "-");
}

static void wrong_options_are_named(void **state)
{
	static const struct {
		const char *words, *says;
	} bad[] = {
		{"x --nope", "--nope"},
		{"x --nope=3", "'--nope'"},
		{"x -Z", "-Z"},
		{"x -fZ", "-Z"},
		{"x -e", "-e"},
		{"x --file", "--file needs a value"},
		{"x --flag=1", "--flag takes no value"},
		{"x --epoc 1", "--epochs or --epoch-count"},
		{"x -e 0", "1 to 1000"},
		{"x -e 1001", "--epochs"},
		{"x -e 1x", "'1x'"},
		{"x -e -1", "'-1'"},
		{"x -e +1", "'+1'"},
		{"x -e 0x10", "'0x10'"},
		{"x -e 4294967297", "too large"},
		{"x --bytes 99999999999999999T", "too large"},
		{"x --bytes 18446744073709551616", "too large"},
		{"x --bytes 1KK", "'1KK'"},
		{"x -r nan", "'nan'"},
		{"x -r inf", "'inf'"},
		{"x -r 0x1p3", "'0x1p3'"},
		{"x -r 1e999", "too large"},
		{"x -r 3h", "'3h'"},
		{"x --limit 3y", "'3y'"},
		{"x --mode al", "some|all"},
		{"x --mode=", "some|all"},
	};
	struct cfg c;
	char *argv[24], room[256];
	int first;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		assert_int_equal(parse(&c, bad[i].words, &first, argv, room), YC_USAGE);
		if (!strstr(yc_errmsg(), bad[i].says))
			fail_msg("%s: %s", bad[i].words, yc_errmsg());
	}
}

/* What the library reads under a path and calls it, or "" where it cannot be opened. */
static void read_path(const char *path, char text[16])
{
	FILE *f = yc_infile_text(path);

	text[0] = '\0';
	if (!f)
		return;
	(void)!fgets(text, 16, f);
	assert_int_equal(fclose(f), 0);
}

static void a_lent_descriptor_opens_under_its_path(void **state)
{
	FILE *file = tmpfile();
	char text[16];
	int ends[2];

	(void)state;
	/* Nobody lent anything: a dash is a name like others. */
	assert_int_equal(yc_infile_open("-"), YC_FAIL);
	assert_string_equal(yc_infile_name("-"), "-");
	assert_non_null(file);
	assert_true(fputs("abcdef", file) >= 0);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(lseek(fileno(file), 2, SEEK_SET), 2);
	yc_infile_lend("-", fileno(file), "stdin");
	assert_string_equal(yc_infile_name("-"), "stdin");
	assert_string_equal(yc_infile_name("-x"), "-x");
	/* A file has a path by which it begins anew; itself it goes on where it stands. */
	read_path(yc_infile_path("-"), text);
	assert_string_equal(text, "abcdef");
	read_path("-", text);
	assert_string_equal(text, "cdef");
	assert_int_equal(fclose(file), 0);

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "pipe", 4), 4);
	assert_int_equal(close(ends[1]), 0);
	yc_infile_lend("-", ends[0], "stdin");
	assert_null(yc_infile_path("-"));
	read_path("-", text);
	assert_string_equal(text, "pipe");
	assert_int_equal(close(ends[0]), 0);
	read_path("-", text);
	assert_string_equal(text, "");
}

static void numbers_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		enum yc_number n;
		uint64_t v;
	} whole[] = {{"0", YC_NUMBER, 0}, {"007", YC_NUMBER, 7}, {"300", YC_NUMBER, 300},
		{"301", YC_NUMBER_LARGE, 0}, {"", YC_NUMBER_NONE, 0},
		{" 1", YC_NUMBER_NONE, 0}, {"1 ", YC_NUMBER_NONE, 0},
		{"-1", YC_NUMBER_NONE, 0}, {"+1", YC_NUMBER_NONE, 0},
		{"0x1", YC_NUMBER_NONE, 0}, {"1.0", YC_NUMBER_NONE, 0},
		{"18446744073709551617", YC_NUMBER_LARGE, 0}},
	  bytes[] = {{"12", YC_NUMBER, 12}, {"2K", YC_NUMBER, 2048},
		  {"3M", YC_NUMBER, 3 << 20}, {"3T", YC_NUMBER, UINT64_C(3) << 40},
		  {"4T", YC_NUMBER_LARGE, 0}, {"K", YC_NUMBER_NONE, 0},
		  {"2k", YC_NUMBER_NONE, 0}, {"2KB", YC_NUMBER_NONE, 0}};
	static const struct {
		const char *text;
		enum yc_number n;
		double v;
	} decimal[] = {{"0", YC_NUMBER, 0}, {"-1.5e-3", YC_NUMBER, -1.5e-3},
		{"+.5", YC_NUMBER, 0.5}, {"5.", YC_NUMBER, 5}, {"1E2", YC_NUMBER, 100},
		{".", YC_NUMBER_NONE, 0}, {"1e", YC_NUMBER_NONE, 0},
		{"--1", YC_NUMBER_NONE, 0}, {" 1", YC_NUMBER_NONE, 0},
		{"0x10", YC_NUMBER_NONE, 0}, {"inf", YC_NUMBER_NONE, 0},
		{"nan", YC_NUMBER_NONE, 0}, {"1e999", YC_NUMBER_LARGE, 0}},
	  time[] = {{"1.5h", YC_NUMBER, 5400}, {"2d", YC_NUMBER, 172800},
		  {"7", YC_NUMBER, 7}, {"7 s", YC_NUMBER_NONE, 0},
		  {"m", YC_NUMBER_NONE, 0}, {"1e308d", YC_NUMBER_LARGE, 0}};
	const char *list = "-9223372036854775808,+5,9223372036854775808";
	uint64_t u;
	int64_t i;
	double d;

	(void)state;
	for (size_t k = 0; k < YC_COUNT(whole); k++) {
		u = 0;
		if (yc_parse_u64(whole[k].text, 300, &u) != whole[k].n || u != whole[k].v)
			fail_msg("'%s': %ju", whole[k].text, (uintmax_t)u);
	}
	for (size_t k = 0; k < YC_COUNT(bytes); k++) {
		u = 0;
		if (yc_parse_bytes(bytes[k].text, (UINT64_C(4) << 40) - 1, &u) !=
				bytes[k].n ||
			u != bytes[k].v)
			fail_msg("'%s': %ju", bytes[k].text, (uintmax_t)u);
	}
	for (size_t k = 0; k < YC_COUNT(decimal); k++) {
		d = 0;
		if (yc_parse_double(decimal[k].text, &d) != decimal[k].n ||
			d != decimal[k].v)
			fail_msg("'%s': %g", decimal[k].text, d);
	}
	for (size_t k = 0; k < YC_COUNT(time); k++) {
		d = 0;
		if (yc_parse_seconds(time[k].text, &d) != time[k].n || d != time[k].v)
			fail_msg("'%s': %g", time[k].text, d);
	}
	assert_int_equal(yc_take_i64(&list, &i), YC_NUMBER);
	assert_true(i == INT64_MIN);
	assert_int_equal(*list++, ',');
	assert_int_equal(yc_take_i64(&list, &i), YC_NUMBER);
	assert_true(i == 5);
	list++;
	assert_int_equal(yc_take_i64(&list, &i), YC_NUMBER_LARGE);
	assert_string_equal(list, "");
}

static void ranges_mark_numbers(void **state)
{
	static const char *const wrong[] = {"", ",", "1,", "1-", "-1", "1;2", "1-2-3",
		"a", "8", "0-8", "3-1", "99999999999999999999", "1 2"};
	bool in[8] = {false};

	(void)state;
	assert_int_equal(yc_parse_ranges("0-2,7,2-3", "classes", 8, in), YC_OK);
	for (int i = 0; i < 8; i++)
		assert_int_equal(in[i], i <= 3 || i == 7);
	for (size_t i = 0; i < YC_COUNT(wrong); i++)
		if (yc_parse_ranges(wrong[i], "classes", 8, in) != YC_USAGE)
			fail_msg("'%s' is a list", wrong[i]);
	assert_int_equal(yc_parse_ranges("8", "classes", 8, in), YC_USAGE);
	assert_string_equal(yc_errmsg(), "classes go from 0 to 7");
}

/* The words of a choice are those of its table: parsed, refused and shown in help. */
static void a_choice_can_be_a_table(void **state)
{
	static const struct yc_method a = {.name = "cat", .summary = "one"},
				      b = {.name = "dog-2", .summary = "two"};
	static const struct yc_method *const table[] = {&a, &b, NULL};
	static const struct yc_opt row[] = {
		YC_OPT(struct cfg, mode, .name = "mode", .table = table,
			.unit = YC_CHOICE, .def = "dog-2", .help = "a choice"),
	};
	struct cfg c = {.mode = NULL};
	struct yc_opts g = {.row = row, .n = 1, .cfg = &c};
	char *help, *argv[] = {(char[]){"x"}, (char[]){"--mode"}, NULL};
	int first;

	(void)state;
	assert_int_equal(yc_opt_check(&g, 1), YC_OK);
	assert_int_equal(yc_opt_defaults(&g, 1), YC_OK);
	assert_string_equal(c.mode, "dog-2");
	assert_int_equal(yc_opt_set(&g, row, "cat"), YC_OK);
	assert_string_equal(c.mode, "cat");
	assert_int_equal(yc_opt_set(&g, row, "ca"), YC_USAGE);
	assert_string_equal(
		yc_errmsg(), "'ca' is not one of cat|dog-2, did you mean 'cat'?");
	assert_int_equal(yc_opt_parse(&g, 1, 2, argv, &first), YC_USAGE);
	assert_string_equal(yc_errmsg(), "option --mode needs a value (cat|dog-2)");
	help = yc_opt_help(&g);
	assert_non_null(strstr(help, "--mode=cat|dog-2"));
	free(help);
}

static void the_first_operand_is_found_before_parsing(void **state)
{
	static const struct {
		const char *words;
		int at;
	} known[] = {
		{"x a", 1},
		{"x -e 5 a", 3},
		{"x -e5 a", 2},
		{"x -fe 5 a", 3},
		{"x --epochs 5 a", 3},
		{"x --epochs=5 a", 2},
		{"x --epo 5 a", 3},
		{"x -f --no-on a", 3},
		{"x --unknown a", 2},
		{"x -f -- -a", 3},
		{"x -f --", 3},
		{"x -f -", 2},
		{"x -e", 2},
	};
	struct yc_opts g = {.row = rows, .n = YC_COUNT(rows)};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(known); i++) {
		char *argv[24], room[256];
		int argc = 0;

		strcpy(room, known[i].words);
		for (char *w = strtok(room, " "); w; w = strtok(NULL, " "))
			argv[argc++] = w;
		if (yc_opt_scan(&g, 1, argc, argv) != known[i].at)
			fail_msg("%s", known[i].words);
	}
}

/* Given is what stands there, also as a prefix, a letter in a cluster or a negation, and
 * also with the value that is the default; not what is another option's value or comes
 * after --. The look ahead and the parser agree. */
static void options_given_are_known(void **state)
{
	static const struct {
		const char *words, *given; /* letters of the rows */
	} known[] = {
		{"x a", ""},
		{"x --epochs 10 a", "e"},
		{"x a --rat=5", "r"},
		{"x -fe 5", "fe"},
		{"x -e5 a --no-flag", "fe"},
		{"x --file --flag a", "o"},
		{"x -e 5 -- --flag", "e"},
		{"x a -- -f", ""},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(known); i++) {
		for (int scan = 0; scan < 2; scan++) {
			struct cfg c;
			struct yc_opts g = {
				.row = rows, .n = YC_COUNT(rows), .cfg = &c, .given = 1};
			char *argv[24], room[256];
			int argc = 0, first;

			strcpy(room, known[i].words);
			for (char *w = strtok(room, " "); w; w = strtok(NULL, " "))
				argv[argc++] = w;
			argv[argc] = NULL;
			if (scan)
				(void)yc_opt_scan(&g, 1, argc, argv);
			else if (yc_opt_parse(&g, 1, argc, argv, &first) < 0)
				fail_msg("%s: %s", known[i].words, yc_errmsg());
			for (size_t r = 0; r < YC_COUNT(rows); r++)
				if (rows[r].letter &&
					yc_opt_given(&g, 1, rows[r].name) !=
						(strchr(known[i].given, rows[r].letter) !=
							NULL))
					fail_msg("%s: --%s (%s)", known[i].words,
						rows[r].name, scan ? "scan" : "parse");
		}
	}
}

static void values_read_back(void **state)
{
	struct cfg c;
	struct yc_opts g = {.row = rows, .n = YC_COUNT(rows), .cfg = &c};
	char buf[64];

	(void)state;
	assert_int_equal(yc_opt_defaults(&g, 1), YC_OK);
	yc_opt_value(&g, &rows[1], buf, sizeof(buf));
	assert_string_equal(buf, "true");
	yc_opt_value(&g, &rows[3], buf, sizeof(buf));
	assert_string_equal(buf, "");
	yc_opt_value(&g, &rows[5], buf, sizeof(buf));
	assert_string_equal(buf, "0.1");
	yc_opt_value(&g, &rows[7], buf, sizeof(buf));
	assert_string_equal(buf, "");
	c.rate = 1.0 / 3;
	yc_opt_value(&g, &rows[5], buf, sizeof(buf));
	assert_true(strtod(buf, NULL) == 1.0 / 3);
}

static void help_shows_names_and_defaults(void **state)
{
	struct yc_opts g = {.row = rows, .n = YC_COUNT(rows), .title = "Things"};
	char *text = yc_opt_help(&g);

	(void)state;
	assert_non_null(text);
	assert_ptr_equal(strstr(text, "Things:\n"), text);
	assert_non_null(strstr(text, "  -e, --epochs=n "));
	assert_non_null(strstr(text, "(default: 10)"));
	assert_non_null(strstr(text, "(default: by size)"));
	assert_non_null(strstr(text, "--no-on turns it off"));
	free(text);
}

static void faulty_tables_are_found(void **state)
{
	static const char *const says[] = {"full stop", "a flag has no .arg",
		"a flag has no .arg", "not lower case",
		"default: ", "default: ", "the name is used twice",
		"the letter -x is used by --b", "opposite of --"};
	static const struct yc_opt bad[][2] = {
		{YC_OPT(struct cfg, flag, .name = "a", .help = "full stop.")},
		{YC_OPT(struct cfg, flag, .name = "a", .arg = "n",
			.help = "flag with arg")},
		{YC_OPT(struct cfg, epochs, .name = "a", .help = "no arg")},
		{YC_OPT(struct cfg, epochs, .name = "A", .arg = "n", .help = "capital")},
		{YC_OPT(struct cfg, epochs, .name = "a", .arg = "n", .min = 1, .max = 2,
			.def = "3", .help = "default out of range")},
		{YC_OPT(struct cfg, mode, .name = "a", .arg = "x|y", .unit = YC_CHOICE,
			.def = "z", .help = "default is no choice")},
		{YC_OPT(struct cfg, flag, .name = "a", .help = "x"),
			YC_OPT(struct cfg, on, .name = "a", .help = "same name")},
		{YC_OPT(struct cfg, flag, .name = "a", .letter = 'x', .help = "x"),
			YC_OPT(struct cfg, on, .name = "b", .letter = 'x',
				.help = "letter")},
		{YC_OPT(struct cfg, flag, .name = "a", .help = "x"),
			YC_OPT(struct cfg, on, .name = "no-a", .help = "opposite")},
	};
	struct yc_opts good = {.row = rows, .n = YC_COUNT(rows)};

	(void)state;
	if (yc_opt_check(&good, 1) < 0)
		fail_msg("%s", yc_errmsg());
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		struct yc_opts g = {.row = bad[i], .n = bad[i][1].name ? 2 : 1};

		assert_int_equal(yc_opt_check(&g, 1), YC_FAIL);
		if (!strstr(yc_errmsg(), says[i]))
			fail_msg("'%s' expected in '%s'", says[i], yc_errmsg());
	}
}

static void methods_are_found_by_their_whole_name(void **state)
{
	static const struct yc_method a = {.name = "first", .summary = "a"};
	static const struct yc_method b = {.name = "second", .summary = "b"};
	static const struct yc_method *const table[] = {&a, &b, NULL};

	(void)state;
	assert_ptr_equal(yc_method_find(table, "score", "second,x", 6), &b);
	assert_null(yc_method_find(table, "score", "firs", 4));
	assert_string_equal(yc_errmsg(),
		"unknown score 'firs', did you mean 'first'? (one of: first second)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(philox_gives_the_published_answers),
		cmocka_unit_test(draws_do_not_depend_on_how_they_are_grouped),
		cmocka_unit_test(forks_differ_by_name_index_and_seed),
		cmocka_unit_test(draws_have_the_right_moments),
		cmocka_unit_test(a_permutation_holds_every_number_once),
		cmocka_unit_test(failures_keep_one_clean_line),
		cmocka_unit_test(memory_is_zero_aligned_and_never_wraps),
		cmocka_unit_test(an_arena_holds_what_was_planned),
		cmocka_unit_test(every_unit_is_done_once_by_any_number_of_threads),
		cmocka_unit_test(a_unit_may_have_units_of_its_own),
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(wrong_options_are_named),
		cmocka_unit_test(a_lent_descriptor_opens_under_its_path),
		cmocka_unit_test(numbers_are_read_strictly),
		cmocka_unit_test(ranges_mark_numbers),
		cmocka_unit_test(a_choice_can_be_a_table),
		cmocka_unit_test(the_first_operand_is_found_before_parsing),
		cmocka_unit_test(options_given_are_known),
		cmocka_unit_test(values_read_back),
		cmocka_unit_test(help_shows_names_and_defaults),
		cmocka_unit_test(faulty_tables_are_found),
		cmocka_unit_test(methods_are_found_by_their_whole_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

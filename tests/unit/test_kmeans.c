/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "yc/kmeans.h"
#include "yc/mem.h"

/* Worked by hand. */
static const yc_real line[7] = {0, 1, 2, 10, 11, 13, 30};

static struct yc_kmeans cluster(
	const struct yc_kmeans_cfg *cfg, const yc_real *x, int n, int d, int threads)
{
	struct yc_rng rng = yc_rng_new(3, "kmeans");
	struct yc_kmeans m;

	assert_int_equal(yc_kmeans(&m, cfg, x, n, d, &rng, threads), YC_OK);
	return m;
}

static void test_reference(void **state)
{
	static const int32_t first[3] = {0, 1, 3}, want[3] = {0, 1, 5};
	static const double centre[3] = {0, 1.5, 16};
	const struct yc_kmeans_cfg cfg = {.k = 3, .first = first};
	struct yc_kmeans m = cluster(&cfg, line, 7, 1, 1);

	(void)state;
	assert_int_equal(m.iterations, 2);
	assert_true(m.shift == 0);
	for (int c = 0; c < 3; c++) {
		assert_true((double)m.centre[c] == centre[c]);
		assert_int_equal(m.nearest[c], want[c]);
	}
	yc_kmeans_release(&m);
}

/* The first iteration's shift is what is left over where it is the last one: the line
 * is made so short that any shift of it is small enough to stop, by a power of two, so
 * that no bit changes. */
static void test_first_shift(void **state)
{
	static const int32_t first[3] = {0, 1, 3};
	static const double centre[3] = {0, 1.5, 16};
	const struct yc_kmeans_cfg cfg = {.k = 3, .first = first};
	const double unit = 1.0 / 1024;
	yc_real x[7];
	struct yc_kmeans m;

	(void)state;
	for (int i = 0; i < 7; i++)
		x[i] = line[i] * (yc_real)unit;
	m = cluster(&cfg, x, 7, 1, 1);
	assert_int_equal(m.iterations, 1);
	assert_true(m.shift == 36.25 * unit * unit);
	for (int c = 0; c < 3; c++)
		assert_true((double)m.centre[c] == centre[c] * unit);
	yc_kmeans_release(&m);
}

/* Equal centres: the higher one gets no row. */
static void test_empty(void **state)
{
	static const int32_t first[3] = {3, 3, 0};
	struct yc_kmeans_cfg cfg = {.k = 3, .first = first};
	struct yc_kmeans m = cluster(&cfg, line, 7, 1, 1);

	(void)state;
	/* The zero vector, which then is row 0. */
	assert_true(m.centre[0] == 16 && m.centre[1] == 0 && m.centre[2] == 1.5);
	assert_int_equal(m.nearest[1], 0);
	yc_kmeans_release(&m);

	cfg.reseed = true;
	m = cluster(&cfg, line, 7, 1, 1);
	/* 30 is the farthest row, and alone from then on. */
	assert_true(m.centre[1] == 30);
	assert_int_equal(m.nearest[1], 6);
	assert_true(m.centre[2] == 1);
	assert_int_equal(m.nearest[2], 1);
	assert_true(fabs((double)m.centre[0] - 34.0 / 3) < 1e-6);
	assert_int_equal(m.nearest[0], 4);
	yc_kmeans_release(&m);
}

/* Of two zero vectors the second may have neither the row of the first nor that of a
 * centre behind it. */
static void test_distinct(void **state)
{
	static const int32_t first[4] = {3, 3, 3, 0}, shared[4] = {5, 0, 0, 1},
			     own[4] = {5, 0, 2, 1};
	struct yc_kmeans_cfg cfg = {.k = 4, .first = first};
	struct yc_kmeans m = cluster(&cfg, line, 7, 1, 1);

	(void)state;
	assert_memory_equal(m.nearest, shared, sizeof(shared));
	yc_kmeans_release(&m);
	cfg.distinct = true;
	m = cluster(&cfg, line, 7, 1, 1);
	assert_memory_equal(m.nearest, own, sizeof(own));
	yc_kmeans_release(&m);
}

/* As many as there are rows: each has one. */
static void test_distinct_of_all(void **state)
{
	const struct yc_kmeans_cfg cfg = {.k = 7, .replace = true, .distinct = true};
	struct yc_kmeans m = cluster(&cfg, line, 7, 1, 1);
	int seen[7] = {0};

	(void)state;
	for (int c = 0; c < 7; c++)
		assert_int_equal(seen[m.nearest[c]]++, 0);
	yc_kmeans_release(&m);
}

/* ---- against the text of the specification, in double and without a shortcut ---- */

enum { N = 400, D = 300, K = 37 }; /* D and N are no multiples of a block */

static double distance(const yc_real *x, const double *c)
{
	double s = 0;

	for (int j = 0; j < D; j++)
		s += ((double)x[j] - c[j]) * ((double)x[j] - c[j]);
	return s;
}

static double lloyd(const yc_real *x, double *centre)
{
	static double sum[K][D];
	static int count[K];
	double shift = 0;

	memset(sum, 0, sizeof(sum));
	memset(count, 0, sizeof(count));
	for (int i = 0; i < N; i++) {
		int own = 0;

		for (int c = 1; c < K; c++)
			if (distance(x + i * D, centre + c * D) <
				distance(x + i * D, centre + own * D))
				own = c;
		count[own]++;
		for (int j = 0; j < D; j++)
			sum[own][j] += (double)x[i * D + j];
	}
	for (int c = 0; c < K; c++)
		for (int j = 0; j < D; j++) {
			double to = count[c] ? sum[c][j] / count[c] : 0;

			shift += (to - centre[c * D + j]) * (to - centre[c * D + j]);
			centre[c * D + j] = to;
		}
	return shift;
}

/* A noisy plane: clusters take a while to settle. Some rows repeat, so there are ties. */
static yc_real *cloud(void)
{
	struct yc_rng rng = yc_rng_new(1, "cloud");
	yc_real *x = yc_calloc((size_t)N * D, sizeof(*x));

	assert_non_null(x);
	for (int i = 0; i < N; i++) {
		double u = yc_rng_normal(&rng), v = yc_rng_normal(&rng);

		for (int j = 0; j < D; j++)
			x[i * D + j] = i % 10 == 9
					       ? x[(i - 9) * D + j]
					       : (yc_real)(u * sin(j) + v * cos(1.7 * j) +
							   0.1 * yc_rng_normal(&rng));
	}
	return x;
}

static void test_plain_lloyd(void **state)
{
	static double centre[K * D];
	int32_t first[K];
	const struct yc_kmeans_cfg cfg = {.k = K, .first = first};
	yc_real *x = cloud();
	struct yc_kmeans m;
	int iterations = 0;

	(void)state;
	for (int c = 0; c < K; c++) {
		first[c] = c * 7 % N;
		for (int j = 0; j < D; j++)
			centre[c * D + j] = (double)x[first[c] * D + j];
	}
	m = cluster(&cfg, x, N, D, 2);
	do
		iterations++;
	while (lloyd(x, centre) > 1e-4);
	assert_true(iterations > 4);
	assert_int_equal(m.iterations, iterations);
	for (int c = 0; c < K; c++) {
		int32_t near = 0;

		for (int j = 0; j < D; j++)
			assert_true(fabs((double)m.centre[c * D + j] -
					    centre[c * D + j]) < 1e-6);
		for (int32_t i = 1; i < N; i++)
			if (distance(x + i * D, centre + c * D) <
				distance(x + near * D, centre + c * D))
				near = i;
		assert_int_equal(m.nearest[c], near);
	}
	yc_kmeans_release(&m);
	yc_free(x);
}

/* ---- draws, threads, refusals ---- */

static void test_threads(void **state)
{
	const struct yc_kmeans_cfg cfg = {.k = K};
	yc_real *x = cloud();
	struct yc_kmeans a = cluster(&cfg, x, N, D, 1), b = cluster(&cfg, x, N, D, 2);

	(void)state;
	assert_memory_equal(a.centre, b.centre, K * D * sizeof(*a.centre));
	assert_memory_equal(a.nearest, b.nearest, K * sizeof(*a.nearest));
	yc_kmeans_release(&a);
	yc_kmeans_release(&b);
	yc_free(x);
}

/* With every row a centre nothing moves and each row is nearest to its own: the rows
 * drawn are distinct; with replacement some rows are missing. */
static void test_draws(void **state)
{
	struct yc_kmeans_cfg cfg = {.k = 7};
	struct yc_kmeans m = cluster(&cfg, line, 7, 1, 1);
	int seen = 0;

	(void)state;
	assert_int_equal(m.iterations, 1);
	for (int c = 0; c < 7; c++)
		seen |= 1 << m.nearest[c];
	assert_int_equal(seen, 0x7f);
	yc_kmeans_release(&m);

	cfg.replace = true;
	m = cluster(&cfg, line, 7, 1, 1);
	seen = 0;
	for (int c = 0; c < 7; c++)
		seen |= 1 << m.nearest[c];
	assert_int_not_equal(seen, 0x7f);
	yc_kmeans_release(&m);
}

static void test_refusals(void **state)
{
	static const int32_t outside[2] = {0, 7};
	struct yc_kmeans_cfg cfg = {.k = 8};
	struct yc_rng rng = yc_rng_new(0, "kmeans");
	struct yc_kmeans m;

	(void)state;
	assert_int_equal(yc_kmeans(&m, &cfg, line, 7, 1, &rng, 1), YC_FAIL);
	assert_string_equal(yc_errmsg(), "k-means: 8 clusters of 7 rows");
	cfg = (struct yc_kmeans_cfg){.k = 2, .first = outside};
	assert_int_equal(yc_kmeans(&m, &cfg, line, 7, 1, &rng, 1), YC_FAIL);
	assert_null(m.centre);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_first_shift),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_distinct_of_all),
		cmocka_unit_test(test_plain_lloyd),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_draws),
		cmocka_unit_test(test_refusals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

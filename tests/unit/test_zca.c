/* SPDX-License-Identifier: MIT */
/*
 * Whitening: published values and their invariants, any number of threads, back again, in
 * a stream, and as networks get it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/image/zca.h"
#include "yc/blas.h"
#include "yc/mem.h"
#include "yc/rng.h"

static const struct yc_zca_cfg tenth = {.reg = 0.1};

/* n images of channels x side x side, in the order of the column. */
static struct yc_set set_of(int n, int channels, int side, const float *pixel)
{
	struct yc_set s = {.head = {.classes = 2, .side = side, .factor = 1}};
	const uint64_t shape[] = {
		(uint64_t)n, (uint64_t)channels, (uint64_t)side, (uint64_t)side};
	struct yc_tensor *label;

	s.head.nmean = channels;
	for (int c = 0; c < channels; c++) {
		s.head.mean[c] = 0.5;
		s.head.std[c] = 0.25;
	}
	assert_non_null(yc_set_put(&s, "image", YC_F32, 4, shape, pixel));
	label = yc_set_put(&s, "label", YC_I64, 1, shape, NULL);
	assert_non_null(label);
	for (int i = 0; i < n; i++)
		((int64_t *)label->data)[i] = i % 2;
	return s;
}

/* Noise that is smooth, so that neighbours are alike, and different in each channel. */
static struct yc_set noise(int n, int channels, int side)
{
	const int size = channels * side * side;
	struct yc_rng r = yc_rng_new(7, "noise");
	float *pixel = yc_calloc((size_t)(n * size), sizeof *pixel);
	struct yc_set s;

	assert_non_null(pixel);
	for (int i = 0; i < n; i++) {
		double v = 0.5;

		for (int k = 0; k < size; k++) {
			v += 0.3 * (0.5 - v) + 0.2 * (yc_rng_uniform(&r) - 0.5);
			pixel[i * size + k] =
				(float)(v * (1 + k / (side * side)) / channels);
		}
	}
	s = set_of(n, channels, side, pixel);
	yc_free(pixel);
	return s;
}

static const struct yc_whitening *named(const char *name)
{
	const struct yc_method *m =
		yc_method_find(yc_whitenings, "whitening", name, strlen(name));

	assert_non_null(m);
	return (const struct yc_whitening *)(const void *)m;
}

static void close_to(const yc_real *got, const double *want, int n)
{
	for (int i = 0; i < n; i++)
		if (!(fabs((double)got[i] - want[i]) < 5.1e-5))
			fail_msg("%d: %.6g, not %.6g", i, (double)got[i], want[i]);
}

/* The published values have four digits. */
static void mtt_of_four_points(void **state)
{
	static const float row[] = {0, 1, 1, 0, -1, 0, .5F, -1};
	static const double mean[] = {.125, 0}, matrix[] = {1.1165, .1203, .1203, 1.1617},
			    first[] = {-.0192, 1.1466};
	struct yc_set s = set_of(4, 2, 1, row);
	struct yc_data d;
	struct yc_zca *z;
	yc_real x[2];

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	assert_int_equal(
		yc_zca_fit(&z, &named("mtt")->method, &tenth, &d, 1, NULL), YC_OK);
	close_to(z->mean, mean, 2);
	close_to(z->matrix, matrix, 4);
	yc_data_fetch_raw(&d, 0, x);
	assert_int_equal(yc_zca_apply(z, 1, x, NULL, NULL, x, 1), YC_OK);
	close_to(x, first, 2);
	yc_zca_free(z);
	yc_data_release(&d);
	yc_set_release(&s);
}

/* Of images that are standardised already. */
static void kip_of_four_points(void **state)
{
	static const float row[] = {0, 1, 2, 1, 0, 4, -1, 0, 1, .5F, -1, 3};
	static const double matrix[] = {3.0474, .8939, 1.5359, .8939, 3.1927, 1.3906,
		1.5359, 1.3906, 2.5507},
			    first[] = {-1.0688, .3512, .7176};
	struct yc_set s = set_of(4, 3, 1, row);
	struct yc_data d;
	struct yc_zca *z = yc_zca_new(named("kip"), 1, 3);
	yc_real x[3];

	(void)state;
	assert_non_null(z);
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	assert_int_equal(yc_zca_compute(z, 0.1, true, &d, 1, NULL), YC_OK);
	close_to(z->matrix, matrix, 9);
	yc_data_fetch_raw(&d, 0, x);
	assert_int_equal(yc_zca_apply(z, 1, x, NULL, NULL, x, 1), YC_OK);
	close_to(x, first, 3);
	yc_zca_free(z);
	yc_data_release(&d);
	yc_set_release(&s);
}

static struct yc_zca *fitted(
	const char *how, double reg, const struct yc_data *d, int threads)
{
	const struct yc_zca_cfg cfg = {.reg = reg};
	struct yc_zca *z;

	assert_int_equal(
		yc_zca_fit(&z, &named(how)->method, &cfg, d, threads, NULL), YC_OK);
	return z;
}

/* Almost without regularisation the whitened images have mean 0 and covariance 1, less the
 * part that is added to the smallest eigenvalues, of 2e-4. */
static void mtt_whitens(void **state)
{
	enum { N = 1300, SIDE = 5, D = 2 * SIDE * SIDE };
	struct yc_set s = noise(N, 2, SIDE);
	struct yc_data d;
	struct yc_zca *z;
	yc_real *x = yc_calloc(N * D, sizeof *x);

	(void)state;
	assert_non_null(x);
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	z = fitted("mtt", 1e-6, &d, 1);
	for (int i = 0; i < N; i++)
		yc_data_fetch_raw(&d, i, x + i * D);
	assert_int_equal(yc_zca_apply(z, N, x, NULL, NULL, x, 1), YC_OK);
	for (int p = 0; p < D; p++) {
		for (int q = 0; q < D; q++) {
			double sum = 0, product = 0;

			for (int i = 0; i < N; i++) {
				sum += (double)x[i * D + p];
				product += (double)(x[i * D + p] * x[i * D + q]);
			}
			assert_true(fabs(sum / N) < 1e-4);
			assert_true(fabs(product / (N - 1) - (p == q)) < 0.01);
		}
	}
	yc_free(x);
	yc_zca_free(z);
	yc_data_release(&d);
	yc_set_release(&s);
}

/* Standardised per channel, centred and brought to length 1 each, then with second moments
 * of 1/d each, where those are large against the regularisation. */
static void kip_whitens(void **state)
{
	enum { N = 1300, SIDE = 5, D = 3 * SIDE * SIDE };
	struct yc_set s = noise(N, 3, SIDE);
	struct yc_data d;
	struct yc_zca *z;
	yc_real *x = yc_calloc(N * D, sizeof *x);
	double sum[3] = {0}, squares[3] = {0}, trace = 0;

	(void)state;
	assert_non_null(x);
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	z = fitted("kip", 1e-6, &d, 1);
	for (int i = 0; i < N; i++)
		yc_data_fetch_raw(&d, i, x + i * D);
	for (int k = 0; k < N * D; k++) {
		sum[k % 3] += (double)x[k];
		squares[k % 3] += (double)(x[k] * x[k]);
	}
	for (int c = 0; c < 3; c++) {
		const double n = N * D / 3, mean = sum[c] / n;

		assert_true(fabs((double)z->mean[c] - mean) < 1e-6);
		assert_true(fabs(z->std[c] - sqrt(squares[c] / n - mean * mean)) < 1e-6);
	}
	assert_int_equal(yc_zca_apply(z, N, x, NULL, NULL, x, 1), YC_OK);
	for (int p = 0; p < D; p++) {
		double product = 0;

		for (int i = 0; i < N; i++)
			product += (double)(x[i * D + p] * x[i * D + p]);
		trace += product / N;
	}
	/* A direction less: that of the mean, which the images do not have. */
	assert_true(fabs(trace - (D - 1)) < 0.01);
	yc_free(x);
	yc_zca_free(z);
	yc_data_release(&d);
	yc_set_release(&s);
}

/* With fewer images than numbers, KIP leaves the other directions alone. */
static void few_images(void **state)
{
	enum { N = 3, SIDE = 2, D = 3 * SIDE * SIDE };
	struct yc_set s = noise(N, 3, SIDE);
	struct yc_data d;
	struct yc_zca *z;
	double trace = 0, *a = yc_calloc(D * D, sizeof *a), w[D];
	int ones = 0;

	(void)state;
	assert_non_null(a);
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	z = fitted("kip", 0.1, &d, 1);
	for (int k = 0; k < D * D; k++)
		a[k] = (double)z->matrix[k];
	assert_int_equal(yc_eigen(D, a, w), YC_OK);
	for (int k = 0; k < D; k++)
		ones += fabs(w[k] - 1) < 1e-5;
	assert_int_equal(ones, D - N);
	yc_zca_free(z);
	/* MTT does not. */
	z = fitted("mtt", 0.1, &d, 1);
	for (int k = 0; k < D; k++)
		trace += (double)z->matrix[k * D + k];
	assert_true(trace > (D - N) / sqrt(0.1));
	yc_zca_free(z);
	yc_free(a);
	yc_data_release(&d);
	yc_set_release(&s);
}

/* More than one block of images, and more than one tile of the matrix. */
enum { MANY = 1030, LARGE = 10, LARGE_D = 3 * LARGE * LARGE };

static void threads(void **state)
{
	static const char *const how[] = {"mtt", "kip"};
	struct yc_set s = noise(MANY, 3, LARGE);
	struct yc_data d;

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	for (int i = 0; i < 2; i++) {
		struct yc_zca *a = fitted(how[i], 0.1, &d, 1),
			      *b = fitted(how[i], 0.1, &d, 3);
		yc_real *x = yc_calloc(3 * MANY * LARGE_D, sizeof *x),
			*y = x + MANY * LARGE_D, *u = y + MANY * LARGE_D;

		assert_non_null(x);
		assert_memory_equal(
			a->matrix, b->matrix, LARGE_D * LARGE_D * sizeof *a->matrix);
		assert_string_equal(yc_zca_text(a), yc_zca_text(b));
		for (int k = 0; k < MANY; k++)
			yc_data_fetch_raw(&d, k, u + k * LARGE_D);
		assert_int_equal(yc_zca_apply(a, MANY, u, NULL, NULL, x, 1), YC_OK);
		assert_int_equal(yc_zca_apply(b, MANY, u, NULL, NULL, y, 3), YC_OK);
		assert_memory_equal(x, y, MANY * LARGE_D * sizeof *x);
		assert_int_equal(yc_zca_undo(a, MANY, x, NULL, x, 1), YC_OK);
		assert_int_equal(yc_zca_undo(b, MANY, y, NULL, y, 3), YC_OK);
		assert_memory_equal(x, y, MANY * LARGE_D * sizeof *x);
		yc_free(x);
		yc_zca_free(a);
		yc_zca_free(b);
	}
	yc_data_release(&d);
	yc_set_release(&s);
}

static void there_and_back(void **state)
{
	static const char *const how[] = {"mtt", "kip"};
	enum { N = 70 };
	struct yc_set s = noise(MANY, 3, LARGE);
	struct yc_data d;

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	for (int i = 0; i < 2; i++) {
		struct yc_zca *z = fitted(how[i], 0.1, &d, 1);
		yc_real *x = yc_calloc(2 * N * LARGE_D, sizeof *x), *y = x + N * LARGE_D;
		float row[2 * N];

		assert_non_null(x);
		for (int k = 0; k < N; k++)
			yc_data_fetch_raw(&d, k, x + k * LARGE_D);
		assert_int_equal(yc_zca_apply(z, N, x, NULL, row, y, 1), YC_OK);
		assert_int_equal(yc_zca_undo(z, N, y, row, y, 1), YC_OK);
		for (int k = 0; k < N * LARGE_D; k++)
			assert_true(fabs((double)(y[k] - x[k])) < 1e-4);
		/* Whitened images of any mean and length come back, by rows of their
		 * own. */
		for (int k = 0; k < N * LARGE_D; k++)
			x[k] = (yc_real)sin(k * 0.37);
		yc_zca_rows(z, N, row);
		assert_int_equal(yc_zca_undo(z, N, x, NULL, y, 1), YC_OK);
		assert_int_equal(yc_zca_apply(z, N, y, row, NULL, y, 1), YC_OK);
		for (int k = 0; k < N * LARGE_D; k++)
			assert_true(fabs((double)(y[k] - x[k])) < 1e-3);
		yc_free(x);
		yc_zca_free(z);
	}
	yc_data_release(&d);
	yc_set_release(&s);
}

/* What networks get of a stream that has the map: the same whether it was fitted a moment
 * ago or read, in the order of the images, and pixels stay pixels. */
static void in_a_set(void **state)
{
	enum { N = 40, SIDE = 3, D = 3 * SIDE * SIDE };
	struct yc_set s = noise(N, 3, SIDE), other = noise(N, 3, SIDE);
	struct yc_data d, white, test;
	struct yc_zca *z, *read;
	yc_real x[D], raw[D];
	uint64_t plain;

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	plain = yc_data_fingerprint(&d);
	z = fitted("mtt", 0.1, &d, 1);
	assert_int_equal(yc_zca_load(&read, &s), YC_OK);
	assert_null(read);
	assert_int_equal(yc_zca_store(z, &s), YC_OK);
	assert_int_equal(yc_zca_store(z, &s), YC_OK); /* not twice */
	assert_int_equal(s.npassthrough, 1);
	assert_int_equal(yc_zca_load(&read, &s), YC_OK);
	assert_string_equal(yc_zca_text(read), yc_zca_text(z));
	assert_memory_equal(read->matrix, z->matrix, D * D * sizeof *z->matrix);
	assert_memory_equal(read->mean, z->mean, D * sizeof *z->mean);
	assert_int_equal(yc_data_new_on(&white, &s, 2), YC_OK);
	assert_true(yc_data_fingerprint(&white) != plain);
	for (int i = 0; i < N; i++) {
		yc_data_fetch_raw(&d, i, raw);
		yc_data_fetch_raw(&white, i, x);
		assert_memory_equal(raw, x, sizeof x);
		assert_int_equal(yc_zca_apply(z, 1, raw, NULL, NULL, raw, 1), YC_OK);
		yc_data_fetch(&white, i, x);
		assert_memory_equal(raw, x, sizeof x);
	}
	/* Other images, by the same map. */
	assert_int_equal(yc_data_new(&test, &other), YC_OK);
	assert_int_equal(yc_data_whiten_as(&test, &white, 1), YC_OK);
	yc_data_fetch(&test, 7, x);
	yc_data_fetch(&white, 7, raw);
	assert_memory_equal(raw, x, sizeof x);
	yc_data_release(&test);
	yc_zca_drop(&s);
	assert_int_equal(s.npassthrough, 0);
	assert_null(yc_meta_get(&s.meta, YC_ZCA_KEY));
	yc_zca_free(z);
	yc_zca_free(read);
	yc_data_release(&d);
	yc_data_release(&white);
	yc_set_release(&s);
	yc_set_release(&other);
}

/* KIP's condensed images keep their own length and mean. */
static void rows_of_a_set(void **state)
{
	enum { N = 20, SIDE = 3, D = 3 * SIDE * SIDE };
	struct yc_set s = noise(N, 3, SIDE);
	const uint64_t shape[] = {N, 2};
	struct yc_tensor *t;
	struct yc_data d;
	struct yc_zca *z;
	yc_real x[D], y[D];
	float row[2];

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	z = fitted("kip", 0.1, &d, 1);
	assert_int_equal(yc_zca_store(z, &s), YC_OK);
	t = yc_set_put(&s, YC_ZCA_COLUMN, YC_F32, 2, shape, NULL);
	assert_non_null(t);
	for (int i = 0; i < N; i++) {
		((float *)t->data)[2 * i] = 0.25F * (float)i;
		((float *)t->data)[2 * i + 1] = 1 + (float)i;
	}
	yc_data_release(&d);
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	yc_data_fetch(&d, 5, x);
	yc_data_fetch_raw(&d, 5, y);
	row[0] = 1.25F;
	row[1] = 6;
	assert_int_equal(yc_zca_apply(z, 1, y, row, NULL, y, 1), YC_OK);
	assert_memory_equal(x, y, sizeof x);
	yc_data_release(&d);
	((float *)t->data)[11] = 0;
	assert_int_equal(yc_data_new(&d, &s), YC_FAIL);
	assert_string_equal(
		yc_errmsg(), "row 5: whitening would subtract 1.25 and divide by 0");
	yc_zca_free(z);
	yc_set_release(&s);
}

static void refused(struct yc_set *s, const char *message)
{
	struct yc_data d;

	assert_int_equal(yc_data_new(&d, s), YC_FAIL);
	if (!strstr(yc_errmsg(), message))
		fail_msg("'%s' is not in '%s'", message, yc_errmsg());
}

static void nonsense(void **state)
{
	enum { N = 20 };
	struct yc_set s = noise(N, 3, 2), odd = noise(N, 3, 3), one = noise(1, 3, 2);
	struct yc_zca *z;
	struct yc_data d;
	struct yc_record *r;
	float *matrix;

	(void)state;
	assert_int_equal(yc_data_new(&d, &s), YC_OK);
	z = fitted("mtt", 0.1, &d, 1);
	assert_int_equal(yc_zca_store(z, &s), YC_OK);
	r = &s.passthrough[0];
	matrix = yc_record_find(r, "matrix")->data;
	matrix[1] = NAN;
	refused(&s, "values in 'matrix' that are not finite");
	matrix[1] = 0;
	matrix[0] = -1;
	refused(&s, "the matrix of the whitening is not positive");
	matrix[0] = 1;
	((float *)yc_record_find(r, "std")->data)[2] = 0;
	refused(&s, "divides channel 2 by 0");
	((float *)yc_record_find(r, "std")->data)[2] = 1;
	yc_record_find(r, "mean")->bytes -= 4;
	refused(&s, "no 'mean' of 12 F32");
	yc_record_find(r, "mean")->bytes += 4;
	/* Of images of another size. */
	assert_int_equal(yc_set_add_passthrough(&odd, r), YC_OK);
	assert_int_equal(yc_meta_set(&odd.meta, YC_ZCA_KEY, yc_zca_text(z)), YC_OK);
	refused(&odd, "no 'mean' of 27 F32");
	assert_int_equal(yc_meta_set(&s.meta, YC_ZCA_KEY, "pca 1 2 3"), YC_OK);
	refused(&s, "networks see these images whitened by 'pca 1 2 3', which the stream "
		    "lacks");
	assert_int_equal(yc_meta_set(&r->meta, YC_ZCA_KEY, "pca 1 2 3"), YC_OK);
	refused(&s, "'pca'");
	assert_int_equal(yc_meta_set(&s.meta, YC_ZCA_KEY, yc_zca_text(z)), YC_OK);
	yc_zca_drop_record(&s);
	refused(&s, "yc-whiten --map-only");
	assert_int_equal(yc_meta_set(&s.meta, YC_ZCA_KEY, "mtt 7 8 9"), YC_OK);
	assert_int_equal(yc_zca_store(z, &s), YC_FAIL);
	yc_zca_free(z);
	yc_data_release(&d);
	assert_int_equal(yc_data_new(&d, &one), YC_OK);
	assert_int_equal(
		yc_zca_fit(&z, &named("mtt")->method, &tenth, &d, 1, NULL), YC_FAIL);
	assert_string_equal(yc_errmsg(), "whitening is fitted to at least 2 images");
	yc_data_release(&d);
	yc_set_release(&s);
	yc_set_release(&odd);
	yc_set_release(&one);
}

static int blas(void **state)
{
	(void)state;
	return yc_blas_open(NULL) < 0 || yc_blas_reserve(1) < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mtt_of_four_points),
		cmocka_unit_test(kip_of_four_points),
		cmocka_unit_test(mtt_whitens),
		cmocka_unit_test(kip_whitens),
		cmocka_unit_test(few_images),
		cmocka_unit_test(threads),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(in_a_set),
		cmocka_unit_test(rows_of_a_set),
		cmocka_unit_test(nonsense),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, blas, NULL);
}

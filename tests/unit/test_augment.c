/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/augment/internal.h"
#include "yc/augment.h"
#include "yc/decode.h"

/* yc-methods(7), "REFERENCE VALUES", asks for 1e-9 and 2e-4. All maps here are affine,
 * so that differences and identities are exact but for rounding: float's limits are its
 * rounding over some hundred terms. */
#ifdef YC_DOUBLE
#define TOL_VALUE 1e-9
#define TOL_TANGENT 1e-7
#define TOL_ADJOINT 1e-12
#else
#define TOL_VALUE 2e-4
#define TOL_TANGENT 1e-4
#define TOL_ADJOINT 1e-5
#endif

static void near_to(double got, double want, double tol, const char *what, int at)
{
	if (!(fabs(got - want) <= tol * (1 + fabs(want))))
		fail_msg("%s[%d]: got %.12g, want %.12g", what, at, got, want);
}

static void near_all(
	const yc_real *got, const double *want, int n, double tol, const char *what)
{
	for (int i = 0; i < n; i++)
		near_to((double)got[i], want[i], tol, what, i);
}

static yc_real *image(int n)
{
	yc_real *x = calloc((size_t)n, sizeof(*x));

	assert_non_null(x);
	return x;
}

static yc_real *noise(struct yc_rng *rng, int n)
{
	yc_real *x = image(n);

	for (int i = 0; i < n; i++)
		x[i] = (yc_real)yc_rng_normal(rng);
	return x;
}

static double dot(const yc_real *a, const yc_real *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

static const struct yc_aug_op *op_named(const char *name)
{
	for (size_t k = 0; yc_augs[k]; k++)
		if (strcmp(yc_augs[k]->name, name) == 0)
			return (const struct yc_aug_op *)yc_augs[k];
	fail_msg("no augmentation '%s'", name);
	return NULL;
}

static void names_are(const struct yc_aug *a, const char *want)
{
	char got[256] = "";

	for (int i = 0; i < a->nops; i++) {
		strcat(got, i ? " " : "");
		strcat(got, a->op[i]->method.name);
	}
	assert_string_equal(got, want);
}

/* ---- reference values ------------------------------------------------------------- */

static void run_op(
	const char *name, int side, double p0, double p1, const yc_real *x, yc_real *y)
{
	const struct yc_aug_shape s = {side, 1};
	const struct yc_aug_draw d = {{p0, p1}};

	op_named(name)->forward(&s, &d, x, y);
}

static void scale_and_rotate_give_the_reference_values(void **state)
{
	static const double scaled[] = {0.1275, 0.8925, 1.6575, 2.4225, 3.95, 4.85, 5.75,
		6.65, 8.35, 9.25, 10.15, 11.05, 10.3275, 11.0925, 11.8575, 12.6225};
	static const double turned[] = {0.215934, 1.186867, 2.691326, 3.150685, 3.098108,
		4.777508, 6.456909, 7.555360, 6.484105, 8.543091, 10.222492, 11.901892,
		8.284057, 12.308674, 12.852598, 11.218807};
	yc_real x[16], y[16];

	(void)state;
	for (int i = 0; i < 16; i++)
		x[i] = (yc_real)i;
	run_op("scale", 4, 0.9, 1.1, x, y);
	near_all(y, scaled, 16, TOL_VALUE, "scale");
	run_op("rotate", 4, 10, 0, x, y);
	/* printed to six places */
	near_all(y, turned, 16, TOL_VALUE > 1e-6 ? TOL_VALUE : 1e-6, "rotate");
}

/* The sampling in normalised coordinates, as PyTorch documents it. */
static double sample(const yc_real *x, int n, int i, int j, const double m[4])
{
	double xn = (2.0 * j + 1) / n - 1, yn = (2.0 * i + 1) / n - 1;
	double px = ((m[0] * xn + m[1] * yn + 1) * n - 1) / 2;
	double py = ((m[2] * xn + m[3] * yn + 1) * n - 1) / 2;
	int x0 = (int)floor(px), y0 = (int)floor(py);
	double sum = 0;

	for (int k = 0; k < 4; k++) {
		int xk = x0 + k % 2, yk = y0 + k / 2;
		double w =
			(k % 2 ? px - x0 : 1 - px + x0) * (k / 2 ? py - y0 : 1 - py + y0);

		if (xk >= 0 && xk < n && yk >= 0 && yk < n)
			sum += w * (double)x[yk * n + xk];
	}
	return sum;
}

static void affine_ops_follow_their_formula(void **state)
{
	enum { N = 11 };
	struct yc_rng rng = yc_rng_new(1, "test");
	yc_real *x = noise(&rng, N * N), y[N * N];
	double want[N * N];

	(void)state;
	for (int t = 0; t < 40; t++) {
		bool turn = t % 2;
		struct yc_aug_draw d;
		const struct yc_aug_shape s = {N, 1};

		op_named(turn ? "rotate" : "scale")->draw(&s, &rng, &d, 1);

		double a = d.p[0] * acos(-1) / 180;
		const double scale[] = {d.p[0], 0, 0, d.p[1]};
		const double rotate[] = {cos(a), -sin(a), sin(a), cos(a)};

		for (int k = 0; k < N * N; k++)
			want[k] = sample(x, N, k / N, k % N, turn ? rotate : scale);
		run_op(turn ? "rotate" : "scale", N, d.p[0], d.p[1], x, y);
		near_all(y, want, N * N, TOL_VALUE < 1e-8 ? 1e-11 : 1e-5,
			turn ? "rotate" : "scale");
	}
	free(x);
}

static void crop_gives_the_published_vector(void **state)
{
	static const double want[] = {0, 10, 11, 12, 13, 0, 15, 16, 17, 18, 0, 20, 21, 22,
		23, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	yc_real x[25], y[25];

	(void)state;
	for (int i = 0; i < 25; i++)
		x[i] = (yc_real)i;
	run_op("crop", 5, 2, -1, x, y);
	near_all(y, want, 25, 0, "crop");
	run_op("crop", 5, 0, 0, x, y);
	assert_memory_equal(x, y, sizeof(x));
}

static void colour_ops_follow_their_formulas(void **state)
{
	static const double bright[] = {1.3, 2.3, 3.3};
	static const double saturated[] = {1.3, 2, 2.7};
	const struct yc_aug_shape s = {1, 3};
	const yc_real x[] = {1, 2, 3};
	yc_real y[6];

	(void)state;
	op_named("brightness")->forward(&s, &(struct yc_aug_draw){{0.8}}, x, y);
	near_all(y, bright, 3, TOL_VALUE, "brightness");
	op_named("saturation")->forward(&s, &(struct yc_aug_draw){{0.35}}, x, y);
	near_all(y, saturated, 3, TOL_VALUE, "saturation");

	/* a square of 4 pixels of one channel; the mean is over the whole image */
	const struct yc_aug_shape square = {2, 1};
	const yc_real z[] = {1, 2, 3, 6};

	op_named("contrast")->forward(&square, &(struct yc_aug_draw){{0.6}}, z, y);
	near_to((double)y[0], 1.1 * 1 - 0.1 * 3, TOL_VALUE, "contrast", 0);
	near_to((double)y[3], 1.1 * 6 - 0.1 * 3, TOL_VALUE, "contrast", 3);
}

static int zeros(const yc_real *y, int n, int i, bool row)
{
	int count = 0;

	for (int k = 0; k < n; k++)
		count += (double)y[row ? i * n + k : k * n + i] == 0;
	return count;
}

static void cutout_is_right_for_even_and_odd_sizes(void **state)
{
	/* side, draws, first and last row, first and last column that are hit */
	static const int at[][7] = {{16, 5, 9, 1, 8, 5, 12}, {16, 0, 16, 0, 3, 12, 15},
		{10, 0, 9, 0, 2, 7, 9}, {10, 4, 5, 2, 6, 3, 7}, {5, 2, 0, 1, 3, 0, 1}};

	(void)state;
	for (size_t t = 0; t < YC_COUNT(at); t++) {
		int n = at[t][0], rows = 0, cols = 0;
		yc_real *x = image(n * n), *y = image(n * n);

		for (int i = 0; i < n * n; i++)
			x[i] = 1;
		run_op("cutout", n, at[t][1], at[t][2], x, y);
		for (int i = 0; i < n; i++) {
			bool in = i >= at[t][3] && i <= at[t][4];

			assert_int_equal(
				zeros(y, n, i, true), in ? at[t][6] - at[t][5] + 1 : 0);
			rows += in;
			in = i >= at[t][5] && i <= at[t][6];
			assert_int_equal(
				zeros(y, n, i, false), in ? at[t][4] - at[t][3] + 1 : 0);
			cols += in;
		}
		assert_true(rows > 0 && cols > 0);
		free(x);
		free(y);
	}
}

static void flip_mirrors_below_one_half(void **state)
{
	const struct yc_aug_shape s = {2, 3};
	const double want[] = {3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8};
	yc_real x[12], y[12];

	(void)state;
	for (int i = 0; i < 12; i++)
		x[i] = (yc_real)i;
	op_named("flip")->forward(&s, &(struct yc_aug_draw){{0.4999}}, x, y);
	near_all(y, want, 12, 0, "flip");
	op_named("flip")->forward(&s, &(struct yc_aug_draw){{0.5}}, x, y);
	assert_memory_equal(x, y, sizeof(x));
}

/* ---- loader transforms ------------------------------------------------------------- */

/* Sample k of 4 x 4 x 3 is ((37 k + 11) mod 101) / 100. */
static void loader_transforms_follow_their_formulas(void **state)
{
	/* sums and first pixels by an independent program, op by op;
	 * the three parts of jitter in each of their six orders gave the same */
	static const double cut[] = {0.51, 0.88, 0.24, 0.535, 0.905, 0.265, 0.585, 0.955,
		0.315, 0.61, 0.98, 0.34};
	static const double jittered[] = {0.109155703125, 0.303405703125, 0.497655703125,
		0.196655703125, 0.390905703125, 0.585155703125, 0.243856703125,
		0.438106703125, 0.102106703125, 0.331356703125, 0.525606703125,
		0.189606703125};
	static const double light[] = {-0.0149571145, -0.01279863, -0.0099862845};
	const struct yc_aug_shape s = {4, 3};
	yc_real x[48], y[48];
	double sum = 0;

	(void)state;
	for (int k = 0; k < 48; k++)
		x[k] = (yc_real)((k * 37 + 11) % 101 / 100.0);
	op_named("rrc")->forward(&s, &(struct yc_aug_draw){{1, 0, 3, 2}}, x, y);
	near_all(y, cut, 12, TOL_VALUE, "rrc");
	for (int k = 0; k < 48; k++)
		sum += (double)y[k];
	near_to(sum, 23.44, TOL_VALUE, "rrc", 48);
	op_named("jitter")->forward(&s, &(struct yc_aug_draw){{0.3, -0.25, 0.4}}, x, y);
	near_all(y, jittered, 12, TOL_VALUE, "jitter");
	op_named("lighting")->forward(&s, &(struct yc_aug_draw){{0.1, -0.2, 0.05}}, x, y);
	for (int k = 0; k < 48; k++)
		near_to((double)(y[k] - x[k]), light[k % 3], TOL_VALUE, "lighting", k);
}

static void loader_transforms_can_leave_an_image_alone(void **state)
{
	enum { SIDE = 9, N = SIDE * SIDE * 3 };
	static const struct {
		const char *op;
		struct yc_aug_draw draw;
	} row[] = {{"rrc", {{0, 0, SIDE, SIDE}}}, {"mirror", {{0.5}}}, {"jitter", {{0}}},
		{"lighting", {{0}}}};
	const struct yc_aug_shape s = {SIDE, 3};
	struct yc_rng rng = yc_rng_new(1, "test");
	yc_real *x = noise(&rng, N), *y = image(N);

	(void)state;
	for (size_t t = 0; t < YC_COUNT(row); t++) {
		op_named(row[t].op)->forward(&s, &row[t].draw, x, y);
		assert_memory_equal(x, y, N * sizeof(*x));
	}
	free(x);
	free(y);
}

/* The crop's resize is decode's: of the left upper quarter, tile 0 of factor 2. */
static void a_cropped_quarter_is_a_decoded_tile(void **state)
{
	enum { SIDE = 8, PLANE = SIDE * SIDE };
	const struct yc_aug_shape s = {SIDE, 3};
	struct yc_rng rng = yc_rng_new(3, "test");
	yc_real *x = noise(&rng, 3 * PLANE), planar[3 * PLANE], y[3 * PLANE],
		want[3 * PLANE];

	(void)state;
	for (int c = 0; c < 3; c++)
		for (int k = 0; k < PLANE; k++)
			planar[c * PLANE + k] = x[3 * k + c];
	for (int k = 0; k < 4; k++) {
		const struct yc_aug_draw d = {{k / 2 * 4, k % 2 * 4, 4, 4}};

		op_named("rrc")->forward(&s, &d, x, y);
		yc_decode_tile(planar, 3, SIDE, 2, k, SIDE, want);
		for (int i = 0; i < 3 * PLANE; i++)
			near_to((double)y[i], (double)want[i], TOL_ADJOINT, "quarter", i);
	}
	free(x);
}

static void draws_of_loader_transforms_have_their_ranges(void **state)
{
	enum { SIDE = 224, N = 4000 };
	const struct yc_aug_shape s = {SIDE, 3};
	struct yc_rng rng = yc_rng_new(4, "test");
	double area = 0, wide = 0, least = 1, most = 0, square = 0;
	static struct yc_aug_draw d[N];

	(void)state;
	op_named("rrc")->draw(&s, &rng, d, N);
	for (int i = 0; i < N; i++) {
		double top = d[i].p[0], left = d[i].p[1], h = d[i].p[2], w = d[i].p[3];
		double a = h * w / (SIDE * SIDE);

		assert_true(top >= 0 && left >= 0 && top + h <= SIDE && left + w <= SIDE);
		/* rounding to whole pixels moves both a little */
		assert_true(a > 0.49 && a <= 1.0 && w / h > 0.74 && w / h < 1.35);
		area += a / N;
		wide += (w > h ? 1.0 : w < h ? 0.0 : 0.5) / N;
		least = fmin(least, a);
		most = fmax(most, a);
	}
	/* Attempts that do not fit are drawn again, so that large ones are rarer. */
	assert_true(area > 0.68 && area < 0.75 && wide > 0.47 && wide < 0.53);
	assert_true(least < 0.51 && most > 0.98);
	op_named("jitter")->draw(&s, &rng, d, N);
	for (int k = 0; k < 3; k++) {
		double lo = 1, hi = -1;

		for (int i = 0; i < N; i++) {
			lo = fmin(lo, d[i].p[k]);
			hi = fmax(hi, d[i].p[k]);
		}
		assert_true(lo >= -0.4 && lo < -0.399 && hi < 0.4 && hi > 0.399);
	}
	op_named("lighting")->draw(&s, &rng, d, N);
	for (int i = 0; i < N; i++)
		square += d[i].p[1] * d[i].p[1] / N;
	assert_true(sqrt(square) > 0.095 && sqrt(square) < 0.105);
}

/* In a plan they see pixels in 0..1, though images come and go normalised. */
static void loader_transforms_come_before_normalisation(void **state)
{
	enum { SIDE = 8, N = SIDE * SIDE * 3 };
	static const double mean[] = {0.485, 0.456, 0.406}, std[] = {0.229, 0.224, 0.225};
	const struct yc_aug_shape s = {SIDE, 3};
	struct yc_rng rng = yc_rng_new(5, "test"), rrc = yc_rng_new(6, "test"),
		      again = rrc;
	struct yc_aug_draw room[YC_AUG_OPS_MAX], d;
	struct yc_aug_plan p;
	struct yc_aug a;
	yc_real *unit = noise(&rng, N), *x = image(N), *want = image(N), *tmp = image(N);

	(void)state;
	assert_int_equal(yc_aug_parse(&a, "brightness_imagenet", SIDE, 3), YC_OK);
	names_are(&a, "rrc mirror jitter lighting brightness");
	a.mean = mean;
	a.std = std;
	yc_aug_draw(&p, &a, &rng, &rrc, 1, false, room);
	for (int i = 0; i < N; i++)
		x[i] = (unit[i] - (yc_real)mean[i % 3]) / (yc_real)std[i % 3];
	yc_aug_forward(&p, 0, x, tmp);
	for (int k = 0; k < 4; k++) {
		a.op[k]->draw(&s, &again, &d, 1);
		a.op[k]->forward(&s, &d, unit, want);
		memcpy(unit, want, N * sizeof(*unit));
	}
	assert_int_equal(again.pos, rrc.pos);
	for (int i = 0; i < N; i++)
		near_to((double)x[i],
			((double)want[i] - mean[i % 3]) / std[i % 3] + room[4].p[0] - 0.5,
			TOL_VALUE, "plan", i);
	free(unit);
	free(x);
	free(want);
	free(tmp);
}

/* yc-methods(7), "RANDOM STREAMS": an image's draws lie together, and they disturb no
 * others. */
static void loader_transforms_draw_image_by_image_from_their_own_stream(void **state)
{
	enum { N = 3 };
	/* static: what an op does not draw is compared too */
	static struct yc_aug_draw room[YC_AUG_OPS_MAX * N], one[YC_AUG_OPS_MAX],
		plain[YC_AUG_OPS_MAX * N];
	struct yc_rng rng = yc_rng_new(7, "a"), rrc = yc_rng_new(7, "b"), same = rng,
		      each = rrc;
	struct yc_aug_plan p;
	struct yc_aug a, diff;

	(void)state;
	assert_int_equal(yc_aug_parse(&a, "imagenet_color_crop_scale", 32, 3), YC_OK);
	assert_int_equal(yc_aug_parse(&diff, "color_crop_scale", 32, 3), YC_OK);
	yc_aug_draw(&p, &a, &rng, &rrc, N, false, room);
	yc_aug_draw(&p, &diff, &same, &each, N, false, plain);
	assert_int_equal(rng.pos, same.pos);
	assert_memory_equal(room + 4 * N, plain, 3 * N * sizeof(*room));
	assert_int_equal(each.pos, 0);
	for (int i = 0; i < N; i++) {
		yc_aug_draw(&p, &a, &same, &each, 1, false, one);
		for (int k = 0; k < 4; k++)
			assert_memory_equal(&room[k * N + i], &one[k], sizeof(*one));
	}
	assert_int_equal(each.pos, rrc.pos);
}

static void colours_need_three_channels(void **state)
{
	struct yc_aug a;

	(void)state;
	assert_int_equal(yc_aug_parse(&a, "imagenet", 32, 1), YC_USAGE);
	assert_int_equal(yc_aug_parse(&a, "lighting", 32, 4), YC_USAGE);
	assert_int_equal(yc_aug_parse(&a, "rrc_mirror", 32, 1), YC_OK);
}

/* ---- every op of the table ----------------------------------------------------------
 */

static void check_op(
	const struct yc_aug_op *op, struct yc_aug_shape s, struct yc_rng *rng)
{
	int n = s.side * s.side * s.channels;
	yc_real *x = noise(rng, n), *t = noise(rng, n), *g = noise(rng, n);
	yc_real *up = image(n), *down = image(n), *tangent = image(n),
		*adjoint = image(n);
	struct yc_aug_draw d;

	op->draw(&s, rng, &d, 1);
	op->tangent(&s, &d, t, tangent);
	op->adjoint(&s, &d, g, adjoint);
	near_to(dot(g, tangent, n), dot(adjoint, t, n), TOL_ADJOINT * sqrt(n),
		op->method.name, n);

	/* affine maps: a step of 1 has no truncation error and the least rounding */
	for (int i = 0; i < n; i++) {
		adjoint[i] = x[i] - t[i];
		x[i] += t[i];
	}
	op->forward(&s, &d, x, up);
	op->forward(&s, &d, adjoint, down);
	for (int i = 0; i < n; i++)
		near_to((double)tangent[i], (double)(up[i] - down[i]) / 2, TOL_TANGENT,
			op->method.name, i);
	free(x);
	free(t);
	free(g);
	free(up);
	free(down);
	free(tangent);
	free(adjoint);
}

static void every_op_has_its_tangent_and_adjoint(void **state)
{
	static const struct yc_aug_shape shape[] = {
		{1, 1}, {2, 3}, {5, 1}, {8, 3}, {9, 4}, {16, 3}};
	struct yc_rng rng = yc_rng_new(2, "test");

	(void)state;
	for (size_t i = 0; yc_augs[i]; i++) {
		const struct yc_aug_op *op = (const struct yc_aug_op *)yc_augs[i];

		for (size_t k = 0; k < YC_COUNT(shape); k++)
			for (int t = 0; t < 10; t++)
				if (!op->rgb || shape[k].channels == 3)
					check_op(op, shape[k], &rng);
	}
}

/* ---- strategies, draws, plans ---------------------------------------------------------
 */

static void a_strategy_is_sorted_but_for_its_pool(void **state)
{
	struct yc_aug a;

	(void)state;
	assert_int_equal(yc_aug_parse(&a, "color_crop_flip_scale_rotate", 32, 3), YC_OK);
	names_are(&a, "flip brightness saturation contrast crop scale rotate");
	assert_int_equal(a.pool_at, 4);
	assert_int_equal(a.npool, 3);
	assert_int_equal(yc_aug_parse(&a, "cutout,rotate,crop,color", 32, 3), YC_OK);
	names_are(&a, "brightness saturation contrast rotate crop cutout");
	assert_int_equal(a.pool_at, 3);
	assert_int_equal(a.npool, 2);
	assert_int_equal(yc_aug_parse(&a, "contrast", 32, 3), YC_OK);
	names_are(&a, "contrast");
	assert_int_equal(a.npool, 0);
	assert_int_equal(yc_aug_parse(&a, "", 32, 3), YC_OK);
	assert_int_equal(a.nops, 0);
	assert_int_equal(yc_aug_parse(&a, "none", 32, 3), YC_OK);
	assert_int_equal(a.nops, 0);
}

static void a_wrong_strategy_is_a_usage_error(void **state)
{
	static const char *const wrong[] = {"colour", "color_", "_crop", "crop_crop",
		"color_brightness", "crop crop", "col"};
	struct yc_aug a;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(wrong); i++) {
		assert_int_equal(yc_aug_parse(&a, wrong[i], 32, 3), YC_USAGE);
		assert_non_null(strstr(yc_errmsg(), wrong[i]));
	}
}

static void a_chain_keeps_the_given_order(void **state)
{
	const struct yc_method *word[YC_AUG_OPS_MAX + 1] = {&op_named("crop")->method,
		&op_named("flip")->method, &op_named("crop")->method};
	struct yc_aug a;

	(void)state;
	assert_int_equal(yc_aug_chain(&a, word, 3, 8, 3), YC_OK);
	names_are(&a, "crop flip crop");
	assert_int_equal(a.npool, 0);
	for (int i = 0; i <= YC_AUG_OPS_MAX; i++)
		word[i] = word[0];
	assert_int_equal(yc_aug_chain(&a, word, YC_AUG_OPS_MAX, 8, 3), YC_OK);
	assert_int_equal(yc_aug_chain(&a, word, YC_AUG_OPS_MAX + 1, 8, 3), YC_USAGE);
}

/* yc-methods(7), "RANDOM STREAMS": parameter by parameter, each for all images; the
 * pool's index before its op. */
static void draws_come_in_the_documented_order(void **state)
{
	enum { N = 5 };
	struct yc_rng rng = yc_rng_new(3, "test"), copy = rng;
	struct yc_aug_draw room[YC_AUG_OPS_MAX * N];
	struct yc_aug_plan p;
	struct yc_aug a;

	(void)state;
	assert_int_equal(yc_aug_parse(&a, "flip_color_scale_crop_cutout", 32, 3), YC_OK);
	for (int t = 0; t < 20; t++) {
		yc_aug_draw(&p, &a, &rng, &rng, N, false, room);
		assert_int_equal(p.period, N);
		for (int k = 0; k < 4; k++)
			for (int i = 0; i < N; i++)
				near_to(p.draw[k * N + i].p[0], yc_rng_uniform(&copy), 0,
					"u", i);
		assert_int_equal(p.pool, (int)yc_rng_below(&copy, 2));
		for (int q = 0; q < 2; q++)
			for (int i = 0; i < N; i++) {
				double want =
					p.pool == 0
						? 1 / 1.2 + (1.2 - 1 / 1.2) *
								    yc_rng_uniform(&copy)
						: (double)yc_rng_below(&copy, 9) - 4;

				near_to(p.draw[(4 + p.pool) * N + i].p[q], want, 1e-15,
					"pool", i);
			}
		for (int q = 0; q < 2; q++)
			for (int i = 0; i < N; i++)
				near_to(p.draw[6 * N + i].p[q], yc_rng_below(&copy, 33),
					0, "o", i);
		assert_int_equal(rng.pos, copy.pos);
	}
}

static void integer_draws_reach_both_ends(void **state)
{
	enum { N = 4000 };
	/* op, side, lowest, highest */
	static const struct {
		const char *op;
		int side, lo, hi;
	} want[] = {{"crop", 32, -4, 4}, {"crop", 16, -2, 2}, {"cutout", 32, 0, 32},
		{"cutout", 10, 0, 9}, {"cutout", 9, 0, 8}, {"cutout", 7, 0, 7}};
	static struct yc_aug_draw d[N];
	struct yc_rng rng = yc_rng_new(4, "test");

	(void)state;
	for (size_t t = 0; t < YC_COUNT(want); t++)
		for (int q = 0; q < 2; q++) {
			const struct yc_aug_shape s = {want[t].side, 3};
			double lo = 1e9, hi = -1e9;

			op_named(want[t].op)->draw(&s, &rng, d, N);
			for (int i = 0; i < N; i++) {
				lo = fmin(lo, d[i].p[q]);
				hi = fmax(hi, d[i].p[q]);
			}
			assert_int_equal((int)lo, want[t].lo);
			assert_int_equal((int)hi, want[t].hi);
		}
}

static void one_op_of_the_pool_is_applied_or_all(void **state)
{
	enum { N = 3, SIDE = 8, SIZE = SIDE * SIDE * 3 };
	struct yc_rng rng = yc_rng_new(5, "test");
	struct yc_aug_draw room[YC_AUG_OPS_MAX * N];
	struct yc_aug_plan p;
	struct yc_aug a;
	yc_real *x = noise(&rng, SIZE), y[SIZE], tmp[SIZE], want[SIZE];
	int seen[3] = {0};

	(void)state;
	assert_int_equal(yc_aug_parse(&a, "crop_scale_rotate", SIDE, 3), YC_OK);
	for (int t = 0; t < 300; t++) {
		yc_aug_draw(&p, &a, &rng, &rng, N, false, room);
		seen[p.pool]++;
		memcpy(y, x, sizeof(y));
		yc_aug_forward(&p, t % N, y, tmp);
		a.op[p.pool]->forward(&a.shape, &room[p.pool * N + t % N], x, want);
		assert_memory_equal(y, want, sizeof(y));
	}
	for (int k = 0; k < 3; k++)
		assert_in_range(seen[k], 70, 130);

	a.all = true;
	yc_aug_draw(&p, &a, &rng, &rng, N, false, room);
	memcpy(want, x, sizeof(want));
	for (int k = 0; k < 3; k++) {
		a.op[k]->forward(&a.shape, &room[k * N + 1], want, tmp);
		memcpy(want, tmp, sizeof(want));
	}
	memcpy(y, x, sizeof(y));
	yc_aug_forward(&p, 1, y, tmp);
	assert_memory_equal(y, want, sizeof(y));
	free(x);
}

static void plans_have_tangents_and_adjoints_too(void **state)
{
	enum { N = 4, SIDE = 9, SIZE = SIDE * SIDE * 3 };
	static const char *const strategy[] = {"", "flip", "color_crop_cutout",
		"color_crop_flip_scale_rotate", "imagenet",
		"imagenet_color_crop_flip_scale_rotate"};
	static const double mean[] = {0.485, 0.456, 0.406}, std[] = {0.229, 0.224, 0.225};
	struct yc_rng rng = yc_rng_new(6, "test");
	struct yc_aug_draw room[YC_AUG_OPS_MAX * N];
	yc_real *t = noise(&rng, SIZE), *g = noise(&rng, SIZE), at[SIZE], ag[SIZE],
		tmp[SIZE], up[SIZE], down[SIZE];

	(void)state;
	for (size_t k = 0; k < YC_COUNT(strategy); k++)
		for (int i = 0; i < N * 2; i++) {
			struct yc_aug_plan p;
			struct yc_aug a;

			assert_int_equal(yc_aug_parse(&a, strategy[k], SIDE, 3), YC_OK);
			a.all = i % 2;
			a.mean = mean;
			a.std = std;
			yc_aug_draw(&p, &a, &rng, &rng, N, i >= N, room);
			memcpy(at, t, sizeof(at));
			memcpy(ag, g, sizeof(ag));
			yc_aug_tangent(&p, i % N, at, tmp);
			yc_aug_adjoint(&p, i % N, ag, tmp);
			near_to(dot(g, at, SIZE), dot(ag, t, SIZE),
				TOL_ADJOINT * sqrt(SIZE), strategy[k], i);
			/* a step of 1, in both directions */
			for (int q = 0; q < SIZE; q++) {
				up[q] = g[q] + t[q];
				down[q] = g[q] - t[q];
			}
			yc_aug_forward(&p, i % N, up, tmp);
			yc_aug_forward(&p, i % N, down, tmp);
			for (int q = 0; q < SIZE; q++)
				near_to((double)at[q], (double)(up[q] - down[q]) / 2,
					TOL_TANGENT, strategy[k], q);
		}
	free(t);
	free(g);
}

static void siamese_draws_are_shared_by_all_images(void **state)
{
	enum { N = 6, SIDE = 8, SIZE = SIDE * SIDE * 3 };
	struct yc_rng rng = yc_rng_new(7, "test");
	struct yc_aug_draw room[YC_AUG_OPS_MAX * N];
	struct yc_aug_plan p;
	struct yc_aug a;
	yc_real *x = noise(&rng, SIZE), y[2][SIZE], tmp[SIZE];

	(void)state;
	assert_int_equal(yc_aug_parse(&a, "flip_color_rotate_cutout", SIDE, 3), YC_OK);
	for (int siamese = 0; siamese < 2; siamese++) {
		yc_aug_draw(&p, &a, &rng, &rng, N, siamese, room);
		for (int k = 0; k < 2; k++) {
			memcpy(y[k], x, sizeof(y[k]));
			yc_aug_forward(&p, k * (N - 1), y[k], tmp);
		}
		assert_int_equal(memcmp(y[0], y[1], sizeof(y[0])) == 0, siamese);
	}
	free(x);
}

/* ---- CutMix
 * ------------------------------------------------------------------------------ */

static void the_mix_box_is_the_reference_box(void **state)
{
	struct yc_mix m = {0};

	(void)state;
	yc_mix_box(&m, 8, 0.4, 6, 2);
	assert_int_equal(m.r0, 3);
	assert_int_equal(m.r1, 8);
	assert_int_equal(m.c0, 0);
	assert_int_equal(m.c1, 5);
	near_to(m.rho, 0.609375, 1e-15, "rho", 0);
	yc_mix_box(&m, 8, 0, 4, 4);
	near_to(m.rho, 0, 1e-15, "rho", 1);
	yc_mix_box(&m, 8, 0.999, 4, 4); /* no pixel wide */
	near_to(m.rho, 1, 1e-15, "rho", 2);
}

static void mix_pastes_the_box_of_the_partner(void **state)
{
	enum { N = 3, SIDE = 8, SIZE = SIDE * SIDE * 2 };
	int32_t perm[N] = {2, 0, 1};
	struct yc_mix m = {.perm = perm};
	yc_real x[N * SIZE], y[SIZE];

	(void)state;
	for (int i = 0; i < N * SIZE; i++)
		x[i] = (yc_real)i;
	yc_mix_box(&m, SIDE, 0.4, 6, 2);
	for (int b = 0; b < N; b++) {
		yc_mix_apply(&m, b, SIDE, 2, x, y);
		for (int i = 0; i < SIZE; i++) {
			int r = i / 2 / SIDE, c = i / 2 % SIDE;
			int from = r >= 3 && c < 5 ? perm[b] : b;

			assert_true((double)y[i] == from * SIZE + i);
		}
	}
}

static void mix_draws_come_in_the_documented_order(void **state)
{
	enum { N = 7 };
	struct yc_rng rng = yc_rng_new(8, "test"), copy = rng;
	int32_t perm[N], want[N];
	struct yc_mix m = {.perm = perm}, box = {0};
	int on = 0;

	(void)state;
	for (int t = 0; t < 200; t++) {
		yc_mix_draw(&m, &rng, 0.25, N, 32);
		assert_int_equal(m.on, yc_rng_uniform(&copy) < 0.25);
		on += m.on;
		if (m.on) {
			double lam = yc_rng_uniform(&copy);

			yc_rng_permutation(&copy, want, N);
			assert_memory_equal(perm, want, sizeof(perm));

			int cx = (int)yc_rng_below(&copy, 32);

			yc_mix_box(&box, 32, lam, cx, (int)yc_rng_below(&copy, 32));
			assert_int_equal(m.r0, box.r0);
			assert_int_equal(m.c1, box.c1);
			near_to(m.rho, box.rho, 0, "rho", t);
		}
		assert_int_equal(rng.pos, copy.pos);
	}
	assert_in_range(on, 30, 70);
	yc_mix_draw(&m, &rng, 1, N, 32);
	assert_true(m.on);
	yc_mix_draw(&m, &rng, 0, N, 32);
	assert_false(m.on);
}

/* ---- decode
 * ------------------------------------------------------------------------------- */

static void decode_gives_tiles_tile_by_tile(void **state)
{
	static const double first[] = {
		0, 0.25, 0.75, 1, 1, 1.25, 1.75, 2, 3, 3.25, 3.75, 4, 4, 4.25, 4.75, 5};
	static const double corner[] = {0, 16, 2, 18, 8, 24, 10, 26};
	struct yc_tile tile[8];
	yc_real s[32], y[16];

	(void)state;
	for (int i = 0; i < 32; i++)
		s[i] = (yc_real)i;
	assert_int_equal(yc_tiles_of_class(YC_DECODE_SINGLE, 2, 2, 0, tile, 8), 8);
	for (int g = 0; g < 8; g++) {
		yc_decode_tile(s + tile[g].row * 16, 1, 4, tile[g].factor,
			tile[g].position, 4, y);
		near_to((double)y[0], corner[g], TOL_VALUE, "corner", g);
		if (g == 0)
			near_all(y, first, 16, TOL_VALUE, "decoded 0");
	}
}

static void decode_pads_with_grey(void **state)
{
	static const double want[3][7] = {
		{0, 0.002915, 0.011662, 0.020408, 0.029155, 0.037901, 0.040816},
		{0.122449, 0.176385, 0.338192, 0.5, 0.5, 0.5, 0.5},
		{0.979592, 0.911079, 0.705539, 0.5, 0.5, 0.5, 0.5},
	};
	static const int k[] = {0, 2, 8};
	yc_real s[49], y[49];

	(void)state;
	for (int i = 0; i < 49; i++)
		s[i] = (yc_real)(i / 49.0);
	assert_int_equal(yc_tile_side(7, 3), 3);
	for (int t = 0; t < 3; t++) {
		yc_decode_tile(s, 1, 7, 3, k[t], 7, y);
		/* printed to six places */
		near_all(y, want[t], 7, TOL_VALUE > 1e-6 ? TOL_VALUE : 1e-6, "row 0");
	}
}

static void a_ramp_of_75_becomes_224(void **state)
{
	static const double head[] = {
		0, 0.00223214, 0.33705357, 0.671875, 1.00669643, 1.34151786};
	static const double tail[] = {73.328125, 73.66294643, 73.99776786, 74};
	yc_real *s = image(75 * 75), *y = image(224 * 224);

	(void)state;
	for (int i = 0; i < 75 * 75; i++)
		s[i] = (yc_real)(i % 75);
	yc_decode_tile(s, 1, 75, 1, 0, 224, y);
	near_all(y + 224 * 100, head, 6, TOL_VALUE > 1e-8 ? TOL_VALUE : 1e-8, "head");
	near_all(y + 224 * 100 + 220, tail, 4, TOL_VALUE, "tail");
	for (int i = 0; i < 75 * 75; i++)
		s[i] = (yc_real)(i / 75);
	yc_decode_tile(s, 1, 75, 1, 0, 224, y);
	for (int i = 0; i < 6; i++)
		near_to((double)y[i * 224 + 7], head[i], 2e-7 + TOL_VALUE, "column", i);
	free(s);
	free(y);
}

static void factor_one_is_the_identity(void **state)
{
	struct yc_rng rng = yc_rng_new(9, "test");
	yc_real *s = noise(&rng, 3 * 49), y[3 * 49];

	(void)state;
	yc_decode_tile(s, 3, 7, 1, 0, 7, y);
	for (int c = 0; c < 3; c++)
		for (int p = 0; p < 49; p++)
			assert_true((double)y[p * 3 + c] == (double)s[c * 49 + p]);
	free(s);
}

/* The linear part is forward minus forward of zero: padding adds a constant. */
static void decode_has_its_tangent_and_adjoint(void **state)
{
	/* stored side, factor, decoded side, channels */
	static const int shape[][4] = {{8, 1, 8, 1}, {8, 2, 8, 3}, {7, 3, 7, 3},
		{7, 2, 9, 2}, {5, 4, 6, 1}, {16, 2, 150, 1}, {6, 1, 3, 3}};
	struct yc_rng rng = yc_rng_new(10, "test");

	(void)state;
	for (size_t t = 0; t < YC_COUNT(shape); t++) {
		int h = shape[t][0], f = shape[t][1], side = shape[t][2], c = shape[t][3];
		int n = h * h * c, m = side * side * c;

		for (int k = 0; k < f * f; k++) {
			yc_real *x = noise(&rng, n), *u = noise(&rng, n),
				*g = noise(&rng, m);
			yc_real *up = image(m), *down = image(m), *au = image(m),
				*zero = image(m);
			yc_real *ag = image(n), *sum = image(n);

			yc_decode_tile(ag, c, h, f, k, side, zero);
			yc_decode_tile(u, c, h, f, k, side, au);
			for (int i = 0; i < n; i++) {
				sum[i] = x[i] - u[i];
				x[i] += u[i];
			}
			yc_decode_tile(x, c, h, f, k, side, up);
			yc_decode_tile(sum, c, h, f, k, side, down);
			for (int i = 0; i < m; i++) {
				au[i] -= zero[i];
				near_to((double)au[i], (double)(up[i] - down[i]) / 2,
					TOL_TANGENT, "decode", i);
			}
			for (int i = 0; i < n; i++)
				ag[i] = 1; /* the adjoint adds */
			yc_decode_tile_adjoint(ag, c, h, f, k, side, g);
			for (int i = 0; i < n; i++)
				ag[i] -= 1;
			near_to(dot(g, au, m), dot(ag, u, n), TOL_ADJOINT * m, "decode",
				k);
			free(x);
			free(u);
			free(g);
			free(up);
			free(down);
			free(au);
			free(zero);
			free(ag);
			free(sum);
		}
	}
}

static void a_plan_follows_its_type(void **state)
{
	/* f, ipc, bound -> decoded images, stored images a factor */
	static const int bound[][7] = {{3, 10, 128, 90, 0, 0, 10},
		{3, 20, 128, 125, 5, 3, 12}, {2, 50, 128, 107, 31, 19, 0},
		{3, 50, 128, 123, 39, 3, 8}};
	struct yc_tile tile[512];
	int n;

	(void)state;
	n = yc_tiles_of_class(YC_DECODE_MULTI, 3, 2, 0, tile, 512);
	assert_int_equal(n, 2 * (1 + 4 + 9));
	assert_int_equal(tile[1].row, 1);
	assert_int_equal(tile[1].factor, 1);
	assert_int_equal(tile[2].factor, 2);
	assert_int_equal(tile[4].position, 1);
	assert_int_equal(tile[n - 1].position, 8);
	assert_int_equal(tile[n - 2].row, 0);

	for (size_t t = 0; t < YC_COUNT(bound); t++) {
		int seen[4] = {0}, last = 0;

		n = yc_tiles_of_class(YC_DECODE_BOUND, bound[t][0], bound[t][1],
			bound[t][2], tile, 512);
		assert_int_equal(n, bound[t][3]);
		for (int i = 0; i < n; i++) {
			seen[tile[i].factor] += tile[i].position == 0;
			assert_true(i == 0 || tile[i].factor <= tile[i - 1].factor);
			last = tile[i].row > last ? tile[i].row : last;
		}
		assert_int_equal(last, bound[t][1] - 1);
		for (int f = 1; f < 4; f++)
			assert_int_equal(seen[f], bound[t][3 + f]);
		/* counting needs no room */
		assert_int_equal(yc_tiles_of_class(YC_DECODE_BOUND, bound[t][0],
					 bound[t][1], bound[t][2], NULL, 0),
			n);
	}
	assert_int_equal(
		yc_tiles_of_class(YC_DECODE_BOUND, 2, 129, 128, tile, 512), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "128"));
	assert_int_equal(
		yc_tiles_of_class(YC_DECODE_SINGLE, 1000, 100000, 0, NULL, 0), YC_FAIL);
}

static void a_cut_tile_is_the_raw_cell(void **state)
{
	yc_real s[2 * 25], cell[2 * 9];

	(void)state;
	for (int i = 0; i < 50; i++)
		s[i] = (yc_real)(i + 1);
	yc_cut_tile(s, 2, 5, 2, 3, cell);
	assert_true(
		(double)cell[0] == 19 && (double)cell[1] == 20 && (double)cell[2] == 0.5);
	assert_true(
		(double)cell[3] == 24 && (double)cell[6] == 0.5 && (double)cell[9] == 44);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scale_and_rotate_give_the_reference_values),
		cmocka_unit_test(affine_ops_follow_their_formula),
		cmocka_unit_test(crop_gives_the_published_vector),
		cmocka_unit_test(colour_ops_follow_their_formulas),
		cmocka_unit_test(cutout_is_right_for_even_and_odd_sizes),
		cmocka_unit_test(loader_transforms_follow_their_formulas),
		cmocka_unit_test(loader_transforms_can_leave_an_image_alone),
		cmocka_unit_test(a_cropped_quarter_is_a_decoded_tile),
		cmocka_unit_test(draws_of_loader_transforms_have_their_ranges),
		cmocka_unit_test(loader_transforms_come_before_normalisation),
		cmocka_unit_test(
			loader_transforms_draw_image_by_image_from_their_own_stream),
		cmocka_unit_test(colours_need_three_channels),
		cmocka_unit_test(flip_mirrors_below_one_half),
		cmocka_unit_test(every_op_has_its_tangent_and_adjoint),
		cmocka_unit_test(a_strategy_is_sorted_but_for_its_pool),
		cmocka_unit_test(a_wrong_strategy_is_a_usage_error),
		cmocka_unit_test(a_chain_keeps_the_given_order),
		cmocka_unit_test(draws_come_in_the_documented_order),
		cmocka_unit_test(integer_draws_reach_both_ends),
		cmocka_unit_test(one_op_of_the_pool_is_applied_or_all),
		cmocka_unit_test(plans_have_tangents_and_adjoints_too),
		cmocka_unit_test(siamese_draws_are_shared_by_all_images),
		cmocka_unit_test(the_mix_box_is_the_reference_box),
		cmocka_unit_test(mix_pastes_the_box_of_the_partner),
		cmocka_unit_test(mix_draws_come_in_the_documented_order),
		cmocka_unit_test(decode_gives_tiles_tile_by_tile),
		cmocka_unit_test(decode_pads_with_grey),
		cmocka_unit_test(a_ramp_of_75_becomes_224),
		cmocka_unit_test(factor_one_is_the_identity),
		cmocka_unit_test(decode_has_its_tangent_and_adjoint),
		cmocka_unit_test(a_plan_follows_its_type),
		cmocka_unit_test(a_cut_tile_is_the_raw_cell),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

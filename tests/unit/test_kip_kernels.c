/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "KERNEL INDUCING POINTS": kernels of infinitely wide networks against values
 * that were computed elsewhere, against networks of finite width, and their gradients against
 * central differences. All of it is in double in every build. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/condense/kip/kernel.h"
#include "yc/blas.h"
#include "yc/mem.h"
#include "yc/rng.h"

enum { THREADS = 2 };

/* Networks of convolutions that the tests want: convolutions of each stage, +10 with a
 * pooling after them. */
static struct yc_ntk_net network(int a, int b, int c, bool average)
{
	const int stage[] = {a, b, c};
	struct yc_ntk_net net = {.method = {.name = "test"}, .average = average};

	for (int i = 0; i < 3 && stage[i]; i++)
		net.stage[net.stages++] = (struct yc_ntk_stage){
			.convs = stage[i] % 10, .pool = stage[i] >= 10};
	return net;
}

static struct yc_ntk_net named(const char *name)
{
	const struct yc_method *m =
		yc_method_find(yc_ntk_nets, "kernel", name, strlen(name));

	assert_non_null(m);
	return *(const struct yc_ntk_net *)(const void *)m;
}

/* A set of images and what computes their kernels. */
struct bench {
	struct yc_ntk *k;
	struct yc_ntk_set s;
	struct yc_ntk_work *w;
	double *out; /* [n][n] */
};

static void open_bench(struct bench *b, const struct yc_ntk_net *net, bool nngp,
	int channels, int side, int n)
{
	if (yc_ntk_new(&b->k, net, nngp, channels, side) < 0)
		fail_msg("%s", yc_errmsg());
	assert_int_equal(yc_ntk_set_new(&b->s, b->k, n), YC_OK);
	assert_int_equal(yc_ntk_work_new(&b->w, b->k, n, n, THREADS), YC_OK);
	b->out = yc_calloc((size_t)n * (size_t)n, sizeof(double));
	assert_non_null(b->out);
}

static void close_bench(struct bench *b)
{
	yc_free(b->out);
	yc_ntk_work_free(b->w);
	yc_ntk_set_release(&b->s);
	yc_ntk_free(b->k);
}

static void compute(struct bench *b)
{
	int n = b->s.n;

	yc_ntk_self(b->w, &b->s);
	yc_ntk_forward(b->w, &b->s, 0, n, &b->s, n, b->out, (size_t)n);
}

/* ---- values ---- */

static void close_to(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("%s: %.12g, want %.12g", what, got, want);
}

static void dense_networks_have_known_kernels(void **state)
{
	/* x = (1, 0), y = (.6, .8) */
	static const struct {
		const char *name;
		double nngp, ntk, self, self_ntk;
	} want[] = {{"fc1", 0.6971455300, 1.1280565444, 1.02, 2.03},
		{"fc2", 0.7625666268, 1.5968012380, 1.03, 3.06}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++)
		for (int nngp = 0; nngp < 2; nngp++) {
			const struct yc_ntk_net net = named(want[i].name);
			struct bench b;

			open_bench(&b, &net, nngp, 2, 1, 2);
			b.s.x[0] = 1;
			b.s.x[2] = 0.6;
			b.s.x[3] = 0.8;
			compute(&b);
			close_to(want[i].name, b.out[1],
				nngp ? want[i].nngp : want[i].ntk, 1e-10);
			close_to("symmetric", b.out[2], b.out[1], 1e-14);
			close_to("self", b.out[0], nngp ? want[i].self : want[i].self_ntk,
				1e-12);
			close_bench(&b);
		}
}

static void networks_of_convolutions_have_known_kernels(void **state)
{
	static const struct {
		int a, b;
		bool average;
		double pair[2], self[2]; /* NNGP, NTK */
	} want[] = {
		{11, 0, false, {0.236689048, 0.245512098}, {0.368035276, 0.583342755}},
		{11, 0, true, {0.237757324, 0.249113970}, {0.268677615, 0.351827414}},
		{11, 11, false, {0.102088466, 0.147760233}, {0.113663960, 0.205706830}},
		{11, 11, true, {0.102088466, 0.147760233}, {0.113663960, 0.205706830}},
		{12, 11, false, {0.101560388, 0.166244178}, {0.108243300, 0.220284366}},
		{12, 11, true, {0.101560388, 0.166244178}, {0.108243300, 0.220284366}},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(want); i++)
		for (int nngp = 0; nngp < 2; nngp++) {
			const struct yc_ntk_net net =
				network(want[i].a, want[i].b, 0, want[i].average);
			struct bench b;
			char text[32];

			open_bench(&b, &net, nngp, 1, 4, 2);
			for (int p = 0; p < 16; p++) {
				int row = p / 4, col = p % 4;

				b.s.x[p] = sin(row + 2 * col);
				b.s.x[16 + p] = cos(2 * row - col);
			}
			compute(&b);
			(void)snprintf(text, sizeof(text), "network %zu, %s", i,
				nngp ? "NNGP" : "NTK");
			close_to(text, b.out[1], want[i].pair[!nngp], 1e-9);
			close_to(text, b.out[2], want[i].pair[!nngp], 1e-9);
			close_to(text, b.out[0], want[i].self[!nngp], 1e-9);
			close_bench(&b);
		}
}

/* ---- gradients ---- */

static void fill(struct yc_ntk_set *s, size_t n)
{
	struct yc_rng rng = yc_rng_new(5, "images");

	for (size_t i = 0; i < n; i++)
		s->x[i] = yc_rng_normal(&rng);
}

/* A weight for each kernel of image i with another: the loss is their sum. */
static double weight(int i, int j)
{
	return cos(3 * i + j * j + 1);
}

static double loss(struct bench *b)
{
	double sum = 0;

	compute(b);
	for (int i = 0; i < b->s.n; i++)
		for (int j = 0; j <= i; j++)
			sum += weight(i, j) * b->out[i * b->s.n + j];
	return sum;
}

static void gradient(struct bench *b, double *gx)
{
	size_t n = (size_t)b->s.n;
	double *gv = yc_calloc(n * b->k->nv, sizeof(*gv)),
	       *g = yc_calloc(n * n, sizeof(*g)), *own = yc_calloc(n, sizeof(*own));
	int group = yc_ntk_group(b->k, b->s.n);

	assert_true(gv && g && own);
	memset(gx, 0, n * b->k->pixels * sizeof(*gx));
	for (int i = 0; i < b->s.n; i++) {
		own[i] = weight(i, i);
		for (int j = 0; j < i; j++)
			g[(size_t)i * n + (size_t)j] = g[(size_t)j * n + (size_t)i] =
				weight(i, j);
	}
	for (int i = 0; i < b->s.n; i += group) {
		double *x = gx + (size_t)i * b->k->pixels, *v = gv + (size_t)i * b->k->nv;

		yc_ntk_backward(
			b->w, &b->s, i, group, &b->s, b->s.n, g + (size_t)i * n, n, x, v);
		yc_ntk_backward_self(b->w, &b->s, i, group, own + i, x, v);
	}
	yc_free(gv);
	yc_free(g);
	yc_free(own);
}

static void check_gradient(
	const struct yc_ntk_net *net, bool nngp, int channels, int side)
{
	enum { N = 3 };
	const double h = 1e-5;
	struct bench b;
	double *gx, most = 0;
	size_t n;

	open_bench(&b, net, nngp, channels, side, N);
	n = N * b.k->pixels;
	fill(&b.s, n);
	gx = yc_calloc(n, sizeof(*gx));
	assert_non_null(gx);
	(void)loss(&b);
	gradient(&b, gx);
	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(gx[i]));
	for (size_t i = 0; i < n; i += 1 + n / 40) {
		double was = b.s.x[i], up, slope;

		b.s.x[i] = was + h;
		up = loss(&b);
		b.s.x[i] = was - h;
		slope = (up - loss(&b)) / (2 * h);
		b.s.x[i] = was;
		if (!(fabs(slope - gx[i]) <= 1e-7 * most))
			fail_msg("%s, side %d, %s: pixel %zu: %.10g, slope %.10g "
				 "(largest %.3g)",
				net->method.name, side, nngp ? "NNGP" : "NTK", i, gx[i],
				slope, most);
	}
	yc_free(gx);
	close_bench(&b);
}

static void gradients_are_slopes(void **state)
{
	static const int nets[][3] = {
		{11}, {2}, {11, 11}, {12, 11}, {12, 1}, {13, 11, 2}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(nets); i++)
		for (int way = 0; way < 4; way++) {
			const struct yc_ntk_net net =
				network(nets[i][0], nets[i][1], nets[i][2], way & 1);

			check_gradient(&net, way & 2, 2, 4);
			check_gradient(&net, way & 2, 1, 7);
		}
	for (int nngp = 0; nngp < 2; nngp++) {
		const struct yc_ntk_net one = named("fc1"), three = named("fc3"),
					conv4 = named("conv4"), m5 = named("myrtle5");

		check_gradient(&one, nngp, 1, 3);
		check_gradient(&three, nngp, 2, 5);
		check_gradient(&conv4, nngp, 1, 8);
		check_gradient(&m5, nngp, 1, 8);
	}
}

/* ---- networks of finite width ---- */

/* One network, its parameters N(0, 1): layers that look at `taps` inputs of each of `in`
 * channels, and the last at all. */
struct finite {
	const struct yc_ntk_net *net;
	int channels, side, width;
	struct yc_rng rng; /* of the parameters */
};

enum { FINITE_LAYERS = 6 };

struct pass {
	int side[FINITE_LAYERS + 1], in[FINITE_LAYERS + 1], layers;
	bool pool[FINITE_LAYERS + 1];
	double *h[FINITE_LAYERS + 1]; /* input of a layer, [in][side][side] */
	double *z[FINITE_LAYERS];     /* [width][side][side] before the ReLU */
	double *d[FINITE_LAYERS];     /* gradient of the output by z */
	double *w[FINITE_LAYERS], *last;
};

static size_t taps(const struct finite *f)
{
	return f->net->dense ? 1 : 9;
}

static double *doubles(size_t n)
{
	double *p = yc_calloc(n, sizeof(*p));

	assert_non_null(p);
	return p;
}

static void normals(struct yc_rng *rng, double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = yc_rng_normal(rng);
}

/* Parameters, drawn, or those of another pass. */
static double *parameters(struct yc_rng *rng, const double *like, size_t n)
{
	double *p = doubles(n);

	if (like)
		memcpy(p, like, n * sizeof(*p));
	else
		normals(rng, p, n);
	return p;
}

/* Shapes, parameters, those of `like` if it is not NULL, and the input x. Dense layers are convolutions of one pixel: the
 * images are then one pixel of many channels. */
static void begin_pass(
	struct pass *p, const struct finite *f, const struct pass *like, const double *x)
{
	struct yc_rng rng = f->rng;
	int side = f->net->dense ? 1 : f->side,
	    in = f->net->dense ? f->channels * f->side * f->side : f->channels;

	*p = (struct pass){.layers = 0};
	for (int s = 0; s < (f->net->dense ? f->net->dense : f->net->stages); s++) {
		int convs = f->net->dense ? 1 : f->net->stage[s].convs;

		for (int c = 0; c < convs; c++, in = f->width) {
			int l = p->layers++;
			size_t plane = (size_t)side * (size_t)side;

			p->side[l] = side;
			p->in[l] = in;
			p->pool[l] = c + 1 == convs && f->net->stage[s].pool;
			p->h[l] = doubles((size_t)in * plane);
			p->z[l] = doubles((size_t)f->width * plane);
			p->d[l] = doubles((size_t)f->width * plane);
			p->w[l] = parameters(&rng, like ? like->w[l] : NULL,
				(size_t)f->width * ((size_t)in * taps(f) + 1));
			side = p->pool[l] ? side / 2 : side;
		}
	}
	p->side[p->layers] = side;
	p->in[p->layers] = in;
	p->h[p->layers] = doubles((size_t)in * (size_t)(side * side));
	p->last = parameters(
		&rng, like ? like->last : NULL, (size_t)in * (size_t)(side * side) + 1);
	memcpy(p->h[0], x,
		(size_t)p->in[0] * (size_t)(p->side[0] * p->side[0]) * sizeof(*x));
}

static void end_pass(struct pass *p)
{
	for (int l = 0; l <= p->layers; l++)
		yc_free(p->h[l]);
	for (int l = 0; l < p->layers; l++) {
		yc_free(p->z[l]);
		yc_free(p->d[l]);
		yc_free(p->w[l]);
	}
	yc_free(p->last);
}

/* z[o][pixel] = scale sum w h of a layer, one term after the other: adds it to z, or
 * what it brings backward to h or to w. */
enum to { TO_Z, TO_H, TO_W };

static void terms(const struct finite *f, int side, int in, enum to to, double *w,
	double *h, double *z)
{
	const int reach = f->net->dense ? 0 : 1, n = side * side;
	const double scale = sqrt(2.0 / in / (double)taps(f));

	for (int o = 0; o < f->width; o++)
		for (int i = 0; i < in; i++)
			for (int dy = -reach; dy <= reach; dy++)
				for (int dx = -reach; dx <= reach; dx++, w++)
					for (int p = 0; p < n; p++) {
						int y = p / side + dy, x = p % side + dx;
						double *a, *b;

						if (y < 0 || x < 0 || y >= side ||
							x >= side)
							continue;
						a = &z[o * n + p];
						b = &h[i * n + y * side + x];
						if (to == TO_Z)
							*a += scale * *w * *b;
						else if (to == TO_H)
							*b += scale * *w * *a;
						else
							*w += scale * *a * *b;
					}
}

static void forward_pass(struct pass *p, const struct finite *f)
{
	for (int l = 0; l < p->layers; l++) {
		int side = p->side[l], half = p->side[l + 1];
		size_t plane = (size_t)(side * side), n = (size_t)f->width * plane;
		const double *b = p->w[l] + (size_t)f->width * (size_t)p->in[l] * taps(f);
		double *h = p->h[l + 1];

		for (size_t k = 0; k < n; k++)
			p->z[l][k] = 0.1 * b[k / plane];
		terms(f, side, p->in[l], TO_Z, p->w[l], p->h[l], p->z[l]);
		for (int o = 0; o < f->width; o++)
			for (int y = 0; y < side; y++)
				for (int x = 0; x < side; x++) {
					double z = p->z[l][(o * side + y) * side + x];
					int q = p->pool[l] ? 2 : 1;

					if (y / q < half && x / q < half)
						h[(o * half + y / q) * half + x / q] +=
							(z > 0 ? z : 0) / (q * q);
				}
	}
}

/* Gradients by z of the output: its last layer sees all pixels, or their mean. */
static void backward_pass(struct pass *p, const struct finite *f)
{
	int last = p->layers, side = p->side[last], n = side * side;
	double *g = doubles((size_t)f->width * (size_t)n);

	for (int k = 0; k < f->width * n; k++)
		g[k] = f->net->average ? sqrt(2.0 / f->width) * p->last[k / n] / n
				       : sqrt(2.0 / f->width / n) * p->last[k];
	for (int l = last; l-- > 0;) {
		int s = p->side[l], half = p->side[l + 1], q = p->pool[l] ? 2 : 1;
		double *back;

		for (int o = 0; o < f->width; o++)
			for (int y = 0; y < s; y++)
				for (int x = 0; x < s; x++) {
					int k = (o * s + y) * s + x;

					if (p->z[l][k] > 0 && y / q < half &&
						x / q < half)
						p->d[l][k] = g[(o * half + y / q) * half +
								     x / q] /
							     (q * q);
				}
		yc_free(g);
		back = doubles((size_t)p->in[l] * (size_t)(s * s));
		terms(f, s, p->in[l], TO_H, p->w[l], back, p->d[l]);
		g = back;
	}
	yc_free(g);
}

/* The product of the gradients of f(x) and f(y) by all parameters, and by the last layer's
 * alone. */
static void products(const struct finite *f, const struct pass *a, const struct pass *b,
	double *ntk, double *nngp)
{
	int last = a->layers, n = a->side[last] * a->side[last];
	double sum = 0.01;

	for (int o = 0; o < f->width; o++) {
		const double *x = a->h[last] + o * n, *y = b->h[last] + o * n;
		double mx = 0, my = 0;

		for (int p = 0; p < n; p++) {
			mx += x[p] / n;
			my += y[p] / n;
			sum += f->net->average ? 0 : 2 * x[p] * y[p] / f->width / n;
		}
		sum += f->net->average ? 2 * mx * my / f->width : 0;
	}
	*nngp = sum;
	for (int l = 0; l < last; l++) {
		size_t plane = (size_t)(a->side[l] * a->side[l]),
		       nw = (size_t)f->width * (size_t)a->in[l] * taps(f);
		double *gx = doubles(nw), *gy = doubles(nw);

		terms(f, a->side[l], a->in[l], TO_W, gx, a->h[l], a->d[l]);
		terms(f, a->side[l], a->in[l], TO_W, gy, b->h[l], b->d[l]);
		for (size_t i = 0; i < nw; i++)
			sum += gx[i] * gy[i];
		for (int o = 0; o < f->width; o++) {
			double bx = 0, by = 0;

			for (size_t p = 0; p < plane; p++) {
				bx += a->d[l][(size_t)o * plane + p];
				by += b->d[l][(size_t)o * plane + p];
			}
			sum += 0.01 * bx * by;
		}
		yc_free(gx);
		yc_free(gy);
	}
	*ntk = sum;
}

/* The mean over networks. The tolerance is three times its standard deviation or more: a
 * layer of n channels adds 5/n to the variance of one network. */
static void check_finite(const struct yc_ntk_net *net, int channels, int side, int width,
	int networks, double tolerance)
{
	double mean[2] = {0};
	struct finite f = {
		.net = net, .channels = channels, .side = side, .width = width};
	struct yc_rng root = yc_rng_new(9, "networks");
	struct bench b;

	for (int i = 0; i < 2; i++) {
		open_bench(&b, net, i == 1, channels, side, 2);
		fill(&b.s, 2 * b.k->pixels);
		for (size_t p = 0; p < b.k->pixels; p++)
			b.s.x[b.k->pixels + p] += b.s.x[p];
		compute(&b);
		for (int k = 0; i == 0 && k < networks; k++) {
			double ntk, nngp;
			struct pass px, py;

			f.rng = yc_rng_fork(&root, "network", (uint64_t)k);
			begin_pass(&px, &f, NULL, b.s.x);
			begin_pass(&py, &f, &px, b.s.x + b.k->pixels);
			forward_pass(&px, &f);
			forward_pass(&py, &f);
			backward_pass(&px, &f);
			backward_pass(&py, &f);
			products(&f, &px, &py, &ntk, &nngp);
			mean[0] += ntk / networks;
			mean[1] += nngp / networks;
			end_pass(&px);
			end_pass(&py);
		}
		if (!(fabs(mean[i] - b.out[1]) <= tolerance * b.out[1]))
			fail_msg("%s of %d channels: %g, of infinite width %g",
				i ? "NNGP" : "NTK", width, mean[i], b.out[1]);
		close_bench(&b);
	}
}

static void wide_networks_come_near_the_limit(void **state)
{
	const struct yc_ntk_net fc1 = named("fc1"), fc2 = named("fc2"),
				place = network(11, 0, 0, false),
				deep = network(12, 0, 0, false),
				average = network(12, 1, 0, true);

	(void)state;
	check_finite(&fc1, 2, 3, 16384, 4, 0.03);
	check_finite(&fc2, 2, 3, 1024, 8, 0.12);
	check_finite(&place, 2, 4, 8192, 4, 0.04);
	check_finite(&deep, 2, 4, 192, 8, 0.2);
	check_finite(&average, 1, 4, 128, 8, 0.25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dense_networks_have_known_kernels),
		cmocka_unit_test(networks_of_convolutions_have_known_kernels),
		cmocka_unit_test(gradients_are_slopes),
		cmocka_unit_test(wide_networks_come_near_the_limit),
	};

	if (yc_blas_open(NULL) < 0 || yc_blas_reserve(THREADS) < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * What infinite-width kernels of networks do to many pairs of pixels: arc-cosine kernel of
 * a ReLU (Cho & Saul, NeurIPS 2009), sums over 3x3 windows, products. Always in double: two
 * near images differ in the last digits of their kernel. Plain loops that compilers turn
 * into vectors, so nothing in them may branch.
 */

/* atan(t)/t as a polynomial of t^2 for |t| <= tan(pi/8), interpolated in its Chebyshev
 * nodes: 4e-17 of truncation. */
static inline ALWAYS double atan_over(double z)
{
	double r = 0.021135373157693243;

	r = r * z - 0.043480522157164622;
	r = r * z + 0.056883492268090106;
	r = r * z - 0.066402339304294081;
	r = r * z + 0.076899534963068575;
	r = r * z - 0.090907730748084142;
	r = r * z + 0.11111106180455946;
	r = r * z - 0.14285714180976467;
	r = r * z + 0.19999999998855111;
	r = r * z - 0.33333333333328441;
	return r * z + 1;
}

/* The angle of (x, y) for y >= 0, from 0 to pi. Below pi/8 and above 3 pi/8 of the first
 * quadrant by y/x and x/y, between by the tangent of what is left to pi/4. */
static inline ALWAYS double angle(double y, double x)
{
	const double pi = 3.14159265358979323846, low = 0.41421356237309505,
		     high = 2.4142135623730951;
	double ax = x < 0 ? -x : x;
	double num = y - ax, den = y + ax, base = pi / 4, t, r;

	num = y < low * ax ? y : num;
	den = y < low * ax ? ax : den;
	base = y < low * ax ? 0 : base;
	num = y > high * ax ? -ax : num;
	den = y > high * ax ? y : den;
	base = y > high * ax ? pi / 2 : base;
	t = num / den;
	r = base + t * atan_over(t * t);
	return x < 0 ? pi - r : r;
}

/* Of covariance k and product ab of two variances: sigma = sqrt(ab - k^2) and
 * dot = (pi - theta)/(2 pi). Where pixels are equal, ab - k^2 is what rounding left, at most
 * 2^-51 of ab, and sigma is 0. */
static inline ALWAYS void arc(double ab, double k, double *sigma, double *dot)
{
	const double tiny = 0x1p-51, over = 0.15915494309189535; /* 1/(2 pi) */
	double s = ab - k * k;

	s = s > tiny * ab ? s : 0;
	s = sqrt(s);
	*sigma = s;
	*dot = angle(s, -k) * over;
}

static void arc_forward(
	size_t n, const double *restrict ab, double *restrict k, double *restrict t)
{
	const double over = 0.15915494309189535;

	for (size_t i = 0; i < n; i++) {
		double sigma, dot;

		arc(ab[i], k[i], &sigma, &dot);
		k[i] = sigma * over + dot * k[i];
		t[i] *= dot;
	}
}

static void arc_record(size_t n, const double *restrict ab, double *restrict k,
	double *restrict t, double *restrict sigma, double *restrict dot)
{
	const double over = 0.15915494309189535;

	for (size_t i = 0; i < n; i++) {
		double s, d;

		arc(ab[i], k[i], &s, &d);
		sigma[i] = s;
		dot[i] = d;
		k[i] = s * over + d * k[i];
		t[i] *= d;
	}
}

static void arc_backward(size_t n, const double *restrict k, const double *restrict t,
	const double *restrict sigma, const double *restrict dot, double *restrict gk,
	double *restrict gt, double *restrict gv)
{
	const double over = 0.15915494309189535;

	for (size_t i = 0; i < n; i++) {
		double s = sigma[i], c = gt[i] * t[i] * over;
		double inv = 1 / (s > 0 ? s : 1);

		c = s > 0 ? c * inv : 0;
		gv[i] = (gk[i] * s * over - c * k[i]) / 2;
		gk[i] = gk[i] * dot[i] + c;
		gt[i] *= dot[i];
	}
}

/* y = scale * sums over the 3x3 neighbours of x + bias + add, in strips of columns. */
static void box3(int h, int w, const double *restrict x, double scale, double bias,
	const double *restrict plus, double *restrict y)
{
	enum { STRIP = 64 };
	double col[STRIP + 2];

	for (int j0 = 0; j0 < w; j0 += STRIP) {
		int m = w - j0 < STRIP ? w - j0 : STRIP;
		int from = j0 > 0 ? -1 : 0, to = j0 + m < w ? m + 1 : m;

		col[0] = col[m + 1] = 0;
		for (int i = 0; i < h; i++) {
			const double *row = x + (size_t)i * (size_t)w + j0;
			size_t up = i > 0 ? (size_t)w : 0,
			       down = i + 1 < h ? (size_t)w : 0;
			double above = i > 0, below = i + 1 < h;
			double *out = y + (size_t)i * (size_t)w + j0;

			for (int j = from; j < to; j++)
				col[j + 1] = above * row[j - (ptrdiff_t)up] + row[j] +
					     below * row[j + (ptrdiff_t)down];
			if (plus)
				for (int j = 0; j < m; j++)
					out[j] = (col[j] + col[j + 1] + col[j + 2]) *
							 scale +
						 bias +
						 plus[(size_t)i * (size_t)w +
							 (size_t)(j0 + j)];
			else
				for (int j = 0; j < m; j++)
					out[j] = (col[j] + col[j + 1] + col[j + 2]) *
							 scale +
						 bias;
		}
	}
}

/* Rows of a product: y = (add ? y : 0) + scale * a * b. */
static void hadamard(int h, int w, double scale, const double *restrict a, size_t lda,
	const double *restrict b, size_t ldb, bool add_to, double *restrict y, size_t ldy)
{
	for (int i = 0; i < h; i++, a += lda, b += ldb, y += ldy) {
		if (add_to)
			for (int j = 0; j < w; j++)
				y[j] += scale * a[j] * b[j];
		else
			for (int j = 0; j < w; j++)
				y[j] = scale * a[j] * b[j];
	}
}

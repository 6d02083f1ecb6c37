/* SPDX-License-Identifier: MIT */
/*
 * The form "direct" of convolution, for kern_body.h: on a zero-bordered image the taps of
 * one kernel row are contiguous, so an output row is one matrix product over k segments
 * read in place, without gathering patches. Nothing is kept.
 */
static bool direct_fits(const struct yc_conv *c)
{
	(void)c;
	return true;
}

/* Pixels from output to output; outputs down and across. */
static int direct_stride(const struct yc_conv *c)
{
	return c->half ? 2 : 1;
}

static int direct_out(const struct yc_conv *c, int side)
{
	return (side - 1) / direct_stride(c) + 1;
}

/* Rows of the matrix of weights: taps and input channels. */
static int direct_rows(const struct yc_conv *c)
{
	return c->k * c->k * c->ci;
}

static size_t direct_forward_size(const struct yc_conv *c)
{
	return packed_size(direct_rows(c), c->co);
}

static void direct_plan(const struct yc_conv *c, struct yc_conv_plan *p)
{
	int rows = direct_rows(c);

	*p = (struct yc_conv_plan){
		.ph = c->h + c->k - 1,
		.pw = c->w + c->k - 1,
		.chunk = 1,
		.pack = direct_forward_size(c) + packed_size(c->co, rows),
		.grad = (size_t)rows * (size_t)c->co,
		.scratch_fixed = (size_t)c->w * (size_t)rows,
	};
}

static void direct_prepare(const struct yc_conv *c, const yc_real *w, yc_real *pack_to,
	bool adjoint, int part, int parts)
{
	int rows = direct_rows(c);

	if (part == 0)
		pack(rows, c->co, w, (size_t)c->co, pack_to);
	if (part == parts - 1 && adjoint)
		pack_t(c->co, rows, w, (size_t)c->co, pack_to + direct_forward_size(c));
}

static void direct_forward(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *y, yc_real *scratch)
{
	const int h = direct_out(c, c->h), w = direct_out(c, c->w);
	const size_t stride = (size_t)direct_stride(c);

	(void)scratch;
	for (int i = 0; i < n; i++) {
		yc_real *out = y + (size_t)i * c->yimg;

		for (int r = 0; r < h; r++, out += c->yrow) {
			size_t at = (size_t)i * c->ximg + stride * (size_t)r * c->xrow;
			struct yc_gemm_term op[2];

			/* The last term first: another order would round otherwise. */
			for (int q = 0; q < nterms; q++)
				op[nterms - 1 - q] = (struct yc_gemm_term){t[q].x + at,
					stride * (size_t)c->ci, c->xrow, c->k,
					c->k * c->ci, t[q].pack};
			mul(w, c->co, out, (size_t)c->co, false, op, nterms, NULL);
		}
	}
}

static void direct_adjoint(const struct yc_conv *c, int n, const struct yc_conv_term *t,
	int nterms, yc_real *dx, yc_real *scratch)
{
	const int h = direct_out(c, c->h), w = direct_out(c, c->w);
	size_t map = (size_t)c->h * (size_t)c->w * (size_t)c->ci,
	       row = (size_t)w * (size_t)c->co, fwd = direct_forward_size(c);
	int cols = direct_rows(c);

	if (!dx)
		return;
	memset(dx, 0, (size_t)n * map * sizeof *dx);
	for (int i = 0; i < n; i++, dx += map) {
		for (int r = 0; r < h; r++) {
			size_t at = (size_t)(i * h + r) * row;
			struct yc_gemm_term op[2];

			for (int q = 0; q < nterms; q++)
				op[q] = (struct yc_gemm_term){t[q].x + at, (size_t)c->co,
					0, 1, c->co, t[q].pack + fwd};
			mul(w, cols, scratch, (size_t)cols, false, op, nterms, NULL);
			conv_scatter(c, r, scratch, (size_t)cols, dx);
		}
	}
}

static void direct_weights(const struct yc_conv *c, int n, const struct yc_conv_term *x,
	const struct yc_conv_term *dy, bool add_to, yc_real *grad, yc_real *scratch)
{
	const int h = direct_out(c, c->h), w = direct_out(c, c->w);
	const size_t row = (size_t)w * (size_t)c->co, stride = (size_t)direct_stride(c);
	int taps = c->k * c->ci;

	(void)scratch;
	for (int i = 0; i < n; i++) {
		for (int ky = 0; ky < c->k; ky++)
			mul_tn(taps, c->co, w, h,
				x->x + (size_t)i * c->ximg + (size_t)ky * c->xrow,
				stride * (size_t)c->ci, stride * c->xrow,
				dy->x + (size_t)(i * h) * row, (size_t)c->co, row,
				grad + (size_t)(ky * taps) * (size_t)c->co, (size_t)c->co,
				add_to || i > 0, NULL);
	}
}

static void direct_fold(const struct yc_conv *c, const yc_real *grad, yc_real *dw)
{
	add(dw, grad, (size_t)direct_rows(c) * (size_t)c->co);
}

static const struct yc_conv_form direct = {
	.method = {.name = "direct", .summary = "sums as they are defined"},
	.fits = direct_fits,
	.plan = direct_plan,
	.prepare = direct_prepare,
	.forward = direct_forward,
	.adjoint = direct_adjoint,
	.weights = direct_weights,
	.fold = direct_fold,
};

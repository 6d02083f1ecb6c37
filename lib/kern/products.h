/* SPDX-License-Identifier: MIT */
/*
 * Packing and matrix products of any shape, in register blocks of rows by one or two
 * vectors of columns. Included by kern_body.h.
 */
/* Packed position of column n: panels of NR columns, each k rows of NR. */
static inline ALWAYS size_t packed_at(int k, int n)
{
	return (size_t)(n / NR) * (size_t)k * NR + (size_t)(n % NR);
}

static size_t packed_size(int k, int n)
{
	return (size_t)((n + NR - 1) / NR) * (size_t)k * NR;
}

/*
 * ---- Products: register blocks of rows by NR = 2 vectors of columns, or by one ----
 *
 * Every element is the sum of its products in the order of k, whatever block it falls
 * into, so how a product is cut never shows in its result.
 */

static void pack(int k, int n, const yc_real *b, size_t ldb, yc_real *packed)
{
	int n0 = 0;

	for (; n0 + NR <= n; n0 += NR) {
		const yc_real *from = b + n0;

		for (int i = 0; i < k; i++, packed += NR, from += ldb)
			memcpy(packed, from, NR * sizeof *packed);
	}
	for (int i = 0; n0 < n && i < k; i++, packed += NR) {
		const yc_real *from = b + (size_t)i * ldb + n0;

		for (int j = 0; j < NR; j++)
			packed[j] = n0 + j < n ? from[j] : 0;
	}
}

static void pack_t(int k, int n, const yc_real *b, size_t ldb, yc_real *packed)
{
	for (int n0 = 0; n0 < n; n0 += NR, b += NR * ldb) {
		int m = min_i(NR, n - n0), i = 0;

		for (; i + 4 <= k; i += 4, packed += 4 * NR) {
			int j = 0;

			for (; j + 4 <= m; j += 4)
				transpose_four(b + (size_t)j * ldb + (size_t)i, ldb,
					packed + j, NR);
			for (; j < NR; j++)
				for (int q = 0; q < 4; q++)
					packed[q * NR + j] =
						j < m ? b[(size_t)j * ldb +
								(size_t)(i + q)]
						      : 0;
		}
		for (; i < k; i++, packed += NR)
			for (int j = 0; j < NR; j++)
				packed[j] = j < m ? b[(size_t)j * ldb + (size_t)i] : 0;
	}
}

/* Rows of a block of `nv` vectors of columns: all the registers allow. */
enum { ROWS_MAX = 2 * MR };

static inline ALWAYS int rows_max(int nv)
{
	return nv == 1 ? 2 * MR : MR;
}

/*
 * Into how many blocks m rows are cut, evenly: a block of one or two rows would wait for
 * its sums. Where there are registers for 9 rows, the 27 = 3*9 rows of weights of a first
 * convolution leave no remainder.
 */
static inline ALWAYS int row_blocks(int m, int nv)
{
	int most = nv == 2 && MR == 8 && m % 9 == 0 ? 9 : rows_max(nv);

	return (m + most - 1) / most;
}

/* Calls do_rows(mr) with mr a constant, so that loops over rows unroll. */
#define ROWS_CASE(mr, do_rows) \
	case mr: \
		do_rows(mr); \
		break;
#define ROWS_TO_4(X, f) X(1, f) X(2, f) X(3, f) X(4, f)
#define ROWS_TO_6(X, f) ROWS_TO_4(X, f) X(5, f) X(6, f)
#define ROWS_TO_8(X, f) ROWS_TO_6(X, f) X(7, f) X(8, f)
#define ROWS_TO_12(X, f) ROWS_TO_8(X, f) X(9, f) X(10, f) X(11, f) X(12, f)
#define ROWS_TO_16(X, f) ROWS_TO_12(X, f) X(13, f) X(14, f) X(15, f) X(16, f)
#if ROWS == 4
#define CASES_2(f) ROWS_TO_4(ROWS_CASE, f)
#define CASES_1(f) ROWS_TO_8(ROWS_CASE, f)
#elif ROWS == 6
#define CASES_2(f) ROWS_TO_6(ROWS_CASE, f)
#define CASES_1(f) ROWS_TO_12(ROWS_CASE, f)
#else
#define CASES_2(f) ROWS_TO_8(ROWS_CASE, f) ROWS_CASE(9, f)
#define CASES_1(f) ROWS_TO_16(ROWS_CASE, f)
#endif

#ifndef LOAD_SOME
/* The first n < W elements of a vector; nothing behind them is read. */
typedef int mask;

static inline ALWAYS mask mask_of(int n)
{
	return n;
}

static inline ALWAYS vec load_some(const yc_real *p, mask n)
{
	vec v = {p[0]};

	for (int i = 1; i < W; i++)
		if (i < n)
			v[i] = p[i];
	return v;
}

static inline ALWAYS void store_some(yc_real *p, mask n, vec v)
{
	for (int i = 0; i < W; i++)
		if (i < n)
			p[i] = v[i];
}
#endif

/* Columns of one row of a block, the last vector in part. */
static inline ALWAYS void put(yc_real *c, int nv, bool whole, mask some, const vec *acc)
{
	if (nv == 2)
		*(vec *)(void *)c = acc[0];
	if (whole)
		*(vec *)(void *)(c + (nv - 1) * W) = acc[nv - 1];
	else
		store_some(c + (nv - 1) * W, some, acc[nv - 1]);
}

static inline ALWAYS void get(const yc_real *c, int nv, bool whole, mask some, vec *acc)
{
	if (nv == 2)
		acc[0] = *(const vec *)(const void *)c;
	acc[nv - 1] = whole ? *(const vec *)(const void *)(c + (nv - 1) * W)
			    : load_some(c + (nv - 1) * W, some);
}

/* One register block of mr rows and nv vectors, both constants at every call. */
static inline ALWAYS void block(int mr, int nv, int cols, yc_real *c, size_t ldc,
	bool add, const struct yc_gemm_term *op, int nops, size_t panel, size_t m0,
	struct cursor pf)
{
	const bool whole = cols == nv * W;
	const mask some = mask_of(cols - (nv - 1) * W);
	vec acc[ROWS_MAX][2];

#pragma GCC unroll 16
	for (int r = 0; r < mr; r++)
		acc[r][0] = acc[r][1] = (vec){0};
	for (int o = 0; o < nops; o++) {
		const yc_real *b = op[o].b + panel * (size_t)(op[o].nseg * op[o].k) * NR;

		for (int s = 0; s < op[o].nseg; s++) {
			const yc_real *a =
				op[o].a + m0 * op[o].lda + (size_t)s * op[o].sega;
			size_t lda = op[o].lda;

			for (int k = 0; k < op[o].k; k++, b += NR, a++, pf.p += pf.step) {
				__builtin_prefetch(pf.p, 0, 2);
				vec b0 = *(const vec *)(const void *)b;
				vec b1 = *(const vec *)(const void *)(b + W);

#pragma GCC unroll 16
				for (int r = 0; r < mr; r++) {
					yc_real x = a[(size_t)r * lda];

					acc[r][0] += x * b0;
					if (nv == 2)
						acc[r][1] += x * b1;
				}
			}
		}
	}
#pragma GCC unroll 16
	for (int r = 0; r < mr; r++) {
		vec sum[2];

		if (add) {
			get(c + (size_t)r * ldc, nv, whole, some, sum);
			for (int v = 0; v < nv; v++)
				acc[r][v] += sum[v];
		}
		put(c + (size_t)r * ldc, nv, whole, some, acc[r]);
	}
}

static void mul(int m, int n, yc_real *c, size_t ldc, bool add,
	const struct yc_gemm_term *op, int nops, const struct yc_ahead *ahead)
{
	size_t q = 0, steps = 0;

	for (int o = 0; o < nops; o++)
		steps += (size_t)(op[o].nseg * op[o].k);
	for (int n0 = 0; n0 < n; n0 += NR) {
		const size_t panel = (size_t)(n0 / NR);
		const int cols = min_i(NR, n - n0), nv = cols > W ? 2 : 1,
			  blocks = row_blocks(m, nv);

		for (int i = 0; i < blocks; i++) {
			const int m0 = (int)((long)m * i / blocks),
				  m1 = (int)((long)m * (i + 1) / blocks);
			const struct cursor pf = look_ahead(ahead, q++, steps, c);
			yc_real *to = c + (size_t)m0 * ldc + n0;

#define TWO(mr) block(mr, 2, cols, to, ldc, add, op, nops, panel, (size_t)m0, pf)
#define ONE_V(mr) block(mr, 1, cols, to, ldc, add, op, nops, panel, (size_t)m0, pf)
			if (nv == 2)
				switch (m1 - m0) {
					CASES_2(TWO)
				}
			else
				switch (m1 - m0) {
					CASES_1(ONE_V)
				}
#undef TWO
#undef ONE_V
		}
	}
}

struct tn_arg {
	int k, nseg;
	size_t lda, sega, ldb, segb, ldc;
};

/* Two whole vectors of columns, or one, of which the first `cols`. */
static inline ALWAYS void block_tn(int mr, int nv, int cols, bool add,
	const struct tn_arg *t, const yc_real *a, const yc_real *b, yc_real *c,
	struct cursor pf)
{
	const bool whole = cols == nv * W;
	const mask some = mask_of(cols - (nv - 1) * W);
	vec acc[ROWS_MAX][2];

#pragma GCC unroll 16
	for (int r = 0; r < mr; r++) {
		acc[r][0] = acc[r][1] = (vec){0};
		if (add)
			get(c + (size_t)r * t->ldc, nv, whole, some, acc[r]);
	}
	for (int s = 0; s < t->nseg; s++) {
		const yc_real *ap = a + (size_t)s * t->sega,
			      *bp = b + (size_t)s * t->segb;

		for (int p = 0; p < t->k;
			p++, ap += t->lda, bp += t->ldb, pf.p += pf.step) {
			__builtin_prefetch(pf.p, 0, 2);
			vec b0 = nv == 2 ? *(const vec *)(const void *)bp
					 : load_some(bp, some);
			vec b1 = nv == 2 ? *(const vec *)(const void *)(bp + W) : b0;

#pragma GCC unroll 16
			for (int r = 0; r < mr; r++) {
				acc[r][0] += ap[r] * b0;
				if (nv == 2)
					acc[r][1] += ap[r] * b1;
			}
		}
	}
#pragma GCC unroll 16
	for (int r = 0; r < mr; r++)
		put(c + (size_t)r * t->ldc, nv, whole, some, acc[r]);
}

static void mul_tn(int m, int n, int k, int nseg, const yc_real *a, size_t lda,
	size_t sega, const yc_real *b, size_t ldb, size_t segb, yc_real *c, size_t ldc,
	bool add, const struct yc_ahead *ahead)
{
	const struct tn_arg t = {k, nseg, lda, sega, ldb, segb, ldc};
	size_t q = 0, steps = (size_t)(nseg * k);
	int cols;

	for (int n0 = 0; n0 < n; n0 += cols) {
		const int nv = n0 + NR <= n ? 2 : 1, blocks = row_blocks(m, nv);

		cols = nv == 2 ? NR : min_i(W, n - n0);
		for (int i = 0; i < blocks; i++) {
			const int m0 = (int)((long)m * i / blocks),
				  m1 = (int)((long)m * (i + 1) / blocks);
			const struct cursor pf = look_ahead(ahead, q++, steps, c);
			yc_real *to = c + (size_t)m0 * ldc + n0;

#define TWO(mr) block_tn(mr, 2, NR, add, &t, a + m0, b + n0, to, pf)
#define ONE_V(mr) block_tn(mr, 1, cols, add, &t, a + m0, b + n0, to, pf)
			if (nv == 2)
				switch (m1 - m0) {
					CASES_2(TWO)
				}
			else
				switch (m1 - m0) {
					CASES_1(ONE_V)
				}
#undef TWO
#undef ONE_V
		}
	}
}

/* Rows of both sides of a block of mul_nt, whose sums run along the vectors. */
enum { NT = MR == 8 ? 5 : 3 };
#if ROWS == 8
#define CASES_NT(f) ROWS_TO_4(ROWS_CASE, f) ROWS_CASE(5, f)
#else
#define CASES_NT(f) ROWS_CASE(1, f) ROWS_CASE(2, f) ROWS_CASE(3, f)
#endif

static inline ALWAYS yc_real sum_lanes(vec v)
{
	yc_real t[W];

	*(vec *)(void *)t = v;
	for (int w = W / 2; w > 0; w /= 2)
		for (int i = 0; i < w; i++)
			t[i] += t[i + w];
	return t[0];
}

struct nt_arg {
	int k;
	const yc_real *a, *b;
	size_t lda, ldb;
	yc_real *c;
	size_t ldc;
	bool add;
};

/* A vector of every row, or its first lanes, for all sums of a block. */
static inline ALWAYS void step_nt(int mr, int nr, const struct nt_arg *t, int at,
	bool whole, mask some, vec acc[NT][NT])
{
	vec y[NT];

#pragma GCC unroll 8
	for (int q = 0; q < nr; q++) {
		const yc_real *p = t->b + (size_t)q * t->ldb + at;

		y[q] = whole ? *(const vec *)(const void *)p : load_some(p, some);
	}
#pragma GCC unroll 8
	for (int r = 0; r < mr; r++) {
		const yc_real *p = t->a + (size_t)r * t->lda + at;
		vec x = whole ? *(const vec *)(const void *)p : load_some(p, some);

#pragma GCC unroll 8
		for (int q = 0; q < nr; q++)
			acc[r][q] += x * y[q];
	}
}

static inline ALWAYS void block_nt(int mr, int nr, const struct nt_arg *t)
{
	vec acc[NT][NT];
	int p = 0;

#pragma GCC unroll 8
	for (int r = 0; r < mr; r++)
#pragma GCC unroll 8
		for (int q = 0; q < nr; q++)
			acc[r][q] = (vec){0};
	for (; p + W <= t->k; p += W)
		step_nt(mr, nr, t, p, true, mask_of(W), acc);
	if (p < t->k)
		step_nt(mr, nr, t, p, false, mask_of(t->k - p), acc);
#pragma GCC unroll 8
	for (int r = 0; r < mr; r++)
#pragma GCC unroll 8
		for (int q = 0; q < nr; q++) {
			yc_real *to = t->c + (size_t)r * t->ldc + q,
				s = sum_lanes(acc[r][q]);

			*to = t->add ? *to + s : s;
		}
}

static inline ALWAYS void columns_nt(int mr, int nr, const struct nt_arg *t)
{
#define SUMS(q) block_nt(mr, q, t)
	switch (nr) {
		CASES_NT(SUMS)
	}
#undef SUMS
}

static void mul_nt(int m, int n, int k, const yc_real *a, size_t lda, const yc_real *b,
	size_t ldb, yc_real *c, size_t ldc, bool add)
{
	const int across = (n + NT - 1) / NT, down = (m + NT - 1) / NT;

	for (int j = 0; j < across; j++) {
		const int n0 = (int)((long)n * j / across),
			  n1 = (int)((long)n * (j + 1) / across);

		for (int i = 0; i < down; i++) {
			const int m0 = (int)((long)m * i / down),
				  m1 = (int)((long)m * (i + 1) / down);
			const struct nt_arg t = {k, a + (size_t)m0 * lda,
				b + (size_t)n0 * ldb, lda, ldb, c + (size_t)m0 * ldc + n0,
				ldc, add};

#define SUMS(r) columns_nt(r, n1 - n0, &t)
			switch (m1 - m0) {
				CASES_NT(SUMS)
			}
#undef SUMS
		}
	}
}

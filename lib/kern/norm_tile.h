/* SPDX-License-Identifier: MIT */
/*
 * Instance norm, ReLU and average pooling of one image for a strip of NV*LANES channels
 * from c0 on. Included by kern_body.h for wide strips, single vectors and scalars.
 * Formulas: yc-methods(7), "Norms" and "SECOND-ORDER GRADIENTS". xhat = (z - mean)*r, v =
 * gamma*xhat + beta, y = pool(relu(v)). Sums run over rows first: shorter chains round
 * less, and their order is fixed. Rows and columns beyond the last complete square enter
 * the statistics but no output: their dy is 0.
 */

static inline ALWAYS void NAME(norm_forward)(const struct yc_norm_arg *a, int c0)
{
	size_t c = (size_t)a->c, row = (size_t)a->w * c;
	yc_real inv = 1 / (yc_real)(a->h * a->w);
	T shift[NV], s[NV], ss[NV], scale[NV], off[NV];

	for (int q = 0; q < NV; q++) {
		shift[q] = LOAD(a->z + c0 + q * LANES);
		s[q] = ss[q] = ZERO;
	}
	for (int i = 0; i < a->h; i++) {
		const yc_real *z = a->z + (size_t)i * row + c0;
		T rs[NV], rss[NV];

		for (int q = 0; q < NV; q++)
			rs[q] = rss[q] = ZERO;
		for (int j = 0; j < a->w; j++, z += c) {
			for (int q = 0; q < NV; q++) {
				T d = LOAD(z + q * LANES) - shift[q];

				rs[q] += d;
				rss[q] += d * d;
			}
		}
		for (int q = 0; q < NV; q++) {
			s[q] += rs[q];
			ss[q] += rss[q];
		}
	}
	for (int q = 0; q < NV; q++) {
		T d = s[q] * inv, var = ss[q] * inv - d * d;
		T mean = shift[q] + d, r = RSQRT(var);
		int at = c0 + q * LANES;

		STORE(a->save + at, mean);
		STORE(a->save + c + at, r);
		scale[q] = LOAD(a->gamma + at) * r;
		off[q] = LOAD(a->beta + at) - mean * scale[q];
	}

	int p = a->pool;
	yc_real share = 1 / (yc_real)(p * p);

	for (int oi = 0; oi < a->h / p; oi++) {
		yc_real *y = a->y + (size_t)oi * a->yrow + c0;

		for (int oj = 0; oj < a->w / p; oj++, y += c) {
			T o[NV];

			for (int q = 0; q < NV; q++)
				o[q] = ZERO;
			for (int i = 0; i < p; i++) {
				const yc_real *z = a->z + (size_t)(oi * p + i) * row +
						   (size_t)(oj * p) * c + c0;

				for (int j = 0; j < p; j++, z += c) {
					for (int q = 0; q < NV; q++) {
						T v = LOAD(z + q * LANES) * scale[q] +
						      off[q];

						o[q] += a->relu ? KEEP(v, v) : v;
					}
				}
			}
			for (int q = 0; q < NV; q++)
				STORE(y + q * LANES, o[q] * share);
		}
	}
}

static inline ALWAYS void NAME(norm_backward)(const struct yc_norm_arg *a, int c0)
{
	size_t c = (size_t)a->c, row = (size_t)a->w * c;
	int p = a->pool;
	yc_real inv = 1 / (yc_real)(a->h * a->w), share = 1 / (yc_real)(p * p);
	T scale[NV], off[NV], mean[NV], r[NV], s1[NV], s2[NV], k0[NV], k1[NV];

	for (int q = 0; q < NV; q++) {
		int at = c0 + q * LANES;

		mean[q] = LOAD(a->save + at);
		r[q] = LOAD(a->save + c + at);
		scale[q] = LOAD(a->gamma + at) * r[q];
		off[q] = LOAD(a->beta + at) - mean[q] * scale[q];
		s1[q] = s2[q] = ZERO;
	}
	for (int i = 0; i < a->h / p * p; i++) {
		const yc_real *z = a->z + (size_t)i * row + c0;
		const yc_real *dy = a->dy + (size_t)(i / p) * (size_t)(a->w / p) * c + c0;
		T r1[NV], r2[NV];

		for (int q = 0; q < NV; q++)
			r1[q] = r2[q] = ZERO;
		for (int oj = 0; oj < a->w / p; oj++, dy += c) {
			for (int j = 0; j < p; j++, z += c) {
				for (int q = 0; q < NV; q++) {
					T x = LOAD(z + q * LANES),
					  g = LOAD(dy + q * LANES);

					if (a->relu)
						g = KEEP(x * scale[q] + off[q], g);
					r1[q] += g;
					r2[q] += g * (x - mean[q]);
				}
			}
		}
		for (int q = 0; q < NV; q++) {
			s1[q] += r1[q];
			s2[q] += r2[q];
		}
	}
	for (int q = 0; q < NV; q++) {
		int at = c0 + q * LANES;
		T sum = s1[q] * share, sumx = s2[q] * share * r[q];
		T m1 = sum * inv, m2 = sumx * inv;

		if (a->dgamma) {
			STORE(a->dgamma + at, LOAD(a->dgamma + at) + sumx);
			STORE(a->dbeta + at, LOAD(a->dbeta + at) + sum);
		}
		STORE(a->save + 2 * c + at, m1);
		STORE(a->save + 3 * c + at, m2);
		k1[q] = -scale[q] * m2 * r[q];
		k0[q] = -scale[q] * m1 - k1[q] * mean[q];
	}
	if (!a->dz)
		return;
	/* dz = scale*dy + k1*z + k0 */
	for (int i = 0; i < a->h; i++) {
		int whole = i / p < a->h / p ? a->w / p : 0;
		const yc_real *z = a->z + (size_t)i * row + c0;
		const yc_real *dy = a->dy + (size_t)(i / p) * (size_t)(a->w / p) * c + c0;
		yc_real *dz = a->dz + (size_t)i * row + c0;

		for (int oj = 0; oj < whole; oj++, dy += c) {
			T g[NV];

			for (int q = 0; q < NV; q++)
				g[q] = LOAD(dy + q * LANES) * scale[q] * share;
			for (int j = 0; j < p; j++, z += c, dz += c) {
				for (int q = 0; q < NV; q++) {
					T x = LOAD(z + q * LANES), d = g[q];

					if (a->relu)
						d = KEEP(x * scale[q] + off[q], d);
					STORE(dz + q * LANES, d + k1[q] * x + k0[q]);
				}
			}
		}
		for (int j = whole * p; j < a->w; j++, z += c, dz += c)
			for (int q = 0; q < NV; q++)
				STORE(dz + q * LANES,
					k1[q] * LOAD(z + q * LANES) + k0[q]);
	}
}

static inline ALWAYS void NAME(norm_tangent)(const struct yc_norm_arg *a, int c0)
{
	size_t c = (size_t)a->c, row = (size_t)a->w * c;
	int p = a->pool;
	yc_real inv = 1 / (yc_real)(a->h * a->w), share = 1 / (yc_real)(p * p);
	T scale[NV], off[NV], mean[NV], r[NV], s1[NV], s2[NV], kt[NV], kz[NV], k0[NV];

	for (int q = 0; q < NV; q++) {
		int at = c0 + q * LANES;

		mean[q] = LOAD(a->save + at);
		r[q] = LOAD(a->save + c + at);
		scale[q] = LOAD(a->gamma + at) * r[q];
		off[q] = LOAD(a->beta + at) - mean[q] * scale[q];
		s1[q] = s2[q] = ZERO;
	}
	for (int i = 0; i < a->h; i++) {
		const yc_real *z = a->z + (size_t)i * row + c0,
			      *tz = a->tz + (size_t)i * row + c0;
		T r1[NV], r2[NV];

		for (int q = 0; q < NV; q++)
			r1[q] = r2[q] = ZERO;
		for (int j = 0; j < a->w; j++, z += c, tz += c) {
			for (int q = 0; q < NV; q++) {
				T t = LOAD(tz + q * LANES);

				r1[q] += t;
				r2[q] += t * (LOAD(z + q * LANES) - mean[q]);
			}
		}
		for (int q = 0; q < NV; q++) {
			s1[q] += r1[q];
			s2[q] += r2[q];
		}
	}
	/* tv = gamma*r*(tz - <tz> - xhat*qm) + tgamma*xhat + tbeta = kt*tz + kz*z + k0 */
	for (int q = 0; q < NV; q++) {
		int at = c0 + q * LANES;
		T mt = s1[q] * inv, qm = s2[q] * inv * r[q], xs = -scale[q] * qm;

		STORE(a->tsave + at, mt);
		STORE(a->tsave + c + at, qm);
		if (a->tgamma)
			xs += LOAD(a->tgamma + at);
		kt[q] = scale[q];
		kz[q] = xs * r[q];
		k0[q] = -scale[q] * mt - kz[q] * mean[q];
		if (a->tbeta)
			k0[q] += LOAD(a->tbeta + at);
	}
	for (int oi = 0; oi < a->h / p; oi++) {
		yc_real *ty = a->ty + (size_t)oi * a->yrow + c0;

		for (int oj = 0; oj < a->w / p; oj++, ty += c) {
			T o[NV];

			for (int q = 0; q < NV; q++)
				o[q] = ZERO;
			for (int i = 0; i < p; i++) {
				size_t at = (size_t)(oi * p + i) * row +
					    (size_t)(oj * p) * c + (size_t)c0;
				const yc_real *z = a->z + at, *tz = a->tz + at;

				for (int j = 0; j < p; j++, z += c, tz += c) {
					for (int q = 0; q < NV; q++) {
						T x = LOAD(z + q * LANES);
						T tv = kt[q] * LOAD(tz + q * LANES) +
						       kz[q] * x + k0[q];

						o[q] += a->relu ? KEEP(x * scale[q] +
										  off[q],
									  tv)
								: tv;
					}
				}
			}
			for (int q = 0; q < NV; q++)
				STORE(ty + q * LANES, o[q] * share);
		}
	}
}

static inline ALWAYS void NAME(norm_tangent_backward)(const struct yc_norm_arg *a, int c0)
{
	size_t c = (size_t)a->c, row = (size_t)a->w * c;
	int p = a->pool;
	yc_real inv = 1 / (yc_real)(a->h * a->w), share = 1 / (yc_real)(p * p);
	T scale[NV], off[NV], mean[NV], r[NV], mt[NV], sa[NV], sb[NV], sc[NV];
	T ktd[NV], kd[NV], kt[NV], kz[NV], k0[NV];

	for (int q = 0; q < NV; q++) {
		int at = c0 + q * LANES;

		mean[q] = LOAD(a->save + at);
		r[q] = LOAD(a->save + c + at);
		mt[q] = LOAD(a->tsave + at);
		scale[q] = LOAD(a->gamma + at) * r[q];
		off[q] = LOAD(a->beta + at) - mean[q] * scale[q];
		sa[q] = sb[q] = sc[q] = ZERO;
	}
	/* Sums of tdy, (z-mean)*tdy and (tz-<tz>)*dy over the pixels that passed the
	 * ReLU. */
	for (int i = 0; i < a->h / p * p; i++) {
		size_t at = (size_t)i * row + (size_t)c0;
		size_t pt = (size_t)(i / p) * (size_t)(a->w / p) * c + (size_t)c0;
		const yc_real *z = a->z + at, *tz = a->tz + at, *dy = a->dy + pt,
			      *tdy = a->tdy + pt;
		T ra[NV], rb[NV], rc[NV];

		for (int q = 0; q < NV; q++)
			ra[q] = rb[q] = rc[q] = ZERO;
		for (int oj = 0; oj < a->w / p; oj++, dy += c, tdy += c) {
			for (int j = 0; j < p; j++, z += c, tz += c) {
				for (int q = 0; q < NV; q++) {
					T x = LOAD(z + q * LANES),
					  g = LOAD(dy + q * LANES);
					T tg = LOAD(tdy + q * LANES);

					if (a->relu) {
						T v = x * scale[q] + off[q];

						g = KEEP(v, g);
						tg = KEEP(v, tg);
					}
					ra[q] += tg;
					rb[q] += tg * (x - mean[q]);
					rc[q] += g * (LOAD(tz + q * LANES) - mt[q]);
				}
			}
		}
		for (int q = 0; q < NV; q++) {
			sa[q] += ra[q];
			sb[q] += rb[q];
			sc[q] += rc[q];
		}
	}
	for (int q = 0; q < NV; q++) {
		int at = c0 + q * LANES;
		T gamma = LOAD(a->gamma + at), qm = LOAD(a->tsave + c + at);
		T m1 = LOAD(a->save + 2 * c + at), m2 = LOAD(a->save + 3 * c + at);
		T tg = a->tgamma ? LOAD(a->tgamma + at) : ZERO;
		T n = ONE / inv;
		/* <tdy>, <xhat tdy>, <txhat dy>; txhat = r*(tz - <tz> - xhat*qm) */
		T ma = sa[q] * share * inv, mb = sb[q] * share * r[q] * inv;
		T mc = r[q] * (sc[q] * share * inv - qm * m2);

		if (a->dgamma) {
			STORE(a->dgamma + at, LOAD(a->dgamma + at) + (mb + mc) * n);
			STORE(a->dbeta + at, LOAD(a->dbeta + at) + ma * n);
		}
		/* tdz = -r*qm*dz + r*(tu - <tu> - txhat*<xhat u> - xhat*(<txhat u> +
		 * <xhat tu>)) */
		T xh = -(gamma * mc + gamma * mb +
			 tg * m2); /* factor of xhat in the bracket */

		ktd[q] = r[q] * gamma * share;
		kd[q] = (r[q] * tg - r[q] * qm * scale[q]) * share;
		kt[q] = -r[q] * gamma * m2 * r[q];
		/* xhat: from -txhat*gamma*m2 (+ r*qm*gamma*m2), the bracket, and -r*qm*dz
		 */
		xh = r[q] * (xh + gamma * m2 * r[q] * qm) + r[q] * qm * scale[q] * m2;
		kz[q] = xh * r[q];
		k0[q] = -r[q] * (gamma * ma + tg * m1) + r[q] * qm * scale[q] * m1 -
			kt[q] * mt[q] - kz[q] * mean[q];
	}
	if (!a->tdz)
		return;
	for (int i = 0; i < a->h; i++) {
		size_t at = (size_t)i * row + (size_t)c0;
		size_t pt = (size_t)(i / p) * (size_t)(a->w / p) * c + (size_t)c0;
		const yc_real *z = a->z + at, *tz = a->tz + at, *dy = a->dy + pt,
			      *tdy = a->tdy + pt;
		yc_real *tdz = a->tdz + at;
		int whole = i / p < a->h / p ? a->w / p : 0;

		for (int oj = 0; oj < whole; oj++, dy += c, tdy += c) {
			T g[NV];

			for (int q = 0; q < NV; q++)
				g[q] = ktd[q] * LOAD(tdy + q * LANES) +
				       kd[q] * LOAD(dy + q * LANES);
			for (int j = 0; j < p; j++, z += c, tz += c, tdz += c) {
				for (int q = 0; q < NV; q++) {
					T x = LOAD(z + q * LANES), d = g[q];

					if (a->relu)
						d = KEEP(x * scale[q] + off[q], d);
					STORE(tdz + q * LANES,
						d + kt[q] * LOAD(tz + q * LANES) +
							kz[q] * x + k0[q]);
				}
			}
		}
		for (int j = whole * p; j < a->w; j++, z += c, tz += c, tdz += c)
			for (int q = 0; q < NV; q++)
				STORE(tdz + q * LANES,
					kt[q] * LOAD(tz + q * LANES) +
						kz[q] * LOAD(z + q * LANES) + k0[q]);
	}
}

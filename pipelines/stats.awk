# SPDX-License-Identifier: MIT
# Functions for tests of significance, with -f stats.awk before the program that calls them;
# yc-methods(7), "Comparing rules", has the formulas.

# ln of the gamma function, x > 0: Stirling's series from 10 on, where its first term that is left
# out is below 2e-12, and before by the recurrence.
function log_gamma(x,   below) {
	while (x < 10)
		below += log(x++)
	return (x - 0.5) * log(x) - x + 0.91893853320467274178 + \
		(1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / x ^ 2) / x ^ 2) / x ^ 2) / x - below
}

# Regularised incomplete beta function I_x(a, b), y = 1 - x, which near 1 is more exact than a difference: the
# continued fraction of DLMF 8.17.22 by the method of Lentz, on the side where it converges fast.
function incomplete_beta(x, y, a, b,   m, d, f, c, e, tiny, i) {
	if (x <= 0 || y <= 0)
		return x > 0
	if (x > (a + 1) / (a + b + 2))
		return 1 - incomplete_beta(y, x, b, a)
	tiny = 1e-300
	f = c = 1
	for (i = 1; i < 1000; i++) {
		m = int(i / 2)
		d = i % 2 ? -(a + m) * (a + b + m) * x / (a + 2 * m) / (a + 2 * m + 1) : \
			m * (b - m) * x / (a + 2 * m - 1) / (a + 2 * m)
		e = 1 + d * e
		e = 1 / (e == 0 ? tiny : e)
		c = 1 + d / c
		if (c == 0)
			c = tiny
		f *= c * e
		if (c * e > 1 - 1e-15 && c * e < 1 + 1e-15)
			break
	}
	return exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y)) / a / f
}

/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy, its gradient and its tangent, rows at a time: yc-methods(7),
 * "SECOND-ORDER GRADIENTS"; and squares of errors, "Squared loss". */
#include <math.h>

#include "yc/layer.h"
#include "yc/net.h"

/* log(sum(exp(z))) of a row, without overflow */
static double log_sum_exp(const yc_real *z, int classes)
{
	double top = (double)z[0], s = 0;

	for (int c = 1; c < classes; c++)
		top = (double)z[c] > top ? (double)z[c] : top;
	for (int c = 0; c < classes; c++)
		s += exp((double)z[c] - top);
	return top + log(s);
}

/* Weight of class c in the target of image i. */
static double soft_at(const struct yc_target *t, int i, int classes, int c)
{
	size_t at = (size_t)i * (size_t)classes + (size_t)c;

	return t->soft_mixed ? t->rho * (double)t->soft[at] +
				       (1 - t->rho) * (double)t->soft_mixed[at]
			     : (double)t->soft[at];
}

static double soft_sum(const struct yc_target *t, int i, int classes)
{
	double sum = 0;

	for (int c = 0; c < classes; c++)
		sum += soft_at(t, i, classes, c);
	return sum;
}

static double soft_loss(const yc_real *z, int n, int classes, const struct yc_target *t,
	int first, double inv, yc_real *dz)
{
	double sum = 0;

	for (int i = first; i < first + n; i++, z += classes, dz += classes) {
		double lse = log_sum_exp(z, classes), all = soft_sum(t, i, classes);

		for (int c = 0; c < classes; c++) {
			double y = soft_at(t, i, classes, c);

			dz[c] = (yc_real)(inv * (all * exp((double)z[c] - lse) - y));
			sum += y * (lse - (double)z[c]);
		}
	}
	return sum;
}

/* Value that the output of class c has to take, of the own or the mixed-in label. */
static double value_at(const struct yc_target *t, bool mixed, int i, int classes, int c)
{
	const yc_real *soft = mixed ? t->soft_mixed : t->soft;
	const int32_t *label = mixed ? t->mixed : t->label;

	return soft ? (double)soft[(size_t)i * (size_t)classes + (size_t)c]
		    : (label[i] == c) - 1.0 / classes;
}

static double square_loss(const yc_real *z, int n, int classes, const struct yc_target *t,
	int first, double inv, yc_real *dz)
{
	const bool mixed = t->soft ? t->soft_mixed != NULL : t->mixed != NULL;
	const double rho = mixed ? t->rho : 1;
	double sum = 0;

	for (int i = first; i < first + n; i++, z += classes, dz += classes) {
		for (int c = 0; c < classes; c++) {
			double e = (double)z[c] - value_at(t, false, i, classes, c),
			       f = mixed ? (double)z[c] - value_at(t, true, i, classes, c)
					 : 0;

			dz[c] = (yc_real)(inv / classes * (rho * e + (1 - rho) * f));
			sum += (rho * e * e + (1 - rho) * f * f) / (2 * classes);
		}
	}
	return sum;
}

double yc_loss(const yc_real *z, int n, int classes, const struct yc_target *t, int first,
	double inv, yc_real *dz)
{
	double sum = 0;

	if (t->squares)
		return square_loss(z, n, classes, t, first, inv, dz);
	if (t->soft)
		return soft_loss(z, n, classes, t, first, inv, dz);
	for (int i = first; i < first + n; i++, z += classes, dz += classes) {
		double lse = log_sum_exp(z, classes);
		double a = t->mixed ? t->rho : 1;

		for (int c = 0; c < classes; c++)
			dz[c] = (yc_real)(inv * exp((double)z[c] - lse));
		dz[t->label[i]] -= (yc_real)(a * inv);
		sum += a * (lse - (double)z[t->label[i]]);
		if (t->mixed) {
			dz[t->mixed[i]] -= (yc_real)((1 - a) * inv);
			sum += (1 - a) * (lse - (double)z[t->mixed[i]]);
		}
	}
	return sum;
}

void yc_loss_tangent(const yc_real *z, const yc_real *tz, int n, int classes,
	const struct yc_target *t, int first, double inv, yc_real *tdz)
{
	for (size_t i = 0; t->squares && i < (size_t)n * (size_t)classes; i++)
		tdz[i] = (yc_real)(inv / classes * (double)tz[i]);
	for (int i = first; !t->squares && i < first + n;
		i++, z += classes, tz += classes, tdz += classes) {
		double lse = log_sum_exp(z, classes), dot = 0;
		double scale = t->soft ? inv * soft_sum(t, i, classes) : inv;

		for (int c = 0; c < classes; c++)
			dot += exp((double)z[c] - lse) * (double)tz[c];
		for (int c = 0; c < classes; c++)
			tdz[c] = (yc_real)(scale * exp((double)z[c] - lse) *
					   ((double)tz[c] - dot));
	}
}

void yc_log_softmax(const yc_real *logits, int n, int classes, yc_real *logp)
{
	for (int i = 0; i < n; i++, logits += classes, logp += classes) {
		double lse = log_sum_exp(logits, classes);

		for (int c = 0; c < classes; c++)
			logp[c] = (yc_real)((double)logits[c] - lse);
	}
}

/* SPDX-License-Identifier: MIT */
/* A descent kept step by step, and the adjoint recursion back through it. */
#include "lib/condense/unroll.h"

#include <math.h>
#include <string.h>

#include "yc/mem.h"

static size_t image_of(const struct yc_net *net)
{
	const struct yc_net_cfg *c = yc_net_config(net);

	return (size_t)c->side * (size_t)c->side * (size_t)c->channels;
}

static int make(struct yc_unroll *u)
{
	const size_t size = yc_net_size(u->net), batch = (size_t)u->batch,
		     logits = yc_size_mul(batch, (size_t)yc_net_config(u->net)->classes);
	int status;

	u->w = yc_calloc(yc_size_mul((size_t)u->steps + 1, size), sizeof(*u->w));
	u->dw = yc_calloc(size, sizeof(*u->dw));
	u->lambda = yc_calloc(size, sizeof(*u->lambda));
	u->dx = yc_calloc(yc_size_mul(batch, image_of(u->net)), sizeof(*u->dx));
	u->dy = yc_calloc(logits, sizeof(*u->dy));
	u->logits = yc_calloc(logits, sizeof(*u->logits));
	u->tlogits = yc_calloc(logits, sizeof(*u->tlogits));
	if (!u->w || !u->dw || !u->lambda || !u->dx || !u->dy || !u->logits ||
		!u->tlogits)
		return YC_FAIL;
	/* One executor could do both, but this one's activations stay in cache. */
	status = yc_exec_new(&u->descend, u->net, u->batch, u->threads, YC_EXEC_GRADIENT);
	if (!status)
		status = yc_exec_new(
			&u->adjoint, u->net, u->batch, u->threads, YC_EXEC_TANGENT);
	return status;
}

int yc_unroll_new(struct yc_unroll *u, const struct yc_net *net, int steps, int batch,
	int threads, bool shortcut)
{
	int status;

	*u = (struct yc_unroll){.net = net,
		.steps = steps,
		.batch = batch,
		.threads = threads,
		.shortcut = shortcut};
	status = make(u);
	if (status)
		yc_unroll_release(u);
	return status;
}

void yc_unroll_release(struct yc_unroll *u)
{
	yc_exec_free(u->descend);
	yc_exec_free(u->adjoint);
	yc_free(u->w);
	yc_free(u->dw);
	yc_free(u->lambda);
	yc_free(u->dx);
	yc_free(u->dy);
	yc_free(u->logits);
	yc_free(u->tlogits);
	*u = (struct yc_unroll){0};
}

size_t yc_unroll_bytes(const struct yc_net *net, int steps, int batch, int threads)
{
	const size_t classes = (size_t)yc_net_config(net)->classes;

	return (((size_t)steps + 3) * yc_net_size(net) +
		       (size_t)batch * (image_of(net) + 3 * classes)) *
		       sizeof(yc_real) +
	       yc_exec_bytes(net, batch, threads, YC_EXEC_GRADIENT) +
	       yc_exec_bytes(net, batch, threads, YC_EXEC_TANGENT);
}

yc_real *yc_unroll_at(const struct yc_unroll *u, int i)
{
	return u->w + (size_t)i * yc_net_size(u->net);
}

/* to = from - lr g for what is learned; state is only copied. */
static void descend(const struct yc_net *net, yc_real *to, const yc_real *from,
	const yc_real *g, double lr)
{
	const size_t n = yc_net_learned(net), size = yc_net_size(net);
	const yc_real by = (yc_real)lr;

	for (size_t k = 0; k < n; k++)
		to[k] = from[k] - by * g[k];
	if (to != from)
		memcpy(to + n, from + n, (size - n) * sizeof(*to));
}

double yc_unroll_step(struct yc_unroll *u, int i, double lr, const yc_real *x, int n,
	const struct yc_target *target)
{
	const yc_real *w = yc_unroll_at(u, i);
	const double loss = yc_net_gradient(u->descend, w, x, n, target, u->dw, NULL);

	descend(u->net, yc_unroll_at(u, i + 1), w, u->dw, lr);
	return loss;
}

double yc_unroll_match(struct yc_unroll *u, const yc_real *target)
{
	const size_t n = yc_net_learned(u->net);
	const yc_real *first = yc_unroll_at(u, 0), *last = yc_unroll_at(u, u->steps);
	double from = 0, to = 0;

	for (size_t k = 0; k < n; k++) {
		const double a = (double)first[k] - (double)target[k],
			     b = (double)last[k] - (double)target[k];

		from += a * a;
		to += b * b;
	}
	for (size_t k = 0; k < n; k++)
		u->lambda[k] =
			(yc_real)(2 / from * ((double)last[k] - (double)target[k]));
	u->dlr = 0;
	return to / from;
}

/* With z the logits, t their tangent in direction lambda and p = softmax(z), of n images:
 *   <lambda, g> = sum of (p |y| - y) t / n      its slope by y_c = (<p, t> - t_c) / n */
static void by_targets(
	struct yc_unroll *u, double lr, int n, const struct yc_target *target)
{
	const int classes = yc_net_config(u->net)->classes;
	double sum = 0;

	yc_log_softmax(u->logits, n, classes, u->logits);
	for (int i = 0; i < n; i++) {
		const yc_real *logp = u->logits + (size_t)i * (size_t)classes,
			      *t = u->tlogits + (size_t)i * (size_t)classes,
			      *y = target->soft
					   ? target->soft + (size_t)i * (size_t)classes
					   : NULL;
		yc_real *dy = u->dy + (size_t)i * (size_t)classes;
		double mean = 0;

		for (int c = 0; c < classes; c++)
			mean += exp((double)logp[c]) * (double)t[c];
		for (int c = 0; y && c < classes; c++) {
			const double by = mean - (double)t[c];

			dy[c] = (yc_real)(-lr * by / n);
			sum += (double)y[c] * by;
		}
		if (!y)
			sum += mean - (double)t[target->label[i]];
	}
	u->dlr -= sum / n;
}

void yc_unroll_back(struct yc_unroll *u, int i, double lr, const yc_real *x, int n,
	const struct yc_target *target)
{
	const yc_real *w = yc_unroll_at(u, i), by = (yc_real)-lr;
	const size_t pixels = (size_t)n * image_of(u->net);

	/* g_i itself is not needed: its product with lambda is the slope of the loss. */
	yc_net_gradient(u->adjoint, w, x, n, target, NULL, u->logits);
	yc_net_tangent_logits(u->adjoint, w, u->lambda, NULL, u->shortcut ? NULL : u->dw,
		u->dx, u->tlogits);
	by_targets(u, lr, n, target);
	for (size_t k = 0; k < pixels; k++)
		u->dx[k] *= by;
	if (!u->shortcut)
		descend(u->net, u->lambda, u->lambda, u->dw, lr);
}

/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "Update of images": the gradient of the matching loss with respect to
 * the condensed images of one class. */
#include <string.h>

#include "lib/condense/gradmatch/gradmatch.h"

static int make(struct yc_step *s, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_aug *aug, int n_real, int threads)
{
	size_t weights = yc_net_size(s->net),
	       labels = (size_t)n_real + (size_t)synth->batch;
	int status = yc_class_batch_new(&s->batch, data, synth, aug, n_real, threads);

	if (!status)
		status = yc_exec_new(
			&s->real_exec, s->net, n_real, threads, YC_EXEC_GRADIENT);
	if (!status)
		status = yc_exec_new(
			&s->syn_exec, s->net, synth->batch, threads, YC_EXEC_TANGENT);
	if (status)
		return status;
	s->gr = yc_calloc(weights, sizeof(*s->gr));
	s->gs = yc_calloc(weights, sizeof(*s->gs));
	s->v = yc_calloc(weights, sizeof(*s->v));
	s->scratch = yc_calloc(yc_match_scratch(s->net), sizeof(*s->scratch));
	s->label = yc_calloc(labels, sizeof(*s->label));
	return s->gr && s->gs && s->v && s->scratch && s->label ? YC_OK : YC_FAIL;
}

int yc_step_new(struct yc_step *s, const struct yc_net *net, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_metric *metric,
	const struct yc_aug *aug, int n_real, int threads)
{
	int status;

	*s = (struct yc_step){.net = net, .metric = metric};
	status = make(s, data, synth, aug, n_real, threads);
	if (status)
		yc_step_release(s);
	return status;
}

void yc_step_release(struct yc_step *s)
{
	yc_exec_free(s->real_exec);
	yc_exec_free(s->syn_exec);
	yc_class_batch_release(&s->batch);
	yc_free(s->gr);
	yc_free(s->gs);
	yc_free(s->v);
	yc_free(s->scratch);
	yc_free(s->label);
	*s = (struct yc_step){0};
}

size_t yc_step_bytes(const struct yc_step *s)
{
	const struct yc_class_batch *b = &s->batch;

	return yc_class_batch_bytes(b) + 3 * yc_net_size(s->net) * sizeof(yc_real) +
	       yc_exec_bytes(s->net, b->n_real, b->threads, YC_EXEC_GRADIENT) +
	       yc_exec_bytes(s->net, b->synth->batch, b->threads, YC_EXEC_TANGENT);
}

double yc_step_run(struct yc_step *s, const yc_real *w, int c)
{
	struct yc_class_batch *b = &s->batch;
	struct yc_target target = {.label = s->label, .rho = 1};
	int syn = b->synth->batch;
	double loss;

	for (int i = 0; i < b->real || i < syn; i++)
		s->label[i] = yc_synth_label(b->synth, c);
	yc_class_batch_fill(b, c);
	s->loss_real =
		yc_net_gradient(s->real_exec, w, b->x, b->real, &target, s->gr, NULL);
	s->loss_syn = yc_net_gradient(s->syn_exec, w, b->syn, syn, &target, s->gs, NULL);
	loss = yc_match(s->metric, s->net, s->also, s->gr, s->gs, s->v, s->scratch);
	yc_net_tangent(s->syn_exec, w, s->v, NULL, NULL, b->dx);
	yc_class_batch_back(b, s->units);
	return loss;
}

/* ---- trials ---- */

static struct yc_target any(struct yc_step *s, int n)
{
	yc_class_batch_any(&s->batch, n);
	memset(s->label, 0, (size_t)n * sizeof(*s->label));
	return (struct yc_target){.label = s->label, .rho = 1};
}

void yc_step_try_real(struct yc_step *s, const yc_real *w, int n)
{
	struct yc_target target = any(s, n);

	yc_net_gradient(s->real_exec, w, s->batch.x, n, &target, s->gr, NULL);
}

void yc_step_try_syn(struct yc_step *s, const yc_real *w, int n)
{
	struct yc_target target = any(s, n);

	yc_net_gradient(s->syn_exec, w, s->batch.x, n, &target, s->gs, NULL);
	yc_net_tangent(s->syn_exec, w, s->gs, NULL, NULL, s->batch.dx);
}

void yc_step_try_network(struct yc_step *s, struct yc_trainer *t, int n)
{
	struct yc_target target = any(s, n);

	yc_net_gradient(t->exec, t->w, s->batch.x, n, &target, t->dw, NULL);
}

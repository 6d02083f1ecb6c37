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

int yc_step_new_subsets(struct yc_step *s)
{
	size_t e = (size_t)yc_net_embedding(s->net), syn = (size_t)s->batch.synth->batch,
	       real = (size_t)s->batch.n_real;

	s->dsubset = yc_calloc(
		yc_size_mul(syn, yc_data_image_size(s->batch.data)), sizeof(*s->dsubset));
	s->embed = yc_calloc(yc_size_mul(real > syn ? real : syn, e), sizeof(*s->embed));
	s->mean = yc_calloc(e, sizeof(*s->mean));
	s->sum = yc_calloc(e, sizeof(*s->sum));
	return s->dsubset && s->embed && s->mean && s->sum ? YC_OK : YC_FAIL;
}

void yc_step_release(struct yc_step *s)
{
	yc_free(s->dsubset);
	yc_free(s->embed);
	yc_free(s->mean);
	yc_free(s->sum);
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
	size_t syn = (size_t)b->synth->batch, real = (size_t)b->n_real,
	       most = real > syn ? real : syn, subsets = 0;

	if (s->dsubset)
		subsets = (syn * yc_data_image_size(b->data) +
				  most * (size_t)yc_net_embedding(s->net)) *
			  sizeof(yc_real);
	return subsets + yc_class_batch_bytes(b) +
	       3 * yc_net_size(s->net) * sizeof(yc_real) +
	       yc_exec_bytes(s->net, b->n_real, b->threads, YC_EXEC_GRADIENT) +
	       yc_exec_bytes(s->net, b->synth->batch, b->threads, YC_EXEC_TANGENT);
}

/* The subset's part of loss and gradient: of the same real gradient, and added to dx. */
static double match_subset(
	struct yc_step *s, const yc_real *w, const struct yc_target *target)
{
	struct yc_class_batch *b = &s->batch;
	size_t pixels = (size_t)s->subset * yc_data_image_size(b->data);
	double loss;

	(void)yc_net_gradient(s->syn_exec, w, b->syn, s->subset, target, s->gs, NULL);
	loss = yc_match(s->metric, s->net, s->also, s->gr, s->gs, s->v, s->scratch);
	yc_net_tangent(s->syn_exec, w, s->v, NULL, NULL, s->dsubset);
	for (size_t i = 0; i < pixels; i++)
		b->dx[i] += s->dsubset[i];
	return loss;
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
	if (s->subset)
		loss += match_subset(s, w, &target);
	memset(b->dx, 0,
		(size_t)s->frozen * yc_data_image_size(b->data) * sizeof(*b->dx));
	yc_class_batch_back(b, s->units);
	return loss;
}

/* ---- prefixes ---- */

/* sum += rows first..end-1 of the embeddings. */
static void add_rows(const struct yc_step *s, int first, int end, double *sum)
{
	size_t e = (size_t)yc_net_embedding(s->net);

	for (int i = first; i < end; i++)
		for (size_t k = 0; k < e; k++)
			sum[k] += (double)s->embed[(size_t)i * e + k];
}

void yc_step_distances(
	struct yc_step *s, const yc_real *w, const int *images, int n, double *distance)
{
	const struct yc_class_batch *b = &s->batch;
	size_t e = (size_t)yc_net_embedding(s->net);
	int syn = n ? images[n - 1] : 0, have = 0;

	memset(s->mean, 0, e * sizeof(*s->mean));
	memset(s->sum, 0, e * sizeof(*s->sum));
	yc_net_forward_train(s->real_exec, w, b->x, b->real, NULL, s->embed);
	add_rows(s, 0, b->real, s->mean);
	if (syn)
		yc_net_forward_train(s->syn_exec, w, b->syn, syn, NULL, s->embed);
	for (int i = 0; i < n; i++) {
		double sum = 0;

		add_rows(s, have, images[i], s->sum);
		have = images[i];
		for (size_t k = 0; have && k < e; k++) {
			double d = s->sum[k] / have - s->mean[k] / b->real;

			sum += d * d;
		}
		distance[i] = sum;
	}
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

void yc_step_try_embed(struct yc_step *s, const yc_real *w, int n)
{
	yc_class_batch_any(&s->batch, n);
	yc_net_forward_train(s->real_exec, w, s->batch.x, n, NULL, s->embed);
}

void yc_step_try_network(struct yc_step *s, struct yc_trainer *t, int n)
{
	struct yc_target target = any(s, n);

	yc_net_gradient(t->exec, t->w, s->batch.x, n, &target, t->dw, NULL);
}

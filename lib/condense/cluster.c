/* SPDX-License-Identifier: MIT */
/* Representative real images of a class, by clustering the embeddings of its images:
 * yc-methods(7), "Representative batches". */
#include <string.h>

#include "yc/kmeans.h"
#include "yc/pool.h"
#include "lib/condense/internal.h"

/* Images per forward pass; enough to keep all threads busy. */
enum { BATCH = 256 };

static size_t most_images(const struct yc_sampler *w)
{
	int most = 0;

	for (int c = 0; c < w->classes; c++)
		if (yc_sampler_count(w, c) > most)
			most = yc_sampler_count(w, c);
	return (size_t)most;
}

int yc_cluster_new(struct yc_cluster *u, const struct yc_cluster_cfg *cfg,
	const struct yc_net *net, const struct yc_data *data,
	const struct yc_sampler *sampler, int threads)
{
	size_t embedding = (size_t)yc_net_embedding(net);
	int status;

	*u = (struct yc_cluster){.cfg = *cfg,
		.net = net,
		.data = data,
		.sampler = sampler,
		.threads = threads};
	status = yc_exec_new(&u->exec, net, BATCH, threads, YC_EXEC_FORWARD);
	if (!status) {
		u->x = yc_calloc(
			yc_size_mul(BATCH, yc_data_image_size(data)), sizeof(*u->x));
		u->embed = yc_calloc(
			yc_size_mul(most_images(sampler), embedding), sizeof(*u->embed));
		status = u->x && u->embed ? YC_OK : YC_FAIL;
	}
	if (status)
		yc_cluster_release(u);
	return status;
}

void yc_cluster_release(struct yc_cluster *u)
{
	yc_exec_free(u->exec);
	yc_free(u->x);
	yc_free(u->embed);
	*u = (struct yc_cluster){0};
}

size_t yc_cluster_bytes(const struct yc_cluster *u, int k)
{
	size_t n = most_images(u->sampler), d = (size_t)yc_net_embedding(u->net),
	       centres = (size_t)k;

	/* Memory of the embeddings and of yc_kmeans. */
	return yc_exec_bytes(u->net, BATCH, u->threads, YC_EXEC_FORWARD) +
	       (BATCH * yc_data_image_size(u->data) + n * d + n * centres +
		       3 * centres * d) *
		       sizeof(yc_real);
}

struct batch {
	const struct yc_cluster *u;
	const int32_t *image; /* [n] */
};

static void fetch(void *ctx, int unit, int worker)
{
	const struct batch *b = ctx;
	yc_real *x = b->u->x + (size_t)unit * yc_data_image_size(b->u->data);

	(void)worker;
	if (b->u->cfg.normalise)
		yc_data_fetch(b->u->data, b->image[unit], x);
	else
		yc_data_fetch_raw(b->u->data, b->image[unit], x);
}

void yc_cluster_embed(struct yc_cluster *u, const yc_real *w, int c, int n_images)
{
	size_t d = (size_t)yc_net_embedding(u->net);
	int32_t end = u->sampler->first[c] + n_images;
	yc_real *to = u->embed;

	for (int32_t i = u->sampler->first[c]; i < end; i += BATCH) {
		struct batch b = {.u = u, .image = u->sampler->member + i};
		int n = end - i < BATCH ? end - i : BATCH;

		yc_parallel(n, u->threads, fetch, &b);
		yc_net_forward(u->exec, w, u->x, n, NULL, to);
		to += (size_t)n * d;
	}
}

/* Clusters the first n images of class c into k clusters. */
static int cluster(struct yc_cluster *u, const yc_real *w, int c, int n, int k,
	struct yc_rng rng, struct yc_kmeans *m)
{
	const struct yc_kmeans_cfg cfg = {
		.k = k, .replace = u->cfg.replace, .reseed = u->cfg.reseed};

	yc_cluster_embed(u, w, c, n);
	return yc_kmeans(
		m, &cfg, u->embed, n, yc_net_embedding(u->net), &rng, u->threads);
}

int yc_cluster_try(struct yc_cluster *u, const yc_real *w, int n, int k)
{
	struct yc_kmeans m;
	int status;

	status = cluster(u, w, 0, n, k < n ? k : n, yc_rng_new(0, "trial"), &m);
	if (!status)
		yc_kmeans_release(&m);
	return status;
}

int yc_cluster_choose(struct yc_cluster *u, const yc_real *w, int c, int k,
	struct yc_rng rng, int32_t *idx)
{
	const int32_t *member = u->sampler->member + u->sampler->first[c];
	struct yc_kmeans m;
	int status;

	status = cluster(u, w, c, yc_sampler_count(u->sampler, c), k, rng, &m);
	if (status)
		return status;
	for (int i = 0; i < k; i++)
		idx[i] = member[m.nearest[i]];
	yc_kmeans_release(&m);
	return YC_OK;
}

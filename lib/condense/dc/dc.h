/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_DC_H
#define CONDENSE_DC_H

/*
 * DC and DSA: declarations shared by their files. yc-methods(7), "DC AND DSA".
 */

#include "lib/condense/gradmatch/gradmatch.h"

/* The option struct of both. */
struct yc_dc_cfg {
	uint32_t iterations, outer, inner, n_real, factor, width, depth, net_batch;
	double lr_img, momentum_img, net_lr;
	const char *init, *metric, *aug, *net, *precision;
	struct yc_init_from init_from;
	bool aug_all;
	bool published; /* not an option: outer and inner are published for the IPC */
};

/* What is compared: a distance of gradmatch/match.c, and of which weights. */
struct yc_dc_metric {
	struct yc_method method;
	const char *distance;
	unsigned also;
};
extern const struct yc_method *const yc_dc_metrics[]; /* of struct yc_dc_metric */

/* ---- dc_network.c ---- */

/* A network in training on the decoded synthetic images, class by class. */
struct yc_dc_network {
	struct yc_net *net;
	const struct yc_synth *synth;
	struct yc_data data; /* its training set: only pixels change */
	bool decoded;	     /* they are those of the images */
	struct yc_trainer trainer;
	struct yc_kept_trainer kept; /* registered */
	/* The same with batch norms as they are: its gradients are matched. */
	struct yc_net *matched;
	/* For nets with batch norms; NULL without. */
	struct yc_exec *norms;
	yc_real *x;	/* [classes*YC_DC_NORM] real images, of any values at first */
	int32_t *label; /* [classes*YC_DC_NORM] */
};

/* Real images per class that statistics of batch norms are taken from. */
enum { YC_DC_NORM = 16 };

/* Makes it for the images, which are borrowed, with the weights of the first iteration; adds
 * what it allocates to run->bytes. The caller releases it in any case. */
int yc_dc_network_new(struct yc_dc_network *k, struct yc_run *run,
	const struct yc_synth *synth) YC_CHECKED;
void yc_dc_network_release(struct yc_dc_network *k);
/* Batches between two updates of the images. */
uint64_t yc_dc_network_steps(const struct yc_dc_network *k, const struct yc_dc_cfg *c);
/* The network of iteration `it`, untrained. */
void yc_dc_network_renew(struct yc_dc_network *k, const struct yc_run *run);
/* One batch. YC_FAIL: the loss is not finite. */
int yc_dc_network_step(struct yc_dc_network *k, double lr) YC_CHECKED;
/* Sets the state of batch norms to statistics of the next real images of all classes. */
void yc_dc_network_settle(
	struct yc_dc_network *k, struct yc_sampler *w, const struct yc_data *real);
/* Costs as much as the passes over n of these images. */
void yc_dc_network_try(struct yc_dc_network *k, int n);

/* ---- dc_run.c: the hooks of struct yc_condenser ---- */

struct yc_dc {
	const struct yc_dc_cfg *cfg;
	struct yc_images images;
	struct yc_dc_network network;
	struct yc_step step;
	double loss;  /* registered: sum over the class steps so far */
	bool divided; /* of several ranks: the shards of the network's batches */
};

int yc_dc_begin(struct yc_run *run) YC_CHECKED;
int yc_dc_fresh(struct yc_run *run) YC_CHECKED;
int yc_dc_step(struct yc_run *run) YC_CHECKED;
void yc_dc_share(struct yc_run *run);
int yc_dc_result(struct yc_run *run, struct yc_set *set) YC_CHECKED;
int yc_dc_trial(struct yc_run *run, int kind, int images) YC_CHECKED;
void yc_dc_end(struct yc_run *run);

#endif

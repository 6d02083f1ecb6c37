/* SPDX-License-Identifier: MIT */
#ifndef KIP_KIP_H
#define KIP_KIP_H

/* A run of kip: options, state and steps; private to condense_kip.c and this folder. */

#include "lib/condense/internal.h"
#include "lib/condense/kip/kernel.h"
#include "lib/condense/kip/objective.h"
#include "lib/condense/kip/space.h"

struct yc_kip_cfg {
	uint32_t iterations, n_real;
	const char *kernel, *init;
	struct yc_init_from init_from;
	bool nngp, learn_labels, label_solve;
	double ridge, lr_img, lr_label;
};

struct yc_kip_run {
	const struct yc_kip_cfg *cfg;
	struct yc_ntk *kernel;
	struct yc_ntk_work *work;
	struct yc_sampler sampler;
	struct yc_synth synth; /* pixels of the first images, and of results */
	struct yc_kip_space space;
	struct yc_ntk_set support, target;
	struct yc_kip problem;
	struct yc_meta init_head;
	int group;		   /* condensed images of a step */
	int groups;		   /* steps forward, and as many backward */
	int32_t *idx;		   /* [targets] of the batch, indices into the data */
	double *gx, *gv;	   /* [support][pixels], [group][variances] */
	double *g_pair, *g_own;	   /* [group][support], [group] */
	double *mx, *vx, *my, *vy; /* moments of Adam */
	double loss, accuracy;	   /* of the batch */
	/* Of iteration ready-1 the targets are loaded and all variances known, of
	 * solved-1 the gradients by kernels. */
	uint64_t ready, solved;
};

/* The step at run->it and run->unit: kernels of a group of condensed images, or their
 * gradients. */
int yc_kip_step(struct yc_run *run) YC_CHECKED;
void yc_kip_share(struct yc_run *run);

#endif

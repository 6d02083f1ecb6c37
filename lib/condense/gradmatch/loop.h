/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_GRADMATCH_LOOP_H
#define CONDENSE_GRADMATCH_LOOP_H

#include "lib/condense/internal.h"

/* A condensation by matching gradients, as its three files share it. */
struct yc_loop {
	struct yc_match_cfg *cfg;
	const struct yc_condense_job *job;
	struct yc_rng root;
	struct yc_net *net;
	struct yc_sampler sampler;
	struct yc_synth synth;
	struct yc_cluster cluster; /* if there are clusters */
	struct yc_aug aug;
	struct yc_step step;
	struct yc_trainer trainer;
	struct yc_state state;
	struct yc_meta init_head; /* of --init-from */
	uint64_t early_steps;	  /* with every new network */
	double started, saved;	  /* by the watch's clock */
	double class_time, cluster_time, net_time, outer_time;
	bool estimated;
};

/* loop.c */
int yc_loop_save(struct yc_loop *l) YC_CHECKED; /* if there is a checkpoint */
/* The network of the outer iteration that the place is in, without momentum. */
void yc_loop_new_network(struct yc_loop *l);

/* loop_make.c. To be unmade in any case. */
int yc_loop_make(struct yc_loop *l) YC_CHECKED;
/* Restores a checkpoint or makes sure that one can be written, before days are spent. */
int yc_loop_begin(struct yc_loop *l) YC_CHECKED;
void yc_loop_unmake(struct yc_loop *l);

/* loop_pace.c */
double yc_loop_now(const struct yc_loop *l); /* seconds, 0 without a clock */
void yc_loop_note(const struct yc_loop *l, const char *text);
void yc_loop_tick(const struct yc_loop *l, double loss);
/* After the first inner iteration of a run that takes a while: says what it will take. */
void yc_loop_estimate(struct yc_loop *l);
/* Whether an outer iteration as long as the last would end after the limit. */
bool yc_loop_out_of_time(const struct yc_loop *l);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TRAIN_SPOOL_H
#define TRAIN_SPOOL_H

#include "yc/snapshots.h"

/*
 * The folder of a checkpoint (snapshots.h of the public headers says what is in it), and what
 * it has of one network: its snapshots so far, and the state that training goes on from.
 */

/* Makes the folder, or checks that what is in it is of the same run. */
int yc_spool_folder(const struct yc_snapshots_cfg *cfg, const struct yc_data *data,
	struct yc_watch *watch) YC_CHECKED;

struct yc_spool {
	char *stream, *state; /* paths */
	int fd;		      /* of the stream; -1: not open */
	uint64_t bytes;	      /* in it */
	int count;	      /* snapshots in it */
	bool finished;	      /* nothing more comes */
};

/* Opens, and if the run is resumed reads the state: into *saved (an empty record where there
 * is none or the network is finished), and snapshots that came after it are forgotten. */
int yc_spool_open(struct yc_spool *s, const struct yc_snapshots_cfg *cfg, int network,
	const struct yc_record *head, struct yc_record *saved) YC_CHECKED;
void yc_spool_release(struct yc_spool *s);
int yc_spool_put(struct yc_spool *s, const struct yc_record *rec) YC_CHECKED;
/* Puts the first `count` snapshots into the writer. */
int yc_spool_copy(const struct yc_spool *s, struct yc_writer *w) YC_CHECKED;

/* What of a training is not in its trainer. */
struct yc_progress {
	double loss, right; /* sums over the images of this pass so far */
};
/* Saves where training is, between two steps; or with `t` NULL, that it is finished. */
int yc_spool_save(struct yc_spool *s, const struct yc_trainer *t,
	const struct yc_progress *p) YC_CHECKED;
/* Sets a trainer of the same data and options to a saved state. */
int yc_spool_restore(const struct yc_spool *s, const struct yc_record *saved,
	struct yc_trainer *t, struct yc_progress *p) YC_CHECKED;

#endif

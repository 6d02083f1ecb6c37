/* SPDX-License-Identifier: MIT */
#ifndef TRAIN_SPOOL_H
#define TRAIN_SPOOL_H

#include "yc/snapshots.h"

/*
 * The folder of a checkpoint (described in yc/snapshots.h), and its files for one
 * network: its snapshots so far, and the state from which training continues.
 */

/* Creates the folder, or checks that it belongs to the same run. */
int yc_spool_folder(const struct yc_snapshots_cfg *cfg, const struct yc_data *data,
	struct yc_watch *watch) YC_CHECKED;

struct yc_spool {
	char *stream, *state; /* paths */
	int fd;		      /* of the stream; -1: not open */
	uint64_t bytes;	      /* in it */
	int count;	      /* snapshots in it */
	bool finished;	      /* complete */
};

/* Opens, and if the run is resumed reads the state into *saved (an empty record if there
 * is none or the network is finished), and drops later snapshots. */
int yc_spool_open(struct yc_spool *s, const struct yc_snapshots_cfg *cfg, int network,
	const struct yc_record *head, struct yc_record *saved) YC_CHECKED;
void yc_spool_release(struct yc_spool *s);
int yc_spool_put(struct yc_spool *s, const struct yc_record *rec) YC_CHECKED;
/* Copies the first `count` snapshots to the writer. */
int yc_spool_copy(const struct yc_spool *s, struct yc_writer *w) YC_CHECKED;

/* State of a training outside of its trainer. */
enum { YC_POSITIONS = 6 };
struct yc_progress {
	double loss, right; /* sums over the images of this epoch so far */
	/* of a training that is no sequence of epochs: the caller's numbers */
	uint64_t position[YC_POSITIONS];
};
/* Adds the step that was made last. */
void yc_progress_add(struct yc_progress *p, const struct yc_trainer *t);
/* Saves the state between two steps; or with `t` NULL, that the training is finished. */
int yc_spool_save(struct yc_spool *s, const struct yc_trainer *t,
	const struct yc_progress *p) YC_CHECKED;
/* Restores a saved state into a trainer of the same data and options. */
int yc_spool_restore(const struct yc_spool *s, const struct yc_record *saved,
	struct yc_trainer *t, struct yc_progress *p) YC_CHECKED;

#endif

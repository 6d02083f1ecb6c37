/* SPDX-License-Identifier: MIT */
#ifndef TRAIN_TRAJECTORY_ID_H
#define TRAIN_TRAJECTORY_ID_H

#include "yc/trajectory.h"

/*
 * What a trajectory of networks depends on, as the record that precedes them in a stream.
 */
#define YC_KIND_TRAJECTORY "trajectory"

int yc_trajectory_describe(
	struct yc_record *r, const struct yc_trajectory_id *id) YC_CHECKED;
/* YC_FAIL if the networks of the record are others, or fewer. */
int yc_trajectory_same(const struct yc_record *r, const struct yc_trajectory_id *id,
	struct yc_watch *watch) YC_CHECKED;

#endif

/* SPDX-License-Identifier: MIT */
#ifndef YC_SNAPSHOTS_H
#define YC_SNAPSHOTS_H

#include "yc/set.h"
#include "yc/train_opts.h"

/*
 * Trains networks and writes snapshots of them as a stream, which is what yc-train does.
 * Network i has the random streams of yc-eval's repeat i, and so the same weights. The
 * snapshots are written network by network, in the order of epochs, regardless of which
 * networks train in parallel; snapshots that are not due yet wait in memory, or with a
 * checkpoint in its folder.
 *
 * A checkpoint is a folder: NUMBER.yct for each network begun, a stream of its snapshots
 * that is complete when the network is; NUMBER.state, from which it can continue; and
 * `run`, which identifies the run. Snapshots in NUMBER.yct after the saved state are
 * computed again.
 */
struct yc_snapshots_cfg {
	const char *snapshots; /* every-epoch, final, or epochs such as 0,5,10-20 */
	uint32_t networks;
	const char *checkpoint;
	double checkpoint_every;
	bool resume;
	/* No rows: */
	const char *more; /* the option of which a resumed run may have more */
	const struct yc_train_opts *training; /* open, resolved */
	/* rows that influence the result: they identify a checkpoint */
	const struct yc_opts *opts;
	size_t nopts;
	uint64_t seed, memory; /* maximum bytes of snapshots that wait in memory */
	int threads;
};

/* Rows for a config struct S with a member f of type struct yc_snapshots_cfg. */
/* clang-format off */
#define YC_SNAPSHOTS_ROWS(S, f) \
	YC_OPT(S, f.networks, .name = "networks", .letter = 'n', .arg = "n", .def = "1", .min = 1, \
		.max = 1e6, .help = "networks to train, each with random draws of its own"), \
	YC_OPT(S, f.snapshots, .name = "snapshots", .arg = "every-epoch|final|list", .def = "final", \
		.help = "epochs after which a network is written; 0 is before the first")
#define YC_SPOOL_ROWS(S, f) \
	YC_OPT(S, f.checkpoint, .name = "checkpoint", .arg = "folder", .unit = YC_WRITES_FOLDER, \
		.run_only = true, .help = "keep all state in this folder, to continue after an interruption"), \
	YC_OPT(S, f.checkpoint_every, .name = "checkpoint-every", .arg = "time", .unit = YC_SECONDS, \
		.def = "5m", .max = 1e9, .run_only = true, \
		.help = "save this often"), \
	YC_OPT(S, f.resume, .name = "resume", .run_only = true, \
		.help = "continue from the checkpoint, if there is one, to the same bytes")
/* clang-format on */

/* `head` is that of the images, with the history of the output stream. */
int yc_snapshots_write(const struct yc_snapshots_cfg *cfg, const struct yc_set *set,
	const struct yc_data *data, struct yc_writer *w,
	struct yc_watch *watch) YC_CHECKED;

#endif

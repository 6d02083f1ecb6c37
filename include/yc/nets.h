/* SPDX-License-Identifier: MIT */
#ifndef YC_NETS_H
#define YC_NETS_H

#include "yc/net.h"
#include "yc/stream.h"

/*
 * A stream of networks, yc-stream(5), "Networks": the head of the images that they see,
 * no rows, and one record of kind "network" for every snapshot, which has the weights
 * with PyTorch's names and layout. yc-train writes it.
 */

/* Description of a network in its record. */
struct yc_snapshot {
	struct yc_net_cfg cfg; /* for yc_net_new; name NULL: not in the record */
	int network;	       /* from 1 */
	int epoch;	       /* epochs of training; 0: the initial weights */
	uint64_t seed;
	/* For gradient matching, where it is used, from 1: inner iteration `inner` of outer
	 * iteration `outer`; 0: it is not. */
	int outer, inner;
	/* means over the steps of its last epoch, or inner iteration; NAN: unknown */
	double loss, accuracy;
};

/* Makes a record of a snapshot; cfg is that of the network. */
int yc_snapshot_store(struct yc_record *r, const struct yc_net *net, const yc_real *w,
	const struct yc_snapshot *s) YC_CHECKED;
/* Reads the description in a record; side and classes are in the head. The name is that
 * of the record, which it points into, be there such an architecture or not. YC_FAIL if
 * it is invalid. */
int yc_snapshot_describe(struct yc_snapshot *s, const struct yc_record *r,
	const struct yc_head *head) YC_CHECKED;
/* The same with a name of yc_archs; YC_FAIL if there is no such architecture. */
int yc_snapshot_parse(struct yc_snapshot *s, const struct yc_record *r,
	const struct yc_head *head) YC_CHECKED;
bool yc_snapshot_is(const struct yc_record *r);

/* Reads the snapshots of a stream, one after the other, or the only one of a plain
 * .safetensors file or of a file of torch.save, which have no description. */
struct yc_nets;
int yc_nets_open(
	struct yc_nets **n, const char *path, const struct yc_limits *limits) YC_CHECKED;
/* 1: the next one, valid until the next call (the record may be moved out: leave an empty
 * one); 0: there are no more, and the stream was complete. */
int yc_nets_next(
	struct yc_nets *n, struct yc_snapshot *s, struct yc_record **rec) YC_CHECKED;
/* Of the heads so far, as metadata: names of classes, none if the file has none, and
 * yc.zca, empty for images that are not whitened, absent if the file has no heads. Heads
 * that differ in these are an error of yc_nets_next. Valid as long as the reader. */
const struct yc_meta *yc_nets_head(const struct yc_nets *n);
void yc_nets_close(struct yc_nets *n); /* NULL is fine */

/* Initial networks: one snapshot of every network in a file, in memory. */
struct yc_nets_kept {
	int n;
	struct yc_kept_net {
		struct yc_snapshot about;
		struct yc_record weights;
	} * net;
	struct yc_meta head; /* of the file, as by yc_nets_head */
};
/* The last snapshot of each, or that after `epoch` epochs (-1: the last); at most the
 * first `most` networks, but the file is read to its end. */
int yc_nets_keep(struct yc_nets_kept *k, const char *path, int epoch, int most,
	const struct yc_limits *limits) YC_CHECKED;
void yc_nets_kept_release(struct yc_nets_kept *k);

#endif

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Usage: ranks.py CLASS NETWORK [PARAMETERS]
A model of yc-condense idc --ipc 10 by ranks on a network of 10 Gbit/s: TSV of ranks, those that
train networks ahead (0: all train, each some of the 8 shards of a batch), seconds of an inner iteration,
speed-up over one rank, and efficiency.
CLASS and NETWORK are seconds of one rank, measured: an update of the images of a class, and the
training of the network in an inner iteration. PARAMETERS: of the network (default: that of ConvNet-3).

What it assumes: one rank per machine, all equally fast; whoever sends has 1.25 GB/s and sends weights
to one after another; what ranks share when they meet goes through a binary tree, every 8 seconds; a
message takes 50 microseconds more. Ranks wait for the slowest, whose jitter is not counted, and
networks of many outer iterations are trained at once, so the first ones come late: the begin of a run
is not counted. A class takes as long, and a network, where there are 100 classes. 32 x 32 pixels.
"""
import math
import sys

RATE, LATENCY, APART, IPC = 1.25e9, 50e-6, 8.0, 10
SHARDS, STEPS = 8, 32
SUMS = 4.8e6  # bytes of a gradient between ranks: in the domain of the products


def meeting(ranks, classes):
    state = 2 * classes * IPC * 3072 * 4 + 4 * 50000
    return math.ceil(math.log2(ranks)) * (state / RATE + 8 * ranks * LATENCY)


def divided(ranks, classes, one, net):
    """Seconds of an inner iteration whose networks all ranks train, shard by shard."""
    steps = STEPS * (ranks - 1 + math.ceil(math.log2(ranks))) * (SUMS / RATE + LATENCY)
    return (math.ceil(classes / ranks) * one + net * math.ceil(SHARDS / ranks) / SHARDS
            + steps + meeting(ranks, classes))


def inner(ranks, trainers, classes, one, net, weights):
    """Seconds of an inner iteration."""
    if ranks == 1:
        return classes * one + net
    if trainers == 0:
        return divided(ranks, classes, one, net)
    users = ranks - trainers
    if trainers == 1:
        # The one that trains has classes as well, if there is time.
        own = range(classes + 1)
        work = min(max(net + n * one, math.ceil((classes - n) / users) * one) for n in own)
    else:
        work = max(net / trainers, math.ceil(classes / users) * one)
    sent = users * (weights / RATE + LATENCY) / trainers
    return work + sent + work * meeting(ranks, classes) / APART


def main():
    one, net = float(sys.argv[1]), float(sys.argv[2])
    weights = 4 * int(sys.argv[3] if len(sys.argv) > 3 else 320010)
    print("classes", "ranks", "train", "seconds", "speedup", "efficiency", sep="\t")
    for classes in 10, 100:
        alone = inner(1, 0, classes, one, net, weights)
        for ranks in 1, 2, 8, 32, 128:
            choices = range(ranks)
            best = min(choices, key=lambda t: inner(ranks, t, classes, one, net, weights))
            time = inner(ranks, best, classes, one, net, weights)
            print(classes, ranks, best, f"{time:.3f}", f"{alone / time:.1f}",
                  f"{alone / time / ranks:.2f}", sep="\t")


main()

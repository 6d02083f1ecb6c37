#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ranks.py STREAM HOW SCORE,SCORE... [balance]: "row tile" of all tiles, easiest first, by the combination
of ranks that yc-select --combine HOW makes; with balance class by class. In NumPy, by counting: the
rank of a tile is how many are easier, and half of those that are as easy."""
import sys

import numpy as np

import yct

arrays, meta = yct.read(sys.argv[1])
how, names, balance = sys.argv[2], sys.argv[3].split(","), "balance" in sys.argv[4:]
label = np.repeat(np.asarray(arrays["label"]), np.asarray(arrays["score." + names[0]]).shape[1])
group = label if balance else 0 * label
ranks = []
for name in names:
    x = np.asarray(arrays["score." + name]).astype(float).reshape(-1) * (-1 if name.split(".")[0] == "aum" else 1)
    peer = group[:, None] == group
    ranks.append(((x[None] < x[:, None]) & peer).sum(1) + (((x[None] == x[:, None]) & peer).sum(1) + 1) / 2)
score = {"rank-mean": np.mean, "rank-max": np.max, "rank-min": np.min}[how](ranks, axis=0)
# Decoded order: by class, then tile by tile of all its images. Of equals the later is the better.
tiles = len(label) // len(arrays["label"])
row, tile = np.divmod(np.arange(len(label)), tiles)
place = np.empty(len(label), int)
place[np.lexsort((row, tile, label))] = np.arange(len(label))
for g in np.lexsort((-place, score, group)):
    print(row[g], tile[g])

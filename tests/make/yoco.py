#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The files of YOCO's code, with the nested tensors that PyTorch puts into pickles.

yoco.py dynamics OUT [protocol=4] [batch=3] [bad=...] <RAW    of the dynamics in a raw stream
yoco.py scores OUT n=N labels=0,0,1,... [protocol=4] [bad=...]

bad: dynamics short, twice, outside, order, classes, logits; scores labels, nan, prototype, rows
"""
import struct
import sys

import published as p


def dynamics(out, batch="3", protocol="4", bad=""):
    epochs, steps = [], []
    for meta, tensors in p.records(sys.stdin.buffer.read()):
        if meta.get("yc.kind") == "dynamics":
            shape, raw = tensors["logp"]
            epochs.append((shape, struct.unpack("<%de" % (shape[0] * shape[1]), raw)))
    for e, (shape, items) in enumerate(epochs):
        n, classes = shape
        order = [(7 * k + e) % n for k in range(n)] if n % 7 else list(range(n))
        for at in range(0, n, int(batch)):
            idx = order[at:at + int(batch)]
            rows = [x for g in idx for x in items[g * classes:(g + 1) * classes]]
            if bad == "classes":
                rows, classes = [x for g in idx for x in items[g * classes:(g + 1) * classes - 1]], classes - 1
            if bad == "outside" and e == 1:
                idx[0] = n
            if bad == "twice" and e == 1:
                idx[-1] = idx[0]
            if bad == "logits":
                rows[0] = 3.0
            steps.append({"epoch": e, "iteration": at // int(batch), "idx": p.Numbers((len(idx),), "i8", idx),
                          "output": p.Numbers((len(idx), classes), "f2", rows)})
            classes = shape[1]
    if bad == "short":
        steps.pop()
    if bad == "order":
        steps[0], steps[-1] = steps[-1], steps[0]
    what = {"data-name": None, "training_dynamics": steps}
    p.write_nested({"other": 1} if bad == "name" else what, out, int(protocol))


def scores(out, n, labels, protocol="4", bad=""):
    n, labels = int(n), [int(x) for x in labels.split(",")]
    if bad == "labels":
        labels[3] += 1
    if bad == "rows":
        n += 1
        labels.append(0)

    def tensor(dtype, value):
        return p.Numbers((n,), dtype, [value(i) for i in range(n)])

    lbpe = tensor("f4", lambda i: (i * 5 % n) / 8)
    if bad == "nan":
        lbpe.items[2] = float("nan")
    what = {"kmeans_1": [0, 1, n - 1] if bad != "prototype" else [n], "imbalance_kmeans_1": [2, 2],
            "entropy": tensor("f4", lambda i: i / 16), "targets": p.Numbers((n,), "i4", labels),
            "accumulated_margin": tensor("f4", lambda i: -i / 4), "forgetting": tensor("i4", lambda i: i % 3),
            "plain": [i / 2 for i in range(n)], "correct_num": p.Numbers((9,), "i4", [1] * 9),
            "loss_epoch": p.Numbers((9,), "f4", [0.5] * 9), "el2n": tensor("f4", lambda i: n - i), "LBPE_top10": lbpe}
    if bad == "few":
        what = {"words": ["a"], "short": [1.0], "el2n": what["el2n"]}
    p.write_nested([1] if bad == "list" else what, out, int(protocol))


if __name__ == "__main__":
    plain = [a for a in sys.argv[1:] if "=" not in a]
    {"dynamics": dynamics, "scores": scores}[plain[0]](*plain[1:], **dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a))

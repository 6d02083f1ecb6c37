#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""yc-decode SCORED | scores.py DYNAMICS [NET] [KEY=VALUE]...: compares the scores in the
decoded stream with what numpy makes of DYNAMICS, a file of --save-dynamics, and of NET, one
of --save-net. Prints every column, the largest difference and the largest value, and fails
where they differ. Keys are the options of yc-score: stop top early logits never-learned
by-loss hard-labels seed from-epoch to-epoch. The network is ConvNet of any width and depth; see yc-methods(7), "SCORES".
"""
import json
import struct
import subprocess
import sys

import numpy as np

TOLERANCE = 2e-4  # of the largest value


def records(raw):
    at = 0
    while at < len(raw):
        n = struct.unpack_from("<Q", raw, at)[0]
        header = json.loads(raw[at + 8:at + 8 + n])
        meta, at, end = header.pop("__metadata__", {}), at + 8 + n, 0
        tensors = {}
        for name, t in header.items():
            a, b = t["data_offsets"]
            kind = {"F32": "<f4", "I64": "<i8", "U8": "u1"}[t["dtype"]]
            tensors[name] = np.frombuffer(raw[at + a:at + b], kind).reshape(t["shape"])
            end = max(end, b)
        at += end
        yield meta, tensors


def read(raw):
    """Head, columns, and the tensors of the records that are no rows."""
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        raw = subprocess.run(["zstd", "-dcq"], input=raw, stdout=subprocess.PIPE,
                             check=True).stdout
    head, rows, other = {}, {}, []
    for meta, tensors in records(raw):
        if "yc.kind" in meta:
            other.append(tensors)
            continue
        head.update(meta)
        for name, t in tensors.items():
            rows.setdefault(name, []).append(t)
    return head, {name: np.concatenate(t) for name, t in rows.items()}, other


def philox(stream, seed, block):
    c = [block & 0xffffffff, block >> 32, stream & 0xffffffff, stream >> 32]
    k0, k1 = seed & 0xffffffff, seed >> 32
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ k0, b & 0xffffffff, a >> 32 ^ c[3] ^ k1, a & 0xffffffff]
        k0, k1 = k0 + 0x9E3779B9 & 0xffffffff, k1 + 0xBB67AE85 & 0xffffffff
    return c


def stream(name, *forks):
    text = name.encode()
    for label, index in forks:
        text += b"/" + label.encode() + b"\0" + struct.pack("<Q", index)
    h = 0xcbf29ce484222325
    for byte in text:
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return h


def permutation(key, seed, n):
    drawn, at = [], 0

    def below(m):
        nonlocal at
        while True:
            if at % 4 == 0:
                drawn[:] = philox(key, seed, at // 4)
            product, at = drawn[at % 4] * m, at + 1
            if product & 0xffffffff >= -m % 2**32 % m:
                return product >> 32

    p = list(range(n))
    for i in range(n - 1, 0, -1):
        j = below(i + 1)
        p[i], p[j] = p[j], p[i]
    return p


def distances(x, c):
    return np.maximum((x**2).sum(1)[:, None] + (c**2).sum(1) - 2 * x @ c.T, 1e-12)


def prototypes(x, k, key, seed):
    """How many centroids each row is nearest to, least and most: both rows of a
    cluster of two are equally near, and rounding decides."""
    c = x[permutation(key, seed, len(x))[:k]]
    for _ in range(100):
        own = distances(x, c).argmin(1)
        new = np.array([x[own == j].mean(0) if (own == j).any() else 0 * c[0]
                        for j in range(k)])
        shift = ((new - c)**2).sum()
        c = new
        if shift <= 1e-4:
            break
    d = distances(x, c)
    near = d <= d.min(0) * (1 + 1e-5)
    return np.array([near[:, near.sum(0) == 1].sum(1), near.sum(1)])


def forward(x, net):
    """Embeddings and log-softmax of normalised images [n,c,h,w]."""
    block = 0
    while "layers.conv.%d.weight" % block in net:
        w = net["layers.conv.%d.weight" % block].astype(float)
        gamma, beta = (net["layers.norm.%d.%s" % (block, part)].astype(float)[:, None, None]
                       for part in ("weight", "bias"))
        h, wide = x.shape[2:]
        pad = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        x = sum(np.einsum("oi,nihw->nohw", w[:, :, a, b], pad[:, :, a:a + h, b:b + wide],
                          optimize=True) for a in range(3) for b in range(3))
        x -= x.mean((2, 3), keepdims=True)
        x /= np.sqrt((x**2).mean((2, 3), keepdims=True) + 1e-5)
        x = np.maximum(x * gamma + beta, 0)
        x = x[:, :, :h // 2 * 2, :wide // 2 * 2]
        x = x.reshape(*x.shape[:2], h // 2, 2, wide // 2, 2).mean((3, 5))
        block += 1
    x = x.reshape(len(x), -1)
    z = x @ net["classifier.weight"].astype(float).T + net["classifier.bias"]
    z -= z.max(1, keepdims=True)
    return x, z - np.log(np.exp(z).sum(1, keepdims=True))


def of_dynamics(logp, y, soft, opt):
    logp = logp[int(opt.get("from-epoch", 1)) - 1:int(opt.get("to-epoch", len(logp)))]
    p, rows = np.exp(logp), np.arange(len(y))
    target = np.eye(p.shape[2])[y] if soft is None or "hard-labels" in opt else soft.astype(float)
    err = np.sqrt(((p - target)**2).sum(2))
    ok = logp.argmax(2) == y
    merit = (logp * target).sum((1, 2)) if "by-loss" in opt else ok.sum(1)
    stop = min(int(opt.get("stop", 100)), len(p))
    best = sorted(range(stop), key=lambda e: (-merit[e], e))[:int(opt.get("top", 10))]
    value = logp if "logits" in opt else p
    others = np.where(np.eye(p.shape[2], dtype=bool)[y], -np.inf, value).max(2)
    drops = (ok[:-1] & ~ok[1:]).sum(0)
    if "never-learned" in opt:
        drops[~ok.any(0)] = len(p)
    return {"lbpe": err[best].mean(0), "loss": -(logp * target).sum(2)[:int(opt.get("early", 100))].mean(0), "el2n": err[:int(opt.get("early", 10))].mean(0),
            "aum": (value[:, rows, y] - others).sum(0), "forgetting": drops}


def of_network(head, col, net, y, names, seed):
    mean, std = ([float(v) for v in head.get(key, usual).replace(",", " ").split()]
                 for key, usual in (("yc.mean", "0.4914 0.4822 0.4465"),
                                    ("yc.std", "0.2023 0.1994 0.2010")))
    scale = 255 if col["image"].dtype == np.uint8 else 1
    x = (col["image"] / scale - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    x, logp = forward(x, net)
    p = np.exp(logp)
    scores = {"entropy": -(p * np.log(p + 1e-10)).sum(1)}
    tiles, classes = len(y) // len(set(zip(col["id"], y))), int(head["yc.classes"])
    for name in (n for n in names if n.startswith("ssp-")):
        size, count, total = int(name.split("-")[-1]), np.zeros((2, len(y))), 0
        forks, k = [("kmeans", size)], size * tiles
        groups = [np.arange(len(y))]
        if "balance" in name:
            groups = [np.flatnonzero(y == c) for c in range(classes)]
        for c, own in enumerate(groups):
            many = min(k, len(own)) if "balance" in name else k * classes
            key = stream("score", *forks, *([("class", c)] if "balance" in name else []))
            count[:, own] = prototypes(x[own], many, key, seed)
            total += many
        scores[name] = (*count, total)
    return scores


def main():
    files = [a for a in sys.argv[1:] if "=" not in a]
    opt = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
    head, col, _ = read(sys.stdin.buffer.read())
    _, who, epochs = read(open(files[0], "rb").read())
    y = col["label"]
    for name in ("label", "id", "tile"):
        if name in col and not np.array_equal(col[name], who[name]):
            sys.exit("scores.py: dynamics of other images: " + name)
    names = [n[6:] for n in col if n.startswith("score.")]
    scores = of_dynamics(np.array([e["logp"] for e in epochs], float), y, col.get("soft"), opt)
    if len(files) > 1:
        net = next(records(open(files[1], "rb").read()))[1]
        scores.update(of_network(head, col, net, y, names, int(opt.get("seed", 0))))
    bad = set(names) - set(scores)
    for name in sorted(set(names) & set(scores)):
        have = col["score." + name].reshape(-1)
        if name.startswith("ssp-"):
            low, high, total = scores[name]
            fits = have.sum() == total and (low <= have).all() and (have <= high).all()
        else:
            low = high = scores[name]
            fits = abs(have - low).max() <= TOLERANCE * abs(low).max()
        if not fits:
            bad.add(name)
        gap, most = max((low - have).max(), (have - high).max()), abs(high).max()
        print("%s\t%.3g\t%.6g" % (name, gap, most))
    if bad:
        sys.exit("scores.py: not as they should be: " + " ".join(sorted(bad)))


main()

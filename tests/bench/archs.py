#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Usage: archs.py ENGINE [ROUNDS [STREAM]]: the other networks against tuned PyTorch.

ENGINE is the program of tests/bench/archs.c. Asks both sides in turn on the same cores, so
that both meet the same noise, and prints medians as TSV. PyTorch's allocator is tuned; as
installed, it maps and unmaps every large tensor. The images of 224 pixels a side are the
first of STREAM (yc-load folder --side 224 --raw), on both sides, else they are noise.
"""
import json
import os
import statistics
import struct
import subprocess
import sys
import time

TUNED = {"MALLOC_MMAP_THRESHOLD_": "8000000000",
         "MALLOC_TRIM_THRESHOLD_": "16000000000"}
if any(os.environ.get(key) != value for key, value in TUNED.items()):
    os.execve(sys.executable, [sys.executable] + sys.argv, dict(os.environ, **TUNED))

import torch  # noqa: E402  (the allocator reads its environment when it starts)
import torch.nn.functional as F  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
import nets  # noqa: E402

WORKS = {  # batches of each size; the largest of a work first
    ("resnet10ap", 64, 224): [("forward", 32), ("forward", 16), ("step", 32), ("step", 16),
                              ("match", 16)],
    ("resnet10", 32, 32): [("forward", 128), ("step", 128), ("step", 64)],
    ("densenet", 24, 32): [("forward", 128), ("step", 128), ("step", 64)]}


def photographs(path):
    """Normalised images of a raw stream: records of a length, JSON with offsets, bytes."""
    meta, images = {}, []
    with open(path, "rb") as f:
        while length := f.read(8):
            header = json.loads(f.read(struct.unpack("<Q", length)[0]))
            meta = header.pop("__metadata__", {}) | meta
            data = f.read(max((t["data_offsets"][1] for t in header.values()), default=0))
            if "image" in header:
                start, end = header["image"]["data_offsets"]
                x = torch.frombuffer(bytearray(data[start:end]), dtype=torch.uint8)
                images.append(x.view(header["image"]["shape"]))
    mean, std = (torch.tensor(json.loads(f"[{meta[key]}]")).view(3, 1, 1)
                 for key in ("yc.mean", "yc.std"))
    return (torch.cat(images).float() / 255 - mean) / std


class Torch:
    def __init__(self, threads, name, width, side, stream):
        torch.set_num_threads(threads)
        self.net = nets.NETS[name](width, side, 10)
        self.sgd = torch.optim.SGD(self.net.parameters(), 1e-4, momentum=0.9,
                                   weight_decay=5e-4)
        self.x = photographs(stream) if stream else torch.randn(128, 3, side, side)
        self.y = torch.arange(128) % 10

    def ask(self, work, n):
        start = time.monotonic()
        getattr(self, work)(self.x[:n], self.y[:n])
        return time.monotonic() - start

    def forward(self, x, _):
        self.net.eval()  # as ours: batch norms use their running statistics
        with torch.no_grad():
            self.net(x)
        self.net.train()

    def step(self, x, y):
        self.sgd.zero_grad()
        F.cross_entropy(self.net(x), y).backward()
        self.sgd.step()

    def match(self, x, y):
        x = x.clone().requires_grad_()
        convs = [p for p in self.net.parameters() if p.dim() == 4]
        g = torch.autograd.grad(F.cross_entropy(self.net(x), y), convs, create_graph=True)
        torch.autograd.grad(sum((a ** 2).sum() for a in g), [x])


class Ours:
    def __init__(self, engine, threads, name, side, stream):
        command = [engine, str(threads), name, str(side)] + ([stream] if stream else [])
        self.peer = subprocess.Popen(command, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)

    def ask(self, work, n):
        self.peer.stdin.write(f"{work} {n}\n")
        self.peer.stdin.flush()
        answer = self.peer.stdout.readline()
        if not answer:
            sys.exit("archs.py: the engine died")
        return float(answer)


threads = len(os.sched_getaffinity(0))
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
print("network\tside\twork\timages\tyc, images/s\ttorch, images/s\tratio")
for (name, width, side), works in WORKS.items():
    stream = sys.argv[3] if len(sys.argv) > 3 and side == 224 else None
    sides = Ours(sys.argv[1], threads, name, side, stream), Torch(threads, name, width, side,
                                                                  stream)
    for work, n in works:
        seen = [], []
        for r in range(rounds + 1):
            for peer, values in zip(sides, seen):
                time.sleep(0.05)  # idle threads of the other side spin a little
                values.append(peer.ask(work, n))
        ours, theirs = (statistics.median(v[1:]) for v in seen)  # the first warms up
        print(f"{name}\t{side}\t{work}\t{n}\t{n / ours:.4g}\t{n / theirs:.4g}\t"
              f"{theirs / ours:.2f}", flush=True)
    sides[0].peer.stdin.close()

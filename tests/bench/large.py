#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Usage: large.py ENGINE [ROUNDS]: ResNet10-AP at 224, ours against tuned PyTorch.

ENGINE is the program of tests/bench/large.c. Asks both sides in turn on the same cores, so
that both meet the same noise, and prints medians as TSV. PyTorch's allocator is tuned; as
installed, it maps and unmaps every large tensor.
"""
import os
import statistics
import subprocess
import sys
import time

TUNED = {"MALLOC_MMAP_THRESHOLD_": "8000000000",
         "MALLOC_TRIM_THRESHOLD_": "16000000000"}
if any(os.environ.get(key) != value for key, value in TUNED.items()):
    os.execve(sys.executable, [sys.executable] + sys.argv, dict(os.environ, **TUNED))

import torch  # noqa: E402  (the allocator reads its environment when it starts)
import torch.nn.functional as F  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import nets  # noqa: E402

WORKS = [("forward", 16), ("forward", 32), ("step", 16), ("step", 32), ("match", 16)]


class Torch:
    def __init__(self, threads):
        torch.set_num_threads(threads)
        self.net = nets.resnet10ap(64, 224, 10)
        self.sgd = torch.optim.SGD(self.net.parameters(), 1e-4, momentum=0.9,
                                   weight_decay=5e-4)
        self.x = torch.randn(32, 3, 224, 224)
        self.y = torch.arange(32) % 10

    def ask(self, work, n):
        start = time.monotonic()
        getattr(self, work)(self.x[:n], self.y[:n])
        return time.monotonic() - start

    def forward(self, x, _):
        with torch.no_grad():
            self.net(x)

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
    def __init__(self, engine, threads):
        self.peer = subprocess.Popen([engine, str(threads)], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)

    def ask(self, work, n):
        self.peer.stdin.write(f"{work} {n}\n")
        self.peer.stdin.flush()
        answer = self.peer.stdout.readline()
        if not answer:
            sys.exit("large.py: the engine died")
        return float(answer)


threads = len(os.sched_getaffinity(0))
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
sides = Ours(sys.argv[1], threads), Torch(threads)
print("work\timages\tyc, images/s\ttorch, images/s\tratio")
for work, n in WORKS:
    seen = [], []
    for r in range(rounds + 1):
        for side, values in zip(sides, seen):
            time.sleep(0.05)  # idle threads of the other side spin a little
            values.append(side.ask(work, n))
    ours, theirs = (statistics.median(v[1:]) for v in seen)  # the first warms up
    print(f"{work}\t{n}\t{n / ours:.4g}\t{n / theirs:.4g}\t{theirs / ours:.2f}", flush=True)

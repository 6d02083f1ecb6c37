#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The work of tests/bench/engine.c in PyTorch, the rival of `make bench PEER=torch`.

Usage: peer.py THREADS [bf16]. A server: for every line "WORK" on standard input it does that
work once and answers with the seconds that it took. ConvNet-D3 of width 128 on 32x32 images
of ten classes, float32 or its own mix with bfloat16; the same numbers of images, steps and
augmentations.
"""
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
SIDE, CLASSES, FACTOR, IPC = 32, 10, 2, 10
MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
STD = torch.tensor([0.2023, 0.1994, 0.2010]).view(1, 3, 1, 1)


class Norm(nn.GroupNorm):
    """In float32, which release 1.13 does not see to by itself (bfloat16 is slower)."""
    def forward(self, x):
        return super().forward(x.float())


def convnet():
    layers, width = [], 3
    for _ in range(3):
        layers += [nn.Conv2d(width, 128, 3, padding=1), Norm(128, 128),
                   nn.ReLU(inplace=True), nn.AvgPool2d(2)]
        width = 128
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, CLASSES))


def optimiser(net):
    return torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)


# ---- augmentation; every draw for one image (n) or for all (1)

def color(x, n):
    x = x + (torch.rand(n, 1, 1, 1) - 0.5)
    m = x.mean(1, keepdim=True)
    x = (x - m) * (torch.rand(n, 1, 1, 1) * 2) + m
    m = x.mean((1, 2, 3), keepdim=True)
    return (x - m) * (torch.rand(n, 1, 1, 1) + 0.5) + m


def crop(x, n):
    pad = 4
    if n == 1:
        r, c = torch.randint(0, 2 * pad + 1, (2,)).tolist()
        return F.pad(x, (pad,) * 4)[:, :, r:r + SIDE, c:c + SIDE]
    shift = torch.randint(0, 2 * pad + 1, (2, n, 1))
    at = torch.arange(SIDE).view(1, SIDE) + shift
    rows = F.pad(x, (pad,) * 4).permute(0, 2, 3, 1)
    image = torch.arange(n).view(n, 1, 1)
    return rows[image, at[0].unsqueeze(2), at[1].unsqueeze(1)].permute(0, 3, 1, 2)


def cutout(x):
    r, c = torch.randint(0, SIDE + 1, (2,)).tolist()
    mask = torch.ones(1, 1, SIDE, SIDE)
    mask[:, :, max(r - 8, 0):r + 8, max(c - 8, 0):c + 8] = 0
    return x * mask


def flip(x):
    return torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)


def affine(x, matrix):
    return F.grid_sample(x, F.affine_grid(matrix, x.shape, align_corners=False),
                         align_corners=False)


def scale(x):
    n, m = len(x), torch.zeros(len(x), 2, 3)
    m[:, 0, 0] = torch.rand(n) * (1.2 - 1 / 1.2) + 1 / 1.2
    m[:, 1, 1] = torch.rand(n) * (1.2 - 1 / 1.2) + 1 / 1.2
    return affine(x, m)


def rotate(x):
    t = (torch.rand(len(x)) - 0.5) * (30 * math.pi / 180)
    zero = torch.zeros(len(x))
    return affine(x, torch.stack([torch.stack([t.cos(), -t.sin(), zero], 1),
                                  torch.stack([t.sin(), t.cos(), zero], 1)], 1))


def evaluation_augment(x):
    x = color(flip(x), len(x))
    op = torch.randint(0, 3, ()).item()
    return crop(x, len(x)) if op == 0 else scale(x) if op == 1 else rotate(x)


def train_step(net, opt, x, y):
    """One SGD step with CutMix in half of them."""
    rho, partner = 1.0, None
    if torch.rand(()) < 0.5:
        cut = int(SIDE * math.sqrt(torch.rand(()).item()))
        r, c = torch.randint(0, SIDE, (2,)).tolist()
        r0, r1 = max(r - cut // 2, 0), min(r + cut // 2, SIDE)
        c0, c1 = max(c - cut // 2, 0), min(c + cut // 2, SIDE)
        perm = torch.randperm(len(x))
        x = x.clone()
        x[:, :, r0:r1, c0:c1] = x[perm, :, r0:r1, c0:c1]
        rho, partner = 1 - (r1 - r0) * (c1 - c0) / SIDE ** 2, y[perm]
    out = net(x)
    loss = F.cross_entropy(out, y)
    if partner is not None:
        loss = rho * loss + (1 - rho) * F.cross_entropy(out, partner)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()


# ---- the works

class Peer:
    def __init__(self):
        self.net = convnet()
        self.opt = optimiser(self.net)
        self.x = torch.randn(256, 3, SIDE, SIDE)
        self.y = torch.arange(256) % CLASSES
        self.real = torch.rand(CLASSES, 256, 3, SIDE, SIDE)
        self.syn = torch.rand(CLASSES * IPC, 3, SIDE, SIDE, requires_grad=True)
        self.syn_opt = torch.optim.SGD([self.syn], 0.005, momentum=0.5)

    def convs(self):
        return [p for p in self.net.parameters() if p.dim() == 4]

    def forward(self, n):
        with torch.no_grad():
            self.net(self.x[:n])

    def step(self, n):
        loss = F.cross_entropy(self.net(self.x[:n]), self.y[:n])
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.opt.step()

    def match(self, n):
        x = self.x[:n].clone().requires_grad_()
        target = [torch.zeros_like(p) for p in self.convs()]
        self.match_loss(x, self.y[:n], target).backward(inputs=[x])

    def match_loss(self, x, y, target):
        g = torch.autograd.grad(F.cross_entropy(self.net(x), y), self.convs(),
                                create_graph=True)
        return sum(((a - b) ** 2).sum() for a, b in zip(g, target))

    def inner(self, _):
        for c in range(CLASSES):
            sheet = self.syn[c * IPC:(c + 1) * IPC]
            half = SIDE // FACTOR
            tiles = torch.cat([sheet[:, :, i:i + half, j:j + half]
                               for i in (0, half) for j in (0, half)])
            tiles = F.interpolate(tiles, SIDE, mode='bilinear', align_corners=False)
            pick = torch.randperm(256)[:64]
            x = (torch.cat([self.real[c, pick], tiles]) - MEAN) / STD
            x = cutout(crop(color(x, 1), 1))
            y = torch.full((len(x),), c)
            target = torch.autograd.grad(
                F.cross_entropy(self.net(x[:64].detach()), y[:64]), self.convs())
            loss = self.match_loss(x[64:], y[64:], target)
            self.syn_opt.zero_grad(set_to_none=False)
            loss.backward(inputs=[self.syn])
            self.syn_opt.step()
        pool = self.real.view(-1, 3, SIDE, SIDE)
        for _ in range(32):
            pick = torch.randint(0, len(pool), (64,))
            x = (pool[pick] - MEAN) / STD
            train_step(self.net, self.opt, crop(color(x, 64), 64), pick // 256)

    def eval(self, n):
        """A fixed part of yc-eval's recipe: epochs, and 40 test images an epoch."""
        epochs = EPOCHS[n]
        pool, label = torch.rand(n, 3, SIDE, SIDE), torch.arange(n) % CLASSES
        for _ in range(epochs):
            for pick in torch.randperm(n).split(64):
                x = evaluation_augment((pool[pick] - MEAN) / STD)
                train_step(self.net, self.opt, x, label[pick])
        with torch.no_grad():
            for at in range(0, 40 * epochs, 128):
                m = min(128, 40 * epochs - at)
                self.net((self.real.view(-1, 3, SIDE, SIDE)[:m] - MEAN) / STD).argmax(1)


EPOCHS = {10: 20, 40: 10, 400: 2}

peer = Peer()
for line in sys.stdin:
    name, n = line.split()
    start = time.monotonic()
    with torch.autocast('cpu', torch.bfloat16, enabled='bf16' in sys.argv):
        getattr(peer, name)(int(n))
    print(time.monotonic() - start, flush=True)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trainer of your own, in PyTorch: copy this file and yct.py, and change what you like.

    yc-select yoco --ipc 1 scored.yct | yc-decode | python3 train.py --test test.yct

Trains a small ConvNet on the stream of standard input and prints a table like yc-eval's: a line
for every network, then their mean and population deviation.
"""

import argparse
import sys
import time

import yct

try:
    import torch
except ImportError:
    sys.exit("train.py: no PyTorch (apt-get install python3-torch)")
from torch import nn


def load(source, name):
    """Normalised images and labels of a stream, as tensors, and its metadata."""
    try:
        arrays, meta = yct.read(source)
    except (EOFError, ValueError) as e:
        sys.exit(f"train.py: {name}: {e}")
    if "image" not in arrays or "label" not in arrays:
        sys.exit(f"train.py: {name}: no labelled images")
    if meta.get("yc.factor", "1") != "1" or arrays["image"].shape[-1] != int(meta["yc.side"]):
        sys.exit(f"train.py: {name}: the stream holds condensed images or tiles: yc-decode comes before")
    image = torch.tensor(arrays["image"])
    if image.dtype == torch.uint8:
        image = image / 255
    if meta.get("yc.normalised") != "1":
        mean, std = (torch.tensor([[[float(x)]] for x in meta[k].split(",")]) for k in ("yc.mean", "yc.std"))
        image = (image - mean) / std
    return image, torch.tensor(arrays["label"]), meta


def convnet(channels, side, classes, width, depth):
    """Blocks of convolution, instance norm, ReLU and average pooling, and a linear layer."""
    layers = []
    for i in range(depth):
        layers += [nn.Conv2d(width if i else channels, width, 3, padding=1),
                   nn.GroupNorm(width, width), nn.ReLU(), nn.AvgPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * (side >> depth) ** 2, classes))


def accuracy(net, image, label):
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in zip(image.split(256), label.split(256)))
    return 100 * right / len(label)


def train(net, image, label, args, tests):
    """Trains the network; the accuracies of its tests, which are evenly spaced."""
    optimiser = torch.optim.SGD(net.parameters(), args.lr, momentum=0.9, weight_decay=5e-4)
    steps = torch.optim.lr_scheduler.MultiStepLR(optimiser, [args.epochs * 2 // 3, args.epochs * 5 // 6], 0.2)
    at = {args.epochs * (i + 1) // args.tests for i in range(args.tests)}
    found = []
    for epoch in range(1, args.epochs + 1):
        net.train()
        for rows in torch.randperm(len(label)).split(args.batch):
            x = image[rows]
            # Pictures are shifted by up to 2 pixels and mirrored, all of a batch alike.
            x = x.roll(torch.randint(-2, 3, (2,)).tolist(), (2, 3))
            x = x.flip(3) if torch.rand(()) < 0.5 else x
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(x), label[rows]).backward()
            optimiser.step()
        steps.step()
        if epoch in at:
            found.append(accuracy(net, *tests))
    return found or [accuracy(net, *tests)]


def main():
    p = argparse.ArgumentParser(description="Trains a ConvNet in PyTorch on a stream of images.")
    p.add_argument("stream", nargs="?", help="a file; standard input without it")
    p.add_argument("--test", required=True, help="stream of images to test on")
    p.add_argument("--repeat", type=int, default=3, help="networks to train")
    p.add_argument("--tests", type=int, default=4, help="tests of each")
    p.add_argument("--epochs", type=int, default=300)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--lr", type=float, default=0.01)
    p.add_argument("--width", type=int, default=64)
    p.add_argument("--depth", type=int, default=3)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=0, help="0: all")
    args = p.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    image, label, meta = load(args.stream or sys.stdin.buffer, args.stream or "standard input")
    *tests, other = load(args.test, args.test)
    if (meta["yc.classes"], meta.get("yc.names")) != (other["yc.classes"], other.get("yc.names")):
        sys.exit("train.py: the labels of the two streams mean other classes")
    print("repeat", "best", "last", "images", "epochs", "seconds", sep="\t")
    best, last = [], []
    for i in range(args.repeat):
        torch.manual_seed(args.seed + i)
        begin = time.monotonic()
        net = convnet(image.shape[1], image.shape[3], int(meta["yc.classes"]), args.width, args.depth)
        found = train(net, image, label, args, tests)
        best.append(max(found))
        last.append(found[-1])
        seconds = time.monotonic() - begin
        print(i + 1, f"{best[-1]:.2f}", f"{last[-1]:.2f}", len(label), args.epochs, f"{seconds:.1f}", sep="\t", flush=True)
    best, last = torch.tensor(best), torch.tensor(last)
    print("mean", f"{best.mean():.2f}", f"{last.mean():.2f}", len(label), args.epochs, sep="\t")
    print("deviation", f"{best.std(unbiased=False):.2f}", f"{last.std(unbiased=False):.2f}", len(label), args.epochs, sep="\t")


if __name__ == "__main__":
    try:
        main()
    except (EOFError, OSError, ValueError) as e:
        sys.exit(f"train.py: {e}")

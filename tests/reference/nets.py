#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reference values of the networks, by PyTorch in double.

    tests/reference/nets.py >tests/unit/net_values.h

Builds the networks from PyTorch's own layers, independently of lib/nn,
with weights and images from a formula, and prints what one training step on a batch gives:
the loss, norm and first element of every tensor's gradient, what the step leaves in the
running statistics, and the logits after it. tests/unit/test_nets.c holds the library to
them. Element k of tensor t (learned ones, in checkpoint order) is noise q(k, t) in -1..1,
scaled: convolution 2 q / sqrt(fan_in), norm weight 1 + 0.1 q, linear weight q /
sqrt(fan_in), any bias 0.1 q. Pixel j (NCHW) of the batch is 2 q(j, 9999); label i is 3 i mod
classes. The noise is a hash in 32-bit arithmetic, so that both sides have the same bits.
"""
import math

import numpy
import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 5


def inorm(c):
    return nn.GroupNorm(c, c)


def conv(ci, co, k, stride=1):
    return nn.Conv2d(ci, co, k, stride=stride, padding=k // 2, bias=False)


class Stem(nn.Module):
    def __init__(self, width, k, norm, pool):
        super().__init__()
        self.conv1, self.bn1, self.pool = conv(3, width, k), norm(width), pool

    def forward(self, x):
        return F.avg_pool2d(F.relu(self.bn1(self.conv1(x))), self.pool)


class Block(nn.Module):
    """Basic block; `pooled`: strides are average pools behind stride-1 convolutions."""

    def __init__(self, ci, co, stride, norm, pooled):
        super().__init__()
        step = 1 if pooled else stride
        self.pool = stride if pooled else 1
        self.conv1, self.bn1 = conv(ci, co, 3, step), norm(co)
        self.conv2, self.bn2 = conv(co, co, 3), norm(co)
        if stride != 1 or ci != co:
            between = [nn.AvgPool2d(stride)] if pooled else []
            self.downsample = nn.Sequential(conv(ci, co, 1, step), *between, norm(co))

    def forward(self, x):
        y = F.avg_pool2d(F.relu(self.bn1(self.conv1(x))), self.pool)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet(nn.Module):
    def __init__(self, width, classes, stem, norm, pooled):
        super().__init__()
        self.layer0 = Stem(width, stem[0], norm, stem[1])
        c = width
        for i in range(4):
            co = width << i
            block = Block(c, co, 2 if i else 1, norm, pooled)
            setattr(self, f"layer{i + 1}", nn.Sequential(block))
            c = co
        self.fc = nn.Linear(c, classes)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.layer0(x)))))
        return self.fc(x.mean((2, 3)))


def resnet10ap(width, side, classes):
    stem = (3, 1) if side <= 64 else (3, 2) if side <= 128 else (7, 4)
    return ResNet(width, classes, stem, inorm, True)


def resnet10(width, side, classes):
    return ResNet(width, classes, (3, 1), nn.BatchNorm2d, False)


class Dense(nn.Module):
    def __init__(self, ci, growth):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(ci), conv(ci, 4 * growth, 1)
        self.bn2, self.conv2 = nn.BatchNorm2d(4 * growth), conv(4 * growth, growth, 3)

    def forward(self, x):
        y = self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))
        return torch.cat([y, x], 1)


class Transition(nn.Module):
    def __init__(self, ci, co):
        super().__init__()
        self.bn, self.conv = nn.BatchNorm2d(ci), conv(ci, co, 1)

    def forward(self, x):
        return F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)


class DenseNet(nn.Module):
    def __init__(self, width, side, classes):
        super().__init__()
        growth, c = width // 2, width
        self.conv1 = conv(3, c, 3)
        for i, blocks in enumerate((6, 12, 24, 16)):
            layers = [Dense(c + b * growth, growth) for b in range(blocks)]
            setattr(self, f"dense{i + 1}", nn.Sequential(*layers))
            c += blocks * growth
            if i < 3:
                setattr(self, f"trans{i + 1}", Transition(c, c // 2))
                c //= 2
        self.bn, self.linear = nn.BatchNorm2d(c), nn.Linear(c, classes)

    def forward(self, x):
        x = self.conv1(x)
        for i in range(1, 4):
            x = getattr(self, f"trans{i}")(getattr(self, f"dense{i}")(x))
        return self.linear(F.relu(self.bn(self.dense4(x))).mean((2, 3)))


class ConvNet(nn.Module):
    def __init__(self, width, side, classes):
        super().__init__()
        convs = [nn.Conv2d(c, width, 3, padding=1) for c in (3, width, width)]
        self.layers = nn.ModuleDict({"conv": nn.ModuleList(convs),
                                     "norm": nn.ModuleList(inorm(width) for _ in convs)})
        self.classifier = nn.Linear(width * (side // 8) ** 2, classes)

    def forward(self, x):
        for conv, norm in zip(self.layers["conv"], self.layers["norm"]):
            x = F.avg_pool2d(F.relu(norm(conv(x))), 2)
        return self.classifier(x.flatten(1))


NETS = {"convnet": ConvNet, "resnet10ap": resnet10ap, "resnet10": resnet10, "densenet": DenseNet}


def noise(n, t):
    word = numpy.uint64(0xFFFFFFFF)
    h = numpy.arange(n, dtype=numpy.uint64) * numpy.uint64(2654435761)
    h = h + numpy.uint64(t * 2246822519 + 374761393) & word
    h = (h ^ h >> numpy.uint64(15)) * numpy.uint64(2246822519) & word
    return torch.from_numpy((h ^ h >> numpy.uint64(13)) / 2.0**31 - 1)


def fill(net):
    for t, (name, p) in enumerate(net.named_parameters()):
        q = noise(p.numel(), t)
        fan_in = p.numel() // p.shape[0]
        if p.dim() == 4:
            q = 2 * q / math.sqrt(fan_in)
        elif p.dim() == 2:
            q = q / math.sqrt(fan_in)
        else:
            q = 1 + 0.1 * q if name.endswith("weight") else 0.1 * q
        p.data.copy_(q.reshape(p.shape))


def step(name, tag, width, side, n, whole):
    net = NETS[name](width, side, CLASSES).double()
    fill(net)
    x = 2 * noise(n * 3 * side * side, 9999).reshape(n, 3, side, side)
    label = torch.arange(n) * 3 % CLASSES
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    net.train()
    loss = F.cross_entropy(net(x), label)
    loss.backward()
    print(f"static const struct tensor_value {tag}_tensors[] = {{")
    for key, p in net.named_parameters():
        if whole or p.dim() == 4:
            g = p.grad.flatten()
            print(f'\t{{"{key}", {g.norm().item():.12g}, {g[0].item():.12g}}},')
    sgd.step()
    for key, b in net.named_buffers():
        if b.dim() and whole:
            print(f'\t{{"{key}", {b.norm().item():.12g}, {b[0].item():.12g}}},')
    print("};")
    net.eval()
    z = ", ".join(f"{v:.12g}" for v in net(x[:1])[0].tolist())
    print(f"static const struct net_value {tag} = {{\"{name}\", {width}, {side}, {n},")
    print(f"\t{loss.item():.12g}, {{{z}}}, {tag}_tensors, YC_COUNT({tag}_tensors)}};")


def count(name, width, side):
    return [sum(p.numel() for p in NETS[name](width, side, c).parameters())
            for c in (10, 100)]


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Written by tests/reference/nets.py. */")
    step("resnet10ap", "ap_large", 16, 160, 2, True)
    step("resnet10ap", "ap_mid", 16, 96, 2, False)
    step("resnet10ap", "ap_small", 16, 32, 3, False)
    step("resnet10", "resnet", 16, 32, 5, True)
    step("densenet", "densenet", 8, 32, 5, True)
    # Maps of odd sides on the way, which pools cut.
    step("convnet", "convnet_odd", 16, 28, 3, False)
    step("resnet10ap", "ap_odd", 16, 36, 2, False)
    step("densenet", "densenet_odd", 8, 20, 5, False)
    print("static const struct count_value counts[] = {")
    for name, width, side in (("resnet10ap", 64, 224), ("resnet10", 32, 32),
                              ("densenet", 24, 32)):
        a, b = count(name, width, side)
        print(f'\t{{"{name}", {side}, {a}, {b}}},')
    print("};")


if __name__ == "__main__":
    main()

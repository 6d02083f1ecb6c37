#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Condensation methods in PyTorch: an iteration of each, by autograd, as their authors do it.

    tests/reference/condense.py BIN TRAIN.yct METHOD [NAME=VALUE]... >losses.tsv

As a program: prints the loss of every iteration of yc-condense METHOD and of a run here, for the
same images to begin with and the same settings, which are rows of SETTINGS or those named;
iterations=20 seeds=3 are settings too. The draws of networks, batches and augmentations are each
program's own, so what is alike are the curves and not the numbers:

    yc-plot -x iteration -y loss -b program --unit run losses.tsv -o losses.svg

dm, dc, dsa: Zhao et al.; mtt: Cazenavette et al., of networks that yc-train --like mtt wrote
(experts=FILE); kip: Nguyen et al., by NumPy (kip.py). Everything is in normalised pixels, as in the published code.
"""
import math
import os
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'pipelines'))
import kip  # noqa: E402
import yct  # noqa: E402

# Names are options of yc-condense.
SETTINGS = {
    'dm': {'ipc': 10, 'n-real': 256, 'lr-img': 1.0, 'momentum-img': 0.5},
    'dc': {'ipc': 1, 'n-real': 256, 'lr-img': 0.1, 'momentum-img': 0.5, 'net-lr': 0.01,
           'outer': 1, 'inner': 1},
    'dsa': {'ipc': 1, 'n-real': 256, 'lr-img': 0.1, 'momentum-img': 0.5, 'net-lr': 0.01,
            'outer': 1, 'inner': 1},
    'mtt': {'ipc': 1, 'lr-img': 100.0, 'momentum-img': 0.5, 'lr-syn': 0.01, 'lr-lr': 1e-7,
            'syn-steps': 50, 'expert-epochs': 2, 'max-start': 2},
    'kip': {'ipc': 10, 'n-real': 500, 'lr-img': 0.04, 'kernel': 'fc3'},
}


# ---- ConvNet-D3 as a function of its parameters, in the order of a checkpoint

def uniform(fan_in, *shape):
    return torch.rand(shape).mul_(2).sub_(1).div_(math.sqrt(fan_in))


def new_net(channels=3, side=32, classes=10, width=128, depth=3):
    params = []
    for _ in range(depth):
        params += [uniform(9 * channels, width, channels, 3, 3), uniform(9 * channels, width),
                   torch.ones(width), torch.zeros(width)]
        channels, side = width, side // 2
    n = width * side * side
    return [p.requires_grad_() for p in params + [uniform(n, classes, n), uniform(n, classes)]]


def embed(params, x):
    for i in range(0, len(params) - 2, 4):
        w, b, gamma, beta = params[i:i + 4]
        x = F.group_norm(F.conv2d(x, w, b, padding=1), len(w), gamma, beta)
        x = F.avg_pool2d(F.relu_(x), 2)
    return x.flatten(1)


def loss_of(params, x, y):
    return F.cross_entropy(F.linear(embed(params, x), *params[-2:]), y)


# ---- augmentation: one group for the batch, draws common to it or for each image

GROUPS = ('color', 'crop', 'cutout', 'flip', 'scale', 'rotate')


def draw(n):
    """What `apply` does to any number of images (n=1) or to n of them."""
    group = GROUPS[torch.randint(len(GROUPS), ()).item()]
    return group, [torch.rand(n, 1, 1, 1) for _ in range(3)]


def whole(u, n):
    """Whole numbers 0..n-1 of draws in 0..1."""
    return (u * n).long().clamp_(max=n - 1)


def resample(x, a, b, c, d):
    """Pixel (i,j) comes from the place that the matrix ((a,b),(c,d)) maps (x,y) to."""
    zero = torch.zeros_like(a)
    theta = torch.cat([a, b, zero, c, d, zero], 3).view(-1, 2, 3).expand(len(x), 2, 3)
    return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=True),
                         align_corners=True)


def crop(x, r, c, pad):
    side = x.shape[-1]
    if len(r) == 1:
        r, c = r.item(), c.item()
        return F.pad(x, (pad,) * 4)[:, :, r:r + side, c:c + side]
    image, at = torch.arange(len(x)).view(-1, 1, 1), torch.arange(side)
    rows = F.pad(x, (pad,) * 4).permute(0, 2, 3, 1)
    return rows[image, r.view(-1, 1, 1) + at.view(-1, 1), c.view(-1, 1, 1) + at] \
        .permute(0, 3, 1, 2)


def cutout(x, r, c):
    side = x.shape[-1]
    half, at = side // 4, torch.arange(side)
    rows = (at >= r - half) & (at < r + half)
    columns = (at >= c - half) & (at < c + half)
    return x * ~(rows.transpose(2, 3) & columns)


def apply(x, drawn):
    group, (u, v, w) = drawn
    side = x.shape[-1]
    if group == 'color':
        x = x + (u - 0.5)
        m = x.mean(1, keepdim=True)
        x = (x - m) * (2 * v) + m
        m = x.mean((1, 2, 3), keepdim=True)
        return (x - m) * (w + 0.5) + m
    if group == 'crop':
        pad = int(side / 8 + 0.5)
        return crop(x, whole(u, 2 * pad + 1), whole(v, 2 * pad + 1), pad)
    if group == 'cutout':
        return cutout(x, whole(u, side + 1), whole(v, side + 1))
    if group == 'flip':
        return torch.where(u < 0.5, x.flip(3), x)
    if group == 'scale':
        least = 1 / 1.2
        u, v = (least + d * (1.2 - least) for d in (u, v))
        return resample(x, u, torch.zeros_like(u), torch.zeros_like(u), v)
    t = (u - 0.5) * math.radians(30)
    return resample(x, t.cos(), -t.sin(), t.sin(), t.cos())


# ---- methods

class Condenser:
    """real: images of each class; start: the condensed ones, class after class."""
    def __init__(self, real, start, settings):
        self.real, self.settings = real, settings
        self.classes, self.ipc = len(real), len(start) // len(real)
        self.syn = start.clone().requires_grad_()
        self.label = torch.arange(self.classes).repeat_interleave(self.ipc)
        self.sgd = torch.optim.SGD([self.syn], settings['lr-img'],
                                   momentum=settings['momentum-img'])

    def batch(self, c):
        """Real and condensed images of a class."""
        pick = torch.randperm(len(self.real[c]))[:int(self.settings['n-real'])]
        return self.real[c][pick], self.syn[c * self.ipc:(c + 1) * self.ipc]

    def step(self):
        self.sgd.step()
        self.sgd.zero_grad(set_to_none=False)


class DM(Condenser):
    def iterate(self):
        net, total = [p.detach() for p in new_net(classes=self.classes)], 0.0
        for c in range(self.classes):
            real, syn = self.batch(c)
            drawn = draw(1)
            with torch.no_grad():
                target = embed(net, apply(real, drawn)).mean(0)
            loss = ((embed(net, apply(syn, drawn)).mean(0) - target) ** 2).sum()
            loss.backward()  # of each class by itself: less memory than of their sum
            total += loss.item()
        self.step()
        return total


def distance(a, b):
    """Of two gradients: one minus the cosine, summed over the rows of weights."""
    total = 0
    for x, y in zip(a, b):
        if x.dim() > 1:
            x, y = x.flatten(1), y.flatten(1)
            total = total + (1 - (x * y).sum(1) / (x.norm(dim=1) * y.norm(dim=1) + 1e-6)).sum()
    return total


class DC(Condenser):
    augmented = False

    def match(self, net):
        """A step of the images of all classes; the sum of their distances."""
        total = 0.0
        for c in range(self.classes):
            real, syn = self.batch(c)
            if self.augmented:
                drawn = draw(1)
                real, syn = apply(real, drawn), apply(syn, drawn)
            label = torch.full((len(real),), c)
            want = torch.autograd.grad(loss_of(net, real, label), net)
            have = torch.autograd.grad(loss_of(net, syn, label[:1].expand(self.ipc)), net,
                                       create_graph=True)
            loss = distance(want, have)
            loss.backward(inputs=[self.syn])
            total += loss.item()
        self.step()
        return total

    def train(self, net, sgd):
        """An epoch of the network on the condensed images."""
        for pick in torch.randperm(len(self.syn)).split(256):
            x = self.syn.detach()[pick]
            if self.augmented:
                x = apply(x, draw(len(x)))
            sgd.zero_grad(set_to_none=True)
            loss_of(net, x, self.label[pick]).backward()
            sgd.step()

    def iterate(self):
        net, total = new_net(classes=self.classes), 0.0
        sgd, loops = torch.optim.SGD(net, self.settings['net-lr']), int(self.settings['outer'])
        for loop in range(loops):
            total += self.match(net)
            for _ in range(int(self.settings['inner']) if loop < loops - 1 else 0):
                self.train(net, sgd)
        return total / (self.classes * loops)


class DSA(DC):
    augmented = True


def read_experts(path):
    """Of each network of a stream its parameters after every epoch."""
    found = {}
    for meta, tensors in yct.read(path, rest=True)[2]:
        if meta.get('yc.kind') == 'network':
            blocks = int(meta['yc.net.depth'])
            names = [f'layers.{layer}.{i}.{part}' for i in range(blocks)
                     for layer in ('conv', 'norm') for part in ('weight', 'bias')]
            arrays = [tensors[n] for n in names + ['classifier.weight', 'classifier.bias']]
            found.setdefault(int(meta['yc.net.network']), {})[int(meta['yc.net.epoch'])] = [
                torch.frombuffer(bytearray(t['data']), dtype=torch.float32).view(t['shape'])
                for t in arrays]
    return [[net[epoch] for epoch in sorted(net)] for net in found.values()]


class MTT(Condenser):
    def __init__(self, real, start, settings):
        super().__init__(real, start, settings)
        if 'experts' in settings:
            self.experts = read_experts(settings['experts'])
        else:  # any, to measure time
            self.experts = [[[p.detach() for p in new_net(classes=self.classes)]
                             for _ in range(settings['max-start'] + settings['expert-epochs'])]]
        self.alpha = torch.tensor(float(settings['lr-syn']), requires_grad=True)
        self.alpha_sgd = torch.optim.SGD([self.alpha], settings['lr-lr'], momentum=0.5)

    def iterate(self):
        expert = self.experts[torch.randint(len(self.experts), ()).item()]
        begin = torch.randint(int(self.settings['max-start']), ()).item()
        start = [p.clone().requires_grad_() for p in expert[begin]]
        target = expert[begin + int(self.settings['expert-epochs'])]
        net = start
        for _ in range(int(self.settings['syn-steps'])):
            x = apply(self.syn, draw(len(self.syn)))
            g = torch.autograd.grad(loss_of(net, x, self.label), net, create_graph=True)
            net = [p - self.alpha * d for p, d in zip(net, g)]

        def squares(a, b):
            return sum(((x - y) ** 2).sum() for x, y in zip(a, b))

        loss = squares(net, target) / squares([p.detach() for p in start], target)
        loss.backward(inputs=[self.syn, self.alpha])
        self.step()
        self.alpha_sgd.step()
        self.alpha_sgd.zero_grad()
        return loss.item()


class KIP(kip.KIP):
    def __init__(self, real, start, settings):
        super().__init__([x.numpy() for x in real], start.numpy(), settings,
                         torch.initial_seed())


METHODS = {'dm': DM, 'dc': DC, 'dsa': DSA, 'mtt': MTT, 'kip': KIP}


# ---- losses side by side

def load(path):
    """Normalised images and labels of a stream."""
    arrays, meta = yct.read(path)
    x = torch.tensor(arrays['image'])
    x = x.float() / 255 if x.dtype == torch.uint8 else x
    mean, std = (torch.tensor([[[float(v)]] for v in meta[key].split(',')])
                 for key in ('yc.mean', 'yc.std'))
    return (x - mean) / std, torch.tensor(arrays['label'])


def by_class(x, y):
    return [x[y == c] for c in range(int(y.max()) + 1)]


def ours(program, train, method, settings, seed, folder):
    """The losses of yc-condense, and the images that it began with."""
    def run(name, **changed):
        path = os.path.join(folder, name)
        options = [f'--{k}={v}' for k, v in {**settings, **changed}.items()]
        subprocess.run([program, method, '-q', '-s', str(seed), *options, train, '-o', path],
                       check=True)
        return path

    start, _ = load(run('start.yct', **{'iterations': 1, 'lr-img': 0}))
    _, _, rest = yct.read(run('end.yct'), rest=True)
    log = next(t for m, t in rest if m.get('yc.kind') == 'log')['condense.loss']
    return torch.frombuffer(bytearray(log['data']), dtype=torch.float32).tolist(), start


def setting(word):
    """NAME=VALUE: a whole number, a number or a word."""
    name, value = word.split('=', 1)
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            pass
    return name, value


def main():
    program, train, method = os.path.join(sys.argv[1], 'yc-condense'), sys.argv[2], sys.argv[3]
    settings = {**SETTINGS[method], 'iterations': 20, 'seeds': 3}
    settings.update(setting(word) for word in sys.argv[4:])
    seeds = settings.pop('seeds')
    real = by_class(*load(train))
    print('condenser', 'program', 'seed', 'iteration', 'loss', sep='\t')
    for seed in range(seeds):
        torch.manual_seed(seed)
        with tempfile.TemporaryDirectory() as folder:
            have, start = ours(program, train, method, settings, seed, folder)
        peer = METHODS[method](real, start, settings)
        want = [peer.iterate() for _ in range(settings['iterations'])]
        for name, losses in (('yc', have), ('NumPy' if method == 'kip' else 'PyTorch', want)):
            for i, loss in enumerate(losses):
                print(method, name, seed, i + 1, f'{loss:.6g}', sep='\t', flush=True)


if __name__ == '__main__':
    main()

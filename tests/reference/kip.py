#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Kernel inducing points in NumPy: kernels of infinitely wide networks, and a step on the images.

fc: Nguyen, Chen, Lee, ICLR 2021; conv: Nguyen, Novak, Xiao, Lee, NeurIPS 2021. A network is a
number of hidden layers, or a word for each layer: 'conv', 'relu' and 'pool', after which come
flatten and a dense layer. Weights have variance 2, biases 0.01. For pixels p of x and q of y:
K is the covariance of their values, T the tangent kernel. Where all is flattened in the end, only
pixels that are near each other matter: K[o] has K(p, p + offset o) at p, and 0 where p + o is no
pixel of y. A kernel returns T and a function from its gradient to those of both images.

As a program: compares with values that were computed by another implementation.
"""
import numpy as np

WEIGHT, BIAS = 2.0, 0.01
CONVNET3 = ['conv', 'relu', 'pool'] * 3
CONVNET = ['conv', 'relu'] + CONVNET3


# ---- ReLU: expectations over a Gaussian pair with variances a and b and covariance k

def relu(k, a, b):
    """Of relu(u) relu(v) and of its derivatives, and what `relu_back` needs."""
    # Of a pixel with itself the angle is 0, but for rounding, and has no derivative.
    s = a * b - k * k
    s = np.sqrt(np.where(s > 1e-13 * (a * b), s, 0))
    # With none at all it is a right one.
    chance = np.where((s > 0) | (k != 0), (np.pi - np.arctan2(s, k)) / (2 * np.pi), 0.25)
    return s / (2 * np.pi) + chance * k, chance, s


def relu_back(g, g_chance, k, a, b, chance, s):
    """Gradients by k, a and b."""
    with np.errstate(divide='ignore', invalid='ignore'):
        near = np.where(s > 0, 1 / (2 * np.pi * s), 0)
        by_a, by_b = (np.where(v > 0, 1 / (2 * v), 0) for v in (a, b))
    both = g * s / (2 * np.pi) - g_chance * k * near
    return g * chance + g_chance * near, both * by_a, both * by_b


# ---- flat images, networks of so many hidden layers

def fc(layers):
    def kernel(x, y):
        dim, same = x.shape[1], y is x
        k, t = x @ y.T / dim, 0.0
        a, b = ((v * v).sum(1) / dim for v in (x, y))
        tape = []
        for _ in range(layers):
            k, a, b = (WEIGHT * v + BIAS for v in (k, a, b))
            t = WEIGHT * t + k
            out, chance, s = relu(k, a[:, None], b)
            tape.append((k, t, a, b, chance, s))
            k, t, a, b = out, t * chance, a / 2, b / 2
        t = WEIGHT * t + WEIGHT * k + BIAS

        def back(g):
            gk, gt = WEIGHT * g, WEIGHT * g
            ga, gb = np.zeros(len(x)), np.zeros(len(y))
            for k, t, a, b, chance, s in reversed(tape):
                gk, by_a, by_b = relu_back(gk, gt * t, k, a[:, None], b, chance, s)
                gt = gt * chance
                ga, gb = ga / 2 + by_a.sum(1), gb / 2 + by_b.sum(0)
                gk, gt, ga, gb = (WEIGHT * v for v in (gk + gt, gt, ga, gb))
            gx = (gk @ y + 2 * ga[:, None] * x) / dim
            gy = (gk.T @ x + 2 * gb[:, None] * y) / dim
            return gx + gy if same else (gx, gy)
        return t, back
    return kernel


# ---- images [n,c,h,w], bands of offsets

class Band:
    """Offsets up to `reach` in rows and columns; a layer maps one band to the next."""
    def __init__(self, reach, h, w):
        self.reach, self.h, self.w = reach, h, w
        self.offset = [(r, c) for r in range(-reach, reach + 1) for c in range(-reach, reach + 1)]

    def at(self, r, c):
        return (r + self.reach) * (2 * self.reach + 1) + c + self.reach

    def inside(self, r, c):
        """Pixels p of x and p + offset of y that are both there, as slices."""
        h, w = self.h, self.w
        return (np.s_[..., max(0, -r):min(h, h - r), max(0, -c):min(w, w - c)],
                np.s_[..., max(0, r):min(h, h + r), max(0, c):min(w, w + c)])

    def mask(self):
        m = np.zeros((len(self.offset), 1, 1, self.h, self.w))
        for i, (r, c) in enumerate(self.offset):
            m[i][self.inside(r, c)[0]] = 1
        return m

    def spread(self, v):
        """Values v [m,h,w] of y at p + offset, [offsets,1,m,h,w]."""
        out = np.zeros((len(self.offset), 1, *v.shape))
        for i, (r, c) in enumerate(self.offset):
            p, q = self.inside(r, c)
            out[i][p] = v[q]
        return out

    def gather(self, g):
        """The adjoint of spread, for g [offsets,n,m,h,w]."""
        out = np.zeros(g.shape[2:])
        for i, (r, c) in enumerate(self.offset):
            p, q = self.inside(r, c)
            out[q] += g[i].sum(0)[p]
        return out


def box(k):
    """Sums over 3x3 pixels, of which those outside are 0, over 9."""
    for axis in (-1, -2):
        s = k.copy()
        one = [slice(None)] * k.ndim
        two = [slice(None)] * k.ndim
        one[axis], two[axis] = slice(1, None), slice(None, -1)
        s[tuple(one)] += k[tuple(two)]
        s[tuple(two)] += k[tuple(one)]
        k = s
    return k / 9


def pool_pairs(wide, small):
    """For an offset of the pooled band: which of the wide band it is a mean of, and where."""
    for i, (r, c) in enumerate(small.offset):
        for u in range(4):
            for v in range(4):
                yield i, wide.at(2 * r + v // 2 - u // 2, 2 * c + v % 2 - u % 2), \
                    np.s_[..., u // 2::2, u % 2::2]


def conv(words):
    """The reach of every layer's band follows from the pools after it."""
    pools = words.count('pool')

    def bands(h, w):
        reach = 2 ** pools - 1
        for word in words:
            yield Band(reach, h, w)
            if word == 'pool':
                reach, h, w = reach // 2, h // 2, w // 2
        yield Band(reach, h, w)

    def forward(x, y, va=None, vb=None):
        """Of pairs, with the variances at every relu; of the images themselves without."""
        own, tape = va is None, []
        band = list(bands(*x.shape[2:]))
        n, m = (len(x), 1) if own else (len(x), len(y))
        k = np.zeros((len(band[0].offset), n, m, *x.shape[2:]))
        for i, (r, c) in enumerate(band[0].offset):
            p, q = band[0].inside(r, c)
            if own:
                k[i][p] = (x[p] * x[q]).mean(1)[:, None]
            else:
                k[i][p] = np.einsum('nchw,mchw->nmhw', x[p], y[q], optimize=True) / x.shape[1]
        t = np.zeros_like(k)
        for i, word in enumerate(words):
            b = band[i]
            if word == 'conv':
                mask = b.mask()
                k = mask * (WEIGHT * box(k) + BIAS)
                t = k if own else mask * WEIGHT * box(t) + k
                tape.append(mask)
            elif word == 'relu':
                v = len(tape) if own else 0
                if own:
                    here = k[b.at(0, 0), :, 0]
                    a = here[:, None]
                    s = np.stack([b.spread(h[None])[:, 0] for h in here], 1)
                else:
                    a, s = va[i][:, None], b.spread(vb[i])
                out, chance, root = relu(k, a, s)
                tape.append((k, t, a, s, chance, root))
                k, t = out, t * chance
            else:
                small = band[i + 1]
                shape = (len(small.offset), n, m, small.h, small.w)
                pooled, pooled_t = np.zeros(shape), np.zeros(shape)
                for to, at, pixels in pool_pairs(b, small):
                    pooled[to] += k[at][pixels] / 16
                    pooled_t[to] += t[at][pixels] / 16
                k, t = pooled, pooled_t
                tape.append(None)
        return k, t, tape, band

    def variances(x):
        _, _, tape, band = forward(x, x)
        return {i: tape[i][0][band[i].at(0, 0), :, 0] for i, word in enumerate(words)
                if word == 'relu'}, (tape, band)

    def back(x, y, gk, gt, tape, band, gva=None):
        """Gradients by x, y and the variances; of the images themselves, given those."""
        own, gvb = gva is not None, {}
        if not own:
            gva = {}
        for i in reversed(range(len(words))):
            b, word = band[i], words[i]
            if word == 'conv':
                gk = tape[i] * (gk + gt)
                gk, gt = WEIGHT * box(gk), WEIGHT * box(tape[i] * gt)
            elif word == 'relu':
                k, t, a, s, chance, root = tape[i]
                gk, by_a, by_b = relu_back(gk, gt * t, k, a, s, chance, root)
                gt = gt * chance
                if own:
                    v = gva[i] + by_a.sum((0, 2))
                    v += np.stack([b.gather(by_b[:, j:j + 1])[0] for j in range(len(x))])
                    gk[b.at(0, 0), :, 0] += v
                else:
                    gva[i], gvb[i] = by_a.sum((0, 2)), b.gather(by_b)
            else:
                wide = (len(b.offset), *gk.shape[1:3], b.h, b.w)
                new, new_t = np.zeros(wide), np.zeros(wide)
                for to, at, pixels in pool_pairs(b, band[i + 1]):
                    new[at][pixels] += gk[to] / 16
                    new_t[at][pixels] += gt[to] / 16
                gk, gt = new, new_t
        gx, gy = np.zeros_like(x), np.zeros_like(y)
        for i, (r, c) in enumerate(band[0].offset):
            p, q = band[0].inside(r, c)
            if own:
                gx[p] += gk[i][p] * x[q] / x.shape[1]
                gx[q] += gk[i][p] * x[p] / x.shape[1]
            else:
                gx[p] += np.einsum('nmhw,mchw->nchw', gk[i][p], y[q], optimize=True) / x.shape[1]
                gy[q] += np.einsum('nmhw,nchw->mchw', gk[i][p], x[p], optimize=True) / x.shape[1]
        return gx, gy, gva, gvb

    def kernel(x, y):
        va, tx = variances(x)
        vb, ty = (va, tx) if y is x else variances(y)
        k, t, tape, band = forward(x, y, va, vb)
        pixels = k.shape[3] * k.shape[4]
        nngp, ntk = k[0].mean((2, 3)), t[0].mean((2, 3))
        nngp = WEIGHT * nngp + BIAS

        def gradient(g):
            one = np.broadcast_to(g[None, :, :, None, None] * WEIGHT / pixels, k.shape)
            gx, gy, gva, gvb = back(x, y, one, one, tape, band)

            def through(x, gv, kept):
                zero = np.zeros((1, len(x), 1, *k.shape[3:]))
                return back(x, x, zero, zero, *kept, gv)[0]
            if y is x:
                return gx + gy + through(x, {i: gva[i] + gvb[i] for i in gva}, tx)
            return gx + through(x, gva, tx), gy + through(y, gvb, ty)
        gradient.nngp = nngp
        return WEIGHT * ntk + nngp, gradient
    return kernel


# ---- the step

def objective(kernel, xs, ys, xt, yt, ridge=1e-6):
    """Loss, and its gradients by the images and the labels of the support."""
    n = len(xs)
    kss, back_ss = kernel(xs, xs)
    kts, back_ts = kernel(xt, xs)
    a = kss + ridge * np.trace(kss) / n * np.eye(n)
    alpha = np.linalg.solve(a, ys)
    r = kts @ alpha - yt
    loss, r = 0.5 * (r * r).mean(), r / r.size
    z = np.linalg.solve(a, kts.T @ r)
    ga = -z @ alpha.T
    gx = back_ss(ga + ridge / n * np.trace(ga) * np.eye(n)) + back_ts(r @ alpha.T)[1]
    return loss, gx, z


class Adam:
    def __init__(self, lr, b1=0.9, b2=0.999, tiny=1e-8):
        self.lr, self.b1, self.b2, self.tiny, self.t, self.m, self.v = lr, b1, b2, tiny, 0, 0, 0

    def step(self, x, g):
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * g
        self.v = self.b2 * self.v + (1 - self.b2) * g * g
        m, v = self.m / (1 - self.b1 ** self.t), self.v / (1 - self.b2 ** self.t)
        x -= self.lr * m / (np.sqrt(v) + self.tiny)


def kernel_of(name):
    """By its name in yc-condense: fc3, conv3, conv4."""
    layers = int(name[-1])
    return fc(layers) if name[:2] == 'fc' else conv(CONVNET if layers == 4 else CONVNET3)


class KIP:
    """real: images of each class; start: the support, class by class; arrays as networks see them."""
    def __init__(self, real, start, settings, seed=0):
        flat = settings['kernel'].startswith('fc')
        self.real, self.x = ([x.reshape(len(x), -1) if flat else x for x in r]
                             for r in (real, [start]))
        self.x, self.kernel = self.x[0].astype(float), kernel_of(settings['kernel'])
        self.each, self.rng = int(settings['n-real']), np.random.default_rng(seed)
        self.hot = np.eye(len(real)) - 1 / len(real)
        self.y = np.repeat(self.hot, len(start) // len(real), 0)
        self.adam = Adam(settings['lr-img'])

    def iterate(self):
        pick = [x[self.rng.choice(len(x), self.each, replace=False)] for x in self.real]
        loss, g, _ = objective(self.kernel, self.x, self.y, np.concatenate(pick).astype(float),
                               np.repeat(self.hot, self.each, 0))
        self.adam.step(self.x, g)
        return loss


# ---- checks

def check(what, have, want, tolerance=5e-9):
    wrong = np.abs(np.subtract(have, want)).max()
    print(f'{what}\t{wrong:.1e}')
    if not wrong < tolerance:
        raise SystemExit(f'kip.py: {what} is wrong: {have}, not {want}')


def check_gradient(what, kernel, xs, xt):
    """Central differences of the objective."""
    rng = np.random.default_rng(1)
    ys, yt = rng.normal(size=(len(xs), 3)), rng.normal(size=(len(xt), 3))
    _, gx, gy = objective(kernel, xs, ys, xt, yt, 1e-2)
    for name, at, g in (('images', xs, gx), ('labels', ys, gy)):
        d, step, two = rng.normal(size=at.shape), 1e-5, []
        for sign in (1, -1):
            at += sign * step * d
            two.append(objective(kernel, xs, ys, xt, yt, 1e-2)[0])
            at -= sign * step * d
        numeric = (two[0] - two[1]) / (2 * step)
        check(f'{what}, gradient of {name}', (g * d).sum() / numeric, 1, 1e-6)


def main():
    x, y = np.array([[1, 0.0]]), np.array([[0.6, 0.8]])
    check('fc1', fc(1)(x, y)[0], 1.1280565444)
    check('fc1 of the same', fc(1)(x, x.copy())[0], 2.03)
    check('fc2', fc(2)(x, y)[0], 1.5968012380)
    i, j = np.mgrid[:4, :4].astype(float)
    x, y = np.sin(i + 2 * j)[None, None], np.cos(2 * i - j)[None, None]
    once = ['conv', 'relu', 'pool']
    for words, xy, xx in ((once, (0.236689048, 0.245512098), (0.368035276, 0.583342755)),
                          (once * 2, (0.102088466, 0.147760233), (0.113663960, 0.205706830)),
                          (['conv', 'relu'] + once * 2, (0.101560388, 0.166244178),
                           (0.108243300, 0.220284366))):
        for one, want in ((y, xy), (x, xx)):
            t, back = conv(words)(x, one)
            check(','.join(words), (back.nngp.item(), t.item()), want)
    rng = np.random.default_rng(0)
    check_gradient('fc3', fc(3), rng.normal(size=(4, 5)), rng.normal(size=(6, 5)))
    check_gradient('convnet3', conv(CONVNET3), rng.normal(size=(3, 2, 8, 8)),
                   rng.normal(size=(2, 2, 8, 8)))


if __name__ == '__main__':
    main()

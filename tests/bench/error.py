#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Usage: error.py FLOAT DOUBLE [WEIGHTS]: rounding of the engine, as TSV.

FLOAT and DOUBLE are tests/bench/error.c of the release and the double variant. Relative L2
errors of the parameter gradient and of the image gradient of the matching loss, median and
largest of twelve batches of two images, against direct convolution in double. The largest
can be a ReLU that rounding switched; the median is the arithmetic.
"""
import os
import subprocess
import sys

import numpy as np

BATCHES, PIXELS = 12, 2 * 32 * 32 * 3


def run(program, exact, kernels=None):
    env = dict(os.environ, **({'YC_KERNELS': kernels} if kernels else {}))
    done = subprocess.run([program, str(exact)] + sys.argv[3:], env=env, check=True,
                          stdout=subprocess.PIPE)
    return np.frombuffer(done.stdout).reshape(BATCHES, -1)


def errors(a, b):
    e = np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)
    return f'{np.median(e):.1e}\t{e.max():.1e}'


true = run(sys.argv[2], 1)
print('kernels\tconvolution\tparameters, median\tlargest\timages, median\tlargest')
for kernels in ('plain', 'avx2', 'avx512'):
    for exact, name in ((1, 'direct'), (0, 'winograd')):
        got = run(sys.argv[1], exact, kernels)
        print(kernels, name, errors(got[:, :-PIXELS], true[:, :-PIXELS]),
              errors(got[:, -PIXELS:], true[:, -PIXELS:]), sep='\t')

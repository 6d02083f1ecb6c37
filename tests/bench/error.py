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


def run(program, precision, kernels=None):
    env = dict(os.environ, **({'YC_KERNELS': kernels} if kernels else {}))
    done = subprocess.run([program, precision] + sys.argv[3:], env=env, stdout=subprocess.PIPE)
    return np.frombuffer(done.stdout).reshape(BATCHES, -1) if done.returncode == 0 else None


def errors(a, b):
    e = np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)
    return f'{np.median(e):.1e}\t{e.max():.1e}'


true = run(sys.argv[2], 'exact')
print('kernels\tprecision\tparameters, median\tlargest\timages, median\tlargest')
for kernels in ('plain', 'avx2', 'avx512', 'avx512bf16', 'amx'):
    for precision in ('exact', 'fp32', 'fast', 'fastest'):
        got = run(sys.argv[1], precision, kernels)
        if got is not None:  # there is such a set, and the processor has it
            print(kernels, precision, errors(got[:, :-PIXELS], true[:, :-PIXELS]),
                  errors(got[:, -PIXELS:], true[:, -PIXELS:]), sep='\t')

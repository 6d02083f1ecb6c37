#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Ratios of yc-condense to PyTorch doing the same iteration (tests/reference/condense.py).

Usage: condensers.py [OPTION]... FOLDER [ROUNDS [WORK]...], FOLDER being build/release. Asks
both sides in turn, as compare.py does, and prints its table. Both sides read the same images,
built-in ones, and have the same settings; networks are ConvNet-D3 on 32x32 images of ten classes.
Rivals: PyTorch with its allocator tuned (tuned), and as installed (torch). Of kip both are NumPy,
in double precision like ours, with its products by OpenBLAS.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

import compare

sys.path.insert(0, os.path.join(compare.HERE, '..', 'reference'))
# An iteration, or a part of it that is like the whole: work, method, settings that differ from
# those of the reference.
WORKS = [
    ('dm 1', 'dm', {'ipc': 1}),
    ('dm 10', 'dm', {}),
    ('dm 50', 'dm', {'ipc': 50}),
    ('dc 1', 'dc', {}),
    ('dsa 1', 'dsa', {}),
    ('mtt 1, 10 of 50 steps', 'mtt', {'syn-steps': 10, 'expert-epochs': 1, 'max-start': 1}),
    ('mtt 10, 5 of 30 steps', 'mtt', {'ipc': 10, 'syn-steps': 5, 'expert-epochs': 1,
                                      'max-start': 1}),
    ('kip 10, fc3, 1000 targets', 'kip', {'n-real': 100}),
    ('kip 1, conv3, 10 targets', 'kip', {'ipc': 1, 'kernel': 'conv3', 'n-real': 1}),
    ('dsa 10, 2 of 10 outer of 5 inner', 'dsa', {'ipc': 10, 'outer': 2, 'inner': 5}),
]
OURS = {'mtt': {'n-experts': 1}}


def serve(threads, method, train, *settings):
    """A rival: an iteration for every line of standard input, answered with its seconds."""
    import condense
    import torch
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    settings = dict(condense.setting(s) for s in settings)
    real = condense.by_class(*condense.load(train))
    start = torch.randn(len(real) * int(settings['ipc']), *real[0].shape[1:])
    peer = condense.METHODS[method](real, start, settings)
    for _ in sys.stdin:
        begun = time.monotonic()
        peer.iterate()
        print(time.monotonic() - begun, flush=True)


def rows(args, train):
    import condense
    for work, method, changed in WORKS:
        if args.work and work not in args.work:
            continue
        settings = {**condense.SETTINGS[method], **changed}
        ours = compare.Server('yc', [
            os.path.join(args.folder, 'bench', 'condense'), compare.THREADS, train, method,
            *(f'--{k}={v}' for k, v in {**settings, **OURS.get(method, {})}.items())])
        command = [sys.executable, __file__, 'serve', compare.THREADS, method, train,
                   *(f'{k}={v}' for k, v in settings.items())]
        rivals = {'tuned': compare.TUNED, 'torch': {}}
        others = [compare.Server(name, command, **rivals[name])
                  for name in args.rivals.split(',')]
        compare.compare(work, 1, ours, others, args.rounds)
        for s in [ours] + others:
            s.close()


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--rivals', metavar='LIST', default='tuned', help='of tuned, torch')
    p.add_argument('folder', metavar='FOLDER')
    p.add_argument('rounds', metavar='ROUNDS', type=int, nargs='?', default=5)
    p.add_argument('work', metavar='WORK', nargs='*',
                   help=', '.join(f"'{row[0]}'" for row in WORKS) + '; default: all')
    args = p.parse_args()
    compare.heading()
    with tempfile.TemporaryDirectory() as folder:
        train = os.path.join(folder, 'train.yct')
        subprocess.run([os.path.join(args.folder, 'bin', 'yc-load'), '-q', 'demo',
                        '--train-images', '300', '-o', train], check=True)
        rows(args, train)


if sys.argv[1:2] == ['serve']:
    serve(*sys.argv[2:])
else:
    main()

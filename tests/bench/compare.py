#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Usage: compare.py ENGINE [ROUNDS [WORK...]]: ratios of our engine to PyTorch.

Runs ENGINE (tests/bench/engine.c) and PyTorch (peer.py), as installed and with its
allocator tuned, as servers on the same cores and asks them in turn, so that all meet the
same noise. Prints medians as TSV. YC_KERNELS=avx2 compares AVX2 on both sides.
"""
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
WORKS = [  # work, images that it counts
    ('forward 128', 128), ('step 128', 128), ('match 40', 40), ('match 128', 128),
    ('inner 1', 1), ('eval 10', 1), ('eval 40', 1), ('eval 400', 1)]


def server(command, **more):
    env = dict(os.environ, **more)
    if os.environ.get('YC_KERNELS') == 'avx2':
        env.update(ATEN_CPU_CAPABILITY='avx2', DNNL_MAX_CPU_ISA='AVX2')
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True, env=env)


def ask(peer, work, times):
    """Seconds of one piece of work: `times` in a row, for the short ones."""
    total = 0.0
    time.sleep(0.05)  # idle threads of the peer before spin a few milliseconds
    for _ in range(times):
        peer.stdin.write(work + '\n')
        peer.stdin.flush()
        answer = peer.stdout.readline()
        if not answer:
            sys.exit(f'compare.py: {peer.args[-2]} died at {work}')
        total += float(answer)
    return total / times


def main():
    engine = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    wanted = sys.argv[3:]
    threads = str(len(os.sched_getaffinity(0)))
    torch = [sys.executable, os.path.join(HERE, 'peer.py'), threads]
    tuned = {'MALLOC_MMAP_THRESHOLD_': '8000000000',
             'MALLOC_TRIM_THRESHOLD_': '16000000000'}
    peers = [server([engine, threads]), server(torch), server(torch, **tuned)]
    print('work\tunit\tyc\ttorch\ttorch, tuned malloc\tratio\tratio to tuned')
    for work, images in WORKS:
        if wanted and work not in wanted:
            continue
        seen = [[] for _ in peers]
        # Warm first: buffers, packed weights, page faults. Short works five in a row.
        times = [5 if ask(peer, work, 1) < 0.3 else 1 for peer in peers]
        for _ in range(rounds):
            for peer, n, values in zip(peers, times, seen):
                values.append(ask(peer, work, n))
        yc, plain, best = (statistics.median(v) for v in seen)
        unit = 'images/s' if images > 1 else 's'
        show = [images / t if images > 1 else t for t in (yc, plain, best)]
        print(f'{work}\t{unit}\t' + '\t'.join(f'{v:.4g}' for v in show) +
              f'\t{plain / yc:.2f}\t{best / yc:.2f}', flush=True)
    for peer in peers:
        peer.stdin.close()
        peer.wait()


main()

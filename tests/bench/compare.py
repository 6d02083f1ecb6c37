#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ratios of our engine to its rivals on the same cores.

Runs ENGINE (tests/bench/engine.c) and its rivals as servers and asks them in turn, so that
all meet the same noise. Prints TSV, a line for each work and rival: medians of both, how
many times as fast ENGINE is, the lowest and highest of that ratio over the rounds, and the
machine.
Rivals: PyTorch (peer.py) as installed (torch), with its allocator tuned (tuned) and that in
bfloat16 (bf16); ONNX Runtime (ort.js), which only applies networks; other engines (old).
YC_KERNELS=avx2 compares AVX2 on both sides.
"""
import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
WORKS = [  # work, images that it counts
    ('forward 128', 128), ('step 128', 128), ('match 40', 40), ('match 128', 128),
    ('inner 1', 1), ('eval 10', 1), ('eval 40', 1), ('eval 400', 1)]
TUNED = {'MALLOC_MMAP_THRESHOLD_': '8000000000', 'MALLOC_TRIM_THRESHOLD_': '16000000000'}
AVX2 = os.environ.get('YC_KERNELS') == 'avx2'
THREADS = str(len(os.sched_getaffinity(0)))


class Server:
    """A program that does a work for each line and answers with its seconds."""
    def __init__(self, name, command, works=None, **env):
        self.name, self.works = name, works
        if AVX2:
            env.update(ATEN_CPU_CAPABILITY='avx2', DNNL_MAX_CPU_ISA='AVX2')
        self.peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True, env=dict(os.environ, **env))

    def can(self, work):
        return not self.works or work.split()[0] in self.works

    def ask(self, work, times):
        """Seconds of one piece of work: `times` in a row, for the short ones."""
        total = 0.0
        time.sleep(0.05)  # idle threads of the server before spin a few milliseconds
        for _ in range(times):
            self.peer.stdin.write(work + '\n')
            self.peer.stdin.flush()
            answer = self.peer.stdout.readline()
            if not answer:
                sys.exit(f'compare.py: {self.name} died at {work}')
            total += float(answer)
        return total / times

    def close(self):
        self.peer.stdin.close()
        self.peer.wait()


def engine(name, spec):
    """An engine with its settings: 'YC_PRECISION=fast build/release/bench/engine'."""
    *settings, program = shlex.split(spec)
    return Server(name, [program, THREADS], **dict(s.split('=', 1) for s in settings))


def torch(name, *mode, works=None, **env):
    command = [sys.executable, os.path.join(HERE, 'peer.py'), THREADS, *mode]
    return Server(name, command, works, **env)


def cpuinfo():
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as f:
        return f.read()


def has_bf16():
    return not AVX2 and 'avx512_bf16' in cpuinfo()


def machine():
    name = next((line.split(':', 1)[1].strip() for line in cpuinfo().splitlines()
                 if line.startswith('model name')), 'unknown processor')
    return f"{THREADS} threads on {name}{', AVX2' if AVX2 else ''}"


def heading():
    print('work', 'unit', 'rival', 'yc', 'its', 'ratio', 'lowest', 'highest', 'machine',
          sep='\t', flush=True)


def rivals(args):
    """The servers to compare with; says which are absent."""
    wanted = args.rivals.split(',')
    found = []
    if 'torch' in wanted:
        found.append(torch('torch'))
    if 'tuned' in wanted:
        found.append(torch('tuned', **TUNED))
    # Release 1.13 has no second derivatives in bfloat16, so it cannot match gradients.
    if 'bf16' in wanted and has_bf16():
        found.append(torch('bf16', 'bf16', works=('forward', 'step', 'eval'), **TUNED))
    elif 'bf16' in wanted:
        print('compare.py: no bf16: it would be emulated here', file=sys.stderr)
    if 'ort' in wanted and args.ort:
        command = ['node', os.path.join(HERE, 'ort.js'), THREADS, args.ort]
        found.append(Server('ort', command, ('forward',)))
    elif 'ort' in wanted:
        print('compare.py: no ort: --ort FOLDER with onnxruntime-node', file=sys.stderr)
    for i, spec in enumerate(args.old):
        found.append(engine(f'old{i + 1 if len(args.old) > 1 else ""}', spec))
    return found


def compare(work, images, ours, others, rounds):
    servers = [ours] + [s for s in others if s.can(work)]
    # Warm first: buffers, packed weights, page faults. Short works five in a row.
    times = [5 if s.ask(work, 1) < 0.3 else 1 for s in servers]
    seen = [[] for _ in servers]
    for r in range(rounds):
        for i in range(len(servers)):
            k = (r + i) % len(servers)  # nobody always comes after the same one
            seen[k].append(servers[k].ask(work, times[k]))
    speed = [images / t if images > 1 else t for t in map(statistics.median, seen)]
    for k, s in enumerate(servers[1:], 1):
        ratio = [a / b for a, b in zip(seen[k], seen[0])]
        print(work, 'images/s' if images > 1 else 's', s.name,
              f'{speed[0]:.4g}', f'{speed[k]:.4g}',
              f'{statistics.median(seen[k]) / statistics.median(seen[0]):.2f}',
              f'{min(ratio):.2f}', f'{max(ratio):.2f}', machine(), sep='\t', flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--old', metavar='ENGINE', action='append', default=[],
                   help="another engine, may be given several times; like ENGINE with "
                        "settings before it: 'YC_PRECISION=fast FILE'")
    p.add_argument('--ort', metavar='FOLDER',
                   help='node_modules with onnxruntime-node (npm i --ignore-scripts)')
    p.add_argument('--rivals', metavar='LIST', default='torch,tuned,bf16,ort',
                   help='of torch, tuned, bf16, ort; an empty one: only engines')
    p.add_argument('engine', metavar='ENGINE')
    p.add_argument('rounds', metavar='ROUNDS', type=int, nargs='?', default=5)
    p.add_argument('work', metavar='WORK', nargs='*',
                   help=', '.join(f"'{work}'" for work, _ in WORKS) + '; default: all')
    args = p.parse_args()
    ours, others = engine('yc', args.engine), rivals(args)
    heading()
    for work, images in WORKS:
        if not args.work or work in args.work:
            compare(work, images, ours, others, args.rounds)
    for s in [ours] + others:
        s.close()


if __name__ == '__main__':
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pictures.py BIN [FOLDER]: yc-load folder against Pillow, as TSV.

FOLDER has one folder per class, of photographs; without it pictures are made. Pillow decodes,
scales and crops them in this process, on one core, and keeps nothing; yc-load is a process that
also lists the folder and writes a stream: uncompressed to nowhere on one core, then as it does by
default to a file, on one core and on all. In turn, medians of ROUNDS. Fails if a pixel differs.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
from PIL import Image, features

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "reference"), os.path.join(HERE, "..", "..", "pipelines")]
import pictures  # noqa: E402
import yct  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "5"))


def photograph(seed, size):
    """Something with as much detail as a photograph: noise of every scale."""
    draw = numpy.random.default_rng(seed)
    sum_ = numpy.zeros((size[1], size[0], 3))
    for cells in (4, 11, 30, 80, 200):
        noise = draw.integers(0, 256, (cells, cells, 3), dtype="u1")
        sum_ += numpy.asarray(Image.fromarray(noise).resize(size, Image.BICUBIC), float) / cells ** 0.5
    sum_ -= sum_.min()
    return Image.fromarray((sum_ * (255 / sum_.max())).astype("u1"))


def make(folder, count, size, ending, **how):
    for i in range(count):
        where = os.path.join(folder, "class%d" % (i % 10))
        os.makedirs(where, exist_ok=True)
        photograph(i, size if i % 4 else size[::-1]).save(os.path.join(where, "%d.%s" % (i, ending)), **how)


def files(folder):
    for name in sorted(os.listdir(folder)):
        for picture in sorted(os.listdir(os.path.join(folder, name))):
            yield os.path.join(folder, name, picture)


def decode(path, side):
    return pictures.fit(Image.open(path).convert("RGB"), side)


def pillow(paths, side):
    start = time.perf_counter()
    for path in paths:
        decode(path, side).tobytes()
    return time.perf_counter() - start


def load(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def compare(binary, what, folder, side, out):
    paths = list(files(folder))
    yc = [os.path.join(binary, "yc-load"), "-q", "folder", folder, "--side", str(side)]
    ways = [yc + ["--raw", "-j1"], yc + ["--force", "-o", out, "-j1"], yc + ["--force", "-o", out]]
    taken = [[] for _ in range(1 + len(ways))]
    for _ in range(ROUNDS):
        taken[0].append(pillow(paths, side))
        for i, command in enumerate(ways):
            taken[1 + i].append(load(command))
    theirs, *ours = (statistics.median(t) for t in taken)
    print("%s to %d\t%d images\t%.0f\t%.0f" % (what, side, len(paths), len(paths) / theirs, len(paths) / ours[0])
          + "".join("\t%.2f" % (theirs / t) for t in ours), flush=True)
    for path, row in zip(paths, yct.read(out)[0]["image"]):
        if not numpy.array_equal(numpy.asarray(decode(path, side)).transpose(2, 0, 1), row):
            sys.exit("pictures.py: %s: not what Pillow makes of it" % path)


def main():
    binary = sys.argv[1]
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # the machine may be busy
    print("Pillow %s, libjpeg%s %s, %d cores" % (
        Image.__version__, "-turbo" * features.check_feature("libjpeg_turbo"), features.version("jpg"),
        len(os.sched_getaffinity(0))), file=sys.stderr)
    print("pictures\tnumber\tPillow/s\tyc-load/s\tratio\tinto a file\ton all cores")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.yct")
        if sys.argv[2:]:
            for side in (64, 128, 224):
                compare(binary, "photographs", sys.argv[2], side, out)
            return
        made = os.path.join(folder, "large")
        make(made, 100, (500, 375), "jpg", quality=92)
        for side in (64, 224):
            compare(binary, "JPEG, 500 x 375", made, side, out)
        made = os.path.join(folder, "png")
        make(made, 40, (500, 375), "png")
        compare(binary, "PNG, 500 x 375", made, 224, out)
        made = os.path.join(folder, "small")
        make(made, 2000, (32, 32), "png")
        compare(binary, "PNG, 32 x 32", made, 32, out)


main()

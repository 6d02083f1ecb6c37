#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""memory.py BIN: what tools take for a million images as large as CIFAR's, as TSV.

The stream is made on the way; what needs a file twice reads one of some 50 MB, since the images
compress well. Fails if a tool takes more than LIMIT.
"""
import os
import subprocess
import sys
import tempfile
import time

ROWS, LIMIT = 1000000, 200
MIB = 3 * 32 * 32 * ROWS / 1048576
MAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "make", "rows.py")


def measure(what, args, source=None, sink=subprocess.DEVNULL):
    start = time.monotonic()
    tool = subprocess.Popen(args, stdin=source, stdout=sink)
    _, status, used = os.wait4(tool.pid, 0)
    tool.returncode = os.waitstatus_to_exitcode(status)
    peak = used.ru_maxrss / 1024
    print("%s\t%d images\t%.0f\t%s\t%.0f" % (
        what, ROWS, MIB / (time.monotonic() - start), "MiB/s of pixels", peak), flush=True)
    if tool.returncode or peak > LIMIT:
        sys.exit("memory.py: %s: exit %d, %.0f MiB of %d" % (what, tool.returncode, peak, LIMIT))


def main():
    binary = sys.argv[1]
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # the machine may be busy
    print("what\tshape\trate\tunit\tpeak in MiB")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "million.yct")
        made = subprocess.Popen([MAKE, str(ROWS), "32", "U8"], stdout=subprocess.PIPE)
        measure("yc-quantise from a pipe", [binary + "/yc-quantise", "-o", path], source=made.stdout)
        measure("yc-quantise", [binary + "/yc-quantise", path])
        measure("yc-select yoco --keep 0.5", [binary + "/yc-select", "yoco", "--keep", "0.5", path])
        measure("yc-select yoco --order --keep 0.1",
                [binary + "/yc-select", "-q", "yoco", "--order", "--keep", "0.1", path])
        measure("yc-cat", [binary + "/yc-cat", path])
        measure("yc-cat --shard 2/3 from a pipe", [binary + "/yc-cat", "--shard", "2/3"],
                source=subprocess.Popen([binary + "/yc-quantise", path], stdout=subprocess.PIPE).stdout)
        measure("yc-view", [binary + "/yc-view", path])


main()

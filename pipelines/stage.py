#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stage of your own, in plain Python: copy this file and yct.py, and edit `edit`.

    python3 stage.py invert <train.yct | yc-eval --test test.yct
    python3 stage.py keep 0 3 8 <train.yct | zstd >animals.yct

The first inverts the pixels, the second keeps the rows of some classes. Only one record is in
memory at a time. For a whole stream at once, see yct.read.
"""

import array
import signal
import struct
import sys

import yct


def edit(columns, rows, arguments):
    """Changes the columns of one record in place; returns the rows to keep.

    columns[name] is a dict of dtype, shape and data (bytes, row-major, little-endian);
    the first dimension is rows.
    """
    what, *words = arguments
    if what == "invert":
        image = columns["image"]
        if image["dtype"] == "U8":
            image["data"] = image["data"].translate(bytes(range(255, -1, -1)))
        else:
            image["data"] = array.array("f", (1 - x for x in array.array("f", image["data"]))).tobytes()
        return range(rows)
    if what == "keep":
        if not words or not all(w.isdecimal() for w in words):
            sys.exit("stage.py: keep: numbers of classes expected, such as keep 0 3 8 (yc-info has their names)")
        wanted = set(map(int, words))
        label = struct.unpack(f"<{rows}q", columns["label"]["data"])
        return [i for i in range(rows) if label[i] in wanted]
    sys.exit(f"stage.py: {what}: neither invert nor keep")


def take(tensor, rows, n):
    """The given rows of a tensor of n rows, whatever its dtype is."""
    size = len(tensor["data"]) // n if n else 0
    data = memoryview(tensor["data"])
    tensor["data"] = b"".join(data[i * size : (i + 1) * size] for i in rows)
    tensor["shape"][0] = len(rows)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    came, went, ended = 0, 0, None
    for meta, tensors in yct.records(sys.stdin.buffer):
        if ended is not False:  # a segment begins
            meta = yct.history(meta, "stage.py", arguments=" ".join(sys.argv[1:]))
            meta.pop("yc.order", None)  # rows may be left out
            came = went = 0
        if yct.is_data(meta, tensors):
            n = next(iter(tensors.values()))["shape"][0]
            rows = edit(tensors, n, sys.argv[1:])
            for t in tensors.values():
                take(t, rows, n)
            came += n
            went += len(rows)
        ended = "yc.end" in meta
        if ended:
            if int(meta["yc.end"]) != came:
                sys.exit(f"stage.py: {came} rows came instead of {meta['yc.end']}")
            meta["yc.end"] = str(went)
            meta.pop("yc.digest", None)  # the data are others now
        yct.put(sys.stdout.buffer, meta, tensors)
    sys.stdout.buffer.flush()
    if not ended:
        sys.exit("stage.py: the input is incomplete (no yc.end)")


try:
    main()
except (EOFError, ValueError) as e:
    sys.exit(f"stage.py: {e}")

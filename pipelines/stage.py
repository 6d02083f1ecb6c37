#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stage of your own, in plain Python: copy this file and edit `edit`.

    zstd -dc train.yct | python3 stage.py invert | zstd | yc-eval --test test.yct
    zstd -dc train.yct | python3 stage.py keep 0 3 8 | zstd >animals.yct

The first inverts the pixels, the second keeps the rows of some classes. Needs nothing but
Python; yc-stream(5) describes the format.
"""

import array
import json
import signal
import struct
import sys


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
        wanted = set(map(int, words))
        label = struct.unpack(f"<{rows}q", columns["label"]["data"])
        return [i for i in range(rows) if label[i] in wanted]
    sys.exit(f"stage.py: {what}: neither invert nor keep")


def exactly(stream, size, what):
    data = stream.read(size)
    if len(data) < size:
        sys.exit(f"stage.py: the input ends inside {what}")
    return data


def records(stream):
    """Yields (metadata, tensors) of every record."""
    while length := stream.read(8):
        if len(length) < 8:
            sys.exit("stage.py: the input ends inside a header")
        (size,) = struct.unpack("<Q", length)
        if size > 16 << 20:
            sys.exit("stage.py: not a raw stream (is `zstd -dc` in front?)")
        tensors = json.loads(exactly(stream, size, "a header"))
        meta = tensors.pop("__metadata__", {})
        for name, t in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"]):
            begin, end = t.pop("data_offsets")
            t["data"] = exactly(stream, end - begin, f"tensor '{name}'")
        yield meta, tensors


def write(stream, meta, tensors):
    header, data, at = {"__metadata__": meta} if meta else {}, [], 0
    # Any order is legal; large elements first keep every tensor aligned.
    bits = lambda item: next((b for b in (64, 32, 16) if item[1]["dtype"].endswith(str(b))), 8)
    for name, t in sorted(tensors.items(), key=bits, reverse=True):
        end = at + len(t["data"])
        header[name] = {"dtype": t["dtype"], "shape": t["shape"], "data_offsets": [at, end]}
        data.append(t["data"])
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    stream.write(struct.pack("<Q", len(text)) + text + b"".join(data))


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
    for meta, tensors in records(sys.stdin.buffer):
        if ended is not False:  # a segment begins
            history = json.loads(meta.get("yc.history", "[]"))
            history.append({"tool": "stage.py", "options": {"arguments": " ".join(sys.argv[1:])}})
            meta["yc.history"] = json.dumps(history, separators=(",", ":"))
            meta.pop("yc.order", None)  # rows may be left out
            came = went = 0
        if tensors and meta.get("yc.kind", "data") == "data":
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
        write(sys.stdout.buffer, meta, tensors)
    sys.stdout.buffer.flush()
    if not ended:
        sys.exit("stage.py: the input is incomplete (no yc.end)")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small raw streams by hand, and columns of streams as text.

made.py [yc.KEY=TEXT]... NAME=DTYPE:SHAPE[:VALUES]...    writes a stream
made.py plain NAME=DTYPE:SHAPE[:VALUES]...               the same as one record without a head or an end
made.py --rows NAME <stream      the rows of a column of a raw stream, a line each
made.py --log NAME <stream       the same of a tensor of the records of kind log
made.py --dtype NAME <stream     its dtype
made.py --close TOL A B          whether two files of numbers agree

SHAPE is like 2x1x4x4. VALUES is a comma list; without it element k is k, modulo 256 in U8.
"""
import json
import struct
import sys

CODE = {"U8": "B", "I16": "h", "I64": "q", "F32": "f"}


def write(args, plain=False):
    meta, header, data = {"yc.version": "ycs/1"}, {}, b""
    for arg in args:
        name, text = arg.split("=", 1)
        if name.startswith("yc."):
            meta[name] = text
            continue
        dtype, dims, values = (text + ":").split(":")[:3]
        shape = [int(d) for d in dims.split("x")]
        count = 1
        for d in shape:
            count *= d
        kind = float if dtype == "F32" else int
        items = [kind(v) for v in values.split(",")] if values else \
            [k % 256 if dtype == "U8" else k for k in range(count)]
        raw = struct.pack("<%d%s" % (count, CODE[dtype]), *items)
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
        meta["yc.end"] = str(shape[0])
    text = json.dumps(header if plain else dict(header, __metadata__=meta)).encode()
    text += b" " * (-len(text) % 8)
    sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + data)


def tensors(name, kind="data"):
    """dtype, shape and bytes of the tensor of that name of every record of a kind."""
    while head := sys.stdin.buffer.read(8):
        header = json.loads(sys.stdin.buffer.read(struct.unpack("<Q", head)[0]))
        meta = header.pop("__metadata__", {})
        end = max([t["data_offsets"][1] for t in header.values()], default=0)
        data = sys.stdin.buffer.read(end)
        if name in header and meta.get("yc.kind", "data") == kind:
            t = header[name]
            yield t["dtype"], t["shape"], data[slice(*t["data_offsets"])]


def rows(name, kind="data"):
    for dtype, shape, raw in tensors(name, kind):
        items = struct.unpack("<%d%s" % (len(raw) // struct.calcsize(CODE[dtype]), CODE[dtype]), raw)
        width = len(items) // shape[0] if shape[0] else 0
        for r in range(shape[0]):
            print(*("%.7g" % v for v in items[r * width:(r + 1) * width]))


def close(tol, a, b):
    with open(a) as fa, open(b) as fb:
        x, y = fa.read().split(), fb.read().split()
    if len(x) != len(y) or not x:
        sys.exit("%d and %d numbers" % (len(x), len(y)))
    worst = max(abs(float(p) - float(q)) for p, q in zip(x, y))
    if not worst <= float(tol):
        sys.exit("they differ by %g" % worst)


if sys.argv[1] == "--rows":
    rows(sys.argv[2])
elif sys.argv[1] == "--log":
    rows(sys.argv[2], "log")
elif sys.argv[1] == "--dtype":
    print(next(tensors(sys.argv[2]))[0])
elif sys.argv[1] == "plain":
    write(sys.argv[2:], True)
elif sys.argv[1] == "--close":
    close(*sys.argv[2:])
else:
    write(sys.argv[1:])

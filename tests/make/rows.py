#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""rows.py N SIDE DTYPE [KEY=TEXT]...: a raw stream of N images of SIDE x SIDE, as large as one wants.

Records of about 1 MiB, with label (ten classes in turn, unless yc.classes says otherwise), id and
score.lbpe [N,f*f]. Every image is of one colour, so that it compresses well and rows that are
mixed up show. DTYPE is U8 or F32.
"""
import array
import json
import struct
import sys


def record(meta, columns=()):
    header, data = {}, b""
    if meta:
        header["__metadata__"] = meta
    for name, dtype, shape, raw in columns:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + data)


def main():
    rows, side, dtype = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    meta = {"yc.version": "ycs/1", "yc.classes": "10", "yc.side": str(side), "yc.factor": "1"}
    meta.update(a.split("=", 1) for a in sys.argv[4:])
    classes, tiles = int(meta["yc.classes"]), int(meta["yc.factor"]) ** 2
    pixels = 3 * side * side
    step = max(1, (1 << 20) // (pixels * (4 if dtype == "F32" else 1)))
    colour = [bytes([i]) * pixels if dtype == "U8" else struct.pack("<f", i / 256) * pixels for i in range(251)]
    record(meta)
    for at in range(0, rows, step):
        ids = range(at, min(at + step, rows))
        record({}, [
            ("label", "I64", [len(ids)], array.array("q", [i % classes for i in ids]).tobytes()),
            ("id", "I64", [len(ids)], array.array("q", ids).tobytes()),
            ("score.lbpe", "F32", [len(ids), tiles], array.array(
                "f", [(i * 7919 + k) * 104729 % 1000003 for i in ids for k in range(tiles)]).tobytes()),
            ("image", dtype, [len(ids), 3, side, side], b"".join(colour[i % 251] for i in ids))])
    record({"yc.end": str(rows)})


main()

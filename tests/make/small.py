#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small raw stream that every tool can work on: 2 classes, 8x8 pixels. noend: without yc.end."""
import json
import struct
import sys

CLASSES, SIDE, ROWS = 2, 8, 16

image = bytes((37 * i + i * i // 7 + 90 * (i // 192 % 2)) % 256 for i in range(ROWS * 3 * SIDE * SIDE))
label = [i % CLASSES for i in range(ROWS)]
score = [float(7 * i % 11) for i in range(ROWS)]
meta = {"yc.version": "ycs/1", "yc.classes": str(CLASSES), "yc.side": str(SIDE), "yc.factor": "1"}


def record(meta, *tensors):
    header, data = {"__metadata__": meta}, b""
    for name, dtype, shape, raw in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


sys.stdout.buffer.write(
    record(
        meta,
        ("image", "U8", [ROWS, 3, SIDE, SIDE], image),
        ("label", "I64", [ROWS], struct.pack(f"<{ROWS}q", *label)),
        ("id", "I64", [ROWS], struct.pack(f"<{ROWS}q", *range(ROWS))),
        ("score.lbpe", "F32", [ROWS, 1], struct.pack(f"<{ROWS}f", *score)),
        ("odd", "I16", [ROWS, 2], bytes(4 * ROWS)),
    )
    + record({"yc.kind": "strange", "note": "passed through"}, ("w", "F32", [2, 2], bytes(16)))
    + (record({"yc.end": str(ROWS)}) if "noend" not in sys.argv else b"")
)

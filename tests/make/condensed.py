#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""condensed.py [KEY=VALUE]...: writes a small stream of made-up condensed images, raw.

labels=0,1,0 (one row each)  classes=3  side=8  factor=2  h=8 (stored side)  dtype=U8|F32
names=JSON  scores=0|1  id=0|1  soft=onehot|mixed|centred (a column of soft labels). Pixel (row r, channel c, line y, column x) is
(37r + 11c + 8y + 5x) mod 256, as F32 divided by 100, so that some are above 1;
scores are lbpe (31r + 17k) mod M (modulus=23) of tile k, and el2n, its negative; id is 100 + 10r.
"""
import json
import struct
import sys

opt = dict(labels="0,1,0,2,2,1,0", classes="3", side="8", factor="2", h="", dtype="U8",
           names="", scores="1", id="1", modulus="23", soft="")
opt.update(a.split("=", 1) for a in sys.argv[1:])
labels = [int(x) for x in opt["labels"].split(",")]
n, h, tiles = len(labels), int(opt["h"] or opt["side"]), int(opt["factor"]) ** 2
pixels = [(37 * r + 11 * c + 8 * y + 5 * x) % 256
          for r in range(n) for c in range(3) for y in range(h) for x in range(h)]
scores = [float((31 * r + 17 * k) % int(opt["modulus"])) for r in range(n) for k in range(tiles)]

header, data = {}, b""


def add(name, dtype, shape, raw):
    global data
    header[name] = dict(dtype=dtype, shape=shape, data_offsets=[len(data), len(data) + len(raw)])
    data += raw


meta = {"yc.version": "ycs/1", "yc.classes": opt["classes"], "yc.side": opt["side"],
        "yc.factor": opt["factor"], "yc.end": str(n)}
if opt["names"]:
    meta["yc.names"] = opt["names"]
header["__metadata__"] = meta
add("label", "I64", [n], struct.pack("<%dq" % n, *labels))
if opt["id"] == "1":
    add("id", "I64", [n], struct.pack("<%dq" % n, *(100 + 10 * r for r in range(n))))
if opt["scores"] == "1":
    add("score.lbpe", "F32", [n, tiles], struct.pack("<%df" % len(scores), *scores))
    add("score.el2n", "F32", [n, tiles],
        struct.pack("<%df" % len(scores), *(-s for s in scores)))
if opt["soft"]:
    classes = int(opt["classes"])
    own, after, all_ = {"onehot": (1, 0, 0), "mixed": (.625, .25, .125),
                        "centred": (1, 0, -1)}[opt["soft"]]
    soft = [own * (c == y) + after * (c == (y + 1) % classes) + all_ / classes
            for y in labels for c in range(classes)]
    add("soft", "F32", [n, classes], struct.pack("<%df" % len(soft), *soft))
if opt["dtype"] == "U8":
    add("image", "U8", [n, 3, h, h], bytes(pixels))
else:
    add("image", "F32", [n, 3, h, h],
        struct.pack("<%df" % len(pixels), *(p / 100 for p in pixels)))
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + data)

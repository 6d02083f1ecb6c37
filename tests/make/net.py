#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The weights in a safetensors file in other files and precisions.

net.py zip|legacy|safetensors f2|bf|f4|f8 IN OUT [home=KEY] [prefix=TEXT] [fill=NUMBER]

home puts the state_dict beside other entries of a checkpoint, prefix is put before every name, and
fill replaces every weight of the first convolution.
"""
import collections
import json
import struct
import sys

import published as p

SAFE = {"f2": "F16", "bf": "BF16", "f4": "F32", "f8": "F64", "i8": "I64"}
p.FORMS["bf"] = "H", 2
p.storages["bf"] = p.pretend(type("BFloat16Storage", (), {}), "BFloat16Storage", "torch")


def bfloat(x):
    """Nearest, ties to even, as an integer."""
    bits, = struct.unpack("<I", struct.pack("<f", x))
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def read(path):
    with open(path, "rb") as f:
        raw = f.read()
    n, = struct.unpack_from("<Q", raw)
    head = json.loads(raw[8:8 + n])
    head.pop("__metadata__", None)
    for name, t in head.items():
        form, size = ("f", 4) if t["dtype"] == "F32" else ("q", 8)
        data = raw[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]
        yield name, t["shape"], "i8" if form == "q" else "", struct.unpack("<%d%s" % (len(data) // size, form), data)


def main(form, dtype, source, to, home="", prefix="", fill=""):
    weights = collections.OrderedDict()
    for name, shape, whole, items in read(source):
        if fill and name == "layers.conv.0.weight":
            items = [float(fill)] * len(items)
        kind = whole or dtype
        weights[prefix + name] = p.Numbers(shape, kind, [bfloat(x) for x in items] if kind == "bf" else list(items))
    if form == "safetensors":
        head, data = {}, b""
        for name, w in weights.items():
            head[name] = {"dtype": SAFE[w.dtype], "shape": w.shape, "data_offsets": [len(data), len(data) + len(w.raw())]}
            data += w.raw()
        text = json.dumps(head).encode()
        with open(to, "wb") as f:
            f.write(struct.pack("<Q", len(text)) + text + data)
        return
    if home:
        weights = {"epoch": 3, "arch": "convnet", home: weights, "best": 0.5}
    (p.write_zip if form == "zip" else p.write_legacy)(weights, to)


if __name__ == "__main__":
    plain = [a for a in sys.argv[1:] if "=" not in a]
    main(*plain, **dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a))

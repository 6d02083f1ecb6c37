#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tiny CIFAR distributions.

cifar.py cifar10|cifar100 bin|py2|p2|p3|p4 FOLDER   writes the members, as binary records, as Python 2
                                                    pickled them or as Python 3 does in protocol 2-4
cifar.py cifar10|cifar100 check train|test          is the raw stream on standard input what they hold?
"""
import json
import os
import pickle
import struct
import sys
import types

ROWS = 4  # of a member
KINDS = {
    "cifar10": (10, ["data_batch_%d" % i for i in range(1, 6)], ["test_batch"], "batches.meta", "label_names"),
    "cifar100": (100, ["train"], ["test"], "meta", "fine_label_names"),
}


def images(kind, member):
    """Labels and pixels of a member."""
    classes, train, test = KINDS[kind][:3]
    first = ROWS * (train + test).index(member)
    for row in range(first, first + ROWS):
        yield row * (classes // 10) % classes, bytes((row * 41 + i * 7 + i // 1024) % 256 for i in range(3072))


class Array:
    """Pickles itself as NumPy's array of unsigned bytes does."""

    def __init__(self, *rows):
        self.rows = rows

    def __reduce__(self):
        state = (1, (len(self.rows), 3072), Bytes(), False, b"".join(self.rows))
        return sys.modules["numpy.core.multiarray"]._reconstruct, (Array, (0,), b"b"), state


class Bytes:
    def __reduce__(self):
        return Bytes, ("u1", False, True), (3, "|", None, None, None, -1, -1, 0)


def pretend(thing, module, name):
    """A pickler writes classes and functions by name, and looks whether the name leads back to them."""
    for part in ("numpy", "numpy.core", "numpy.core.multiarray"):
        sys.modules.setdefault(part, types.ModuleType(part))
    thing.__module__, thing.__name__, thing.__qualname__ = module, name, name
    setattr(sys.modules[module], name, thing)


class Python2(pickle._Pickler):
    """Strings of Python 2 are bytes without a name for it."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_string(self, s):
        raw = s if isinstance(s, bytes) else s.encode()
        self.write((b"U%c" % len(raw) if len(raw) < 256 else b"T" + struct.pack("<i", len(raw))) + raw)
        self.memoize(s)

    dispatch[str] = dispatch[bytes] = save_string


def dump(what, form, path):
    with open(path, "wb") as f:
        (Python2(f, 2) if form == "py2" else pickle.Pickler(f, int(form[1]))).dump(what)


def write(kind, form, folder):
    classes, train, test, meta, key = KINDS[kind]
    names = ["class_%d" % i for i in range(classes)]
    os.makedirs(folder, exist_ok=True)
    for member in train + test:
        rows = list(images(kind, member))
        path = os.path.join(folder, member)
        if form == "bin":
            with open(path + ".bin", "wb") as f:
                for label, pixels in rows:
                    f.write((b"" if kind == "cifar10" else bytes([label // 5])) + bytes([label]) + pixels)
            continue
        batch = {"filenames": ["f%d.png" % i for i in range(ROWS)], "batch_label": member}
        batch["labels" if kind == "cifar10" else "fine_labels"] = [label for label, _ in rows]
        if kind == "cifar100":
            batch["coarse_labels"] = [label // 5 for label, _ in rows]
        batch["data"] = Array(*[pixels for _, pixels in rows])
        dump(batch, form, path)
    if form == "bin":
        with open(os.path.join(folder, "batches.meta.txt" if kind == "cifar10" else key + ".txt"), "w") as f:
            f.write("\n".join(names) + "\n\n")
    else:
        dump({"num_vis": 3072, key: names}, form, os.path.join(folder, meta))


def check(kind, split):
    data = sys.stdin.buffer.read()
    expected = [row for member in KINDS[kind][1 if split == "train" else 2] for row in images(kind, member)]
    at, got = 0, []
    while at < len(data):
        size = struct.unpack_from("<Q", data, at)[0]
        header = json.loads(data[at + 8 : at + 8 + size])
        at += 8 + size
        end = at
        part = {}
        for name, t in header.items():
            if name != "__metadata__":
                first, last = t["data_offsets"]
                part[name] = data[at + first : at + last]
                end = max(end, at + last)
        if "image" in part:
            n = len(part["image"]) // 3072
            labels = struct.unpack("<%dq" % n, part["label"])
            got += [(labels[i], part["image"][3072 * i : 3072 * (i + 1)]) for i in range(n)]
        at = end
    print("same" if got == expected else "different")


pretend(Array, "numpy", "ndarray")
pretend(Bytes, "numpy", "dtype")
pretend(lambda: None, "numpy.core.multiarray", "_reconstruct")
if sys.argv[2] == "check":
    check(sys.argv[1], sys.argv[3])
else:
    write(*sys.argv[1:4])

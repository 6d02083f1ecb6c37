#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Condensed sets in the files of PyTorch and NumPy, without either of them.

published.py zip|legacy|npz|deflated|pickle2|pickle4|pickle5|nested2|nested4 SHAPE FILE    SHAPE: list, tuple, runs, images, labels, named
    what=pixels|normalised   values in 0..1, or (x - mean) / std     (pixels)
    layout=nchw|nhwc         stored so                                (nchw)
    labels=int|column|soft   whole numbers, a column of them, or a row a sample   (int)
    channels=3 first=0 numpy=1   first: the label of the first class; numpy: the version, for protocol 5
    like=DATASET             pixels whose means by channel are those of the dataset
    classes=10 ipc=2 side=32 dtype=f4                                 '>f8' and so on for NumPy's
    bad=...                  something that is wrong, see below
published.py check what=... ...                                       is the raw stream on standard input that?
"""
import array
import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
FORMS = {"f2": ("e", 2), "f4": ("f", 4), "f8": ("d", 8), "i4": ("i", 4), "i8": ("q", 8)}
TORCH = {"f2": "HalfStorage", "f4": "FloatStorage", "f8": "DoubleStorage", "i4": "IntStorage", "i8": "LongStorage"}

opts = {"what": "pixels", "layout": "nchw", "labels": "int", "classes": "10", "ipc": "2", "side": "32", "dtype": "f4",
        "bad": "", "run": "0", "numpy": "1", "protocol": "", "channels": "3", "first": "0", "like": ""}
LIKE = {"cifar10": MEAN, "svhn": (0.4377, 0.4438, 0.4728), "mnist": (0.1307,), "fashionmnist": (0.2861,)}


def value(row, channel, y, x, run=0):
    """As the stream should have it, before it is rounded to single precision."""
    pixel = (row * 31 + channel * 7 + y * 5 + x * 3 + run * 11) % 251 / 250
    if opts["like"]:
        pixel = LIKE[opts["like"]][channel] + (pixel - 0.5) / 4
    return (pixel - MEAN[channel]) / STD[channel] if opts["what"] == "normalised" else pixel


class Numbers:
    """Elements in the order of memory, shape and strides."""

    def __init__(self, shape, dtype, items):
        self.shape, self.dtype, self.items = tuple(shape), dtype, items

    def strides(self):
        out, step = [], 1
        for n in reversed(self.shape):
            out.insert(0, step)
            step *= n
        return tuple(out)

    def raw(self, order="<"):
        form, _ = FORMS[self.dtype]
        return struct.pack("%s%d%s" % (order, len(self.items), form), *self.items)


def images(run=0):
    rows, side = int(opts["classes"]) * int(opts["ipc"]), int(opts["side"])
    channels = 2 if opts["bad"] == "pairs" else int(opts["channels"])
    r = range(side)
    if opts["layout"] == "nhwc":
        items = [value(i, c, y, x, run) for i in range(rows) for y in r for x in r for c in range(channels)]
        shape = rows, side, side, channels
    else:
        items = [value(i, c, y, x, run) for i in range(rows) for c in range(channels) for y in r for x in r]
        shape = rows, channels, side, side
    if opts["bad"] == "nan":
        items[len(items) // 2] = float("nan")
    return Numbers(shape, opts["dtype"][-2:], items)


def labels():
    classes, ipc = int(opts["classes"]), int(opts["ipc"])
    rows = [c + int(opts["first"]) for c in range(classes) for _ in range(ipc)]
    if opts["bad"] == "few":
        rows.pop()
    if opts["bad"] == "uneven":
        rows[0] = 1
    if opts["bad"] == "negative":
        rows[0] = -1
    if opts["bad"] == "half":
        return Numbers((len(rows),), "f4", [0.5] * len(rows))
    if opts["labels"] == "soft":
        return Numbers((len(rows), classes), "f4", [0.9 if c == y else -0.1 for y in rows for c in range(classes)])
    return Numbers((len(rows), 1) if opts["labels"] == "column" else (len(rows),), "i8", rows)


def pretend(thing, name, module):
    """A pickler writes functions and classes by name, and looks whether the name leads back to them."""
    parts = module.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[: i + 1]), types.ModuleType(".".join(parts[: i + 1])))
    thing.__module__, thing.__name__, thing.__qualname__ = module, name, name
    setattr(sys.modules[module], name, thing)
    return thing


def function():
    return lambda *args: None


load_from_bytes = pretend(function(), "_load_from_bytes", "torch.storage")
rebuild = pretend(function(), "_rebuild_tensor_v2", "torch._utils")
reconstruct = pretend(function(), "_reconstruct", "numpy.core.multiarray")
scalar = pretend(function(), "scalar", "numpy.core.multiarray")
from_buffer = pretend(function(), "_frombuffer", "numpy.core.numeric")
from_buffer2 = pretend(function(), "_frombuffer", "numpy._core.numeric")
dtype_of = pretend(type("dtype", (), {}), "dtype", "numpy")
ndarray = pretend(type("ndarray", (), {}), "ndarray", "numpy")
storages = {k: pretend(type(n, (), {}), n, "torch") for k, n in TORCH.items()}


class Reduced:
    """Pickles itself as a call and a state."""

    def __init__(self, *what):
        self.what = what

    def __reduce__(self):
        return self.what


def as_dtype(code):
    return Reduced(dtype_of, (code[-2:], False, True), (3, ">" if code[0] == ">" else "<", None, None, None, -1, -1, 0))


def as_array(n, code):
    if opts["protocol"] == "5":
        raw = bytearray(n.raw(">" if code[0] == ">" else "<"))
        if opts["numpy"] == "2":
            return Reduced(from_buffer2, (bytes(raw), as_dtype(code), n.shape, "C"))
        return Reduced(from_buffer, (raw, as_dtype(code), n.shape, "C"))
    state = (1, n.shape, as_dtype(code), False, n.raw(">" if code[0] == ">" else "<"))
    return Reduced(reconstruct, (ndarray, (0,), b"b"), state)


class Storage:
    def __init__(self, key, numbers):
        self.key, self.numbers = key, numbers


class Torch(pickle._Pickler):
    """Tensors are calls, storages have persistent ids."""

    def __init__(self, file, legacy):
        super().__init__(file, 2)
        self.legacy, self.stored = legacy, []

    def persistent_id(self, thing):
        if not isinstance(thing, Storage):
            return None
        size = len(thing.numbers.items)
        pid = ("storage", storages[thing.numbers.dtype], thing.key, "cuda:0", size)
        return pid + (None,) if self.legacy else pid


def tensors(what, legacy, stored):
    """The same with the numbers as tensors; a view of a larger storage, if they are images."""
    if isinstance(what, Numbers):
        key = str(94000000 + len(stored)) if legacy else str(len(stored))
        shape, strides, skip, base = what.shape, what.strides(), 0, what
        if len(shape) == 4:
            skip = 5
            base = Numbers((skip + len(what.items),), what.dtype, [0] * skip + what.items)
        if opts["bad"] == "outside":
            skip += 1
        if opts["bad"] == "stride":
            strides = (0,) + strides[1:]
            base = Numbers((skip + len(what.items) // shape[0],), what.dtype, base.items[: skip + len(what.items) // shape[0]])
        stored.append(Storage(key, base))
        args = stored[-1], skip, shape, strides, False, collections.OrderedDict()
        return Reduced(rebuild, args)
    if isinstance(what, dict):
        return {k: tensors(v, legacy, stored) for k, v in what.items()}
    if isinstance(what, (list, tuple)):
        return type(what)(tensors(v, legacy, stored) for v in what)
    return what


class Unseekable(io.RawIOBase):
    """Makes zipfile write sizes and checksums behind the data, as PyTorch does."""

    def __init__(self, f):
        self.f = f

    def writable(self):
        return True

    def write(self, b):
        return self.f.write(bytes(b))


def write_zip(what, path):
    stored, out = [], io.BytesIO()
    Torch(out, False).dump(tensors(what, False, stored))
    with open(path, "wb") as f, zipfile.ZipFile(Unseekable(f), "w", zipfile.ZIP_STORED) as z:
        z.writestr("set/data.pkl", out.getvalue())
        for s in stored:
            raw = s.numbers.raw()
            if opts["bad"] == "short":
                raw = raw[:-1]
            if opts["bad"] != "missing" or s is stored[-1]:
                z.writestr("set/data/" + s.key, raw)
        z.writestr("set/version", "3\n")
        if opts["bad"] == "script":
            z.writestr("set/constants.pkl", b"\x80\x02).")


def legacy(what, stored):
    out = io.BytesIO()
    for part in 0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}:
        pickle.dump(part, out, 2)
    Torch(out, True).dump(what)
    stored.sort(key=lambda s: s.key)
    pickle.dump([s.key for s in stored], out, 2)
    for s in stored:
        out.write(struct.pack("<q", len(s.numbers.items)) + s.numbers.raw())
    return out.getvalue()[: -9 if opts["bad"] == "cut" else None]


def write_legacy(what, path):
    stored = []
    what = tensors(what, True, stored)
    with open(path, "wb") as f:
        f.write(legacy(what, stored))


class Nested(pickle._Pickler):
    """A plain pickle, in which each storage is a file of its own."""

    def save(self, thing, *args):
        if isinstance(thing, Storage):
            thing = Reduced(load_from_bytes, (legacy(thing, [thing]),))
        super().save(thing, *args)


def write_nested(what, path, protocol):
    with open(path, "wb") as f:
        Nested(f, protocol).dump(tensors(what, True, []))


def npy(n, code):
    if opts["bad"] == "fortran":
        # the same numbers, columns first
        side, rows = n.shape[1], n.shape[0]
        if len(n.shape) == 4:
            st = n.strides()
            n = Numbers(n.shape, n.dtype, [n.items[i * st[0] + y * st[1] + x * st[2] + c] for c in range(n.shape[3])
                                           for x in range(side) for y in range(side) for i in range(rows)])
    order = "True" if opts["bad"] == "fortran" and len(n.shape) == 4 else "False"
    head = "{'descr': '%s', 'fortran_order': %s, 'shape': (%s,), }" % (code, order, ", ".join(map(str, n.shape)))
    head += " " * (-(len(head) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + n.raw(">" if code[0] == ">" else "<")


def write_npz(what, path, method):
    with zipfile.ZipFile(path, "w", method) as z:
        for name, n in what.items():
            code = opts["dtype"] if len(n.shape) == 4 else "<" + n.dtype
            z.writestr(name + ".npy", npy(n, code if code[0] in "<>" else "<" + code))


def arrays(what):
    if isinstance(what, Numbers):
        return as_array(what, opts["dtype"] if len(what.shape) == 4 else what.dtype)
    if isinstance(what, dict):
        return {k: arrays(v) for k, v in what.items()}
    return type(what)(arrays(v) for v in what) if isinstance(what, (list, tuple)) else what


def shaped(shape):
    if shape in ("images", "labels"):
        return images() if shape == "images" else labels()
    if shape == "named":
        return {"images": images(), "labels": labels()}
    if shape == "runs":
        accuracy = Reduced(scalar, (as_dtype("f8"), struct.pack("<d", 0.5)))
        return {"data": [[images(run), labels()] for run in range(3)], "accs_all_exps": {"ConvNet": [accuracy] * 2}}
    return (list if shape == "list" else tuple)((images(), labels()))


def write(form, shape, path):
    what = shaped(shape)
    if form == "zip":
        write_zip(what, path)
    elif form == "legacy":
        write_legacy(what, path)
    elif form.startswith("nested"):
        write_nested(what, path, int(form[-1]))
    elif form in ("npz", "deflated"):
        write_npz(what, path, zipfile.ZIP_STORED if form == "npz" else zipfile.ZIP_DEFLATED)
    else:
        with open(path, "wb") as f:
            opts["protocol"] = form[-1]
            pickle.Pickler(f, int(form[-1])).dump(arrays(what))


def records(raw):
    at = 0
    while at < len(raw):
        n = struct.unpack("<Q", raw[at:at + 8])[0]
        head = json.loads(raw[at + 8:at + 8 + n])
        at += 8 + n
        meta = head.pop("__metadata__", {})
        yield meta, {k: (t["shape"], raw[at + t["data_offsets"][0]:at + t["data_offsets"][1]]) for k, t in head.items()}
        at += max([t["data_offsets"][1] for t in head.values()], default=0)


def check():
    found, labels_found = array.array("f"), array.array("q")
    for _, tensor in records(sys.stdin.buffer.read()):
        if "image" in tensor:
            found.frombytes(tensor["image"][1])
            labels_found.frombytes(tensor["label"][1])
    opts["layout"], opts["labels"] = "nchw", "int"
    want = array.array("f", images(int(opts["run"])).items)
    close = 2e-3 if opts["dtype"][-2:] == "f2" else 0
    same = len(found) == len(want) and all(abs(a - b) <= close for a, b in zip(found, want))
    print("same" if same and list(labels_found) == labels().items else "other")


if __name__ == "__main__":
    plain = [a for a in sys.argv[1:] if "=" not in a]
    opts.update(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
    if plain == ["check"]:
        check()
    else:
        write(*plain)

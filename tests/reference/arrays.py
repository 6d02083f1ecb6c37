#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""arrays.py [NAME...]: yc-load of arrays, and of tables, against NumPy and Python's csv.

Writes small files of arrays, loads each with the yc-load on the PATH, and compares images and labels with what
NumPy makes of the same arrays. Prints a line for each disagreement, then the counts; exits 1 if there is any.
"""
import csv
import gzip
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

import numpy as np

torch = None
if not sys.argv[1:] or "torch" in sys.argv:
    try:
        import torch
    except ImportError:
        pass

rng = np.random.default_rng(0)
N, S = 12, 6
U8 = rng.integers(0, 256, (N, 3, S, S), dtype=np.uint8)
U8[0, 0, 0, 0], U8[1, 0, 0, 0] = 255, 0
LABELS = np.arange(N) % 4
GREY = U8[:, 0]
cases = []


def case(name, files, args, images=None, labels=LABELS, **more):
    cases.append((name, files, args, images, labels, more))


def npy(a, **how):
    f = io.BytesIO()
    np.save(f, a, **how)
    return f.getvalue()


def npz(compressed=False, **arrays):
    f = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(f, **arrays)
    return f.getvalue()


def idx(a):
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[a.dtype.str[1:]]
    return struct.pack(">BBBB", 0, 0, code, a.ndim) + struct.pack(">%dI" % a.ndim, *a.shape) + \
        a.astype(a.dtype.newbyteorder(">")).tobytes()


def packed(files):
    f = io.BytesIO()
    with tarfile.open(fileobj=f, mode="w") as t:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            t.addfile(entry, io.BytesIO(data))
    return f.getvalue()


def safetensors(tensors, meta=None):
    """tensors: name -> array, or (dtype, shape, bytes)."""
    codes = {"u1": "U8", "i1": "I8", "i2": "I16", "u2": "U16", "i4": "I32", "u4": "U32", "i8": "I64", "u8": "U64",
             "f2": "F16", "f4": "F32", "f8": "F64", "b1": "BOOL"}
    head, data = {"__metadata__": meta} if meta else {}, b""
    for name, a in tensors.items():
        dtype, shape, raw = a if isinstance(a, tuple) else (codes[a.dtype.str[1:]], list(a.shape), a.tobytes())
        head[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


def bf16(a):
    return "BF16", a.shape, (a.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()


def torch_save(what, **how):
    f = io.BytesIO()
    torch.save(what, f, **how)
    return f.getvalue()


def pickled(what, protocol):
    return pickle.dumps(what, protocol)


nhwc = np.ascontiguousarray(U8.transpose(0, 2, 3, 1))
unit = (U8 / np.float32(255)).astype(np.float32)
smooth = rng.random((N, 3, S, S), dtype=np.float32)
MEAN, STD = np.array([0.5, 0.4, 0.3]), np.array([0.2, 0.25, 0.3])
normal = ((unit.astype(np.float64) - MEAN[:, None, None]) / STD[:, None, None]).astype(np.float32)


def npy_case(name, images, expect, *args, labels=LABELS, expect_labels=LABELS, how={}, **more):
    case("npy " + name, {"x.npy": npy(images, **how), "y.npy": npy(labels)}, ["npy", "x.npy", "--labels", "y.npy", *args],
         expect, expect_labels, **more)


# dtypes, orders, layouts
npy_case("u8 nchw", U8, U8)
npy_case("u8 nhwc", nhwc, U8)
npy_case("u8 nhw", GREY, GREY[:, None])
npy_case("u8 nhw1", GREY[..., None], GREY[:, None])
npy_case("u8 n1hw", GREY[:, None], GREY[:, None])
npy_case("fortran order", np.asfortranarray(U8), U8)
npy_case("fortran order, channels last", np.asfortranarray(nhwc), U8)
for code in "i2", ">i2", "u2", ">u2", "i4", ">i4", "u4", "i8", ">i8", "u8", ">u8":
    npy_case("bytes as " + code, U8.astype(code), U8)
for code in "f4", ">f4", "f8", ">f8", "f2", ">f2":
    npy_case("0..255 as " + code, U8.astype(code), U8)
for code in "f4", ">f4", "f8", ">f8":
    npy_case("0..1 as " + code, smooth.astype(code), smooth)
    npy_case("bytes / 255 as " + code, (U8 / 255.0).astype(code), U8)
npy_case("0..1 as f2", smooth.astype("f2"), smooth.astype("f2").astype(np.float32))
npy_case("0..255 with fractions", smooth * 255, (smooth * 255).astype(np.float64) / 255, tolerance=1e-7)
npy_case("bool", U8[:, :1] > 127, np.where(U8[:, :1] > 127, 255, 0).astype(np.uint8))
npy_case("a little over 1", np.clip(smooth * 1.0005, 0, 1.0005), np.clip(smooth * 1.0005, 0, 1), tolerance=1e-7)
over = (smooth * 1.2 - 0.1).astype(np.float32)
npy_case("a little outside, by how many", over, over)
npy_case("a little outside, said to be 0..1", over, over, "--values", "0..1", "--mean", ".5,.5,.5", "--std", ".2,.2,.2")
npy_case("a little outside, normalised", ((over - MEAN[:, None, None]) / STD[:, None, None]).astype("f4"), over, "--values",
         "normalised", "--mean", "0.5,0.4,0.3", "--std", "0.2,0.25,0.3", tolerance=1e-6)
npy_case("normalised bytes", normal, U8, "--mean", "0.5,0.4,0.3", "--std", "0.2,0.25,0.3")
npy_case("normalised to -1..1", unit * 2 - 1, U8, "--mean", ".5,.5,.5", "--std", ".5,.5,.5")
npy_case("normalised halves", normal.astype("f2"), unit, "--mean", "0.5,0.4,0.3", "--std", "0.2,0.25,0.3", tolerance=1e-3)
npy_case("normalised, in 0..1 as well", smooth, smooth * STD[:, None, None] / 2 + MEAN[:, None, None] / 2, "--values",
         "normalised", "--mean", "0.25,0.2,0.15", "--std", "0.1,0.125,0.15", tolerance=1e-6)
npy_case("3x3 images said to be nhwc", U8[:, :, :3, :3], U8[:, :, :3, :3].transpose(0, 3, 1, 2), "--layout", "nhwc")
npy_case("1x1 images", U8[:, :, :1, :1], U8[:, :, :1, :1])
# As channels first these would have 3 of 3x1 pixels.
npy_case("3x3 images with one channel last", GREY[:, :3, :3, None], GREY[:, None, :3, :3])
npy_case("one image", U8[:1], U8[:1], labels=LABELS[:1], expect_labels=LABELS[:1])
rgba = np.concatenate([U8, U8[:, :1]], 1)
npy_case("4 channels", rgba, rgba)
npy_case("4 channels last", rgba.transpose(0, 2, 3, 1).copy(), rgba)
npy_case("without transparency", rgba, U8, "--channels", "3")
wide = U8.astype(np.int64)
grey_of = ((19595 * wide[:, :1] + 38470 * wide[:, 1:2] + 7471 * wide[:, 2:] + 32768) >> 16).astype(np.uint8)
npy_case("to grey", U8, grey_of, "--channels", "1")
npy_case("to grey fractions", smooth, smooth[:, :1] * 19595 / 65536 + smooth[:, 1:2] * 38470 / 65536 +
         smooth[:, 2:] * 7471 / 65536, "--channels", "1", tolerance=1e-6)
npy_case("grey to RGB", GREY, np.repeat(GREY[:, None], 3, 1), "--channels", "3")
npy_case("black and white bytes", (GREY > 127).astype(np.uint8), (GREY > 127)[:, None].astype(np.uint8) * 255, "--values",
         "0..1")
npy_case("nearly black bytes", (GREY > 127).astype(np.uint8), (GREY > 127)[:, None].astype(np.uint8), "--values", "0..255")
for version in (1, 0), (2, 0), (3, 0):
    f = io.BytesIO()
    np.lib.format.write_array(f, U8, version=version)
    case("npy version %d" % version[0], {"x.npy": f.getvalue(), "y.npy": npy(LABELS)},
         ["npy", "x.npy", "--labels", "y.npy"], U8)

# labels
for code in "u1", "i1", "u2", ">i2", "i4", ">u4", "u8", ">i8", "f2", "f4", ">f8", "b1":
    wanted = (LABELS > 1) if code == "b1" else LABELS
    npy_case("labels " + code, U8, U8, labels=wanted.astype(code), expect_labels=wanted.astype(np.int64))
npy_case("labels above 127 as u8", U8, U8, labels=(LABELS + 200).astype("u1"), expect_labels=LABELS + 200)
npy_case("labels [N,1]", U8, U8, labels=LABELS[:, None])
npy_case("labels [1,N]", U8, U8, labels=LABELS[None])
npy_case("labels [N,1,1] of floats", U8, U8, labels=LABELS[:, None, None].astype("f4"))
one_hot = np.eye(5)[LABELS]
npy_case("one-hot", U8, U8, labels=one_hot, classes=5, columns={"image", "label", "id"})
npy_case("one-hot in bytes and fortran order", U8, U8, labels=np.asfortranarray(one_hot.astype("u1")), classes=5)
soft = rng.dirichlet(np.ones(4), N).astype(np.float32)
npy_case("soft labels", U8, U8, labels=soft, expect_labels=soft.argmax(1), classes=4, soft=soft)
npy_case("soft labels in f8 and fortran order", U8, U8, labels=np.asfortranarray(soft.astype("f8")),
         expect_labels=soft.argmax(1), soft=soft)
tied = np.array([[0.25, 0.375, 0, 0.375], [0.5, 0.5, 0, 0]], "f4")[np.arange(N) % 2]
npy_case("soft labels that are tied", U8, U8, labels=tied, expect_labels=1 - np.arange(N) % 2, classes=4, soft=tied)
words = np.array(["emu", "ant", "été", "日本"])
npy_case("labels of text", U8, U8, labels=words[LABELS], expect_labels=np.array([1, 0, 2, 3])[LABELS],
         names=["ant", "emu", "été", "日本"])
npy_case("labels of big-endian text", U8, U8, labels=words[LABELS].astype(">U3"),
         expect_labels=np.array([1, 0, 2, 3])[LABELS], names=["ant", "emu", "été", "日本"])
npy_case("labels of bytes", U8, U8, labels=np.array([b"emu", b"ant", b"bee", b"cow"])[LABELS],
         expect_labels=np.array([3, 0, 1, 2])[LABELS], names=["ant", "bee", "cow", "emu"])
npy_case("labels of text by --names", U8, U8, "--names", "emu,ant,été,日本,dog", labels=words[LABELS], classes=5,
         names=["emu", "ant", "été", "日本", "dog"])
npy_case("names", U8, U8, "--names", "a,b,c,d", names=["a", "b", "c", "d"])
npy_case("classes in all", U8, U8, "--classes-total", "40", classes=40)

# errors, each with its row or shape
bad = smooth.copy()
bad[7, 1, 2, 3] = np.nan
npy_case("nan", bad, "row 7: a value of the image is not finite")
bad[7, 1, 2, 3] = np.inf
npy_case("inf", bad, "row 7: a value of the image is not finite")
bad = U8.astype("i4")
bad[5, 0, 0, 0] = 256
npy_case("256", bad, "row 5: a value of the image is 256, outside 0..255")
bad[5, 0, 0, 0] = -1
npy_case("-1", bad, "row 5: a value of the image is -1, outside 0..255")
npy_case("i8", U8.view("i1"), "outside 0..255")
npy_case("outside 0..1", smooth * 2, "row ", "--values", "0..1")
npy_case("neither 0..1 nor 0..255", smooth * 2, "--values 0..1, 0..255 or normalised?")
far = over.copy()
far[3, 0, 0, 0] = 2.5
npy_case("far outside, by few", far, "values from -0.09")
npy_case("normalised by what", normal, "give the --mean and --std")
npy_case("normalised by other numbers", normal, "outside 0..1", "--mean", "0.9,0.4,0.3", "--std", "0.2,0.25,0.3")
npy_case("two means", normal, "3 numbers expected", "--mean", "0.9,0.4", "--std", "0.2,0.25,0.3", status=2)
npy_case("all 0 or 1", (GREY > 127).astype("u1"), "all values are 0 or 1: --values 0..1 or --values 0..255?")
npy_case("3x3 images", U8[:, :, :3, :3], "channels first or last? --layout nchw or nhwc")
npy_case("two channels", U8[:, :2], "no dimension of 1, 3 or 4 channels")
npy_case("not square", U8[:, :, :4], "are not square")
npy_case("flat", U8.reshape(N, -1), "of 2 dimensions: reshape them")
npy_case("five dimensions", U8[None], "of 5 dimensions")
npy_case("no images", U8[:0], "0 images", labels=LABELS[:0])
npy_case("complex", U8.astype("c8"), "npy: neither integers, floats nor strings")
npy_case("structured", np.zeros(N, dtype=[("a", "i4")]), "npy: the header is not one of a plain array")
npy_case("objects", np.array([{}] * N), "npy: neither integers, floats nor strings")
npy_case("fewer labels", U8, "labels of shape [11] for 12 images", labels=LABELS[:11])
npy_case("label 1.5", U8, "element 3 is 1.5, not an integer", labels=np.where(np.arange(N) == 3, 1.5, LABELS))
npy_case("label -1", U8, "row 0: label -1 is not in 0..65535", labels=LABELS - 1)
npy_case("label 2^63", U8, "too large", labels=np.full(N, 2**63, dtype="u8"))
npy_case("label nan", U8, "not an integer", labels=np.where(np.arange(N) == 3, np.nan, LABELS))
npy_case("several classes of an image", U8, "an image of several classes", labels=np.ones((N, 3), dtype="u1"))
npy_case("too few names", U8, "--names: 2 names for 4 classes", "--names", "a,b", status=2)
npy_case("a name twice", U8, "--names: 'a' is given twice", "--names", "a,a,b,c", status=2)
npy_case("an unknown name", U8, "row 0: label 'emu' is not in --names", "--names", "a,b,c,d", labels=words[LABELS])
npy_case("too few classes", U8, "--classes-total 3: 4 classes have images", "--classes-total", "3")
for cut in 5, 60, 200:
    case("npy cut at %d" % cut, {"x.npy": npy(U8)[:cut], "y.npy": npy(LABELS)}, ["npy", "x.npy", "--labels", "y.npy"],
         "x.npy: ")
case("npy with more bytes", {"x.npy": npy(U8) + b"x", "y.npy": npy(LABELS)}, ["npy", "x.npy", "--labels", "y.npy"],
     "the size does not match the shape")

# npz
case("npz by usual names", {"a.npz": npz(images=U8, labels=LABELS)}, ["npz", "a.npz"], U8)
case("npz compressed", {"a.npz": npz(True, x=nhwc, y=LABELS)}, ["npz", "a.npz"], U8)
keras = npz(x_train=GREY, y_train=LABELS, x_test=GREY[:5], y_test=LABELS[:5])
case("npz of Keras, train", {"mnist.npz": keras}, ["npz", "mnist.npz"], GREY[:, None])
case("npz of Keras, test", {"mnist.npz": keras}, ["npz", "mnist.npz", "--split", "test"], GREY[:5, None], LABELS[:5])
case("npz of Keras, val", {"mnist.npz": keras}, ["npz", "mnist.npz", "--split", "val"],
     "which array holds the images of the split 'val'? name it with --images: the file has 'x_train' U8 [12,6,6]")
med = npz(train_images=nhwc, train_labels=LABELS[:, None], val_images=nhwc[:4], val_labels=LABELS[:4, None],
          test_images=nhwc[:3], test_labels=LABELS[:3, None])
for split, n in ("train", N), ("val", 4), ("test", 3):
    case("npz of MedMNIST, " + split, {"m.npz": med}, ["npz", "m.npz", "--split", split], U8[:n], LABELS[:n])
case("npz with mean, std and names", {"a.npz": npz(images=U8, labels=LABELS, mean=MEAN, std=STD, names=list("zyxwv"))},
     ["npz", "a.npz"], U8, classes=5, names=list("zyxwv"), norm=(MEAN, STD))
case("npz with means, computed", {"a.npz": npz(images=U8, labels=LABELS, mean=MEAN, std=STD, computed=np.ones(1))},
     ["npz", "a.npz", "--std", "1,1,1"], U8, norm=(MEAN, np.ones(3)))
case("npz normalised by its mean and std", {"a.npz": npz(images=normal, labels=LABELS, mean=MEAN, std=STD)},
     ["npz", "a.npz"], U8, norm=(MEAN, STD))
case("npz with names of files and an image as mean", {"a.npz": npz(images=U8, labels=LABELS, mean=U8[0], std=STD, names=[
    "%d.png" % i for i in range(N)])}, ["npz", "a.npz"], U8, classes=4)
case("npy, a folder", {"d/images.npy": npy(U8), "d/labels.npy": npy(LABELS), "d/mean.npy": npy(MEAN), "d/std.npy": npy(STD),
                       "d/names.npy": npy(np.array(list("abcd")))}, ["npy", "d"], U8, names=list("abcd"), norm=(MEAN, STD))
case("npy, a folder and another mean", {"d/images.npy": npy(U8), "d/labels.npy": npy(LABELS), "d/mean.npy": npy(MEAN),
                                        "d/std.npy": npy(STD)},
     ["npy", "d", "--mean", "0.1,0.1,0.1", "--names", "a,b,c,d"], U8, names=list("abcd"), norm=(np.full(3, 0.1), STD))
case("npy, a folder without labels", {"d/images.npy": npy(U8)}, ["npy", "d"], "labels.npy: cannot open")
case("npz by shape", {"a.npz": npz(arr_0=U8, arr_1=LABELS)}, ["npz", "a.npz"], U8)
case("npz by given names", {"a.npz": npz(a=U8, b=U8[::-1], c=LABELS, d=LABELS[::-1])},
     ["npz", "a.npz", "--images", "b", "--labels", "d"], U8[::-1], LABELS[::-1])
case("npz, labels apart", {"a.npz": npz(a=U8), "y.npy": npy(LABELS)}, ["npz", "a.npz", "--labels", "y.npy"], U8)
case("npz by shape, beside a named split", {"a.npz": npz(arr_0=U8, arr_1=LABELS, x_test=U8[:5], y_test=LABELS[:5])},
     ["npz", "a.npz"], U8)
case("npz by shape, no test", {"a.npz": npz(images=U8, labels=LABELS)}, ["npz", "a.npz", "--split", "test"],
     "which array holds the images of the split 'test'")
case("npz by a name that says one thing once", {"a.npz": npz(images=U8, img_x=U8[::-1], labels=LABELS)}, ["npz", "a.npz"], U8)
case("npz with two candidates", {"a.npz": npz(a=U8, b=U8, c=LABELS)}, ["npz", "a.npz"], "name it with --images")
case("npz without that array", {"a.npz": npz(a=U8)}, ["npz", "a.npz", "--images", "z"], "no array 'z' in it")
case("npz without labels", {"a.npz": npz(images=U8)}, ["npz", "a.npz"], "name it with --labels")
case("npz of digits", {"a.npz": npz(data=U8.reshape(N, -1), images=GREY, target=LABELS)}, ["npz", "a.npz"], GREY[:, None])
case("npz with objects", {"a.npz": npz(images=U8, labels=np.array([{}] * N))}, ["npz", "a.npz"],
     "the file has 'images' U8 [12,3,6,6], and 'labels', neither numbers nor text")
case("npz for npy", {"a.npz": npz(a=U8)}, ["npy", "a.npz", "--labels", "a.npz"], U8, status=1, fails="labels of shape")
case("npy for npz", {"a.npy": npy(U8)}, ["npz", "a.npy"], "is read by yc-load npy")

# idx
family = {"train-images-idx3-ubyte": idx(GREY), "train-labels-idx1-ubyte": idx(LABELS.astype("u1")),
          "t10k-images-idx3-ubyte": idx(GREY[:4]), "t10k-labels-idx1-ubyte": idx(LABELS[:4].astype("u1"))}
case("idx, a folder", {"m/" + k: v for k, v in family.items()}, ["idx", "m"], GREY[:, None])
case("idx, test", {"m/" + k: v for k, v in family.items()}, ["idx", "m", "--split", "test"], GREY[:4, None], LABELS[:4])
case("idx, compressed", {"m/" + k + ".gz": gzip.compress(v) for k, v in family.items()}, ["idx", "m"], GREY[:, None])
case("idx, unpacked beside the compressed files", {"m/raw/" + k + z: gzip.compress(v) if z else v for k, v in family.items()
                                                   for z in ("", ".gz")}, ["idx", "m"], GREY[:, None])
case("idx, a tar", {"m.tar": packed({"a/" + k: gzip.compress(v) for k, v in family.items()})}, ["idx", "m.tar"], GREY[:, None])
case("idx, a single file", {"a": idx(GREY)}, ["idx", "a"], "a single file: --labels FILE gives its labels")
case("idx, another split beside", family, ["idx", "t10k-images-idx3-ubyte", "--labels", "t10k-labels-idx1-ubyte"],
     GREY[:4, None], LABELS[:4])
case("idx, one file", family, ["idx", "train-images-idx3-ubyte"], GREY[:, None])
case("idx, one compressed file", {k + ".gz": gzip.compress(v) for k, v in family.items()},
     ["idx", "t10k-images-idx3-ubyte.gz"], GREY[:4, None], LABELS[:4])
case("idx, a pair", {"a": idx(GREY), "b": idx(LABELS.astype("i4"))}, ["idx", "a", "--labels", "b"], GREY[:, None])
for code in "i2", "i4", "f4", "f8":
    case("idx of " + code, {"a": idx(U8.astype(code)), "b": idx(LABELS.astype("u1"))}, ["idx", "a", "--labels", "b"], U8)
case("idx, EMNIST", {"emnist-letters-" + k: v for k, v in family.items()}, ["idx", "."], GREY[:, None])
two = {p + k: v for k, v in family.items() for p in ("a-", "b-")}
case("idx, two sets", two, ["idx", "."], "give the file with the images itself")
case("idx without labels", {k: v for k, v in family.items() if "labels" not in k}, ["idx", "."],
     "no file 'train-labels-idx1-ubyte' in it")
case("idx, only the test split", {k: v for k, v in family.items() if "t10k" in k}, ["idx", "."], "only another split")
case("idx cut", {"a": idx(GREY)[:-1], "b": idx(LABELS.astype("u1"))}, ["idx", "a", "--labels", "b"],
     "idx: fewer bytes than its sizes say")
case("idx, padded behind gzip", {"a": gzip.compress(idx(GREY)) + bytes(9), "b": idx(LABELS.astype("u1"))},
     ["idx", "a", "--labels", "b"], GREY[:, None])
case("idx cut in gzip", {"a": gzip.compress(idx(GREY))[:-9], "b": idx(LABELS.astype("u1"))}, ["idx", "a", "--labels", "b"],
     "gzip: the file ends too early")

# safetensors
case("safetensors", {"a.safetensors": safetensors({"image": U8, "label": LABELS})}, ["safetensors", "a.safetensors"], U8)
case("safetensors channels last", {"a": safetensors({"image": nhwc, "label": LABELS.astype("i4")})}, ["safetensors", "a"], U8)
for code in "f2", "f4", "f8":
    case("safetensors " + code, {"a": safetensors({"image": smooth.astype(code), "label": LABELS})}, ["safetensors", "a"],
         smooth.astype(code).astype(np.float32))
half = (smooth.view("<u4") & 0xffff0000).view("<f4")
case("safetensors bf16", {"a": safetensors({"image": bf16(smooth), "label": LABELS})}, ["safetensors", "a"], half)
case("safetensors by name", {"a": safetensors({"p": U8, "q": U8[::-1].copy(), "r": LABELS})},
     ["safetensors", "a", "--images", "q"], U8[::-1])
case("safetensors cut", {"a": safetensors({"image": U8, "label": LABELS})[:-1]}, ["safetensors", "a"], "a: ")

# pickles
for protocol in 2, 3, 4:
    case("pickle of a dict, protocol %d" % protocol, {"a": pickled({"data": U8, "labels": LABELS}, protocol)},
         ["torch", "a"], U8)
    case("pickle of a tuple, protocol %d" % protocol, {"a": pickled((nhwc, LABELS), protocol)}, ["torch", "a"], U8)

# tables
def png(image):
    """[3,H,W] as a PNG."""
    h, w = image.shape[1:]
    rows = b"".join(b"\0" + image.transpose(1, 2, 0)[y].tobytes() for y in range(h))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)


def table(rows, **how):
    f = io.StringIO()
    csv.writer(f, **how).writerows(rows)
    return f.getvalue().encode()


odd = ["p.png", "a b.png", "x,y.png", 'q"q.png', "é.png", "new\nline.png", "d/e/f.png", " space.png ", "'.png", "k.PNG", "l.png",
       "m.png"]
pictures = {name: png(U8[i]) for i, name in enumerate(odd)}
plain_mean = {"mean": False}


def csv_case(name, text, *args, images=U8, labels=LABELS, files=pictures, **more):
    case("csv " + name, {"t.csv": text, **files}, ["csv", "t.csv", *args], images, labels, **plain_mean, **more)


numbered = [[p, l] for p, l in zip(odd, LABELS)]
csv_case("of odd names", table(numbered))
csv_case("all quoted, LF", table(numbered, quoting=csv.QUOTE_ALL, lineterminator="\n"))
csv_case("heading, byte order mark", b"\xef\xbb\xbf" + table([["path", "label"]] + numbered))
csv_case("without the last line end", table(numbered)[:-2])
csv_case("empty lines", table(numbered).replace(b"m.png", b"\r\n\r\nm.png") + b"\r\n\r\n")
csv_case("columns by name", table([["n", "y", "x"]] + [[i, l, p] for i, (p, l) in enumerate(numbered)]), "--path-column", "x",
         "--label-column", "y")
csv_case("paths that are not normal", table([["./" + p.replace("/", "//./"), l] for p, l in numbered]))
csv_case("a root", table(numbered), "--root", "r/s", files={"r/s/" + k: v for k, v in pictures.items()})
csv_case("an archive", table([n for n in numbered if n[0][0] != " "]), "--root", "a.tar", files={"a.tar": packed(pictures)},
         images=U8[[i for i in range(N) if i != 7]], labels=LABELS[[i for i in range(N) if i != 7]], notes=True)
csv_case("a row twice", table(numbered[:2] * 2), images=U8[[0, 1, 0, 1]], labels=LABELS[[0, 1, 0, 1]])
strange = ["a,b", 'say "x"', "é\n日本", "zebra"]
csv_case("labels of text", table([[p, strange[l]] for p, l in numbered]), names=sorted(strange, key=lambda s: s.encode()),
         labels=np.array([sorted(strange, key=lambda s: s.encode()).index(strange[l]) for l in LABELS]))
csv_case("labels by --names", table([[p, "abcd"[l]] for p, l in numbered]), "--names", "d,c,b,a", labels=3 - LABELS)
csv_case("names of numbers", table(numbered), "--names", "d,c,b,a", names=["d", "c", "b", "a"])
csv_case("classes in all", table(numbered), "--classes-total", "9", classes=9)
csv_case("smaller", table(numbered[:1]), "--side", "1", images=None, labels=LABELS[:1])
csv_case("names without endings", table([[p.replace(".", "_"), l] for p, l in numbered]),
         files={k.replace(".", "_"): v for k, v in pictures.items()})
csv_case("missing picture", table(numbered + [["none.png", 1]]), images="t.csv: line 14: no picture 'none.png'")
csv_case("no label", table(numbered[:2] + [["p.png", ""]]), images="line 3: no label")
csv_case("unknown label", table([[p, "abcd"[l]] for p, l in numbered]), "--names", "a,b,c",
         images="line 4: label 'd' is not in --names")
csv_case("label too large", table(numbered[:1] + [["p.png", 70000]]), images="line 2: label 70000 is not in 0..65535")
csv_case("an open quote", b'p.png,"1\nl.png,2\n', images="line 1: a quote that is not closed")
csv_case("text after a quote", b'p.png,"1"2\n', images="line 1: text after the quote")
csv_case("another number of columns", b"p.png,1\nl.png\n", images="line 2: 1 columns, not 2")
csv_case("one column", b"p.png\n", images="line 1: one column")
csv_case("no such column", b"a,b\np.png,1\n", "--label-column", "c", images="no column 'c', only a, b")
csv_case("nothing", b"\n", images="an empty table")
csv_case("only a heading", b"a,b\n", images="no rows below the heading")
csv_case("absolute among relative", b"p.png,1\n/p.png,1\n", images="is not relative to '.'")
csv_case("a zero", b"p.png,1\0\n", images="not a text file")
csv_case("twice in an archive", table(numbered[:2] * 2), "--root", "a.tar", files={"a.tar": packed(pictures)},
         images="line 3: 'p.png' is the picture of line 1 already")

if torch:
    T, L = torch.from_numpy(U8), torch.from_numpy(LABELS)
    for new in True, False:
        how = {"_use_new_zipfile_serialization": new}
        what = " (zip)" if new else " (legacy)"
        case("torch tuple" + what, {"a.pt": torch_save((T, L), **how)}, ["torch", "a.pt"], U8)
        case("torch dict" + what, {"a.pt": torch_save({"x": T.float() / 255, "y": L.int()}, **how)}, ["torch", "a.pt"], U8)
        case("torch nested" + what, {"a.pt": torch_save({"data": [T, L], "acc": 0.5}, **how)},
             ["torch", "a.pt", "--images", "data/0", "--labels", "data/1"], U8)
        case("torch views" + what, {"a.pt": torch_save([T.permute(0, 2, 3, 1), L[::1]], **how)}, ["torch", "a.pt"], U8)
        case("torch half" + what, {"a.pt": torch_save([torch.from_numpy(smooth).bfloat16(), L], **how)}, ["torch", "a.pt"],
             torch.from_numpy(smooth).bfloat16().float().numpy())
        case("torch dataset" + what, {"a.pt": torch_save(torch.utils.data.TensorDataset(T, L), **how)}, ["torch", "a.pt"],
             "a.pt: an object of class 'TensorDataset', not a tensor")
        case("torch without tensors" + what, {"a.pt": torch_save({"a": 1}, **how)}, ["torch", "a.pt"], "a.pt: no tensors in it")
        case("torch on strides" + what, {"a.pt": torch_save([T[::2, :, ::2, ::2], L[::2]], **how)}, ["torch", "a.pt", "--layout", "nchw"],
             U8[::2, :, ::2, ::2], LABELS[::2])
        case("torch scalar beside" + what, {"a.pt": torch_save([T, L, torch.tensor(3.0)], **how)}, ["torch", "a.pt"], U8)
        case("torch complex" + what, {"a.pt": torch_save([T.to(torch.complex64), L], **how)}, ["torch", "a.pt"],
             "name it with --images" if new else "neither integers nor floats")
    case("torch apart", {"x.pt": torch_save(T), "y.pt": torch_save(L)}, ["torch", "x.pt", "--labels", "y.pt"], U8)
    case("torch state dict", {"a.pt": torch_save(torch.nn.Conv2d(3, 4, 3).state_dict())}, ["torch", "a.pt"],
         "images [4,3,3,3]: channels first or last?")
    for protocol in 2, 3, 4, 5:
        case("torch tensors pickled, protocol %d" % protocol, {"a": pickled([T, L], protocol)}, ["torch", "a"], U8)
    case("torch, a pickled slice", {"a": pickled([T[2:7], L[2:7]], 4)}, ["torch", "a"], U8[2:7], LABELS[2:7])


def records(raw):
    at = 0
    while at < len(raw):
        n, = struct.unpack_from("<Q", raw, at)
        head = json.loads(raw[at + 8:at + 8 + n])
        at += 8 + n
        size = max([t["data_offsets"][1] for k, t in head.items() if k != "__metadata__"], default=0)
        yield head, raw[at:at + size]
        at += size


def read(raw):
    codes = {"U8": "u1", "F32": "<f4", "I64": "<i8"}
    columns, meta = {}, {}
    for head, data in records(raw):
        for k, v in head.pop("__metadata__", {}).items():
            meta.setdefault(k, v)
        for k, t in head.items():
            part = np.frombuffer(data[slice(*t["data_offsets"])], codes[t["dtype"]]).reshape(t["shape"])
            columns.setdefault(k, []).append(part)
    return {k: np.concatenate(v) for k, v in columns.items()}, meta


def disagreement(args, images, labels, more):
    done = subprocess.run(["yc-load", *args, "--raw"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    text = done.stderr.decode()
    fails = images if isinstance(images, str) else more.get("fails")
    if fails:
        if done.returncode != more.get("status", 1) or fails not in text or done.stdout:
            return "exit %d, %r, not %r" % (done.returncode, text, fails)
        return None
    if done.returncode:
        return "exit %d, %r" % (done.returncode, text)
    columns, meta = read(done.stdout)
    if images is None:
        return None
    have, tolerance = columns["image"], more.get("tolerance", 0)
    dtype = np.uint8 if images.dtype == np.uint8 else np.float32
    if have.dtype != dtype or have.shape != images.shape:
        return "images %s %s" % (have.dtype, have.shape)
    far = np.abs(have.astype(np.float64) - images.astype(np.float64)).max()
    if far > tolerance:
        return "images differ by %g" % far
    if not np.array_equal(columns["label"], labels):
        return "labels %s" % columns["label"]
    if not np.array_equal(columns["id"], np.arange(len(labels))):
        return "ids"
    if "soft" in more and not np.array_equal(columns["soft"], more["soft"]):
        return "soft labels"
    if "columns" in more and set(columns) != more["columns"]:
        return "columns %s" % sorted(columns)
    if int(meta["yc.classes"]) != more.get("classes", int(labels.max()) + 1):
        return "%s classes" % meta["yc.classes"]
    if "names" in more and json.loads(meta["yc.names"]) != more["names"]:
        return "names %s" % meta["yc.names"]
    if "norm" in more:
        for key, want in zip(("yc.mean", "yc.std"), more["norm"]):
            if not np.allclose([float(v) for v in meta[key].split(",")], want, rtol=0, atol=1e-12):
                return "%s %s, not %s" % (key, meta[key], want)
    elif "--mean" not in args and more.get("mean", True):
        x = have.astype(np.float64) / (255 if have.dtype == np.uint8 else 1)
        for key, want in ("yc.mean", x.mean((0, 2, 3))), ("yc.std", x.std((0, 2, 3))):
            got = np.array([float(v) for v in meta[key].split(",")])
            want = np.where(want < 1e-6, 1, want) if key == "yc.std" else want
            if np.abs(got - want).max() > 2e-6:
                return "%s %s, not %s" % (key, meta[key], want)
    return None


def main():
    wrong = 0
    chosen = [c for c in cases if not sys.argv[1:] or any(a in c[0] for a in sys.argv[1:])]
    for name, files, args, images, labels, more in chosen:
        with tempfile.TemporaryDirectory() as folder:
            for path, data in files.items():
                path = os.path.join(folder, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as f:
                    f.write(data)
            os.chdir(folder)
            text = disagreement(args, images, labels, more)
            os.chdir("/")
        if text:
            wrong += 1
            print("%s: %s" % (name, text))
    print("%d inputs, %d disagreements, torch %s" % (len(chosen), wrong, torch.__version__ if torch else "is not there"))
    return wrong > 0


sys.exit(main())

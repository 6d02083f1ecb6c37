#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""seeds.py FOLDER: what the fuzzers start from, in FOLDER/stream, frames, record, pickle, picture, archive, tensors,
arrays and csv."""
import glob
import os
import struct
import subprocess
import sys
import tempfile
import zlib

here = os.path.dirname(os.path.abspath(__file__))
generators = os.path.join(os.path.dirname(here), "make")


def made(script, *args, raw=None):
    return subprocess.run([os.path.join(generators, script), *args], input=raw, check=True,
                          stdout=subprocess.PIPE).stdout


def zstd(raw, *args):
    return subprocess.run(["zstd", "-c", *args], input=raw, check=True, stdout=subprocess.PIPE).stdout


def keep(name, items):
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder, exist_ok=True)
    for i, item in enumerate(items):
        with open(os.path.join(folder, "seed%02d" % i), "wb") as f:
            f.write(item)


raw = [
    made("small.py"),
    made("small.py", "noend"),
    made("condensed.py"),
    made("condensed.py", "dtype=F32", "names=[\"a\",\"b\",\"c\"]"),
    made("made.py", "yc.classes=2", "yc.side=2", "image=U8:2x1x2x2", "label=I64:2:0,1"),
    made("made.py", "yc.classes=1", "yc.side=1", "yc.history=[{\"tool\":\"x\",\"options\":{\"a\":\"1\"}}]",
         "image=F32:1x1x1x1", "label=I64:1:0"),
]
raw.append(raw[4] + raw[4])
raw.append(made("made.py", "plain", "image=U8:2x1x2x2", "label=I64:2:0,1"))
raw.append(made("made.py", "plain", "image=F32:1x1x1x1:0.5", "label=I64:1:0"))
dynamics = b"".join(
    struct.pack("<Q", len(h)) + h + struct.pack("<6e", -1, -0.5, -2, -0.125, -3, -1)
    for h in [b'{"logp":{"dtype":"F16","shape":[3,2],"data_offsets":[0,12]},"__metadata__":{"yc.kind":"dynamics"}}'] * 2)
keep("stream", raw + [zstd(r) for r in raw] + [zstd(r, "--no-check") for r in raw])
keep("frames", [bytes([how]) + r for r in raw for how in (0x00, 0x11, 0x2f, 0x3a, 0x51, 0xa5)])
keep("record", [r[8:8 + int.from_bytes(r[:8], "little")] for r in raw])
with tempfile.TemporaryDirectory() as folder:
    for kind in "cifar10", "cifar100":
        for form in "py2", "p2", "p3", "p4":
            made("cifar.py", kind, form, os.path.join(folder, kind + form))
    files = sorted(f for f in glob.glob(os.path.join(folder, "**"), recursive=True) if os.path.isfile(f))
    keep("pickle", [open(f, "rb").read() for f in files])
    small = "classes=2", "ipc=1", "side=2"
    kinds = [("zip", "list"), ("legacy", "list"), ("zip", "runs"), ("legacy", "runs"), ("npz", "named"),
             ("deflated", "named"), ("pickle2", "list"), ("pickle4", "runs"), ("pickle5", "list"), ("zip", "images")]
    items = []
    for form, shape in kinds:
        made("published.py", form, shape, os.path.join(folder, "t"), *small)
        items.append(open(os.path.join(folder, "t"), "rb").read())
    for form in "nested2", "nested4":
        made("published.py", form, "list", os.path.join(folder, "t"), *small)
        items.append(open(os.path.join(folder, "t"), "rb").read())
    for protocol in "2", "4":
        made("yoco.py", "scores", os.path.join(folder, "t"), "n=3", "labels=0,1,1", "protocol=" + protocol)
        items.append(open(os.path.join(folder, "t"), "rb").read())
        made("yoco.py", "dynamics", os.path.join(folder, "t"), "protocol=" + protocol, raw=dynamics)
        items.append(open(os.path.join(folder, "t"), "rb").read())
    keep("tensors", items)
    tree, archives = os.path.join(folder, "tree"), os.path.join(folder, "archives")
    made("pictures.py", *(os.path.join(tree, f) for f in ("a/1.png:3x2:1,2,3", "a/2.png:1x1:9", "b/1.jpg", "b/2.jpg:turned")))
    keep("picture", [open(f, "rb").read() for f in sorted(glob.glob(tree + "/*/*"))])
    os.mkdir(archives)
    for form in "v7", "gnu", "pax":
        subprocess.run(["tar", "-C", folder, "--format=" + form, "-cf", os.path.join(archives, form), "tree"], check=True)
    subprocess.run(["tar", "-C", archives, "-czf", os.path.join(archives, "nested"), "--transform=s,$,.tar,", "v7"], check=True)
    subprocess.run([os.path.join(generators, "zip_kinds.py"), tree], check=True, cwd=archives)
    keep("archive", [open(f, "rb").read() for f in sorted(glob.glob(archives + "/*"))])


def idx(code, shape, data):
    return struct.pack(">4B", 0, 0, code, len(shape)) + struct.pack(">%dI" % len(shape), *shape) + data


def npy(code, shape, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n" % (code, shape)
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head.encode() + data


def gzip(data):
    z = zlib.compressobj(wbits=31)
    return z.compress(data) + z.flush()


plain = [
    idx(8, (2, 2, 2), bytes(range(8))), idx(8, (3,), bytes(range(3))), idx(13, (1, 1, 1), bytes(4)),
    npy("|u1", (2, 2, 2, 3), bytes(range(24))), npy("<f4", (2, 1, 1, 1), struct.pack("<2f", 0, 0.5)),
    npy("<U3", (2,), "antbee".encode("utf-32-le")), npy("|S3", (2,), b"antbee"), npy(">f8", (1, 3), bytes(24)),
    made("made.py", "plain", "image=U8:2x1x2x2", "label=I64:2:0,1"),
]
keep("arrays", plain + [gzip(p) for p in plain[:4]] + items)
keep("csv", [b"a,b\r\n1,2\r\n", b'"a ""b"", c",d\n\n"e\nf",\n', b"\xef\xbb\xbfpath,label\nx.png,3", b'a,"b'])

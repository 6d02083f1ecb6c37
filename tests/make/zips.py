#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""zips.py OUT.zip [NAME=FILE]...: a zip archive of stored files, with names as other programs write them.

A NAME is taken as UTF-8, and the archive says so. --cp437 encodes the next name in that, without saying anything;
--windows says that the next comes from DOS or Windows; --secret that it is encrypted; NAME= without a file is empty.
"""
import struct
import sys
import zlib

body, directory, entries, how = b"", b"", 0, set()
for arg in sys.argv[2:]:
    if arg.startswith("--"):
        how.add(arg)
        continue
    name, path = arg.rsplit("=", 1)
    data = open(path, "rb").read() if path else b""
    name = name.encode("cp437" if "--cp437" in how else "utf-8")
    flags = (0 if "--cp437" in how or name.isascii() else 0x800) | ("--secret" in how)
    rest = struct.pack("<HHHHIIIHH", flags, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
    made_by = 20 if "--windows" in how else 20 | 3 << 8
    directory += b"PK\1\2" + struct.pack("<HH", made_by, 20) + rest \
        + struct.pack("<HHHII", 0, 0, 0, 0 if "--windows" in how else 0o100644 << 16, len(body)) + name
    body += b"PK\3\4" + struct.pack("<H", 20) + rest + name + data
    entries += 1
    how = set()
with open(sys.argv[1], "wb") as f:
    f.write(body + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, entries, entries, len(directory), len(body), 0))

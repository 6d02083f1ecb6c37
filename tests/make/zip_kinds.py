#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""zip_kinds.py FOLDER: a zip archive of it of every kind that zipfile writes, as KIND.zip in the current folder."""
import io
import os
import sys
import zipfile


class Pipe(io.RawIOBase):
    """Cannot go back: sizes follow the data."""
    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def files():
    for folder, _, names in sorted(os.walk(sys.argv[1])):
        for name in sorted(names):
            yield os.path.join(folder, name)


for kind, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED), ("bzip2", zipfile.ZIP_BZIP2),
                     ("lzma", zipfile.ZIP_LZMA)):
    with zipfile.ZipFile(kind + ".zip", "w", method) as out:
        for path in files():
            out.write(path)
with open("descriptors.zip", "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as out:
    for path in files():
        out.write(path)
with zipfile.ZipFile("zip64.zip", "w") as out:
    for path in files():
        with open(path, "rb") as file, out.open(path, "w", force_zip64=True) as member:
            member.write(file.read())

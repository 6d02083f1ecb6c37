#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""png.py [X Y]...: reads an 8-bit RGB PNG, checks it whole, prints "width height", then the
colour at each place as "r g b"."""
import struct
import sys
import zlib

raw = sys.stdin.buffer.read()
assert raw[:8] == b"\x89PNG\r\n\x1a\n", "no PNG"
at, packed, kinds = 8, b"", []
while at < len(raw):
    size, kind = struct.unpack(">I4s", raw[at:at + 8])
    body, crc = raw[at + 8:at + 8 + size], raw[at + 8 + size:at + 12 + size]
    assert struct.unpack(">I", crc)[0] == zlib.crc32(kind + body), "wrong checksum"
    kinds.append(kind)
    if kind == b"IHDR":
        width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
        assert (depth, colour, interlace) == (8, 2, 0)
    if kind == b"IDAT":
        packed += body
    at += 12 + size
assert kinds[-1] == b"IEND", "no end"
flat, stride = zlib.decompress(packed), width * 3
assert len(flat) == height * (stride + 1), "wrong length"
rows, above = [], bytearray(stride)
for y in range(height):
    kind, line = flat[y * (stride + 1)], bytearray(flat[y * (stride + 1) + 1:][:stride])
    for i in range(stride):
        a, b = line[i - 3] if i >= 3 else 0, above[i]
        c = above[i - 3] if i >= 3 else 0
        p = a + b - c
        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        line[i] = (line[i] + [0, a, b, (a + b) // 2, paeth][kind]) % 256
    rows.append(line)
    above = line
print(width, height)
for x, y in zip(map(int, sys.argv[1::2]), map(int, sys.argv[2::2])):
    print(*rows[y][3 * x:3 * x + 3])

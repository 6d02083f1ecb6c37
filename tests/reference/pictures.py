#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Pillow makes of pictures of every kind.

pictures.py make FOLDER            writes them, 16x16, into FOLDER/KIND/1.EXT
pictures.py bytes FOLDER [SIDE]    their bytes as RGB, planes one after the other, by ascending KIND, 16x16 or, as
                                   yc-methods(7) describes it, scaled to SIDE
"""
import os
import random
import struct
import sys
import zlib

from PIL import Image


def picture(seed, size=(16, 16)):
    draw = random.Random(seed)
    small = Image.new("RGB", (5, 5))
    small.putdata([tuple(draw.randrange(256) for _ in range(3)) for _ in range(25)])
    return small.resize(size, Image.BICUBIC)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(depth, kind, rows, interlaced=0):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, depth, kind, 0, 0, interlaced)) \
        + chunk(b"gAMA", struct.pack(">I", 20000)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make(folder):
    rgb, alpha, size = picture(1), picture(2).convert("L"), (40, 23)
    grey, exif = rgb.convert("L"), Image.Exif()
    exif[0x112] = 6
    at = lambda x, y: bytes(rgb.getpixel((x, y)))
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    kinds = {
        "png": (rgb, {}), "grey.png": (grey, {}), "bits.png": (rgb.convert("1"), {}),
        "palette.png": (rgb.quantize(200), {}), "palette2.png": (rgb.quantize(4), {"bits": 2}),
        "palette-clear.png": (rgb.quantize(16), {"transparency": 3}),
        "alpha.png": (Image.merge("RGBA", rgb.split() + (alpha,)), {}),
        "grey-alpha.png": (Image.merge("LA", (grey, alpha)), {}), "clear.png": (rgb, {"transparency": (1, 2, 3)}),
        "jpg": (rgb, {}), "444.jpg": (rgb, {"subsampling": 0}), "422.jpg": (rgb, {"subsampling": 1}),
        "best.jpg": (rgb, {"quality": 100}), "worst.jpg": (rgb, {"quality": 4}), "grey.jpg": (grey, {}),
        "progressive.jpg": (rgb, {"progressive": True}), "cmyk.jpg": (rgb.convert("CMYK"), {}),
        "turned.jpg": (rgb, {"exif": exif}), "profile.jpg": (rgb, {"icc_profile": b"x" * 70000}),
        "wide420.jpg": (picture(5, (203, 61)), {}), "wide422.jpg": (picture(6, (311, 50)), {"subsampling": 1}),
        "wide444.jpg": (picture(7, (190, 40)), {"subsampling": 0}), "wide-grey.jpg": (picture(8, (170, 30)).convert("L"), {}),
        "wide-progressive.jpg": (picture(9, (203, 61)), {"progressive": True}),
        "wide.jpg": (picture(3, size), {}), "tall.png": (picture(4, size[::-1]), {}),
    }
    for name, (image, how) in kinds.items():
        path = os.path.join(folder, name.replace(".", "-"))
        os.makedirs(path)
        image.save(os.path.join(path, "1." + name.split(".")[-1]), **how)
    by_hand = {
        "16-bit": png(16, 2, b"".join(b"\0" + b"".join(bytes((v,)) * 2 for x in range(16) for v in at(x, y))
                                      for y in range(16))),
        "interlaced": png(8, 2, b"".join(b"\0" + b"".join(at(x, y) for x in range(x0, 16, dx))
                                         for x0, y0, dx, dy in passes for y in range(y0, 16, dy)), 1),
        "4-bit": png(4, 0, b"".join(b"\0" + bytes(range(y, y + 8)) for y in range(16))),
    }
    for name, data in by_hand.items():
        os.makedirs(os.path.join(folder, name))
        with open(os.path.join(folder, name, "1.png"), "wb") as f:
            f.write(data)


def fit(image, side):
    width, height = image.size
    short = min(width, height)
    size = (side * width // short, side) if width > height else (side, side * height // short)
    left, top = (round((n - side) / 2) for n in size)
    return image.resize(size, Image.BILINEAR).crop((left, top, left + side, top + side))


def planes(folder, side):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        image = Image.open(os.path.join(path, os.listdir(path)[0]))
        if "A" in image.mode or "transparency" in image.info:  # what is transparent is dropped, not blended
            image = Image.merge("RGB", image.convert("RGBA").split()[:3])
        for plane in fit(image.convert("RGB"), side).split():
            yield plane.tobytes()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        sys.stdout.buffer.write(b"".join(planes(sys.argv[2], int((sys.argv[3:] or ["16"])[0]))))

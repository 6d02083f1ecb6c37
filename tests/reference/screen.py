#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""screen.py COLUMNS <bytes: what a terminal of that width shows after them, scrolled rows too.
With --all: that after each write of a line feed or carriage return, a screen after the other."""
import sys


def screens(data, width):
    rows, row, col, at = [[]], 0, 0, 0
    while at < len(data):
        c = data[at]
        at += 1
        if c == "\r":
            col = 0
        elif c == "\n":
            row += 1
        elif c == "\t":
            col = min(col // 8 * 8 + 8, width - 1)
        elif data.startswith("\x1b[K", at - 1):
            at += 2
            if row < len(rows):
                del rows[row][col:]
        elif c == "\x1b":
            raise SystemExit(f"unknown sequence {data[at - 1:at + 6]!r}")
        else:
            if col == width:
                row, col = row + 1, 0
            while row >= len(rows):
                rows.append([])
            line = rows[row]
            line.extend(" " * (col + 1 - len(line)))
            line[col] = c
            col += 1
        if c in "\r\n":
            yield rows
    yield rows


def main():
    data = sys.stdin.buffer.read().decode()
    for rows in screens(data, int(sys.argv[-1])):
        text = "\n".join("".join(r).rstrip() for r in rows)
        if "--all" in sys.argv:
            print(text)
    if "--all" not in sys.argv:
        print(text)


main()

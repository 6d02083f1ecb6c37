# SPDX-License-Identifier: MIT
"""Streams of yc in Python: copy this one file.

    import yct
    arrays, meta = yct.read("train.yct")            # a path, or a file open for reading bytes
    arrays["image"] = 255 - arrays["image"]         # [N,channels,height,width]
    yct.write("inverted.yct", arrays, yct.history(meta, "mine"))

Needs only Python; arrays are NumPy's if that is installed, else memoryviews of the same shape.
Compressed streams need the command zstd, or one of the modules compression.zstd and zstandard.
yc-stream(5) describes the format. A stream that is cut raises EOFError, one that is wrong
ValueError.
"""

import json
import os
import shutil
import struct
import subprocess
import threading

try:
    import numpy
except ImportError:
    numpy = None

# Of each element type: bytes, NumPy's name, code of memoryview. Types without a name in NumPy are
# whole numbers of their size: BF16 is the upper half of a float32.
TYPES = {
    "BOOL": (1, "?", "?"),
    "U8": (1, "u1", "B"),
    "I8": (1, "i1", "b"),
    "U16": (2, "<u2", "H"),
    "I16": (2, "<i2", "h"),
    "F16": (2, "<f2", "H"),
    "BF16": (2, "<u2", "H"),
    "U32": (4, "<u4", "I"),
    "I32": (4, "<i4", "i"),
    "F32": (4, "<f4", "f"),
    "U64": (8, "<u8", "Q"),
    "I64": (8, "<i8", "q"),
    "F64": (8, "<f8", "d"),
}
HEADER_MAX = 16 << 20
PIECE = 1 << 24
RECORD_BYTES = 1 << 20  # how much of a column goes into a record, roughly
# Segments that are joined must agree in these.
SAME = ("yc.classes", "yc.side", "yc.factor", "yc.mean", "yc.std", "yc.normalised")


# -- bytes --


def _is_zstd(four):
    (magic,) = struct.unpack("<I", four)
    return magic == 0xFD2FB528 or magic & 0xFFFFFFF0 == 0x184D2A50


class _Command:
    """What `zstd -dc` makes of bytes that were read already and the rest of a file."""

    def __init__(self, head, file):
        if not shutil.which("zstd"):
            raise OSError("the stream is compressed: install zstd, or the module zstandard")
        # -f: what follows the last frame passes as it is.
        self.process = subprocess.Popen(
            ["zstd", "-dcfq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.feeder = threading.Thread(target=self._feed, args=(head, file), daemon=True)
        self.feeder.start()

    def _feed(self, head, file):
        try:
            self.process.stdin.write(head)
            shutil.copyfileobj(file, self.process.stdin, 1 << 16)
        except BrokenPipeError:
            pass
        finally:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass

    def read(self, n):
        data = self.process.stdout.read(n)
        if len(data) < n:
            complaint = self.process.stderr.read().decode(errors="replace").strip()
            if self.process.wait():
                raise EOFError("the compressed stream is cut or damaged: " + complaint)
        return data

    def close(self):
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.kill()
        self.process.wait()


def _decompressor():
    try:
        from compression import zstd

        return zstd.ZstdDecompressor
    except ImportError:
        pass
    try:
        import zstandard

        return lambda: zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    except ImportError:
        return None


class _Frames:
    """The same by a module, which stops at the end of each frame."""

    def __init__(self, head, file, make):
        self.file, self.make, self.rest, self.out = file, make, head, b""
        self.frame = None

    def _more(self):
        if not self.rest:
            self.rest = self.file.read(1 << 16)
        if not self.rest:
            if self.frame:
                raise EOFError("the compressed stream is cut")
            return b""
        if not self.frame:
            while len(self.rest) < 4 and (more := self.file.read(4 - len(self.rest))):
                self.rest += more
            if len(self.rest) < 4 or not _is_zstd(self.rest[:4]):
                data, self.rest = self.rest, b""
                return data
            self.frame = self.make()
        data, self.rest = self.frame.decompress(self.rest), b""
        if self.frame.eof:
            self.rest, self.frame = self.frame.unused_data, None
        return data or self._more()

    def read(self, n):
        while len(self.out) < n and (more := self._more()):
            self.out += more
        data, self.out = self.out[:n], self.out[n:]
        return data

    def close(self):
        pass


class _Source:
    """The decompressed bytes of a file. Records may be compressed or raw, each as it likes."""

    def __init__(self, file):
        self.file, self.inner = file, []

    def _read(self, n):
        file, data = self.inner[-1] if self.inner else self.file, b""
        # In pieces: a header may promise what never comes.
        while len(data) < n and (more := file.read(min(n - len(data), PIECE))):
            data = data + more if data else more
            if len(data) >= PIECE and not isinstance(data, bytearray):
                data = bytearray(data)
        return data

    def begin(self):
        """The length of the next header, None at the end."""
        four = self._read(4)
        if len(four) == 4 and _is_zstd(four):
            file, make = self.inner[-1] if self.inner else self.file, _decompressor()
            self.inner.append(_Frames(four, file, make) if make else _Command(four, file))
            four = self._read(4)
        if not four:
            return None
        eight = four + (self._read(4) if len(four) == 4 else b"")
        if len(eight) < 8:
            raise EOFError("the stream is cut in a header")
        (size,) = struct.unpack("<Q", eight)
        if size > HEADER_MAX:
            raise ValueError("not a stream of yc (yc-load makes them)")
        return size

    def exactly(self, n, what):
        data = self._read(n)
        if len(data) < n:
            raise EOFError(f"the stream is cut in {what}")
        return data

    def close(self):
        for inner in reversed(self.inner):
            inner.close()


# -- records --


def _sizes(order):
    """Bytes of each tensor of a header, which must follow each other."""
    at, sizes = 0, []
    for name, t in order:
        begin, end = t.pop("data_offsets")
        bytes_, count = TYPES.get(t["dtype"], (None,))[0], 1
        for n in t["shape"]:
            if type(n) is not int or n < 0:
                raise ValueError(f"tensor '{name}': a bad shape")
            count *= n
        if begin != at or end < begin or (bytes_ and end - begin != bytes_ * count):
            raise ValueError(f"tensor '{name}': shape and offsets do not fit")
        sizes.append(end - begin)
        at = end
    return sizes


def records(file):
    """Yields (meta, tensors) of every record of an open file, to its end.

    tensors[name] is a dict of dtype, shape and data (bytes). Nothing is checked but the record
    itself.
    """
    source = _Source(file)
    try:
        while (size := source.begin()) is not None:
            try:
                tensors = json.loads(source.exactly(size, "a header"))
                meta = tensors.pop("__metadata__", {})
                order = sorted(tensors.items(), key=lambda item: item[1]["data_offsets"])
                sizes = _sizes(order)
                if not all(type(v) is str for v in meta.values()):
                    raise ValueError("metadata that is no text")
            except (KeyError, TypeError, AttributeError, RecursionError, UnicodeDecodeError) as e:
                raise ValueError(f"a bad header: {e!r}") from None
            for (name, t), n in zip(order, sizes):
                t["data"] = source.exactly(n, f"tensor '{name}'")
            yield meta, dict(order)
    finally:
        source.close()


def put(file, meta, tensors):
    """Writes a record, raw; tensors as `records` yields them."""
    header, data, at = {"__metadata__": meta} if meta else {}, [], 0
    # Any order is legal; large elements first keep every tensor aligned.
    for name, t in sorted(tensors.items(), key=lambda i: (-TYPES.get(i[1]["dtype"], (0,))[0], i[0])):
        end = at + len(t["data"])
        header[name] = {"dtype": t["dtype"], "shape": list(t["shape"]), "data_offsets": [at, end]}
        data.append(t["data"])
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text)
    for d in data:
        file.write(d)


def is_data(meta, tensors):
    """Does the record hold rows?"""
    return bool(tensors) and meta.get("yc.kind", "data") == "data"


def history(meta, tool, **options):
    """A copy of meta that says that a tool changed the stream."""
    entries = json.loads(meta.get("yc.history", "[]"))
    entries.append({"tool": tool, "options": {k: str(v) for k, v in options.items()}})
    return {**meta, "yc.history": json.dumps(entries, separators=(",", ":"))}


# -- whole streams --


def _array(dtype, shape, data):
    name, code = TYPES[dtype][1:] if dtype in TYPES else ("u1", "B")
    if dtype not in TYPES:
        shape = [shape[0], len(data) // shape[0] if shape[0] else 0]
    if numpy:
        return numpy.frombuffer(data, name).reshape(shape)
    view = memoryview(data).cast(code)
    return view.cast("B").cast(code, shape) if 0 not in shape and len(shape) > 1 else view


def _rows(tensors):
    counts = {t["shape"][0] if t["shape"] else None for t in tensors.values()}
    if len(counts) != 1 or None in counts:
        raise ValueError("the tensors of a record differ in their rows")
    return counts.pop()


class _Reading:
    def __init__(self):
        self.meta, self.columns, self.rest = None, {}, []
        self.histories, self.rows, self.total, self.ended = [], 0, 0, True

    def begin(self, meta):
        if "yc.version" not in meta and self.meta is not None:
            raise ValueError("what follows the stream has no head")
        own = {k: v for k, v in meta.items() if k not in ("yc.end", "yc.digest", "yc.kind")}
        self.histories.append(own.pop("yc.history", None))
        if self.meta is None:
            self.meta = own
        else:
            for key in SAME:
                if self.meta.get(key) != own.get(key):
                    raise ValueError(f"segments differ in {key}")
            same = {k: v for k, v in self.meta.items() if k.startswith("yc.") or own.get(k) == v}
            same.pop("yc.order", None)  # an order belongs to one segment
            self.meta = same
        self.rows = 0

    def add(self, tensors):
        rows = _rows(tensors)
        shapes = {k: (t["dtype"], tuple(t["shape"][1:])) for k, t in tensors.items()}
        if self.total == 0 and not self.columns:
            self.shapes = shapes
            self.columns = {k: bytearray() for k in tensors}
        if shapes != self.shapes:
            raise ValueError("the records differ in their tensors")
        for name, t in tensors.items():
            self.columns[name] += t["data"]
        self.rows += rows
        self.total += rows

    def take(self, meta, tensors):
        if self.ended:
            self.begin(meta)
        if is_data(meta, tensors):
            self.add(tensors)
        elif meta.get("yc.kind", "head") != "head" or tensors:
            self.rest.append((meta, tensors))
        # A plain safetensors file has neither head nor end.
        plain = "yc.version" not in self.meta
        self.ended = "yc.end" in meta or plain
        if "yc.end" in meta and meta["yc.end"] != str(self.rows):
            raise EOFError(f"the stream has {self.rows} rows instead of {meta['yc.end']}")

    def finish(self):
        if self.meta is None or not self.ended:
            raise EOFError("the stream is incomplete: it has no yc.end")
        first = self.histories[0]
        if any(h != first for h in self.histories):
            parts = [json.loads(h or "[]") for h in self.histories]
            first = json.dumps([{"parts": parts}], separators=(",", ":"))
        if first:
            self.meta["yc.history"] = first
        arrays = {}
        for name, data in self.columns.items():
            dtype, shape = self.shapes[name]
            arrays[name] = _array(dtype, [self.total, *shape], data)
        return arrays


def read(source, rest=False):
    """Reads a whole stream, from a path or a file open for reading bytes.

    Returns a dict of arrays by column, and the metadata of the head, a dict of strings; with
    rest=True also the list of records (meta, tensors) that hold no rows, such as networks.
    Segments are joined.
    """
    state = _Reading()
    file = source if hasattr(source, "read") else open(source, "rb")
    try:
        for meta, tensors in records(file):
            state.take(meta, tensors)
    finally:
        if file is not source:
            file.close()
    arrays = state.finish()
    return (arrays, state.meta, state.rest) if rest else (arrays, state.meta)


def _tensor(name, x, dtype):
    """An array, tensor of PyTorch, memoryview or list of numbers as dtype, shape and bytes."""
    if hasattr(x, "detach"):
        x = x.detach().cpu().numpy()
    if isinstance(x, (bytes, bytearray)):
        x = memoryview(x)
    if isinstance(x, (list, tuple)) and numpy is None:
        import array

        x = array.array("d" if any(isinstance(i, float) for i in x) else "q", x)
    if numpy:
        x = numpy.ascontiguousarray(x)
        if x.dtype.byteorder == ">":
            x = x.astype(x.dtype.newbyteorder("<"))
        found = next((k for k, t in TYPES.items() if numpy.dtype(t[1]) == x.dtype), None)
    else:
        x = memoryview(x)
        code = "q" if x.format == "l" else "Q" if x.format == "L" else x.format
        found = next((k for k, t in TYPES.items() if t[2] == code), None)
    dtype = dtype or found
    if dtype is None or (dtype != found and TYPES[dtype][0] != x.itemsize):
        raise ValueError(f"column '{name}' has elements that no stream has")
    return {"dtype": dtype, "shape": list(x.shape), "data": x.tobytes()}


def _head(meta, tensors, rows):
    head = {k: str(v) for k, v in meta.items() if k not in ("yc.end", "yc.digest", "yc.kind")}
    head.setdefault("yc.version", "ycs/1")
    if "yc.classes" not in head and "label" in tensors:
        labels = struct.unpack(f"<{rows}q", tensors["label"]["data"])
        head["yc.classes"] = str(max(labels, default=0) + 1)
    if "yc.side" not in head and "image" in tensors:
        head["yc.side"] = str(tensors["image"]["shape"][-1])
    for key in ("yc.classes", "yc.side"):
        if key not in head:
            raise ValueError(f"the metadata lack {key}")
    return head


def _write(file, arrays, meta, rest, dtypes):
    tensors = {k: _tensor(k, x, dtypes.get(k)) for k, x in arrays.items()}
    rows = _rows(tensors) if tensors else 0
    put(file, _head(meta, tensors, rows), {})
    for m, t in rest:
        put(file, {k: v for k, v in m.items() if k not in ("yc.end", "yc.digest")}, t)
    row = {k: len(t["data"]) // rows if rows else 0 for k, t in tensors.items()}
    step = max(1, RECORD_BYTES // max(1, *row.values())) if row else 1
    for at in range(0, rows, step):
        n = min(step, rows - at)
        put(file, {}, {
            k: {**t, "shape": [n, *t["shape"][1:]], "data": memoryview(t["data"])[at * row[k] : (at + n) * row[k]]}
            for k, t in tensors.items()
        })
    put(file, {"yc.end": str(rows)}, {})
    file.flush()


def _compressed(file, *what):
    with subprocess.Popen(["zstd", "-qc"], stdin=subprocess.PIPE, stdout=file) as process:
        _write(process.stdin, *what)
        process.stdin.close()
    if process.returncode:
        raise OSError("zstd failed")


def write(target, arrays, meta, rest=(), dtypes=None, compress=None):
    """Writes a whole stream, to a path or a file open for writing bytes.

    arrays: a dict of arrays with one row for each image, NumPy's, PyTorch's or anything with a
    buffer; image and label are what the tools need. meta: of `read`, or a dict; classes and side
    follow from the arrays if it lacks them. rest: records without rows, as `read` returns them.
    dtypes: element types by column where arrays do not tell, e.g. {"x": "BF16"} for uint16.
    A path appears when the stream is complete, compressed if there is a zstd; a file gets raw
    records. compress says otherwise.
    """
    what = (arrays, meta, rest, dtypes or {})
    if hasattr(target, "write"):
        return _compressed(target, *what) if compress else _write(target, *what)
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            if compress or (compress is None and shutil.which("zstd")):
                _compressed(file, *what)
            else:
                _write(file, *what)
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise
    return None

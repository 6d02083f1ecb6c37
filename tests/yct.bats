#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pipelines/yct.py, with NumPy and without: streams in Python.
load helpers

setup() {
	export PYTHONPATH=$YC_ROOT/pipelines PYTHONDONTWRITEBYTECODE=1
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/small.py" >small.raw
	yc-load demo --per-class 2 -o a.yct
	# yct.py where there is no NumPy, whatever this Python has
	mkdir bare
	sed 's/^    import numpy$/    raise ImportError/' "$YC_ROOT/pipelines/yct.py" >bare/bare.py
	grep -q "raise ImportError" bare/bare.py
	export PYTHONPATH=$PYTHONPATH:$PWD/bare
}

@test "a stream that is read and written is the same, compressed, raw, and in pipes" {
	for yct in yct bare; do
		python3 -c "import $yct as yct; yct.write('b.yct', *yct.read('a.yct'))"
		same "yc-info --digest b.yct" "yc-info --digest a.yct"
		[ "$(head -c 4 b.yct | od -An -tx1)" = " 28 b5 2f fd" ]
		copy="python3 -c 'import sys, $yct as yct; yct.write(sys.stdout.buffer, *yct.read(sys.stdin.buffer))'"
		run -0 pipe "cat a.yct | $copy | zstd | cat | $copy | yc-info --digest"
		assert_output "$(yc-info --digest a.yct)"
		same "yc-info a.yct | grep -v ^format" "$copy <a.yct | yc-info | grep -v ^format"
	done
}

@test "columns are arrays of the shape of the stream" {
	run -0 python3 -c "
import bare
a, meta = bare.read('a.yct')
print(a['image'].shape, a['image'].format, a['label'].tolist()[:3], meta['yc.classes'])"
	assert_output "(20, 3, 32, 32) B [0, 1, 2] 10"
	"$(having numpy)" -c "import numpy" || skip "no NumPy"
	run -0 "$(having numpy)" -c "
import yct
a, meta = yct.read('a.yct')
print(a['image'].shape, a['image'].dtype, a['label'].tolist()[:3], meta['yc.side'])
a['image'] += 1"
	assert_output "(20, 3, 32, 32) uint8 [0, 1, 2] 32"
}

# A Python that has a module.
having() {
	local py
	for py in python3 /usr/bin/python3; do
		"$py" -c "import $1" 2>/dev/null && echo "$py" && return
	done
	return 1
}

@test "segments and records are joined, raw ones and compressed ones in any order" {
	zstd -dc a.yct >a.raw
	for files in "a.yct a.raw" "a.raw a.yct a.raw" "a.yct a.raw a.yct"; do
		for yct in yct bare; do
			# shellcheck disable=SC2086 # words
			cat $files >joined
			python3 -c "import $yct as yct; yct.write('b.yct', *yct.read('joined'))"
			# shellcheck disable=SC2086
			same "yc-info --tsv $files" "yc-info --tsv b.yct"
		done
	done
	yc-quantise a.yct -o q.yct
	run -0 python3 -c "
import json, yct
yct.read('a.yct')
open('two', 'wb').write(open('a.yct', 'rb').read() + open('q.yct', 'rb').read())
print(*(len(p) for p in json.loads(yct.read('two')[1]['yc.history'])[0]['parts']))"
	assert_output "1 2"
	zstd -dc a.yct | sed 's/"yc.classes":"10"/"yc.classes":"11"/' >other.raw
	cat a.yct other.raw >two
	run -1 python3 -c "import yct; yct.read('two')"
	assert_line --partial "ValueError: segments differ in yc.classes"
}

@test "records of other kinds are kept on request, and metadata of one's own" {
	run -0 python3 - <<-'END'
		import yct
		a, meta, rest = yct.read("small.raw", rest=True)
		print([m["yc.kind"] for m, _ in rest], sorted(a))
		yct.write("b.yct", a, {**yct.history(meta, "mine", x=3), "my.key": "kept"}, rest)
		yct.write("c.yct", a, meta)
	END
	assert_output --partial "'strange'] ["
	run -0 yc-info b.yct
	assert_line --regexp "^other +strange"
	assert_line --partial "mine x=3"
	assert_line --partial "my.key"
	run -0 yc-info c.yct
	refute_line --regexp "^other"
}

@test "a stream that is cut anywhere, or damaged, raises EOFError or ValueError" {
	run -0 python3 - <<-'END'
		import io, random, yct, bare
		raw, packed = open("small.raw", "rb").read(), open("a.yct", "rb").read()
		def outcome(module, data):
		    try:
		        module.read(io.BytesIO(data))
		    except (EOFError, ValueError) as e:
		        return type(e)
		    return None
		for n in range(0, len(raw), 41):
		    assert outcome(yct, raw[:n]) is EOFError, n
		assert outcome(yct, raw[:-1]) is EOFError and outcome(yct, raw) is None
		for n in (0, 3, 100, len(packed) // 2, len(packed) - 1):
		    assert outcome(yct, packed[:n]) is EOFError, n
		assert outcome(yct, b"PK\3\4" * 100) is ValueError
		random.seed(3)
		failed = 0
		for i in range(300):
		    data = bytearray(raw)
		    for _ in range(3):
		        data[random.randrange(min(len(data), 1500))] = random.randrange(256)
		    failed += outcome((yct, bare)[i % 2], bytes(data)) is not None
		print(failed > 50)
	END
	assert_output True
	run -1 bash -c 'head -c 3000 a.yct | python3 -c "import sys, yct; yct.read(sys.stdin.buffer)"'
	assert_line --partial "EOFError"
}

@test "records that do not belong together are refused, and numbers turned to the order of a stream" {
	run -0 python3 - <<-'END'
		import io, yct
		def made(change=lambda n, meta, tensors: None, **head):
		    to, n = io.BytesIO(), 0
		    for meta, tensors in list(yct.records(open("a.yct", "rb"))):
		        n += yct.is_data(meta, tensors)
		        change(n, meta, tensors)
		        yct.put(to, {**meta, **(head if "yc.version" in meta else {})}, tensors)
		    return to.getvalue()
		def read(*segments):
		    try:
		        return yct.read(io.BytesIO(b"".join(segments)))[1]
		    except (EOFError, ValueError) as e:
		        return f"{type(e).__name__}: {e}"
		def end(n, meta, tensors):
		    if "yc.end" in meta:
		        meta["yc.end"] = "21"
		def fewer(n, meta, tensors):
		    tensors.pop("id", None)
		print(read(made(end)))
		print(read(made(), made(fewer)))
		for key in ("yc.mean", "yc.std", "yc.side", "yc.factor"):
		    print(read(made(), made(**{key: "7"})))
		one = made(**{"yc.order": "class", "mine": "kept", "other": "1"})
		print("yc.order" in read(one), "yc.order" in read(one, one))
		both = read(one, made(**{"mine": "kept", "other": "2"}))
		print(both.get("mine"), both.get("other"))
		import numpy
		x = numpy.arange(4)
		yct.write("big.yct", {"label": x.astype(">i8"), "x": x.astype(">f4")}, {"yc.side": "1"})
		print(*(yct.read("big.yct")[0][k].tolist() for k in ("label", "x")))
	END
	assert_output - <<-'END'
		EOFError: the stream has 20 rows instead of 21
		ValueError: the records differ in their tensors
		ValueError: segments differ in yc.mean
		ValueError: segments differ in yc.std
		ValueError: segments differ in yc.side
		ValueError: segments differ in yc.factor
		True False
		kept None
		[0, 1, 2, 3] [0.0, 1.0, 2.0, 3.0]
	END
}

@test "every element type survives; BF16 as whole numbers" {
	run -0 python3 - <<-'END'
		import struct, yct, bare
		for module, out in (yct, "y"), (bare, "b"):
		    columns = {"image": memoryview(bytes(range(16))).cast("B", [4, 1, 2, 2]),
		               "label": memoryview(struct.pack("<4q", 0, 1, 1, 0)).cast("q")}
		    types = {}
		    for name, (size, _, code) in module.TYPES.items():
		        columns["x." + name] = memoryview(bytes(range(8 * size)) if name != "BOOL" else bytes(8)).cast(code).cast("B").cast(code, [4, 2])
		        types["x." + name] = name
		    module.write(out, columns, {}, dtypes=types, compress=False)
		    arrays, meta = module.read(out)
		    assert (meta["yc.classes"], meta["yc.side"]) == ("2", "2")
		    for name, x in columns.items():
		        assert bytes(memoryview(arrays[name]).cast("B")) == bytes(x.cast("B")), name
		    records = list(module.records(open(out, "rb")))
		    assert {k: t["dtype"] for k, t in records[1][1].items() if k in types} == types
		assert open("y", "rb").read() == open("b", "rb").read()
	END
	run -0 yc-info y
	assert_line --regexp "^column +x.BF16 BF16 \[4,2\]"
}

@test "what cannot be a stream is refused, and leaves no file" {
	for what in "{'image': [1, 2], 'label': [1]}, {'yc.classes': 2, 'yc.side': 2}" "{}, {}" \
		"{'label': [object()]}, {'yc.side': 1}"; do
		run -1 python3 -c "import yct; yct.write('new', $what)"
		[ "$(echo new*)" = "new*" ] || fail "$what leaves $(echo new*)"
	done
	echo old >there
	run -1 python3 -c "import yct; yct.write('there', {}, {})"
	[ "$(cat there)" = old ]
}

@test "yc-stream(5) reads a stream into PyTorch in five lines" {
	py=$(having torch) || skip "no PyTorch"
	sed -n '/^import torch, yct/,/^\.Ed/{/^\.Ed/d;p}' "$YC_ROOT/man/yc-stream.5" >five.py
	[ "$(wc -l <five.py)" -eq 5 ]
	for f in a.yct f.yct; do
		[ $f = a.yct ] || yc-augment flip a.yct -o f.yct
		cat five.py - >run.py <<-'END'
			raw = torch.from_numpy(arrays["image"])
			want = (raw.double() / (255 if raw.dtype == torch.uint8 else 1) - 0.5) / 0.25
			print(image.dtype, tuple(image.shape), label.dtype, bool((image - want).abs().max() < 1e-6))
		END
		sed -i "s/a\.yct/$f/" run.py
		run -0 "$py" run.py
		assert_output "torch.float32 (20, 3, 32, 32) torch.int64 True"
	done
}

@test "stage.py keep wants numbers of classes" {
	run -1 pipe "python3 '$YC_ROOT/pipelines/stage.py' keep disc <a.yct 2>&1 >out"
	assert_output "stage.py: keep: numbers of classes expected, such as keep 0 3 8 (yc-info has their names)"
}

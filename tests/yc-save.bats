#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What yc-save writes is what went in: read back by yc-load, by yct.py, and by NumPy, PyTorch and
# Pillow where they are installed.
load helpers

setup_file() {
	export FILES=$BATS_FILE_TMPDIR
	export PYTHONPATH=$YC_ROOT/pipelines PYTHONDONTWRITEBYTECODE=1
	cd "$FILES" || return
	yc-load demo --per-class 3 -o bytes.yct
	python3 - <<-'END'
		import json, random, struct, yct

		random.seed(1)
		def floats(n, low, high):
		    return memoryview(struct.pack("<%df" % n, *(random.uniform(low, high) for _ in range(n)))).cast("f")
		def write(name, n, c, low, high, meta, **more):
		    image = floats(n * c * 64, low, high).cast("B").cast("f", [n, c, 8, 8])
		    ids = memoryview(struct.pack("<%dq" % n, *range(n))).cast("q")
		    label = memoryview(struct.pack("<%dq" % n, *(i % 4 for i in range(n)))).cast("q")
		    yct.write(name, {"image": image, "label": label, "id": ids, **more},
		              {"yc.classes": 5, "yc.side": 8, "yc.mean": ",".join(["0.25", "0.375", "0.5"][:c]), "yc.std": ",".join(["0.5", "0.25", "0.375"][:c]), **meta})
		more = {"score.el2n": floats(12, 0, 1).cast("B").cast("f", [12, 1]), "my/odd": bytes(12)}
		write("floats.yct", 12, 3, 0, 1, {"yc.names": json.dumps(list("zyxwv")), "mine": "kept"}, **more)
		write("grey.yct", 12, 1, 0, 1, {})
		write("normalised.yct", 12, 3, -0.5, 1.5, {"yc.normalised": "1"})
		write("over.yct", 4, 3, -0.2, 1.2, {})
	END
	# What the tests compare with: the rows of a stream, as text, sorted or not.
	cat >rows.py <<-'END'
		import sys, yct
		sorts = sys.argv[1] == "sorted"
		arrays, meta = yct.read(sys.argv[2])
		n = len(arrays["label"])
		image = memoryview(arrays["image"]).cast("B")
		size = len(image) // n
		rows = [(int(arrays["label"][i]), bytes(image[i * size:(i + 1) * size]).hex()) for i in range(n)]
		for label, pixels in sorted(rows) if sorts else rows:
		    print(label, pixels)
	END
	# The largest distance between the images of two streams of the same rows, in steps of 1/N.
	cat >apart.py <<-'END'
		import sys, yct
		def values(name):
		    x = memoryview(yct.read(name)[0]["image"])
		    x = x.cast("B").cast(x.format)
		    return [v / 255 if x.format == "B" else v for v in x]
		a, b = values(sys.argv[1]), values(sys.argv[2])
		assert len(a) == len(b), (len(a), len(b))
		most = max(abs(min(max(x, 0), 1) - y) for x, y in zip(a, b)) * int(sys.argv[3])
		print("%.4f" % most)
	END
}

setup() {
	export PYTHONPATH=$YC_ROOT/pipelines PYTHONDONTWRITEBYTECODE=1
	cp "$FILES"/*.yct "$FILES"/*.py "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return
}

# apart A B STEPS LIMIT: the images differ by at most so many steps.
apart() {
	run -0 python3 apart.py "$1" "$2" "$3"
	awk -v d="$output" -v most="$4" 'BEGIN { exit !(d <= most) }' || fail "$1 and $2: $output steps"
}

# A Python that has a module, or the test is skipped: py=$(having torch) || skip "no torch"
having() {
	local py
	for py in python3 /usr/bin/python3; do
		"$py" -c "import $1" 2>/dev/null && echo "$py" && return
	done
	return 1
}

# decoded PNG...: for each picture its bits, channels and values, by nothing but zlib.
decoded() {
	python3 - "$@" <<-'END'
		import struct, sys, zlib
		for name in sys.argv[1:]:
		    data, at, pixels = open(name, "rb").read(), 8, b""
		    while at < len(data):
		        n, kind = struct.unpack(">I4s", data[at:at + 8])
		        body = data[at + 8:at + 8 + n]
		        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0]
		        if kind == b"IHDR":
		            w, h, bits, colour = struct.unpack(">IIBB", body[:10])
		        pixels += body if kind == b"IDAT" else b""
		        at += 12 + n
		    c, b, raw = {0: 1, 2: 3}[colour], bits // 8, zlib.decompress(pixels)
		    line, last, out = w * c * b, bytearray(w * c * b), bytearray()
		    for y in range(h):
		        f, row = raw[y * (line + 1)], bytearray(raw[y * (line + 1) + 1:(y + 1) * (line + 1)])
		        for x in range(line):
		            a = row[x - c * b] if x >= c * b else 0
		            u, ul = last[x], last[x - c * b] if x >= c * b else 0
		            p = a + u - ul
		            paeth = min((abs(p - v), i, v) for i, v in enumerate((a, u, ul)))[2]
		            row[x] = (row[x] + [0, a, u, (a + u) // 2, paeth][f]) & 255
		        out += row
		        last = row
		    print(bits, c, *struct.unpack(">%d%s" % (w * h * c, "BH"[b - 1]), out))
	END
}

# -- pictures --

@test "pictures: yc-load folder reads the same bytes under the same labels" {
	run -0 yc-save -q png bytes.yct pictures
	yc-load folder pictures --side 32 -q -o back.yct
	same "python3 rows.py sorted bytes.yct" "python3 rows.py sorted back.yct"
	[ "$(cat pictures/classes.txt | paste -sd ' ')" = "disc ring box triangle plus bars crescent corners tee frame" ]
}

@test "pictures: yc-load folder says nothing of yc-save's own lists" {
	yc-save -q png floats.yct p
	yc-save -q png floats.yct p.tar
	for path in p p.tar; do
		run -0 yc-load folder $path -o back.yct
		refute_output --partial "not read"
	done
	echo >p/notes.txt
	run -0 yc-load folder p -o back.yct
	assert_line "yc-load: 1 file that is no picture by its name is not read: 'notes.txt'"
	echo image,class >p/labels.csv
	run -0 yc-load folder p -o back.yct
	assert_line --partial "yc-load: 3 files that are no pictures by their names are not read, such as"
}

@test "pictures: labels.csv has a line for each row, in the order of the stream" {
	yc-select random --tiles 2 "$FILES/bytes.yct" | yc-save -q png pictures
	[ "$(head -n 1 pictures/labels.csv)" = path,label,id ]
	[ "$(wc -l <pictures/labels.csv)" -eq 21 ]
	tail -n +2 pictures/labels.csv | while IFS=, read -r path label id; do
		[ -s "pictures/$path" ] && [[ $path == "$label-"*"/000$(printf %04d "$id").png" ]] || fail "$path,$label,$id"
	done
}

@test "pictures: names that sort like the labels are the folders' names, others are numbered" {
	yc-save png floats.yct z 2>err
	run -0 find z -mindepth 1 -maxdepth 1 -type d -printf '%f\n'
	[ "$(sort <<<"$output" | paste -sd ' ')" = "0-z 1-y 2-x 3-w 4-v" ]
	grep -q "do not sort like the labels" err
	yct() { python3 -c "import json, yct; a, m = yct.read('floats.yct'); m['yc.names'] = json.dumps($1); yct.write('named.yct', a, m)"; }
	yct '["ant", "bee", "cat", "dog", "elk"]'
	yc-save png named.yct a 2>err
	run -0 find a -mindepth 1 -maxdepth 1 -type d -printf '%f\n'
	[ "$(sort <<<"$output" | paste -sd ' ')" = "ant bee cat dog elk" ]
	! grep -q "do not sort" err || fail "$(cat err)"
	# Only as files: '..', a slash, an empty name, the same name twice, one that is too long.
	yct '["..", "a/b", "", "x", "x" * 300]'
	yc-save -q png named.yct b
	[ "$(cd b && printf '%s ' */ | cut -c 1-25)" = "0-_/ 1-a_b/ 2-_/ 3-x/ 4-x" ] || fail "$(ls b)"
	[ "$(find b -type f | wc -l)" -eq 13 ]
	yc-save -q png grey.yct c
	[ "$(cd c && echo */)" = "0/ 1/ 2/ 3/ 4/" ]
}

@test "pictures: floats are rounded to the nearest of 8 or 16 bits, normalised ones become pixels" {
	for f in floats grey normalised; do
		for bits in 8 16; do
			yc-save -q png --bits $bits $f.yct $f$bits
			for i in 0 1 2; do decoded $f$bits/$i*/*$i.png; done >$f$bits.txt
		done
	done
	run -0 python3 - <<-'END'
		import yct
		for f, c in ("floats", 3), ("grey", 1), ("normalised", 3):
		    image = memoryview(yct.read(f + ".yct")[0]["image"]).cast("B").cast("f")
		    for bits, line in [(b, l) for b in (8, 16) for l in enumerate(open(f"{f}{b}.txt"))]:
		        i, line = line
		        got = list(map(int, line.split()))
		        assert got[:2] == [bits, c], (f, bits, got[:2])
		        size = c * 64
		        for p in range(64):
		            for k in range(c):
		                x = image[i * size + k * 64 + p]
		                x = x * (0.5, 0.25, 0.375)[k] + (0.25, 0.375, 0.5)[k] if f == "normalised" else x
		                x = min(max(x, 0), 1) * (2 ** bits - 1)
		                assert abs(x - got[2 + p * c + k]) <= 0.5001, (f, bits, i, p, k, x)
		print("all")
	END
	assert_output all
}

@test "pictures: rows of the same id and tile do not overwrite each other" {
	cat bytes.yct bytes.yct | yc-save -q png twice
	[ "$(find twice -name '*.png' | wc -l)" -eq 60 ]
	cmp twice/0-disc/0000000.png twice/0-disc/0000000.1.png
}

@test "pictures: Pillow and torchvision's order agree" {
	py=$(having PIL) || skip "no Pillow"
	yc-save -q png bytes.yct pictures
	run -0 "$py" - <<-'END'
		import os, PIL.Image, yct
		arrays, _ = yct.read("bytes.yct")
		classes = sorted(e.name for e in os.scandir("pictures") if e.is_dir())
		for i, (label, id) in enumerate(zip(arrays["label"], arrays["id"])):
		    with PIL.Image.open(f"pictures/{classes[label]}/{id:07d}.png") as p:
		        assert p.mode == "RGB"
		        want = bytes(v for y in range(32) for x in range(32) for c in range(3) for v in [arrays["image"][i, c, y, x]])
		        assert p.tobytes() == want
		print("equal")
	END
	assert_output equal
}

# -- arrays --

@test "npz and npy: NumPy reads every column, mean, std and names" {
	yc-save -q npz floats.yct floats.npz
	yc-save -q npy floats.yct arrays
	run -0 "$(having numpy)" - <<-'END'
		import numpy, os, yct
		want, meta = yct.read("floats.yct")
		z = numpy.load("floats.npz")
		assert sorted(z.files) == ["id", "images", "labels", "mean", "my_odd", "names", "score.el2n", "std"], z.files
		assert sorted(os.listdir("arrays")) == [f + ".npy" for f in sorted(z.files)]
		for f in z.files:
		    x = numpy.load(f"arrays/{f}.npy", mmap_mode="r")
		    assert x.dtype == z[f].dtype and (x == z[f]).all()
		assert z["images"].dtype == "f4" and (z["images"] == want["image"]).all()
		assert (z["labels"] == want["label"]).all() and (z["score.el2n"] == want["score.el2n"]).all()
		assert z["mean"].tolist() == [0.25, 0.375, 0.5] and z["std"].tolist() == [0.5, 0.25, 0.375]
		assert z["names"].tolist() == list("zyxwv")
		print("equal")
	END
	assert_output equal
}

@test "npz: bytes stay bytes, normalised values become pixels, --normalised makes them" {
	yc-save -q npz bytes.yct bytes.npz
	yc-save -q npz normalised.yct pixels.npz
	yc-save -q npz --normalised normalised.yct same.npz
	yc-save -q npz --normalised floats.yct made.npz
	run -0 "$(having numpy)" - <<-'END'
		import numpy, yct
		image = lambda name: yct.read(name + ".yct")[0]["image"]
		load = lambda name: numpy.load(name + ".npz")["images"]
		assert load("bytes").dtype == "u1" and (load("bytes") == image("bytes")).all()
		mean, std = (numpy.array(x)[:, None, None] for x in ((0.25, 0.375, 0.5), (0.5, 0.25, 0.375)))
		assert abs(load("pixels") - (image("normalised") * std + mean)).max() < 1e-6
		assert (load("same") == image("normalised")).all()
		assert abs(load("made") - (image("floats") - mean) / std).max() < 1e-6
		print("equal")
	END
	assert_output equal
}

@test "safetensors: one record that is the stream itself, for every tool" {
	yc-save -q safetensors floats.yct one.safetensors
	same "yc-info --digest one.safetensors" "yc-info --digest floats.yct"
	cat bytes.yct bytes.yct | yc-save -q safetensors two.safetensors
	same "python3 rows.py rows two.safetensors" "python3 rows.py rows <(cat bytes.yct bytes.yct)"
	run -0 python3 - <<-'END'
		import json, struct
		data = open("one.safetensors", "rb").read()
		n, = struct.unpack("<Q", data[:8])
		header = json.loads(data[8:8 + n])
		meta = header.pop("__metadata__")
		end = max(t["data_offsets"][1] for t in header.values())
		assert 8 + n + end == len(data), "not one record"
		print(sorted(header), meta["mine"], meta["yc.end"])
	END
	assert_output "['id', 'image', 'label', 'my/odd', 'score.el2n'] kept 12"
	yc-select el2n --tiles 1 one.safetensors | yc-info >/dev/null
}

# -- PyTorch --

@test "torch: yc-load idc reads back the same pixels and labels" {
	yc-load demo --per-class 2 | yc-quantise | yc-save -q torch data.pt
	yc-load idc data.pt --factor 1 -q -o back.yct
	yc-load demo --per-class 2 -o there.yct
	apart there.yct back.yct 255 0.0001
	same "yc-info --tsv there.yct | cut -f 2" "yc-info --tsv back.yct | cut -f 2"
	# condensed images overshoot 0..1
	yc-save -q torch over.yct over.pt
	yc-load idc over.pt --factor 1 --values pixels --dataset imagenet -q -o over-back.yct
	same "python3 rows.py rows over.yct" "python3 rows.py rows over-back.yct"
	yc-save -q torch --normalised there.yct norm.pt
	yc-load idc norm.pt --factor 1 --values normalised --dataset imagenet -q -o norm.yct
	run -0 python3 -c "
import yct
a, b = yct.read('there.yct')[0]['image'], yct.read('norm.yct')[0]['image']
a, b = memoryview(a).cast('B'), memoryview(b).cast('B').cast('f')
print(max(abs((x / 255 - .5) / .25 - y) for x, y in zip(a, b)) < 1e-6)"
	assert_output True
}

@test "torch: PyTorch loads a list of two tensors, with weights_only too" {
	py=$(having torch) || skip "no PyTorch"
	yc-save -q torch floats.yct data.pt
	run -0 "$py" - <<-'END'
		import inspect, torch, yct
		want, _ = yct.read("floats.yct")
		kinds = [{}] + [{"weights_only": True}] * ("weights_only" in inspect.signature(torch.load).parameters)
		for kind in kinds:
		    images, labels = torch.load("data.pt", **kind)
		    assert images.dtype == torch.float32 and labels.dtype == torch.int64
		    assert (images.numpy() == want["image"]).all() and (labels.numpy() == want["label"]).all()
		    images += 1
		print("equal")
	END
	assert_output equal
}

@test "torch --scores: a pickle of tensors in the decoded order" {
	py=$(having torch) || skip "no PyTorch"
	"$YC_ROOT/tests/make/made.py" yc.classes=2 yc.side=4 yc.factor=2 image=U8:4x3x4x4 label=I64:4:1,0,1,0 \
		id=I64:4 score.aum=F32:4x4 score.lbpe=F32:4x4 >s.yct
	yc-save -q torch --scores s.yct data-score-ipc2-ep3.pickle
	run -0 "$py" - <<-'END'
		import pickle
		with open("data-score-ipc2-ep3.pickle", "rb") as f:
		    d = pickle.load(f)
		print(*sorted(d))
		print(*d["targets"].tolist())
		print(*map(int, d["lbpe"].tolist()))
		assert d["lbpe"].argsort()[0] == 8 and (d["lbpe"] == d["accumulated_margin"]).all()
	END
	assert_line -n 0 "accumulated_margin lbpe targets"
	assert_line -n 1 "0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1"
	# rows 1 and 3 are of class 0; for each position the rows of the class
	assert_line -n 2 "4 12 5 13 6 14 7 15 0 8 1 9 2 10 3 11"
	refused 1 "no scores in the stream" yc-save torch --scores bytes.yct no.pickle
}

@test "torch --scores: yc-score saved reads the same scores, LBPE under YOCO's name" {
	made=(yc.classes=2 yc.side=4 yc.factor=2 image=U8:4x3x4x4 "label=I64:4:1,0,1,0" id=I64:4)
	"$YC_ROOT/tests/make/made.py" "${made[@]}" >n.yct
	"$YC_ROOT/tests/make/made.py" "${made[@]}" score.aum=F32:4x4 score.lbpe=F32:4x4 \
		'yc.history=[{"tool":"yc-score","method":"lbpe","options":{"top":"7"}}]' >s.yct
	yc-save -q torch --scores s.yct s.pickle
	run -0 grep -ac "LBPE_top7" s.pickle
	yc-score saved --scores s.pickle -q n.yct -o back.yct
	same "yc-info --tsv s.yct" "yc-info --tsv back.yct"
}

@test "torch: the pickle has only what torch.load(weights_only=True) takes" {
	yc-save -q torch bytes.yct data.pt
	run -0 python3 - <<-'END'
		import pickletools, zipfile
		with zipfile.ZipFile("data.pt") as z:
		    assert {i.compress_type for i in z.infolist()} == {0}
		    assert sorted(z.namelist()) == ["archive/byteorder", "archive/data.pkl", "archive/data/0", "archive/data/1", "archive/version"]
		    ops = list(pickletools.genops(z.read("archive/data.pkl")))
		print(*sorted({a for op, a, _ in ops if op.name == "GLOBAL"}), sep=", ")
		known = "PROTO EMPTY_LIST MARK GLOBAL BINUNICODE BININT BININT1 LONG1 TUPLE BINPERSID NEWFALSE EMPTY_TUPLE REDUCE APPENDS STOP"
		print(*{op.name for op, _, _ in ops} - set(known.split()))
	END
	assert_line -n 0 "collections OrderedDict, torch FloatStorage, torch LongStorage, torch._utils _rebuild_tensor_v2"
	[ "${#lines[@]}" -eq 1 ]
}

# -- CIFAR --

@test "cifar10 and cifar100: yc-load reads back the same rows in the same order" {
	yc-save -q cifar10 bytes.yct ten
	yc-load cifar10 ten -o back.yct
	same "python3 rows.py rows bytes.yct" "python3 rows.py rows back.yct"
	[ "$(yc-info back.yct | grep -c "3 disc")" -eq 1 ]
	yc-save -q cifar10 --split test bytes.yct ten.tgz
	yc-load cifar10 ten.tgz --split test -o back.yct
	same "python3 rows.py rows bytes.yct" "python3 rows.py rows back.yct"
	yc-save -q cifar100 bytes.yct hundred.zip
	yc-load cifar100 hundred.zip -o back.yct
	same "python3 rows.py rows bytes.yct" "python3 rows.py rows back.yct"
	# not a multiple of five
	yc-load demo --per-class 3 --classes 0-3 -o twelve.yct
	run -0 yc-save cifar10 twelve.yct twelve
	assert_output --partial "--uneven"
	yc-load cifar10 twelve --uneven -o back.yct
	same "python3 rows.py rows twelve.yct" "python3 rows.py rows back.yct"
}

@test "cifar100: the coarse labels are those of the original" {
	file=$(data cifar-100-binary-mini.tar.xz) || skip "no cifar-100-binary-mini.tar.xz"
	yc-load cifar100 "$file" --uneven -q -o c.yct
	yc-save -q cifar100 c.yct c
	tar -xOf "$file" --wildcards '*train.bin' | cmp - c/train.bin
}

@test "cifar10: other sizes and labels are refused" {
	refused 1 "32 x 32" yc-save cifar10 floats.yct no
	python3 -c "
import yct
a, m = yct.read('bytes.yct')
m['yc.classes'] = '40'
a['label'] = [i % 11 for i in range(len(a['label']))]
yct.write('far.yct', a, m)"
	refused 1 "label 10: cifar10 has labels from 0 to 9" yc-save cifar10 far.yct no
	[ ! -e no ]
}

# -- places --

@test "any kind goes into any archive, the same bytes for the same rows" {
	for kind in png npz npy safetensors torch cifar10; do
		ends=(tar tar.xz zip)
		[ $kind != png ] || ends+=(tar.gz tgz tar.bz2 txz tar.zst)
		for end in "${ends[@]}"; do
			yc-save -q -j1 $kind bytes.yct one.$end
			cat bytes.yct | TZ=Asia/Tokyo yc-save -q -j2 $kind two.$end
			cmp one.$end two.$end || fail "$kind .$end"
		done
		yc-save -q $kind bytes.yct there
		tar -xf one.tar --one-top-level=tarred
		tar -xf one.tar.xz --one-top-level=xz
		python3 -m zipfile -e one.zip zipped
		for from in tarred xz zipped; do
			if [ -d there ]; then diff -r there $from; else cmp there $from/data.*; fi || fail "$kind $from"
		done
		rm -r there tarred xz zipped
	done
}

@test "an archive has no times and no owners, and names in UTF-8" {
	python3 -c "
import json, yct
a, m = yct.read('floats.yct')
m['yc.names'] = json.dumps(['a', 'bée', 'c', 'd', '日本'])
yct.write('named.yct', a, m)"
	yc-save -q png named.yct a.tar
	yc-save -q png named.yct a.zip
	run -0 python3 - <<-'END'
		import tarfile, zipfile
		t, z = tarfile.open("a.tar", encoding="utf-8").getmembers(), zipfile.ZipFile("a.zip").infolist()
		assert {(m.mtime, m.uid, m.gid, m.uname) for m in t} == {(0, 0, 0, "")}
		assert {m.date_time for m in z} == {(1980, 1, 1, 0, 0, 0)}
		names = [m.filename.rstrip("/") for m in z]
		assert names == [m.name for m in t], names
		assert "b\u00e9e" in names and "\u65e5\u672c" in names
		print(len(names))
	END
	assert_output 19
}

@test "a file goes to standard output" {
	yc-save -q npz bytes.yct a.npz
	yc-save -q npz - <bytes.yct | cmp - a.npz
	refused 2 "several files do not fit into standard output" yc-save png bytes.yct -
}

@test "a folder that is not empty is replaced only with --force, and only if yc-save wrote it" {
	mkdir there
	yc-save -q png bytes.yct there
	[ -d there/0-disc ]
	refused 1 "there is not empty: name a new folder, or --force replaces it" yc-save -q png floats.yct there
	[ -d there/0-disc ]
	yc-save -q png --force floats.yct there/
	[ ! -e there/0-disc ]
	[ -d there/0-z ]
	[ "$(echo there*)" = there ]
	echo mine >there/0-z/thesis.tex
	# what --force refuses is not promised
	for force in "" --force; do
		# shellcheck disable=SC2086 # no word if empty
		refused 1 "there/0-z/thesis.tex is in the folder, and is nothing that is written here: name another folder" \
			yc-save -q png $force bytes.yct there
	done
	[ -s there/0-z/thesis.tex ]
	rm there/0-z/thesis.tex
	# pictures of somebody else, with a list and notes of theirs
	"$YC_ROOT/tests/make/pictures.py" theirs/{ant,bee}/1.png
	printf 'file,class\n' >theirs/labels.csv
	refused 1 "theirs is not empty, and was not written here, since it has no labels.csv" yc-save -q png --force bytes.yct theirs
	echo mine >theirs/notes.txt
	refused 1 "theirs/notes.txt is in the folder" yc-save -q png --force bytes.yct theirs
	(cd there/0-z && refused 1 "current folder" yc-save png --force ../../bytes.yct ..)
	: >plain
	refused 1 "is a file: name a folder" yc-save png bytes.yct plain
	refused 2 "is a folder: name a file in it" yc-save npz bytes.yct there
}

@test "what fails, or is killed, leaves nothing" {
	head -c 60000 bytes.yct >cut.yct
	mkdir here
	for kind in png npz npy safetensors torch cifar10; do
		run -3 yc-save -q $kind cut.yct here/out
		run -3 yc-save -q $kind cut.yct here/out.zip
		[ -z "$(ls -A here)" ] || fail "$kind leaves $(ls -A here)"
	done
	refused 1 "a temporary file in 'here/': write error: File too large" \
		bash -c "trap '' XFSZ; ulimit -f 20; exec yc-save npz bytes.yct here/a.npz"
	mkfifo pipe
	for kind in png npz; do
		(cat bytes.yct && exec sleep 60) >pipe 3>&- &
		writer=$!
		yc-save -q $kind pipe here/out 3>&- &
		saver=$!
		for _ in $(seq 100); do
			[ -z "$(ls -A here)" ] || break
			read -rt 0.05 _ <> <(:) || true
		done
		[ -n "$(ls -A here)" ] || fail "$kind has not begun"
		kill -TERM $saver
		wait $saver || true
		kill $writer
		[ -z "$(ls -A here)" ] || fail "$kind leaves $(ls -A here)"
	done
}

# -- what is said --

@test "a note names what a kind has no place for" {
	run -0 yc-save png floats.yct a
	assert_line --partial "no place for it: score.el2n, my/odd, mean and std"
	run -0 yc-save npz floats.yct a.npz
	refute_output
	run -0 yc-save npz bytes.yct b.npz
	assert_output "yc-save: left out, since npz has no place for it: the history"
	run -0 yc-save safetensors bytes.yct b.safetensors
	refute_output
	run -0 pipe "yc-condense dm bytes.yct --ipc 1 --iterations 1 --width 4 --depth 1 -q | yc-save torch - c.pt"
	assert_output --partial "the log of the condensation, mean and std, the history"
	refute_output --partial record
	run -0 yc-save png over.yct c
	assert_line --regexp "^yc-save: [0-9]+ values outside 0..1 became 0 or 1$"
	"$YC_ROOT/tests/make/made.py" yc.classes=2 yc.side=4 yc.factor=2 image=U8:4x3x4x4 label=I64:4:1,0,1,0 id=I64:4 >f.yct
	run -0 yc-save png f.yct d
	assert_line --partial "each image is 2 x 2 tiles"
	run -0 yc-save torch f.yct f.pt
	refute_line --partial "tiles"
	run -0 bash -c "yc-select random --tiles 1 f.yct | yc-save torch - e.pt"
	assert_line --partial "tiles of 2 pixels that networks see with 4: that is yc-decode's output"
	run -0 bash -c "yc-select random --tiles 1 f.yct | yc-save safetensors - e.safetensors"
	refute_output
	run -0 bash -c "yc-select random --tiles 1 f.yct | yc-save png e"
	assert_line --partial "tiles of 2 pixels that networks see with 4"
}

@test "a name that promises something else than is written is refused, by all tools" {
	refused 2 "x.png: the name promises a picture, but yc-decode writes a stream: yc-save png" yc-decode bytes.yct -o x.png
	refused 2 "x.JPG: the name promises a picture, but yc-view writes a PNG picture" yc-view bytes.yct -o x.JPG
	refused 2 "promises NumPy arrays" yc-quantise bytes.yct -o x.npz
	refused 2 "promises an archive" yc-load demo -o x.tar.gz
	refused 2 "promises a picture" yc-info bytes.yct -o x.png
	for name in X.PNG x.jpeg x.npz x.pt x.zip x.tar.gz x.tar.zst; do
		refused 2 "the name promises" yc-decode bytes.yct -o $name
	done
	refused 2 "yc-save safetensors" yc-select random --tiles 1 bytes.yct -o x.safetensors
	refused 2 "promises NumPy arrays, but yc-save writes a folder" yc-save png bytes.yct x.npz
	refused 2 "promises a stream" yc-save npz bytes.yct floats.yct
	refused 2 "7z" yc-save png bytes.yct x.7z
	yc-view bytes.yct -o x.png
	yc-info bytes.yct -o x.txt
	yc-decode bytes.yct -o x
}

@test "memory does not grow with the rows" {
	"$YC_ROOT/tests/make/rows.py" 6000 32 F32 >big.yct
	for kind in png npz cifar10; do
		mib=$(python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' yc-save -q $kind big.yct out.tar)
		[ "$mib" -lt 50 ] || fail "$kind takes $mib MiB"
		rm out.tar
	done
}

# -- there and back, by every kind that yc-load has too --

@test "what yc-load reads back is equal: bytes, rows, labels, by every kind" {
	yc-save -q npz bytes.yct a.npz && yc-load npz a.npz -o npz.yct
	yc-save -q npy bytes.yct a && yc-load npy a/images.npy --labels a/labels.npy -o npy.yct
	yc-save -q torch bytes.yct a.pt && yc-load torch a.pt -o torch.yct
	yc-save -q png bytes.yct p && yc-load csv p/labels.csv --names @p/classes.txt -o csv.yct
	for kind in npz npy torch csv; do
		same "python3 rows.py rows bytes.yct" "python3 rows.py rows $kind.yct" || fail "$kind"
	done
	# a stream already
	yc-save -q safetensors bytes.yct a.safetensors
	same "python3 rows.py rows bytes.yct" "python3 rows.py rows a.safetensors"
	same "yc-info csv.yct | grep ^class" "yc-info bytes.yct | grep ^class"
}

@test "what yc-load reads back is equal: pixels that overshoot, names, mean and std, without a word" {
	for path in a.npz a; do
		kind=$([ $path = a ] && echo npy || echo npz)
		yc-save -q $kind over.yct $path
		yc-load $kind $path -q -o back.yct
		same "python3 rows.py rows over.yct" "python3 rows.py rows back.yct"
		yc-save -q --force $kind floats.yct $path
		yc-load $kind $path -q -o back.yct
		same "yc-info floats.yct | grep -e ^class -e ^mean -e ^std" "yc-info back.yct | grep -e ^class -e ^mean -e ^std"
	done
	yc-save -q torch over.yct a.pt
	yc-load torch a.pt --mean 0.25,0.375,0.5 --std 0.5,0.25,0.375 -q -o back.yct
	same "python3 rows.py rows over.yct" "python3 rows.py rows back.yct"
	yc-save -q npz --normalised over.yct n.npz
	yc-load npz n.npz -q --values normalised -o back.yct
	run -0 python3 apart.py back.yct back.yct 1 # has values beyond 0..1
	[[ $output == 0.[1-9]* ]]
	# means that were computed stay such
	yc-save -q npz back.yct b.npz
	yc-load npz b.npz --mean auto --std auto -q | yc-save -q npz - c.npz
	run -0 pipe "yc-load npz c.npz -q | yc-info"
	assert_line --regexp "^computed +1"
}

@test "what yc-load reads back is equal: floats exactly, normalised ones, grey" {
	yc-save -q npz floats.yct f.npz && yc-load npz f.npz -q -o back.yct
	apart floats.yct back.yct 1 0
	same "python3 rows.py rows floats.yct" "python3 rows.py rows back.yct"
	yc-save -q torch floats.yct f.pt && yc-load torch f.pt -q -o back.yct
	same "python3 rows.py rows floats.yct" "python3 rows.py rows back.yct"
	yc-save -q torch --normalised normalised.yct n.pt
	yc-load torch n.pt --values normalised --mean 0.25,0.375,0.5 --std 0.5,0.25,0.375 -q -o back.yct
	yc-save -q npz normalised.yct n.npz && yc-save -q npz back.yct b.npz
	run -0 "$(having numpy)" -c "
import numpy
a, b = numpy.load('n.npz')['images'], numpy.load('b.npz')['images']
print(abs(a.clip(0, 1) - b.clip(0, 1)).max() < 1e-6)"
	assert_output True
	yc-save -q png grey.yct g && yc-load folder g --channels 1 -q -o back.yct
	yc-quantise grey.yct -o grey8.yct
	same "python3 rows.py sorted grey8.yct" "python3 rows.py sorted back.yct"
	# class 4 has no images, in the folder and in archives: it stays a class
	for place in g.tar g.zip g; do
		[ -e $place ] || yc-save -q png grey.yct $place
		run -0 pipe "yc-load folder $place --channels 1 -q | yc-info | grep ^head"
		assert_output --partial "5 classes"
	done
}

@test "what comes into a folder while it is replaced is kept" {
	yc-save -q png bytes.yct there
	mkfifo slow
	run -1 --separate-stderr bash -c 'yc-save -q png --force slow there & exec 8>slow; cat bytes.yct >&8
		until ls -d there.*.tmp; do sleep 0.05; done; echo mine >there/thesis.tex; exec 8>&-; wait $!'
	[[ $stderr == *"had got something else in it: it is kept as "*there.*.tmp ]]
	cat there.*.tmp/thesis.tex
	[ ! -e there/thesis.tex ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	yc-load demo --train-images 6 -o all.yct
	yc-load demo --split test --test-images 4 -o test.yct
	# Images of 8 pixels: the tests are about streams.
	for f in all test; do
		small "$f.yct" >"$f-small.yct"
	done
}

# A stream of images of which one pixel of 16 is left.
small() {
	zstd -dcq "$1" | python3 -c '
import json, struct, sys
source, sink = sys.stdin.buffer, sys.stdout.buffer
while first := source.read(8):
    header = json.loads(source.read(struct.unpack("<Q", first)[0]))
    meta = header.pop("__metadata__", {})
    meta.pop("yc.digest", None)
    if "yc.side" in meta:
        meta["yc.side"] = "8"
    data, at = b"", 0
    for name, t in sorted(header.items(), key=lambda i: i[1]["data_offsets"]):
        a, b = t["data_offsets"]
        rows = source.read(b - a)
        if name == "image":
            t["shape"][2:] = [8, 8]
            rows = b"".join(rows[y:y + 32:4] for y in range(0, len(rows), 32) if y // 32 % 4 == 0)
        t["data_offsets"] = [len(data), len(data) + len(rows)]
        data += rows
    text = json.dumps({"__metadata__": meta, **header}).encode()
    sink.write(struct.pack("<Q", len(text)) + text + data)'
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp "$BATS_FILE_TMPDIR"/*.yct .
	made=made.py
	quick=(--epochs 2 --width 4 --depth 1 -r 1 --aug none)
}

accuracy() {
	yc-eval --test test-small.yct "${quick[@]}" "$@" | awk '$1 == "mean" { print $3 }'
}

@test "a map is added, named in the head, and pixels stay" {
	yc-whiten mtt --raw all-small.yct >white.yct
	zstd -dcq all-small.yct 2>/dev/null >raw.yct || cp all-small.yct raw.yct
	same "$made --rows image <raw.yct" "$made --rows image <white.yct"
	run -0 yc-info white.yct
	assert_line --regexp '^zca +mtt 0\.1 60 [0-9a-f]{16}$'
	assert_line --regexp '^other +zca: 3 tensors, 74892 bytes$' # 192*193/2 + 192 + 3 floats
	assert_line --partial "yc-whiten mtt map-only=false reg=0.1 kernel OpenBLAS"
	yc-whiten kip --reg 0.25 all-small.yct | yc-info | grep -q '^zca *kip 0.25 60 '
}

@test "the map is the one that NumPy finds" {
	for how in mtt kip; do
		yc-whiten $how --raw all-small.yct >$how.yct
	done
	run -0 python3 - <<-'END'
		import json, struct
		import numpy as np

		def read(path):
		    found, f = {}, open(path, "rb")
		    while first := f.read(8):
		        header = json.loads(f.read(struct.unpack("<Q", first)[0]))
		        kind = header.pop("__metadata__", {}).get("yc.kind", "")
		        types = {"F32": "<f4", "U8": "u1", "I64": "<i8"}
		        for name, t in sorted(header.items(), key=lambda i: i[1]["data_offsets"]):
		            a, b = t["data_offsets"]
		            array = np.frombuffer(f.read(b - a), types[t["dtype"]]).reshape(t["shape"])
		            found.setdefault(kind + name, []).append(array)
		    return {k: np.concatenate(v) for k, v in found.items()}

		for how in "mtt", "kip":
		    s = read(how + ".yct")
		    x = s["image"].astype(float) / 255
		    n, d = len(x), x[0].size
		    if how == "kip":
		        mean, std = x.mean((0, 2, 3), keepdims=True), x.std((0, 2, 3), keepdims=True)
		        z = ((x - mean) / std).reshape(n, -1)
		        z -= z.mean(1, keepdims=True)
		        z /= np.linalg.norm(z, axis=1, keepdims=True)
		        w, v = np.linalg.eigh(z.T @ z / n)
		        f = (np.maximum(w, 0) + 0.1 * w.sum() / d) ** -0.5
		        f[:max(0, d - n)] = 1
		        assert np.abs(s["zcastd"] - std.ravel()).max() < 1e-6
		    else:
		        z = x.reshape(n, -1) - x.reshape(n, -1).mean(0)
		        w, v = np.linalg.eigh(z.T @ z / (n - 1))
		        f = (w + 0.1) ** -0.5
		        assert np.abs(s["zcamean"].ravel() - x.reshape(n, -1).mean(0)).max() < 1e-6
		    t = v * f @ v.T
		    assert np.abs(s["zcamatrix"] - t[np.tril_indices(d)]).max() < 1e-5 * np.abs(t).max(), how
	END
}

@test "any number of threads fits the same map" {
	for how in mtt kip; do
		same "yc-whiten $how -j1 all.yct" "yc-whiten $how -j3 all.yct"
	done
}

@test "tools with networks follow, test images by the map of the training images" {
	yc-whiten mtt all-small.yct -o white.yct
	yc-whiten mtt --map-only all-small.yct -o map.yct
	plain=$(accuracy all-small.yct --predictions plain)
	accuracy white.yct --predictions white
	run -1 cmp -s plain white
	# A map of its own, if it is the same one, changes nothing; another one is an error.
	cat test-small.yct map.yct >mapped.yct
	accuracy white.yct --predictions again
	yc-eval --test mapped.yct "${quick[@]}" white.yct --predictions mapped >table
	cmp white mapped
	cmp white again
	yc-whiten mtt test-small.yct -o other.yct
	refused 1 "other.yct: is whitened by 'mtt 0.1 40 " yc-eval --test other.yct "${quick[@]}" white.yct
	refused 1 "the training stream is not: yc-whiten none" yc-eval --test other.yct "${quick[@]}" all-small.yct
	differ "yc-score el2n --epochs 2 --width 4 --depth 1 --raw --no-history white.yct | $made --rows score.el2n" \
		"yc-score el2n --epochs 2 --width 4 --depth 1 --raw --no-history all-small.yct | $made --rows score.el2n"
	[ -n "$plain" ]
}

@test "networks say which map their images had" {
	yc-whiten mtt all-small.yct -o white.yct
	yc-whiten mtt --map-only all-small.yct -o map.yct
	yc-train --epochs 1 --width 4 --depth 1 --aug none white.yct -o net.yct
	[ "$(stat -c %s net.yct)" -lt 20000 ] # the map is not in it
	refused 1 "net.yct: for images whitened by 'mtt 0.1 60 " \
		yc-eval --epochs 0 -r 1 --init-net net.yct --test test-small.yct
	cat test-small.yct map.yct >mapped.yct
	run -0 yc-eval --epochs 0 -r 1 --init-net net.yct --test mapped.yct
	yc-train --epochs 1 --width 4 --depth 1 --aug none all-small.yct -o plain.yct
	refused 1 "plain.yct: for images that are not whitened" \
		yc-eval --epochs 0 -r 1 --init-net plain.yct --test mapped.yct
	refused 1 "whitened by" yc-score el2n --epochs 1 --init-net plain.yct --aug none white.yct
}

@test "a set goes without its map, and finds it again" {
	yc-whiten mtt all-small.yct -o white.yct
	yc-select random --ipc 2 white.yct -o few.yct
	yc-whiten apart few.yct -o set.yct
	yc-whiten mtt --map-only all-small.yct -o map.yct
	run -0 yc-info map.yct
	assert_line --partial " 0 rows"
	run -0 yc-info set.yct
	refute_output --partial "other"
	refused 1 "whitened by 'mtt 0.1 60 " yc-eval --test test-small.yct "${quick[@]}" set.yct
	[[ $stderr == *"which the stream lacks: "*"yc-whiten --map-only"* ]]
	same "accuracy few.yct" "accuracy set.yct map.yct -q"
	# The digest covers the key even where the record is away.
	yc-whiten none few.yct -o none.yct
	differ "yc-info --digest set.yct" "yc-info --digest none.yct"
	yc-select random --ipc 2 all-small.yct -o plain.yct
	same "yc-info --digest plain.yct" "yc-info --digest none.yct"
	yc-info --check set.yct
}

@test "select, decode, quantise, augment and view need not know" {
	yc-whiten mtt all-small.yct -o white.yct
	for t in "select random --ipc 3" decode quantise "augment flip"; do
		# shellcheck disable=SC2086 # words
		yc-$t white.yct -o out.yct
		run -0 yc-info out.yct
		assert_line --regexp '^zca +mtt'
		assert_line --regexp '^other +zca'
		yc-whiten none out.yct | yc-info --digest >a
		# shellcheck disable=SC2086 # words
		yc-$t all-small.yct | yc-info --digest >b
		cmp a b || fail "$t"
	done
	yc-view white.yct -o sheet.png
}

@test "what cannot be whitened is refused" {
	yc-whiten mtt all-small.yct -o white.yct
	refused 1 "already: yc-whiten none undoes it" yc-whiten kip white.yct -o out
	refused 2 "--map-only needs a map" yc-whiten none --map-only white.yct -o out
	refused 2 "--reg" yc-whiten mtt --reg 0 all-small.yct -o out
	refused 2 "--reg" yc-whiten none --reg 1 all-small.yct -o out
	$made yc.classes=1 yc.side=2 yc.factor=1 yc.normalised=1 image=F32:3x3x2x2 label=I64:3:0,0,0 >done.yct
	refused 1 "normalised already" yc-whiten mtt done.yct -o out
	$made yc.classes=1 yc.side=80 yc.factor=1 image=U8:3x3x80x80 label=I64:3:0,0,0 >large.yct
	refused 1 "images of 3 x 80 x 80 are too large for whitening" yc-whiten mtt large.yct -o out
	# Condensers and augmentations that work on pixels.
	refused 1 "which idc does not know: yc-whiten none" yc-condense idc --ipc 1 --outer 1 white.yct -o out
	refused 1 "which idc does not know" yc-train --like idc --outer 1 white.yct -o out
	refused 1 "augments pixels, but networks see these images whitened" \
		yc-eval --test test-small.yct --epochs 1 --width 4 --aug jitter white.yct
	[ ! -e out ]
}

@test "OpenBLAS is needed, and said so" {
	echo nonsense >libopenblas.so.0
	LD_LIBRARY_PATH=$PWD refused 1 "no OpenBLAS" yc-whiten mtt all-small.yct -o out
	# but not to use a map
	yc-whiten mtt all-small.yct -o white.yct
	LD_LIBRARY_PATH=$PWD run -0 yc-eval --test test-small.yct "${quick[@]}" white.yct
}

@test "published sets that are whitened load by the map that they were made with" {
	for how in mtt kip; do
		yc-whiten "$how" --raw all-small.yct >white.yct
		run -0 env PYTHONPATH="$YC_ROOT/pipelines" python3 - "$how" <<-'END'
			import sys
			import numpy as np
			import yct
			how, d = sys.argv[1], 192
			parts = next(t for m, t in yct.read('white.yct', rest=True)[2] if m.get('yc.kind') == 'zca')
			m, std, half = (np.frombuffer(parts[n]['data'], '<f4').astype(float) for n in ('mean', 'std', 'matrix'))
			T = np.zeros((d, d))
			T[np.tril_indices(d)] = half
			T = T + T.T - np.diag(np.diag(T))
			x = np.random.default_rng(1).random((10, d))
			# an average image of KIP: its mean is 0, its length sqrt(d)
			w = (x - m) @ T if how == 'mtt' else (x - m) / np.repeat(std, d // 3) / d ** .5 @ T
			# channels last, as in the files of KIP
			np.savez('set.npz', images=w.reshape(10, 3, 8, 8).transpose(0, 2, 3, 1).astype('f4'), labels=np.eye(10) - .1)
			np.save('pixels.npy', x.reshape(10, 3, 8, 8))
		END
		yc-load kip --dataset imagenet --values normalised --whitened-by white.yct set.npz -o set.yct
		grep -q "^zca *$how 0.1 60 " <(yc-info set.yct)
		grep -q "yc-whiten $how" <(yc-info set.yct)
		run -1 grep normalised <(yc-info --json set.yct | grep -o 'yc.normalised')
		run -0 env PYTHONPATH="$YC_ROOT/pipelines" python3 - "$how" <<-'END'
			import sys
			import numpy as np
			import yct
			seen = yct.read('set.yct')[0]
			assert abs(np.array(seen['image']) - np.load('pixels.npy')).max() < 2e-5
			assert ('whiten' in seen) == (sys.argv[1] == 'kip')
			assert np.allclose(seen.get('whiten', [[0, 192 ** .5]]), [0, 192 ** .5])
		END
		yc-eval --hard-labels --test all-small.yct "${quick[@]}" set.yct

	done
	run -1 yc-load kip --dataset imagenet --values normalised --whitened-by all-small.yct set.npz
	assert_output --partial "all-small.yct: whitens nothing: yc-whiten of the images"
	yc-whiten mtt all.yct -o other.yct
	run -1 yc-load kip --dataset imagenet --values normalised --whitened-by other.yct set.npz
	assert_output --partial "other.yct: whitens images of 3072 numbers, those of the set have 192"
	run -2 yc-load kip --dataset imagenet --values pixels --whitened-by white.yct set.npz
	assert_output --partial "--whitened-by is for values that are no pixels"
	run -1 yc-load kip --dataset imagenet --whitened-by none.yct set.npz
	assert_output --partial "none.yct"
}

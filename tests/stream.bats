#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The stream from outside: what other programs see of it and do to it.
# shellcheck disable=SC2154 # set by run --separate-stderr
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/small.py" >small.raw
	seq 0 15 | yc-select --ids - small.raw -o small.yct
}

digest() {
	yc-info --digest "$@"
}

@test "zstd -dc reads it, and raw and compressed streams are the same to every reader" {
	zstd -dc small.yct >expanded.raw
	same "digest expanded.raw" "digest small.yct"
	same "digest <small.raw" "digest small.yct"
	same "digest <(cat small.raw)" "digest small.yct"
}

@test "one frame per record, with checksum and size" {
	frames=$(zstd -lv small.yct | awk '/Number of frames|^# Zstandard Frames/ { print $NF }')
	[ "$frames" -eq 4 ]
	zstd -lv small.yct | grep -q 'Check: XXH64'
	zstd -lv small.yct | grep -q 'Decompressed Size'
}

@test "a stage that ends in zstd makes one big frame, which is as good" {
	zstd -dc small.yct | zstd >big.yct
	same "digest big.yct" "digest small.yct"
	run -0 yc-info --check big.yct
	assert_output --partial "digest right"
}

@test "cat joins streams, compressed or not" {
	cat small.yct small.raw small.yct >three.yct
	run -0 yc-info three.yct
	assert_line --regexp '3 segments, .* 48 rows$'
	same "yc-info --tsv three.yct" "yc-info --tsv small.yct small.raw small.yct"
	run -0 yc-info --check three.yct
	assert_output --partial "1 of 3 segments without a digest"
}

@test "streams that do not fit together are refused" {
	sed 's/"yc.side": "8"/"yc.side": "9"/' small.raw >other.raw
	run -1 yc-info small.raw other.raw
	assert_output "yc-info: other.raw: record 1: yc.side is 9, in small.raw: record 1 it is 8: load all parts with the same --side"
}

@test "a Python stage works in a chain and leaves the rest alone" {
	stage="python3 '$YC_ROOT/pipelines/stage.py'"
	run -0 pipe "zstd -dc small.yct | $stage invert | $stage invert | zstd | yc-info --digest"
	assert_output "$(digest small.yct)"
	run -0 pipe "zstd -dc small.yct | $stage keep 1 | zstd | yc-info"
	assert_line --regexp '1 segment, 4 records, 8 rows$'
	assert_line --regexp '^class +1: 8$'
	assert_line --regexp '^column +odd I16 \[8,2\]$'
	assert_line --regexp '^other +strange'
	run -0 pipe "cat small.raw small.raw | $stage keep 0 | yc-info"
	assert_line --regexp '2 segments, .* 16 rows$'
}

@test "a stage notices cut input, and so does what follows it" {
	stage="python3 '$YC_ROOT/pipelines/stage.py'"
	for n in 0 5 100 2000 3000 4000 "$(($(stat -c %s small.raw) - 1))"; do
		run -1 pipe "head -c $n small.raw | $stage invert >staged.raw"
		run -3 yc-info staged.raw
	done
}

@test "an upstream crash looks like an incomplete stream, never like success" {
	run -3 --separate-stderr bash -c "(zstd -dc small.yct | head -c 2500; exit 1) | yc-info"
	[[ $stderr == "yc-info: stdin: record 2: the input ends inside tensor"* ]]
	run -3 --separate-stderr bash -c "exit 1 | yc-info"
	[[ $stderr == "yc-info: stdin: record 1: the input is empty" ]]
	# Without its last frame it is sound zstd data, and incomplete all the same.
	python3 -c '
b = open("small.yct", "rb").read()
open("cut.yct", "wb").write(b[:b.rindex(b"\x28\xb5\x2f\xfd")])'
	zstd -tq cut.yct
	run -3 yc-info cut.yct small.yct
	assert_output "yc-info: cut.yct: record 4: incomplete: the input ends without yc.end"
}

@test "damage is found by the checksum" {
	python3 - <<-'END'
		b = bytearray(open("small.yct", "rb").read())
		b[len(b) // 2] ^= 16
		open("bad.yct", "wb").write(b)
	END
	run -1 --separate-stderr yc-info bad.yct
	[[ $stderr == "yc-info: bad.yct: record "*"damaged zstd data"* ]]
}

@test "a safetensors file from elsewhere is input" {
	python3 - >plain.safetensors <<-'END'
		import json, struct, sys
		h = {"__metadata__": {"yc.classes": "2", "yc.side": "2"},
		     "image": {"dtype": "U8", "shape": [4, 1, 2, 2], "data_offsets": [0, 16]},
		     "label": {"dtype": "I64", "shape": [4], "data_offsets": [16, 48]}}
		h = json.dumps(h).encode()
		sys.stdout.buffer.write(struct.pack("<Q", len(h)) + h + bytes(range(16)) + struct.pack("<4q", 0, 1, 0, 1))
	END
	run -0 yc-info plain.safetensors
	assert_line --regexp '^column +image U8 \[4,1,2,2\]$'
	run -0 bash -c 'printf "0\n3\n" | yc-select --ids - plain.safetensors --raw | yc-info'
	assert_line --regexp '^format +ycs/1, .* 2 rows$'
	# Only a whole regular file shows that nothing is missing.
	run -1 bash -c 'cat plain.safetensors | yc-info'
	assert_output --partial "yc.version"
}

@test "wrong files are called by their names" {
	printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\n' >a.lfs
	printf '<!DOCTYPE html>\n<html>' >a.html
	echo hello | gzip >a.gz
	echo hello | xz >a.xz
	tar -cf a.tar a.lfs
	python3 -c 'import zipfile; zipfile.ZipFile("a.zip", "w").writestr("a", "b")'
	python3 -c 'import pickle; pickle.dump({"a": 1}, open("a.pickle", "wb"))'
	printf '\x93NUMPY\x01\x00v\x00{' >a.npy
	printf '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR' >a.png
	printf '\xff\xd8\xff\xe0\x00\x10JFIF\x00' >a.jpg
	seq 100 >a.txt
	while read -r file name; do
		run -1 --separate-stderr yc-info "$file"
		[[ $stderr == "yc-info: $file: record 1: not a stream but "*"$name"* ]] || fail "$stderr"
	done <<-'END'
		a.lfs Git LFS pointer
		a.html HTML
		a.gz yc-load KIND makes a dataset in it a stream
		a.xz xz
		a.tar tar archive
		a.zip zip archive
		a.pickle pickle
		a.npy .npy file: yc-load npy makes
		a.png PNG picture: yc-load folder makes
		a.jpg JPEG
		a.txt text
	END
	run -1 yc-info .
	assert_output --partial ".: a folder, not a stream: yc-load KIND makes"
}

@test "a header that lies about its size reserves nothing" {
	python3 - >lie.raw <<-'END'
		import json, struct, sys
		h = {"__metadata__": {"yc.version": "ycs/1", "yc.classes": "2", "yc.side": "2"},
		     "a": {"dtype": "U8", "shape": [900000000], "data_offsets": [0, 900000000]}}
		h = json.dumps(h).encode()
		sys.stdout.buffer.write(struct.pack("<Q", len(h)) + h + bytes(16))
	END
	run -3 yc-info lie.raw
	run -1 yc-info --memory 100M lie.raw
	assert_output --partial "--memory"
}

@test "yc.digest is what yc-stream(5) says it is" {
	zstd -dc small.yct >small2.raw
	run -0 python3 - <<-'END'
		import hashlib, json, struct
		f = open("small2.raw", "rb")
		head, columns, others, want = None, {}, [], None
		while length := f.read(8):
		    tensors = json.loads(f.read(struct.unpack("<Q", length)[0]))
		    meta = tensors.pop("__metadata__", {})
		    head = meta if head is None else head
		    for name, t in sorted(tensors.items(), key=lambda i: i[1]["data_offsets"]):
		        t["data"] = f.read(t["data_offsets"][1] - t["data_offsets"][0])
		    kind = meta.get("yc.kind", "data")
		    if tensors and kind == "data":
		        for name, t in tensors.items():
		            c = columns.setdefault(name, [t["dtype"], 0, t["shape"][1:], hashlib.sha256()])
		            c[1] += t["shape"][0]
		            c[3].update(t["data"])
		    elif kind not in ("data", "head") or tensors:
		        h = hashlib.sha256()
		        for key in sorted(meta):
		            if key not in ("yc.end", "yc.digest", "yc.history"):
		                h.update(f"{key}\0{meta[key]}\0".encode())
		        for name, t in sorted(tensors.items()):
		            shape = ",".join(map(str, t["shape"]))
		            h.update(f"{name}\0{t['dtype']}\0{shape}\0".encode() + t["data"])
		        others.append(h.hexdigest())
		    want = meta.get("yc.digest", want)
		text = "stream ycs/1\n"
		for key in "yc.classes", "yc.side", "yc.factor", "yc.mean", "yc.std", "yc.normalised":
		    text += f"{key} {head.get(key, '1' if key == 'yc.factor' else '')}\n"
		for name, (dtype, rows, shape, h) in sorted(columns.items()):
		    text += f"tensor {h.hexdigest()} {dtype} {rows} [{','.join(map(str, shape))}] {name}\n"
		for h in others:
		    text += f"record {h}\n"
		have = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
		assert have == want, (have, want)
	END
}

# literal PATTERN: the literal block of yc-stream(5) whose first line matches.
literal() {
	sed -n "/^\\.Bd -literal\$/,/^\\.Ed/p" "$YC_ROOT/man/yc-stream.5" | awk -v first="$1" '
		/^\.Bd/ { begun = 1; next }
		/^\.Ed/ { on = 0 }
		begun { on = $0 ~ first; begun = 0 }
		on'
}

@test "the hexdump in yc-stream(5) is a stream, and as our tools write it" {
	literal '^00000000' | python3 -c '
import sys
for line in sys.stdin:
    sys.stdout.buffer.write(bytes.fromhex(line[10:58]))' >two.raw
	run -0 yc-info two.raw
	assert_line --regexp '^column +image U8 \[2,1,2,2\]$'
	printf '0\n1\n' | yc-select --ids - --raw --no-history two.raw | cmp - two.raw
}

@test "the program in yc-stream(5) works" {
	literal '^import json' >flip.py
	[ -s flip.py ]
	run -0 pipe "zstd -dc small.yct | python3 flip.py | zstd | yc-info --digest"
	[ "$output" != "$(digest small.yct)" ]
	run -0 pipe "zstd -dc small.yct | python3 flip.py | python3 flip.py | zstd | yc-info --digest"
	assert_output "$(digest small.yct)"
	run -1 pipe "head -c 3000 small.raw | python3 flip.py >cut.raw"
	run -3 yc-info cut.raw
}

# keyed KEY=VALUE... <stream: the raw stream with these keys on every record that has tensors.
keyed() {
	python3 -c '
import json, struct, sys
while size := sys.stdin.buffer.read(8):
    header = json.loads(sys.stdin.buffer.read(struct.unpack("<Q", size)[0]))
    meta = header.pop("__metadata__", {})
    data = sys.stdin.buffer.read(max([t["data_offsets"][1] for t in header.values()], default=0))
    if header:
        meta.update(a.split("=") for a in sys.argv[1:])
    text = json.dumps({"__metadata__": meta, **header}).encode()
    sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + data)' "$@"
}

# labs <stream: for each id in the order of the rows, the value of the key lab that counts for it.
labs() {
	python3 -c '
import json, struct, sys
lab = None
while size := sys.stdin.buffer.read(8):
    header = json.loads(sys.stdin.buffer.read(struct.unpack("<Q", size)[0]))
    meta = header.pop("__metadata__", {})
    data = sys.stdin.buffer.read(max([t["data_offsets"][1] for t in header.values()], default=0))
    if "yc.version" in meta:
        lab = meta.get("lab", "-")
    if "id" in header and meta.get("yc.kind", "data") == "data":
        for i, in struct.iter_unpack("<q", data[slice(*header["id"]["data_offsets"])]):
            print(i, meta.get("lab", lab))'
}

@test "keys of others that differ stay with the rows that they are of, in every tool" {
	local ids="0 3 5 14 1 4"
	tr ' ' '\n' <<<"$ids" | head -3 | yc-select --ids - small.raw --raw | keyed lab=north >north
	tr ' ' '\n' <<<"$ids" | tail -3 | yc-select --ids - small.raw --raw | keyed lab=south >south
	for tool in "yc-select random --keep 1" "yc-select yoco --order" yc-quantise yc-decode "yc-augment flip -n 2" \
		"yc-score el2n --epochs 1 --width 4 --depth 1"; do
		# shellcheck disable=SC2086 # words
		$tool -q --raw north south | labs >got
		[ "$(sort -nu got)" = $'0 north\n1 south\n3 north\n4 south\n5 north\n14 south' ] ||
			fail "$tool: $(cat got)"
	done
	# Where all rows have the same one, it is there once, and on the record of another kind of each.
	yc-select random --keep 1 --raw north north >both
	[ "$(labs <both | cut -d' ' -f2 | sort -u)" = north ]
	[ "$(grep -ao '"lab":"north"' both | wc -l)" -eq 3 ]
}

@test "a key of ours that two segments give different values is an error" {
	keyed yc.future=1 <small.raw >a
	keyed yc.future=2 <small.raw >b
	run -1 --separate-stderr yc-decode a b -o out
	assert_equal "$stderr" "yc-decode: b: record 1: metadata 'yc.future' is '2', earlier records have '1'"
	run -0 yc-decode a a -o out
}

@test "a label out of range and a pixel that is no number are found in their file and record" {
	"$YC_ROOT/tests/make/condensed.py" >good
	"$YC_ROOT/tests/make/condensed.py" labels=0,1,3 >label
	"$YC_ROOT/tests/make/condensed.py" dtype=F32 labels=0,1,2,2,1,0,0 >float
	head -c -4 float >pixel
	printf '\0\0\xc0\x7f' >>pixel # NaN
	for tool in 'yc-eval --epochs 1 --test good' 'yc-score el2n' 'yc-select random --ipc 1' yc-decode yc-view \
		yc-quantise; do
		run -1 --separate-stderr pipe "$tool good label >out"
		[[ $stderr == "${tool%% *}: label: record 1: row 2: label 3 is not in 0..2" ]]
		run -1 --separate-stderr pipe "$tool pixel >out"
		[[ $stderr == "${tool%% *}: pixel: record 1: 'image' has values that are not finite" ]]
	done
	run -1 --separate-stderr yc-eval --epochs 1 --test label good
	[[ $stderr == "yc-eval: label: record 1: row 2: label 3 is not in 0..2" ]]
}

# plain NAME=DTYPE:SHAPE[:VALUES]...: a safetensors file without a head.
plain() {
	"$YC_ROOT/tests/make/made.py" plain "$@"
}

@test "a plain safetensors file of images and labels is a stream: every tool makes its head" {
	plain image=U8:8x1x4x4 label=I64:8:0,1,2,0,1,2,0,1 >p.safetensors
	zstd -q p.safetensors
	"$YC_ROOT/tests/make/made.py" yc.classes=3 yc.side=4 yc.mean=0.24902 yc.std=0.144899 \
		image=U8:8x1x4x4 label=I64:8:0,1,2,0,1,2,0,1 id=I64:8 >stream
	run -0 yc-info p.safetensors
	assert_line "head      3 classes, side 4, factor 1"
	assert_line "mean      0.24902"
	assert_line "std       0.144899"
	assert_line "computed  1"
	assert_line "source    a safetensors file, whose head was made"
	assert_line "class     2: 2"
	for tool in "yc-info --tsv" "yc-select random --ipc 1 --raw --no-history" yc-view \
		"yc-eval --epochs 1 -r 1 --width 4 --depth 1 --test stream" "yc-score el2n --epochs 1 --width 4 --depth 1 --raw"; do
		for from in "$tool p.safetensors" "$tool <p.safetensors" "cat p.safetensors | $tool" "$tool p.safetensors.zst"; do
			tail='yc-info --tsv'
			[[ $tool == *--raw* ]] || tail="cat"
			[[ $tool != yc-eval* ]] || tail="cut -f1-4"
			same "$from | $tail" "$tool stream | $tail"
		done
	done
}

@test "a plain file joins a stream and takes over its classes, mean and std" {
	plain image=U8:2x1x4x4 label=I64:2:1,0 >p.safetensors
	"$YC_ROOT/tests/make/made.py" yc.classes=3 yc.side=4 yc.mean=0.5 yc.std=0.25 image=U8:1x1x4x4 label=I64:1:2 \
		id=I64:1 >stream
	run -0 yc-info stream p.safetensors
	assert_line "head      3 classes, side 4, factor 1"
	assert_line "mean      0.5"
	assert_line "labels    1 of each"
}

@test "a plain file of other types, shapes or values is an error that says what to do" {
	refuse_plain() {
		plain "${@:2}" >p.safetensors
		refused 1 "p.safetensors: record 1: $1" yc-select random --ipc 1 p.safetensors -o out
	}
	local to="yc-load safetensors makes a stream of it"
	refuse_plain "'image' is I16, not U8 or F32: $to" image=I16:2x1x4x4 label=I64:2:0,1
	refuse_plain "'image' is not [N,C,H,W] with 1 to 4 channels: $to" image=U8:2x8x8x3 label=I64:2:0,1
	refuse_plain "'image' is not [N,C,H,W] with 1 to 4 channels: $to" image=U8:2x8x8 label=I64:2:0,1
	refuse_plain "images of 4x2 are not square" image=U8:2x1x4x2 label=I64:2:0,1
	refuse_plain "'image' has values outside of 0 to 1: $to" image=F32:2x1x4x4 label=I64:2:0,1
	# mostly zeros, but 0..255
	refuse_plain "'image' has values outside of 0 to 1: $to" "image=F32:1x1x4x4:0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,255" label=I64:1:0
	refuse_plain "'label' is I16 of 1 dimensions, not I64 [N]: $to" image=U8:2x1x4x4 label=I16:2:0,1
	refuse_plain "row 1: label -1" image=U8:2x1x4x4 label=I64:2:0,-1
	refuse_plain "tensor 'label' has 3 rows" image=U8:2x1x4x4 label=I64:3:0,1,1
	# cut, or followed by more
	plain image=U8:2x1x4x4 label=I64:2:0,1 >p.safetensors
	head -c -1 p.safetensors >cut.safetensors
	run -3 yc-info cut.safetensors
	run -3 yc-info - < <(cat cut.safetensors)
	cat p.safetensors p.safetensors >twice
	refused 1 "twice: record 1: the stream begins without a head" yc-info twice
}

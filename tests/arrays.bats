#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr
# yc-load of arrays: idx, npz, npy, torch, safetensors
load helpers

setup() {
	T=$BATS_TEST_TMPDIR
	cd "$T" || return
}

# agrees WORD...: all cases whose names hold one of the words agree with NumPy.
agrees() {
	run -0 "$YC_ROOT/tests/reference/arrays.py" "$@"
	[[ $output =~ ^([0-9]+)" inputs, 0 disagreements" ]] && [ "${BASH_REMATCH[1]}" -gt 0 ]
}

@test "npy: any type, order and layout of images, as NumPy reads them" {
	agrees "npy u8" "npy fortran" "bytes as" "0..255 as" "0..1 as" "bytes /" "npy version"
}

@test "npy: bools, fractions, normalised values, one image, few pixels, channels" {
	agrees "npy 0..255 with" "npy bool" "npy a little" "npy normalised" "npy 3x3" "npy 1x1" "npy one" "4 channels" \
		"npy without" "npy to grey" "npy grey" "npy black" "npy nearly"
}

@test "npy: labels of any type, columns, rows, text, soft; names" {
	agrees "npy labels" "npy one-hot" "npy soft" "npy names" "npy classes" "npy, a folder"
}

@test "npy: what is impossible or unclear is an error that names the row or the shape" {
	agrees "npy nan" "npy inf" "npy far" "npy 256" "npy -1" "npy i8" "npy outside" "npy neither" "npy all" "npy two" \
		"npy not" "npy flat" "npy five" "npy no" "npy complex" "npy structured" "npy objects" "npy fewer" "npy label " \
		"npy several" "npy too" "npy a name" "npy an unknown" "npy cut" "npy with more"
}

@test "npz: arrays by their usual names, by split, by shape, by option" {
	agrees npz
}

@test "idx: the MNIST family by its names, compressed or not, and a pair of files" {
	agrees idx
}

@test "safetensors: any type and order" {
	agrees safetensors
}

@test "torch: pickles of NumPy arrays by name and place" {
	agrees "pickle"
}

@test "torch: what PyTorch saves, also nested in pickles" {
	python3 -c 'import torch' 2>/dev/null || skip "no PyTorch"
	agrees "torch"
}

@test "csv: tables as Python writes them, with their pictures and labels" {
	agrees csv
}

@test "csv: the pictures of a folder give the same stream as the folder; bad ones are left out on request" {
	mkdir -p set/ant set/bee
	for i in 0 1 2 3; do
		yc-load demo --per-class 1 --classes "$i" | yc-view --scale 1 -q -o "set/$([ "$i" -lt 2 ] && echo ant || echo bee)/$i.png"
	done
	printf '%s\n' set/ant/0.png,ant set/ant/1.png,ant set/bee/2.png,bee set/bee/3.png,bee >t.csv
	tar cf set.tar set
	for how in "t.csv" "t.csv --root set.tar"; do
		same "yc-load csv $how --side 16 -q | yc-info | grep -v -e ^source -e ^history" \
			"yc-load folder set --side 16 -q | yc-info | grep -v -e ^source -e ^history"
		same "yc-load csv $how --side 16 -q --raw --no-history | '$YC_ROOT/tests/make/made.py' --rows image" \
			"yc-load folder set --side 16 -q --raw --no-history | '$YC_ROOT/tests/make/made.py' --rows image"
	done
	echo set/ant/none.png,ant >>t.csv
	tar --transform 's/^/in/' -cf in.tar set
	for root in "" "--root set.tar" "--root ."; do
		# shellcheck disable=SC2086
		refused 1 "t.csv: line 5: no picture 'set/ant/none.png' in '${root:+${root#* }}" yc-load csv t.csv $root --side 16 -o out.yct
		# shellcheck disable=SC2086
		run -0 --separate-stderr yc-load csv t.csv $root --side 16 --skip-bad -o out.yct
		[[ $stderr == *"left out: set/ant/none.png: "*"1 of 5 pictures could not be read"* ]]
		run -0 yc-info out.yct
		assert_line "class     0: 2 ant"
	done
	refused 1 "none of 5 pictures can be read" yc-load csv t.csv --root in.tar --side 16 --skip-bad -q -o out.yct
	tar cf none.tar t.csv
	refused 1 "t.csv: line 1: no picture 'set/ant/0.png' in 'none.tar'" yc-load csv t.csv --root none.tar -o out.yct
	refused 1 "t.csv: --root nowhere: No such file" yc-load csv t.csv --root nowhere -o out.yct
	sed -i '$d' t.csv
	tr , ';' <t.csv >semi.csv
	refused 1 "semi.csv: line 1: columns are separated by commas, not by semicolons" yc-load csv semi.csv -o out.yct
	sed 's/ant$/ bee /' t.csv >blank.csv
	run -0 --separate-stderr yc-load csv blank.csv --side 16 -o out.yct
	[ "$stderr" = "yc-load: labels 'bee' and ' bee ', with a blank, are two classes" ]
	sed 's/ant$/7/' t.csv >mixed.csv
	run -0 --separate-stderr yc-load csv mixed.csv --side 16 -o out.yct
	[ "$stderr" = "yc-load: labels are taken as names of classes, also '7' of line 1, since 'bee' of line 3 is no number" ]
	printf '\xef\xbb\xbf"path",label\n' | cat - t.csv >bom.csv
	run -0 --separate-stderr yc-load csv bom.csv --path-column path --side 16 -o out.yct
	[ -z "$stderr" ]
	sed 's/ant$/0.0/; s/bee$/ 10.0 /' t.csv >float.csv
	run -0 pipe "yc-load csv float.csv --side 16 -q | yc-info --tsv | cut -f 2 | paste -sd ' '"
	assert_output "label 0 0 10 10"
	# an unknown picture is no heading
	sed '1s/.*/0.webp,0/; s/ant$/0/; s/bee$/1/' t.csv >first.csv
	refused 1 "first.csv: line 1: no picture '0.webp'" yc-load csv first.csv --side 16 -o out.yct
	sed '1s/.*/0.webp,ant/' t.csv >first.csv
	run -0 --separate-stderr yc-load csv first.csv --side 16 -o out.yct
	[[ $stderr == "yc-load: line 1 is taken as the heading: '0.webp'"* ]]
	cp set.tar twice.tar
	tar rf twice.tar set/ant/0.png
	refused 1 "t.csv: twice.tar: set/ant/0.png: found twice" yc-load csv t.csv --root twice.tar --side 16 -o out.yct
	head -c 100 set/bee/2.png >cut.png && mv cut.png set/bee/2.png
	refused 1 "set/bee/2.png: " yc-load csv t.csv --side 16 -o out.yct
	run -0 --separate-stderr yc-load csv t.csv --side 16 --skip-bad -o out.yct
	[[ $stderr == *"left out: set/bee/2.png: "*"1 of 4 pictures could not be read"* ]]
	run -0 yc-info out.yct
	assert_line "class     1: 1 bee"
}

@test "--mean auto and --std auto: of pictures, of sets in memory, of the rows that are written" {
	mkdir -p set/ant set/bee
	yc-load demo --per-class 1 --classes 1 | yc-view --scale 1 -q -o set/ant/0.png
	yc-load demo --per-class 1 --classes 2 | yc-view --scale 1 -q -o set/bee/1.png
	for what in "folder set --side 16" "demo --classes 3-4 --per-class 5"; do
		# shellcheck disable=SC2086 # words
		yc-load $what -q --mean auto --std auto -j1 -o out.yct
		# shellcheck disable=SC2086
		yc-load $what -q --mean auto --std auto -j3 -o three.yct
		same "yc-info --digest out.yct" "yc-info --digest three.yct"
		run -0 yc-info out.yct
		mean=$(sed -n 's/^mean *//p' <<<"$output") std=$(sed -n 's/^std *//p' <<<"$output")
		yc-info out.yct | grep -q '^computed  1'
		zstd -dc out.yct | "$YC_ROOT/tests/make/made.py" --rows image | python3 -c '
import sys
import numpy as np
x = np.loadtxt(sys.stdin)
x = x.reshape(len(x), 3, -1) / 255
for v, text in (x.mean((0, 2)), sys.argv[1]), (x.std((0, 2)), sys.argv[2]):
    assert np.allclose(v, [float(t) for t in text.split(",")], rtol=0, atol=6e-7), (v, text)
' "$mean" "$std"
	done
}

# arrays NAME=SHAPE:TYPE:EXPRESSION...: writes NAME.npy.
arrays() {
	python3 - "$@" <<-'EOF'
		import sys
		import numpy as np
		for a in sys.argv[1:]:
		    name, text = a.split("=", 1)
		    np.save(name, eval(text, {"np": np}))
	EOF
}

@test "both splits of a set work together, whose means were computed" {
	arrays 'x=np.random.default_rng(0).integers(0, 256, (16, 8, 8), dtype="u1")' 'y=np.arange(16) % 2' \
		'v=np.random.default_rng(1).integers(0, 200, (16, 8, 8), dtype="u1")'
	yc-load npy x.npy --labels y.npy -o train.yct
	yc-load npy v.npy --labels y.npy -o test.yct
	run -0 yc-info test.yct
	assert_line "computed  1"
	run -0 --separate-stderr yc-eval --width 4 --depth 1 --epochs 2 -r 1 --test test.yct train.yct
	[ -z "$stderr" ]
}

@test "any number of threads, a pipe and a choice of rows give the same stream" {
	arrays 'x=np.random.default_rng(0).random((40, 32, 32, 3))' 'y=np.arange(40) % 4'
	yc-load npy x.npy --labels y.npy -j1 --no-history --raw >one
	yc-load npy x.npy --labels y.npy -j3 --no-history --raw >three
	cmp one three
	yc-load npy x.npy --labels y.npy --per-class 2 --shuffle --no-history --mean .5,.5,.5 --std 1,1,1 |
		yc-info --tsv | sort -n >few
	[ "$(sed '/^id/d' few | cut -f1 | tr '\n' ' ')" = "0 1 2 3 4 5 6 7 " ]
	# the mean is that of the images that are written
	differ "yc-load npy x.npy --labels y.npy | yc-info | grep ^mean" \
		"yc-load npy x.npy --labels y.npy --per-class 2 | yc-info | grep ^mean"
}

@test "notes: four channels, classes without images, EMNIST's order" {
	arrays 'x=np.arange(4 * 4 * 8 * 8, dtype="u1").reshape(4, 4, 8, 8)' 'y=np.array([1, 4, 1, 4])' 'z=np.array([0, 2, 0, 2])'
	run -0 --separate-stderr yc-load npy x.npy --labels y.npy -o out.yct
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[0]} == *"x.npy: images of 4 channels are kept as they are: --channels 3 drops"* ]]
	[[ ${stderr_lines[1]} == *"3 of the 5 classes have no images, the first of them is 0" ]]
	run -0 --separate-stderr yc-load npy x.npy --labels z.npy --channels 3 --names a,b,c -o out.yct
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *"class 1 of the 3 classes has no images" ]]
	arrays 'o=np.arange(4) + 1'
	run -0 --separate-stderr yc-load npy x.npy --labels o.npy --channels 3 -o out.yct
	[[ $stderr == *"class 0 of the 5 classes has no images: if the labels begin at 1, subtract 1 from them" ]]
	printf 'ant\nbee\ncow\n' >names
	run -0 pipe "yc-load npy x.npy --labels z.npy --channels 3 --names @names -q | yc-info"
	assert_line "class     1: 0 bee"
}

@test "notes: pixels that overshoot, mean and names that do not fit" {
	arrays 'x=np.linspace(-.1, 1.1, 2 * 3 * 64).reshape(2, 3, 8, 8)' 'y=np.arange(2)'
	run -0 --separate-stderr yc-load npy x.npy --labels y.npy -o out.yct
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *"x.npy: values from -0.1 to 1.1, 17 % of them outside 0..1, are kept"* ]]
	run -0 --separate-stderr yc-load npy x.npy --labels y.npy --values 0..1 -o out.yct
	[ -z "$stderr" ]
	python3 -c '
import numpy as np
np.savez("a.npz", images=np.full((4, 8, 8), 7), labels=np.arange(4) % 2, mean=[1, 2], std=[1], names=list("abcd"))'
	run -0 --separate-stderr yc-load npz a.npz -q -o out.yct
	run -0 --separate-stderr yc-load npz a.npz -o out.yct
	[[ ${stderr_lines[0]} == *"a.npz: its arrays mean and std are not used: "* ]]
	[[ ${stderr_lines[1]} == *"a.npz: its array names is not used: 4 names for 2 classes"* ]]
}

@test "wrong kinds and operands are reported in one line" {
	arrays 'x=np.zeros((2, 8, 8), dtype="u1")' 'y=np.arange(2)'
	refused 2 "npy: --labels FILE is missing" yc-load npy x.npy
	refused 1 "nowhere: cannot open" yc-load npy x.npy --labels nowhere
	refused 1 ".: a folder, not a file" yc-load npz .
	refused 1 "x.npy: is read by yc-load npy" yc-load torch x.npy
	yc-load demo --per-class 1 --raw -o demo.yct
	refused 1 "demo.yct: a stream already: every tool reads it as it is" yc-load safetensors demo.yct
	echo text >text
	refused 1 "text: not a file of arrays" yc-load npz text
	: >empty
	refused 1 "empty: an empty file" yc-load npz empty
	refused 1 "a pipe" yc-load npz - < <(cat x.npy)
	refused 1 "images [2] look like labels: are the two swapped?" yc-load npy y.npy --labels x.npy
	python3 -c 'import pickle, numpy as np; pickle.dump(np.load("x.npy"), open("x.pickle", "wb"))'
	refused 1 "x.pickle: no array with the labels: --labels FILE gives another file with them: the file has only one array, U8 [2,8,8]" \
		yc-load torch x.pickle
	python3 -c 'import numpy as np; np.savez("own.npz", a=np.load("x.npy"), b=np.load("y.npy"))'
	head -c 200 own.npz >cut.npz
	refused 1 "cut.npz: a damaged zip archive, or only a part of one" yc-load npz cut.npz
	refused 1 "own.npz: has no images and labels where kip has them: yc-load npz" yc-load kip own.npz
	refused 1 "own.npz: no JPEG or PNG file in it, but arrays of NumPy, such as 'a.npy': yc-load npz" yc-load folder own.npz
	refused 1 "not an IDX file, but one for yc-load npy" yc-load idx x.npy --labels y.npy
	refused 2 "y.npy is both input and output" yc-load npy x.npy --labels y.npy -o y.npy
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr
load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	for kind in cifar10 cifar100; do
		for form in bin py2 p2 p3 p4; do
			"$YC_ROOT/tests/make/cifar.py" $kind $form $kind-$form
		done
	done
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	cifar=cifar.py
	T=$BATS_TEST_TMPDIR
}

digest() {
	yc-load "$@" | yc-info --digest
}

# refuses "a part of the message" ARGUMENTS: exit 1, one line, and no file.
refuses() {
	run -1 --separate-stderr yc-load "${@:2}" -o "$T/out.yct"
	assert_equal "${#stderr_lines[@]}" 1
	[[ $stderr == "yc-load: "*"$1"* ]] || fail "'$1' expected in '$stderr'"
	[ -z "$output" ]
	assert_file_not_exists "$T/out.yct"
}

# A copy of the binary CIFAR-10 to break.
copy() {
	rm -rf "$T/c"
	cp -r "cifar10-${1:-bin}" "$T/c"
}

@test "binary and pickled members hold the images that were put in, in their order" {
	for kind in cifar10 cifar100; do
		for form in bin py2 p2 p3 p4; do
			for split in train test; do
				run -0 pipe "yc-load $kind $kind-$form --split $split --raw |
					$cifar $kind check $split"
				assert_output same
			done
		done
	done
}

@test "every distribution of the same images has the same digest" {
	for kind in cifar10 cifar100; do
		want=$(digest $kind $kind-bin)
		for form in py2 p2 p3 p4; do
			assert_equal "$(digest $kind $kind-$form)" "$want"
		done
		differ "digest $kind $kind-bin --split test" "digest $kind $kind-bin"
	done
}

@test "a folder and archives of every kind have the same digest" {
	for form in bin py2; do
		want=$(digest cifar10 cifar10-$form)
		for z in tar tar.gz tar.bz2 tar.xz tar.zst; do
			tar -caf "$T/c.$z" cifar10-$form
			assert_equal "$(digest cifar10 "$T/c.$z")" "$want"
		done
		tar -C cifar10-$form -cf "$T/dot.tar" .
		assert_equal "$(digest cifar10 "$T/dot.tar")" "$want"
		python3 -m zipfile -c "$T/c.zip" cifar10-$form
		assert_equal "$(digest cifar10 "$T/c.zip")" "$want"
		mkdir -p "$T/deep-$form/er"
		cp -r cifar10-$form "$T/deep-$form/er"
		assert_equal "$(digest cifar10 "$T/deep-$form/")" "$want"
	done
}

@test "a split of one member can be given as that file" {
	assert_equal "$(digest cifar10 cifar10-bin/test_batch.bin --split test | cut -d: -f1)" sha256
	run -0 pipe "yc-load cifar100 cifar100-p4/train --raw | $cifar cifar100 check train"
	assert_output same
}

@test "the head says what the images are" {
	run -0 pipe "yc-load cifar100 cifar100-bin --split test | yc-info --json"
	for part in '"yc.classes":"100"' '"yc.side":"32"' '"yc.factor":"1"' 'cifar100 test' class_99; do
		[[ $output == *"$part"* ]] || fail "$part"
	done
	run -0 pipe "yc-load cifar10 cifar10-py2 | yc-info --json"
	[[ $output == *class_9* ]]
	run -0 pipe "yc-load cifar10 cifar10-bin | yc-info --tsv | head -3"
	assert_line --index 0 $'id\tlabel'
	assert_line --index 2 $'1\t1'
}

@test "class names are optional, and those of another data set are not taken" {
	copy
	rm "$T/c/batches.meta.txt"
	run -0 pipe "yc-load cifar10 '$T/c' | yc-info --json"
	[[ $output != *yc.names* ]]
	copy py2
	cp cifar10-py2/data_batch_1 "$T/c/batches.meta"
	run -0 pipe "yc-load cifar10 '$T/c' | yc-info --json"
	[[ $output != *yc.names* ]]
	printf '\200\002}U\013label_names]U\003antas.' >"$T/c/batches.meta"
	run -0 pipe "yc-load cifar10 '$T/c' | yc-info --json"
	[[ $output != *yc.names* ]]
}

@test "a missing member is named" {
	copy
	rm "$T/c/data_batch_3.bin"
	refuses "c: no member 'data_batch_3.bin'" cifar10 "$T/c"
	tar -czf "$T/c.tgz" -C "$T" c
	refuses "c.tgz: no member 'data_batch_3.bin'" cifar10 "$T/c.tgz"
	copy p4
	rm "$T/c/data_batch_5"
	refuses "c: no member 'data_batch_5'" cifar10 "$T/c"
	refuses "no member 'train.bin' or 'train'" cifar100 cifar10-bin
	mkdir "$T/empty"
	refuses "empty: no member" cifar10 "$T/empty"
}

@test "a label out of range is an error that names file, member and record" {
	copy
	printf '\012' | dd of="$T/c/data_batch_2.bin" bs=1 seek=3073 conv=notrunc status=none
	refuses "c: data_batch_2.bin: record 1: label 10 " cifar10 "$T/c"
	copy py2
	sed -i 's/K\x04K\x05/K\xc8K\x05/' "$T/c/data_batch_2"
	refuses "c: data_batch_2: record 0: label 200 " cifar10 "$T/c"
	cp -r cifar100-bin "$T/h"
	printf '\144' | dd of="$T/h/train.bin" bs=1 seek=1 conv=notrunc status=none
	refuses "h: train.bin: record 0: label 100 " cifar100 "$T/h"
}

@test "a size that is not whole records is an error" {
	copy
	truncate -s -1 "$T/c/data_batch_5.bin"
	refuses "c: data_batch_5.bin: 12291 bytes" cifar10 "$T/c"
	tar -cf "$T/c.tar" -C "$T" c
	refuses "c.tar: c/data_batch_5.bin: 12291 bytes" cifar10 "$T/c.tar"
	truncate -s 0 "$T/c/data_batch_5.bin"
	refuses "c: data_batch_5.bin: 0 bytes" cifar10 "$T/c"
	# So is a batch that was cut between two records.
	truncate -s 3073 "$T/c/data_batch_5.bin"
	refuses "c: data_batch_5.bin has 1 records, data_batch_1.bin has 4" cifar10 "$T/c"
	# Any number of whole records is fine when all batches agree.
	copy
	for i in 1 2 3 4 5; do
		truncate -s 3073 "$T/c/data_batch_$i.bin"
	done
	run -0 pipe "yc-load cifar10 '$T/c' | yc-info"
	[[ $output == *"5 rows"* ]]
	run -1 --separate-stderr yc-load cifar10 "$T/c" --per-class 3 -o "$T/x"
	assert_equal "${#stderr_lines[@]}" 1
	[[ $stderr == *"of the 3 images asked for"* ]]
}

@test "a split that was cut between two records is an error, unless it may be uneven" {
	copy
	for i in 1 2 3 4 5; do # three images of class 0, two of the others
		cat cifar10-bin/data_batch_1.bin >>"$T/extra"
		cat cifar10-bin/data_batch_$i.bin "$T/extra" | head -c $((5 * 3073)) >"$T/c/data_batch_$i.bin"
	done
	refuses "c: classes of 2 to 7 images: a truncated file? (--uneven accepts it)" cifar10 "$T/c"
	run -0 pipe "yc-load cifar10 '$T/c' --uneven | yc-info"
	[[ $output == *"25 rows"* ]]
	cat cifar100-bin/test.bin cifar100-bin/test.bin | head -c $((7 * 3074)) >"$T/test.bin"
	refuses "test.bin: classes of 1 to 2 images" cifar100 "$T/test.bin" --split test
	run -0 yc-load cifar100 "$T/test.bin" --split test --uneven -o "$T/out.yct"
}

@test "a damaged pickle is an error that names member, byte and opcode" {
	copy py2
	truncate -s -1000 "$T/c/data_batch_1"
	refuses "c: data_batch_1: pickle: byte " cifar10 "$T/c"
	copy py2
	printf '\200\002cos\nsystem\n(U\002lstR.' >"$T/c/data_batch_1"
	refuses "c: data_batch_1: pickle: does not contain a dict" cifar10 "$T/c"
	assert_file_not_exists lst
}

@test "a cut archive is an error wherever it is cut" {
	for z in tar tar.gz tar.xz tar.zst zip; do
		if [ $z = zip ]; then
			python3 -m zipfile -c "$T/whole.$z" cifar10-bin
		else
			tar -caf "$T/whole.$z" cifar10-bin
		fi
		size=$(stat -c %s "$T/whole.$z")
		for percent in 0 1 20 50 80; do
			head -c $((size * percent / 100)) "$T/whole.$z" >"$T/cut.$z"
			refuses "cut.$z: " cifar10 "$T/cut.$z"
		done
	done
}

@test "an archive without its last bytes is an error, however long it is" {
	# noise: more than is read at a time, in every compression
	head -c 600000 /dev/urandom >"$T/noise"
	for z in tar.gz tar.bz2 tar.xz tar.zst zip; do
		if [ $z = zip ]; then
			python3 -m zipfile -c "$T/whole.$z" cifar10-bin "$T/noise"
		else
			tar -caf "$T/whole.$z" cifar10-bin -C "$T" noise
		fi
		for lost in 1 3 20; do
			head -c -$lost "$T/whole.$z" >"$T/cut.$z"
			refuses "cut.$z: " cifar10 "$T/cut.$z"
		done
	done
}

@test "a flipped bit in a compressed archive never gives other images" {
	for z in tar.gz tar.bz2 tar.xz tar.zst zip; do
		if [ $z = zip ]; then
			(cd cifar10-bin && python3 -c 'import sys, zipfile
z = zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED)
[z.write(n) for n in sys.argv[2:]]' "$T/whole.$z" ./*)
		else
			tar -caf "$T/whole.$z" cifar10-bin
		fi
		want=$(digest cifar10 "$T/whole.$z")
		python3 -c 'import random, sys
r, raw = random.Random(1), open(sys.argv[1], "rb").read()
for i in range(25):
    # the last ones hit the checksums at the end
    at = r.randrange(len(raw)) if i < 15 else len(raw) - 1 - i
    open("%s.%d" % (sys.argv[2], i), "wb").write(raw[:at] + bytes([raw[at] ^ 1 << r.randrange(8)]) + raw[at + 1:])
' "$T/whole.$z" "$T/flip.$z"
		for i in $(seq 0 24); do
			status=0
			yc-load cifar10 "$T/flip.$z.$i" -o "$T/out.yct" 2>/dev/null || status=$?
			[ $status -ne 1 ] || continue
			[ $status -eq 0 ] || fail "$z $i: status $status"
			assert_equal "$(yc-info --digest "$T/out.yct")" "$want"
		done
	done
	rm -f "$T/out.yct"
	# gzip's checksum itself
	python3 -c 'import sys
raw = bytearray(open(sys.argv[1], "rb").read())
raw[-6] ^= 1
open(sys.argv[2], "wb").write(raw)' "$T/whole.tar.gz" "$T/sum.tar.gz"
	refuses "sum.tar.gz: gzip: damaged" cifar10 "$T/sum.tar.gz"
}

@test "files that are something else are recognised" {
	echo '<!DOCTYPE html><title>404</title>' >"$T/page.tar.gz"
	refuses "page.tar.gz: an HTML" cifar10 "$T/page.tar.gz"
	echo 'version https://git-lfs.github.com/spec/v1' >"$T/pointer"
	refuses "pointer: a Git-LFS pointer" cifar10 "$T/pointer"
	: >"$T/nothing"
	refuses "nothing: an empty file" cifar10 "$T/nothing"
	echo hello >"$T/text"
	refuses "text: no member" cifar10 "$T/text"
	refuses "none/such: No such file" cifar10 "$T/none/such"
	refuses "/dev/null: an empty file" cifar10 /dev/null
}

@test "archives that are read front to back come through pipes" {
	mkfifo "$T/fifo"
	for form in bin py2; do
		want=$(digest cifar10 cifar10-$form)
		for z in tar tar.gz tar.bz2 tar.xz tar.zst; do
			tar -caf "$T/c.$z" cifar10-$form
			for path in - /dev/stdin; do
				run -0 pipe "cat '$T/c.$z' | yc-load cifar10 $path | yc-info --digest"
				assert_output "$want"
			done
			assert_equal "$(digest cifar10 - <"$T/c.$z")" "$want"
			cat "$T/c.$z" >"$T/fifo" &
			assert_equal "$(digest cifar10 "$T/fifo")" "$want"
			wait $!
		done
	done
	# In small pieces, with much behind the archive: who writes it does not fail.
	run -0 pipe "(cat '$T/c.tar'; head -c 1000000 /dev/zero) | dd bs=100 status=none | yc-load cifar10 - | yc-info --digest"
	assert_output "$want"
}

@test "a pipe that is cut, or what a pipe cannot give, is an error" {
	fed() { # fed "a part of the message" FILE KIND
		run -1 --separate-stderr pipe "cat '$2' | yc-load $3 - -o '$T/out.yct'"
		assert_equal "${#stderr_lines[@]}" 1
		[[ $stderr == "yc-load: stdin: $1"* ]] || fail "'$1' expected in '$stderr'"
		assert_file_not_exists "$T/out.yct"
	}
	for z in tar tar.gz tar.bz2 tar.xz tar.zst; do
		tar -caf "$T/whole.$z" cifar10-bin
		for lost in 1 3 20 1000; do
			[ $z != tar ] || lost=$((lost + 12000)) # zeros at the end
			head -c -$lost "$T/whole.$z" >"$T/cut.$z"
			fed "" "$T/cut.$z" cifar10
		done
	done
	python3 -m zipfile -c "$T/whole.zip" cifar10-bin
	fed "a zip archive cannot be read from a pipe, since its directory is at the end: give the file" "$T/whole.zip" cifar10
	fed "not a tar archive" cifar10-bin/data_batch_1.bin cifar10
	fed "an empty file" /dev/null cifar10
	fed "an HTML" <(echo '<!DOCTYPE html>') cifar10
	fed "no member 'train.bin'" "$T/whole.tar" cifar100
	fed "pictures are read twice, which a pipe does not allow: give a file or a folder" "$T/whole.tar" folder
	fed "pictures are read twice" "$T/whole.tar" imagenet10
	# A file is one by any name.
	same 'digest cifar10 - <"$T/whole.zip"' "digest cifar10 cifar10-bin"
	run -0 yc-load cifar10 - --split test -o "$T/out.yct" <cifar10-bin
	refused 2 "standard input is both input and output" yc-load cifar10 - -o "$T/whole.zip" <"$T/whole.zip"
}

@test "gzip members one behind the other, and zeros behind them, are one file" {
	tar -cf "$T/c.tar" cifar10-bin
	(head -c 5000 "$T/c.tar" | gzip; tail -c +5001 "$T/c.tar" | gzip) >"$T/two.tar.gz"
	same 'digest cifar10 "$T/two.tar.gz"' "digest cifar10 cifar10-bin"
	(cat "$T/two.tar.gz"; head -c 600000 /dev/zero) >"$T/tape.tar.gz"
	same 'digest cifar10 "$T/tape.tar.gz"' "digest cifar10 cifar10-bin"
	gzip -c "$T/c.tar" | head -c -4 >"$T/cut.tar.gz"
	refuses "cut.tar.gz: gzip: the file ends too early" cifar10 "$T/cut.tar.gz"
}

@test "both distributions at once and a duplicate member are errors" {
	mkdir "$T/both"
	cp -r cifar10-bin cifar10-p4 "$T/both"
	refuses "both: holds the binary and the Python distribution" cifar10 "$T/both"
	rm -r "$T/both/cifar10-p4"
	cp -r cifar10-bin "$T/both/again"
	refuses "found twice" cifar10 "$T/both"
}

@test "kinds and operands that do not go together are wrong usage" {
	refused 2 "cifar10 needs a PATH" yc-load cifar10 -o "$T/x"
	refused 2 "demo is built in" yc-load demo "$T" -o "$T/x"
	run -2 --separate-stderr yc-load mnist "$T" -o "$T/x"
	[[ $stderr == *mnist*cifar10* ]]
	refused 2 "the first operand names the dataset kind" yc-load -o "$T/x"
	refused 2 "demo has no split 'val'" yc-load demo --split val -o "$T/x"
	run -2 --separate-stderr yc-load cifar10 cifar10-bin --classes 3-1 -o "$T/x"
	[ "$stderr" = "yc-load: --classes '3-1': 3-1 is the wrong way round" ]
	run -2 --separate-stderr yc-load demo --train-images 2 --classes 10 -o "$T/x"
	[ "$stderr" = "yc-load: --classes '10': classes go from 0 to 9" ]
	refused 2 "--per-class: 0 is not in the range" yc-load demo --per-class 0 -o "$T/x"
	assert_file_not_exists "$T/x"
}

@test "--classes and --per-class keep labels, ids and order" {
	run -0 pipe "yc-load cifar10 cifar10-bin --classes 7,2-3 --per-class 1 | yc-info --tsv"
	assert_output $'id\tlabel\n2\t2\n3\t3\n7\t7'
	run -0 pipe "yc-load cifar10 cifar10-bin --classes 2 | yc-info --tsv"
	assert_output $'id\tlabel\n2\t2\n12\t2'
	run -0 pipe "yc-load cifar10 cifar10-bin --classes 2 | yc-info --json"
	[[ $output == *'"yc.classes":"10"'* ]]
}

@test "--mean and --std go into the head that networks normalise by, and must be three numbers" {
	yc-load cifar10 cifar10-bin -o "$T/plain"
	yc-load cifar10 cifar10-bin --mean 0.5071,0.48670,.4408 --std 0.2675,0.2565,0.2761 -o "$T/own"
	run -0 yc-info --json "$T/own"
	[[ $output == *'"yc.mean":"0.5071,0.4867,0.4408"'*'"yc.std":"0.2675,0.2565,0.2761"'* ]]
	[[ $output == *'"mean":"0.5071,0.48670,.4408"'* ]]
	same 'yc-info --tsv "$T/plain"' 'yc-info --tsv "$T/own"'
	yc-load cifar10 cifar10-bin --std 1,1,1 | yc-info --json | grep -q '"yc.mean":"0.4914,0.4822,0.4465"'
	for o in --mean=0.5,0.5 --mean=a,b,c --std=1,1,0 "--mean=0.5 --std=0.5"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-load cifar10 cifar10-bin $o
		[[ $stderr == "yc-load: --mean and --std: "* ]]
	done
}

@test "--shuffle changes the order by the seed and nothing else" {
	rows() {
		yc-load cifar10 cifar10-bin "$@" | yc-info --tsv
	}
	rows >"$T/plain"
	rows --shuffle >"$T/a"
	rows --shuffle --seed 0 >"$T/b"
	rows --shuffle --seed 1 >"$T/c"
	cmp "$T/a" "$T/b"
	run -1 cmp -s "$T/a" "$T/plain"
	run -1 cmp -s "$T/a" "$T/c"
	same 'sort "$T/a"' 'sort "$T/plain"'
	run -0 pipe "yc-load cifar10 cifar10-bin --shuffle --per-class 1 | yc-info --tsv | sort -n"
	assert_equal "$output" "$(yc-load cifar10 cifar10-bin --per-class 1 | yc-info --tsv | sort -n)"
}

# noise ARGUMENTS...: id, label and true label of every row
noise() {
	yc-load cifar10 "$T/many" --label-noise "$@" | yc-info --tsv
}

@test "--label-noise gives a part of every class another label and keeps the truth" {
	"$cifar" cifar10 bin "$T/many"
	for i in 1 2 3 4 5; do
		for _ in 1 2 3 4; do cat "$T/many/data_batch_$i.bin"; done >"$T/b"
		mv "$T/b" "$T/many/data_batch_$i.bin"
	done
	noise 0.3 >"$T/a"
	n=$(yc-load cifar10 "$T/many" | yc-info --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["per_class"][0])')
	head -n 1 "$T/a" | grep -Fx $'id\tlabel\tlabel.true'
	# of each class the same number, to the nearest, and never its own label
	awk -v n="$n" 'NR > 1 { all[$3]++; bad[$3] += $2 != $3; to[$2]++ }
		END { k = int(0.3 * n + 0.5); for (c = 0; c < 10; c++) if (all[c] != n || bad[c] != k) exit 1 }' "$T/a"
	same "cut -f 1,3 '$T/a' | tail -n +2" "yc-load cifar10 '$T/many' | yc-info --tsv | tail -n +2"
	noise 0.3 -j1 >"$T/b"
	cmp "$T/a" "$T/b"
	noise 0.3 --seed 1 >"$T/b"
	run -1 cmp -s "$T/a" "$T/b"
	# whatever the order of the rows; only classes that are there
	noise 0.3 --shuffle >"$T/b"
	same "sort '$T/a'" "sort '$T/b'"
	noise 1 --classes 2,5,7 >"$T/b"
	assert_equal "$(tail -n +2 "$T/b" | cut -f 2 | sort -u | paste -sd' ')" "2 5 7"
	awk 'NR > 1 && $2 == $3 { exit 1 }' "$T/b"
	run -0 pipe "yc-load cifar10 '$T/many' --label-noise 0.3 | yc-info"
	assert_line "noise     $((10 * ((3 * n + 5) / 10))) of $((10 * n)) labels are not those of label.true"
	run -0 pipe "yc-load cifar10 '$T/many' --label-noise 0.3 | yc-info --json"
	[[ $output == *"\"noisy_labels\":$((10 * ((3 * n + 5) / 10))),"* ]]
	# 0.3 of 5 are 2, halves up
	run -0 pipe "yc-load demo --train-images 5 --label-noise 0.3 | yc-info"
	assert_line "noise     20 of 50 labels are not those of label.true"
	"$YC_ROOT/tests/make/published.py" npz named "$T/soft.npz" labels=soft ipc=1
	refused 2 "--label-noise: the set has soft labels" yc-load kip "$T/soft.npz" --dataset cifar10 --values pixels --label-noise 0.5 -o "$T/x"
	refused 2 "--label-noise: images of one class only" yc-load cifar10 "$T/many" --classes 2 --label-noise 0.1 -o "$T/x"
	refused 2 "--label-noise: " yc-load cifar10 "$T/many" --label-noise 1.5 -o "$T/x"
	refused 2 "--label-noise: " yc-load cifar10 "$T/many" --label-noise -0.5 -o "$T/x"
}

@test "a stream can be loaded again: a part of it, other labels, and the rest as it was" {
	"$YC_ROOT/tests/make/condensed.py" labels=0,1,0,2,2,1,0,1,2 >"$T/cond.yct"
	yc-load stream "$T/cond.yct" -o "$T/again.yct"
	same "yc-info --tsv '$T/cond.yct'" "yc-info --tsv '$T/again.yct'"
	same "yc-view '$T/cond.yct'" "yc-view '$T/again.yct'"
	run -0 pipe "yc-info '$T/again.yct'"
	assert_line "mean      0.4914,0.4822,0.4465"
	# tile by tile, with the scores and numbers that they had
	yc-select random --keep 1 "$T/cond.yct" | yc-load stream - --label-noise 0.25 --seed 3 -o "$T/noisy.yct"
	run -0 pipe "yc-info '$T/noisy.yct'"
	assert_line "noise     9 of 36 labels are not those of label.true"
	same "yc-info --tsv '$T/noisy.yct' | cut -f 1,4-" "yc-select random --keep 1 '$T/cond.yct' | yc-info --tsv | cut -f 1,3-"
	assert_output --partial "yc-load stream"
	assert_equal "$(yc-load stream "$T/cond.yct" --classes 2 --per-class 2 | yc-info --tsv | cut -f 2 | xargs)" "label 2 2"
	# More noise leaves the labels that were before any.
	yc-load stream "$T/noisy.yct" --label-noise 1 -o "$T/worse.yct"
	same "yc-info --tsv '$T/noisy.yct' | cut -f 3" "yc-info --tsv '$T/worse.yct' | cut -f 3"
	refused 2 "stream has no split 'test'" yc-load stream "$T/cond.yct" --split test -o "$T/x"
	refused 1 "No such file" yc-load stream "$T/absent.yct" -o "$T/x"
	head -c 900 "$T/cond.yct" >"$T/cut.yct"
	refused 3 "cut.yct" yc-load stream "$T/cut.yct" -o "$T/x"
}

@test "label noise reaches pictures that are read row by row, and survives every tool" {
	yc-load demo --per-class 4 --label-noise 0.5 -o "$T/noisy.yct"
	truth() {
		yc-info "$1" | grep '^noise '
	}
	want=$(truth "$T/noisy.yct")
	assert_equal "$want" "noise     20 of 40 labels are not those of label.true"
	yc-score el2n --epochs 1 --early 1 --width 4 "$T/noisy.yct" -o "$T/scored.yct"
	yc-augment flip "$T/noisy.yct" -o "$T/augmented.yct"
	yc-decode "$T/noisy.yct" -o "$T/decoded.yct"
	yc-select random --ipc 4 --imbalance "$T/scored.yct" -o "$T/selected.yct"
	for f in scored augmented decoded selected; do
		assert_equal "$(truth "$T/$f.yct")" "$want"
	done
	mkdir -p "$T/pool/ant" "$T/pool/bee"
	yc-load demo --per-class 1 --classes 0 | yc-view -o "$T/p.png"
	for i in 1 2 3 4; do cp "$T/p.png" "$T/pool/ant/$i.png"; cp "$T/p.png" "$T/pool/bee/$i.png"; done
	yc-load folder --side 32 --label-noise 0.5 "$T/pool" -o "$T/folder.yct"
	assert_equal "$(truth "$T/folder.yct")" "noise     4 of 8 labels are not those of label.true"
	yc-select random --ipc 1 "$T/folder.yct" -o "$T/small.yct"
	yc-info "$T/small.yct" | grep -q 'of 2 labels are not those'
}

@test "the demo has as many pictures of every class as it is asked for" {
	run -0 pipe "yc-load demo --train-images 7 | yc-info"
	[[ $output == *"70 rows"*"7 of each"* ]]
	run -0 pipe "yc-load demo --split test --test-images 3 | yc-info"
	[[ $output == *"30 rows"*"3 of each"* ]]
}

@test "the demo is the same for the same seed, and train, test and seeds differ" {
	a=$(digest demo --train-images 4)
	assert_equal "$(digest demo --train-images 4 -j1)" "$a"
	assert_equal "$(digest demo --train-images 9 --per-class 4)" "$a"
	differ "digest demo --train-images 4 --seed 1" "digest demo --train-images 4"
	differ "digest demo --split test --test-images 4" "digest demo --train-images 4"
}

@test "the stream says how it was made, and no path" {
	run -0 pipe "yc-load cifar10 cifar10-bin --per-class 1 | yc-info"
	[[ $output == *"yc-load cifar10 split=train per-class=1"* ]]
	[[ $output != *cifar10-bin* ]]
	run -0 pipe "yc-load cifar10 cifar10-bin --no-history | yc-info --json"
	[[ $output != *per-class* ]]
}

@test "the output cannot be the archive" {
	tar -cf "$T/c.tar" cifar10-bin
	cp "$T/c.tar" "$T/kept"
	refused 2 "c.tar is both input and output" yc-load cifar10 "$T/c.tar" -o "$T/c.tar"
	cmp "$T/c.tar" "$T/kept"
}

@test "the real CIFAR-10 has 5000 training images of every class" {
	file=$(data cifar-10-binary.tar.xz) || skip "no cifar-10-binary.tar.xz"
	run -0 pipe "yc-load cifar10 '$file' --raw | yc-info"
	[[ $output == *"50000 rows"*"5000 of each"*"9: 5000 truck"* ]]
}

@test "the real CIFAR-100 excerpt has 60 training and 20 test images of every class" {
	file=$(data cifar-100-binary-mini.tar.xz) || skip "no cifar-100-binary-mini.tar.xz"
	run -0 pipe "yc-load cifar100 '$file' | yc-info"
	[[ $output == *"6000 rows"*"60 of each"*"0: 60 apple"* ]]
	run -0 pipe "yc-load cifar100 '$file' --split test | yc-info"
	[[ $output == *"2000 rows"*"20 of each"* ]]
}

@test "--hold-out divides every class by the seed, whatever else is asked for" {
	ids() {
		yc-load "$@" | yc-info --tsv | sed 1d | sort -n
	}
	ids demo --train-images 10 >"$T/all"
	ids demo --train-images 10 --hold-out 0.25 >"$T/train"
	ids demo --train-images 10 --hold-out 0.25 --split val >"$T/val"
	# 0.25 of 10 are 3, halves up
	[ "$(cut -f 2 "$T/val" | sort | uniq -c | awk '{ print $1 }' | sort -u)" = 3 ]
	sort -n "$T/train" "$T/val" | cmp - "$T/all"
	# each class by draws of its own: not always the same of its images
	awk '{ seen[$2] = seen[$2] " " int($1 / 10) } END { for (c in seen) print seen[c] }' "$T/val" | sort -u >"$T/kinds"
	[ "$(wc -l <"$T/kinds")" -gt 5 ]
	run -1 cmp -s "$T/val" <(ids demo --train-images 10 --hold-out 0.25 --split val --seed 1)
	cmp "$T/val" <(ids demo --train-images 10 --hold-out 0.25 --split val --shuffle)
	awk '$2 >= 3 && $2 <= 4' "$T/val" | cmp - <(ids demo --train-images 10 --hold-out 0.25 --split val --classes 3-4)
	ids demo --train-images 10 --hold-out 0.001 --split val >"$T/least"
	[ "$(wc -l <"$T/least")" = 10 ]
	ids demo --train-images 10 --hold-out 0.999 >"$T/most"
	[ "$(wc -l <"$T/most")" = 10 ]
	refused 1 "--hold-out: no class has two images" yc-load demo --train-images 1 --hold-out 0.5 --split val -o "$T/x"
	refused 2 "what --hold-out keeps out is --split val" yc-load demo --hold-out 0.5 --split test -o "$T/x"
	refused 2 "--hold-out" yc-load demo --hold-out 1 -o "$T/x"
}

@test "--hold-out makes a split of pictures that have none" {
	"$YC_ROOT/tests/make/pictures.py" "$T"/own/{ant,bee}/{1,2,3,4,5}.jpg
	yc-load folder "$T/own" --side 16 --hold-out 0.2 -o "$T/a.yct"
	yc-load folder "$T/own" --side 16 --hold-out 0.2 --split val -o "$T/b.yct"
	run -0 yc-info "$T/a.yct"
	assert_line --regexp '^labels +4 of each'
	run -0 yc-info "$T/b.yct"
	assert_line --regexp '^labels +1 of each'
	assert_line --regexp '^source +folder train, held out$'
	run -0 yc-eval -r 1 --epochs 1 --width 2 --depth 1 --test "$T/b.yct" "$T/a.yct"
}

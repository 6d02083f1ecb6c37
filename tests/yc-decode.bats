#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	made=made.py
	# pixel (i,j) of image m is 16m + 4i + j
	b2=(yc.classes=1 yc.side=4 yc.factor=2 yc.mean=0.5 yc.std=0.25 image=F32:2x1x4x4)
	$made "${b2[@]}" label=I64:2:0,0 id=I64:2:7,9 score.a=F32:2x4 >b2.yct
	# classes in turn
	$made yc.classes=2 yc.side=4 yc.factor=2 image=U8:4x3x4x4 label=I64:4:1,0,1,0 id=I64:4 \
		odd=I16:4x2 >turn.yct
}

# col STREAM COLUMN [OPTION]...: rows of a column of the decoded stream
col() {
	yc-decode --raw "${@:3}" "$1" | $made --rows "$2"
}

@test "the published values come out" {
	col b2.yct image >rows
	echo 0 .25 .75 1 1 1.25 1.75 2 3 3.25 3.75 4 4 4.25 4.75 5 >want
	head -n 1 rows >first
	$made --close 1e-6 first want
	[ "$(cut -d ' ' -f 1 rows | tr '\n' ' ')" = "0 16 2 18 8 24 10 26 " ]
}

@test "every tile has the row of its condensed image and its own score" {
	[ "$(col b2.yct label | tr '\n' ' ')" = "0 0 0 0 0 0 0 0 " ]
	[ "$(col b2.yct id | tr '\n' ' ')" = "7 9 7 9 7 9 7 9 " ]
	[ "$(col b2.yct tile | tr '\n' ' ')" = "0 0 1 1 2 2 3 3 " ]
	[ "$(col b2.yct score.a | tr '\n' ' ')" = "0 4 1 5 2 6 3 7 " ]
	yc-decode --raw b2.yct >out.yct
	grep -aq '"yc.factor":"1"' out.yct
	grep -aqF '"score.a":{"dtype":"F32","shape":[8,1]' out.yct
}

@test "decoded images are class-major, then tile-major" {
	[ "$(col turn.yct label | tr '\n' ' ')" = "0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 " ]
	[ "$(col turn.yct id | tr '\n' ' ')" = "1 3 1 3 1 3 1 3 0 2 0 2 0 2 0 2 " ]
	[ "$(col turn.yct odd | sed -n '1p;2p;9p')" = "$(printf '2 3\n6 7\n0 1')" ]
}

@test "bytes of condensed images become reals in 0..1" {
	[ "$(yc-decode --raw turn.yct | $made --dtype image)" = F32 ]
	# row 1, its first pixel is 48
	[ "$(col turn.yct image | sed -n 1p | cut -d ' ' -f 1)" = "$(awk 'BEGIN { printf "%.7g", 48 / 255 }')" ]
}

@test "full-size images stay what they are" {
	"$YC_ROOT/tests/make/small.py" >small.yct
	[ "$(yc-decode --raw small.yct | $made --dtype image)" = U8 ]
	for c in image label id odd score.lbpe; do
		same "col small.yct $c" "$made --rows $c <small.yct"
	done
	yc-decode --raw small.yct | grep -aq '"note":"passed through"'
}

@test "tiles are resized in the order of the stream and keep their columns" {
	$made yc.classes=2 yc.side=4 yc.factor=1 yc.mean=0.5 yc.std=0.25 image=F32:3x1x2x2 \
		label=I64:3:1,0,1 id=I64:3:5,5,6 tile=I64:3:3,1,0 >tiles.yct
	[ "$(col tiles.yct label | tr '\n' ' ')" = "1 0 1 " ]
	[ "$(col tiles.yct tile | tr '\n' ' ')" = "3 1 0 " ]
	col tiles.yct image | sed -n 2p >got
	echo 4 4.25 4.75 5 4.5 4.75 5.25 5.5 5.5 5.75 6.25 6.5 6 6.25 6.75 7 >want
	$made --close 1e-6 got want
}

@test "selecting all tiles and decoding them is decoding" {
	"$YC_ROOT/tests/make/condensed.py" labels=0,0,1,1 classes=2 >s.yct
	yc-select yoco --ipc 2 --raw s.yct >tiles.yct
	same "col s.yct image | sort" "col tiles.yct image | sort"
}

@test "a stream of tiles in order is one afterwards, condensed images and repeated rows are not" {
	"$YC_ROOT/tests/make/condensed.py" >s.yct
	yc-select yoco --order s.yct -o ordered.yct
	yc-decode ordered.yct -o decoded.yct
	yc-augment flip ordered.yct -o flipped.yct
	# An image of every class is now one row of each.
	for n in 1 2 5; do
		yc-select --tiles $n ordered.yct | yc-info --tsv >want
		for f in decoded flipped; do
			yc-select --ipc $n $f.yct | yc-info --tsv >got
			diff want got
		done
	done
	# What comes behind need not be there, as with the tiles.
	yc-decode --raw ordered.yct | head -c 12000 >cut.yct
	run -3 yc-info cut.yct
	run -0 pipe "yc-select --ipc 1 cut.yct | yc-info --tsv"
	same "yc-select --ipc 1 decoded.yct | yc-info --tsv" 'echo "$output"'
	yc-augment flip -n 2 ordered.yct -o twice.yct
	run -1 yc-select --ipc 1 twice.yct
	assert_output --partial "not ordered"
}

@test "--type multi cuts by every factor, coarse ones first" {
	[ "$(col b2.yct id --type multi | wc -l)" -eq 10 ]
	[ "$(col b2.yct id --type multi | head -n 3 | tr '\n' ' ')" = "7 9 7 " ]
	col b2.yct image --type multi | head -n 2 | tail -n 1 >got
	seq 16 31 | tr '\n' ' ' >want
	$made --close 0 got want
	yc-decode --raw --type multi b2.yct >multi.yct
	run -1 grep -a score.a multi.yct
}

@test "--type bound spends its budget on the first images" {
	[ "$(col b2.yct id --type bound --bound 6 | tr '\n' ' ')" = "7 7 7 7 9 " ]
	[ "$(col b2.yct id --type bound --bound 2 | tr '\n' ' ')" = "7 9 " ]
	[ "$(col b2.yct id --type bound | wc -l)" -eq 8 ]
	run -1 --separate-stderr pipe "yc-decode --type bound --bound 1 b2.yct | cat"
	[[ $stderr == "yc-decode: class 0: bound 1 "* ]]
	run -2 --separate-stderr yc-decode -b 20 b2.yct -o out.yct
	[ "$stderr" = "yc-decode: --bound is for --type bound, not for single" ]
	# The history says what was in force.
	run -0 pipe "yc-decode --type bound b2.yct | yc-info"
	assert_output --partial "bound=128"
}

@test "a side that the factor does not divide is padded with 0.5" {
	$made yc.classes=1 yc.side=3 yc.factor=2 yc.mean=0.5 yc.std=0.25 image=F32:1x1x3x3 \
		label=I64:1:0 >odd.yct
	col odd.yct image | tail -n 1 >got # 8 and three pixels of padding
	awk 'BEGIN { split("0 0.5 1", w); for (i = 1; i < 4; i++) for (j = 1; j < 4; j++)
		print .5 + 7.5 * (1 - w[i]) * (1 - w[j]) }' >want
	$made --close 1e-6 got want
}

@test "scores that do not fit the tiles are an error" {
	$made "${b2[@]}" label=I64:2:0,0 score.a=F32:2x3 >bad.yct
	run -1 --separate-stderr yc-decode bad.yct -o out.yct
	[[ $stderr == "yc-decode: 'score.a' "* ]]
	assert_not_exist out.yct
	refused 2 "--type: 'double' is not one of" yc-decode --type double b2.yct -o out.yct
}

@test "a cut stream gives no output" {
	head -c 600 b2.yct >cut.yct
	run -3 --separate-stderr yc-decode cut.yct -o out.yct
	[ "${#stderr_lines[@]}" -eq 1 ]
	assert_not_exist out.yct
}

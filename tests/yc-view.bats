#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	condensed="$YC_ROOT/tests/make/condensed.py"
	png="$YC_ROOT/tests/reference/png.py"
	$condensed >s.yct
}

# With a margin of 8, one digit and a space at the side in letters of 2 x 6, images of 8 pixels
# drawn 8 times as large and gaps of 2, image m of class c begins at (32 + 66 m, 8 + 66 c).

@test "a contact sheet has a row for each class and an image in each place" {
	run -0 pipe "yc-view s.yct | $png 32 8 98 8 39 15 40 15 230 8 32 74 164 74"
	[ "${lines[0]}" = "238 214" ]    # 3 images, 3 classes
	[ "${lines[1]}" = "0 11 22" ]    # row 0
	[ "${lines[2]}" = "74 85 96" ]   # row 2 is the second of class 0
	[ "${lines[3]}" = "0 11 22" ]    # the last dot of its first pixel
	[ "${lines[4]}" = "5 16 27" ]    # the next pixel
	[ "${lines[5]}" = "255 255 255" ]
	[ "${lines[6]}" = "37 48 59" ]   # row 1 is the first of class 1
	[ "${lines[7]}" = "255 255 255" ] # class 1 is shorter
}

@test "values beyond white are clamped" {
	$condensed dtype=F32 >f.yct
	run -0 pipe "yc-view f.yct | $png 32 8"
	[ "${lines[1]}" = "0 28 56" ] # .11 and .22 of 255
	run -0 pipe "yc-view f.yct | $png 164 8 220 64"
	[ "${lines[1]}" = "255 255 255" ] # row 6: 2.22
}

@test "--scale repeats pixels and --columns cuts rows with a hint" {
	run -0 pipe "yc-view --scale 2 s.yct | $png"
	[ "$output" = "82 70" ]           # letters of 6: 8 + 12 + 3 x 18 + 8
	run -0 pipe "yc-view --columns 2 s.yct | $png"
	[ "$output" = "208 214" ]         # two images and " +1"
	# the middle line of the hint's plus sign
	run -0 pipe "yc-view --columns 2 s.yct | $png $(seq -f '%g 37' -s ' ' 164 199)"
	[[ $output == *"0 0 0"* ]]
}

@test "--decode shows the images of tiles" {
	run -0 pipe "yc-view --decode s.yct | $png"
	[ "${lines[0]}" = "832 214" ]     # 12 images in class 0
	yc-decode s.yct | yc-view >two.png
	yc-view --decode s.yct >one.png
	cmp one.png two.png
	pipe "yc-select yoco --ipc 1 s.yct | yc-view | $png"
}

@test "rows have the names of the classes" {
	$condensed 'names=["ant","bee","caterpillar"]' >named.yct
	run -0 pipe "yc-view named.yct | $png"
	[ "$output" = "358 214" ]         # 12 letters of 12
	$condensed 'names={"broken":1' >broken.yct
	yc-view broken.yct >a.png
	yc-view s.yct >b.png
	cmp a.png b.png
}

@test "a class without images has an empty row" {
	$condensed labels=0,2 >gap.yct
	run -0 pipe "yc-view gap.yct | $png 32 8 32 74 32 140"
	[ "$output" = "106 214
0 11 22
255 255 255
37 48 59" ]
}

@test "-o writes the same picture" {
	yc-view s.yct -o a.png
	yc-view <s.yct >b.png
	cmp a.png b.png
}

@test "a terminal is refused" {
	command -v script >/dev/null || skip "no script(1)"
	run script -qec "yc-view s.yct" /dev/null </dev/null
	[[ $output == *"not written to a terminal"* ]]
	[[ $output != *PNG* ]]
}

@test "a full disk, a cut stream and a picture too large are errors" {
	run -1 --separate-stderr pipe "yc-view s.yct >/dev/full"
	[[ $stderr == "yc-view: "* ]]
	head -c 900 s.yct >cut.yct
	run -3 --separate-stderr yc-view cut.yct -o out.png
	assert_file_not_exists out.png
	$condensed classes=65536 >many.yct
	run -1 --separate-stderr yc-view many.yct -o out.png
	[[ $stderr == *"too large"* ]]
	assert_file_not_exists out.png
}

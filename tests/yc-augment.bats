#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	made=made.py
	grey="yc.classes=1 yc.side=8 yc.factor=1 yc.mean=0.5 yc.std=0.25"
	"$YC_ROOT/tests/make/small.py" >small.yct
	# 12 equal images
	# shellcheck disable=SC2086 # several words
	$made $grey image=F32:12x1x8x8:"$(seq -s, 1 64 | sed 's/$/,/;p;p;p;p;p;p;p;p;p;p;p' | tr -d '\n' |
		sed 's/,$//')" label=I64:12:0,0,0,0,0,0,0,0,0,0,0,0 id=I64:12 >same.yct
}

# aug [OPTION]... OPS STREAM: rows of the augmented images
aug() {
	yc-augment --raw "$@" | $made --rows image
}

@test "the same seed gives the same bytes, another one does not" {
	yc-augment flip,color,rotate --seed 3 small.yct >a
	yc-augment flip,color,rotate --seed 3 -j1 small.yct >b
	cmp a b
	differ "aug color --seed 3 small.yct" "aug color --seed 4 small.yct"
}

@test "no draw depends on how rows are cut into records" {
	cat small.yct small.yct | yc-augment color,crop --raw | $made --rows image | head -n 16 >a
	aug color,crop small.yct >b
	cmp a b
}

@test "--repeat writes copies that differ and keep their columns" {
	yc-augment color --repeat 3 --raw small.yct >a.yct
	[ "$($made --rows id <a.yct | wc -l)" -eq 48 ]
	[ "$($made --rows id <a.yct | head -n 7 | tr '\n' ' ')" = "0 0 0 1 1 1 2 " ]
	same "$made --rows odd <a.yct | sed -n '1~3p'" "$made --rows odd <small.yct"
	[ "$($made --rows image <a.yct | sort -u | wc -l)" -eq 48 ]
	same "$made --rows image <a.yct | sed -n '1~3p'" "aug color small.yct"
}

@test "images draw for themselves, with --siamese together" {
	[ "$(aug color same.yct | sort -u | wc -l)" -eq 12 ]
	[ "$(aug color --siamese same.yct | sort -u | wc -l)" -eq 1 ]
	[ "$(aug color --siamese --repeat 2 same.yct | sort -u | wc -l)" -eq 2 ]
}

@test "flip mirrors some of the images and leaves the others" {
	aug flip same.yct | sort | uniq -c | sort -k 2n >kinds
	[ "$(wc -l <kinds)" -eq 2 ]
	awk '{ print $2, $9 }' kinds >ends
	printf '1 8\n8 1\n' >want
	$made --close 1e-5 ends want
}

@test "operations are applied in the order given, with --pool in their own" {
	# what is cut out last is the mean colour
	aug brightness,cutout same.yct | tr ' ' '\n' | grep -cx '0.5' >n
	[ "$(cat n)" -ge 48 ]
	aug cutout,brightness same.yct | tr ' ' '\n' >numbers
	[ "$(wc -l <numbers)" -eq 768 ]
	run -1 grep -x 0.5 numbers
	aug --pool cutout,brightness same.yct | tr ' ' '\n' | grep -qx 0.5
}

@test "--pool applies one of crop, scale and rotate" {
	# a shift keeps the whole numbers in the middle, the others do not
	run -0 grep -c '\.' <(aug crop,scale,rotate same.yct | cut -d ' ' -f 28)
	[ "$output" -eq 12 ]
	aug --pool crop,scale,rotate --repeat 4 same.yct | tr ' ' '\n' | sed -n '28~64p' |
		awk '{ d = $1 - int($1 + .5); whole += d * d < 1e-8 } END { print whole }' >n
	[ "$(cat n)" -ge 6 ]
	[ "$(cat n)" -le 30 ]
}

@test "condensed images are decoded first" {
	"$YC_ROOT/tests/make/condensed.py" >s.yct
	aug brightness s.yct >a
	yc-decode s.yct | yc-augment brightness --raw | $made --rows image >b
	$made --close 1e-5 a b
	yc-augment brightness --raw s.yct >a.yct
	yc-decode --raw s.yct >d.yct
	for c in id label tile score.lbpe; do
		same "$made --rows $c <a.yct" "$made --rows $c <d.yct"
	done
}

@test "values beyond 0..1 are not clamped, and brightness is half a normalised unit at most" {
	aug brightness same.yct | cut -d ' ' -f 64 >last # 64, by at most 0.5 * 0.25
	awk '$1 < 63.874 || $1 > 64.126 { exit 1 }' last
	run -0 sort -u last
	[ "${#lines[@]}" -eq 12 ]
}

@test "records and columns that nobody knows pass through" {
	yc-augment crop --raw small.yct | grep -aq '"note":"passed through"'
	same "yc-augment crop --raw small.yct | $made --rows odd" "$made --rows odd <small.yct"
}

@test "a wrong operation is a usage error that lists the right ones" {
	run -2 --separate-stderr yc-augment colour small.yct -o out.yct
	[[ $stderr == "yc-augment: "*colour*cutout* ]]
	run -2 --separate-stderr yc-augment --pool color,contrast small.yct -o out.yct
	[[ $stderr == *"'contrast' is given twice"* ]]
	assert_not_exist out.yct
}

@test "already normalised images leave in 0..1" {
	# shellcheck disable=SC2086
	$made $grey yc.normalised=1 image=F32:1x1x8x8 label=I64:1:0 >n.yct
	aug crop --seed 1 n.yct >/dev/null
	yc-augment brightness --raw n.yct >out.yct
	run -1 grep -a yc.normalised out.yct
	aug brightness n.yct | cut -d ' ' -f 5 >got # 4 in units of 0.25 around 0.5
	awk '$1 < 1.374 || $1 > 1.626 { bad = 1 } END { exit bad || NR != 1 }' got
}

@test "the transforms of photographs are drawn for each image and see pixels in 0..1" {
	"$YC_ROOT/tests/make/condensed.py" factor=1 >rgb.yct
	[ "$(aug imagenet rgb.yct | sort -u | wc -l)" -eq 7 ]
	same "aug imagenet --seed 2 rgb.yct" "aug rrc,mirror,jitter,lighting --seed 2 rgb.yct"
	# brightness multiplies: black stays black, whatever the mean of the stream
	"$YC_ROOT/tests/make/pictures.py" black/a/1.png black/a/2.png
	yc-load folder black --side 8 -o black.yct
	aug jitter black.yct | tr ' ' '\n' | awk '$1 > 1e-6 || $1 < -1e-6 { bad = 1 } END { exit bad || NR != 384 }'
	differ "aug brightness black.yct" "aug jitter black.yct"
	run -2 --separate-stderr yc-augment imagenet same.yct -o out.yct
	[ "$stderr" = "yc-augment: augmentation 'jitter' needs images of three channels" ]
}

@test "corruptions grow with --severity, draw for each image, and mix with augmentations in any order" {
	yc-load demo --per-class 2 -o d.yct
	for c in gaussian-noise gaussian-blur jpeg low-contrast; do
		for s in 1 5; do
			yc-augment $c --severity $s d.yct -o $c.$s.yct
			yc-augment $c --severity $s -j1 d.yct -o again.yct
			cmp $c.$s.yct again.yct
		done
		run -1 cmp -s $c.1.yct $c.5.yct
		same "yc-augment $c --no-history d.yct | yc-info --digest" "yc-augment $c --severity 1 --no-history d.yct | yc-info --digest"
		yc-info $c.5.yct | grep -q " severity=5 "
		same "yc-info --tsv d.yct" "yc-info --tsv $c.5.yct"
		# clamped, as pixels are
		yc-augment --raw $c --severity 5 d.yct | $made --rows image | tr ' ' '\n' | awk '$1 < 0 || $1 > 1 { exit 1 }'
	done
	differ "aug gaussian-noise d.yct" "aug gaussian-noise --seed 1 d.yct"
	# of each image its own, with --siamese the same
	[ "$(aug gaussian-noise same.yct | sort -u | wc -l)" -eq 12 ]
	[ "$(aug gaussian-noise --siamese same.yct | sort -u | wc -l)" -eq 1 ]
	[ "$(aug gaussian-noise --siamese --repeat 2 same.yct | sort -u | wc -l)" -eq 2 ]
	# what comes first is seen by what follows
	differ "aug low-contrast,gaussian-noise d.yct" "aug gaussian-noise,low-contrast d.yct"
	same "aug jpeg d.yct" "yc-decode d.yct | yc-augment --raw jpeg | $made --rows image"
	yc-augment flip d.yct | yc-quantise -o flipped.yct
	differ "aug flip,jpeg d.yct" "aug jpeg d.yct"
	same "aug flip,jpeg --severity 2 d.yct" "aug jpeg --severity 2 flipped.yct"
	# one severity is that of all
	run -0 pipe "yc-augment gaussian-blur,jpeg --severity 4 d.yct | yc-info"
	assert_output --partial " gaussian-blur.severity=4 jpeg.severity=4 "
	for s in 0 6 x; do
		run -2 --separate-stderr yc-augment jpeg --severity $s d.yct -o out.yct
		[[ $stderr == "yc-augment: option --severity: "* ]]
	done
	run -2 --separate-stderr yc-augment flip --severity 2 d.yct -o out.yct
	[[ $stderr == *"--severity"* ]]
	assert_not_exist out.yct
}

@test "a corruption is no augmentation of a training, which is said" {
	yc-load demo --per-class 4 -o d.yct
	for t in "condense dm --iterations 1 --n-real 4 --ipc 1 --aug" "eval --test d.yct --epochs 1 --aug" \
		"score el2n --epochs 1 --aug" "train --epochs 1 --aug"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-$t color_jpeg d.yct
		assert_equal "$stderr" "yc-${t%% *}: strategy 'color_jpeg': 'jpeg' is a corruption, which has no gradient and is no part of a training: yc-augment applies it, without --pool"
	done
	run -2 --separate-stderr yc-augment --pool flip,jpeg d.yct -o out.yct
	[[ $stderr == *"'jpeg' is a corruption"*"without --pool" ]]
}

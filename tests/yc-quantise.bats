#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	made=made.py
}

# made_image VALUES [KEY=TEXT]...: a stream of two images of four pixels.
made_image() {
	$made yc.classes=1 yc.side=2 yc.factor=1 "${@:2}" "image=F32:2x1x2x2:$1" label=I64:2:0,0 \
		id=I64:2:7,9 score.a=F32:2x1
}

@test "values are cut to 0 and 1 and rounded to the nearest byte" {
	# 0.00196 and 0.00197 lie on both sides of half a step, 1/510
	values=-0.5,0,0.00196,0.00197,0.5,0.997,1,7
	made_image "$values" >in.yct
	yc-quantise --raw in.yct >out.yct
	[ "$($made --dtype image <out.yct)" = U8 ]
	[ "$($made --rows image <out.yct | tr '\n' ' ')" = "0 0 0 1 128 254 255 255 " ]
}

@test "all else stays, and bytes stay bytes" {
	made_image 0,0,0,0,1,1,1,1 yc.note=kept >in.yct
	yc-quantise --raw in.yct >out.yct
	for c in label id score.a; do
		same "$made --rows $c <in.yct" "$made --rows $c <out.yct"
	done
	grep -aq '"yc.note":"kept"' out.yct
	yc-quantise out.yct | yc-info | grep -q 'yc-quantise'
	same "yc-quantise out.yct | yc-info --digest" "yc-info --digest out.yct"
}

@test "a condensed set takes a quarter and continues a condensation" {
	yc-load demo --train-images 12 -o train.yct
	yc-condense idc --ipc 2 --factor 1 --outer 1 --inner 1 --n-real 5 --n-data 8 --width 4 train.yct -o cond.yct
	yc-quantise cond.yct -o set.yct
	[ "$(stat -c %s set.yct)" -lt $(($(stat -c %s cond.yct) / 3)) ]
	yc-condense idc --ipc 2 --factor 1 --outer 1 --inner 1 --n-real 5 --n-data 8 --width 4 --lr-img 0 \
		--init-from set.yct train.yct -o same.yct
	yc-quantise same.yct -o again.yct
	same "zstd -dcq set.yct | $made --rows image" "zstd -dcq again.yct | $made --rows image"
}

@test "normalised images and streams without images are refused" {
	made_image 0,0,0,0,1,1,1,1 yc.normalised=1 >in.yct
	run -1 --separate-stderr yc-quantise in.yct -o out.yct
	[ "$stderr" = "yc-quantise: the images are normalised: their values are not pixels" ]
	$made yc.classes=1 yc.side=2 yc.factor=1 label=I64:2:0,0 >none.yct
	run -1 --separate-stderr yc-quantise none.yct -o out.yct
	[[ $stderr == "yc-quantise: "*image* ]]
	refused 2 "--level: 'x'" yc-quantise --level x in.yct -o out.yct
}

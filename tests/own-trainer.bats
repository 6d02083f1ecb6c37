#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A trainer of one's own: pipelines/train.py in PyTorch, and the Makefile that uses one.
load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	yc-load demo --train-images 20 -o train.yct
	yc-load demo --split test --test-images 5 -o test.yct
}

setup() {
	unset MAKEFLAGS MFLAGS MAKELEVEL
	export PYTHONDONTWRITEBYTECODE=1
	cd "$BATS_TEST_TMPDIR" || return
	cp "$BATS_FILE_TMPDIR"/*.yct .
}

torch() {
	local py
	for py in python3 /usr/bin/python3; do
		"$py" -c "import torch, numpy" 2>/dev/null && echo "$py" && return
	done
	return 1
}

@test "train.py learns from a stream and prints a table like yc-eval's" {
	py=$(torch) || skip "no PyTorch"
	train() { "$py" "$YC_ROOT/pipelines/train.py" --test test.yct --repeat 1 --width 8 --threads 1 "$@"; }
	run -0 train --repeat 2 --epochs 15 <train.yct
	[ "${lines[0]%	seconds}" = "repeat	best	last	images	epochs" ]
	[ "$(cut -f 1,4,5 <<<"$output" | tail -n +2 | paste -sd ' ')" = "1	200	15 2	200	15 mean	200	15 deviation	200	15" ]
	awk -F'\t' 'NR > 1 && $1 != "deviation" && ($2 < $3 || $3 < 15) { exit 1 }' <<<"$output" || fail "$output"
	first=$(sed -n 2p <<<"$output" | cut -f 1-5)
	run -0 train --epochs 15 train.yct
	[ "$(sed -n 2p <<<"$output" | cut -f 1-5)" = "$first" ]
	run -1 train <(head -c 20000 train.yct)
	assert_line --partial "train.py: the compressed stream is cut"
	yc-select random --ipc 1 <("$YC_ROOT/tests/make/made.py" yc.classes=2 yc.side=4 yc.factor=2 image=U8:4x3x4x4 \
		label=I64:4:1,0,1,0 id=I64:4) -o tiles.yct
	run -1 train tiles.yct
	assert_output --partial "yc-decode comes before"
}

@test "own-trainer.mk: every cell by one's own trainer, and its images in a zip" {
	run -0 make -f "$YC_ROOT/pipelines/own-trainer.mk" OUT=out TRAIN=train.yct TEST=test.yct IPC_F=1 IPC=1 "RULES=random yoco" \
		CONDENSE_OPTS="--outer 1 --inner 1 --n-real 4 --width 4" SCORE_OPTS="--epochs 10 --width 4" \
		TRAINER="yc-eval -q --epochs 1 --repeat 2 --width 4"
	[ "$(cut -f 1-3 out/own.tsv | paste -sd ' ')" = "rule	ipc	repeat random	1	1 random	1	2 yoco	1	1 yoco	1	2" ]
	[ "$(python3 -m zipfile -l out/yoco-1.zip | grep -c '\.png')" -eq 40 ]
	run -0 make -f "$YC_ROOT/pipelines/own-trainer.mk" OUT=out TRAIN=train.yct TEST=test.yct TRAINER=no IPC=1
	assert_output --partial "up to date"
	run -2 make -f "$YC_ROOT/pipelines/own-trainer.mk" OUT=out PYTHON=
	assert_output --partial "no Python has PyTorch"
}

@test "own-trainer.mk by itself uses train.py" {
	torch || skip "no PyTorch"
	run -0 make -f "$YC_ROOT/pipelines/own-trainer.mk" OUT=out RULES=random IPC=1 IPC_F=1 EPOCHS=2
	[ "$(cut -f 1-3 out/own.tsv | tail -n 1)" = "random	1	1" ]
}

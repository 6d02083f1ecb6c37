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
	assert_line --partial ": the compressed stream is cut"
	echo "no stream at all" >words
	run -1 train words
	assert_output "train.py: words: not a stream of yc (yc-load makes them)"
	run -1 train --test words train.yct
	assert_output "train.py: words: not a stream of yc (yc-load makes them)"
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

@test "own-trainer.mk says how long condensing takes, and goes on where it was stopped" {
	own=(make -f "$YC_ROOT/pipelines/own-trainer.mk" TRAIN=train.yct TEST=test.yct IPC_F=1 IPC=1 RULES=random TRAINER=no
		"CONDENSE_OPTS=--outer 4 --inner 1 --n-real 4 --width 4")
	run -0 "${own[@]}" OUT=plan plan
	assert_line --regexp "^time .* per outer iteration, .* for 4;"
	[ ! -e plan ]
	# The run says it as well, if it is not a short one: it is not quiet.
	run -0 "${own[@]}" OUT=whole -n whole/cond.yct
	assert_output --partial "yc-condense idc --ipc 1"
	refute_output --partial " -q"
	"${own[@]}" OUT=whole whole/cond.yct
	setsid "${own[@]}" OUT=out out/cond.yct >log 2>&1 3>&- &
	while ! ls out/cond.*.ck >/dev/null 2>&1; do kill -0 $! || fail "$(cat log)"; done
	kill -9 -- -$!
	wait $! || true
	assert_file_not_exists out/cond.yct
	"${own[@]}" OUT=out out/cond.yct
	same "yc-info --digest out/cond.yct" "yc-info --digest whole/cond.yct"
	run -1 compgen -G "out/*.ck"
}

@test "own-trainer.mk refuses before it begins what would fail days later" {
	mkdir folder
	made.py yc.classes=2 yc.side=4 image=U8:4x3x4x4 label=I64:4:1,0,1,0 id=I64:4 >small.yct
	echo words >words
	refuse() {
		run -2 timeout 10 make -f "$YC_ROOT/pipelines/own-trainer.mk" OUT=out TRAINER=no "${@:2}"
		assert_output --partial "$1"
		[ "${#lines[@]}" -eq 1 ] && [ ! -e out ] || fail "$output"
	}
	refuse "TRAIN=train.yct: the images to test on are missing, TEST=FILE.yct" TRAIN=train.yct
	refuse "TEST=test.yct: the images to train on are missing, TRAIN=FILE.yct" TEST=test.yct
	refuse "TRAIN=folder is a folder: yc-load folder folder -o FILE.yct" TRAIN=folder TEST=test.yct
	refuse "TRAIN=none: no such file" TRAIN=none TEST=test.yct
	refuse "TEST=words is no stream of labelled images: yc-load" TRAIN=train.yct TEST=words
	refuse "TEST=small.yct has 2 classes of 3x4x4 but TRAIN=train.yct 10 classes of 3x32x32: both must" \
		TRAIN=train.yct TEST=small.yct
	refuse "CONDENSE_OPT: no such variable; they are in" CONDENSE_OPT=--outer=1
	refuse "IPC: 4 is no size from 1 to IPC_F=3" IPC="1 4"
	refuse "RULES: yoko is no rule" RULES=yoko
}

@test "own-trainer.mk by itself uses train.py" {
	torch || skip "no PyTorch"
	run -0 make -f "$YC_ROOT/pipelines/own-trainer.mk" OUT=out RULES=random IPC=1 IPC_F=1 EPOCHS=2
	[ "$(cut -f 1-3 out/own.tsv | tail -n 1)" = "random	1	1" ]
}

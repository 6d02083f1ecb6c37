#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/sheets.py" scores=0 >s.yct
}

# A small and short training; its bytes depend on the arguments alone.
score() {
	yc-score --width 8 --epochs 6 --no-history "$@"
}

# shape COLUMN FILE
shape() {
	grep -ao "\"$1\":{\"dtype\":\"F32\",\"shape\":\[[0-9,]*\]" "$2" | grep -o '\[.*'
}

@test "every tile of a sheet gets a score of every name" {
	score lbpe,el2n s.yct --raw -o out
	[ "$(shape score.lbpe out)" = "[7,4]" ]
	[ "$(shape score.el2n out)" = "[7,4]" ]
}

@test "plain images get one score each" {
	"$YC_ROOT/tests/sheets.py" scores=0 factor=1 | score el2n --raw -o out
	[ "$(shape score.el2n out)" = "[7,1]" ]
}

@test "tiles are scored one by one, wherever in a sheet they once were" {
	yc-decode s.yct | score el2n --raw -o out
	[ "$(shape score.el2n out)" = "[28,1]" ]
	# A score that landed in another row would leave a zero behind.
	run -0 yc-info --tsv out
	[ "$(awk 'NR > 1 && $4 > 0' <<<"$output" | wc -l)" = 28 ]
}

@test "threads do not change the scores, the seed does" {
	score lbpe,el2n -j1 s.yct -o one
	score lbpe,el2n -j2 s.yct -o two
	score lbpe,el2n -s1 s.yct -o other
	cmp one two
	run ! cmp -s one other
}

@test "two scores of one training are those of two" {
	score lbpe,el2n --stop 4 --top 2 --early 3 s.yct -o both
	pipe "yc-score lbpe --stop 4 --top 2 --width 8 --epochs 6 s.yct |
		yc-score el2n --early 3 --width 8 --epochs 6 --no-history -o each"
	cmp both each
}

@test "training ends early, but under the schedule of all epochs" {
	score lbpe --stop 3 --top 2 s.yct --save-dynamics early.dyn -o early
	score lbpe --stop 3 --top 2 --full s.yct --save-dynamics full.dyn -o full
	cmp early full
	[ "$(zstd -dc early.dyn | grep -ao '"yc.dynamics.epoch":' | wc -l)" = 3 ]
	[ "$(zstd -dc full.dyn | grep -ao '"yc.dynamics.epoch":' | wc -l)" = 6 ]
	# The rate drops before the fourth epoch's outputs if there are 4, not if there are 6.
	score lbpe --epochs 4 --stop 3 --top 3 s.yct -o four
	score lbpe --epochs 6 --stop 3 --top 3 s.yct -o six
	cmp four six
	score lbpe --epochs 4 --stop 4 --top 4 s.yct -o four
	score lbpe --epochs 6 --stop 4 --top 4 s.yct -o six
	run ! cmp -s four six
}

@test "dynamics that were kept give the scores of the training" {
	score lbpe,el2n --save-dynamics dyn s.yct -o trained
	score lbpe,el2n --dynamics dyn s.yct -o read
	cmp trained read
	score lbpe --top 1 s.yct -o trained
	score lbpe --top 1 --dynamics dyn s.yct -o read
	cmp trained read
}

@test "dynamics of other images, or of too few epochs, are refused" {
	score lbpe --stop 3 --save-dynamics dyn s.yct -o out
	"$YC_ROOT/tests/sheets.py" labels=0,1,0,2,2,1,1 >other.yct
	run -1 --separate-stderr score lbpe --stop 3 --dynamics dyn other.yct
	[[ $stderr == *"dynamics of other images: label of image "* ]]
	"$YC_ROOT/tests/sheets.py" labels=0,1,0,2,2,1 >other.yct
	run -1 --separate-stderr score lbpe --stop 3 --dynamics dyn other.yct
	[[ $stderr == *"dyn: record 1: "* ]]
	run -1 --separate-stderr score lbpe --stop 4 --dynamics dyn s.yct
	[[ $stderr == *"3 epochs, the scores need 4"* ]]
	run -1 --separate-stderr score lbpe --dynamics s.yct s.yct
	[[ $stderr == *"not dynamics"* ]]
}

@test "cut dynamics fail even if the scores need less" {
	score el2n --early 1 --full --save-dynamics dyn s.yct -o out
	head -c -20 dyn >short
	run -3 --separate-stderr score el2n --early 1 --dynamics short s.yct -o none
	[[ $stderr == "yc-score: short: record "* ]]
	assert_not_exist none
}

@test "the history has the options as they took effect" {
	yc-score lbpe --width 8 --epochs 6 --raw s.yct -o out
	grep -aq '\\"method\\":\\"lbpe\\"' out
	grep -aq 'stop\\":\\"6\\"' out
	grep -aq 'top\\":\\"6\\"' out
	grep -aq '\\"kernel\\":\\"' out
}

@test "a kept network is where another run starts" {
	score el2n --early 2 --save-net net s.yct -o cold
	score el2n --early 2 --init-net net s.yct -o warm
	run ! cmp -s cold warm
	run -1 --separate-stderr score el2n --width 4 --init-net net s.yct
	[[ $stderr == "yc-score: net: tensor "* ]]
	yc-eval --epochs 0 --width 8 --init-net net --test s.yct
}

@test "a training that explodes fails and writes nothing" {
	run -1 --separate-stderr score el2n --lr 1000 --epochs 500 --early 500 s.yct -o none
	[[ $stderr == *"the loss is not finite"* ]]
	assert_not_exist none
}

@test "a cut stream fails and says where" {
	head -c 500 s.yct >short
	run -3 --separate-stderr score el2n short -o none
	[[ $stderr == "yc-score: short: record 1"* ]]
	assert_not_exist none
}

@test "wrong usage is told in one line" {
	run -2 --separate-stderr score nothing s.yct
	[[ $stderr == *lbpe*el2n* ]]
	run -2 --separate-stderr score el2n,el2n s.yct
	run -2 --separate-stderr score el2n --epochs 0 s.yct
	[[ $stderr == "yc-score: "*epoch* ]]
	run -2 --separate-stderr score el2n --dynamics x --save-net y s.yct
	run -2 --separate-stderr score el2n --top 3 s.yct
	run -2 --separate-stderr score lbpe --aug blur s.yct
	[[ $stderr == *blur* ]]
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "files written beside the output replace neither input nor output" {
	cp s.yct before
	for option in --save-dynamics --save-net; do
		run -2 score el2n s.yct "$option=s.yct" -o out
		assert_output "yc-score: s.yct is both input and $option"
		run -2 score el2n s.yct "$option=./out" -o out
		run -2 score el2n s.yct "$option=-" -o out
		run -1 score el2n s.yct "$option=no/such/folder" -o out
	done
	run -2 score el2n s.yct --save-net=same --save-dynamics=same -o out
	ln s.yct link
	run -2 score el2n s.yct --save-net=link -o out
	assert_not_exists out
	cmp s.yct before
}

@test "help says what every score needs" {
	run -0 yc-score --help
	assert_output --partial "lbpe         dynamics, early epochs, labels"
}

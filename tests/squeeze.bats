#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

# pipelines/squeeze.mk: smaller sets of a condensed one, by several ways

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	yc-load demo --train-images 40 -o train.yct
	yc-load demo --split test -o test.yct
	yc-condense idc --ipc 3 --outer 1 --inner 1 --n-real 8 --width 4 -q train.yct -o set.yct
}

setup() {
	unset MAKEFLAGS MFLAGS MAKELEVEL
	cd "$BATS_FILE_TMPDIR" || return
	out=$BATS_TEST_TMPDIR/out
}

squeeze() {
	make -s -f "$YC_ROOT/pipelines/squeeze.mk" OUT="$out" SETS=set.yct TEST=test.yct "SIZES=1 2" SEEDS=1 REPEAT=2 EPOCHS=1 \
		"SCORE_OPTS=--epochs 2 --width 4" "CONDENSE_OPTS=--width 4" EVAL_OPTS=--width\ 4 "$@"
}
small=(--outer 1 --inner 2)

@test "every way has its networks, and its sets are those of the tools by hand" {
	squeeze TRAIN=train.yct "WAYS=yoco idc down afresh mdc mine" way-idc="idc ${small[*]}" way-down="idc ${small[*]}" \
		way-afresh="idc ${small[*]} --n-real 8" way-mdc="mdc ${small[*]} --n-real 8" way-mine="dm --iterations 1" >log
	tail -n +1 "$out/squeeze.md" | diff <(grep -v '^idc/' log) -
	cut -f1-8 "$out/squeeze.tsv" | tail -n +2 | tr '\t' ' ' >found
	for n in 1 2; do
		for w in yoco idc down afresh mdc mine; do
			printf "demo idc 3 $n $w convnet 1 %s\n" 1 2
		done
	done | diff found -
	# By hand
	yc-score lbpe --condenser idc --epochs 2 --width 4 --seed 1 -q set.yct | yc-select -q yoco --order -o ordered.yct
	hand() {
		yc-condense "$1" "${small[@]}" --ipc "$3" --seed 1 --width 4 -q "${@:4}" -o hand.yct "$2"
		same "yc-info --digest hand.yct" "yc-info --digest $out/sets/idc/3/$3/$way/convnet/1.yct" || fail "$way $3"
	}
	yc-select first -q --ipc 2 ordered.yct -o two.yct
	yc-select first -q --ipc 1 ordered.yct -o one.yct
	cmp one.yct "$out/sets/idc/3/1/yoco/convnet/1.yct"
	way=idc hand idc ordered.yct 2 --init-from two.yct
	way=idc hand idc ordered.yct 1 --init-from one.yct
	way=afresh hand idc train.yct 2 --n-real 8
	small=(--iterations 1)
	way=mine hand dm ordered.yct 1
	small=(--outer 1 --inner 2)
	# Two are made of all, like idc's; one of these two.
	way=down hand idc ordered.yct 2 --init-from two.yct
	yc-score lbpe --condenser idc --epochs 2 --width 4 --seed 1 -q hand.yct | yc-select -q yoco --order -o of-two.yct
	yc-select first -q --ipc 1 of-two.yct -o one.yct
	way=down hand idc of-two.yct 1 --init-from one.yct
	yc-condense mdc "${small[@]}" --ipc 3 --seed 1 --width 4 --n-real 8 -q train.yct | yc-select first -q --ipc 2 -o two.yct
	same "yc-info --digest two.yct" "yc-info --digest $out/sets/idc/3/2/mdc/convnet/1.yct"
	# Seconds of those that go without the data, the score among them.
	cut -f1-6 "$out/squeeze-seconds.tsv" | tail -n +2 | tr '\t' ' ' >timed
	grep -v 'afresh\|mdc' found | cut -d' ' -f2-7 | uniq | diff - timed
	awk -F '\t' 'NR > 1 { s[$4 $3] = $7; if (!($7 > 0.005 && $7 < 60)) exit 1 }
		END { if (!(s["yoco1"] == s["yoco2"] && s["idc1"] > s["yoco1"] && s["down1"] > s["down2"])) exit 1 }' "$out/squeeze-seconds.tsv"
	[ -z "$(find "$out" -name '*.ck' -o -name '*.own*' -o -name '*.ordered')" ]
	# Nothing is made twice.
	squeeze TRAIN=train.yct "WAYS=yoco idc down afresh mdc mine" way-idc=idc way-mine=dm >again
	diff again "$out/squeeze.md"
	# The score counts, however little time the rest takes.
	echo 1000 >"$out/ordered/idc/3/1.yct.seconds"
	rm "$out/sets/idc/3/1/idc/convnet/1.yct"
	squeeze SIZES=1 WAYS=idc way-idc="idc ${small[*]}" >log
	awk -F '\t' 'NR == 2 && $7 > 1000 && $7 < 1060 { good = 1 } END { exit !good }' "$out/squeeze-seconds.tsv"
}

@test "whole images become tiles of methods that have some" {
	yc-condense dm --ipc 5 --iterations 1 --n-real 8 --width 4 -q train.yct -o whole.yct
	squeeze SETS=whole.yct SIZES=1 "WAYS=idc mine" way-idc="idc ${small[*]}" way-mine="dm --iterations 1" >log
	yc-info "$out/sets/dm/5/1/idc/convnet/1.yct" | grep -q 'factor 2$'
	yc-info "$out/sets/dm/5/1/idc/convnet/1.yct" | grep -q ' idc ipc=1 .* init=mix '
	yc-info "$out/sets/dm/5/1/mine/convnet/1.yct" | grep -q ' dm ipc=1 .* factor=1 init=tiles '
	# Or as the way says.
	squeeze SETS=set.yct SIZES=1 "WAYS=mine other" way-mine="dm --iterations 1 --factor 1" way-other="idc ${small[*]} --init noise" >log
	yc-info "$out/sets/idc/3/1/mine/convnet/1.yct" | grep -q ' dm ipc=1 .* factor=1 init=real '
	yc-info "$out/sets/idc/3/1/other/convnet/1.yct" | grep -q ' idc ipc=1 .* init=noise '
}

@test "the plan tells what is left to do and how long it takes, and does nothing" {
	run -0 --separate-stderr squeeze TRAIN=train.yct SEEDS=2 "WAYS=yoco dm afresh mdc" way-afresh="idc ${small[*]}" plan
	[ ! -e "$out" ] && [ -z "$stderr" ] || fail "$stderr"
	assert_line --index 0 "Smaller sets of a condensed one: demo: 16 cells, 0 done"
	for s in dm/1 dm/2 afresh/1 afresh/2; do
		assert_line --regexp "^set to condense: $s, 2 times: .* seconds for $([ "${s%/*}" = dm ] && echo '1000$' || echo '1; the published setting')"
	done
	# One has all sizes.
	assert_line --regexp "^set to condense: mdc/3, 2 times: .* for 2000"
	[ "$(grep -c "^set to condense" <<<"$output")" = 5 ]
	assert_line "trainings for scores: 2"
	assert_line "networks to train: 32, epochs: 32"
	assert_line --regexp "^about .*, measured, without condensing"
	# Of several sets, by the largest one: a smaller one has no five images.
	yc-condense idc --ipc 6 "${small[@]}" -q train.yct -o six.yct
	run -0 squeeze SETS="set.yct six.yct" SIZES="1 5" WAYS="yoco dm" plan
	assert_line --regexp "^set to condense: dm/5: "
	squeeze WAYS=dm SIZES=1 way-dm="dm --iterations 1" >log
	run -0 squeeze WAYS="yoco dm" plan
	assert_line --index 0 "Smaller sets of a condensed one: demo: 4 cells, 1 done"
	[ "$(grep -c "^set to condense" <<<"$output")" = 1 ]
	assert_line --regexp "^set to condense: dm/2: "
	assert_line "trainings for scores: 0"
	assert_line --regexp "^about .* at the speed so far, without condensing"
}

@test "what cannot be made is refused before anything runs" {
	refuse() {
		run -2 squeeze "${@:2}"
		[[ $output == *"$1"* ]] && [ ! -e "$out" ] || fail "$output"
	}
	refuse "WAYS: yoko is none of yoco dm idc down afresh mdc and there is no way-yoko" WAYS=yoko
	refuse "way-mine=dmm --x: dmm is none of idc" WAYS=mine "way-mine=dmm --x"
	refuse "way-dn: there is no dn in WAYS=yoco dm" "WAYS=yoco dm" way-dn=idc
	refuse "TRAIN=FILE: the images are missing that mdc condense" WAYS=mdc
	refuse "TEST=FILE: the images to test on are missing" TEST=
	refuse "SET=nowhere.yct: no such file" SETS=nowhere.yct
	refuse "SIZE: no such variable" SIZE=2
	refuse "SIZES='1 1': one of these is there twice" "SIZES=1 1"
	refuse "SIZES: 0 is no number of images per class" SIZES=0
	refuse "none has more images per class than a size of SIZES=3" SIZES=3
	cp set.yct other.yct
	refuse "SETS: other.yct and set.yct are both of 3 images per class by idc" "SETS=set.yct other.yct"
}

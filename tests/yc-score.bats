#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/condensed.py" scores=0 >s.yct
}

# A small and short training; its bytes depend on the arguments alone.
score() {
	yc-score --width 8 --epochs 6 --no-history "$@"
}

# shape COLUMN FILE
shape() {
	grep -ao "\"$1\":{\"dtype\":\"F32\",\"shape\":\[[0-9,]*\]" "$2" | grep -o '\[.*'
}

# column NAME FILE: its numbers
column() {
	yc-decode "$2" | yc-info --tsv | awk -v name="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; if (!c) exit 1; next }
		{ print $c }'
}

@test "every tile of a condensed image gets a score of every name" {
	score lbpe,el2n s.yct --raw -o out
	[ "$(shape score.lbpe out)" = "[7,4]" ]
	[ "$(shape score.el2n out)" = "[7,4]" ]
}

@test "one training serves scores of all kinds" {
	score lbpe,el2n,aum,forgetting,entropy s.yct --save-dynamics dyn --save-net net -o all
	for name in lbpe el2n aum forgetting; do
		score "$name" --dynamics dyn s.yct -o one
		same "column score.$name one" "column score.$name all"
	done
	score entropy --epochs 0 --init-net net s.yct -o one
	same "column score.entropy one" "column score.entropy all"
	score lbpe,el2n,aum,forgetting,entropy --dynamics dyn --init-net net s.yct -o again
	cmp all again
}

@test "dynamics of YOCO's code give the scores of the same dynamics in a stream" {
	local all=lbpe,el2n,aum,forgetting
	score $all --full --half --save-dynamics dyn s.yct -o trained
	zstd -dcq dyn >dyn.raw
	score $all --dynamics dyn s.yct -o want
	for how in "protocol=4" "protocol=2" "protocol=3 batch=28" "batch=5"; do
		# shellcheck disable=SC2086
		yoco.py dynamics td.pickle $how <dyn.raw
		run -0 --separate-stderr score $all --dynamics td.pickle s.yct -o got
		# whether six epochs of this network know the labels is no matter here
		[[ -z $stderr || $stderr == *"the outputs agree with the labels of at most "*" %"*"or in another order?" ]]
		same "yc-info --tsv got" "yc-info --tsv want"
	done
	score $all --dynamics - s.yct <td.pickle -o got -q
	same "yc-info --tsv got" "yc-info --tsv want"
	run -0 pipe "yc-info got"
	refute_output --partial epochs=
	# a network is still needed where a score needs one
	run -2 --separate-stderr score entropy --dynamics td.pickle s.yct -o none
	[[ $stderr == *"--init-net is missing" ]]
}

@test "dynamics of other images are an error that says what differs" {
	score el2n --full --half --save-dynamics dyn s.yct -o trained
	zstd -dcq dyn >dyn.raw
	for bad in "short:epoch 5 has outputs of 27 images, but 28 are scored" \
		"twice:twice in an epoch" "outside:dynamics of an image 28, but there are 28 decoded images" \
		"order:epoch 0 expected" "classes:outputs for 2 classes, but the images are of 3" \
		"logits:'output' does not hold log-probabilities" "name:a pickle without 'training_dynamics': not dynamics"; do
		yoco.py dynamics td.pickle bad="${bad%%:*}" <dyn.raw
		run -1 --separate-stderr score lbpe --dynamics td.pickle s.yct -o none
		[[ $stderr == "yc-score: td.pickle: "*"${bad#*:}"* ]] || fail "$bad: $stderr"
		assert_not_exist none
	done
	yoco.py dynamics td.pickle <dyn.raw
	condensed.py scores=0 factor=1 >seven.yct
	run -1 --separate-stderr score lbpe --dynamics td.pickle seven.yct -o none
	[[ $stderr == *"but there are 7 decoded images: of another set" ]]
	size=$(stat -c %s td.pickle)
	for percent in 1 10 50 90 99; do
		head -c $((size * percent / 100)) td.pickle >"cut"
		run -1 --separate-stderr score lbpe --dynamics cut s.yct -o none
		[[ $stderr == "yc-score: cut: pickle: "* ]] || fail "$stderr"
	done
}

@test "saved: the scores of YOCO's code, in the order of tiles" {
	local labels
	labels=$(yc-decode s.yct | yc-info --tsv | awk 'NR > 1 { print $2 }' | paste -sd,)
	yoco.py scores s.pickle n=28 labels="$labels"
	run -0 --separate-stderr yc-score saved --scores s.pickle s.yct -o out
	[ -z "$stderr" ]
	[ "$(column score.entropy out | paste -sd' ')" = "$(seq 0 27 | awk '{ print $1 / 16 }' | paste -sd' ')" ]
	[ "$(column score.aum out | sed -n 5p)" = -1 ]
	[ "$(column score.forgetting out | sed -n 6p)" = 2 ]
	[ "$(column score.lbpe out | sed -n 2p)" = 0.625 ]
	[ "$(column score.plain out | sed -n 4p)" = 1.5 ]
	[ "$(column score.ssp-balance-1 out | paste -sd' ')" = "1 1$(printf ' 0%.0s' {3..27}) 1" ]
	[ "$(column score.ssp-1 out | paste -sd' ')" = "0 0 2$(printf ' 0%.0s' {4..28})" ]
	run -0 yc-info out
	assert_output --partial "yc-score saved random-view=false seed=0 scores=s.pickle"
	refute_output --partial correct_num
	yc-select yoco --tiles 2 out -o small
	yc-score el2n --epochs 1 --early 1 --width 2 out -o both
	column score.plain both | cmp - <(column score.plain out)
	for bad in "labels:image 3 is of class" "nan:LBPE_top10 of image 2 is not finite" \
		"prototype:kmeans_1: image 28, but there are 28 decoded images" "rows:scores of 29 decoded images, but there are 28" \
		"list:not a dict of scores by name"; do
		yoco.py scores s.pickle n=28 labels="$labels" bad="${bad%%:*}"
		run -1 --separate-stderr yc-score saved --scores s.pickle s.yct -o none
		[[ $stderr == "yc-score: saved: s.pickle: ${bad#*:}"* ]] || fail "$bad: $stderr"
		assert_not_exist none
	done
	# what has no number per image, and what cannot be compared, is noted
	yoco.py scores s.pickle n=28 labels="$labels" bad=few
	run -0 --separate-stderr yc-score saved --scores s.pickle s.yct -o out
	assert_equal "${stderr_lines[0]}" "yc-score: s.pickle: no scores of these images: words, short"
	assert_equal "${stderr_lines[1]}" "yc-score: s.pickle: without 'targets': whether the scores are of these images is not known"
	refused 2 "--scores FILE is missing" yc-score saved s.yct -o none
	refused 2 "saved scores need no training and no network" yc-score saved --scores s.pickle --full s.yct -o none
	run -1 --separate-stderr yc-score saved --scores s.yct s.yct -o none
	assert_equal "$stderr" "yc-score: saved: s.yct: not a pickle"
}

@test "plain images get one score each" {
	"$YC_ROOT/tests/make/condensed.py" scores=0 factor=1 | score el2n --raw -o out
	[ "$(shape score.el2n out)" = "[7,1]" ]
}

@test "tiles are scored one by one, wherever in an image they once were" {
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
	run -1 cmp -s one other
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
	run -1 cmp -s four six
}

@test "a score of all epochs lengthens the training, not what early scores see" {
	score lbpe --stop 3 --top 2 s.yct -o early
	score lbpe,forgetting --stop 3 --top 2 s.yct --save-dynamics dyn -o both
	[ "$(zstd -dc dyn | grep -ao '"yc.dynamics.epoch":' | wc -l)" = 6 ]
	same "column score.lbpe early" "column score.lbpe both"
}

@test "every repeat has columns of its own, and the first is that without repeats" {
	score el2n,entropy s.yct -o once
	score el2n,entropy --repeat 3 s.yct --raw -o out
	for name in el2n entropy; do
		[ "$(shape "score.$name" out)" = "[7,4]" ]
		[ "$(shape "score.$name.2" out)" = "[7,4]" ]
		[ "$(shape "score.$name.3" out)" = "[7,4]" ]
		same "column score.$name once" "column score.$name out"
		differ "column score.$name.2 out" "column score.$name out"
		differ "column score.$name.2 out" "column score.$name.3 out"
	done
	yc-score el2n --width 8 --epochs 2 --repeat 2 --raw s.yct -o out
	grep -aq 'repeat\\":\\"2\\"' out
}

@test "a clean pass sees what no augmentation changes" {
	# Nothing is learned at rate 0: only the augmentation tells two epochs apart.
	score el2n --lr 0 --clean --early 1 s.yct -o one
	score el2n --lr 0 --clean --early 6 s.yct -o six
	cmp one six
	score el2n --lr 0 --early 1 s.yct -o one
	score el2n --lr 0 --early 6 s.yct -o six
	run -1 cmp -s one six
	score el2n --clean -j1 s.yct -o one
	score el2n --clean -j2 s.yct -o two
	cmp one two
}

@test "registered alternatives change the scores they are for" {
	score aum,forgetting --save-dynamics dyn s.yct -o out
	score aum,forgetting --dynamics dyn --logits --never-learned s.yct -o other
	differ "column score.aum out" "column score.aum other"
	score el2n s.yct -o out
	score el2n --aug-all s.yct -o other
	differ "column score.el2n out" "column score.el2n other"
	score aum,forgetting --save-dynamics dyn s.yct -o out
	score aum,forgetting --dynamics dyn --logits --never-learned s.yct -o other
	# So early in training some image never was right.
	column score.forgetting out | grep -q '^0$'
	column score.forgetting other | grep -q '^6$'
}

@test "a random view changes what the trained network sees, by the seed and not by threads" {
	score entropy,ssp --ipc 1 --save-net net s.yct -o plain
	for j in 1 2; do
		score entropy,ssp --ipc 1 --random-view -j$j s.yct -o view$j
	done
	cmp view1 view2
	differ "column score.entropy plain" "column score.entropy view1"
	differ "column score.ssp-1 plain" "column score.ssp-1 view1"
	# What was drawn in training does not matter. Both begin with the file, which is float even
	# where the arithmetic is double; at rate 0 the network stays as it is.
	score entropy,ssp --ipc 1 --random-view --lr 0 --init-net net s.yct -o trained
	score entropy,ssp --ipc 1 --random-view --epochs 0 --init-net net s.yct -o again
	cmp trained again
	score entropy --random-view --epochs 0 --init-net net --seed 1 s.yct -o other
	differ "column score.entropy view1" "column score.entropy other"
	score entropy,ssp --ipc 1 --epochs 0 --init-net net s.yct -o plain
	score entropy,ssp --ipc 1 --random-view --aug none --epochs 0 --init-net net s.yct -o none
	cmp plain none
	yc-score entropy --random-view --epochs 0 --width 8 --init-net net s.yct | yc-info |
		grep -q ' random-view=true'
	run -2 --separate-stderr score el2n --random-view s.yct
	[[ $stderr == *"--random-view is for scores that need the trained network"* ]]
}

@test "the random view of a photograph is that of the loader, without what comes after it" {
	"$YC_ROOT/tests/make/condensed.py" side=80 factor=1 >s.yct
	again=(entropy --width 2 --epochs 0 --init-net net --no-history s.yct)
	yc-score entropy --width 2 --epochs 1 --save-net net s.yct -o out
	yc-score "${again[@]}" --random-view -o view
	yc-score "${again[@]}" --random-view --aug imagenet -o loader
	yc-score "${again[@]}" -o plain
	cmp view loader
	run -1 cmp -s view plain
}

@test "ssp has two columns for every size and repeat" {
	score ssp --ipc 1 --repeat 2 s.yct --raw -o out
	for name in ssp-1 ssp-balance-1 ssp-1.2 ssp-balance-1.2; do
		[ "$(shape "score.$name" out)" = "[7,4]" ]
		# 3 classes of 4 tiles are wanted.
		[ "$(column "score.$name" out | awk '{ s += $1 } END { print s }')" = 12 ]
	done
	score ssp -j2 --ipc 1 --repeat 2 s.yct -o two
	score ssp -j1 --ipc 1 --repeat 2 s.yct -o one
	cmp one two
	yc-score ssp --width 8 --epochs 1 --raw s.yct -o out
	grep -aq '\\"ipc\\":\\"1,2\\"' out
	run -1 score ssp --ipc 3 s.yct -o none
	assert_output "yc-score: ssp: the size is 3 images per class, but 28 images make 2 of 3 classes"
	run -2 score ssp --ipc 1,x s.yct -o none
	assert_output "yc-score: ssp: --ipc '1,x' is not a list of numbers from 1"
	assert_not_exists none
}

@test "ssp chooses no tile twice with --unique, and the size is filled" {
	score ssp --ipc 1,2 --kmeans-replace s.yct -o shared
	score ssp --ipc 1,2 --kmeans-replace --unique s.yct -o own
	for rule in "ssp --ipc 2" "ssp_balance --ipc 2"; do
		# shellcheck disable=SC2086
		run -0 yc-select $rule shared -o out.yct
		assert_output --regexp '^yc-select: [0-9]+ of 24 are repeats'
		yc-info --tsv out.yct | cut -f 1-3 | sort -u >distinct
		# shellcheck disable=SC2086
		run -0 yc-select $rule own -o out.yct
		assert_output ""
		yc-info --tsv out.yct | cut -f 1-3 | sort -u >all
		[ "$(wc -l <all)" = 25 ]
		[ -z "$(comm -23 distinct all)" ]
	done
	run -0 pipe "yc-score ssp --unique --width 4 --epochs 1 s.yct | yc-info"
	assert_output --partial " unique=true"
}

# numpy: a Python that has it
numpy() {
	for p in python3 /usr/bin/python3; do
		"$p" -c 'import numpy' 2>/dev/null && echo "$p" && return
	done
	return 1
}

@test "every score is what numpy makes of dynamics and network" {
	python=$(numpy) || skip "no numpy (package python3-numpy)"
	yc-load demo --train-images 6 | yc-score lbpe,el2n,loss,aum,forgetting,entropy,ssp --ipc 1,2 \
		--stop 5 --top 3 --early 4 --width 16 --depth 2 --epochs 8 --seed 3 \
		--save-dynamics dyn --save-net net -o plain
	run -0 pipe "yc-decode plain | '$python' '$YC_ROOT/tests/reference/scores.py' dyn net \
		stop=5 top=3 early=4 seed=3"
	[ "${#lines[@]}" = 10 ]
	score lbpe,el2n,aum,forgetting,entropy,ssp --ipc 1 --by-loss --stop 4 --top 2 --logits \
		--never-learned --save-dynamics dyn --save-net net s.yct -o scored
	run -0 pipe "yc-decode scored | '$python' '$YC_ROOT/tests/reference/scores.py' dyn net by-loss= \
		stop=4 top=2 logits= never-learned="
	[ "${#lines[@]}" = 7 ]
	# It can fail.
	run -1 pipe "yc-decode scored | '$python' '$YC_ROOT/tests/reference/scores.py' dyn net stop=4 top=2"
	assert_output --partial "not as they should be: aum forgetting lbpe"
}

@test "scores observe a window of epochs, and the training ends with it" {
	python=$(numpy) || skip "no numpy (package python3-numpy)"
	all=("lbpe,el2n,loss,aum,forgetting" --top 2 --stop 3 --early 2 --never-learned)
	score "${all[@]}" --save-dynamics dyn s.yct -o whole
	for o in "" "--from-epoch 3" "--to-epoch 4" "--from-epoch 2 --to-epoch 5"; do
		# shellcheck disable=SC2086
		score "${all[@]}" $o --dynamics dyn s.yct -o part
		keys=$(sed 's/--\([a-z-]*\) /\1=/g' <<<"$o")
		run -0 pipe "yc-decode part | '$python' '$YC_ROOT/tests/reference/scores.py' dyn stop=3 top=2 early=2 \
			never-learned= $keys"
		[ "${#lines[@]}" = 5 ]
	done
	# It can fail.
	run -1 pipe "yc-decode part | '$python' '$YC_ROOT/tests/reference/scores.py' dyn stop=3 top=2 early=2 never-learned="
	# A training ends where the window does, unless the network is scored.
	score "${all[@]}" --to-epoch 3 --save-dynamics short s.yct -o part
	[ "$(yc-info --json short | grep -o 'dynamics' | wc -l)" -gt 0 ]
	score "${all[@]}" --to-epoch 3 --dynamics short s.yct -o again
	same "column score.aum part" "column score.aum again"
	refused 1 "dynamics of 3 epochs, but the scores need 4" yc-score aum --to-epoch 4 --dynamics short s.yct -o x
	score entropy,aum --to-epoch 2 s.yct -o part
	score entropy s.yct -o whole
	same "column score.entropy part" "column score.entropy whole"
	refused 2 "are for scores of dynamics" yc-score entropy --to-epoch 2 s.yct -o x
	refused 2 "--from-epoch 4 is after --to-epoch 3" yc-score aum --from-epoch 4 --to-epoch 3 s.yct -o x
	refused 2 "--from-epoch 9: there are only 6 epochs" yc-score aum --from-epoch 9 --epochs 6 s.yct -o x
}

@test "the smallest losses are what small-loss keeps" {
	score loss s.yct -o scored
	yc-select small-loss --tiles 2 scored | yc-info --tsv | tail -n +2 | cut -f 1,3 | sort >kept
	yc-decode scored | yc-info --tsv | awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		NR > 1 { print $at["score.loss"] "\t" $at["id"] "\t" $at["tile"] }' | sort -g | head -n 6 | cut -f 2- | sort | diff - kept
	refused 1 "yc-score loss makes it" yc-select small-loss --tiles 2 s.yct
}

@test "soft labels are the targets of training and error, classes where a class is needed" {
	python=$(numpy) || skip "no numpy (package python3-numpy)"
	"$YC_ROOT/tests/make/condensed.py" scores=0 soft=mixed >soft.yct
	all=("lbpe,el2n,loss,aum,forgetting" --stop 4 --top 2 --save-dynamics)
	for o in "" --by-loss; do
		rm -f dyn
		# shellcheck disable=SC2086
		score "${all[@]}" dyn $o soft.yct -o scored
		run -0 pipe "yc-decode scored | '$python' '$YC_ROOT/tests/reference/scores.py' dyn \
			stop=4 top=2 ${o:+by-loss=}"
		[ "${#lines[@]}" = 5 ]
	done
	# It can fail: the same against classes.
	run -1 pipe "yc-decode scored | '$python' '$YC_ROOT/tests/reference/scores.py' dyn \
		stop=4 top=2 by-loss= hard-labels="
	assert_output --partial "not as they should be: el2n lbpe loss"
	# Dynamics that were kept give the same.
	score lbpe,el2n --stop 4 --top 2 --by-loss --dynamics dyn soft.yct -o again
	for c in lbpe el2n; do
		same "column score.$c scored" "column score.$c again"
	done
	# Without them, and without the column, it is the classes that count.
	score "${all[@]}" hard --hard-labels soft.yct -o scored
	run -0 pipe "yc-decode scored | '$python' '$YC_ROOT/tests/reference/scores.py' hard \
		stop=4 top=2 hard-labels="
	score lbpe,el2n --stop 4 --top 2 s.yct -o plain
	same "column score.lbpe scored" "column score.lbpe plain"
	# How the dynamics were made goes on with them.
	yc-score el2n --width 8 --epochs 6 --save-dynamics told --hard-labels soft.yct -o scored
	yc-score el2n --dynamics told soft.yct -o again
	same "column score.el2n scored" "column score.el2n again"
	yc-score el2n --width 8 --epochs 6 --save-dynamics softer soft.yct -o scored
	run -2 --separate-stderr yc-score el2n --dynamics softer --hard-labels soft.yct -o x
	[ "$stderr" = "yc-score: --dynamics trains nothing: they are of a training with --hard-labels false, not true" ]
}

@test "and so it is on real data, condensed and plain" {
	python=$(numpy) || skip "no numpy (package python3-numpy)"
	yc-score lbpe,el2n,aum,forgetting,entropy,ssp --width 32 --epochs 12 --save-dynamics dyn --save-net net \
		"$YC_ROOT/pipelines/sets/cifar10-ipc10.yct" -o scored
	run -0 pipe "yc-decode scored | '$python' '$YC_ROOT/tests/reference/scores.py' dyn net stop=12 top=10"
	[ "${#lines[@]}" = 11 ]
	archive=$(data cifar-100-binary-mini.tar.xz) || skip "no cifar-100-binary-mini.tar.xz"
	yc-load cifar100 "$archive" --per-class 3 |
		yc-score lbpe,el2n,aum,forgetting,entropy,ssp --ipc 1,2 --width 16 --epochs 6 \
			--save-dynamics dyn --save-net net -o plain
	run -0 pipe "yc-decode plain | '$python' '$YC_ROOT/tests/reference/scores.py' dyn net stop=6 top=6"
	[ "${#lines[@]}" = 9 ]
}

@test "dynamics that were kept give the scores of the training" {
	score lbpe,el2n --save-dynamics dyn s.yct -o trained
	score lbpe,el2n --dynamics dyn s.yct -o read
	cmp trained read
	score lbpe --top 1 s.yct -o trained
	score lbpe --top 1 --dynamics dyn s.yct -o read
	cmp trained read
}

@test "options of a training that dynamics are not of are refused, and no history claims them" {
	yc-score lbpe --width 8 --epochs 6 --lr 0.02 --save-dynamics dyn s.yct -o trained
	yc-score lbpe --dynamics dyn s.yct -o read
	same "column score.lbpe read" "column score.lbpe trained"
	run -0 yc-info read
	# How they were made, and then what was made of them.
	assert_line --regexp ' yc-score lbpe net=convnet width=8 .* lr=0.02 '
	assert_line --regexp '^ +yc-score lbpe dynamics=dyn .*stop='
	refute_line --regexp 'dynamics=dyn.* (net|lr|width|epochs)='
	yc-score lbpe --dynamics dyn --width 8 --lr 0.02 --epochs 6 --seed 5 s.yct -o read
	for o in "--width 99" "--epochs 7" "--lr 4" "--lr 0.01" "--aug none" "--net resnet10"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-score lbpe --dynamics dyn $o s.yct -o none
		[[ $stderr == "yc-score: --dynamics trains nothing: they are of a training "*"${o%% *} "*", not ${o#* }" ]]
		assert_not_exists none
	done
	# What the history of an earlier version says in other words, or does not say yet.
	yc-score lbpe --width 8 --epochs 6 --save-dynamics new s.yct -o trained
	zstd -dc new >raw
	sed 's/\\"precision\\":\\"fp32\\"/\\"exact\\":\\"true\\"    /' raw >exact
	sed 's/\\"precision\\":\\"fp32\\"/\\"other\\":\\"fp32\\"    /' raw >older
	differ "cat exact" "cat raw"
	differ "cat older" "cat raw"
	yc-score lbpe --dynamics exact --precision exact s.yct -o read
	yc-score lbpe --dynamics older --precision fp32 s.yct -o read
	refused 2 "with --precision exact, not fp32" yc-score lbpe --dynamics exact --precision fp32 s.yct
	# Where nothing is trained, the processor need not have anything for it.
	YC_KERNELS=plain YC_PRECISION=fast run -0 --separate-stderr yc-score lbpe --dynamics older s.yct -o read
	[ -z "$stderr" ]
	refused 2 "with --precision fp32, not exact" yc-score lbpe --dynamics older --precision exact s.yct
}

@test "a new score replaces all columns of it, those of more repeats and other sizes too" {
	names() { yc-info --json "$1" | grep -o '"score[^"]*"' | tr -d '"' | paste -sd ' '; }
	score lbpe,ssp,el2n --ipc 1,2 --repeat 2 s.yct -o many
	score lbpe,ssp --ipc 1 --seed 1 many -o less
	[ "$(names less | tr ' ' '\n' | sort | paste -sd ' ')" = "score.el2n score.el2n.2 score.lbpe score.ssp-1 score.ssp-balance-1" ]
	refused 1 "no column 'score.lbpe.2'" yc-select yoco --run 2 --ipc 1 less -o none
}

@test "dynamics in half precision take half the space and give the scores in three digits" {
	score lbpe,aum --raw --save-dynamics full s.yct -o trained
	score lbpe,aum --raw --half --save-dynamics half s.yct -o out
	cmp trained out
	zstd -dqc half | grep -aq '"logp":{"dtype":"F16"'
	score lbpe,aum --dynamics half s.yct -o read
	for name in lbpe aum; do
		paste <(column score.$name trained) <(column score.$name read) | awk '
			{ d = $1 - $2; s = $1; if (d < 0) d = -d; if (s < 0) s = -s
			  if (d > 0) differs = 1
			  if (d > 2e-3 * (1 + s)) { print; bad = 1 } }
			END { exit !(NR == 28 && differs && !bad) }'
	done
	# The scored stream is the same, and so is its history.
	yc-score el2n --width 8 --epochs 6 --save-dynamics full s.yct -o trained
	yc-score el2n --width 8 --epochs 6 --half --save-dynamics half s.yct -o out
	cmp trained out
	run -2 --separate-stderr score lbpe --half s.yct
	[[ $stderr == *"--save-dynamics"* ]]
}

@test "dynamics of other images, or of too few epochs, are refused" {
	score lbpe --stop 3 --save-dynamics dyn s.yct -o out
	"$YC_ROOT/tests/make/condensed.py" labels=0,1,0,2,2,1,1 >other.yct
	run -1 --separate-stderr score lbpe --stop 3 --dynamics dyn other.yct
	[[ $stderr == *"dynamics of other images: label of image "* ]]
	"$YC_ROOT/tests/make/condensed.py" labels=0,1,0,2,2,1 >other.yct
	run -1 --separate-stderr score lbpe --stop 3 --dynamics dyn other.yct
	[[ $stderr == *"dyn: record 1: "* ]]
	run -1 --separate-stderr score lbpe --stop 4 --dynamics dyn s.yct
	[[ $stderr == *"3 epochs, but the scores need 4"* ]]
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
	grep -aq 'net\\":\\"convnet\\"' out
	grep -aq '\\"kernel\\":\\"' out
}

@test "images of more than 64 pixels per side get the transforms of photographs as well" {
	for side in 64 80; do
		"$YC_ROOT/tests/make/condensed.py" side=$side factor=1 >s.yct
		yc-score lbpe --width 2 --epochs 1 s.yct | yc-info | grep -o 'aug=[^ ]*'
	done >augs
	printf 'aug=%s\n' color_crop_flip_scale_rotate imagenet_color_crop_flip_scale_rotate >want
	cmp augs want
}

@test "a kept network is where another run starts" {
	score el2n --early 2 --save-net net s.yct -o cold
	score el2n --early 2 --init-net net s.yct -o warm
	run -1 cmp -s cold warm
	run -1 --separate-stderr score el2n --width 4 --init-net net s.yct
	[[ $stderr == "yc-score: net: tensor "* ]]
	yc-eval --epochs 0 --width 8 --init-net net --test s.yct
}

# entropy FILE: that of s.yct by the network in FILE
entropy() {
	yc-score entropy --epochs 0 --width 8 --init-net "$1" --raw s.yct |
		made.py --rows score.entropy
}

@test "a network of any precision, from safetensors or from torch.save" {
	score el2n --save-net net s.yct -o trained
	entropy net >want
	for form in safetensors zip legacy; do
		for dtype in f4 f8 f2 bf; do
			net.py $form $dtype net other
			entropy other >$form.$dtype
		done
		cmp want $form.f4
		cmp want $form.f8
		made.py --close 1e-3 want $form.f2
		made.py --close 1e-2 want $form.bf
		run -1 cmp -s want $form.f2
		run -1 cmp -s $form.bf $form.f2
	done
	cmp zip.f2 safetensors.f2
	cmp legacy.bf safetensors.bf
	# as an entry of a checkpoint, trained on several devices
	for home in state_dict model_state_dict model net; do
		net.py zip f4 net other home=$home prefix=module.
		entropy other | cmp want -
	done
	net.py zip f4 net other home=weights
	run -1 --separate-stderr yc-score entropy --epochs 0 --init-net other s.yct -o none
	assert_equal "$stderr" "yc-score: other: no state_dict in it: a dict of tensors by name"
	head -c 700 other >"cut"
	run -1 --separate-stderr yc-score entropy --epochs 0 --init-net cut s.yct -o none
	[[ $stderr == "yc-score: cut: "* ]]
}

@test "a network without sound numbers is an error, and no score is nan" {
	score el2n --save-net net s.yct -o trained
	for form in safetensors zip; do
		for fill in nan inf; do
			net.py $form f4 net bad fill=$fill
			for tool in "yc-score entropy" "yc-eval -r 1 --test s.yct"; do
				run -1 --separate-stderr $tool --epochs 0 --width 8 --init-net bad s.yct
				[[ $stderr == "${tool%% *}: bad: tensor 'layers.conv.0.weight' has a value that is not finite"* ]]
				[ -z "$output" ]
			done
		done
	done
	# finite weights whose outputs are not
	net.py safetensors f4 net bad fill=3e38
	for tool in "yc-score entropy" "yc-score ssp --ipc 1" "yc-eval -r 1 --test s.yct"; do
		run -1 --separate-stderr $tool --epochs 0 --width 8 --init-net bad s.yct
		[[ $stderr == "${tool%% *}: "*"image 0: the output of the network is not finite"* ]] || fail "$stderr"
		[ -z "$output" ]
	done
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

@test "wrong usage is reported in one line" {
	run -2 --separate-stderr score nothing s.yct
	[[ $stderr == *lbpe*el2n* ]]
	refused 2 "'el2n' is given twice" score el2n,el2n s.yct
	run -2 --separate-stderr score el2n --epochs 0 s.yct
	[[ $stderr == "yc-score: "*epoch* ]]
	refused 2 "--dynamics trains nothing: " score el2n --dynamics x --save-net y s.yct
	refused 2 "unknown option '--top'" score el2n --top 3 s.yct
	refused 2 "no score needs the network of --init-net" score el2n --dynamics x --init-net y s.yct
	refused 2 "--dynamics trains nothing: " score el2n --dynamics x --repeat 2 s.yct
	refused 2 "--save-dynamics saves one training" score el2n --save-dynamics x --repeat 2 s.yct
	refused 2 "--save-dynamics saves one training" score entropy --save-dynamics x --epochs 0 --init-net y s.yct
	run -2 --separate-stderr score entropy --dynamics x s.yct
	[[ $stderr == *"--init-net is missing" ]]
	run -2 --separate-stderr score entropy --epochs 0 s.yct
	[[ $stderr == *"--init-net names the trained network" ]]
	run -2 --separate-stderr score lbpe --aug blur s.yct
	[[ $stderr == *blur* ]]
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "names of rules lead to what their users want" {
	for name in ccs random yoco accumulated_margin; do
		run -2 yc-score "$name" s.yct
		assert_output --regexp "^yc-score: '$name' is not a score: .*(yc-|aum)"
	done
}

@test "files written beside the output replace neither input nor output" {
	cp s.yct before
	for option in --save-dynamics --save-net; do
		run -2 score el2n s.yct "$option=s.yct" -o out
		assert_output "yc-score: s.yct is both input and $option"
		refused 2 "./out is the output twice: -o and $option" score el2n s.yct "$option=./out" -o out
		refused 2 "$option: standard output is taken" score el2n s.yct "$option=-" -o out
		refused 1 "$option no/such/folder: there is no folder" score el2n s.yct "$option=no/such/folder" -o out
	done
	refused 2 "same is both --save-dynamics and --save-net" score el2n s.yct --save-net=same --save-dynamics=same -o out
	ln s.yct link
	refused 2 "link is both input and --save-net" score el2n s.yct --save-net=link -o out
	assert_not_exists out
	cmp s.yct before
}

@test "help says what every score needs" {
	run -0 yc-score --help
	assert_output --partial "lbpe         dynamics, early epochs, labels"
	assert_output --partial "entropy      trained network, all epochs"
	assert_output --partial "ccs uses el2n and random none"
}

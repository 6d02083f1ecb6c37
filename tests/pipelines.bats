#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

# All tests share the sets, scores and cells of one folder as far as they can.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	small_set
	yc-load demo --split test --test-images 10 -o test.yct
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	out=$BATS_TEST_TMPDIR/out
}

# table N [ARGUMENT]...: a small one, from a set that is there.
table() {
	make -f "$YC_ROOT/pipelines/table$1.mk" OUT="$out" TEST=test.yct COND=set.yct "${@:2}"
}

# What the first table needs at least.
quick=(SEEDS=1 REPEAT=1 EPOCHS=1 SCORE_EPOCHS=1 IPC_T=1 WHOLE=no "RULES=random yoco")

# Cells, scores and sets that a make of table 1 makes.
makes() {
	table 1 V=1 "$@" >"$BATS_TEST_TMPDIR/made" || {
		echo failed
		return 1
	}
	grep -o 'yc-condense idc\|yc-score [a-z]*\|yc-eval' "$BATS_TEST_TMPDIR/made" | sort | uniq -c |
		awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 ($3 ? " " $3 : "") }'
}

@test "a table of the demo pictures takes seconds, and is a TSV, Markdown and a picture" {
	run -0 make -f "$YC_ROOT/pipelines/table1.mk" BUDGET=smoke DATA=demo OUT="$out" SEEDS=1 -j2
	[ "$(ls "$out"/table1*)" = "$out/table1-ipc10.svg
$out/table1-tests.tsv
$out/table1.md
$out/table1.tsv" ]
	# 3 sizes x (8 rules + random on DREAM) and the whole set, of 2 networks each
	[ "$(wc -l <"$out/table1.tsv")" = $((1 + 2 * (3 * 9 + 1))) ]
	[ "$(awk -F'\t' '{ print NF }' "$out/table1.tsv" | sort -u)" = 13 ]
	[ "$(awk -F'\t' 'NR > 1 { print $1, $13 }' "$out/table1.tsv" | sort -u)" = "demo 2" ]
	grep -q '^| condensed by | images per class | pruned to | random | ssp | entropy (hard) | aum (hard) |' "$out/table1.md"
	grep -q '^| IDC | 10 | 5 | [0-9.]* ± [0-9.]* ([0-9.]*) |' "$out/table1.md"
	grep -q '^| DREAM | 10 | 1 | [0-9.]* ± [0-9.]* ([0-9.]*) | – |' "$out/table1.md"
	grep -q '^Whole set, IDC, 10 images per class, ConvNet: ' "$out/table1.md"
	# The picture has the same names.
	for name in 'random (DREAM)' 'whole set' yoco ccs 'aum (hard)'; do
		grep -q ">$name</text>" "$out/table1-ipc10.svg"
	done
	grep -q '>Pruning rules: the demo pictures, condensed by IDC to 10 images per class<' "$out/table1-ipc10.svg"
	grep -q '>Bars and bands: mean ± standard deviation of 2 networks.<' "$out/table1-ipc10.svg"
	# the results are shown
	[[ $output == *"| IDC | 10 | 1 |"* ]]
}

@test "the second make makes nothing, and a removed cell comes back alone" {
	[ "$(makes "${quick[@]}")" = "2 yc-eval, 1 yc-score lbpe" ]
	cp "$out/table1.tsv" before.tsv
	[ -z "$(makes "${quick[@]}")" ]
	rm "$out/cells/idc/3/1/random/convnet/1.tsv"
	[ "$(makes "${quick[@]}")" = "1 yc-eval" ]
	cmp before.tsv "$out/table1.tsv"
}

@test "a changed setting makes what depends on it, and nothing else" {
	makes "${quick[@]}" >/dev/null
	[ "$(makes "${quick[@]}" EPOCHS=2)" = "2 yc-eval" ]
	[ "$(makes "${quick[@]}" EPOCHS=2 SCORE_EPOCHS=2)" = "1 yc-eval, 1 yc-score lbpe" ]
	[ "$(makes "${quick[@]}" EPOCHS=2 SCORE_EPOCHS=2 IPC_T='1 2')" = "2 yc-eval" ]
	[ "$(makes "${quick[@]}" EPOCHS=2 SCORE_EPOCHS=2 SEEDS=2)" = "2 yc-eval, 1 yc-score lbpe" ]
	[ -z "$(makes "${quick[@]}" EPOCHS=2 SCORE_EPOCHS=2)" ]
	touch set.yct
	[ "$(makes "${quick[@]}" EPOCHS=2 SCORE_EPOCHS=2)" = "2 yc-eval, 1 yc-score lbpe" ]
	# The published sizes are always scored for, so another choice of them needs no new scores.
	[ "$(makes "${quick[@]}" RULES=ssp)" = "1 yc-eval, 1 yc-score aum" ]
	[ "$(makes "${quick[@]}" RULES=ssp IPC_T='1 2')" = "1 yc-eval" ]
}

@test "yc-score learns from the tables who condensed a set" {
	sets=()
	for condenser in IDC DREAM MTT DSA KIP; do
		sets+=("COND_$condenser=set.yct")
	done
	for n in 2 4; do
		make -n -f "$YC_ROOT/pipelines/table$n.mk" V=1 OUT="$out" DATA=cifar10 TRAIN=train.yct TEST=test.yct \
			IPC_T=1 SEEDS=1 CONDENSE= "${sets[@]}" | grep 'yc-score lbpe' |
			sed -E 's/.*(yc-score) lbpe.* (--condenser [a-z]+) .* -o .*scores(.*)early.*/\1 \2 \3/' | LC_ALL=C sort
	done >scores
	# Sets that are named are in every table.
	for n in 2 4; do
		for condenser in dream dsa idc kip mtt; do echo "yc-score --condenser $condenser /$condenser/3/"; done
	done | diff scores -
	# or those that are asked for; of others there is no way that was published
	run -0 make -n -f "$YC_ROOT/pipelines/table1.mk" V=1 OUT="$out" TEST=test.yct IPC_T=1 SEEDS=1 CONDENSE= RULES=yoco \
		COND_IDC=set.yct COND_DC=set.yct CONDENSERS=dc WHOLE=no
	assert_output --partial "-o $out/scores/dc/3/early-1.yct"
	refute_output --partial scores/idc
	refute_output --partial --condenser
	# the labels of KIP are no probabilities
	make -n -f "$YC_ROOT/pipelines/table2.mk" V=1 OUT="$out" DATA=cifar10 TRAIN=train.yct TEST=test.yct \
		IPC_T=1 SEEDS=1 CONDENSE= "${sets[@]}" |
		sed ':a;/\\$/{N;s/\\\n//;ta}' | grep -E 'yc-(score|eval) ' >all
	grep -- --hard-labels all >hard
	grep -q 'yc-score lbpe' hard
	grep -q yc-eval hard
	same "grep -c /kip/3/ all" "grep -c /kip/3/ hard"
	same "grep -c /kip/3/ hard" "wc -l <hard"
}

@test "plan says what is left and changes nothing" {
	local mine="the demo pictures" # as set.yct says
	table 1 "${quick[@]}" >/dev/null
	run -0 table 1 "${quick[@]}" plan
	[ "${lines[0]}" = "table1, $mine, BUDGET=smoke: 2 cells, 2 done" ]
	run -0 table 1 "${quick[@]}" plan SEEDS=3 REPEAT=2
	[ "${lines[0]}" = "table1, $mine, BUDGET=smoke: 6 cells, 0 done" ]
	[[ $output == *"networks to train: 12, epochs: 12"* ]]
	[[ ${lines[3]} =~ ^about\ [0-9.]+\ [a-z]+,\ measured$ ]] # other settings: no cell is done
	rm "$out/cells/idc/3/1/random/convnet/1.tsv"
	run -0 table 1 "${quick[@]}" plan
	[ "${lines[0]}" = "table1, $mine, BUDGET=smoke: 2 cells, 1 done" ]
	[[ $output == *"networks to train: 1, epochs: 1"* ]]
	[ "$(makes "${quick[@]}")" = "1 yc-eval" ]
}

@test "plan and the count of cells say what make will do, whatever changed" {
	local grid=(SEEDS=1 REPEAT=1 EPOCHS=1 SCORE_EPOCHS=1 "IPC_T=1 2" WHOLE=no "RULES=random yoco")
	# plan_of [SETTING]...: cells done; scores and networks to do
	plan_of() {
		table 1 "${grid[@]}" "$@" plan | grep -o '[0-9]* done\|scores: [0-9]*\|train: [0-9]*' | paste -sd ' '
	}
	cp set.yct again.yct
	table 1 "${grid[@]}" >/dev/null
	[ "$(plan_of)" = "4 done scores: 0 train: 0" ]
	[ "$(plan_of SCORE_EPOCHS=2)" = "2 done scores: 1 train: 2" ]
	[ "$(plan_of COND=again.yct)" = "0 done scores: 1 train: 4" ]
	[ "$(plan_of TEST="$BATS_FILE_TMPDIR/test.yct")" = "0 done scores: 0 train: 4" ]
	[ "$(plan_of)" = "4 done scores: 0 train: 0" ]
	run -0 table 1 "${grid[@]}" SCORE_EPOCHS=2
	[ "$(grep -o '^\[.*\]' <<<"$output" | paste -sd ' ')" = "[3/4] [4/4]" ]
	run -0 table 1 "${grid[@]}" SCORE_EPOCHS=2 SEEDS=2
	[ "$(grep -o '^\[.*\]' <<<"$output" | paste -sd ' ')" = "[5/8] [6/8] [7/8] [8/8]" ]
}

@test "plan measures before there is a set or data, and says what condensing takes" {
	run -0 make -f "$YC_ROOT/pipelines/table1.mk" OUT="$out" more= SEEDS=1 REPEAT=1 "RULES=random yoco" plan
	[[ ${lines[1]} =~ ^set\ to\ condense:\ idc/10:\ [0-9.]+\ .*\ per\ outer\ iteration ]]
	[[ ${lines[4]} =~ ^about\ [0-9.]+\ [a-z]+,\ measured,\ without\ condensing$ ]]
	[ "$(find "$out" -name '*.yct')" = "" ]
}

@test "a plan is the sum of what is to be trained, by network, at a pace by network" {
	# A step of the pace: 2 s for convnet, 3 s for densenet; the set has 10 images per class.
	printf '%s\n' out/cells/idc/10/{1/yoco/convnet,5/yoco/convnet,1/yoco/densenet}/1.tsv >list
	(cat list && echo out/scores/idc/10/early-1.yct && echo out/scores/idc/10/full-1.yct) >todo
	plan() {
		awk -v list=list -v repeat=2 -v epochs=200 -v score_epochs=300 -v scorer=convnet -v parallel=2 -v title=T \
			-v load='echo >&2' -v tiles=4 -f "$YC_ROOT/pipelines/plan.awk" \
			-v pace='cat >/dev/null; case %s in densenet) echo 3 ;; *) echo 2 ;; esac; : %d' "$@" 2>asked
	}
	# (6 * 2 + 1 * 3) * 2 networks * 200 epochs, 10 * 2 * 100 for early scores, 10 * 2 * 300 for full ones
	[ "$(plan <todo | tail -n 1)" = "about 3.9 hours, measured" ]
	[ "$(cat asked)" = "-q --per-class 20
-q --per-class 20" ]
	# With steps the size does not matter.
	[ "$(plan -v steps=100 <todo | tail -n 1)" = "about 23 minutes, measured, without scores" ]
	# Cells that are done say it themselves: 2 networks of 40 s at a time, 200 epochs of 1 image.
	mkdir -p out/cells/idc/10/1/yoco/convnet
	printf '%s\t1\t1\t40\t1\t200\t40\n' 1 2 >out/cells/idc/10/1/yoco/convnet/1.tsv
	[ "$(sed 1d todo | grep 'cells/.*convnet' | plan | tail -n 1)" = "about 3 minutes at the speed so far" ]
}

@test "own data: a stream and its test, named after its folder" {
	mkdir -p flowers
	cp train.yct test.yct flowers
	own=(make -f "$YC_ROOT/pipelines/table1.mk" DATA=flowers/train.yct COND=set.yct "${quick[@]}")
	run -0 "${own[@]}" TEST=flowers/test.yct
	[[ ${lines[*]} == *"# Pruning rules: flowers "* ]]
	[ "$(ls runs)" = flowers-smoke ]
	[ "$(cut -f1 runs/flowers-smoke/table1.tsv | sort -u | paste -sd' ')" = "dataset flowers" ]
	grep -q '>Pruning rules: flowers, condensed by IDC to 3 images per class<' runs/flowers-smoke/table1-ipc3.svg
	run -2 "${own[@]}"
	[[ $output == *"DATA=flowers/train.yct: the images to test on are missing, TEST=FILE.yct"* ]]
	# A file of another name has that; and a set without DATA its own.
	cp train.yct flowers/roses.yct
	run -0 make -f "$YC_ROOT/pipelines/table1.mk" DATA=flowers/roses.yct TEST=test.yct COND=set.yct "${quick[@]}" plan
	[ "${lines[0]}" = "table1, roses, BUDGET=smoke: 2 cells, 0 done" ]
	rm -r runs
}

@test "own data: a folder of pictures, of any side" {
	for split in train val; do
		for class in rose tulip; do
			echo "lawn/$split/$class/1.png:32x32" "lawn/$split/$class/2.png:32x32:9,9,9"
		done
	done | xargs python3 "$YC_ROOT/tests/make/pictures.py"
	lawn=(make -s -f "$YC_ROOT/pipelines/table1.mk" COND=set.yct OUT="$out" --eval 'show: ; @echo "$(NETS) $(name) $(whose)"')
	[ "$("${lawn[@]}" DATA=lawn/ LOAD_OPTS='--side 224' show)" = "resnet10ap lawn lawn" ]
	[ "$("${lawn[@]}" DATA=lawn LOAD_OPTS='--side 32' show)" = "convnet lawn lawn" ]
	# For want of a test, val; files of an archive are the same.
	tar -cf meadow.tar.gz -z lawn
	for from in lawn meadow.tar.gz; do
		"${lawn[@]}" DATA=$from LOAD_OPTS='--side 32' "$out/data/train.yct" "$out/data/test.yct"
		yc-info "$out/data/test.yct" >info
		grep -q 'rose' info
		[ "$(yc-info --json "$out/data/test.yct" | grep -o '"yc.source":"[^"]*"')" = '"yc.source":"folder val"' ]
	done
	rm -r lawn/val
	run -2 "${lawn[@]}" DATA=lawn LOAD_OPTS='--side 32' "$out/data/test.yct"
	[[ $output == *"no folder 'val'"* ]]
	run -2 "${lawn[@]}" DATA=nowhere show
	[[ $output == *"DATA=nowhere: one of demo cifar10 cifar100 imagenet10 imagenette, or a stream, folder or archive that is there"* ]]
}

@test "killed in the middle, it goes on, to the same bytes for any -j" {
	grid=(SEEDS=2 REPEAT=2 EPOCHS=2 "IPC_T=1 2" "RULES=random el2n yoco")
	table 1 "${grid[@]}" -j2 >/dev/null
	mv "$out" two
	for cells in 2 5; do
		setsid make -f "$YC_ROOT/pipelines/table1.mk" OUT="$out" TEST=test.yct COND=set.yct \
			"${grid[@]}" >log 2>&1 3>&- &
		while [ "$(find "$out/cells" -name '*.tsv' 2>/dev/null | wc -l)" -lt $cells ]; do
			kill -0 $! || fail "$(cat log)"
		done
		kill -9 -- -$!
		wait $! || true
		[ ! -e "$out/table1.tsv" ]
	done
	table 1 "${grid[@]}" >/dev/null
	cmp two/table1.tsv "$out/table1.tsv"
	cmp two/table1.md "$out/table1.md"
	cmp two/table1-ipc3.svg "$out/table1-ipc3.svg"
	# Half-written files of the killed are under other names.
	find "$out/cells" -name '*.tsv' | sort >have
	find two/cells -name '*.tsv' | sed "s|^two|$out|" | sort | diff - have
}

@test "condensing goes on where it was stopped" {
	condense=(make -f "$YC_ROOT/pipelines/table1.mk" OUT="$out" TRAIN=train.yct TEST=test.yct more= sets
		IPC_F=2 IPC_T=1 CONDENSE_OPTS=--outer=4)
	"${condense[@]}"
	mv "$out" whole
	# A stop on the way leaves a checkpoint and no set.
	setsid "${condense[@]}" >log 2>&1 3>&- &
	while ! ls "$out"/sets/idc/*.ck >/dev/null 2>&1; do kill -0 $! || fail "$(cat log)"; done
	kill -9 -- -$!
	wait $! || true
	assert_file_not_exists "$out/sets/idc/2.yct"
	"${condense[@]}"
	same 'yc-info --digest "$out/sets/idc/2.yct"' 'yc-info --digest whole/sets/idc/2.yct'
	# But for a temporary file, if it was killed while it wrote one.
	[ "$(ls --hide='*.tmp' "$out/sets/idc")" = 2.yct ]
}

@test "sets of other condensers come from files, and rows without one are left out and said so" {
	run -0 make -f "$YC_ROOT/pipelines/table2.mk" OUT="$out" TEST=test.yct COND_IDC=set.yct COND_MTT=set.yct \
		CONDENSE= SEEDS=1 REPEAT=1 EPOCHS=1 SCORE_EPOCHS=1
	grep -q '^| IDC | [0-9]' "$out/table2.md"
	grep -q '^| MTT | [0-9]' "$out/table2.md"
	[ "$(tail -n 1 "$out/table2.md")" = "Left out, for want of a set: DREAM KIP." ]
	grep -q '^| condensed by | random | random (balanced) | yoco (imbalanced) | yoco |' "$out/table2.md"
	grep -q '>random (balanced)</text>' "$out/table2.svg"
	grep -q '>MTT</text>' "$out/table2.svg"
	# the same set under two names scores the same
	same 'grep "^| IDC" "$out/table2.md" | cut -d"|" -f3-' 'grep "^| MTT" "$out/table2.md" | cut -d"|" -f3-'
}

@test "every condenser of yc-condense has a place in the tables and a name and colour in pictures" {
	known=$(make -s -f "$YC_ROOT/pipelines/table1.mk" COND=set.yct --eval 'show: ; @echo $(condenser-names)' show)
	yc-condense -h | sed -n '/^Methods/,/^$/s/^  \([a-z]*\) .*/\1/p' >methods
	grep -qx dsa methods
	while read -r name; do
		[[ " $known " == *" $name "* ]] || fail "condensers.mk does not know $name"
		grep -q "{\"$name\", [A-Z]*, [A-Z]*}" "$YC_ROOT/lib/plot/plot_style.c" || fail "plot_style.c: $name"
	done <methods
	# What a budget sets is for those that have such an option: of one iteration --outer is the whole for
	# idc, and a part for dc.
	show() { make -s -f "$YC_ROOT/pipelines/table1.mk" COND=set.yct "$@" --eval 'show: ; @printf "%s\n" $(foreach c,idc dm dc,"$(call condense-options,$c)")' show; }
	diff - <(show BUDGET=smoke) <<-'END'
		--outer 1 --inner 1 --early 0 --n-data 64 --n-real 8 --width 4
		--iterations 1 --n-real 8 --width 4
		--outer 1 --inner 1 --iterations 1 --n-real 8 --width 4
	END
	diff - <(show BUDGET=hour DATA=cifar10 SOURCE=set.yct CONDENSE_OPTS=--factor=1 CONDENSE_OPTS_DM='--time-limit 9m') <<-'END'
		--outer 2 --factor=1
		--iterations 300 --factor=1 --time-limit 9m
		--iterations 3 --factor=1
	END
}

# means TABLE: it, without the comparison of rules
means() {
	sed '/^Difference from the best/,$d' "$out/$1.md"
}

@test "condensers of which there is no set run, each with its options, and are rows" {
	few=(-f "$YC_ROOT/pipelines/table4.mk" OUT="$out" TRAIN=train.yct TEST=test.yct IPC_F=2 SEEDS=1 REPEAT=1 EPOCHS=1
		SCORE_EPOCHS=1 "RULES=random yoco" "CONDENSERS=dsa dm")
	run -0 make "${few[@]}" CONDENSE_OPTS_DM=--n-real=9
	grep -q '^| DSA | [0-9]' "$out/table4.md"
	grep -q '^| DM | [0-9]' "$out/table4.md"
	[ "$(means table4 | grep -c '^| [A-Z]* |')" = 2 ]
	grep -q '>DM</text>' "$out/table4.svg"
	yc-info "$out/sets/dm/2.yct" >info
	grep -q 'yc-condense dm ipc=2 .* iterations=1 n-real=9 ' info
	# A setting of one makes its set and its cells again, and no other.
	run -0 make -n V=1 "${few[@]}" CONDENSE_OPTS_DM=--n-real=8
	assert_output --partial "yc-condense dm "
	refute_output --partial "yc-condense dsa "
	refute_output --partial /cells/dsa/
	run -0 make "${few[@]}" CONDENSE_OPTS_DM=--n-real=8 plan
	[[ ${lines[1]} =~ ^set\ to\ condense:\ dm/2:\ [0-9.]+\ .*\ per\ iteration ]]
	run -2 make "${few[@]}" CONDENSERS=dsm
	[[ $output == *"CONDENSERS, CONDENSE: dsm is none of idc "* ]]
}

@test "condensers see images whitened in the way of their authors where that is asked for" {
	few=(-f "$YC_ROOT/pipelines/table4.mk" OUT="$out" TRAIN=train.yct TEST=test.yct IPC_F=2 SEEDS=1 REPEAT=1 EPOCHS=1
		SCORE_EPOCHS=1 RULES=random "CONDENSERS=kip dm" "CONDENSE_OPTS_KIP=--kernel fc1 --iterations 1")
	make -s "${few[@]}" WHITEN=kip
	grep -q '^| KIP | [0-9]' "$out/table4.md"
	yc-whiten -q kip train.yct | yc-condense kip -q --ipc 2 --kernel fc1 --iterations 1 --n-real 8 -o want.yct
	cmp "$out/sets/kip/2.yct" want.yct
	run -1 grep -q yc-whiten <(yc-info "$out/sets/dm/2.yct")
	# Another setting makes the set again, and that alone.
	run -0 make -n V=1 "${few[@]}"
	assert_output --partial "yc-condense kip "
	refute_output --partial yc-whiten
	refute_output --partial "yc-condense dm "
	run -2 make "${few[@]}" WHITEN=dm
	assert_output --partial "WHITEN: dm is none of mtt kip"
	curve=(-s -f "$YC_ROOT/pipelines/curve.mk" OUT=curve METHODS=kip EPOCHS=1 "CONDENSE_OPTS=--kernel fc1" ITERATIONS=1)
	make "${curve[@]}" WHITEN=kip
	grep -q 'yc-whiten kip' <(yc-info curve/kip/1.yct)
	awk 'NR == 2 && $3 > 0 { seen = 1 } END { exit !seen }' curve/curve.tsv
	grep -qx '[0-9.]* [0-9.]*' curve/kip/1.seconds
}

@test "tables 3 to 5 have their rows and columns" {
	tiny=(SEEDS=1 REPEAT=1 EPOCHS=1 SCORE_EPOCHS=1)
	table 3 "${tiny[@]}" EVAL_OPTS= NETS='convnet resnet10ap'
	[ "$(means table3 | sed -n 's/^| \(ConvNet\|ResNet10-AP\) |.*/\1/p' | paste -sd' ')" = "ConvNet ResNet10-AP" ]
	[ "$(grep -c . <(means table3 | grep -o '^| network.*' | tr '|' '\n' | grep '[a-z]'))" = 8 ]
	table 4 "${tiny[@]}"
	grep -q '| aum (hard) | aum (easy) | forgetting (hard) | forgetting (easy) | el2n (hard) | el2n (easy) | yoco |' \
		"$out/table4.md"
	table 5 "${tiny[@]}" IPC_T='1 2'
	grep -q '^| rule | 1 | 2 |' "$out/table5.md"
	grep -q '^# Balanced or not: the demo pictures$' "$out/table5.md"
	[ "$(means table5 | grep -c 'balanced) |')" = 14 ]
	grep -q '^| aum (hard, imbalanced) |' "$out/table5.md"
}

@test "table 6: what is noisy before condensing and before scoring is a set of its own" {
	noisy=(-f "$YC_ROOT/pipelines/table6.mk" OUT="$out" TRAIN=train.yct TEST=test.yct IPC_F=2 IPC_T=1 SEEDS=2 REPEAT=1
		EPOCHS=1 SCORE_EPOCHS=2 WHOLE=no "RULES=random yoco small-loss_balance lbpe-aum-max"
		"NOISE=none labels-20 corrupt-3 set-labels-25")
	run -0 make "${noisy[@]}" plan
	assert_line --regexp '^table6, .*: 32 cells, 0 done$'
	assert_line "trainings for scores: 8"
	assert_line --regexp '^set to condense: idc.labels-20/2: '
	[ "$(for stage in data trains sets noisy scores cells; do make "${noisy[@]}" count STAGE=$stage; done | xargs)" = "2 2 3 2 8 32" ]
	make -j2 "${noisy[@]}" >/dev/null
	diff - <(cut -f 2 "$out/table6.tsv" | sort | uniq -c | awk '{ print $1, $2 }') <<-'END'
		1 condenser
		8 idc
		8 idc+corrupt-3
		8 idc+labels-20
		8 idc+set-labels-25
	END
	for row in 'IDC' 'IDC, 20 % wrong labels' 'IDC, corrupted, severity 3' 'IDC, 25 % wrong labels in the set'; do
		grep -q "^| $row | [0-9]" "$out/table6.md"
		grep -q ">$row</text>" "$out/table6.svg"
	done
	grep -q '| random | yoco | small-loss (balanced) | lbpe and aum (highest rank) |' "$out/table6.md"
	# 80 tiles, other ones for every seed, and what was scored is what was noisy
	for seed in 1 2; do
		yc-info "$out/noisy/idc+set-labels-25/2-$seed.yct" | grep -qx 'noise     20 of 80 labels are not those of label.true'
		same "yc-info --tsv '$out/noisy/idc+set-labels-25/2-$seed.yct' | cut -f 2" \
			"yc-info --tsv '$out/scores/idc+set-labels-25/2/all-$seed.yct' | cut -f 2"
	done
	differ "yc-info --tsv '$out/noisy/idc+set-labels-25/2-1.yct'" "yc-info --tsv '$out/noisy/idc+set-labels-25/2-2.yct'"
	# and how well each score told them
	yc-info --tsv "$out/scores/idc+set-labels-25/2/all-2.yct" | awk -f "$YC_ROOT/pipelines/auc.awk" |
		awk 'NR > 1 { print "demo\tidc+set-labels-25\t2\t2\t" $0 }' >auc
	[ "$(wc -l <auc)" = 6 ]
	grep -P '\t2\t2\t' "$out/table6-auc.tsv" | diff - auc
	[ "$(wc -l <"$out/table6-auc.tsv")" = 13 ]
	# What a set was condensed from, its history says; its test images are clean.
	yc-info "$out/data/train+labels-20.yct" | grep -qx 'noise     80 of 400 labels are not those of label.true'
	yc-info "$out/sets/idc+labels-20/2.yct" >info
	grep -q 'yc-load stream .*label-noise=0.2' info
	yc-info "$out/sets/idc+corrupt-3/2.yct" >info
	grep -q 'yc-augment gaussian-noise .*severity=3' info
	run -1 grep -q 'yc-load stream\|yc-augment' <(yc-info "$out/sets/idc/2.yct")
	# Settings make what depends on them.
	run -0 make -n V=1 "${noisy[@]}" CORRUPTION=jpeg
	assert_output --partial "yc-augment jpeg --severity 3"
	assert_output --partial "/sets/idc+corrupt-3/2.yct"
	refute_output --partial "cells/idc+labels-20"
	refute_output --partial "cells/idc+set-labels-25"
	run -0 make -n V=1 "${noisy[@]}" 'rule-lbpe-aum-max=yoco --score aum'
	assert_output --partial "yc-select yoco --score aum --ipc 1"
	refute_output --partial yc-score
	refute_output --partial "yc-select random"
}

@test "the area under the curve is that of pairs, and high is easy for margins" {
	# Wrong: 2 and 4. Pairs (wrong, right) of mine: 2>1, 2<3, 2=2; 5>1, 5>3, 5>2: 4.5 of 6; of aum the other way.
	printf '%s\t%s\t%s\t%s\t%s\n' label label.true score.mine score.aum score.ssp-1 0 0 1 1 0 0 1 2 2 0 1 1 3 3 0 1 0 5 5 0 1 1 2 2 0 >hand
	diff - <(awk -f "$YC_ROOT/pipelines/auc.awk" hand) <<-'END'
		score	auc
		mine	0.7500
		aum	0.2500
	END
	run -1 awk -f "$YC_ROOT/pipelines/auc.awk" <(cut -f 1,3 hand)
	assert_output "auc.awk: no column label.true: yc-load --label-noise makes it"
	run -1 awk -f "$YC_ROOT/pipelines/auc.awk" <(sed 2q hand)
	assert_output "auc.awk: no label is wrong, or none is right"
}

@test "table 6 of a set that is given: wrong labels in it, and what needs another set is left out" {
	tiny=(SEEDS=1 REPEAT=1 EPOCHS=1 SCORE_EPOCHS=1 IPC_T=1 "RULES=yoco el2n_easy")
	run -0 table 6 "${tiny[@]}"
	[ "$(cut -f 2 "$out/table6.tsv" | sort -u | xargs)" = "condenser idc idc+set-labels-20 idc+set-labels-40" ]
	grep -qx 'Left out, for want of a set: IDC, 20 % wrong labels; IDC, 40 % wrong labels; IDC, corrupted, severity 3; IDC, corrupted, severity 5.' "$out/table6.md"
	grep -q '^Whole set, IDC, 40 % wrong labels in the set, 3 images per class, ConvNet: [0-9]' "$out/table6.md"
	# without noise the rules are those of table 1
	table 1 "${quick[@]}" RULES=yoco
	same 'grep "idc	3	1	yoco" "$out/table6.tsv"' 'grep "idc	3	1	yoco" "$out/table1.tsv"'
	run -2 table 6 "${tiny[@]}" NOISE=labels-20
	assert_output --partial "NOISE=labels-20: a set that is given is condensed already"
	for word in labels corrupt-6 labels-0 set-corrupt-1 labels-101; do
		run -2 table 6 "${tiny[@]}" NOISE=$word
		assert_output --partial "NOISE: $word is none of none labels-N corrupt-N set-labels-N"
	done
	# a rule of one's own finds the scores of all rules
	run -0 table 1 "${quick[@]}" RULES=mine 'rule-mine=aum_easy --score lbpe,aum'
	[ "$(awk 'NR == 2 { print $5 }' "$out/table1.tsv")" = mine ]
	run -2 table 1 "${quick[@]}" RULES=mine 'rule-mine=amu --score lbpe,aum'
	assert_output --partial "RULES: amu is no rule of yc-select"
}

@test "networks of several sizes or architectures are no point and no cell together" {
	table 2 SEEDS=1 REPEAT=1 EPOCHS=1 SCORE_EPOCHS=1 "RULES=random yoco" "IPC_T=1 2" "NETS=convnet densenet"
	grep -q '^# The two rules of YOCO: the demo pictures, pruned from 3 to 1, 2 images per class$' "$out/table2.md"
	grep -q '^| condensed by | pruned to | network | random | yoco |$' "$out/table2.md"
	grep -q '^| IDC | 2 | DenseNet | [0-9]' "$out/table2.md"
	for name in yoco 'yoco (2 per class)' 'yoco (DenseNet)' 'yoco (DenseNet, 2 per class)'; do
		grep -q ">$name</text>" "$out/table2.svg"
	done
	grep -q '>Hollow points: one network each, no deviation known.<' "$out/table2.svg"
}

@test "mean and both standard deviations follow the definition" {
	# Score seeds 1: 10, 20, 30 (mean 20, deviation sqrt(200/3) = 8.1650); 2: 40, 40, 40 (0).
	# Mean 30; deviation within, averaged: 4.0825; over all six: sqrt((400+100+0+3*100)/6) = 11.5470.
	awk -v OFS='\t' 'BEGIN {
		print "dataset", "condenser", "ipc_f", "ipc_t", "rule", "net", "score_seed", "repeat", "best", "last",
			"images", "bytes", "epochs"
		n = split("1 10 1 20 1 30 2 40 2 40 2 40", v, " ")
		for (i = 1; i < n; i += 2)
			print "demo", "idc", 10, 1, "yoco", "convnet", v[i], (i - 1) / 2 % 3 + 1, v[i + 1] + 1, v[i + 1], 40,
				4000, 9
		print "demo", "idc", 10, 10, "whole", "convnet", 1, 1, 50, 50, 400, 40000, 9
	}' >hand.tsv
	run -0 awk -v title=Title -v rows=condenser,ipc_t -v columns=rule -v note=Note \
		-f "$YC_ROOT/pipelines/names.awk" -f "$YC_ROOT/pipelines/table.awk" hand.tsv
	[ "${lines[0]}" = "# Title" ]
	[[ ${lines[1]} == *"after 9 epochs: "*"over networks (1 to 3), averaged over scorings or selections (1 to 2);"* ]]
	[ "${lines[2]}" = "| condensed by | pruned to | yoco |" ]
	[ "${lines[4]}" = "| IDC | 1 | 30.00 ± 4.08 (11.55) |" ]
	[ "${lines[5]}" = "Whole set, IDC, 10 images per class, ConvNet: 50.00 ± – (–)" ]
	[ "${lines[6]}" = "Scorings or selections, where fewer than 2: 1 of whole set, IDC, 10 images per class, ConvNet." ]
	[ "${lines[10]}" = "| IDC | 1 | 31.00 ± 4.08 (11.55) |" ]
	[ "${lines[12]}" = "Note" ]
	# Of samples: 10 in the first group, within 5; over all sqrt(800/5) = 12.6491.
	run -0 awk -v sample=1 -v title=Title -v rows=condenser,ipc_t -v columns=rule \
		-f "$YC_ROOT/pipelines/names.awk" -f "$YC_ROOT/pipelines/table.awk" hand.tsv
	[[ ${lines[1]} == *" mean ± sample standard deviation over "* ]]
	[ "${lines[4]}" = "| IDC | 1 | 30.00 ± 5.00 (12.65) |" ]
	[ "${lines[5]}" = "Whole set, IDC, 10 images per class, ConvNet: 50.00 ± – (–)" ]
}

@test "another deviation makes the table again and no cell, steps make cells" {
	more=("${quick[@]}" REPEAT=2)
	[ "$(makes "${more[@]}")" = "2 yc-eval, 1 yc-score lbpe" ]
	[ -z "$(makes "${more[@]}" DEVIATION=sample)" ]
	grep -q 'after 1 epochs: mean ± sample standard deviation' "$out/table1.md"
	grep -q '>Bars and bands: mean ± sample standard deviation of 2 networks.<\|>Hollow' "$out/table1-ipc3.svg"
	run -0 table 1 "${more[@]}" STEPS=3 plan
	[[ $output == *"networks to train: 4, steps: 12"* ]]
	[ "$(makes "${more[@]}" STEPS=3)" = "2 yc-eval" ]
	grep -q 'after 3 steps: mean ± standard deviation' "$out/table1.md"
	run -2 table 1 DEVIATION=none
	[[ $output == *"DEVIATION=none: one of population sample"* ]]
}

@test "side by side each tool has one thread, alone all processors" {
	show() { table 1 --eval 'show: ; @echo "threads $$YC_THREADS."' show "$@"; }
	[ "$(show -j2)" = "threads 1." ]
	[ "$(show)" = "threads ." ]
	[ "$(show -j2 THREADS=3)" = "threads 3." ]
}

@test "tools need not be on the PATH" {
	PATH=/usr/bin:/bin run -0 table 1 "${quick[@]}" YC_BIN="$YC_BIN"
	[[ $output == *"| IDC | 3 | 1 |"* ]]
}

@test "every Makefile uses the tools of YC_BIN, else of the PATH, else those that were built beside it" {
	mkdir -p "$BATS_TEST_TMPDIR/my own/build/release" "$BATS_TEST_TMPDIR/other bin"
	cd "$BATS_TEST_TMPDIR" || return
	cp -r "$YC_ROOT/pipelines" "my own"
	ln -s "$YC_BIN" "my own/build/release/bin"
	ln -s "$YC_BIN"/yc* "other bin"
	! PATH=/usr/bin:/bin command -v yc-eval || skip "tools in /usr/bin"
	# in_use PATH [ARGUMENT]...: what recipes, and make itself, run
	in_use() {
		PATH=$1:/usr/bin:/bin make -s -f "my own/pipelines/$name.mk" OUT=out "${@:2}" \
			--eval 'show: ; @command -v yc-eval; echo $(bin)' show
	}
	unset YC_BIN
	for file in "my own/pipelines"/{table?,curve,cost,squeeze,own-trainer,report}.mk; do
		name=$(basename "$file" .mk)
		[ "$(in_use /bin)" = "$PWD/my own/build/release/bin/yc-eval
$PWD/my own/build/release/bin/" ] || fail "$file: $(in_use /bin)"
		[ "$(in_use "$PWD/other bin")" = "$PWD/other bin/yc-eval" ] || fail "$file: $(in_use "$PWD/other bin")"
		[ "$(in_use "$PWD/my own/build/release/bin" YC_BIN="other bin")" = "$PWD/other bin/yc-eval
$PWD/other bin/" ] || fail "$file: $(in_use "$PWD/my own/build/release/bin" YC_BIN="other bin")"
	done
	[ ! -e out ]
}

@test "Slurm arrays give the same table" {
	grid=(SEEDS=2 REPEAT=1 EPOCHS=1 "IPC_T=1 2" "RULES=random yoco")
	table 1 "${grid[@]}" >/dev/null
	mv "$out" straight
	mkdir bin
	# Runs the tasks of a job when it is submitted, if the job that it waits for is done.
	cat >bin/sbatch <<-'END'
		#!/bin/bash
		set -eu
		while [ $# -gt 0 ]; do
			case $1 in
			--parsable | --requeue | --open-mode=append | --kill-on-invalid-dep=yes | --signal=B:USR1@120 | -c | 2) ;;
			--output=*/slurm/%x-%A_%a.log) ;;
			--job-name=*) name=${1#*=} ;;
			--array=1-*) n=${1#*-}; n=${n#*-}; n=${n##*-} ;;
			--dependency=afterok:*)
				waits=${1#*:}
				for id in ${waits//:/ }; do [ -e "job.$id" ] || exit 1; done ;;
			--wrap) task=$2; shift ;;
			*) exit 2 ;;
			esac
			shift
		done
		id=$(($(ls job.* 2>/dev/null | wc -l) + 100))
		for ((i = 1; i <= n; i++)); do
			SLURM_ARRAY_JOB_ID=$id SLURM_ARRAY_TASK_ID=$i SLURM_CPUS_PER_TASK=1 sh -c "$task" >>"log.$name" 2>&1
		done
		echo "$name ${waits:-none} $n" >"job.$id"
		echo "$id;cluster"
	END
	# A cluster that allows arrays of four tasks.
	printf '#!/bin/sh\necho "MaxArraySize            = 5"\n' >bin/scontrol
	chmod +x bin/sbatch bin/scontrol
	PATH=$PWD/bin:$PATH run -0 "$YC_ROOT/pipelines/slurm.sh" "$YC_ROOT/pipelines/table1.mk" OUT="$out" TEST=test.yct \
		COND=set.yct "${grid[@]}" -- -c 2
	cat job.* >jobs
	[ "$(cat jobs)" = "yc-data none 1
yc-scores 100 2
yc-cells 101 4
yc-cells 101 4
yc-cells 101 2
yc-table 102:103:104 1" ] || fail "$(cat jobs log.*)"
	cmp straight/table1.tsv "$out/table1.tsv"
	cmp straight/table1-ipc3.svg "$out/table1-ipc3.svg"
	# The last job had nothing left to do but the table.
	run -1 grep "^\[" log.yc-table
}

@test "the source of the data may have spaces in its path, results may not" {
	mkdir -p "two words"
	cifar.py cifar10 bin "two words/bin"
	make -f "$YC_ROOT/pipelines/table1.mk" OUT="$out" DATA=cifar10 BUDGET=full SOURCE="two words/bin" \
		"$out/data/test.yct"
	run -0 yc-info "$out/data/test.yct"
	assert_output --partial "10 classes, side 32"
	run -2 make -f "$YC_ROOT/pipelines/table1.mk" OUT="two words"
	assert_output --partial "OUT='two words': make needs names without spaces"
}

@test "wrong settings are told before anything runs" {
	run -2 table 1 DATA=mnist
	[[ $output == *"DATA=mnist: one of demo cifar10"*", or a stream, folder or archive that is there"* ]]
	run -2 table 1 BUDGET=day
	[[ $output == *"BUDGET=day: one of smoke hour full"* ]]
	run -2 table 1 COND=nowhere.yct
	[[ $output == *"nowhere.yct"* ]]
	run -2 table 1 IPC_T=3
	[[ $output == *"no condensed set that can be pruned to fewer images per class: idc/3 has 3, IPC_T is 3"* ]]
	run -2 table 1 "IPC_T=1 20"
	[[ $output == *"IPC_T: 20 is no size below that of a set: idc/3"* ]]
	for size in 0 x; do
		run -2 table 1 "IPC_T=1 $size"
		[[ $output == *"IPC_T: $size is no size below"* ]]
	done
	for twice in "IPC_T=1 1" "RULES=random yoco random" "NETS=convnet convnet" "NOISE=none none"; do
		run -2 table 1 "$twice"
		[[ $output == *"${twice%%=*}='${twice#*=}': one of these is there twice"* ]] || fail "$output"
	done
	run -2 table 1 EPOCS=7
	[[ $output == *"EPOCS: no such variable"* ]]
	run -2 table 1 "RULES=random yoko"
	[[ $output == *"RULES: yoko is no rule"* ]]
	run -2 table 1 "NETS=convnet lenet"
	[[ $output == *"NETS: lenet is no network"* ]]
	run -2 table 1 SEEDS=0
	[[ $output == *"SEEDS=0: "* ]]
	run -2 table 1 "COND=two words.yct"
	[[ $output == *"COND='two words.yct': make needs names without spaces"* ]]
	# Tiles that fill one image a class are a set of 1, however many rows they are.
	yc-select random --ipc 1 set.yct -o tiles.yct
	run -2 table 1 COND=tiles.yct
	[[ $output == *"no condensed set that can be pruned"* ]]
	[ ! -e "$out" ]
}

@test "a plan of what cannot work fails at once and says what to do" {
	cd "$BATS_TEST_TMPDIR" || return
	cp "$BATS_FILE_TMPDIR"/{train,test,set}.yct .
	echo PKnothing >broken.zip
	pictures.py photos/{rose,tulip}/1.png:32x32
	made.py yc.classes=2 yc.side=4 image=U8:4x3x4x4 label=I64:4:1,0,1,0 id=I64:4 >small.yct
	refuse() {
		run -2 timeout 10 make -f "$YC_ROOT/pipelines/table1.mk" OUT=out YC_DATA= "${@:2}" plan
		[[ $output == *"$1"* ]] && [ "${#lines[@]}" -eq 1 ] && [ ! -e out ] || fail "$output"
	}
	refuse "DATA=photos: the images to test on are missing: a folder test or val in it or TEST=FILE.yct" DATA=photos
	refuse "DATA=broken.zip: yc-load: broken.zip: neither a folder nor a tar or zip archive" DATA=broken.zip
	refuse "DATA=cifar100: its images are missing: SOURCE=PATH names" DATA=cifar100
	refuse "DATA=cifar100: no nowhere.tar: SOURCE=PATH names" DATA=cifar100 SOURCE=nowhere.tar
	refuse "TEST=small.yct has 2 classes of 3x4x4 but TRAIN=train.yct 10 classes of 3x32x32: both must" \
		DATA=train.yct TEST=small.yct
	refuse "TEST=small.yct has 2 classes of 3x4x4 but COND=set.yct" COND=set.yct TEST=small.yct
	refuse "COND=nowhere.yct: no such file" COND=nowhere.yct TEST=test.yct
	refuse "TEST=photos is a folder: yc-load folder photos -o FILE.yct" COND=set.yct TEST=photos
	refuse "TEST=broken.zip is no stream of labelled images: yc-load" DATA=train.yct TEST=broken.zip
	# What only the tools know ends the plan with their message.
	run -2 table 1 DATA=train.yct CONDENSE_OPTS=--outr=2 COND= plan
	[[ $output == *"unknown option '--outr'"*"plan: condensing by idc fails, as said above"* ]]
	run -2 table 1 EVAL_OPTS=--bogus=2 plan
	[[ $output == *"unknown option '--bogus'"*"plan: training convnet fails, as said above"* ]]
}

@test "data of one's own are not named after a folder that was not mentioned" {
	named() {
		make -s -f "$YC_ROOT/pipelines/table1.mk" COND=set.yct OUT="$out" x="$1" \
			--eval 'show: ; @echo "$(call data-name,$(x))"' show
	}
	[ "$(named ../train.yct) $(named train.yct) $(named ./images/)" = "train train images" ]
	[ "$(named roses/train.yct) $(named /a/roses/data) $(named ../roses.tar.gz)" = "roses roses roses" ]
	[ "$(named .)" = "${PWD##*/}" ]
}

@test "a table of a smoke test says that it is no result" {
	mkdir "$out"
	printf '%s\n' "dataset condenser ipc_f ipc_t rule net score_seed repeat best last images bytes epochs" \
		"demo idc 10 1 yoco convnet 1 1 11 11 40 4000 2" | tr ' ' '\t' >one.tsv
	run -0 awk -v title=T -v rows=condenser -v columns=rule -v smoke=1 -f "$YC_ROOT/pipelines/names.awk" \
		-f "$YC_ROOT/pipelines/table.awk" one.tsv
	assert_line --index 1 --partial "No result: BUDGET=smoke"
	for budget in smoke hour; do
		table 1 "${quick[@]}" BUDGET=$budget EVAL_OPTS="--width 4" SCORE_OPTS="--width 4" RULES=random >/dev/null
		grep -c "No result" "$out/table1.md" || true
	done >found
	[ "$(paste -sd ' ' found)" = "1 0" ]
}

@test "demo.sh prints its usage" {
	run -0 "$YC_ROOT/pipelines/demo.sh" --help
	assert_line --index 0 "Usage: demo.sh [FOLDER]"
	run -2 "$YC_ROOT/pipelines/demo.sh" --quick
	assert_output "demo.sh: one folder expected, or none (demo.sh --help)"
}

@test "precision.sh ranks every tile and trains networks of each precision on the same images" {
	run -2 "$YC_ROOT/pipelines/precision.sh" set.yct
	SIZES=1 SEEDS="0 1 0" PRECISIONS="exact fp32" REPEAT=2 EPOCHS=2 SCORE_OPTS="--epochs 2 --width 4" \
		EVAL_OPTS="--width 4" run -0 --separate-stderr "$YC_ROOT/pipelines/precision.sh" set.yct test.yct "$out"
	assert_line --regexp "^fp32	between seeds	[-0-9.]*	[-0-9.]*	1.0000	3$"
	assert_line --regexp "^exact	and fp32, same seed	(0.9[0-9]*|1.0000)	.*	5$"
	[ "$(wc -l <"$out/fp32-0.ranks")" = 120 ]
	awk '{ n += $2 } END { exit n != 120 * 121 / 2 }' "$out/fp32-0.ranks"
	cut -f1-3,6,8 "$out/accuracy.tsv" >found
	diff found - <<-END
		ipc_t	precision	repeat	images	epochs
		1	exact	1	40	2
		1	exact	2	40	2
		1	fp32	1	40	2
		1	fp32	2	40	2
	END
}

@test "the set that is shipped is whole, small, of bytes, and says how it was made" {
	set=$YC_ROOT/pipelines/sets/cifar10-ipc10.yct
	yc-info --check "$set"
	[ "$(stat -c %s "$set")" -lt 400000 ]
	run -0 yc-info "$set"
	assert_output --partial "head      10 classes, side 32, factor 2"
	assert_output --partial "column    image U8 [100,3,32,32]"
	assert_output --partial "labels    10 of each"
	assert_output --regexp "yc-condense idc .*init=noise"
	assert_output --partial "yc-quantise"
	# Noise to begin with: nothing of the data is in it but what the gradients tell.
	refute_output --regexp "init=(mix|random|kmean)"
	# It goes into the pipeline of the README.
	pipe "yc-score lbpe -q --width 4 --epochs 1 '$set' | yc-select yoco --ipc 1 | yc-info --tsv | wc -l >n"
	[ "$(cat n)" = 41 ]
}

@test "sets by DC and DSA are shipped for their size, from noise too" {
	for method in dc dsa; do
		set=$YC_ROOT/pipelines/sets/cifar10-$method-ipc1.yct
		yc-info --check "$set"
		[ "$(stat -c %s "$set")" -lt 40000 ]
		run -0 yc-info "$set"
		assert_output --partial "column    image U8 [10,3,32,32]"
		assert_output --partial "labels    1 of each"
		assert_output --regexp "yc-condense $method ipc=1 .*iterations=1000 .*init=noise"
	done
}

@test "tables and pictures of the results are those of their networks" {
	mkdir "$out"
	"$YC_ROOT/pipelines/results/draw.sh" "$out"
	for f in "$YC_ROOT"/pipelines/results/{*.md,*.svg,*-tests.tsv}; do
		[ "${f##*/}" = README.md ] || cmp "$f" "$out/${f##*/}"
	done
	# Every file is told of.
	for f in "$YC_ROOT"/pipelines/results/*.tsv; do
		grep -q "^| .*${f##*/}" "$YC_ROOT/pipelines/results/README.md" || fail "$f"
	done
}

@test "names of rules in tables say what they keep" {
	named() {
		printf 'rule\n%s\n' "$1" | awk -f "$YC_ROOT/pipelines/names.awk" -f "$YC_ROOT/pipelines/relabel.awk" | tail -n 1
	}
	[ "$(named yoco) $(named ccs) $(named mine) $(named 'x (y)')" = "yoco ccs mine x (y)" ]
	[ "$(named aum), $(named accumulated_margin)" = "aum (hard), aum (hard)" ]
	[ "$(named el2n_easy_balance), $(named entropy_hard_imbalance)" = "el2n (easy, balanced), entropy (hard, imbalanced)" ]
	[ "$(named yoco_imbalance), $(named 'random(dream)')" = "yoco (imbalanced), random (DREAM)" ]
	[ "$(named resnet10ap), $(named whole)" = "ResNet10-AP, whole set" ]
	[ "$(named 'el2n_easy(dream)(resnet10)(2)')" = "el2n (easy, DREAM, ResNet-10, 2 per class)" ]
}

@test "curve.mk: more points go on from those that are there" {
	curve=(-s -f "$YC_ROOT/pipelines/curve.mk" OUT="$out" METHODS=idc EPOCHS=2 IPC=1
		"CONDENSE_OPTS=--inner 1 --n-real 8 --width 8" "EVAL_OPTS=--width 8")
	make "${curve[@]}" ITERATIONS=1
	cp "$out/idc/1.yct" first
	make "${curve[@]}" "ITERATIONS=1 2"
	cmp first "$out/idc/1.yct"
	[ "$(cut -f1,2,4,5 "$out/curve.tsv" | tr '\t\n' ' ;')" = "condenser iterations recipe repeat;idc 1 own 1;idc 2 own 1;" ]
	awk 'NR > 2 { exit !($3 > last) } { last = $3 }' "$out/curve.tsv"
	grep -q '</svg>' "$out/curve.svg"
	grep -q '>IDC<' "$out/curve.svg"
	# the second point is what one run of two iterations makes
	yc-condense idc -q --outer 2 --ipc 1 --inner 1 --n-real 8 --width 8 "$out/train.yct" -o whole.yct
	same 'yc-info --digest whole.yct' 'yc-info --digest "$out/idc/2.yct"'
	# as bytes, under its name
	make "${curve[@]}" "ITERATIONS=1 2" sets
	yc-info "$out/sets/demo-idc-ipc1.yct" >info
	grep -q 'image U8 \[10,3,32,32\]' info
}

@test "curve.mk: condensers that count differently, and their own settings" {
	curve=(-s -f "$YC_ROOT/pipelines/curve.mk" OUT="$out" "METHODS=idc dm" EPOCHS=1 INIT=noise ITERATIONS=1
		"ITERATIONS_DM=2 3" "CONDENSE_OPTS_DM=--n-real 9" "CONDENSE_OPTS_IDC=--inner 1 --early 0 --n-real 8" "CONDENSE_OPTS=--width 8")
	make "${curve[@]}"
	[ "$(cut -f1,2 "$out/curve.tsv" | tr '\t\n' ' ;')" = "condenser iterations;idc 1;dm 2;dm 3;" ]
	(yc-info "$out/dm/3.yct" && yc-info "$out/idc/1.yct") >info
	grep -q 'yc-condense dm ipc=2 .* iterations=3 n-real=9 factor=1 init=noise' info
	grep -q 'yc-condense idc ipc=2 .*init=noise' info
	run -2 make "${curve[@]}" METHODS=icd
	[[ $output == *"METHODS: icd is none of idc "* ]]
	run -2 make "${curve[@]}" OUTERS=2
	[[ $output == *"OUTERS: no such variable"* ]]
}

@test "curve.mk: a condenser runs for a time, also if it is killed" {
	curve=(-s -f "$YC_ROOT/pipelines/curve.mk" OUT="$out" METHODS=dm EPOCHS=1 "TIMES=2s 6s")
	setsid make "${curve[@]}" >log 2>&1 3>&- &
	while [ ! -e "$out/dm/2s.yct" ]; do kill -0 $! || fail "$(cat log)"; done
	sleep 2
	kill -9 -- -$!
	wait $! || true
	[ ! -e "$out/dm/6s.yct" ]
	make "${curve[@]}"
	[ "$(cut -f1 "$out/curve.tsv" | paste -sd ' ')" = "condenser dm dm" ]
	awk 'NR > 1 { if (!($3 > last + 0)) exit 1; last = $3 }' "$out/curve.tsv"
	# No more than its time by the clock; what was killed is in the seconds of all processors.
	read -r cpu clock <"$out/dm/6s.seconds"
	awk -v clock="$clock" -v cpu="$cpu" -v n="$(nproc)" 'BEGIN { exit !(clock > 3 && clock < 9 && cpu > 2) }'
	same 'cut -d" " -f2 "$out/dm/6s.seconds"' "awk -f '$YC_ROOT/pipelines/spent.awk' '$out/dm.metrics'"
	printf '{"seconds":%s}\n' 1 5.5 0.5 2 >runs
	[ "$(awk -f "$YC_ROOT/pipelines/spent.awk" runs)" = 7.5 ]
	[ "$(awk -v time=10s -f "$YC_ROOT/pipelines/spent.awk" runs)" = 2.5 ]
	[ "$(awk -v time=7 -f "$YC_ROOT/pipelines/spent.awk" runs)" = 0.7 ]
	[ "$(awk -v time=1.5h -f "$YC_ROOT/pipelines/spent.awk" runs)" = 5392.5 ]
}

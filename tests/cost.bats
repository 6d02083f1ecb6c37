#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

# pipelines/cost.mk: what a set of every size costs

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	small_set
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	out=$BATS_TEST_TMPDIR/out
}

cost() {
	make -s -f "$YC_ROOT/pipelines/cost.mk" OUT="$out" SET=set.yct TRAIN=train.yct "SCORE_OPTS=--epochs 9 --stop 3 --width 4" \
		"CONDENSE_OPTS=--n-real 8 --width 4" "$@"
}

@test "every way to smaller sets has its epochs, seconds and bytes in one table" {
	cost "FULL=yoco dm idc afresh mdc" OUTER=2 INNER=3 OUTER_AGAIN=1 INNER_AGAIN=2 ITERATIONS_DM=2 >log
	diff log "$out/cost.md"
	cut -f1-4,7 "$out/cost.tsv" | tr '\t' ' ' >found
	# Epochs are 2000 images for each of 2 x 3 iterations, of 400 images; 120 tiles for each of two, of 120.
	diff found - <<-END
		way ipc epochs images how
		yoco once 3 120 measured
		yoco 1 0 0 measured
		yoco 2 0 0 measured
		dm once 3 120 measured
		dm 1 0 120 measured
		dm 2 0 120 measured
		idc once 3 120 measured
		idc 1 2 120 measured
		idc 2 2 120 measured
		afresh 1 30 400 measured
		afresh 2 30 400 measured
		afresh 3 30 400 measured
		mdc once 30 400 measured
		mdc 1 0 0 measured
		mdc 2 0 0 measured
	END
	awk -F '\t' 'NR > 1 && !($5 > 0 && $5 < 60) { exit 1 }' "$out/cost.tsv"
	# What is condensed afresh is as large as bytes make it, and so are beginnings of YOCO's set and of MDC's.
	yc-condense idc -q --ipc 2 --outer 2 --inner 3 --n-real 8 --width 4 train.yct | yc-quantise -o two.yct
	grep -q "^afresh	2	.*	$(wc -c <two.yct)	measured$" "$out/cost.tsv"
	for way in yoco mdc; do
		yc-select first -q --ipc 2 "$out/$([ $way = mdc ] && echo mdc/once || echo ordered).yct" | yc-quantise -q -o two.yct
		grep -q "^$way	2	.*	$(wc -c <two.yct)	measured$" "$out/cost.tsv" || fail "$way"
	done
	# The last row is of all of these: once and every size, where the bytes are those of one file or of each.
	awk -F '\t' '$2 != 3 { epochs[$1] += $3; bytes[$1] += $6; if ($2 == "once") one[$1] = $6 } END {
		printf "%g %.0f %g %.0f %g %.0f\n", epochs["idc"], bytes["idc"] / 1000, epochs["afresh"], bytes["afresh"] / 1000, epochs["mdc"],
			one["mdc"] / 1000 }' "$out/cost.tsv" >sums
	awk -F ' [|/] ' '/all of these/ { gsub(/ \|$/, ""); printf "%g %.0f %g %.0f %g %.0f\n", $8, $10, $11, $13, $14, $16 }' "$out/cost.md" >shown
	diff sums shown
	run -1 grep -q '≈ [0-9]' "$out/cost.md"
	grep -q '^Images of an epoch: YOCO 120, condensed again by DM 120, condensed again by IDC 120, condensed afresh 400, MDC 400\.' "$out/cost.md"
	# Nothing is measured twice.
	cost "FULL=yoco dm idc afresh mdc" LAUNCH=false >log
}

@test "what does not run to its end is computed from iterations that do, and marked" {
	mkdir tools
	ln -s "$YC_BIN"/yc-* tools
	rm tools/yc-condense
	yc-condense idc -q --ipc 1 --outer 1 --inner 1 --n-real 8 --width 4 train.yct -o made.yct
	# 0.3 s once, and 20 ms for each iteration
	cat >tools/yc-condense <<-'END'
		#!/usr/bin/python3
		import shutil, sys, time
		of = lambda name: int(sys.argv[sys.argv.index(name) + 1])
		while time.process_time() < 0.3 + 0.02 * of("--outer") * of("--inner"):
		    pass
		shutil.copy("made.yct", sys.argv[sys.argv.index("-o") + 1])
	END
	chmod +x tools/yc-condense
	cost YC_BIN=tools WAYS=afresh SIZES=1 OUTER=100 INNER=10 ITERATIONS=10 >log
	awk -F '\t' '$2 == 1 { print $7; exit !($5 > 17 && $5 < 24) }' "$out/cost.tsv" >how || fail "$(cat "$out/cost.tsv")"
	[ "$(cat how)" = "10 of 1000 iterations" ]
	grep -q '^| 1 | 5000 / ≈ [0-9.]* / ' "$out/cost.md"
	# Too few to be told from what else there is
	sed -i 's/ + 0.02/ - 0.02/' tools/yc-condense
	run -2 cost YC_BIN=tools WAYS=afresh SIZES=2
	assert_output --partial "afresh/2.cost: too short to be measured: more ITERATIONS than 3"
	[ ! -e "$out/afresh/2.cost" ]
}

@test "iterations that costs are computed for are those that yc-condense has by itself" {
	# shellcheck disable=SC2016 # of make
	read -r outer inner outer_again inner_again iterations < <(cost --eval \
		'show: ; @echo $(OUTER) $(INNER) $(OUTER_AGAIN) $(INNER_AGAIN) $(ITERATIONS_DM)' show)
	yc-condense idc -q --ipc 1 --dry-run train.yct | grep -q "the published setting ($outer outer of $inner inner)"
	yc-condense idc --help | tr -s ' \n' ' ' | grep -q "network (default: $inner, or $inner_again of a condensed set)"
	yc-condense idc -q --ipc 1 --width 1 --depth 1 --dry-run set.yct | grep -q "for $outer_again;*\( \|$\)"
	yc-condense dm -q --ipc 1 --width 1 --depth 1 --dry-run set.yct | grep -q "for $iterations$"
}

@test "what cannot be measured is refused before anything runs" {
	refuse() {
		run -2 cost "${@:2}"
		[[ $output == *"$1"* ]] && [ ! -e "$out" ] || fail "$output"
	}
	refuse "SIZES: 3 is no size below that of the set, 3" "SIZES=1 3"
	refuse "SIZES='1 2 1': one of these is there twice" "SIZES=1 2 1"
	refuse "WAYS, FULL: yoko is none of yoco dm idc afresh mdc" WAYS=yoko
	refuse "TRAIN=FILE: the images are missing" WAYS=mdc TRAIN=
	refuse "SET=nowhere.yct: no such file" SET=nowhere.yct
	refuse "SEEDS: no such variable" SEEDS=2
	yc-select random --ipc 1 set.yct -o one.yct
	refuse "has one image per class" SET=one.yct SIZES=
}

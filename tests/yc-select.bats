#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/sheets.py" >s.yct
}

labels() {
	yc-info --tsv "$@" | awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "label") k = i }
		NR > 1 { print $k }' | sort | uniq -c | awk '{ print $2 ":" $1 }' | paste -sd' '
}

@test "yoco keeps as many tiles of every class as full-size images hold" {
	yc-select yoco --ipc 1 s.yct -o one.yct
	yc-select yoco --ipc 2 s.yct -o two.yct
	[ "$(labels one.yct)" = "0:4 1:4 2:4" ]
	[ "$(labels two.yct)" = "0:8 1:8 2:8" ]
}

@test "el2n keeps a size in all, whatever the class" {
	yc-select el2n --ipc 1 s.yct -o one.yct
	[ "$(labels one.yct)" != "0:4 1:4 2:4" ]
	yc-info --tsv one.yct >tsv
	[ "$(wc -l <tsv)" = 13 ]
	yc-select el2n --balance --ipc 1 s.yct -o one.yct
	[ "$(labels one.yct)" = "0:4 1:4 2:4" ]
}

@test "hard and easy are the two ends of the same order" {
	yc-select yoco --hard --score lbpe --keep 6 s.yct -o hard.yct
	yc-select yoco --easy --score el2n --keep 6 s.yct -o easy.yct # el2n is -lbpe
	[ "$(yc-info --digest hard.yct)" = "$(yc-info --digest easy.yct)" ]
	yc-select yoco --keep 6 s.yct -o other.yct
	[ "$(yc-info --digest hard.yct)" != "$(yc-info --digest other.yct)" ]
}

@test "pruning in two steps is pruning at once" {
	pipe "yc-select yoco --ipc 2 s.yct | yc-select yoco --ipc 1 -o steps.yct"
	yc-select yoco --ipc 1 s.yct -o once.yct
	[ "$(yc-info --digest steps.yct)" = "$(yc-info --digest once.yct)" ]
}

@test "a stream of whole images is pruned row by row and keeps its order" {
	"$YC_ROOT/tests/sheets.py" factor=1 >plain.yct
	yc-select yoco --ipc 1 plain.yct -o one.yct
	[ "$(labels one.yct)" = "0:1 1:1 2:1" ]
	yc-select random --ipc 2 --balance plain.yct | yc-info --tsv | awk 'NR > 1 { print $1 }' >ids
	[ "$(wc -l <ids)" = 6 ]
	sort -nc ids
}

@test "random depends on the seed alone" {
	for seed in 1 1 2; do
		yc-select random --ipc 1 --seed $seed s.yct | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 2 ]
	[ "$(head -n1 digests)" = "$(sed -n 2p digests)" ]
}

@test "an ordered stream begins with the best of every class" {
	yc-select yoco --order s.yct -o all.yct
	yc-select yoco --order --keep 2 s.yct -o some.yct
	[ "$(labels all.yct)" = "0:12 1:8 2:8" ]
	[ "$(labels some.yct)" = "0:2 1:2 2:2" ]
	diff <(yc-info --tsv all.yct | head -n 7) <(yc-info --tsv some.yct)
}

@test "decoding the tiles gives what decoding the sheets gives" {
	yc-select yoco --order s.yct | yc-decode -o a.yct
	[ "$(yc-info --tsv a.yct | wc -l)" = 29 ]
	# tile 2 of the sheet 150, once cut and then decoded, once the other way round
	yc-decode s.yct -o whole.yct
	echo 150 2 >want
	yc-select --ids want s.yct | yc-decode | yc-view >one.png
	yc-select --ids want whole.yct | yc-view >two.png
	cmp one.png two.png
}

@test "rows come back by id, in the order of the list" {
	printf 'id\n150\n# not this\n\n110\n150\n' >list
	yc-select --ids list s.yct | yc-info --tsv >tsv
	[ "$(awk 'NR > 1 { print $1 }' tsv | paste -sd' ')" = "150 110 150" ]
	printf '150 3\n100 0\n' | yc-select --ids - s.yct -o tiles.yct
	[ "$(labels tiles.yct)" = "0:1 1:1" ]
	yc-info tiles.yct | grep -q tile
}

@test "an unknown id is an error that names the line" {
	printf '100\n101\n' >list
	run -1 --separate-stderr yc-select --ids list s.yct -o out.yct
	[ "$stderr" = "yc-select: list: line 2: no id 101 in the stream" ]
	assert_file_not_exists out.yct
	printf '100 4\n' >list
	run -1 --separate-stderr yc-select --ids list s.yct
	[[ $stderr == *"line 1: no tile 4 of id 100"* ]]
	run -1 --separate-stderr yc-select --ids none s.yct
	[[ $stderr == *none*"No such file"* ]]
}

@test "the list and the stream cannot share standard input" {
	run -2 --separate-stderr pipe "yc-select --ids - <s.yct"
	[[ $stderr == *"standard input"* ]]
	run -2 --separate-stderr yc-select --ids x --ipc 1 s.yct
	[ -z "$output" ]
}

@test "a size that a class does not have names the class and the numbers" {
	run -1 --separate-stderr yc-select yoco --ipc 3 s.yct -o out.yct
	[ "$stderr" = "yc-select: 12 tiles of every class wanted, but class 1 has only 8" ]
	assert_file_not_exists out.yct
	run -1 --separate-stderr yc-select random --ipc 3 s.yct
	[[ $stderr == *"only 28"* ]]
}

@test "a missing score says which there are and who makes them" {
	run -1 --separate-stderr yc-select yoco --ipc 1 --score mine s.yct
	[[ $stderr == *score.mine*score.lbpe*score.el2n*yc-score* ]]
	"$YC_ROOT/tests/sheets.py" scores=0 >bare.yct
	run -1 --separate-stderr yc-select yoco --ipc 1 bare.yct
	[[ $stderr == *"no scores"*"yc-score lbpe"* ]]
	yc-select random --ipc 1 bare.yct -o fine.yct
}

@test "options that contradict each other are refused" {
	for o in "--hard --easy --ipc 1" "--balance --imbalance --ipc 1" "--ipc 1 --keep 1" ""; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-select yoco $o s.yct
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
	done
	run -2 --separate-stderr yc-select random --hard --ipc 1 s.yct
	run -2 --separate-stderr yc-select nothing --ipc 1 s.yct
	[[ $stderr == *yoco* ]]
}

@test "the history has the options in effect" {
	yc-select yoco --ipc 1 s.yct | yc-info --json >json
	grep -q '"lbpe"' json
	grep -q 'yoco' json
}

@test "a cut stream fails with 3 and leaves no file" {
	head -c 900 s.yct >cut.yct
	run -3 --separate-stderr yc-select yoco --ipc 1 cut.yct -o out.yct
	assert_file_not_exists out.yct
	[[ $stderr == *"record 1"* ]]
}

@test "padded tiles of 8-bit sheets become F32" {
	"$YC_ROOT/tests/sheets.py" side=7 factor=3 >odd.yct
	yc-select yoco --ipc 1 odd.yct -o tiles.yct
	yc-info tiles.yct | grep image | grep -q F32
	yc-select yoco --ipc 1 s.yct | yc-info | grep image | grep -q U8
	[ "$(labels tiles.yct)" = "0:9 1:9 2:9" ]
}

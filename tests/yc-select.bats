#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/condensed.py" >s.yct
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

@test "first takes the beginning of every class in decoded order: one tile of each image, then the next of each" {
	yc-select first --ipc 1 s.yct | yc-info --tsv | cut -f 1-3 | sed 1d >kept
	diff - kept <<-'END'
		100	0	0
		120	0	0
		160	0	0
		100	0	1
		110	1	0
		150	1	0
		110	1	1
		150	1	1
		130	2	0
		140	2	0
		130	2	1
		140	2	1
	END
	refused 2 "--hard" yc-select first --hard --ipc 1 s.yct
}

@test "hard and easy are the two ends of the same order" {
	yc-select yoco --hard --score lbpe --tiles 6 s.yct -o hard.yct
	yc-select yoco --easy --score el2n --tiles 6 s.yct -o easy.yct # el2n is -lbpe
	same "yc-info --digest hard.yct" "yc-info --digest easy.yct"
	yc-select yoco --tiles 6 s.yct -o other.yct
	differ "yc-info --digest hard.yct" "yc-info --digest other.yct"
}

@test "pruning in two steps is pruning at once" {
	pipe "yc-select yoco --ipc 2 s.yct | yc-select yoco --ipc 1 -o steps.yct"
	yc-select yoco --ipc 1 s.yct -o once.yct
	same "yc-info --digest steps.yct" "yc-info --digest once.yct"
}

@test "a stream of whole images is pruned row by row and keeps its order" {
	"$YC_ROOT/tests/make/condensed.py" factor=1 >plain.yct
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
	same "sed -n 1p digests" "sed -n 2p digests"
}

@test "an ordered stream begins with the best of every class" {
	yc-select yoco --order s.yct -o all.yct
	yc-select yoco --order --tiles 2 s.yct -o some.yct
	[ "$(labels all.yct)" = "0:12 1:8 2:8" ]
	[ "$(labels some.yct)" = "0:2 1:2 2:2" ]
	same "yc-info --tsv all.yct | sed -n 1,7p" "yc-info --tsv some.yct"
}

@test "decoding the tiles gives what decoding the condensed images gives" {
	yc-select yoco --order s.yct | yc-decode -o a.yct
	[ "$(yc-info --tsv a.yct | wc -l)" = 29 ]
	# tile 2 of image 150, once cut and then decoded, once the other way round
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

@test "a heading says which columns are ids and tiles" {
	# labels are no tiles
	pipe "yc-info --tsv s.yct | cut -f 1,2 | yc-select --ids - s.yct -o same.yct"
	same "yc-info --tsv s.yct" "yc-info --tsv same.yct"
	yc-select yoco --ipc 1 s.yct -o tiles.yct
	yc-info --tsv tiles.yct >tsv
	awk -F'\t' -v OFS='\t' '{ print $2, $3, "", $1 }' tsv | yc-select --ids - s.yct -o same.yct
	same "cat tsv" "yc-info --tsv same.yct"
	yc-select --ids tsv s.yct | yc-info --tsv | diff tsv -
	cut -f 2,3 tsv >list
	run -1 --separate-stderr yc-select --ids list s.yct
	[ "$stderr" = "yc-select: list: line 1: the heading has no column 'id'" ]
	printf 'id tile\n100 1\n150\n' >list
	run -1 --separate-stderr yc-select --ids list s.yct
	[ "$stderr" = "yc-select: list: line 3: no number in the column 'tile'" ]
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
	[ "$stderr" = "yc-select: the size is 12 tiles per class, but class 1 has only 8" ]
	assert_file_not_exists out.yct
	run -1 --separate-stderr yc-select random --ipc 3 s.yct
	[[ $stderr == *"only 28"* ]]
}

@test "a missing score says which there are and who makes them" {
	run -1 --separate-stderr yc-select yoco --ipc 1 --score mine s.yct
	[[ $stderr == *score.mine*score.lbpe*score.el2n*yc-score* ]]
	"$YC_ROOT/tests/make/condensed.py" scores=0 >bare.yct
	run -1 --separate-stderr yc-select yoco --ipc 1 bare.yct
	[[ $stderr == *"no scores"*"yc-score lbpe"* ]]
	yc-select random --ipc 1 bare.yct -o fine.yct
}

@test "options that contradict each other are refused" {
	for o in "--hard --easy --ipc 1" "--balance --imbalance --ipc 1" "--ipc 1 --tiles 1" ""; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-select yoco $o s.yct
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
	done
	for o in "el2n --budget x --order" "el2n --budget x --imbalance" "--ids x --budget x"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-select $o s.yct
		[[ $stderr == *"exclude each other"* || $stderr == *"have no effect"* ]]
	done
	refused 2 "rule 'random' does not take --hard" yc-select random --hard --ipc 1 s.yct
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

@test "padded tiles of 8-bit images become F32" {
	"$YC_ROOT/tests/make/condensed.py" side=7 factor=3 >odd.yct
	yc-select yoco --ipc 1 odd.yct -o tiles.yct
	yc-info tiles.yct | grep image | grep -q F32
	yc-select yoco --ipc 1 s.yct | yc-info | grep image | grep -q U8
	[ "$(labels tiles.yct)" = "0:9 1:9 2:9" ]
}

@test "the name of a rule may end in options" {
	yc-select el2n --ipc 1 --easy --balance s.yct -o options.yct
	yc-select el2n_balance_easy --ipc 1 s.yct -o name.yct
	same "yc-info --digest name.yct" "yc-info --digest options.yct"
	yc-select yoco_imbalance --ipc 1 s.yct -o name.yct
	yc-select yoco --imbalance --ipc 1 s.yct -o options.yct
	cmp name.yct options.yct # the history too
	yc-select accumulated_margin --score el2n --ipc 1 s.yct -o name.yct
	yc-select aum --score el2n --ipc 1 s.yct -o options.yct
	cmp name.yct options.yct
	run -2 --separate-stderr yc-select yoco_easy --hard --ipc 1 s.yct
	[[ $stderr == *"--hard and --easy exclude each other"*"name of a rule" ]]
	refused 2 "rule 'ccs' does not take --balance" yc-select ccs_balance --ipc 1 s.yct
	run -2 --separate-stderr yc-select yoco_soft --ipc 1 s.yct
	[[ $stderr == *"unknown rule 'yoco_soft'"*ccs* ]]
}

@test "sizes in parts, bytes and by class" {
	yc-select yoco --keep 0.5 s.yct -o half.yct
	[ "$(labels half.yct)" = "0:5 1:5 2:4" ]
	yc-select yoco --bytes 1K s.yct -o one.yct # tiles of 3x4x4 bytes
	[ "$(labels one.yct)" = "0:7 1:7 2:7" ]
	printf '2 1 # hardly any\n0 6\n' >budget
	yc-select el2n --budget budget s.yct -o some.yct
	[ "$(labels some.yct)" = "0:6 2:1" ]
	printf '0 6\n1 9\n' >budget
	run -1 --separate-stderr yc-select random --budget budget s.yct -o none.yct
	[ "$stderr" = "yc-select: the size is 9 tiles of class 1, but it has only 8" ]
	printf '0 6\nzebra 1\n' >budget
	run -1 --separate-stderr yc-select random --budget budget s.yct -o none.yct
	[ "$stderr" = "yc-select: budget: line 2: 'zebra' is not a class of the stream" ]
	refused 2 "--keep: 1.5 is not in the range" yc-select yoco --keep 1.5 s.yct
	refused 2 "--ipc, --tiles, --keep, --bytes and --budget exclude" yc-select yoco --bytes 1K --ipc 1 s.yct
	assert_file_not_exists none.yct
}

@test "a budget word that is a number and another class's name is an error" {
	"$YC_ROOT/tests/make/condensed.py" 'names=["10","2","30"]' >folders.yct
	printf '2 3\n' >budget
	run -1 --separate-stderr yc-select yoco --budget budget folders.yct -o none.yct
	[[ $stderr == "yc-select: budget: line 1: '2' is the number of class 2 and the name of class 1: "* ]]
	[ "${#stderr_lines[@]}" = 1 ]
	assert_file_not_exists none.yct
	printf '002 3\n01 2\n10 1\n' >budget
	yc-select yoco --budget budget folders.yct -o some.yct
	[ "$(labels some.yct)" = "0:1 1:2 2:3" ]
}

@test "a budget comes from standard input too, unless the stream does" {
	printf '0 2\n2 1\n' | yc-select yoco --budget - s.yct -o some.yct
	[ "$(labels some.yct)" = "0:2 2:1" ]
	run -1 --separate-stderr pipe "echo 9 9 | yc-select yoco --budget - s.yct"
	[ "$stderr" = "yc-select: stdin: line 1: '9' is not a class of the stream" ]
	for files in "" - "s.yct -"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-select yoco --budget - $files <s.yct
		[ "$stderr" = "yc-select: standard input is to be read twice: name a FILE instead" ]
	done
}

@test "ccs cuts off the hardest and asks for a cut-off that it does not know" {
	run -1 --separate-stderr yc-select ccs --ipc 1 s.yct
	[[ $stderr == *"3 classes of side 8"*--cut-off ]]
	# el2n is -lbpe: 0 1 2 2 3 4 and a 5 are cut off
	yc-select ccs --ipc 1 --cut-off 0.25 s.yct -o ccs.yct
	[ "$(yc-info --tsv ccs.yct | awk 'NR > 1 { print ($5 >= 5) }' | sort | uniq -c | xargs)" = "12 1" ]
	yc-select ccs --ipc 1 --cut-off 0.25 --random-strata --seed 2 s.yct -o other.yct
	differ "yc-info --digest ccs.yct" "yc-info --digest other.yct"
	yc-info --json other.yct | grep -q '"cut-off": *"0.25"'
}

# numpy: a Python that has it
numpy() {
	for p in python3 /usr/bin/python3; do
		"$p" -c 'import numpy' 2>/dev/null && echo "$p" && return
	done
	return 1
}

@test "several scores are one ranking, as numpy counts it" {
	python=$(numpy) || skip "no numpy (package python3-numpy)"
	"$YC_ROOT/tests/make/condensed.py" modulus=9 labels=0,1,0,2,2,1,0,1,1,2 >few.yct
	export PYTHONPATH=$YC_ROOT/pipelines
	# a margin with ties, and a column of nobody
	"$python" - <<-'END'
		import numpy as np, yct
		arrays, meta = yct.read("few.yct")
		shape = np.asarray(arrays["score.lbpe"]).shape
		rng = np.random.RandomState(3)
		arrays["score.aum"] = rng.randint(-4, 5, shape).astype("f4")
		arrays["score.mine"] = rng.rand(*shape).astype("f4")
		arrays["score.aum.2"] = rng.rand(*shape).astype("f4")
		arrays["score.lbpe.2"] = rng.rand(*shape).astype("f4")
		yct.write("scored.yct", arrays, meta)
	END
	for names in lbpe,aum mine,lbpe,aum el2n,lbpe; do
		for how in rank-mean rank-max rank-min; do
			yc-select el2n_easy --score $names --combine $how --order scored.yct |
				yc-info --tsv | awk 'NR > 1 { print ($1 - 100) / 10, $3 }' >kept
			"$python" "$YC_ROOT/tests/reference/ranks.py" scored.yct $how $names | diff - kept
			yc-select yoco --score $names --combine $how --order scored.yct |
				yc-info --tsv | awk 'NR > 1 { print $2, ($1 - 100) / 10, $3 }' | sort -sn -k 1,1 | cut -d' ' -f 2- >kept
			"$python" "$YC_ROOT/tests/reference/ranks.py" scored.yct $how $names balance | diff - kept
		done
	done
	# of the second run of both; the mean of ranks without a word
	yc-select el2n_easy --score lbpe,aum --run 2 --order scored.yct |
		yc-info --tsv | awk 'NR > 1 { print ($1 - 100) / 10, $3 }' >kept
	"$python" "$YC_ROOT/tests/reference/ranks.py" scored.yct rank-mean lbpe.2,aum.2 | diff - kept
	# It can fail.
	run -1 diff -q kept <("$python" "$YC_ROOT/tests/reference/ranks.py" scored.yct rank-mean lbpe,aum)
}

@test "a combination goes with every size and end, and says what it ranked by" {
	yc-select yoco --score lbpe,el2n --combine rank-max --order s.yct -o ordered.yct
	for size in "--tiles 3" "--ipc 1" "--keep 0.4"; do
		# shellcheck disable=SC2086
		same "yc-select $size ordered.yct | yc-info --tsv | sort" \
			"yc-select yoco --score lbpe,el2n --combine rank-max $size s.yct | yc-info --tsv | sort"
	done
	printf '0 2\n2 1\n' >budget
	[ "$(yc-select el2n_hard --score lbpe,el2n --budget budget s.yct | yc-info --tsv | wc -l)" = 4 ]
	yc-select ccs --score lbpe,el2n --combine rank-max --cut-off 0.25 --ipc 1 s.yct -o ccs.yct
	yc-info ccs.yct >info
	grep -q 'yc-select ccs .*score=lbpe,el2n combine=rank-max' info
	yc-select yoco --score lbpe,el2n --ipc 1 s.yct -o mean.yct
	yc-info mean.yct >info
	grep -q 'yc-select yoco ipc=1 score=lbpe,el2n combine=rank-mean' info
	# lbpe and el2n are opposite: their mean is that of 13 ranks in class 0, for every tile
	yc-select yoco --score lbpe,el2n --ipc 1 --explain s.yct >table
	assert_equal "$(sed -n 2p table | cut -f 1-6)" "$(printf '0\t4\t12\t6.5\t6.5\t6.5')"
	refused 2 "--combine is for several scores: --score A,B" yc-select yoco --combine rank-max --ipc 1 s.yct
	refused 2 "--combine" yc-select yoco --score lbpe,el2n --combine rank-median --ipc 1 s.yct
	refused 2 "the name of a score is missing" yc-select yoco --score lbpe, --ipc 1 s.yct
	refused 2 "'lbpe' is named twice" yc-select yoco --score lbpe,lbpe --ipc 1 s.yct
	refused 2 "rule 'ssp' does not take several scores" yc-select ssp --score ssp-1,lbpe --ipc 1 s.yct
	refused 2 "rule 'random' does not take --score, --combine" yc-select random --combine rank-max --ipc 1 s.yct
	refused 2 "--ids selects listed rows" yc-select --ids budget --combine rank-max s.yct
	refused 1 "no column 'score.aum' in the stream, but score.lbpe, score.el2n" \
		yc-select yoco --score lbpe,aum --ipc 1 s.yct
}

@test "an explanation is a table in place of the stream" {
	yc-select yoco --ipc 1 --explain s.yct >table
	diff table - <<-EOF_TABLE
	$(printf 'class\tkept\tof\tbest\tworst\tnext_score\tnext_id\tnext_tile')
	$(printf '0\t4\t12\t0\t5\t7\t160\t3')
	$(printf '1\t4\t8\t2\t11\t13\t110\t3')
	$(printf '2\t4\t8\t1\t9\t12\t130\t2')
	EOF_TABLE
	# one more of each class: what came next is there
	yc-select yoco --tiles 5 s.yct | yc-info --tsv >more
	grep -q "^160	.*	3	" more
	refused 2 "no ranking for --explain" yc-select --ids - --explain s.yct
}

# What a stream holds, in any order.
rows() {
	yc-info --tsv "$@" | sort
}

@test "of equal scores the first goes first, or stays with --keep-first, in order and explanation too" {
	"$YC_ROOT/tests/make/condensed.py" modulus=3 >tied.yct
	# all tiles in their order: id, label, tile, el2n, lbpe
	yc-decode tied.yct | yc-info --tsv | tail -n +2 >tiles
	for flag in "" --keep-first; do
		if [ -z "$flag" ]; then tac tiles; else cat tiles; fi | sort -s -k 4,4gr >ranks
		# shellcheck disable=SC2086
		yc-select el2n $flag --order tied.yct -o ordered.yct
		for n in 3 7 14 21; do
			keep=$(awk "BEGIN { print $n / 28 }")
			# shellcheck disable=SC2086
			yc-select el2n $flag --keep "$keep" tied.yct -o direct.yct
			yc-select prefix --keep "$keep" ordered.yct -o prefix.yct
			same "yc-info --tsv direct.yct | tail -n +2 | sort" "head -n $n ranks | sort"
			same "rows direct.yct" "rows prefix.yct"
		done
		# shellcheck disable=SC2086
		yc-select yoco $flag --tiles 5 --explain tied.yct >table
		# shellcheck disable=SC2086
		yc-select yoco $flag --tiles 5 tied.yct | yc-info --tsv | cut -f 1-3 >more
		[ "$(wc -l <more)" = 16 ]
		tail -n +2 table | awk -v OFS='\t' '{ print $7, $1, $8 }' >>more
		same "yc-select yoco $flag --tiles 6 tied.yct | yc-info --tsv | cut -f 1-3 | sort" "sort more"
	done
	yc-select yoco --ipc 1 --keep-first tied.yct | yc-info --json | grep -q '"keep-first": *"true"'
	run -2 --separate-stderr yc-select random --keep-first --ipc 1 tied.yct
	[[ $stderr == *"rule 'random' does not take --keep-first" ]]
}

@test "a class without images does not count, for any size and rule" {
	"$YC_ROOT/pipelines/stage.py" keep 0 2 <s.yct >some.yct
	for rule in yoco el2n random ssp ssp_balance; do
		[[ $rule != ssp* ]] || score=(yc-score ssp -q "--ipc=1,2" --epochs 1 --width 4)
		"${score[@]:-cat}" some.yct >scored.yct
		for ipc in 1 2; do
			yc-select -q $rule --ipc $ipc scored.yct -o direct.yct
			[ "$(yc-info --tsv direct.yct | wc -l)" = $((8 * ipc + 1)) ]
			[[ $rule != ssp* ]] || continue
			yc-select $rule --order scored.yct | yc-select --ipc $ipc -o prefix.yct
			same "rows direct.yct" "rows prefix.yct"
			yc-select --ipc 1 prefix.yct -o again.yct # knows them still
			[ "$(yc-info --tsv again.yct | wc -l)" = 9 ]
		done
	done
	yc-select yoco --ipc 1 some.yct -o one.yct
	[ "$(labels one.yct)" = "0:4 2:4" ]
	yc-select yoco --ipc 1 --explain some.yct | grep -q '^1	0	0	'
	run -1 --separate-stderr yc-select yoco --ipc 3 some.yct
	[ "$stderr" = "yc-select: the size is 12 tiles per class, but class 2 has only 8" ]
	printf '1 1\n' >budget
	run -1 --separate-stderr yc-select yoco --budget budget some.yct
	[ "$stderr" = "yc-select: the size is 1 tiles of class 1, but it has only 0" ]
}

# Where the records of a raw stream end.
ends() {
	python3 - "$1" <<-'EOF_PYTHON'
	import json, struct, sys
	data, at = open(sys.argv[1], "rb").read(), 0
	while at < len(data):
	    (n,) = struct.unpack_from("<Q", data, at)
	    head = json.loads(data[at + 8:at + 8 + n])
	    at += 8 + n + max([t["data_offsets"][1] for k, t in head.items() if k != "__metadata__"] or [0])
	    print(at)
	EOF_PYTHON
}

@test "the beginning of an ordered stream is the direct selection, for every size" {
	for rule in yoco el2n aum_balance random random_balance; do
		score=()
		[ $rule != aum_balance ] || score=(--score el2n)
		yc-select $rule "${score[@]}" --order s.yct -o ordered.yct
		for n in 1 2 3 4 5 6 7 8; do
			yc-select $rule "${score[@]}" --tiles $n s.yct -o direct.yct
			yc-select prefix --tiles $n ordered.yct -o prefix.yct
			same "rows direct.yct" "rows prefix.yct"
		done
		for size in --ipc=1 --ipc=2 --keep=0.9 --keep=0.33 --bytes=480 --bytes=1G; do
			yc-select $rule "${score[@]}" $size s.yct -o direct.yct
			yc-select prefix $size ordered.yct -o prefix.yct
			same "rows direct.yct" "rows prefix.yct"
		done
	done
}

@test "so it is with trained scores of the demo pictures" {
	yc-load demo --train-images 6 | yc-score lbpe,el2n -q --epochs 3 --width 8 -o scored.yct
	for rule in yoco el2n; do
		yc-select $rule --order scored.yct -o ordered.yct
		for n in 1 2 3 4 5 6; do
			yc-select $rule --ipc $n scored.yct -o direct.yct
			yc-select prefix --ipc $n ordered.yct -o prefix.yct
			same "rows direct.yct" "rows prefix.yct"
			# and again, of what was cut
			yc-select prefix --ipc 1 prefix.yct | yc-select prefix --ipc 1 -o again.yct
			yc-select prefix --ipc 1 ordered.yct -o once.yct
			same "yc-info --digest again.yct" "yc-info --digest once.yct"
		done
	done
}

@test "a beginning is read no further than it must" {
	yc-select yoco --order --raw s.yct >ordered
	ends ordered >ends
	[ "$(wc -l <ends)" = 5 ] # head, two records of an image a class, the rest, end
	yc-select prefix --ipc 1 ordered -o one.yct
	head -c "$(sed -n 2p ends)" ordered >cut
	yc-select --ipc 1 cut -o same.yct # without a rule
	same "yc-info --digest one.yct" "yc-info --digest same.yct"
	yc-info --check same.yct # whole by itself
	(zstd -qc cut; echo this is not zstd) >damaged
	yc-select prefix --ipc 1 damaged -o same.yct
	same "yc-info --digest one.yct" "yc-info --digest same.yct"
	yc-select --ipc 1 - <damaged -o same.yct
	same "yc-info --digest one.yct" "yc-info --digest same.yct"
	# what is needed must be there
	for bytes in "$(($(sed -n 2p ends) - 1))" "$(sed -n 1p ends)" 10; do
		head -c "$bytes" ordered >less
		run -3 --separate-stderr yc-select prefix --ipc 1 less -o none.yct
		[ "${#stderr_lines[@]}" = 1 ]
	done
	run -3 --separate-stderr yc-select prefix --ipc 2 cut -o none.yct
	assert_file_not_exists none.yct
	# every other reader wants the end
	run -3 yc-select yoco --ipc 1 cut
}

@test "who writes more than the beginning into a pipe gets SIGPIPE" {
	yc-select yoco --order s.yct -o ordered.yct
	run -0 timeout 60 bash -c '{ cat ordered.yct; cat ordered.yct; yes; } |
		yc-select prefix --ipc 2 -o two.yct; echo "${PIPESTATUS[@]}"'
	[ "$output" = "141 0" ]
	[ "$(labels two.yct)" = "0:8 1:8 2:8" ]
}

@test "a rule that is not the first operand is said to be one" {
	yc-select yoco --order s.yct -o ordered.yct
	for line in "ordered.yct yoco --ipc 1" "s.yct yoco --hard --ipc 1" "s.yct yoco" \
		"el2n yoco --ipc 1 s.yct" "ordered.yct yoco_hard --ipc 1"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-select $line -o none.yct
		[[ $stderr == "yc-select: 'yoco"*"' is not a file but a rule: the rule comes first, then files" ]]
	done
	echo 100 >list
	run -2 --separate-stderr yc-select yoco --ids list s.yct -o none.yct
	[ "$stderr" = "yc-select: --ids excludes rules, but 'yoco' is one" ]
	assert_file_not_exists none.yct
	# a file of that name is a file there
	cp s.yct yoco
	yc-select --ids list yoco -o one.yct
	yc-select el2n --ipc 1 yoco -o one.yct
	# and what is neither is still a file that is missing
	run -1 --separate-stderr yc-select el2n --ipc 1 yoko
	[[ $stderr == *"yoko: No such file or directory, did you mean 'yoco'?" ]]
}

@test "a stream without an order has no prefix" {
	run -1 --separate-stderr yc-select prefix --ipc 1 s.yct
	[[ $stderr == *"take a part of what yc-select --order wrote" ]]
	yc-select yoco --order s.yct -o ordered.yct
	for stage in "yc-select yoco --ipc 2" "yc-augment flip --repeat 2" \
		"zstd -dc - | '$YC_ROOT/pipelines/stage.py' keep 0 1" "cat - ordered.yct | yc-score el2n -q --epochs 1 --width 4"; do
		run -1 --separate-stderr pipe "cat ordered.yct | $stage | yc-select prefix --tiles 1"
		[[ $stderr == *"take a part of what yc-select --order wrote" ]]
	done
	# what only adds columns leaves it alone
	pipe "yc-score el2n -q --epochs 1 --width 4 ordered.yct | yc-select prefix --ipc 1 -o one.yct"
	run -1 --separate-stderr yc-select prefix --ipc 3 ordered.yct
	[[ $stderr == *"the size is 36 images, but there are only 28" ]]
	run -1 --separate-stderr yc-select prefix --tiles 9 ordered.yct
	[[ $stderr == *"the size is 9 images per class, but class 1 has only 8" ]]
	for o in --hard "--score lbpe" --balance --order "--run 2" --explain ordered.yct; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-select prefix --ipc 1 ordered.yct $o
		[[ $stderr == *"${o%% *}"* || $stderr == *"cannot be combined"* ]]
	done
	refused 2 "the size is missing" yc-select prefix ordered.yct
	refused 2 "the size is missing" yc-select ordered.yct
	# No rule: a file that exists is one, what does not was meant to be a rule.
	run -1 --separate-stderr yc-select --ipc 1 s.yct
	[[ $stderr == *"the stream is not ordered: name a rule"* ]]
	run -2 --separate-stderr yc-select yoko --ipc 1 s.yct
	[[ $stderr == *"yoko"* ]]
	touch yoco
	refused 1 "class 0 has only 12" yc-select yoco --ipc 9 s.yct
}

@test "other records come before the rows that are in order" {
	"$YC_ROOT/tests/make/small.py" >small.yct
	yc-select yoco --order --raw small.yct >ordered
	head -c "$(ends ordered | sed -n 3p)" ordered >cut
	yc-select prefix --tiles 1 --raw cut >first
	grep -q '"strange"' first
	grep -q '"odd"' first
}

@test "ssp keeps the prototypes that yc-score found, of any run" {
	yc-load demo --train-images 4 | yc-score ssp,el2n --ipc 1,2 --repeat 2 -q --epochs 1 --width 8 -o scored.yct
	for ipc in 1 2; do
		yc-select ssp --ipc $ipc scored.yct -o all.yct 2>note
		[ "$(yc-info --tsv all.yct | wc -l)" = $((10 * ipc + 1)) ]
		repeats=$((10 * ipc + 1 - $(yc-info --tsv all.yct | sort -u | wc -l)))
		[ "$(cat note)" = "$([ $repeats = 0 ] ||
			echo "yc-select: $repeats of $((10 * ipc)) are repeats: centroids share their nearest tiles")" ]
		yc-select ssp --ipc $ipc --distinct scored.yct -o distinct.yct
		same "yc-info --tsv all.yct | sort -u" "yc-info --tsv distinct.yct | sort"
		yc-select ssp_balance --ipc $ipc --run 2 -q scored.yct -o balanced.yct
		[ "$(labels balanced.yct)" = "$(seq -f "%g:$ipc" 0 9 | paste -sd' ')" ]
		yc-select ssp --score ssp-balance-$ipc.2 --ipc $ipc -q scored.yct -o named.yct
		same "yc-info --digest named.yct" "yc-info --digest balanced.yct"
	done
	yc-select el2n --run 2 --ipc 1 scored.yct -o run.yct
	yc-select el2n --score el2n.2 --ipc 1 scored.yct -o score.yct
	yc-select el2n --ipc 1 scored.yct -o first.yct
	same "yc-info --digest run.yct" "yc-info --digest score.yct"
	differ "yc-info --digest run.yct" "yc-info --digest first.yct"
	run -1 --separate-stderr yc-select ssp --ipc 3 --run 2 scored.yct
	[[ $stderr == *"'score.ssp-3.2'"*"yc-score ssp --ipc 3 --repeat 2 makes it" ]]
}

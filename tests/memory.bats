#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
# What tools hold of a long stream, and that a file that is read twice gives what a pipe gives.
load helpers

setup_file() {
	export BIG=$BATS_FILE_TMPDIR/big.yct
	# 24,000 images of floats: 281 MiB
	"$YC_ROOT/tests/make/rows.py" 24000 32 F32 | zstd -q1 -o "$BIG"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	rows=rows.py
}

# peak COMMAND...: the most MiB that it had in memory; its output goes to the file out.
peak() {
	python3 -c '
import resource, subprocess, sys
with open("out", "wb") as out:
    subprocess.run(sys.argv[1:], stdout=out, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$@"
}

# less LIMIT COMMAND...
less() {
	local mib
	mib=$(peak "${@:2}") || fail "${*:2}"
	[ "$mib" -lt "$1" ] || fail "${*:2} takes $mib MiB"
}

@test "tools that change row by row hold a record of a file and of a pipe" {
	for tool in yc-quantise yc-decode "yc-augment flip" yc-view "yc-view --html --columns 30" yc-cat "yc-cat --shard 2/3" \
		"yc-cat --shard 1/2 --by classes"; do
		# shellcheck disable=SC2086 # words
		less 60 $tool -j2 "$BIG"
		# shellcheck disable=SC2086,SC2002
		cat "$BIG" | less 60 $tool -j2
	done
}

@test "yc-select on a file holds a part of what it writes" {
	less 150 yc-select yoco --keep 0.9 -j2 "$BIG"
	less 150 yc-select yoco --keep 0.9 --order -q -j2 <"$BIG"
	less 60 yc-select yoco --keep 0.01 -j2 "$BIG"
	less 60 yc-select yoco --keep 0.01 --explain -j2 "$BIG"
	# shellcheck disable=SC2002
	cat "$BIG" | less 60 yc-select yoco --keep 0.01 --explain -j2
}

@test "yc-select says what a pipe takes, and how often it reads a file" {
	run -0 --separate-stderr pipe "cat $BIG | yc-select yoco --keep 0.1 | yc-info --digest"
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[0]} == "yc-select: "*"pipe"*" 256 MiB so far"* ]]
	[[ ${stderr_lines[1]} == "yc-select: "*"pipe"*" 281 MiB;"* ]]
	digest=$output
	run -0 --separate-stderr pipe "yc-select yoco --keep 0.1 $BIG | yc-info --digest"
	[ -z "$stderr" ]
	[ "$output" = "$digest" ]
	run -0 --separate-stderr pipe "yc-select yoco --order $BIG | yc-info --digest"
	[[ $stderr == "yc-select: "*" 5 passes "* ]]
	digest=$output
	run -0 --separate-stderr pipe "cat $BIG | yc-select -q yoco --order | yc-info --digest"
	[ -z "$stderr" ] && [ "$output" = "$digest" ]
}

@test "condensed images that fill memory several times are cut and decoded as from a pipe" {
	# of every class, images far apart in the file: 72 MiB
	$rows 96 256 F32 yc.factor=2 | zstd -q1 -o c.yct
	for tool in "yc-select yoco --keep 0.7" "yc-select random --order" yc-decode "yc-augment flip"; do
		digest=$(pipe "$tool -q c.yct | yc-info --digest")
		[ "$digest" = "$(pipe "cat c.yct | $tool -q | yc-info --digest")" ] || fail "$tool"
	done
}

@test "yc-select writes the same bytes from a file, from standard input and from a pipe" {
	$rows 700 16 U8 yc.factor=2 | zstd -q1 -o c.yct
	$rows 700 16 U8 >w.raw
	seq 699 -3 1 >ids
	for f in c.yct w.raw "c.yct c.yct"; do
		for how in "yoco --keep 0.4" "yoco --ipc 3" "yoco --order" "random --bytes 20K --balance" \
			"random --order --tiles 9" "ccs --score lbpe --cut-off 0.1 --ipc 2" "--ids ids"; do
			[ "$how $f" != "--ids ids c.yct c.yct" ] || continue
			# shellcheck disable=SC2086 # words
			yc-select $how $f -o file.yct
			# shellcheck disable=SC2086
			cat $f >joined
			# shellcheck disable=SC2002,SC2086
			cat joined | yc-select $how -o pipe.yct
			# shellcheck disable=SC2086
			yc-select $how -o stdin.yct <joined
			cmp file.yct pipe.yct || fail "$how $f"
			cmp file.yct stdin.yct || fail "$how <$f"
		done
	done
	yc-select yoco --order w.raw -o ordered.yct
	yc-select --ipc 3 ordered.yct -o file.yct
	# shellcheck disable=SC2002
	cat ordered.yct | yc-select --ipc 3 -o pipe.yct
	cmp file.yct pipe.yct
}

@test "a file that changes between its two readings is an error, and nothing is written" {
	$rows 700 16 U8 >w.raw
	mkfifo list
	# The list is opened when the rows are known.
	{
		exec 4>list
		touch -d '1 hour ago' w.raw
		echo 5 >&4
	} &
	run -1 --separate-stderr yc-select --ids list w.raw -o out.yct
	[[ $stderr == "yc-select: w.raw: the file changed while it was read" ]]
	assert_not_exists out.yct
}

@test "streams that were joined stay apart where rows only pass" {
	$rows 700 16 F32 yc.source=first lab=north >a.raw
	$rows 500 16 F32 yc.source=second >b.raw
	cat a.raw b.raw | yc-quantise --raw | cmp - <(yc-quantise --raw a.raw; yc-quantise --raw b.raw)
	cat a.raw b.raw | yc-quantise -o q.yct
	[ "$(yc-info q.yct | grep -c '2 segments')" -eq 1 ]
	yc-info --check q.yct
	same "yc-select random --keep 1 q.yct | yc-info --digest" "yc-info --digest q.yct"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
# Limits of the system (ulimit): a tool works within them or ends with an error of one line, and
# leaves nothing.
load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	yc-load demo --per-class 4 -o demo.yct
	yc-score el2n --epochs 1 --width 4 --depth 1 -q demo.yct -o scored.yct
	printf 'x\ty\n1\t2\n2\t3\n' >small.tsv
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp "$BATS_FILE_TMPDIR"/* .
	# Threads that a limit should meet, not those of the tests' machine.
	unset OMP_WAIT_POLICY
}

# A short run of every tool, and whether it has networks.
quick=("yc-load demo --per-class 2" "yc-augment flip demo.yct" "yc-select random --tiles 1 scored.yct"
	"yc-decode demo.yct" "yc-cat demo.yct" "yc-quantise demo.yct" "yc-info demo.yct" "yc-view demo.yct" "yc-plot small.tsv"
	"yc-save npz demo.yct out" "yc-whiten none demo.yct")
networks=("yc-train --epochs 1 --width 8 demo.yct" "yc-score el2n --epochs 1 --width 8 demo.yct"
	"yc-eval --repeat 1 --epochs 1 --width 8 --test demo.yct demo.yct"
	"yc-condense idc --ipc 1 --outer 1 --inner 1 --n-real 4 --width 8 demo.yct")

# limited "-v 150000" STATUS "part of its message" "command": it ends so, at all. Status "any": with
# success, or with an error.
limited() {
	local how to="-o out"
	[[ $4 != yc-save* ]] || to=
	run --separate-stderr timeout -s KILL 20 bash -c "ulimit $1 && exec $4 -q $to" </dev/null
	how="ulimit $1; $4: status $status: $stderr"
	if [ "$status" -eq 0 ] && [[ $2 == [0a]* ]]; then
		[ -s out ] && [ -z "$stderr" ] || fail "$how"
	else
		[ "$2" = any ] && [ "$status" -eq 1 ] || [ "$status" = "$2" ] || fail "$how"
		[ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "${4%% *}: "*"$3"* ]] || fail "$how"
	fi
	rm -f out
	[ "$(echo ./*out* .*tmp)" = "./*out* .*tmp" ] || fail "$how: left $(ls -a)"
}

@test "every tool has its place here" {
	for t in "$YC_ROOT"/tools/yc-*.c; do
		t=${t##*/}
		printf '%s\n' "${quick[@]}" "${networks[@]}" | grep -q "^${t%.c} " || fail "$t"
	done
}

@test "no tool is linked with OpenBLAS" {
	for c in "${quick[@]}" "${networks[@]}"; do
		run -0 ldd "$YC_BIN/${c%% *}"
		[[ $output == *libc.* && $output != *blas* ]] || fail "${c%% *}: $output"
	done
}

@test "little memory is enough, or an error" {
	for c in "${quick[@]}"; do
		limited "-v 150000" 0 "" "$c"
	done
	for c in "${networks[@]}"; do
		limited "-v 50000" any "threads (-j)" "$c -j1"
		limited "-v 100000" 0 "" "$c -j1"
		limited "-v 150000" any "threads (-j)" "$c -j8"
	done
}

@test "a small stack is enough" {
	for c in "${quick[@]}" "${networks[@]}"; do
		limited "-s 64" 0 "" "$c -j4"
	done
}

@test "threads that do not start are replaced by those that do, for the same bytes" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user, to whom the limit applies"
	yc-eval --repeat 1 --epochs 1 --width 8 --json --test demo.yct demo.yct -j4 | sed 's/"seconds.*//' >four
	chmod a+rx . ..
	run -0 --separate-stderr timeout 20 setpriv --reuid 65433 --clear-groups \
		--inh-caps +dac_override --ambient-caps +dac_override bash -c "ulimit -u 2 &&
		exec yc-eval --repeat 1 --epochs 1 --width 8 --json --test demo.yct demo.yct -j4"
	sed 's/"seconds.*//' <<<"$output" | cmp - four
	[[ $stderr == "yc-eval: only 2 of 4 threads could be started"* ]]
}

@test "memory that is too little to compress is said with what takes less" {
	yc-load demo --per-class 40 --raw -q -o raw.yct
	limit=16000
	until (ulimit -v $limit && yc-quantise raw.yct --level 19 -j1 -q -o out) 2>>said; do
		limit=$((limit + 1500))
		[ "$limit" -lt 200000 ] || fail "$(tail -n 3 said)"
	done
	grep -q "^yc-quantise: not enough memory to compress: fewer threads (-j), a lower --level or --raw take less" said
	run -1 grep "zstd:" said
}

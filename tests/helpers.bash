# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every tests/*.bats begins with: load helpers
bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

YC_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
YC_BIN=${YC_BIN:-$YC_ROOT/build/release/bin}
YC_DATA=${YC_DATA:-$YC_ROOT/../shared/data}
# The interpreter whose packages are Debian's; a shim of pyenv takes half a second besides.
[[ $(command -v python3) == /usr/bin/python3 || ! -x /usr/bin/python3 ]] || PATH=/usr/bin:$PATH
# What makes test input is called by name: then a space in its path is of no concern.
PATH=$YC_BIN:$YC_ROOT/tests/make:$YC_ROOT/tests/reference:$PATH
# Idle OpenMP threads that spin slow down everything else on busy test machines.
export OMP_WAIT_POLICY=passive
export YC_ROOT YC_BIN YC_DATA PATH LC_ALL=C
# A sanitizer's report must not pass for an error of ours, which is status 1 as well.
export ASAN_OPTIONS=exitcode=99:${ASAN_OPTIONS:-} UBSAN_OPTIONS=exitcode=99:${UBSAN_OPTIONS:-}
unset YC_THREADS YC_SEED YC_PROGRESS
# Of the make that runs the tests; of what it is told, its own makes know nothing.
unset MAKEFLAGS MFLAGS MAKELEVEL

# pipe "a | b": fails when any stage fails.
pipe() {
	bash -o pipefail -c "$1"
}

# refused STATUS "part of the message" COMMAND...: it ends so, and says that in one line.
# shellcheck disable=SC2154 # run sets them
refused() {
	run "-$1" --separate-stderr "${@:3}"
	[ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "yc-"*": "*"$2"* ]] ||
		fail "'$2' expected in '$stderr' of ${*:3}"
}

# printed "a | b" FILE: what a command line prints, every stage of which must succeed, if anything.
printed() {
	(set -o pipefail && eval "$1") >"$2" && [ -s "$2" ] || fail "fails, or prints nothing: $1"
}

# same "a | b" "c | d": both succeed, and print the same. [ "$(a)" = "$(c)" ] and cmp <(a) <(c) hold
# as well where both fail.
same() {
	printed "$1" "$BATS_TEST_TMPDIR/.one" && printed "$2" "$BATS_TEST_TMPDIR/.two" || return
	cmp -s "$BATS_TEST_TMPDIR/.one" "$BATS_TEST_TMPDIR/.two" ||
		fail "not the same: $1; $2: $(diff -a "$BATS_TEST_TMPDIR/.one" "$BATS_TEST_TMPDIR/.two" | head -c 1000)"
}

# differ "a | b" "c | d": both succeed and print something, but not the same.
differ() {
	printed "$1" "$BATS_TEST_TMPDIR/.one" && printed "$2" "$BATS_TEST_TMPDIR/.two" || return
	run -1 cmp -s "$BATS_TEST_TMPDIR/.one" "$BATS_TEST_TMPDIR/.two"
}

# Path of a real data set in $YC_DATA, or the test is skipped: file=$(data NAME) || skip "no NAME"
data() {
	[ -e "$YC_DATA/$1" ] && echo "$YC_DATA/$1"
}

# Images of ten classes in train.yct, and in set.yct 3 for each of them, condensed.
small_set() {
	yc-load demo --train-images 40 -o train.yct
	yc-condense idc --ipc 3 --outer 1 --inner 1 --n-real 8 --width 4 -q train.yct -o set.yct
}

# tiny_table [ARGUMENT]...: table 1 in the folder out, of six images that are a set and its test
tiny_table() {
	[ -e set.yct ] || made.py yc.classes=2 yc.side=8 image=U8:6x3x8x8 label=I64:6:0,0,0,1,1,1 id=I64:6 >set.yct
	make -s -f "$YC_ROOT/pipelines/table1.mk" OUT=out COND=set.yct TEST=set.yct "RULES=random first" WHOLE=no SEEDS=2 REPEAT=1 \
		EPOCHS=1 "EVAL_OPTS=--width 4" IPC_T=1 IPC_F=3 "$@"
}

# interrupted CHANGES SIGNAL ARGUMENT...: yc-condense with these on train.yct, in the background until
# run.ck was replaced so often, then sent the signal. It runs in short bursts and is stopped while this
# looks, so that a busy machine cannot let it reach its end in between.
interrupted() {
	local changes=$1 signal=$2 was now pid
	shift 2
	yc-condense "$@" train.yct 2>err &
	pid=$!
	was=$(stat -c %i run.ck 2>/dev/null || true)
	while [ "$changes" -gt 0 ] && kill -CONT "$pid" 2>/dev/null; do
		sleep 0.01
		kill -STOP "$pid" 2>/dev/null || break
		now=$(stat -c %i run.ck 2>/dev/null || true)
		[ "$now" = "$was" ] || changes=$((changes - 1))
		was=$now
	done
	kill "-$signal" "$pid"
	kill -CONT "$pid" 2>/dev/null || true
	wait "$pid"
}

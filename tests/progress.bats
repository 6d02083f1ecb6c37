#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Signals and progress, which tools/tool.c does for every tool that takes long.
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/small.py" >small.yct
	mkfifo in err
}

teardown() {
	[ -z "${pid:-}" ] || { kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true
}

# Starts a run of hours and returns when it has opened its input, so that it can take signals;
# its messages come on descriptor 5.
start() {
	yc-eval --test small.yct --epochs 1000000 --width 4 --depth 1 -j1 -o out "$@" in 2>err 3>&- &
	pid=$!
	exec 5<err
	cat small.yct >in
}

@test "SIGUSR1 asks for one line, SIGTERM ends the run without a trace" {
	start
	kill -USR1 "$pid"
	read -r -t 20 line <&5
	[[ $line == "yc-eval: "*"/3000000"*" left"* ]]
	[[ $line != *$'\r'* ]]
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 1 ]
	read -r -t 20 line <&5
	[ "$line" = "yc-eval: interrupted" ]
	[ "$(echo out*)" = "out*" ]
}

@test "a second signal ends the run at once, and leaves no file either" {
	start --save-net net
	kill -USR1 "$pid"
	read -r -t 20 line <&5
	kill -TERM "$pid"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	# the first may have been enough
	[ "$status" -eq 1 ] || [ "$status" -eq $((128 + 15)) ]
	[ "$(echo out* net*)" = "out* net*" ]
}

@test "a terminal sees a line that is rewritten" {
	start --progress=always
	read -r -t 20 -d $'\r' line <&5
	[[ $line == "yc-eval: "*"/3000000"*" left"* ]]
	[[ $line != *$'\n'* ]]
	[ "${#line}" -lt 80 ]
	read -r -t 20 -d $'\r' line <&5
	[[ $line == $'\e[K'* ]]
}

@test "a signal while waiting for input ends the tool by that signal" {
	yc-select yoco --tiles 1 -o out in 2>err 3>&- &
	pid=$!
	exec 5<err 6>in
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq $((128 + 15)) ]
	[ "$(echo out*)" = "out*" ]
}

@test "YC_PROGRESS and the option take the same words" {
	YC_PROGRESS=loud run -2 --separate-stderr yc-eval --test small.yct small.yct
	[[ $stderr == *"YC_PROGRESS: 'loud' is not one of auto|always|never"* ]]
	run -2 --separate-stderr yc-eval --progress loud --test small.yct small.yct
	[[ $stderr == *"--progress: 'loud'"* ]]
}

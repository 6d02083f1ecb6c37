#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
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
	# A shell's background jobs ignore SIGINT.
	env --default-signal=INT yc-eval --test small.yct --epochs 1000000 --width 4 --depth 1 -j1 -o out "$@" in 2>err 3>&- &
	pid=$!
	exec 5<err
	cat small.yct >in
}

# The same, and asks until it has trained a step.
start_training() {
	start
	line=
	while [[ $line != *"/3000000"* ]]; do
		kill -USR1 "$pid"
		read -r -t 20 line <&5
		[[ $line == "yc-eval: no step is done yet" || $line == "yc-eval: "*"/3000000"*" left"* ]]
		[[ $line != *$'\r'* ]]
	done
}

@test "SIGUSR1 asks for one line, SIGTERM ends the run without a trace" {
	start_training
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 1 ]
	read -r -t 20 line <&5
	[ "$line" = "yc-eval: interrupted" ]
	[ "$(echo out*)" = "out*" ]
}

@test "SIGUSR1 is answered while a tool waits for input, and with -q" {
	for t in "yc-eval --test small.yct" "yc-score el2n" "yc-train" "yc-condense idc --ipc 1"; do
		# shellcheck disable=SC2086
		$t -q in -o out 2>err 3>&- &
		pid=$!
		exec 5<err 6>in
		for _ in 1 2; do
			kill -USR1 "$pid"
			read -r -t 20 line <&5
			[ "$line" = "${t%% *}: no step is done yet" ] || fail "$t: $line"
		done
		kill -9 "$pid"
		wait "$pid" || true
		exec 5<&- 6>&-
	done
}

@test "a second signal ends the run at once, and leaves no file either" {
	start --save-net net
	kill -USR1 "$pid"
	read -r -t 20 line <&5
	kill -TERM "$pid"
	sleep 1.1 # within a second it counts as the same
	kill -TERM "$pid" 2>/dev/null || true
	status=0
	wait "$pid" || status=$?
	# the first may have been enough
	[ "$status" -eq 1 ] || [ "$status" -eq $((128 + 15)) ]
	[ "$(echo out* net*)" = "out* net*" ]
}

@test "a signal that comes several times, as those of Slurm through make do, is one" {
	start_training
	# Two that wait, so that the tool cannot end between them.
	kill -STOP "$pid"
	kill -TERM "$pid"
	kill -INT "$pid"
	kill -CONT "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 1 ] || fail "$status: by the signal"
}

@test "a terminal sees a line that is rewritten, and ends where it began" {
	COLUMNS=200 start --progress=always
	for _ in 1 2; do
		read -r -t 20 -d $'\r' line <&5
		[ -z "$line" ]
		read -r -t 20 -d $'\r' line <&5
		[[ $line == "yc-eval: "*"/3000000"*" left, loss "*$'\e[K' ]]
		[[ $line != *$'\n'* ]]
	done
}

# on_terminal COLUMNS COMMAND: what it writes to a terminal of that width.
on_terminal() {
	TERM=xterm timeout 60 script -qec "stty cols $1 2>/dev/null; $2" /dev/null </dev/null
}

@test "no line of progress is wider than the terminal" {
	for columns in 27 100; do
		on_terminal $columns "timeout 1.8 yc-eval --epochs 1000000 --width 4 --depth 1 -j1 --test small.yct small.yct" >seen || true
		tr '\r' '\n' <seen | sed 's/\x1b\[K//' | grep "^yc-eval: ne" >bars
		[ "$(wc -l <bars)" -ge 2 ]
		[ "$(wc -L <bars)" -lt $columns ] || fail "$columns: $(cat bars)"
		"$YC_ROOT/tests/reference/screen.py" $columns <seen >screen
		run -1 grep "^yc-eval: ne" screen # all were erased
	done
	[ "$(wc -L <bars)" -gt 60 ]
}

@test "what two stages write to one terminal stands on lines of its own" {
	net="--width 8 --depth 1 -j1"
	on_terminal 80 "yc-score el2n --epochs 12000 --full $net small.yct |
		yc-eval --epochs 200 --repeat 2 $net --test small.yct; yc-info --tsv small.yct" >seen
	tr '\r' '\n' <seen | grep -q "^yc-score: .* left" || fail "no progress of the first: $(cat -v seen)"
	tr '\r' '\n' <seen | grep -q "^yc-eval: .* left" || fail "no progress of the second: $(cat -v seen)"
	"$YC_ROOT/tests/reference/screen.py" 80 <seen >screen
	run -1 grep "left" screen
	[ "$(cut -c 1-6 screen | head -n 5 | tr '\n' ' ')" = "repeat 1      2      mean   deviat " ] ||
		fail "$(cat screen)"
	# what follows is whole
	yc-info --tsv small.yct | sed 's/$/\r/' | "$YC_ROOT/tests/reference/screen.py" 80 >wanted
	tail -n "+6" screen | cmp - wanted
}

@test "a message erases the progress of another stage, and nothing else" {
	bar=$'\ryc-other: networks 1/2, 0:10 left, loss 1.8829, and so on\e[K\r'
	for c in "yc-info small.yct" "yc-info nowhere.yct"; do
		on_terminal 80 "printf '$bar'; $c" | "$YC_ROOT/tests/reference/screen.py" 80 >screen
		on_terminal 80 "$c" | "$YC_ROOT/tests/reference/screen.py" 80 | cmp screen - || fail "$(cat screen)"
		on_terminal 80 "printf 'here: '; $c" | "$YC_ROOT/tests/reference/screen.py" 80 >screen
		[[ $(head -n 1 screen) == "here: "?* ]] || fail "$(cat screen)"
	done
	TERM=dumb script -qec "yc-info small.yct" /dev/null >seen
	run -1 grep $'\e' seen
}

@test "a line that is not complete is not written over" {
	on_terminal 80 "yc-eval --json --epochs 700 --repeat 2 --width 8 --depth 1 -j1 --test small.yct small.yct" >seen
	"$YC_ROOT/tests/reference/screen.py" 400 <seen | python3 -m json.tool >/dev/null || fail "$(cat -v seen)"
}

@test "--metrics writes what was done and measured, as lines of JSON" {
	net="--epochs 3 --width 4 --depth 1 -j1 small.yct -q -o out"
	yc-eval --test small.yct --repeat 2 $net --metrics eval.json
	yc-train --networks 2 $net --metrics train.json
	yc-score el2n $net --metrics score.json
	yc-condense idc --ipc 1 --outer 1 --inner 2 --n-real 4 --width 4 --depth 1 -j1 small.yct -q -o out \
		--metrics condense.json
	python3 - <<-'EOF'
		import json
		def rows(name):
		    lines = open(name + ".json").read().split("\n")
		    assert lines.pop() == ""
		    found = [json.loads(line) for line in lines]
		    assert all(r["tool"] == "yc-" + name for r in found)
		    assert [r["seconds"] for r in found] == sorted(r["seconds"] for r in found)
		    return found
		for name in "eval", "train", "score", "condense":
		    ticks = [r for r in rows(name) if "done" in r]
		    assert ticks[-1]["done"] == ticks[-1]["total"] > 0, ticks
		    assert isinstance(ticks[-1]["loss"], (int, float)), ticks
		tests = [r for r in rows("eval") if r["phase"] == "test"]
		assert [(r["network"], r["epoch"]) for r in tests] == [(n, e) for n in (1, 2) for e in (1, 2, 3)]
		assert all(0 <= r["accuracy"] <= 1 for r in tests)
		epochs = [r for r in rows("train") if r["phase"] == "epoch"]
		assert [(r["network"], r["epoch"]) for r in epochs] == [(n, e) for n in (1, 2) for e in (1, 2, 3)]
		assert all(0 <= r["accuracy"] <= 1 and r["loss"] > 0 for r in epochs)
		assert rows("condense")[-1]["inner"] == 2
	EOF
}

@test "--metrics begins anew, continues with --resume, and knows its place" {
	run="yc-condense idc --ipc 1 --inner 1 --n-real 4 --width 4 --depth 1 -j1 small.yct -q"
	$run --outer 1 --metrics m -o out --checkpoint ck
	before=$(wc -l <m)
	$run --outer 1 --metrics m -o out
	[ "$(wc -l <m)" -eq "$before" ]
	$run --outer 2 --metrics m -o out --checkpoint ck --resume
	[ "$(wc -l <m)" -gt "$before" ]
	# Where there is nothing to go on with, --resume begins anew.
	$run --outer 1 --metrics m -o out --checkpoint fresh --resume
	[ "$(wc -l <m)" -eq "$before" ]
	$run --outer 1 --metrics /dev/fd/7 -o out 7>>m
	[ "$(tail -n 1 m | cut -c 1-21)" = '{"tool":"yc-condense"' ]
	# an older log goes when there is something new to say
	cp m kept
	refused 2 "unknown option" $run --metrics m --no-such-option
	$run --dry-run --metrics m >/dev/null
	cmp m kept
	$run --outer 1 --no-resume --metrics m -o out
	run -1 grep -Fxf kept m
	(ulimit -f 1 && run -1 --separate-stderr $run --outer 400 --inner 5 --metrics cut -o /dev/null)
	[ "$(tail -c 2 cut)" = "}" ]
	refused 2 "standard output is taken" $run --metrics -
	refused 2 "small.yct is both input and --metrics" $run --metrics small.yct
	refused 2 "out is the output twice" $run --metrics out -o out
	refused 1 "--metrics none/m: there is no folder" $run --metrics none/m -o out
	run -1 --separate-stderr $run --outer 1 --metrics /dev/full -o new
	[[ $stderr == *"--metrics /dev/full: lines are missing: No space left on device" ]]
	yc-info --check new # the result is there
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

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What every tool must do. A tool that is added is found by its source; where it cannot run
# on a stream alone, it needs a line in `with`.
load helpers

setup_file() {
	"$YC_ROOT/tests/make/small.py" >"$BATS_FILE_TMPDIR/small.yct"
	export SMALL=$BATS_FILE_TMPDIR/small.yct
	printf 'x\ty\n1\t2\n2\t3\n' >"$BATS_FILE_TMPDIR/small.tsv"
	export TABLE=$BATS_FILE_TMPDIR/small.tsv
}

setup() {
	tools=$(cd "$YC_ROOT/tools" && ls yc-*.c)
	tools=${tools//.c/}
	cd "$BATS_TEST_TMPDIR" || return
	cp "$SMALL" small.yct
	head -c 2000 small.yct >cut.yct
	head -c 3000 /dev/urandom >garbage.yct
}

# The operands and options of a short run of tool $1, but for the stream.
with() {
	case $1 in
	yc-plot) echo "$TABLE" ;;
	yc-load) echo "demo --train-images 2" ;;
	yc-augment) echo "flip" ;;
	yc-whiten) echo "mtt" ;;
	yc-condense) echo "idc --ipc 1 --outer 1 --inner 1 --n-real 4 --width 4 --depth 1" ;;
	yc-score) echo "el2n --epochs 1 --width 4 --depth 1" ;;
	yc-select) echo "yoco --tiles 1" ;;
	yc-train) echo "--epochs 1 --width 4 --depth 1" ;;
	yc-save) echo "safetensors -q" ;;
	yc-eval) echo "--test $SMALL --epochs 1 --repeat 1 --width 4 --depth 1" ;;
	esac
}

# Tools whose --help lists option $1: there are some, and not all of them.
having() {
	local t have=()
	for t in $tools; do
		"$t" --help | grep -q -- " --$1\\b" && have+=("$t")
	done
	[ ${#have[@]} -ge 4 ] || echo "no-tool-has-$1"
	echo "${have[@]}"
}

# on TOOL: runs it on standard input.
on() {
	local line
	read -ra line <<<"$(words "$@")"
	"$1" "${line[@]}"
}

# The arguments of `on`. The last operand of yc-save is what -o is elsewhere.
words() {
	local at=() to=() tool=$1
	[ "$tool" != yc-save ] || to=(-)
	shift
	while [ $# -gt 0 ]; do
		if [[ $tool == yc-save && $1 == -o ]]; then
			to=("$2")
			shift 2
		else
			at+=("$1")
			shift
		fi
	done
	echo "$(with "$tool") -j1 ${at[*]} ${to[*]}"
}

# complain TOOL TEXT: fails the test, with what the last run left behind.
complain() {
	fail "$1: $2 (status $status): ${output:-} ${stderr:-}"
}

# Exactly one line on stderr, beginning with the tool's name, nothing of a sanitizer.
one_line() {
	[ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "$1: "* ]]
}

@test "every tool prints help and version to standard output" {
	for t in $tools; do
		run --separate-stderr "$t" --help
		[ "$status" -eq 0 ] && [ -z "$stderr" ] || complain "$t" "--help"
		[[ ${lines[0]} == "usage: $t "* ]] || complain "$t" "no usage line"
		[[ $output == *Examples:* ]] || complain "$t" "no examples"
		run --separate-stderr "$t" --version
		[ "$status" -eq 0 ] && [ -z "$stderr" ] || complain "$t" "--version"
		[[ $output == "$t (yc) "[0-9]* ]] || complain "$t" "version"
	done
}

@test "every method has help" {
	local n=0
	for t in $tools; do
		for m in $("$t" --help | sed -n '/NAME --help/,/^$/s/^  \([^ ]*\)  .*/\1/p'); do
			run --separate-stderr "$t" "$m" --help
			[ "$status" -eq 0 ] && [ -z "$stderr" ] && [[ $output == "$t $m: "* ]] ||
				complain "$t" "$m --help"
			n=$((n + 1))
		done
	done
	[ $n -ge 40 ] || fail "only $n methods"
}

@test "an unknown option or method is wrong usage, in one line" {
	for t in $tools; do
		for word in --no-such-option -@; do
			run --separate-stderr on "$t" "$word" <small.yct
			[ "$status" -eq 2 ] && [ -z "$output" ] && one_line "$t" || complain "$t" "$word"
			[[ $stderr == *"$word"* ]] || complain "$t" "does not name $word"
		done
	done
	for t in yc-load yc-augment yc-condense yc-score yc-select yc-save; do
		run --separate-stderr "$t" no-such-method small.yct
		[ "$status" -eq 2 ] && [ -z "$output" ] && one_line "$t" || complain "$t" "method"
		[[ $stderr == *no-such-method* ]] || complain "$t" "does not name no-such-method"
	done
}

@test "a wrong value in the environment is wrong usage that names the variable" {
	for t in $tools; do
		YC_THREADS=many run --separate-stderr on "$t" <small.yct
		[ "$status" -eq 2 ] && one_line "$t" && [[ $stderr == *YC_THREADS* ]] ||
			complain "$t" YC_THREADS
	done
	for t in $tools; do
		YC_KERNELS=abacus run --separate-stderr on "$t" <small.yct
		[ "$status" -eq 2 ] && one_line "$t" && [[ $stderr == *YC_KERNELS* ]] ||
			complain "$t" YC_KERNELS
	done
	for t in yc-condense yc-eval yc-score yc-train; do
		YC_PRECISION=exakt run --separate-stderr on "$t" <small.yct
		[ "$status" -eq 2 ] && one_line "$t" && [[ $stderr == *YC_PRECISION* ]] ||
			complain "$t" YC_PRECISION
	done
	for t in $(having seed); do
		YC_SEED=-1 run --separate-stderr on "$t" <small.yct
		[ "$status" -eq 2 ] && [[ $stderr == *YC_SEED* ]] || complain "$t" YC_SEED
	done
}

@test "a short run with stderr in a file prints nothing there" {
	for t in $tools; do
		quiet=()
		[ "$t" != yc-condense ] || quiet=(-q) # tells what a run will cost
		run --separate-stderr on "$t" "${quiet[@]}" -o out <small.yct
		[ "$status" -eq 0 ] && [ -z "$output" ] && [ -z "$stderr" ] || complain "$t" "short run"
		[ -s out ] || complain "$t" "no output"
		rm -f out
	done
}

@test "a full disk is a failure with a message" {
	for t in $tools; do
		status=0
		on "$t" <small.yct >/dev/full 2>err || status=$?
		stderr=$(tail -n 1 err) output=
		[ "$status" -eq 1 ] && [[ $stderr == *"No space left"* ]] || complain "$t" /dev/full
		run --separate-stderr bash -c '"$1" --help >/dev/full' - "$t"
		[ "$status" -eq 1 ] && one_line "$t" || complain "$t" "--help >/dev/full"
	done
}

@test "a device is written to, not replaced" {
	for t in $tools; do
		run --separate-stderr on "$t" -q -o /dev/full <small.yct
		[ "$status" -eq 1 ] || complain "$t" "-o /dev/full"
		[ -c /dev/full ] || complain "$t" "replaced /dev/full"
	done
}

@test "a closed standard output is a failure" {
	for t in $tools; do
		status=0
		on "$t" -q <small.yct >&- 2>err || status=$?
		[ "$status" -eq 1 ] || complain "$t" ">&-: $(cat err)"
	done
}

@test "a reader that leaves early is met with silence" {
	for t in $tools; do
		# Its status tells that it got as far: it was killed, or had written all of it.
		on "$t" -q <small.yct 2>err | head -c 1 >first
		how=${PIPESTATUS[0]}
		[ ! -s err ] && [ -s first ] && [[ $how == 0 || $how == 141 ]] || fail "$t: $how $(cat err)"
		# Launchers such as Python's os.system leave SIGPIPE ignored.
		how=$(trap '' PIPE && on "$t" -q <small.yct 2>err | true; echo "${PIPESTATUS[0]}")
		[ ! -s err ] && [[ $how == [01] || $how == 141 ]] ||
			fail "$t with SIGPIPE ignored: $how $(cat err)"
	done
}

@test "cut input is incomplete, in every tool, and leaves no file" {
	for t in $(having memory); do
		run --separate-stderr on "$t" -o out <cut.yct
		[ "$status" -eq 3 ] && [ -z "$output" ] || complain "$t" "cut input"
		one_line "$t" && [[ $stderr == *"record 1"* ]] || complain "$t" "cut input"
		[ "$(echo out*)" = "out*" ] || complain "$t" "left $(echo out*)"
		run on "$t" -o out cut.yct
		[[ $output == *"cut.yct: record 1"* ]] || complain "$t" "names no file"
	done
}

@test "input without an end mark is incomplete" {
	"$YC_ROOT/tests/make/small.py" noend >noend.yct
	for t in $(having memory); do
		run --separate-stderr on "$t" -o out <noend.yct
		[ "$status" -eq 3 ] || complain "$t" "no end mark"
		[ "$(echo out*)" = "out*" ] || complain "$t" "left $(echo out*)"
	done
}

@test "garbage and empty input are refused" {
	: >empty.yct
	for t in $(having memory); do
		for f in garbage.yct empty.yct; do
			run --separate-stderr on "$t" -o out "$f"
			[[ $status == [13] ]] && [ -z "$output" ] && one_line "$t" || complain "$t" "$f"
			[[ $stderr == *"$f"* ]] || complain "$t" "does not name $f"
			[ "$(echo out*)" = "out*" ] || complain "$t" "left $(echo out*)"
		done
	done
}

@test "a file that is not there is named" {
	for t in $(having memory); do
		run --separate-stderr on "$t" -o out nowhere.yct
		[ "$status" -eq 1 ] && one_line "$t" && [[ $stderr == *"nowhere.yct: No such"* ]] ||
			complain "$t" "missing file"
	done
}

@test "output that is also input is refused, and stays as it was" {
	for t in $(having memory); do
		run --separate-stderr on "$t" -o small.yct small.yct
		[ "$status" -eq 2 ] && one_line "$t" || complain "$t" "-o input"
		ln -sf small.yct link.yct
		run --separate-stderr on "$t" -o link.yct small.yct
		[ "$status" -eq 2 ] || complain "$t" "-o link to input"
		run --separate-stderr on "$t" -o small.yct <small.yct
		[ "$status" -eq 2 ] || complain "$t" "-o input, from standard input"
		status=0
		on "$t" <small.yct >>small.yct 2>err || status=$?
		[ "$status" -eq 2 ] || complain "$t" ">>input"
		cmp small.yct "$SMALL" || complain "$t" "changed its input"
	done
}

@test "standard input that is to be read twice is wrong usage" {
	for t in $(having memory); do
		run --separate-stderr on "$t" - - <small.yct
		[ "$status" -eq 2 ] && one_line "$t" || complain "$t" "- -"
	done
	for args in "score el2n --dynamics -" "score el2n --dynamics - -" "eval --test -" "eval --test - -" \
		"select --ids -" "select --ids - -" "eval --init-net - --test $SMALL -"; do
		# shellcheck disable=SC2086
		run --separate-stderr yc-$args <small.yct
		[ "$status" -eq 2 ] && [[ $stderr == *"standard input is to be read twice"* ]] ||
			complain "yc-$args" "twice"
	done
}

@test "binary output is not written to a terminal" {
	for t in $(having force); do
		run script -qec "$t $(words "$t" small.yct)" /dev/null
		[ "$status" -eq 2 ] && [[ $output == *"-o FILE"* || $output == *"a PATH"* ]] || complain "$t" "terminal"
		[ "${#output}" -lt 200 ] || complain "$t" "wrote to a terminal"
	done
}

@test "a terminal as input is wrong usage" {
	for t in $(having memory); do
		run script -qec "$t $(words "$t" -o out)" /dev/null
		[ "$status" -eq 2 ] && [[ $output == *"no input"* ]] || complain "$t" "terminal input"
	done
}

@test "an output file appears whole or not at all" {
	for t in $tools; do
		echo old >out
		run --separate-stderr on "$t" -q -o out <small.yct
		[ "$status" -eq 0 ] && [ "$(head -c 4 out)" != old ] || complain "$t" "-o over a file"
		[ "$(echo out*)" = out ] || complain "$t" "left $(echo out*)"
		[ "$(stat -c %a out)" = 644 ] || complain "$t" "mode $(stat -c %a out)"
		run --separate-stderr on "$t" -q -o nowhere/out <small.yct
		[ "$status" -eq 1 ] && [[ $stderr == "$t: nowhere/out: there is no folder 'nowhere/'" ]] ||
			complain "$t" "-o into a missing folder"
		rm -f out
	done
}

@test "the number of threads does not change a byte" {
	for t in $(having force); do
		on "$t" -q -j1 -o one <small.yct
		on "$t" -q -j2 -o two <small.yct
		cmp one two || fail "$t: -j1 and -j2 differ"
	done
}

@test "unknown columns and records survive" {
	for t in $(having raw); do
		case $t in yc-load | yc-condense | yc-train) continue ;; esac
		on "$t" -q --raw -o out <small.yct
		grep -q '"strange"' out || fail "$t: drops records of unknown kinds"
		grep -q '"odd"' out || fail "$t: drops columns that it does not know"
	done
}

@test "the history names the tool, unless it is not wanted" {
	for t in $(having no-history); do
		on "$t" -q --raw -o out <small.yct
		grep -q "yc.history.*$t" out || fail "$t: not in the history"
		on "$t" -q --raw --no-history -o out <small.yct
		! grep -q yc.history out || fail "$t: --no-history"
	done
}

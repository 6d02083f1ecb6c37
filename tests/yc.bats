#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir bin
	cp "$YC_BIN/yc" bin/
}

# tool FOLDER/NAME: a program that says how it was called.
tool() {
	mkdir -p "${1%/*}"
	printf '#!/bin/sh\necho "%s:" "$@"\n' "$1" >"$1"
	chmod +x "$1"
}

@test "yc lists the tools, one line each, with a pipeline" {
	run -0 --separate-stderr yc
	[[ ${lines[0]} == "usage: yc COMMAND"* ]]
	[[ $output == *"yc condense idc --ipc 10 train.yct -o cond.yct"* ]]
	for t in "$YC_ROOT"/tools/yc-*.c; do
		t=$(basename "$t" .c)
		[ "$(grep -c "^  ${t#yc-}  " <<<"$output")" -eq 1 ] || fail "$t"
	done
	run awk 'length > 80' <<<"$output"
	assert_output ""
	same "yc" "yc --help"
	same "yc" "yc -h"
	same "yc" "yc help"
}

@test "a command is run with its arguments, status, input and output" {
	run -0 yc info --help
	[[ ${lines[0]} == "usage: yc-info "* ]]
	run -3 --separate-stderr yc info /dev/null
	[[ $stderr == "yc-info: /dev/null: "* ]]
	same "yc load demo --train-images 2 | yc info" "yc-load demo --train-images 2 | yc-info"
}

@test "the tool beside yc comes before one on the PATH, which may be your own" {
	tool bin/yc-info
	tool path/yc-info
	tool path/yc-mine
	PATH=$PWD/path:$PATH
	run -0 bin/yc info 'a b' --c
	assert_output "bin/yc-info: a b --c"
	run -0 bin/yc mine 1
	assert_output "path/yc-mine: 1"
	ln -s bin/yc link
	run -0 ./link info
	assert_output "bin/yc-info:"
}

@test "help of a command is its page where that is installed, else its --help" {
	tool bin/yc-info
	run -0 bin/yc help info
	assert_output "bin/yc-info: --help"
	run -0 bin/yc help info lbpe
	assert_output "bin/yc-info: lbpe --help"
	mkdir -p share/man/man1 share/man/man5
	touch share/man/man1/yc-info.1 share/man/man5/yc-stream.5.gz
	tool path/man
	PATH=$PWD/path:$PATH
	run -0 bin/yc help info
	assert_output --regexp "^path/man: -l .*/share/man/man1/yc-info\.1$"
	run -0 bin/yc help stream
	assert_output --regexp "^path/man: -l .*/share/man/man5/yc-stream\.5\.gz$"
	mkdir -p tree/man tree/build/release
	cp -r bin tree/build/release/
	touch tree/man/yc-info.1 tree/man/yc-stream.5
	for name in info.1 stream.5; do
		run -0 tree/build/release/bin/yc help "${name%.*}"
		assert_output --regexp "^path/man: -l .*/tree/build/release/bin/../../../man/yc-$name$"
	done
	run -1 bin/yc help methods
	assert_output --partial "yc: the page yc-methods is not installed: man -l man/yc-methods.*"
	rm path/man
	PATH=$PWD/path run -1 bin/yc help stream
	assert_output --partial "yc: there is no program 'man' that shows "
	PATH=$PWD/path run -0 bin/yc help info
	assert_output "bin/yc-info: --help"
}

@test "an unknown command is wrong usage, in one line" {
	while IFS='|' read -r args want; do
		read -ra words <<<"$args"
		run -2 --separate-stderr yc "${words[@]}"
		[ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "yc: "*"$want"* ]] || fail "$args: $stderr"
	done <<-END
		scroe|did you mean 'score'?
		help slect|did you mean 'select'?
		help strem|did you mean 'stream'?
		yc-load|did you mean 'load'?
		help yc-load|did you mean 'load'?
		stream|'stream' is a page, no command: yc help stream
		hlep|did you mean 'help'?
		banana|unknown command 'banana' (see yc --help)
		--foo|unknown command '--foo'
		../bin/yc-info|unknown command
		$(printf '%0300d' 0)|unknown command
	END
	run -2 --separate-stderr yc ""
	[[ $stderr == "yc: unknown command ''"* ]]
}

@test "the version, and an output that takes nothing" {
	same "yc --version" "yc-info --version | sed 's/yc-info/yc/'"
	run -1 --separate-stderr bash -c 'yc >/dev/full'
	[ "$stderr" = "yc: standard output: No space left on device" ]
	run -1 bash -c 'yc >&-'
}

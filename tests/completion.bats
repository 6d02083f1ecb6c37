#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the shells offer; all of it comes from the tools' own --help.
load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	mkdir zsh fish fish/completions files
	(
		cd "$YC_ROOT" || return
		.ci/completion bash "$YC_BIN" >"$BATS_FILE_TMPDIR/bash"
		.ci/completion zsh "$YC_BIN" >"$BATS_FILE_TMPDIR/zsh/_yc"
		for t in yc yc-score yc-select yc-eval yc-info; do
			.ci/completion fish "$YC_BIN" "$t" >"$BATS_FILE_TMPDIR/fish/completions/$t.fish"
		done
	)
	touch files/cond.yct files/test.yct
}

setup() {
	cd "$BATS_FILE_TMPDIR/files" || return
}

# offered "LINE": what bash would offer, on one line, then what it was told by compopt.
offered() {
	bash -euc '
		. "$1"
		compopt() { told=" -$2"; }
		told=
		cut=${2//=/ = }
		read -ra COMP_WORDS <<<"$cut"
		[[ $2 != *[\ ] ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_yc
		echo "${COMPREPLY[*]}$told"' - "$BATS_FILE_TMPDIR/bash" "$1"
}

# gives SHELL-FUNCTION "LINE" "WORDS"
gives() {
	run -0 "$1" "$2"
	[ "$output" = "$3" ] || fail "$1 '$2': '$output', not '$3'"
}

words_of() {
	"$1" --help | sed -n "s/^ .*--$2=\\([^ ]*\\).*/\\1/p" | tr '|' ' '
}

@test "bash: methods, lists of them, and files where they belong" {
	scores=$(yc-score --help | sed -n '/NAME --help/,/^$/s/^  \([^ ]*\)  .*/\1/p' | paste -sd ' ')
	[[ $scores == "lbpe el2n "* ]]
	gives offered "yc-score " "$scores"
	gives offered "yc-score lbpe,el2n,forg" "lbpe,el2n,forgetting"
	gives offered "yc-score --net convnet --epochs 3 lb" "lbpe"
	gives offered "yc-score lbpe " " -default"
	gives offered "yc-info " " -default"
	gives offered "yc-select yo" "yoco -filenames"
	gives offered "yc-select co" "cond.yct -filenames"
}

@test "bash: options of the tool and of the methods that are named, with what they take" {
	gives offered "yc-eval --optim" "--optimiser= -nospace"
	gives offered "yc-eval --net=convnet --sam" "--sample-deviation"
	gives offered "yc-score lbpe --top" "--top= -nospace"
	gives offered "yc-score el2n,lbpe --top" "--top= -nospace"
	gives offered "yc-score el2n --top" ""
}

@test "bash: the values of a choice, of a file, and of nothing else" {
	nets=$(words_of yc-eval net)
	[[ $nets == *" "* ]]
	gives offered "yc-eval --net=" "$nets"
	gives offered "yc-eval --net " "$nets"
	gives offered "yc-eval --net=convnet --optimiser=a" "adam"
	gives offered "yc-decode -t " "$(words_of yc-decode type)"
	gives offered "yc-load demo --split te" "test"
	gives offered "yc-load demo --mean=" "auto"
	gives offered "yc-eval --test=" " -default"
	gives offered "yc-eval --test " " -default"
	gives offered "yc-eval -o " " -default"
	gives offered "yc-eval --epochs=" ""
	gives offered "yc-eval --epochs " ""
}

@test "bash: a choice where = does not cut words" {
	run -0 bash -c '. "$1"; COMP_WORDS=(yc-eval --net=c); COMP_CWORD=1; _yc; echo "$COMPREPLY"' - "$BATS_FILE_TMPDIR/bash"
	assert_output "--net=convnet"
}

@test "bash: yc offers its commands, and behind one what that offers" {
	gives offered "yc sc" "score"
	gives offered "yc score lb" "lbpe"
	gives offered "yc eval --net=c" "convnet"
	gives offered "yc help sel" "select"
	gives offered "yc help str" "stream"
	gives offered "yc str" ""
	gives offered "yc help score lb" "lbpe"
}

@test "bash: every tool has a completion, and every choice its words" {
	for t in "$YC_ROOT"/tools/yc*.c; do
		t=$(basename "$t" .c)
		grep -q "^complete -F _yc .*\\b$t\\b" "$BATS_FILE_TMPDIR/bash" || fail "$t"
		while IFS='=' read -r option words; do
			run -0 offered "$t $option="
			[[ -n ${lines[0]-} ]] || fail "$t $option= offers nothing of $words"
		done < <("$t" --help | sed -n 's/^  \(-., \|    \)\(--[a-z-]*=[a-z|]*|[a-z0-9|]*\).*/\2/p')
	done
}

fish_of() {
	HOME=$BATS_FILE_TMPDIR XDG_CONFIG_HOME=$BATS_FILE_TMPDIR fish -c "complete -C '$1'" | cut -f 1 | paste -sd ' '
}

@test "fish: methods, options, values and files" {
	command -v fish >/dev/null || skip "no fish here"
	gives fish_of "yc-score l" "lbpe"
	gives fish_of "yc-score lbpe,forg" "lbpe,forgetting"
	gives fish_of "yc-score lbpe --to" "--top"
	gives fish_of "yc-score el2n --to" ""
	gives fish_of "yc-eval --net=conv" "--net=convnet"
	gives fish_of "yc-eval --optimiser sg" "sgd"
	gives fish_of "yc-eval --test te" "test.yct"
	gives fish_of "yc-info co" "cond.yct"
	gives fish_of "yc-select yo" "yoco"
	gives fish_of "yc sc" "score"
	gives fish_of "yc score lbp" "lbpe"
	gives fish_of "yc help sel" "select"
	gives fish_of "yc help str" "stream"
	gives fish_of "yc str" ""
}

zsh_of() {
	"$YC_ROOT/tests/make/zsh-complete.py" "$BATS_FILE_TMPDIR/zsh" "$1" | paste -sd ' '
}

@test "zsh: methods, options, values and files" {
	command -v zsh >/dev/null || skip "no zsh here"
	gives zsh_of "yc-score l" "lbpe"
	gives zsh_of "yc-score lbpe,forg" "forgetting"
	gives zsh_of "yc-score lbpe --to" "--top"
	gives zsh_of "yc-eval --net=conv" "convnet"
	gives zsh_of "yc-eval --test te" "test.yct"
	gives zsh_of "yc sc" "score"
	gives zsh_of "yc score lbp" "lbpe"
	gives zsh_of "yc help str" "stream"
	gives zsh_of "yc str" ""
}

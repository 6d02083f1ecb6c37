#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Errors say what was probably meant, and nothing where that is not to be known.
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/small.py" >cond.yct
	touch cifar.tar.xz
	printf 'ipc\tlast\n1\t2\n' >runs.tsv
}

# meant STATUS "end of the message" "a command line"
meant() {
	# shellcheck disable=SC2086
	refused "$1" "$2" $3
	[ ! -e out ] || fail "$3: wrote its output"
}

@test "a method, an operation, a rule that is mistyped" {
	meant 2 "unknown score 'lpbe', did you mean 'lbpe'? (one of: lbpe " "yc-score lpbe cond.yct -o out"
	meant 2 "unknown score 'el2m', did you mean 'el2n'?" "yc-score lbpe,el2m cond.yct -o out"
	meant 2 "unknown method 'dreem', did you mean 'dream'?" "yc-condense dreem cond.yct -o out"
	meant 2 "unknown operation 'flpi', did you mean 'flip'?" "yc-augment flpi cond.yct -o out"
	meant 2 "unknown rule 'yocco', did you mean 'yoco'?" "yc-select yocco --ipc 1 cond.yct -o out"
	meant 2 "unknown dataset kind 'cifar', did you mean 'cifar10' or 'cifar100'?" "yc-load cifar x -o out"
}

@test "an option that is mistyped, with one dash, or of another method" {
	meant 2 "unknown option '--epohcs', did you mean --epochs?" "yc-score lbpe --epohcs 3 cond.yct -o out"
	meant 2 "unknown option '--epohcs', did you mean --epochs?" "yc-score --epohcs 3 lbpe cond.yct -o out"
	meant 2 "unknown option '--outre', did you mean --outer?" "yc-condense idc --outre=3 cond.yct -o out"
	meant 2 "unknown option -e, did you mean --epochs?" "yc-eval -epochs 3 --test cond.yct cond.yct"
	meant 2 "unknown option '-output', did you mean --output?" "yc-select yoco --ipc 1 cond.yct -output out"
	meant 2 "unknown option '--outer': it belongs to idc, dream, mdc" "yc-condense dm --outer 3 cond.yct -o out"
	# Which method it will be is not known yet.
	meant 2 "unknown method 'dreem', did you mean 'dream'?" "yc-condense --outer 3 dreem cond.yct -o out"
}

@test "the value of an option that has a choice, by words or by a table" {
	meant 2 "'trian' is not one of train|val|test, did you mean 'train'?" "yc-load demo --split trian -o out"
	meant 2 "did you mean 'convnet'?" "yc-score lbpe --net convent cond.yct -o out"
	meant 2 "'bond' is not one of single|multi|bound, did you mean 'bound'?" "yc-decode --type bond cond.yct -o out"
	meant 2 "unknown augmentation 'colour', did you mean 'color'?" "yc-train --aug flip,colour cond.yct -o out"
	YC_KERNELS=plian meant 2 "unknown set of kernels 'plian', did you mean 'plain'?" "yc-info cond.yct"
}

@test "a column, of scores or of a table" {
	meant 1 "no column 'score.lpbe' in the stream, but score.lbpe, did you mean 'lbpe'?" \
		"yc-select yoco --score lpbe --ipc 1 cond.yct -o out"
	meant 1 "no column 'lats' among ipc, last, did you mean 'last'?" "yc-plot -y lats runs.tsv -o out"
}

@test "a file that is not there, beside one that is" {
	meant 1 "cnod.yct: No such file or directory, did you mean 'cond.yct'?" "yc-info cnod.yct"
	meant 1 "cifar.tar.gz: No such file or directory, did you mean 'cifar.tar.xz'?" "yc-load cifar10 cifar.tar.gz -o out"
	meant 1 "did you mean 'runs.tsv'?" "yc-plot run.tsv -o out"
	meant 2 "'cnod.yct' is neither a rule nor a file, did you mean 'cond.yct'?" "yc-select --ipc 1 cnod.yct -o out"
}

@test "swapped operands" {
	meant 2 "'cond.yct' is not a score, but 'lbpe' is: it comes first, yc-score lbpe cond.yct" \
		"yc-score cond.yct lbpe -o out"
	meant 2 "it comes first, yc-score lbpe,el2n cond.yct" "yc-score --epochs 3 cond.yct -q lbpe,el2n -o out"
	meant 2 "it comes first, yc-load cifar10 cifar.tar.xz" "yc-load cifar.tar.xz cifar10 -o out"
	meant 2 "it comes first, yc-condense idc cond.yct" "yc-condense cond.yct --ipc 1 idc -o out"
	meant 2 "'yoco' is not a file but a rule: the rule comes first, then files" "yc-select --ipc 1 cond.yct yoco -o out"
	meant 2 "'el2n' is not a file but a score: several are one operand, lbpe,el2n" "yc-score lbpe el2n cond.yct -o out"
	meant 2 "'cond.yct' is a file: the first operand names the score" "yc-score cond.yct -o out"
	# A file may have such a name.
	cp cond.yct lbpe
	yc-score el2n --epochs 1 --width 2 --depth 1 -q lbpe -o out
}

@test "nothing is suggested for other words" {
	for t in yc-load yc-augment yc-condense yc-score yc-select; do
		for word in no-such-method banana x zz 12 tensor photos; do
			run -2 --separate-stderr "$t" "$word"
			[[ $stderr == *"'$word'"* ]] || fail "$t $word: $stderr"
			[[ $stderr != *"did you mean"* ]] || fail "$t $word: $stderr"
			run -2 --separate-stderr "$t" "--$word"
			[[ $stderr != *"did you mean"* ]] || fail "$t --$word: $stderr"
		done
	done
	for file in nowhere.yct x runs1.tsv/x; do
		run -1 --separate-stderr yc-info "$file"
		[[ $stderr != *"did you mean"* ]] || fail "$file: $stderr"
	done
}

@test "what makes a stream of a file that is none, and where outputs are named" {
	mkdir folder
	meant 1 "folder: a folder, not a stream: yc-load KIND makes a dataset in it a stream" "yc-info folder"
	meant 1 "folder: a folder, not a stream: yc-load KIND" "yc-eval --test folder cond.yct"
	meant 2 "unexpected operand 'train.yct': the output is named by -o train.yct" "yc-load folder folder train.yct"
	touch y.npy
	meant 2 "unexpected operand 'y.npy': labels are named by --labels=y.npy, the output by -o" \
		"yc-load npy x.npy y.npy"
	meant 2 "there is no -o: the last operand says where to write" "yc-save png cond.yct -o dd"
	meant 2 "there is no -o: the last operand says where to write" "yc-save png cond.yct --output=dd"
	meant 1 "nodir/a.yct: there is no folder 'nodir/'" "yc-load demo -o nodir/a.yct"
	ln -s nodir/b link
	meant 1 "link: a link to nodir/b: there is no folder 'nodir/'" "yc-load demo -o link"
}

@test "lists, parts and rules that are written in another way" {
	meant 2 "no blank after the comma: lbpe,el2n" "yc-score lbpe, el2n cond.yct -o out"
	meant 2 "--classes 'box' (numbers, not names): a list such as 0-4,7 expected" "yc-load demo --classes box -o out"
	meant 2 "'10%' is not a number (10% is 0.1)" "yc-select yoco --keep 10% cond.yct -o out"
	meant 1 "the stream is not ordered: name a rule" "yc-select --ipc 1 cond.yct -o out"
	meant 2 "is not an operation, but 'flip' is: it comes first" "yc-augment cond.yct flip -o out"
	"$YC_ROOT/tests/make/condensed.py" ids=100,101,102,103,104,105,106 >ids.yct
	meant 1 "A is cond.yct, B is ids.yct: " "yc-view --diff ids.yct cond.yct -o out"
}

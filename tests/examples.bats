#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every example of --help and of the pages runs as it stands, on small files of the names that it
# uses. Tools that train are made quick by options that the example does not give itself, or by
# smaller numbers.
load helpers

# shim NAME <<'END' ...: a program that stands in front of the real one.
shim() {
	{
		echo '#!/bin/bash'
		cat
	} >"$SHIMS/$1"
	chmod +x "$SHIMS/$1"
}

make_shims() {
	export SHIMS=$BATS_FILE_TMPDIR/shims
	mkdir "$SHIMS"
	cat >"$SHIMS/quick" <<-'END'
		# quick OPTION VALUE...: those that are not among the arguments are added to them.
		args=("$@")
		quick() {
			while [ $# -gt 0 ]; do
				[[ " ${args[*]} " == *" $1 "* ]] || args+=("$1" "$2")
				shift 2
			done
		}
		# most OPTION N: no more than N.
		most() {
			local i
			for ((i = 1; i < ${#args[@]}; i++)); do
				[[ ${args[i - 1]} != "$1" || ${args[i]} -le $2 ]] || args[i]=$2
			done
		}
	END
	shim yc-score <<-'END'
		. "$SHIMS/quick"
		quick --epochs 6 --width 2 --depth 1
		most --epochs 21
		exec "$YC_BIN/yc-score" -q "${args[@]}"
	END
	shim yc-eval <<-'END'
		. "$SHIMS/quick"
		if [[ " $* " != *" --kernel "* ]]; then
			[[ " $* " == *" -r "* ]] || quick --repeat 1
			quick --epochs 1 --width 2 --depth 1
		fi
		most --epochs 2
		exec "$YC_BIN/yc-eval" -q "${args[@]}"
	END
	shim yc-train <<-'END'
		. "$SHIMS/quick"
		[[ " $* " == *" --like "[id]* ]] && quick --inner 1 --outer 2 || quick --epochs 1
		quick --width 2 --depth 1
		most --epochs 20
		most --networks 2
		most --outer 2
		exec "$YC_BIN/yc-train" -q "${args[@]}"
	END
	shim yc-condense <<-'END'
		. "$SHIMS/quick"
		case " $* " in
		*" random "*) ;;
		*" kip "*) quick --iterations 1 --n-real 4 ;;
		*" herding "* | *" kcenter "* | *" kmeans "*) quick --epochs 1 --width 2 --depth 1 ;;
		*" mtt "*) quick --iterations 1 --syn-steps 2 --width 2 --depth 1 ;;
		*" dm "*) quick --iterations 1 --n-real 4 --width 2 --depth 1 ;;
		*" dc "* | *" dsa "*) quick --iterations 1 --n-real 4 --outer 1 --inner 1 --width 2 --depth 1 ;;
		*) quick --n-real 4 --outer 1 --inner 1 --width 2 --depth 1 ;;
		esac
		most --outer 2
		most --inner 1
		most --width 8
		exec "$YC_BIN/yc-condense" -q "${args[@]}"
	END
	# A set that the tests make has two images of a class: it is read, and the demo's written, which
	# are enough to condense.
	shim yc-load <<-'END'
		if [[ $1 == cifar* ]]; then
			set -- "${@/#10/2}"
			"$YC_BIN/yc-load" "$@" >/dev/null || exit
			set -- demo "${@:3}"
		fi
		[[ $1 != folder ]] || set -- "$@" --side 16
		. "$SHIMS/quick"
		[[ $1 != demo ]] || quick --train-images 64 --test-images 2
		exec "$YC_BIN/yc-load" "${args[@]}"
	END
	shim yc <<<'exec "yc-$@"'
	shim my-trainer <<<'exec yc-info'
	shim ssh <<<'shift; exec "$@"'
	shim curl <<<'cat cifar-10-binary.tar.gz'
	# One that goes early makes those before it fail.
	shim head <<<'/usr/bin/head "$@"; cat >/dev/null'
	command -v column >/dev/null || shim column <<<'exec cat'
}

make_files() {
	local labels sheets
	"$YC_ROOT/tests/make/cifar.py" cifar10 bin bin
	"$YC_ROOT/tests/make/cifar.py" cifar10 py2 py2
	tar -caf cifar-10-binary.tar.xz bin
	tar -caf cifar-10-binary.tar.gz bin
	tar -caf cifar-10-python.tar.gz py2
	rm -r bin py2
	"$YC_ROOT/tests/make/pictures.py" set/{train,val}/{cat,dog}/{1,2}.jpg
	tar -caf imagenette2.tgz set
	cp imagenette2.tgz imagenette.tgz
	rm -r set
	python3 - <<-'END'
		import os
		import numpy as np
		x, y = np.random.default_rng(0).integers(0, 256, (8, 8, 8), dtype="u1"), np.arange(8, dtype="u1") % 2
		np.savez("arrays.npz", x=x, y=y)
		os.makedirs("MNIST/raw")
		for split in "train", "t10k":
		    for name, a in ("images-idx3", x), ("labels-idx1", y):
		        with open("MNIST/raw/%s-%s-ubyte" % (split, name), "wb") as f:
		            f.write(bytes([0, 0, 8, a.ndim]) + np.array(a.shape, ">u4").tobytes() + a.tobytes())
	END
	labels=$(seq 0 99 | awk '{ print $1 % 10 }' | paste -sd,)
	sheets=(yc.classes=10 yc.side=32 yc.factor=2 "yc.mean=0.5,0.5,0.5" "yc.std=0.25,0.25,0.25"
		image=U8:100x3x32x32 "label=I64:100:$labels" id=I64:100)
	"$YC_ROOT/tests/make/made.py" "${sheets[@]}" >cond.yct
	"$YC_ROOT/tests/make/made.py" "${sheets[@]}" score.{lbpe,forgetting,mine}=F32:100x4 >scored.yct
	cp cond.yct set.yct
	"$YC_BIN/yc-save" -q torch --scores scored.yct data-score.pickle
	"$YC_BIN/yc-load" demo --train-images 40 -o train.yct
	"$YC_BIN/yc-load" demo --split test --test-images 2 -o test.yct
	"$YC_BIN/yc-select" yoco --ipc 1 scored.yct -o small.yct
	"$YC_BIN/yc-select" yoco --order scored.yct -o ordered.yct
	cp small.yct a.yct
	cp small.yct b.yct
	for i in 1 2; do "$YC_BIN/yc-cat" --shard "$i/2" train.yct -o "part-$i.yct"; done
	printf '0\n3\n' >keep.txt
	yc-score lbpe --save-dynamics dyn.yct cond.yct -o /dev/null
	yc-eval --epochs 0 --save-net net.safetensors --test test.yct small.yct >/dev/null
	cp net.safetensors net
	yc-train train.yct -o net.yct
	yc-train --like idc --outer 2 train.yct -o nets.yct
	yc-condense kip --kernel fc1 --ipc 1 --learn-labels train.yct -o kip.yct
	yc-condense dm --ipc 1 train.yct -o dm.yct
	printf 'ipc_t\tnet\tlast\trule\n1\tconvnet\t50\trandom\n2\tresnet\t60\twhole\n' >runs.tsv
	cp runs.tsv nets.tsv
	printf 'epoch\tloss\n1\t2\n2\t1\n' >log.tsv
	"$YC_ROOT/tests/make/pictures.py" photos/{cat,dog}/{1,2}.jpg
	mkdir sets ConvNet_baseline
	"$YC_ROOT/tests/make/published.py" zip images ConvNet_baseline/images_best.pt what=normalised ipc=2
	"$YC_ROOT/tests/make/published.py" zip labels ConvNet_baseline/labels_best.pt ipc=2
	ln -s "$SHIMS/my-trainer" my-trainer
}

# What the README has besides.
readme_files() {
	cp -r photos pictures
	printf 'pictures/%s/1.jpg,%s\n' cat cat dog dog >pictures.csv
	cp -r MNIST mnist
	cp arrays.npz data.npz
	"$YC_ROOT/tests/make/published.py" zip list data_best.pt
	ln -s "$YC_ROOT/pipelines" pipelines
}

setup_file() {
	make_shims
	mkdir "$BATS_FILE_TMPDIR/files"
	cd "$BATS_FILE_TMPDIR/files" || return
	PATH=$SHIMS:$PATH make_files
}

# works TEXT: whether the commands in it succeed, one by one and in their pipes.
works() {
	rm -rf "$BATS_TEST_TMPDIR/here"
	cp -rl "${FILES:-$BATS_FILE_TMPDIR/files}" "$BATS_TEST_TMPDIR/here"
	(cd "$BATS_TEST_TMPDIR/here" && PATH=$SHIMS:$PATH bash -eo pipefail -c "${1//\/srv\/sets/sets}" >out 2>err) ||
		fail "$1: $(cat "$BATS_TEST_TMPDIR/here/err")"
}

@test "the examples of every --help work" {
	local n=0
	for t in "$YC_ROOT"/tools/yc*.c; do
		t=$(basename "$t" .c)
		while read -r line; do
			works "$line"
			n=$((n + 1))
		done < <("$t" --help | sed -n '/^Examples:$/,/^$/s/^  //p')
	done
	[ $n -ge 35 ] || fail "only $n examples"
}

# blocks PAGE: the literal blocks of its examples, a NUL behind each.
blocks() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$1" | awk '
		/^\.Ed/ { on = 0; printf "%c", 0 }
		on { gsub(/\\e/, "\\"); print }
		/^\.Bd -literal/ { on = 1 }'
}

@test "the examples of every page of a tool, and of yc(7), work" {
	local n=0
	for page in "$YC_ROOT"/man/*.1 "$YC_ROOT/man/yc.7"; do
		while read -rd '' block; do
			works "$block"
			n=$((n + 1))
		done < <(blocks "$page")
	done
	[ $n -ge 30 ] || fail "only $n examples"
}

@test "the commands of README.md work" {
	local n=0
	FILES=$BATS_FILE_TMPDIR/readme
	cp -rl "$BATS_FILE_TMPDIR/files" "$FILES"
	cd "$FILES" || return
	readme_files
	while read -rd '' block; do
		works "$block"
		n=$((n + 1))
	done < <(awk 'function flush() { if (block) printf "%s%c", block, 0; block = "" }
		/^    / { if ($1 !~ /^make$/ && $0 !~ /pipelines\/slurm/) block = block substr($0, 5) "\n"; next }
		{ flush() } END { flush() }' "$YC_ROOT/README.md")
	[ $n -ge 3 ] || fail "only $n examples"
}

@test "the example of yc(7) that needs no data works as it stands, with nothing made quicker" {
	cd "$BATS_TEST_TMPDIR" || return
	blocks "$YC_ROOT/man/yc.7" | while read -rd '' block; do
		[[ $block != *"yc-load demo"* ]] || printf '%s' "$block"
	done >block
	[ -s block ]
	run -0 --separate-stderr bash -eo pipefail block
	[ "$(cut -f 1 <<<"$output" | paste -sd ' ')" = "repeat 1 2 3 mean deviation" ]
}

@test "the program of yc(7) builds with an installed library and works" {
	cd "$BATS_TEST_TMPDIR" || return
	modules=$(sed -n 's/^pkgs *:= *//p' "$YC_ROOT/Makefile")
	# A relative prefix is of no use in yc.pc, which is read from anywhere.
	(cd "$YC_ROOT" && .ci/install install "${YC_BIN%/bin}" "$BATS_TEST_TMPDIR/root" there "$modules" "")
	(cd "$YC_ROOT" && .ci/install install "${YC_BIN%/bin}" "" "$BATS_TEST_TMPDIR/usr" "$modules" "")
	run -0 find root -name yc.pc -exec head -n 1 {} +
	assert_output "prefix=$YC_ROOT/there"
	awk '/^#include <stdio.h>/ { on = 1 } /^\.Ed/ { on = 0 } on { gsub(/\\e/, "\\"); print }' \
		"$YC_ROOT/man/yc.7" >rows.c
	export PKG_CONFIG_PATH=$BATS_TEST_TMPDIR/usr/lib/pkgconfig
	command=$(sed -n 's/^cc -o rows/cc -Wall -Werror -o rows/p' "$YC_ROOT/man/yc.7")
	bash -ec "$command"
	run -0 ./rows "$BATS_FILE_TMPDIR/files/scored.yct"
	assert_output "100 rows of 10 classes"
	run -1 ./rows nowhere.yct
	assert_output "nowhere.yct: No such file or directory"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pipelines/pace.sh: how long a training takes, by measuring short ones
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
load helpers

# A yc-eval whose trainings take START milliseconds, and EACH for every epoch or step, by a clock of
# its own, which date shows: on a busy machine, too, it is known what is to be found. It notes how it
# was called.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir tools
	cat >tools/yc-eval <<-'END'
		#!/bin/bash
		for ((i = 1; i < $#; i++)); do
		    [[ ${!i} != --epochs && ${!i} != --steps ]] || at=$((i + 1))
		done
		n=${!at}
		echo "$n $(cat "${@: -1}") ${*:1:at-1} N" >>calls
		[ $((n * EACH)) -lt 10000 ] || { echo "too long" >&2; exit 1; }
		echo $(($(cat clock) + START + n * EACH)) >clock
	END
	printf '#!/bin/sh\necho "$(cat clock)000000"\n' >tools/date
	chmod +x tools/*
	echo 1700000000000 >clock
	PATH=$PWD/tools:$PATH
}

pace() {
	"$YC_ROOT/pipelines/pace.sh" "$@" <<<tiles
}

@test "a pace is that of an epoch of one network and image per class, without what comes before" {
	# Two networks of three images: six shares of 30 ms
	START=500 EACH=30 run -0 pace resnet10 3 epochs 2 --width 4
	assert_output 0.005
	# a short training, and longer ones until the difference can be seen
	[ "$(cut -d ' ' -f 1 calls | paste -sd ' ')" = "2 6 18 66" ]
	run -0 sort -u <(cut -d ' ' -f 2- calls | sed 's|--test [^ ]*|--test SET|')
	assert_output "tiles -q --recipe idc --test SET --net resnet10 --width 4 --repeat 2 --tests 1 --epochs N"
}

@test "a pace of steps goes by networks alone" {
	START=100 EACH=100 run -0 pace convnet 5 steps 2
	assert_output 0.05
	grep -q -- '--steps N' calls
}

@test "what takes long is measured once" {
	START=101 EACH=1500 run -0 pace convnet 1 epochs 1
	# and with what comes before, in milliseconds that are begun
	assert_output 1.551
	[ "$(cut -d ' ' -f 1 calls)" = 2 ]
}

@test "what cannot be trained has no pace" {
	START=0 EACH=9000 run -1 --separate-stderr pace convnet 1 epochs 1
	[ -z "$output" ]
	[ "$stderr" = "too long" ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pipelines/pace.sh: how long a training takes, measured in a few seconds
load helpers

# A yc-eval whose trainings take START seconds, and EACH for every epoch or step. It notes how it was called.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir tools
	cat >tools/yc-eval <<-'END'
		#!/usr/bin/env python3
		import os, sys, time
		args = sys.argv[1:]
		unit = next(a for a in ("--epochs", "--steps") if a in args)
		n = int(args[args.index(unit) + 1])
		args[args.index(unit) + 1] = "N"
		with open(args[-1]) as f, open("calls", "a") as calls:
		    print(n, f.read().strip(), *args[:-1], file=calls)
		if not n * float(os.environ["EACH"]) < 10:
		    sys.exit("too long")
		time.sleep(float(os.environ["START"]) + n * float(os.environ["EACH"]))
	END
	chmod +x tools/yc-eval
	PATH=$PWD/tools:$PATH
}

pace() {
	"$YC_ROOT/pipelines/pace.sh" "$@" <<<tiles
}

# near VALUE: what is found is that, as exactly as a busy machine can measure
near() {
	awk -v want="$1" 'END { exit !(NR == 1 && $1 > want * 0.9 && $1 < want * 1.2) }' found || fail "$1 expected, found $(cat found)"
}

@test "a pace is that of an epoch of one network and image per class, without what comes before" {
	# Two networks of three images: six shares of 30 ms
	START=0.5 EACH=0.03 pace resnet10 3 epochs 2 --width 4 >found
	near 0.005
	# a short training, and longer ones until the difference can be seen
	[ "$(cut -d ' ' -f 1 calls | paste -sd ' ')" = "2 6 18 66" ]
	run -0 sort -u <(cut -d ' ' -f 2- calls | sed 's|--test [^ ]*|--test SET|')
	assert_output "tiles -q --recipe idc --test SET --net resnet10 --width 4 --repeat 2 --tests 1 --epochs N"
}

@test "a pace of steps goes by networks alone" {
	START=0.1 EACH=0.1 pace convnet 5 steps 2 >found
	near 0.05
	grep -q -- '--steps N' calls
}

@test "what takes long is measured once" {
	START=0.1 EACH=1.5 pace convnet 1 epochs 1 >found
	near 1.55
	[ "$(cut -d ' ' -f 1 calls)" = 2 ]
}

@test "what cannot be trained has no pace" {
	START=0 EACH=9 run -1 --separate-stderr pace convnet 1 epochs 1
	[ -z "$output" ]
	[ "$stderr" = "too long" ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Grids on a real Slurm of two nodes in the folder YC_SLURM (make cluster-check sets it): arrays,
# dependencies, and what interrupts them. Demo pictures and thin networks: a few minutes, most of
# them waiting.
# shellcheck disable=SC2154 # set by run
load ../helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	MAX_ARRAY_SIZE=4 "$YC_ROOT/tests/cluster/private-slurm" start "$YC_SLURM" 2
	yc-load demo --train-images 40 -o train.yct
	yc-load demo --split test --test-images 10 -o test.yct
	# The tools, of which one is slow.
	mkdir slow
	ln -s "$YC_BIN"/yc* slow
	rm slow/yc-condense
	printf '#!/bin/sh\nexec "%s/tests/cluster/slow" "%s/yc-condense" "$@"\n' "$YC_ROOT" "$YC_BIN" >slow/yc-condense
	chmod +x slow/yc-condense
}

teardown_file() {
	"$YC_ROOT/tests/cluster/private-slurm" stop "$YC_SLURM"
	# Nothing is left running.
	left=$(grep -lsF "$YC_SLURM/" /proc/[0-9]*/cmdline || true)
	[ -z "$left" ] || fail "still running: $left"
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	# shellcheck source=/dev/null
	. "$YC_SLURM/environment"
	table=$YC_ROOT/pipelines/table1.mk
	out=$BATS_TEST_TMPDIR/out
	grid=(TRAIN=train.yct TEST=test.yct CONDENSERS=idc CONDENSE=idc IPC_F=3 SEEDS=1 REPEAT=1 EPOCHS=1
		SCORE_EPOCHS=1 "IPC_T=1 2" "RULES=random yoco")
	# A condensation of some seconds, whose state is saved after every iteration.
	long=("CONDENSE_OPTS_IDC=--outer 100 --checkpoint-every 1")
}

# within SECONDS COMMAND...: until it succeeds.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "not within its time: $*: $(squeue 2>&1) $(tail -n 3 "$out"/slurm/* 2>&1)"
		sleep 0.2
	done
}

submit() {
	"$YC_ROOT/pipelines/slurm.sh" "$table" OUT="$out" "$@"
}

# The job of a stage, in what submit printed: job STAGE
job() {
	sed -n "s/^$1 .*job //p" <<<"$submitted"
}

is_idle() {
	[ -z "$(squeue -h)" ]
}

# state JOB: of all of its tasks.
state() {
	scontrol show job -o "$1" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | sort -u
}

is() {
	[ "$(state "$1")" = "$2" ]
}

has_saved() {
	ls "$out"/sets/idc/*.ck
}

# saved_again WAS: the checkpoint is another than it was.
saved_again() {
	[ "$(stat -c %i "$out"/sets/idc/*.ck)" != "$1" ]
}

@test "arrays, each after the one before, give the table of make alone" {
	make -f "$table" OUT="$BATS_TEST_TMPDIR/straight" "${grid[@]}" >/dev/null
	submitted=$(submit "${grid[@]}")
	# five cells in arrays of three tasks, which is what this Slurm allows
	[ "$(job cells | wc -w)" -eq 2 ]
	within 120 is_idle
	[ "$(for j in $(job sets) $(job scores) $(job cells) $(job table); do state "$j"; done | sort -u)" = COMPLETED ]
	cmp "$BATS_TEST_TMPDIR/straight/table1.tsv" "$out/table1.tsv"
	# What is there is not made again.
	was=$(stat -c %i "$out/sets/idc/3.yct" "$out/table1.tsv")
	submitted=$(submit "${grid[@]}")
	within 120 is_idle
	[ "$(stat -c %i "$out/sets/idc/3.yct" "$out/table1.tsv")" = "$was" ]
}

@test "a killed tool, scancel, a dead node and the time limit: a condensation goes on to the same bytes" {
	make -f "$table" OUT="$BATS_TEST_TMPDIR/straight" "${grid[@]}" "${long[@]}" >/dev/null
	slow=("${grid[@]}" "${long[@]}" YC_BIN="$PWD/slow")

	# The tool is killed: the task fails, and what waits for it is cancelled.
	submitted=$(submit "${slow[@]}")
	within 120 has_saved
	kill -KILL "$(pgrep -f "^$YC_BIN/yc-condense.*$out/")"
	within 60 is_idle
	is "$(job sets)" FAILED
	is "$(job cells | cut -d ' ' -f 1)" CANCELLED
	assert_not_exists "$out/sets/idc/3.yct"

	# scancel: the tool saves before it ends.
	was=$(stat -c %i "$out"/sets/idc/*.ck)
	submitted=$(submit "${slow[@]}")
	within 120 saved_again "$was"
	scancel "$(job sets)"
	within 60 is_idle
	is "$(job sets)" CANCELLED
	grep -q "yc-condense: interrupted, checkpoint saved in .*--resume" "$out/slurm/yc-sets-$(job sets)_1.log" ||
		fail "$(cat "$out/slurm/yc-sets-$(job sets)_1.log")"
	assert_not_exists "$out/sets/idc/3.yct"

	# A node dies: the task goes to the other one, and there its time limit comes.
	was=$(stat -c %i "$out"/sets/idc/*.ck)
	submitted=$(submit "${slow[@]}" -- -t 1 --signal=B:USR1@10)
	within 120 saved_again "$was"
	node=$(squeue -h -j "$(job sets)" -o %N)
	"$YC_ROOT/tests/cluster/private-slurm" node "$YC_SLURM" "$node" kill
	within 60 sh -c "scontrol show job $(job sets) | grep -q Restarts=1"
	"$YC_ROOT/tests/cluster/private-slurm" node "$YC_SLURM" "$node" start
	within 500 is_idle
	grep -q "near its time limit, saved; back to the queue" "$out/slurm/yc-sets-$(job sets)_1.log"
	is "$(job sets)" COMPLETED
	is "$(job table)" COMPLETED
	same "yc-info --digest '$out/sets/idc/3.yct'" "yc-info --digest '$BATS_TEST_TMPDIR/straight/sets/idc/3.yct'"
	cmp "$BATS_TEST_TMPDIR/straight/table1.tsv" "$out/table1.tsv"
}

@test "a task that cannot save before its time limit fails, and says what it needs" {
	printf '[ "$1" = saved ] || exec sleep 100\n' >"$BATS_TEST_TMPDIR/never"
	id=$(sbatch --parsable --array=1 -o "$BATS_TEST_TMPDIR/log" --wrap \
		"exec $YC_ROOT/pipelines/slurm-task.sh cells 0 sh $BATS_TEST_TMPDIR/never")
	within 30 is "$id" RUNNING
	sleep 1 # until it listens
	scancel --batch --signal=USR1 "$id"
	within 30 is "$id" FAILED
	grep -q "its time limit came before it could save anything" "$BATS_TEST_TMPDIR/log"
}

@test "make -j starts recipes as steps of a job" {
	make -f "$table" OUT="$BATS_TEST_TMPDIR/straight" "${grid[@]}" >/dev/null
	salloc -Q -n 2 make -j 2 -f "$table" OUT="$out" "${grid[@]}" THREADS=1 V=1 LAUNCH='srun -n 1 --exact' \
		>"$BATS_TEST_TMPDIR/log" 2>&1 || fail "$(cat "$BATS_TEST_TMPDIR/log")"
	cmp "$BATS_TEST_TMPDIR/straight/table1.tsv" "$out/table1.tsv"
	# They really were.
	grep -q 'launch task StepId=' "$YC_SLURM"/log/slurmd.n?
}

# literal FIRST: the literal block of yc(7) that begins so, without its escapes.
literal() {
	awk -v first="$1" '
		/^\.Bd/ { begun = 1; next }
		/^\.Ed/ { on = 0 }
		begun { on = index($0, first) == 1; begun = 0 }
		on' "$YC_ROOT/man/yc.7" | sed 's/^\\&//; s/\\e$/\\/'
}

@test "a Makefile whose shell is srun, as yc(7) has it" {
	mkdir own
	cd own
	literal 'SHELL = srun' | sed 's/:= 1 2 3 4 5 6 7 8/:= 1 2 3/; s/yc-eval/yc-eval --epochs 1 --width 4/' >Makefile
	grep -q yc-eval Makefile
	cp ../test.yct .
	yc-cat --shard 1/8 ../train.yct -o small.yct
	salloc -Q -n 2 make -j 2
	for seed in 1 2 3; do
		yc-eval --epochs 1 --width 4 --repeat 1 --seed $seed --test test.yct small.yct -o straight.tsv
		same "cut -f 1-6 straight.tsv" "cut -f 1-6 eval-$seed.tsv"
	done
	# A recipe that fails in the middle of a pipe ends all.
	printf 'SHELL = srun\n.SHELLFLAGS = -n 1 bash -eu -o pipefail -c\nx: ; false | cat\n' >Makefile
	run -2 salloc -Q -n 2 make
}

@test "shards by GNU parallel, as yc(7) has it, joined are the whole" {
	mkdir "$BATS_TEST_TMPDIR/shards"
	cd "$BATS_TEST_TMPDIR/shards"
	yc-save -q png "$BATS_FILE_TMPDIR/test.yct" photos
	literal 'parallel --halt' >script
	grep -q yc-cat script
	bash -eu script
	yc-load folder photos --mean 0.48,0.46,0.41 --std 0.26,0.26,0.27 -o all.yct
	same "yc-info --digest train.yct" "yc-info --digest all.yct"
}

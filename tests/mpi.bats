#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# yc-condense under mpirun, where it is built with MPI=yes (make mpi-check).
load helpers

setup_file() {
	export OMP_WAIT_POLICY=passive
	cd "$BATS_FILE_TMPDIR" || return
	yc-load demo --train-images 12 -o train.yct
}

setup() {
	ldd "$YC_BIN/yc-condense" | grep -q libmpi || skip "yc-condense is built without MPI (make mpi-check)"
	command -v mpirun || skip "no mpirun"
	# More ranks than cores, be it by root.
	export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
	export YC_THREADS=1
	cd "$BATS_TEST_TMPDIR" || return
	ln -s "$BATS_FILE_TMPDIR/train.yct" .
}

# ranks N ARGUMENT...: yc-condense by so many; mpirun has nothing to add to its messages.
ranks() {
	mpirun -q -np "$1" yc-condense "${@:2}"
}

# both COMMAND...: with networks trained ahead, and shard by shard
both() {
	for YC_RANK_NETWORKS in ahead shards; do
		export YC_RANK_NETWORKS
		"$@" || fail "YC_RANK_NETWORKS=$YC_RANK_NETWORKS $*"
	done
	unset YC_RANK_NETWORKS
}

# alike "1 2 3" ARGUMENT...: so many ranks write what a process alone writes.
alike() {
	local n
	yc-condense "${@:2}" -q --no-history -o alone.yct train.yct
	for n in $1; do
		ranks "$n" "${@:2}" -q --no-history -o ranks.yct train.yct
		cmp alone.yct ranks.yct || fail "$n ranks: ${*:2}"
	done
}

net=(--n-real 5 --width 8 --depth 2)
idc=(--ipc 1 "${net[@]}" --net-batch 8 --inner 3 --n-data 16)
mtt=(--ipc 2 --width 8 --depth 2 --n-experts 3 --epochs 2 --expert-epochs 1 --max-start 1 --expert-batch 64 --syn-steps 3)

@test "coresets: any number of ranks gives the same bytes" {
	alike "1 2 3 4" random --ipc 2
	alike "2 3" kmeans --ipc 2 --width 8 --depth 2 --epochs 1
	alike "2" herding --ipc 2 --features pixels
	alike "3" kcenter --ipc 2 --features pixels
}

@test "dm: any number of ranks gives the same bytes" {
	alike "1 2 3 4" dm --ipc 2 "${net[@]}" --iterations 3
}

@test "idc: any number of ranks gives the same bytes, however networks are trained" {
	alike "1 2 3 4" idc "${idc[@]}" --outer 3
	both alike "2 3 4" idc "${idc[@]}" --outer 3
	both alike "3 13" idc "${idc[@]}" --outer 5 --n-data 400
	both alike "3" idc "${idc[@]}" --outer 5 --fix-iter 2 --early 0.2 --class-momentum
}

@test "dream: any number of ranks gives the same bytes" {
	both alike "2 3 4" dream "${idc[@]}" --outer 2 --interval 2
}

@test "mdc: any number of ranks gives the same bytes" {
	both alike "2 3 4" mdc "${idc[@]}" --ipc 3 --outer 3
	both alike "2" mdc "${idc[@]}" --ipc 3 --outer 3 --period 2 --class-wise
}

@test "networks with batch norm are trained ahead" {
	both alike "2" idc "${idc[@]}" --outer 2 --inner 1 --net resnet10
}

@test "another way to train networks is refused" {
	export YC_RANK_NETWORKS=aside
	refused 2 "YC_RANK_NETWORKS=aside: not one of ahead|shards" ranks 2 idc "${idc[@]}" train.yct
}

@test "idc: any number of ranks reads networks instead" {
	yc-train --like idc "${idc[@]:4}" --outer 2 -o nets.yct train.yct
	alike "1 3" idc "${idc[@]}" --outer 2 --networks nets.yct
}

@test "dc and dsa: any number of ranks gives the same bytes" {
	alike "1 2 3 4" dc --ipc 2 "${net[@]}" --outer 2 --inner 2 --iterations 2
	alike "2 3" dsa --ipc 7 "${net[@]}" --outer 2 --inner 1 --iterations 1
	alike "2" dc --ipc 2 "${net[@]}" --outer 2 --inner 1 --iterations 1 --net resnet10
}

@test "mtt: any number of ranks gives the same bytes" {
	alike "1 2 3 4" mtt "${mtt[@]}" --iterations 2
	alike "2" mtt "${mtt[@]}" --iterations 2 --labels learned
}

@test "kip: any number of ranks gives the same bytes" {
	alike "1 2 3 4" kip --ipc 2 --kernel fc1 --n-real 5 --iterations 2
	alike "3" kip --ipc 2 --kernel fc1 --n-real 5 --label-solve
}

@test "threads do not matter, nor does the way in and out" {
	yc-condense idc "${idc[@]}" --outer 2 --no-history -q -z 3 <train.yct >alone.yct
	mpirun -q -np 2 yc-condense idc "${idc[@]}" --outer 2 --no-history -q -z 3 -j2 <train.yct >two.yct
	cmp alone.yct two.yct
	run -0 pipe "cat train.yct | mpirun -q -np 3 yc-condense idc ${idc[*]} --outer 2 --no-history --raw | cat >three.raw"
	yc-condense idc "${idc[@]}" --outer 2 --no-history --raw train.yct >alone.raw
	cmp alone.raw three.raw
}

# begin N ARGUMENT...: in the background, and waits until it has saved; $pid is mpirun.
begin() {
	rm -f run.ck out.yct
	mpirun -q -np "$1" yc-condense "${@:2}" -q --checkpoint run.ck --checkpoint-every 0 -o out.yct train.yct 2>err 3>&- &
	pid=$!
	saved "" || fail "nothing saved: $(cat err)"
}

# saved INODE: waits until run.ck is another file.
saved() {
	local try
	for ((try = 0; try < 3000; try++)); do
		[ "$(stat -c %i run.ck 2>/dev/null)" = "$1" ] || return 0
		kill -0 "$pid" || return
		sleep 0.02
	done
	return 1
}

# ends STATUS: mpirun, with it
ends() {
	local got=0
	wait "$pid" || got=$?
	assert_equal "$got" "$1"
}

# rank I: its process
rank() {
	local p
	for p in $(pgrep -P "$pid"); do
		! tr '\0' '\n' <"/proc/$p/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$1" || echo "$p"
	done
}

long=("${idc[@]}" --inner 20 --n-data 64)

# between: run.ck is of a process alone, saved when all classes of an inner iteration were done, but no
# step of its network.
between() {
	local at pid try n
	for try in 1 2 3 4 5 6; do
		rm -f run.ck
		yc-condense idc "${long[@]}" --outer 4 -q --checkpoint run.ck --checkpoint-every 0 -o alone.yct train.yct 3>&- &
		pid=$!
		while kill -0 "$pid" 2>/dev/null; do
			ln -f run.ck kept.ck 2>/dev/null || continue
			n=$(od -An -tu8 -N8 kept.ck)
			# early, inner, cls, seen
			read -ra at < <(od -An -w32 -tu8 -j $((8 + n)) -N32 kept.ck)
			[ "${at[2]} ${at[3]}" = "10 0" ] || continue
			kill -KILL "$pid"
			wait "$pid" || true
			return 0
		done
	done
	return 1
}

goes_on_from_there() {
	cp kept.ck run.ck
	timeout 60 mpirun -q -np 3 yc-condense idc "${long[@]}" --outer 4 --checkpoint run.ck --resume --no-history -q --force -o out.yct train.yct
	cmp out.yct want.yct
}

@test "ranks go on between the classes and the network of an inner iteration" {
	yc-condense idc "${long[@]}" --outer 4 --no-history -q -o want.yct train.yct
	between
	both goes_on_from_there
}

# However networks are trained.
stops_and_goes_on() {
	local was
	begin 3 idc "${long[@]}" --outer 12
	was=$(stat -c %i run.ck)
	saved "$was"
	kill -TERM "$pid"
	ends 1
	assert_equal "$(cat err)" "yc-condense: interrupted, checkpoint saved in run.ck; continue with --resume"
	assert_not_exists out.yct
	for i in 0 1; do
		mpirun -q -np 2 yc-condense idc "${long[@]}" --outer 12 --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct train.yct 2>err 3>&- &
		pid=$!
		saved "$(stat -c %i run.ck)"
		kill -TERM "$(rank $i)"
		ends 1
		assert_equal "$(cat err)" "yc-condense: interrupted, checkpoint saved in run.ck; continue with --resume"
	done
	ranks 4 idc "${long[@]}" --outer 12 --checkpoint run.ck --resume --no-history -q -o out.yct train.yct
	cmp out.yct want.yct
}

@test "SIGTERM to mpirun, or to one rank, saves and stops, and any number of ranks goes on" {
	yc-condense idc "${long[@]}" --outer 12 --no-history -q -o want.yct train.yct
	both stops_and_goes_on
}

@test "a checkpoint of a process alone goes on with ranks, and the other way round" {
	for method in "idc ${idc[*]} --inner 20 --outer 4" "dsa --ipc 2 ${net[*]} --outer 3 --inner 3 --iterations 3" \
		"mtt ${mtt[*]} --iterations 4" "dm --ipc 2 ${net[*]} --iterations 20" \
		"kip --ipc 2 --kernel fc1 --n-real 5 --iterations 4"; do
		read -ra words <<<"$method"
		rm -f run.ck
		yc-condense "${words[@]}" --no-history -q -o want.yct train.yct
		for changes in 1 3 2; do
			interrupted "$changes" TERM "${words[@]}" --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct || true
		done
		cp run.ck alone.ck
		ranks 3 "${words[@]}" --checkpoint run.ck --resume --no-history -q -o out.yct train.yct
		cmp out.yct want.yct || fail "$method"
	done
}

ends_with_a_rank() {
	for i in 0 1 2; do
		begin 3 idc "${long[@]}" --outer 1000
		kill -KILL "$(rank $i)"
		ends 137
		assert_not_exists out.yct
		# Open MPI's own lines may say that memory of a process is gone.
		run -1 grep '^yc-condense' err
	done
}

@test "a rank that is killed ends all, without half a file, and what was saved goes on" {
	both ends_with_a_rank
	run -1 --separate-stderr yc-condense idc "${long[@]}" --outer 1000 --checkpoint run.ck -o out.yct train.yct
	[[ $stderr == *"holds a run that stopped in iteration"* ]]
	yc-condense idc "${long[@]}" --outer 1000 --time-limit 1m --dry-run --checkpoint run.ck --resume -q train.yct
}

@test "what fails is told in one line, by one rank, with the exit status of a process alone" {
	printf 'nothing of ours' >garbage.yct
	refused 1 "garbage.yct" ranks 3 dm --ipc 1 garbage.yct
	head -c 9000 train.yct >cut.yct
	refused 3 "cut.yct" ranks 3 dm --ipc 1 cut.yct
	refused 2 "--ipc" ranks 3 dm --ipc 0 train.yct
	refused 2 "unknown method 'dmm'" ranks 2 dmm train.yct
	both refused 1 "not finite" ranks 3 idc "${idc[@]}" --outer 2 --net-lr 1e6 train.yct -o out.yct
	refused 1 "missing/out.yct" ranks 2 dm --ipc 1 train.yct -o missing/out.yct
	run -3 --separate-stderr mpirun -q -np 2 yc-condense dm --ipc 1 -o out.yct <cut.yct
	[ "${#stderr_lines[@]}" -eq 1 ]
	assert_not_exists out.yct
}

@test "help, versions, estimates and metrics are said once" {
	run -0 ranks 3 --version
	[ "${#lines[@]}" -eq 1 ]
	run -0 --separate-stderr ranks 2 dm --ipc 1 --dry-run train.yct
	[ "${#lines[@]}" -eq 2 ]
	ranks 2 dm --ipc 1 "${net[@]}" --iterations 2 -q --metrics m.json -o out.yct train.yct
	run -0 grep -c '"phase":"ranks","ranks":2,"messages":[0-9.]*,"bytes":[1-9]' m.json
	assert_output 1
}

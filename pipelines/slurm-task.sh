#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: slurm-task.sh STAGE BEFORE MAKE [ARGUMENT]...
# A task of an array of slurm.sh, in its job: the file of the stage that has the task's number, and
# BEFORE more. Signals are passed on to make, and waited for, so that tools can save their state.
# At SIGUSR1, which says that the time limit is near, a task that saved more than it began with
# returns to the queue.
set -u
stage=$1
task=(STAGE="$stage" TASK=$((SLURM_ARRAY_TASK_ID + $2)))
shift 2
why=

# saved: the checkpoint of the task, and when it was written.
saved() {
	local file
	file=$("$@" saved "${task[@]}")
	[ -z "$file" ] || stat -c '%n %y' "$file"
}

# pass REASON: ends make, which ends what it runs.
# shellcheck disable=SC2317 # by trap
pass() {
	why=$1
	kill -TERM "$make" 2>/dev/null
}

before=$(saved "$@")
trap 'pass limit' USR1
trap 'pass end' TERM INT
"$@" task "${task[@]}" THREADS="${SLURM_CPUS_PER_TASK:-1}" &
make=$!
# A signal ends wait, not make.
while
	wait "$make"
	status=$?
	kill -0 "$make" 2>/dev/null
do
	:
done
[ "$why" = limit ] && [ "$status" -ne 0 ] || exit "$status"

after=$(saved "$@")
if [ -z "$after" ] || [ "$after" = "$before" ]; then
	echo "slurm-task.sh: its time limit came before it could save anything: more time (-t) or processors (-c)" >&2
	exit "$status"
fi
echo "slurm-task.sh: near its time limit, saved; back to the queue"
exec scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"

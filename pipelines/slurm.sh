#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: slurm.sh TABLE.mk [VARIABLE=VALUE]... [-- SBATCH OPTION...]
# Submits the grid of a table as Slurm arrays: data, condensed sets, noise, scores, cells, each task
# one file, each array after the ones before; a last job puts the table together. What is
# done already takes its task a moment: submit again after failures, of which the tasks that wait
# for them are cancelled. Tasks use the processors that they are given (-- --cpus-per-task=4).
# Two minutes before its time limit a task is warned (-- --signal=B:USR1@SECONDS): one that
# condenses saves, returns to the queue and goes on from there; slurm-task.sh does that.
# What tasks say is in OUT/slurm, unless -- --output=FILE.
#
#   pipelines/slurm.sh pipelines/table1.mk DATA=cifar10 BUDGET=full -- -p short -c 4 -t 4:00:00
set -euo pipefail

[ $# -gt 0 ] && [ -e "$1" ] || {
	echo "usage: slurm.sh TABLE.mk [VARIABLE=VALUE]... [-- SBATCH OPTION...]" >&2
	exit 2
}
run=(make --no-print-directory -f "$1")
shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	run+=("$1")
	shift
done
[ $# -eq 0 ] || shift

# Tasks find the settings written, and do not write them all at once.
"${run[@]}" -s settings
logs=$("${run[@]}" folder)/slurm
mkdir -p "$logs"
# Clusters allow arrays of so many tasks.
most=$(scontrol show config 2>/dev/null | awk '$1 == "MaxArraySize" { print $3 - 1 }')
most=${most:-1000}
task=$(printf '%q ' "$(dirname "$0")/slurm-task.sh")
make=$(printf '%q ' "${run[@]}")
options=(--parsable --requeue --open-mode=append --kill-on-invalid-dep=yes --signal=B:USR1@120
	--output="$logs/%x-%A_%a.log")
after=()
for stage in data trains sets noisy scores cells table; do
	tasks=$("${run[@]}" count "STAGE=$stage")
	[ "$tasks" -gt 0 ] || continue
	ids=
	for ((first = 0; first < tasks; first += most)); do
		n=$((tasks - first < most ? tasks - first : most))
		id=$(sbatch "${options[@]}" --job-name="yc-$stage" --array="1-$n" "${after[@]}" "$@" --wrap \
			"exec $task $stage $first $make")
		ids+=:${id%%;*} # a cluster's name may follow
	done
	after=(--dependency="afterok$ids")
	ids=${ids#:}
	printf '%-8s %5d tasks  job %s\n' "$stage" "$tasks" "${ids//:/ }"
done

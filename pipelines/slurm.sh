#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: slurm.sh TABLE.mk [VARIABLE=VALUE]... [-- SBATCH OPTION...]
# Submits the grid of a table as Slurm arrays: data, condensed sets, scores, cells, each task
# one file, each array after the one before; a last job puts the table together. What is
# done already takes its task a moment: submit again after failures. Tasks use the
# processors that they are given (-- --cpus-per-task=4).
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
"${run[@]}" settings
make=$(printf '%q ' "${run[@]}")
after=()
for stage in data sets scores cells table; do
	tasks=$("${run[@]}" count "STAGE=$stage")
	[ "$tasks" -gt 0 ] || continue
	id=$(sbatch --parsable --job-name="yc-$stage" --array="1-$tasks" "${after[@]}" "$@" --wrap \
		"exec $make task STAGE=$stage TASK=\$SLURM_ARRAY_TASK_ID THREADS=\${SLURM_CPUS_PER_TASK:-1}")
	id=${id%%;*} # a cluster's name may follow
	after=(--dependency="afterok:$id")
	printf '%-8s %5d tasks  job %s\n' "$stage" "$tasks" "$id"
done

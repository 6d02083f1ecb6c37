#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: pace.sh NET IPC UNIT REPEAT [OPTION]... <SET
# Seconds that yc-eval takes for an epoch of one network on one image per class, or with UNIT steps
# for a step, measured in a few seconds: REPEAT networks, options of yc-eval, a set of IPC images
# per class.
set -euo pipefail
shopt -s inherit_errexit
net=$1 ipc=$2 unit=$3 repeat=$4
shift 4

set=$(mktemp)
trap 'rm -f "$set"' EXIT
cat >"$set"

# milliseconds N [OPTION]...: those of a training of N epochs or steps
milliseconds() {
	local from
	from=$(date +%s%N)
	yc-eval -q --recipe idc --test "$set" --net "$net" "${@:2}" --repeat "$repeat" --tests 1 "--$unit" "$1" "$set" >/dev/null
	echo $((($(date +%s%N) - from) / 1000000 + 1))
}

# The difference of a short training and a longer one is free of what comes before; it has to be
# long enough to be seen on a busy machine.
short=$(milliseconds 2 "$@")
long=0 more=0
for ((n = 4; short < 3000 && long - short < 1000 && n <= 1024; n *= 4)); do
	more=$n
	long=$(milliseconds $((2 + more)) "$@")
done
[ "$unit" = epochs ] || ipc=1
awk -v short="$short" -v long="$long" -v more="$more" -v shares=$((repeat * ipc)) 'BEGIN {
	spent = long > short ? (long - short) / more : short / 2
	print spent / 1000 / shares
}'

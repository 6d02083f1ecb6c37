#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: tests/repeat.sh [TRAIN.yct TEST.yct]
# Same seed, same bytes, on real CIFAR-10: condensing with one and two threads, a second time and
# continued after SIGKILL at three random moments; scores and evaluations with one and two
# threads. Without operands the streams are loaded from $YC_DATA/cifar-10-binary.tar.xz.
# Prints a line for each comparison; exit 1 if one differs.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=${YC_BIN:-$root/build/release/bin}:$PATH
data=${YC_DATA:-$root/../shared/data}
work=$(mktemp -d "${TMPDIR:-/tmp}/yc-repeat.XXXXXX") || exit 1
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$work"' EXIT
train=${1-} test=${2-}
if [ -z "$train" ]; then
	train=$work/train.yct test=$work/test.yct
	yc-load cifar10 "$data/cifar-10-binary.tar.xz" -o "$train" || exit 1
	yc-load cifar10 "$data/cifar-10-binary.tar.xz" --split test -o "$test" || exit 1
fi
cd "$work" || exit 1
failed=0

condense() {
	yc-condense idc --ipc 2 --outer 1 --inner 6 --n-data 256 -q "$@" "$train"
}

# same WHAT A B: do two files have the same content?
same() {
	if cmp -s "$2" "$3"; then
		echo "same       $1: $(sha256sum <"$2" | head -c 16)"
	else
		echo "DIFFERENT  $1"
		failed=1
	fi
}

digest() {
	yc-info --digest "$1" >"$1.digest" || exit 1
}

condense -j1 --checkpoint one.ck -o one.yct || exit 1
began=$EPOCHREALTIME
condense -j2 --checkpoint two.ck -o two.yct || exit 1
took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
condense -j2 --checkpoint again.ck -o again.yct || exit 1
for n in one two again; do
	digest $n.yct
done
echo "digest     $(cat one.yct.digest)"
same "condense -j1 and -j2" one.yct.digest two.yct.digest
same "condense a second time, every byte" two.yct again.yct

# Killed while it works, three times: a checkpoint after every step, so that there is one.
kills=0
for k in 1 2 3; do
	moment=$(awk -v t="$took" -v r="$RANDOM" -v k=$k 'BEGIN { print t * (0.10 + 0.15 * r / 32768) }')
	condense -j2 --checkpoint killed.ck --checkpoint-every 0.001 --resume -o killed.yct &
	pid=$!
	sleep "$moment"
	{
		dead=no
		kill -9 "$pid" && dead=yes
		wait "$pid"
	} 2>/dev/null
	pid=
	if [ $dead = yes ] && [ ! -e killed.yct ]; then
		kills=$((kills + 1))
		echo "killed     run $k after $moment s, $([ -e killed.ck ] && stat -c '%s bytes of checkpoint' killed.ck || echo 'no checkpoint yet')"
	fi
	[ ! -e killed.yct ] || break
done
[ -e killed.yct ] || condense -j1 --checkpoint killed.ck --resume -o killed.yct || exit 1
digest killed.yct
[ $kills -gt 0 ] || {
	echo "DIFFERENT  no run lived long enough to be killed"
	failed=1
}
same "condense, killed $kills times and continued" one.yct.digest killed.yct.digest

for j in 1 2; do
	yc-score lbpe,el2n --epochs 5 -q -j$j -o score$j.yct one.yct || exit 1
	digest score$j.yct
	yc-eval --epochs 5 --repeat 2 -q -j$j --predictions pred$j.tsv --test "$test" one.yct |
		cut -f1-6 >eval$j.tsv
	[ "${PIPESTATUS[0]}" -eq 0 ] || exit 1
done
same "score -j1 and -j2" score1.yct.digest score2.yct.digest
same "score -j1 and -j2, every byte" score1.yct score2.yct
same "eval -j1 and -j2, the table" eval1.tsv eval2.tsv
same "eval -j1 and -j2, 20,000 predictions" pred1.tsv pred2.tsv
exit $failed

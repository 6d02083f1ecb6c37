#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: demo.sh [FOLDER]
# The whole chain on generated pictures, about two minutes on two cores: condense once, score
# once, prune to any size, train on the result. Prints accuracies, leaves a contact sheet.
set -euo pipefail

case $#${1:-} in
0 | 1[!-]*) ;;
*)
	[[ ${1:-} == -h || ${1:-} == --help ]] && sed -n '3,5s/^# //p' "$0" && exit
	echo "demo.sh: one folder expected, or none (demo.sh --help)" >&2
	exit 2
	;;
esac
folder=${1:-build/demo}
mkdir -p "$folder"
cd "$folder"

# A network of half the usual width, and one short outer iteration where a real run has hundreds.
net=(--width 64)

echo "== pictures of ten classes, made up"
yc-load demo --split train -o train.yct
yc-load demo --split test -o test.yct

echo "== condensing them to 10 images per class"
yc-condense idc --ipc 10 --outer 1 --inner 20 "${net[@]}" train.yct -o cond.yct

echo "== scoring every tile"
yc-score lbpe,el2n "${net[@]}" cond.yct -o scored.yct

echo "== pruning to 1, 2 and 5 images per class, training on each"
for n in 1 2 5; do
	for rule in random el2n yoco; do
		yc-select "$rule" --ipc "$n" scored.yct |
			yc-eval --test test.yct --repeat 1 --tests 1 --epochs 300 "${net[@]}" |
			awk -v n="$n" -v rule="$rule" -v OFS='\t' '$1 == "mean" { print n, rule, $3 }'
	done
done >cells.tsv
awk -v OFS='\t' 'BEGIN { print "images/class", "random", "el2n", "yoco" }
	{ row[$1] = row[$1] OFS $3; if (!seen[$1]++) order[++rows] = $1 }
	END { for (i = 1; i <= rows; i++) print order[i] row[order[i]] }' cells.tsv | tee table.tsv

yc-view cond.yct -o demo.png
echo "== test accuracy in percent above and in $folder/table.tsv; $folder/demo.png shows the images"

#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: draw.sh [FOLDER]
# Draws the tables (.md), tests of significance (-tests.tsv) and pictures (.svg) of the results beside
# this file, or into FOLDER, from their networks (.tsv), as the Makefiles that trained them do.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here}
PATH=$PATH:$here/../../build/release/bin

# named TABLE [VARIABLE]...: its networks with the names that readers know
named() {
	awk -f "$here/../names.awk" -f "$here/../relabel.awk" "${@:2}" "$here/$1.tsv"
}

# table NAME TITLE ROWS [VARIABLE]...
table() {
	awk -v published="$here/../published.tsv" -f "$here/../stats.awk" -f "$here/../compare.awk" \
		"$here/$1.tsv" >"$to/$1-tests.tsv"
	awk -v title="$2" -v rows="$3" -v columns=rule -v tests="$to/$1-tests.tsv" "${@:4}" \
		-f "$here/../names.awk" -f "$here/../table.awk" "$here/$1.tsv" >"$to/$1.md"
}

# picture NAME OPTION...
picture() {
	yc-plot -q --unit network --y-label 'Test accuracy in percent' "${@:2}" -o "$to/$1.svg"
}

sizes=(-x ipc_t -y last -b rule --log --x-label 'Images per class')
condensers=(--words -x condenser -y last -b rule --x-label 'Condensed by')

table yoco-random 'Pruning rules: CIFAR-10' condenser,ipc_f,ipc_t
named yoco-random | picture yoco-random "${sizes[@]}" -r random \
	-t 'Pruning rules: CIFAR-10, condensed by IDC to 10 images per class'

table table1 'Pruning rules: CIFAR-10' condenser,ipc_f,ipc_t
named table1 -v ipc=10 -v main=idc | picture table1-ipc10 "${sizes[@]}" -r 'random,whole set,random (DREAM)' \
	-t 'Pruning rules: CIFAR-10, condensed by IDC to 10 images per class'

title='The two rules of YOCO: CIFAR-10, pruned from 10 to 1 image per class'
table table2 "$title" condenser
named table2 | picture table2 "${condensers[@]}" -t "$title"

title='Hard or easy: CIFAR-10, pruned from 10 to 1 image per class'
table table4 "$title" condenser
named table4 | picture table4 "${condensers[@]}" -t "$title"

title='Noisy data: CIFAR-10, pruned from 10 to 1 image per class'
table table6 "$title" condenser
named table6 | picture table6 "${condensers[@]}" -t "$title"

table squeeze 'Smaller sets of a condensed one: CIFAR-10' condenser,ipc_f,ipc_t
named squeeze -v main=idc | sed -E 's/\tDM\t/\tcondensed again by DM\t/' | picture squeeze "${sizes[@]}" \
	-t 'CIFAR-10, 10 images per class by IDC, and smaller sets of these'

awk -v N=10 -f "$here/../cost.awk" "$here/cost.tsv" >"$to/cost.md"

named curve | picture curve -x seconds -y last -b condenser -t 'Condensing CIFAR-10 to 10 images per class' \
	--x-label 'Seconds of all processors'

named dm | sed -E 's/\t(yc-eval|DC)\t/\tby the recipe of \1\t/' | picture dm -x iterations -y last -b recipe -t 'DM on CIFAR-10, 10 images per class' \
	--x-label 'Iterations'

for of in "$here"/loss-*.tsv; do
	name=$(basename "$of" .tsv)
	yc-plot -q -x iteration -y loss -b program --unit run --x-label 'Iteration' --y-label 'Loss' \
		-t "$(awk 'NR == 2 { name = toupper($1) } NR > 1 && $2 != "yc" { peer = $2 } END { print name " here and in " peer }' "$of")" \
		"$of" -o "$to/$name.svg"
done

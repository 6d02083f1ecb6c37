# SPDX-License-Identifier: MIT
# Usage: awk -f names.awk -f relabel.awk [-v ipc=N] [-v main=NAME] RUNS.tsv
# A table of networks with the names that readers know, for pictures; with ipc only sets of so many images
# per class, with main the rules of sets of another condenser say so.
BEGIN {
	FS = OFS = "\t"
}

FNR == 1 {
	for (i = 1; i <= NF; i++)
		at[$i] = i
	print
	next
}

ipc && $at["ipc_f"] != ipc {
	next
}

function relabel(column) {
	if (column in at)
		$at[column] = label($at[column])
}

{
	if (main && $at["condenser"] != main)
		$at["rule"] = $at["rule"] "(" $at["condenser"] ")"
	relabel("rule")
	relabel("condenser")
	relabel("net")
	print
}

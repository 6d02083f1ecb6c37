# SPDX-License-Identifier: MIT
# Usage: awk -f names.awk -f relabel.awk [-v ipc=N] [-v main=NAME] RUNS.tsv
# What runs.awk gathered with the names that readers know; with ipc only sets of so many images
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

{
	if (main && $at["condenser"] != main)
		$at["rule"] = $at["rule"] "(" $at["condenser"] ")"
	$at["rule"] = label($at["rule"])
	if ("condenser" in at) {
		$at["condenser"] = label($at["condenser"])
		$at["net"] = label($at["net"])
	}
	print
}

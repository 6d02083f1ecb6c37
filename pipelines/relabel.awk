# SPDX-License-Identifier: MIT
# Usage: awk -f names.awk -f relabel.awk [-v ipc=N] [-v main=NAME] [-v net=NAME] [-v size=N [-v only=1]] RUNS.tsv
# A table of networks with the names that readers know, for pictures; with ipc only sets of so many images
# per class. Rules with another condenser, network or size than these say so; only: those of another size
# are left out.
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

only && $at["ipc_t"] != size && $at["rule"] != "whole" {
	next
}

function relabel(column) {
	if (column in at)
		$at[column] = label($at[column])
}

{
	whole = $at["rule"] == "whole"
	if (main && $at["condenser"] != main)
		$at["rule"] = $at["rule"] "(" $at["condenser"] ")"
	if (net && $at["net"] != net)
		$at["rule"] = $at["rule"] "(" $at["net"] ")"
	if (size && $at["ipc_t"] != size && !whole)
		$at["rule"] = $at["rule"] "(" $at["ipc_t"] ")"
	relabel("rule")
	relabel("condenser")
	relabel("net")
	print
}

# SPDX-License-Identifier: MIT
# Usage: awk -v dataset=NAME -v list=FILE -f runs.awk
# Gathers what yc-eval printed for each cell of the list, .../CONDENSER/IPC_F/IPC_T/RULE/NET/SEED.tsv,
# into one table: a line for every network. No times: the same table whatever else ran.
BEGIN {
	FS = OFS = "\t"
	while ((getline file <list) > 0)
		ARGV[ARGC++] = file
	print "dataset", "condenser", "ipc_f", "ipc_t", "rule", "net", "score_seed", "repeat", \
		"best", "last", "images", "bytes", "epochs"
}
FNR == 1 {
	n = split(FILENAME, part, "/")
	sub(/\.tsv$/, "", part[n])
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}
$column["repeat"] ~ /^[0-9]+$/ {
	print dataset, part[n - 5], part[n - 4], part[n - 3], part[n - 2], part[n - 1], part[n], \
		$column["repeat"], $column["best"], $column["last"], $column["images"], \
		$column["bytes"], $column["epochs"]
}

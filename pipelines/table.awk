# SPDX-License-Identifier: MIT
# Usage: awk -v title=T -v rows=C,C -v columns=C [-v note=N] [-v sample=1] [-v steps=N] [-v smoke=1]
#	-f names.awk -f table.awk RUNS.tsv
# What runs.awk gathered as a Markdown table, once for the accuracies after the last epoch and
# once for the best tests. Standard deviations are population ones (D44), or with sample=1 those of
# a sample: over the networks of a score seed, averaged over the seeds, and in brackets over all
# networks together; a dash for one network, whose 0 would say nothing. steps: of a training, not
# of epochs. smoke: the networks were trained for a trial only.
BEGIN {
	FS = "\t"
	nrow_columns = split(rows, row_column, ",")
	name["condenser"] = "condensed by"
	name["ipc_f"] = "images per class"
	name["ipc_t"] = "pruned to"
	name["net"] = "network"
	name["rule"] = "rule"
}

NR == 1 {
	for (i = 1; i <= NF; i++)
		at[$i] = i
	next
}

{
	whole = $at["rule"] == "whole"
	if (whole) {
		row = label($at["condenser"]) ", " $at["ipc_f"] " images per class, " label($at["net"])
	} else {
		row = label($at[row_column[1]])
		for (i = 2; i <= nrow_columns; i++)
			row = row " | " label($at[row_column[i]])
		if (!($at[columns] in column_seen)) {
			column_seen[$at[columns]] = 1
			column[++ncolumns] = $at[columns]
		}
	}
	if (!((whole, row) in row_seen)) {
		row_seen[whole, row] = 1
		if (whole)
			whole_row[++nwhole] = row
		else
			table_row[++nrows] = row
	}
	add("last", row SUBSEP (whole ? "whole" : $at[columns]), $at["score_seed"], $at["last"])
	add("best", row SUBSEP (whole ? "whole" : $at[columns]), $at["score_seed"], $at["best"])
	if (!(($at["score_seed"]) in seed_seen)) {
		seed_seen[$at["score_seed"]] = 1
		seed[++nseeds] = $at["score_seed"]
	}
	differ = differ || $at["last"] != $at["best"]
	epochs = $at["epochs"]
	if ($at["repeat"] > repeats)
		repeats = $at["repeat"]
}

# Sums are of differences from the first value: equal values deviate by exactly 0.
function add(y, cell, s, v) {
	if (!((y, cell) in first))
		first[y, cell] = v
	v -= first[y, cell]
	n[y, cell, s]++
	sum[y, cell, s] += v
	squares[y, cell, s] += v * v
}

# Below zero: there is none.
function deviation(count, total, square,   v) {
	if (count < 2)
		return -1
	v = (square / count - (total / count) ^ 2) * count / (count - sample)
	return v > 0 ? sqrt(v) : 0
}

function number(v) {
	return v < 0 ? "–" : sprintf("%.2f", v)
}

function text(y, cell,   i, k, d, groups, within, none, count, total, square) {
	if (!((y, cell) in first))
		return "–"
	for (i = 1; i <= nseeds; i++) {
		k = y SUBSEP cell SUBSEP seed[i]
		if (!n[k])
			continue
		groups++
		d = deviation(n[k], sum[k], squares[k])
		within += d
		none = none || d < 0
		count += n[k]
		total += sum[k]
		square += squares[k]
	}
	return sprintf("%.2f ± %s (%s)", first[y, cell] + total / count, number(none ? -1 : within / groups), \
		number(deviation(count, total, square)))
}

function print_table(y,   i, k, line) {
	line = "|"
	for (i = 1; i <= nrow_columns; i++)
		line = line " " name[row_column[i]] " |"
	for (i = 1; i <= ncolumns; i++)
		line = line " " label(column[i]) " |"
	print line
	gsub(/[^|]+/, "---", line)
	print line
	for (i = 1; i <= nrows; i++) {
		line = "| " table_row[i] " |"
		for (k = 1; k <= ncolumns; k++)
			line = line " " text(y, table_row[i] SUBSEP column[k]) " |"
		print line
	}
	if (nwhole)
		print ""
	for (i = 1; i <= nwhole; i++)
		print "Whole set, " whole_row[i] ": " text(y, whole_row[i] SUBSEP "whole")
}

END {
	print "# " title "\n"
	if (smoke)
		print "No result: BUDGET=smoke tries whether everything works, its networks have hardly learned.\n"
	print "Test accuracy in percent after " (steps ? steps " steps" : epochs " epochs") \
		": mean ± " (sample ? "sample " : "") "standard deviation over networks (" \
		repeats "), averaged over scorings or selections (" nseeds "); in brackets the " \
		"standard deviation over all networks.\n"
	print_table("last")
	if (differ) {
		print "\nThe best of the tests of each network, which is chosen on the test images:\n"
		print_table("best")
	}
	if (note)
		print "\n" note
}

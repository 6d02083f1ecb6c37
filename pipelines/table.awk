# SPDX-License-Identifier: MIT
# Usage: awk -v title=T -v rows=C,C -v columns=C [-v note=N] [-v sample=1] [-v steps=N] [-v smoke=1]
#	[-v tests=FILE] -f names.awk -f table.awk RUNS.tsv
# What runs.awk gathered as a Markdown table, once for the accuracies after the last epoch and
# once for the best tests. Standard deviations are population ones (D44), or with sample=1 those of
# a sample: over the networks of a score seed, averaged over the seeds, and in brackets over all
# networks together; a dash for one network, whose 0 would say nothing. steps: of a training, not
# of epochs. smoke: the networks were trained for a trial only. tests: what compare.awk printed of
# the same networks; the table is then followed by each rule's difference from the best one of its
# set, size and network, and by how far the order is that which was published. Counts of networks, scorings
# and epochs are ranges where cells differ, and it says which have fewer scorings than others.
BEGIN {
	FS = "\t"
	nrow_columns = split(rows, row_column, ",")
	name["condenser"] = "condensed by"
	name["ipc_f"] = "images per class"
	name["ipc_t"] = "pruned to"
	name["net"] = "network"
	name["rule"] = "rule"
	while (tests && (getline line <tests) > 0)
		read_test(line)
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
	cell = row SUBSEP (whole ? "whole" : $at[columns])
	of = $at["condenser"] SUBSEP $at["ipc_f"] SUBSEP $at["ipc_t"] SUBSEP $at["net"] SUBSEP $at["rule"]
	if (cell in rule_at && rule_at[cell] != of || FNR > 2 && $at["dataset"] != dataset) {
		gsub(SUBSEP, ", ", of)
		print "table.awk: " FILENAME ": line " FNR ": " $at["dataset"] ", " of ": in one cell with others; rows must tell them apart" >"/dev/stderr"
		exit failed = 1
	}
	rule_at[cell] = of
	dataset = $at["dataset"]
	add("last", cell, $at["score_seed"], $at["last"])
	add("best", cell, $at["score_seed"], $at["best"])
	if (networks[cell, $at["score_seed"]]++ == 0)
		scorings[cell]++
	if (!(($at["score_seed"]) in seed_seen)) {
		seed_seen[$at["score_seed"]] = 1
		seed[++nseeds] = $at["score_seed"]
	}
	differ = differ || $at["last"] != $at["best"]
	epochs[FNR] = $at["epochs"]
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

# A line of compare.awk: what it tested of a rule, or of a pair that was published.
function read_test(line,   i, n, field, set, rule, pair) {
	n = split(line, field, "\t")
	if (!ntest_columns) {
		ntest_columns = n
		for (i = 1; i <= n; i++)
			test_at[field[i]] = i
		return
	}
	set = field[test_at["condenser"]] SUBSEP field[test_at["ipc_f"]] SUBSEP field[test_at["ipc_t"]] SUBSEP \
		field[test_at["net"]]
	if (field[test_at["of"]] == "best") {
		compared = 1
		difference[set, field[test_at["rule"]]] = "best"
		rule = set SUBSEP field[test_at["than"]]
		difference[rule] = test_text(-field[test_at["difference"]], field[test_at["holm"]])
		if (field[test_at["unit"]] == "networks") {
			difference[rule] = difference[rule] " †"
			on_networks = 1
		}
		return
	}
	if (!(set in pairs)) {
		ordered[++nordered] = set
		about[set] = label(field[test_at["condenser"]]) ", " field[test_at["ipc_f"]] " to " field[test_at["ipc_t"]] \
			" image" (field[test_at["ipc_t"]] == 1 ? "" : "s") " per class, " label(field[test_at["net"]])
	}
	pairs[set]++
	if (field[test_at["published"]] == "agrees") {
		agree[set]++
	} else if (field[test_at["published"]] == "inverted") {
		pair = label(field[test_at["than"]]) " above " label(field[test_at["rule"]]) " by " \
			test_text(-field[test_at["difference"]], field[test_at["holm"]])
		inverted[set] = inverted[set] (disagree[set]++ ? "; " : "") pair
	}
}

# Bold where it is significant
function test_text(points, p,   d) {
	d = sprintf("%.2f", points)
	sub(/^-0\.00$/, "0.00", d)
	sub(/^-/, "−", d)
	return (p != "–" && p < 0.05 ? "**" d "**" : d) " (" \
		(p == "–" ? p : p < 0.001 ? "< 0.001" : sprintf(p < 0.1 ? "%.3f" : "%.2f", p)) ")"
}

# 3, or 3 to 5
function range(counts,   i, least, most) {
	for (i in counts) {
		if (most == "" || counts[i] + 0 > most)
			most = counts[i] + 0
		if (least == "" || counts[i] + 0 < least)
			least = counts[i] + 0
	}
	return least == most ? most : least " to " most
}

# How many scorings all cells of a row have, or with row "" all of a column in rows that were not named yet;
# 0 where they differ.
function alike(row, which,   cell, part, count) {
	for (cell in scorings) {
		split(cell, part, SUBSEP)
		if (row == "" ? part[2] != which || part[1] in named : part[1] != row)
			continue
		if (count && scorings[cell] != count)
			return 0
		count = scorings[cell]
	}
	return count
}

function fewer(what, count) {
	gsub(/ \| /, ", ", what)
	return "; " count " of " what
}

# Cells that have fewer scorings than the most there are: whole rows, whole columns, and what is left.
function print_fewer(   i, k, most, count, list) {
	for (k in scorings)
		if (scorings[k] > most)
			most = scorings[k]
	for (i = 1; i <= nrows; i++)
		if ((count = alike(table_row[i])) && count < most) {
			named[table_row[i]] = 1
			list = list fewer(table_row[i], count)
		}
	for (k = 1; k <= ncolumns; k++)
		if ((count = alike("", column[k])) && count < most) {
			named[column[k]] = 1
			list = list fewer(label(column[k]), count)
		}
	for (i = 1; i <= nrows; i++)
		for (k = 1; k <= ncolumns; k++)
			if ((table_row[i], column[k]) in scorings && !(table_row[i] in named) && !(column[k] in named) && \
			    scorings[table_row[i], column[k]] < most)
				list = list fewer(table_row[i] ", " label(column[k]), scorings[table_row[i], column[k]])
	for (i = 1; i <= nwhole; i++)
		if (scorings[whole_row[i], "whole"] < most)
			list = list fewer("whole set, " whole_row[i], scorings[whole_row[i], "whole"])
	if (list != "")
		print "\nScorings or selections, where fewer than " most ": " substr(list, 3) "."
}

function print_head(   i, line) {
	line = "|"
	for (i = 1; i <= nrow_columns; i++)
		line = line " " name[row_column[i]] " |"
	for (i = 1; i <= ncolumns; i++)
		line = line " " label(column[i]) " |"
	print line
	gsub(/[^|]+/, "---", line)
	print line
}

function print_tests(   i, k, line, rule, set, there) {
	if (compared) {
		print "\nDifference from the best rule of a set, size and network, in points, and p of Welch's t test on the " \
			"means of scorings or selections, by Holm's correction for the rules that are compared with " \
			"the best; bold where it is below 0.05.\n"
		print_head()
		for (i = 1; i <= nrows; i++) {
			line = "| " table_row[i] " |"
			for (k = there = 0; k++ < ncolumns;) {
				rule = rule_at[table_row[i], column[k]]
				there += rule in difference
				line = line " " (rule in difference ? difference[rule] : "–") " |"
			}
			if (there)
				print line
		}
		if (on_networks)
			print "\n† On the networks of one scoring or selection, which say nothing of another one."
	}
	for (i = 1; i <= nordered; i++) {
		set = ordered[i]
		print (i == 1 ? "\nPairs of rules whose order was published, Kendall's tau over them, and by how much others are inverted, with p " \
			"by Holm's correction for all of these pairs:\n\n" : "") "- " about[set] ": " agree[set] + 0 " of " pairs[set] \
			sprintf(" as published, tau %.2f", (agree[set] - disagree[set]) / pairs[set]) \
			(disagree[set] ? "; inverted: " inverted[set] : "")
	}
}

function print_table(y,   i, k, line) {
	print_head()
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
	if (failed)
		exit failed
	print "# " title "\n"
	if (smoke)
		print "No result: BUDGET=smoke tries whether everything works, its networks have hardly learned.\n"
	print "Test accuracy in percent after " (steps ? steps " steps" : range(epochs) " epochs") \
		": mean ± " (sample ? "sample " : "") "standard deviation over networks (" \
		range(networks) "), averaged over scorings or selections (" range(scorings) "); in brackets the " \
		"standard deviation over all networks.\n"
	print_table("last")
	print_fewer()
	print_tests()
	if (differ) {
		print "\nThe best of the tests of each network, which is chosen on the test images:\n"
		print_table("best")
	}
	if (note)
		print "\n" note
}

# SPDX-License-Identifier: MIT
# Usage: awk -v list=FILE -v repeat=N -v epochs=N [-v steps=N] -v title=T -f plan.awk
# Reads the names of the sets, scores and cells that are to be made, and says what that comes to
# and how long it may take at the speed of the cells in the list that are done: time goes with the
# images trained on, if it is not a number of steps that is trained for.

# Images per class of a cell .../CONDENSER/IPC_F/IPC_T/RULE/NET/SEED.tsv
function images(cell,   part, n) {
	n = split(cell, part, "/")
	return steps ? 1 : part[n - 3]
}

function read_cell(cell,   line, column) {
	while ((getline line <cell) > 0)
		if (split(line, column, "\t") > 6 && column[1] ~ /^[0-9]+$/) {
			seconds += column[7]
			trained += images(cell)
		}
	close(cell)
}

/\/cells\// { todo[$0] = 1 }
/\/scores\// { scores++ }
/\/sets\// { sets = sets " " $0 }

END {
	while ((getline cell <list) > 0) {
		cells++
		if (cell in todo) {
			missing++
			left += images(cell)
		} else {
			read_cell(cell)
		}
	}
	print title ": " cells " cells, " cells - missing " done"
	if (sets)
		print "sets to condense:" sets
	print "trainings for scores: " scores + 0
	print "networks to train: " missing * repeat ", " \
		(steps ? "steps" : "epochs") ": " missing * repeat * (steps ? steps : epochs)
	if (trained && missing)
		printf "about %.1f hours one after the other, at the speed so far, without scores\n", \
			left * repeat * seconds / trained / 3600
}

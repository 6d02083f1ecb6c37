# SPDX-License-Identifier: MIT
# Usage: awk -v list=FILE -v repeat=N -v epochs=N [-v steps=N] -v title=T -v sets=S -v scores=S \
#	-f plan.awk
# Reads the names of the cells that are done and says what is left of those in the list, and
# how long that may take at their speed: time goes with the images trained on, if it is not a
# number of steps that is trained for.
BEGIN {
	while ((getline cell <list) > 0) {
		todo[cell] = 1
		cells++
	}
}

# Images a class of a cell .../CONDENSER/IPC_F/IPC_T/RULE/NET/SEED.tsv
function images(cell,   part, n) {
	n = split(cell, part, "/")
	return steps ? 1 : part[n - 3]
}

{
	delete todo[$0]
	done++
	while ((getline line <$0) > 0)
		if (split(line, column, "\t") > 6 && column[1] ~ /^[0-9]+$/) {
			seconds += column[7]
			trained += images($0)
		}
	close($0)
}

END {
	print title ": " cells " cells, " done + 0 " done"
	nsets = split(sets, set, " ")
	nscores = split(scores, score, " ")
	if (nsets)
		print "sets condensed here: " sets
	print "trainings for scores: " nscores
	for (cell in todo)
		left += images(cell)
	print "networks to train: " (cells - done) * repeat ", " \
		(steps ? "steps" : "epochs") ": " (cells - done) * repeat * (steps ? steps : epochs)
	if (trained && cells > done)
		printf "about %.1f hours one after the other, at the speed so far, without scores\n", \
			left * repeat * seconds / trained / 3600
}

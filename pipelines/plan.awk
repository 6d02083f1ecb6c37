# SPDX-License-Identifier: MIT
# Usage: awk -v list=FILE -v repeat=N -v epochs=N [-v steps=N] -v title=T -v score_epochs=N
#	-v scorer=NET -v parallel=N -v pace=COMMAND -v set=FILE -v train=FILE -v load=COMMAND
#	[-v whole=1] -v tiles=N -v condense=FILE [-v again=NAMES] -f plan.awk
# Reads the names of what is to be made, and says what that comes to and how long it may take: at
# the speed of the cells in the list that are done, of `parallel` networks at a time, or for a
# network without one at the speed that COMMAND (pace.sh) measures. Time goes with the images
# trained on, if it is not a number of steps that is trained for. It is measured on the set if there
# is one, else on as many real images as it will have tiles, so many for each image; they come from
# the stream of training images, or for want of one from a command (whole=1: which takes no limit).
# A line of the file condense is the name of a kind of set, its condenser and the options of that;
# those of the names in `again` are condensed from the set.
# What cannot be measured cannot be made: status 1, after the message of the tool that failed.

# Images per class of a cell .../CONDENSER/IPC_F/IPC_T/RULE/NET/SEED.tsv
function images(cell,   part, n) {
	n = split(cell, part, "/")
	return steps ? 1 : part[n - 3]
}

function net_of(cell,   part, n) {
	n = split(cell, part, "/")
	return part[n - 1]
}

function read_cell(cell,   line, column) {
	while ((getline line <cell) > 0)
		if (split(line, column, "\t") > 6 && column[1] ~ /^[0-9]+$/) {
			seconds[net_of(cell)] += column[7] / parallel
			trained[net_of(cell)] += images(cell) * (steps ? steps : epochs)
		}
	close(cell)
}

function there(file) {
	return file != "" && !(file in todo)
}

function images_of(n) {
	return there(set) ? "yc-select -q random --ipc " n " " set : \
		there(train) || whole ? train_of(0) " | yc-select -q random --tiles " n * tiles : train_of(n * tiles)
}

# Training images, as many of each class if only that many are needed.
function train_of(n) {
	return there(train) ? "cat " train : load " -q" (n && !whole ? " --per-class " n : "")
}

# Seconds for an epoch of a network and an image per class, or for a step.
function speed(net, size,   command) {
	if (!(net in speeds)) {
		speeds[net] = 0
		if (seconds[net]) { # short trainings say nothing
			speeds[net] = seconds[net] / trained[net]
		} else {
			command = images_of(size) " | " sprintf(pace, net, size)
			command | getline speeds[net]
			close(command)
			if (!speeds[net])
				give_up("training " net)
			measured = 1
		}
	}
	return speeds[net]
}

# What yc-condense says of the time of a set .../CONDENSER/IPC.yct
function condensing(file,   part, n, name, command, line, time) {
	n = split(file, part, "/")
	sub(/\.yct$/, "", part[n])
	name = part[n - 1]
	sub(/\+.*/, "", name) # what is noisy takes no other time
	command = (again ~ "(^| )" name "( |$)" && there(set) ? "cat " set : train_of(100)) \
		" | yc-condense -q " options_of[name] " --ipc " part[n] " --dry-run"
	while ((command | getline line) > 0)
		if (sub(/^time */, "", line))
			time = line
	close(command)
	if (!time)
		give_up("condensing by " name)
	return part[n - 1] "/" part[n] (times[file] > 1 ? ", " times[file] " times: " : ": ") time
}

function give_up(what) {
	print "plan: " what " fails, as said above" >"/dev/stderr"
	exit 1
}

function duration(s) {
	return s < 90 ? sprintf("%.0f seconds", s) : s < 5400 ? sprintf("%.0f minutes", s / 60) : \
		s < 172800 ? sprintf("%.1f hours", s / 3600) : sprintf("%.1f days", s / 86400)
}

/^$/ { next }
{ todo[$0] = 1 }
/\/scores\// { score[++scores] = $0 }
/\/sets\// && ++times[$0] == 1 { made[++sets] = $0 }

END {
	while (condense && (getline line <condense) > 0) {
		match(line, / |$/)
		options_of[substr(line, 1, RSTART - 1)] = substr(line, RSTART + 1)
	}
	while ((getline cell <list) > 0) {
		cells++
		if (cell in todo) {
			missing++
			left[net_of(cell)] += images(cell)
			if (images(cell) > largest)
				largest = images(cell)
		} else {
			read_cell(cell)
		}
	}
	print title ": " cells " cells, " cells - missing " done"
	for (i = 1; i <= sets; i++)
		print "set to condense: " condensing(made[i])
	print "trainings for scores: " scores + 0
	print "networks to train: " missing * repeat ", " \
		(steps ? "steps" : "epochs") ": " missing * repeat * (steps ? steps : epochs)
	for (net in left)
		total += left[net] * repeat * (steps ? steps : epochs) * speed(net, largest)
	# Scores of early epochs take a hundred of them at most. One score at a time uses all
	# processors.
	for (i = 1; i <= scores && !steps; i++) {
		n = split(score[i], part, "/")
		length_of = part[n] ~ /^(early|loss)/ && score_epochs > 100 ? 100 : score_epochs
		total += part[n - 1] * length_of * speed(scorer, largest)
	}
	if (missing)
		print "about " duration(total) (measured ? ", measured" : " at the speed so far") \
			(sets ? ", without condensing" : "") (scores && steps ? ", without scores" : "")
}

# SPDX-License-Identifier: MIT
# Usage: awk [-v time=90m] -f spent.awk METRICS
# Seconds by the clock of all runs that wrote to a file of --metrics, also of those that were killed;
# or what is left of a time, a tenth of it at least.
match($0, /"seconds":[0-9.]+/) {
	now = substr($0, RSTART + 10, RLENGTH - 10) + 0
	if (now < last)
		before += last
	last = now
}

function seconds(text,   unit) {
	unit["m"] = 60
	unit["h"] = 3600
	unit["d"] = 86400
	sub(/s$/, "", text)
	return text * (substr(text, length(text)) in unit ? unit[substr(text, length(text))] : 1)
}

END {
	spent = before + last
	whole = seconds(time)
	print time == "" ? spent : spent < whole * 0.9 ? whole - spent : whole / 10
}

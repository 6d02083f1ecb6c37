# SPDX-License-Identifier: MIT
# Usage: awk -v N=IPC -f cost.awk COST.tsv
# Costs of every size below N images per class, by the ways that cost.mk measured, as Markdown.
BEGIN {
	FS = "\t"
	name["yoco"] = "YOCO"
	name["dm"] = "condensed again by DM"
	name["idc"] = "condensed again by IDC"
	name["afresh"] = "condensed afresh"
	name["mdc"] = "MDC"
}

NR == 1 {
	for (i = 1; i <= NF; i++)
		at[$i] = i
	next
}

function add(way, size, about) {
	epochs[way, size] += $at["epochs"]
	seconds[way, size] += $at["core_seconds"]
	bytes[way, size] += $at["bytes"]
	if (about)
		computed[way, size] = 1
	there[way, size] = 1
}

{
	way = $at["way"]
	size = $at["ipc"]
	about = $at["how"] != "measured"
	if (!(way in seen)) {
		seen[way] = 1
		ways[++nways] = way
	}
	add(way, size, about)
	if (size ~ /^[0-9]+$/ && size != N && !(size in sized)) {
		sized[size] = 1
		sizes[++nsizes] = size
	}
	if (size != N)
		add(way, "all", about)
	if ($at["images"] > 0)
		of[way] = $at["images"]
}

# Three digits that count, where there is no more in it
function figure(v) {
	return v == 0 ? "0" : v < 100 ? sprintf("%.3g", v) : sprintf("%.0f", v)
}

function rounded(v,   unit) {
	if (v < 1000)
		return figure(v)
	for (unit = 1; v / unit >= 1000;)
		unit *= 10
	return sprintf("%.0f", int(v / unit + 0.5) * unit)
}

function cell(way, size, kept) {
	if (!((way, size) in there))
		return "–"
	return figure(epochs[way, size]) " / " ((way, size) in computed ? "≈ " rounded(seconds[way, size]) : rounded(seconds[way, size])) \
		" / " figure((kept == "" ? bytes[way, size] : kept) / 1000)
}

function line(title, size,   i, text) {
	text = "| " title " |"
	for (i = 1; i <= nways; i++)
		# Sizes of one set are its beginnings: no more bytes than it has.
		text = text " " cell(ways[i], size, size == "all" && ways[i] ~ /^(yoco|mdc)$/ ? bytes[ways[i], "once"] : "") " |"
	print text
}

END {
	print "# Cost of every size below " N " images per class\n"
	print "Epochs of networks / seconds of processor cores / kilobytes of a set of bytes. ≈: computed from iterations that were " \
		"measured.\n"
	text = "| images per class |"
	rule = "|---|"
	for (i = 1; i <= nways; i++) {
		text = text " " name[ways[i]] " |"
		rule = rule "---|"
	}
	print text "\n" rule
	line("once", "once")
	for (i = 1; i <= nsizes; i++)
		line(sizes[i], sizes[i])
	line("all of these", "all")
	for (i = 1; i <= nways; i++)
		if ((ways[i], N) in there)
			line(N ", for comparison", N)
	text = ""
	again = "dm" in seen || "idc" in seen
	for (i = 1; i <= nways; i++)
		if (ways[i] in of)
			text = text (text == "" ? "" : ", ") name[ways[i]] " " of[ways[i]]
	print "\nImages of an epoch: " text "." (again || "yoco" in seen ? \
		" A set of " N " images per class is given to YOCO and to what is condensed again." : "") \
		(again ? " What is condensed again was scored before, once." : "") \
		("dm" in seen ? " DM trains no network." : "")
}

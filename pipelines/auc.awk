# SPDX-License-Identifier: MIT
# Usage: yc-info --tsv SCORED.yct | awk -f auc.awk
# How well scores tell wrong labels from right ones: of tiles with score columns, of which some have
# another label than label.true, for each score the area under the ROC curve, the probability that a tile
# with a wrong label is harder than one with a right one, half of it where they are as hard. 0.5 is chance.
# Hard is high, but of aum.
BEGIN {
	FS = OFS = "\t"
}

NR == 1 {
	columns = NF
	for (i = 1; i <= columns; i++) {
		at[$i] = i
		if (sub(/^score\./, "", $i) && $i !~ /^ssp/)
			name[i] = $i
	}
	if (!("label.true" in at)) {
		print "auc.awk: no column label.true: yc-load --label-noise makes it" >"/dev/stderr"
		exit failed = 1
	}
	next
}

{
	wrong[NR] = $at["label"] != $at["label.true"]
	nwrong += wrong[NR]
	for (i in name)
		hard[i, NR] = name[i] ~ /^aum/ ? -$i : +$i
}

END {
	if (failed)
		exit 1
	right = NR - 1 - nwrong
	if (!nwrong || !right) {
		print "auc.awk: no label is wrong, or none is right" >"/dev/stderr"
		exit 1
	}
	print "score", "auc"
	for (i = 1; i <= columns; i++) {
		if (!(i in name))
			continue
		area = 0
		for (a = 2; a <= NR; a++)
			for (b = 2; wrong[a] && b <= NR; b++)
				if (!wrong[b])
					area += hard[i, a] > hard[i, b] ? 1 : hard[i, a] == hard[i, b] ? 0.5 : 0
		print name[i], sprintf("%.4f", area / nwrong / right)
	}
}

# SPDX-License-Identifier: MIT
# Names of rules, condensers and networks as readers of tables and pictures know them; with
# -f names.awk before the program that calls label(). Other names stay as they are.
BEGIN {
	split("aum forgetting el2n entropy", known, " ")
	for (i in known)
		keeps_hard[known[i]] = 1
	known_as["accumulated_margin"] = "aum"
	known_as["lbpe-aum-mean"] = "lbpe and aum (mean rank)"
	known_as["lbpe-aum-max"] = "lbpe and aum (highest rank)"
	known_as["whole"] = "whole set"
	known_as["convnet"] = "ConvNet"
	known_as["resnet10"] = "ResNet-10"
	known_as["resnet10ap"] = "ResNet10-AP"
	known_as["densenet"] = "DenseNet"
	split("idc dream mdc dm dc dsa mtt kip", known, " ")
	for (i in known)
		known_as[known[i]] = toupper(known[i])
	known_as["kcenter"] = "k-center"
	known_as["kmeans"] = "k-means"
}

# accumulated_margin_easy_balance -> aum (easy, balanced); rule and what else its set is of, such as
# another condenser, network or images per class: random(dream)(2) -> random (DREAM, 2 per class); a
# condenser and what was noisy: idc+labels-20 -> IDC, 20 % wrong labels
function label(name,   noise, end, which, balance, of, from) {
	if (match(name, /\+(labels|set-labels|corrupt)-[0-9]+$/)) {
		noise = substr(name, RSTART + 1)
		name = label(substr(name, 1, RSTART - 1))
		end = substr(noise, match(noise, /[0-9]+$/))
		return name ", " (noise ~ /^corrupt/ ? "corrupted, severity " end : \
			end " % wrong labels" (noise ~ /^set/ ? " in the set" : ""))
	}
	while (name ~ /[^ ]\([a-z0-9]+\)$/) {
		of = name
		sub(/\([a-z0-9]+\)$/, "", name)
		of = substr(of, length(name) + 2, length(of) - length(name) - 2)
		of = of ~ /^[0-9]+$/ ? of " per class" : label(of)
		from = of (from != "" ? ", " : "") from
	}
	while (match(name, /_(hard|easy|balance|imbalance)$/)) {
		end = substr(name, RSTART + 1)
		name = substr(name, 1, RSTART - 1)
		if (end ~ /balance/)
			balance = end "d"
		else
			which = end
	}
	if (name in known_as)
		name = known_as[name]
	if (which == "" && name in keeps_hard)
		which = "hard"
	which = which (which != "" && balance != "" ? ", " : "") balance
	which = which (which != "" && from != "" ? ", " : "") from
	return which == "" ? name : name " (" which ")"
}

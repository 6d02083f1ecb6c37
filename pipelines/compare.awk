# SPDX-License-Identifier: MIT
# Usage: awk [-v published=FILE] -f stats.awk -f compare.awk RUNS.tsv
# Compares the rules of what runs.awk gathered, for each condensed set, size and network: the best
# rule with every other one, and the rules of each pair that a table of published values orders.
# Welch's t of the accuracies after the last epoch, on the means of scorings or selections where
# both rules have two, otherwise on networks; p two-sided, and by Holm's correction over the
# comparisons with the best rule, or over the published pairs of it. A single network is not the best where
# others have several. yc-methods(7), "Comparing rules".
#
# of: best, or published; rule is then the one that was published as the better. unit: what n and
# n_than count; a dash where neither can be tested.
# The published table: a field that is empty fits any. value is an accuracy, or, of an order, any
# number that is greater for the better; equal ones are not ordered, nor one of an accuracy and one of
# an order. What both rules of a pair have first in the table orders them.
BEGIN {
	FS = OFS = "\t"
	while (published && (getline line <published) > 0) {
		n = split(line, field, "\t")
		if (!facts++) {
			for (i = 1; i <= n; i++)
				said[i] = field[i]
			continue
		}
		for (i = 1; i <= n; i++)
			fact[facts - 1, said[i]] = field[i]
		of = fact[facts - 1, "of"]
		if (fact[facts - 1, "rule"] == "" || of == "" || fact[facts - 1, "value"] !~ /^[0-9.]+$/)
			refuse("line " facts ": a rule, what of it (accuracy, order) and a number expected")
		if (!(of in kind_seen)) {
			kind_seen[of] = 1
			kind[++nkinds] = of
		}
	}
	if (published && facts < 2)
		refuse("no published values there")
	nkeys = split("dataset condenser ipc_f ipc_t net", key, " ")
}

function refuse(why) {
	print "compare.awk: " published ": " why >"/dev/stderr"
	exit failed = 1
}

FNR == 1 {
	for (i = 1; i <= NF; i++)
		at[$i] = i
	next
}

$at["rule"] != "whole" {
	set = $at[key[1]]
	for (i = 2; i <= nkeys; i++)
		set = set "\t" $at[key[i]]
	if (!(set in rules))
		sets[++nsets] = set
	cell = set "\t" $at["rule"]
	if (!(cell in networks))
		rule_of[set, ++rules[set]] = $at["rule"]
	value[cell, ++networks[cell]] = $at["last"]
	group = cell SUBSEP "seed" SUBSEP $at["score_seed"]
	if (!(group in size))
		groups[cell, ++ngroups[cell]] = group
	size[group]++
	sum[group] += $at["last"]
}

# Mean, variance of a sample and count of units, into M, V and N
function units(cell, unit, M, V, N,   i, x, square, total) {
	N[cell] = unit == "networks" ? networks[cell] : ngroups[cell]
	for (i = 1; i <= N[cell]; i++) {
		x[i] = unit == "networks" ? value[cell, i] : sum[groups[cell, i]] / size[groups[cell, i]]
		total += x[i]
	}
	M[cell] = total / N[cell]
	for (i = 1; i <= N[cell]; i++)
		square += (x[i] - M[cell]) ^ 2
	V[cell] = N[cell] > 1 ? square / (N[cell] - 1) : 0
	# Of equal values, what is left is rounding.
	if (V[cell] < 1e-18 * M[cell] ^ 2)
		V[cell] = 0
}

# Sums of the same numbers in another order differ by rounding.
function minus(a, b) {
	return (a - b) ^ 2 < 1e-18 * a ^ 2 ? 0 : a - b
}

# compare(OF, SET, RULE, RULE): a row, without the last columns.
function compare(of, set, a, b,   unit, A, B, M, V, N, error, t, df, p) {
	A = set "\t" a
	B = set "\t" b
	unit = ngroups[A] > 1 && ngroups[B] > 1 ? "scorings" : networks[A] > 1 && networks[B] > 1 ? "networks" : "–"
	units(A, unit, M, V, N)
	units(B, unit, M, V, N)
	error = unit == "–" ? 0 : V[A] / N[A] + V[B] / N[B]
	t = df = p = "–"
	if (error > 0) {
		t = minus(M[A], M[B]) / sqrt(error)
		df = error ^ 2 / ((V[A] / N[A]) ^ 2 / (N[A] - 1) + (V[B] / N[B]) ^ 2 / (N[B] - 1))
		p = incomplete_beta(df / (df + t ^ 2), t ^ 2 / (df + t ^ 2), df / 2, 0.5)
		tested[++ntested] = nrows + 1
	}
	row[++nrows] = of OFS set OFS a OFS b OFS sprintf("%.4f", minus(M[A], M[B])) OFS unit OFS N[A] OFS N[B] OFS \
		(p == "–" ? "–" OFS "–" OFS "–" : sprintf("%.4f%s%.4f%s%.4g", t, OFS, df, OFS, p))
	difference[nrows] = minus(M[A], M[B])
	raw[nrows] = p
}

# Rows so far, each p multiplied by how many are not smaller, and none below one before it. Then they
# are printed.
function holm(   i, j, k, greatest, adjusted) {
	for (i = 1; i <= ntested; i++) {
		for (j = i; j > 1 && raw[tested[j]] < raw[tested[j - 1]]; j--) {
			k = tested[j]
			tested[j] = tested[j - 1]
			tested[j - 1] = k
		}
	}
	for (i = 1; i <= ntested; i++) {
		k = raw[tested[i]] * (ntested - i + 1)
		greatest = k > greatest ? k : greatest
		adjusted[tested[i]] = sprintf("%.4g", greatest > 1 ? 1 : greatest)
	}
	for (i = 1; i <= nrows; i++)
		print row[i], (i in adjusted ? adjusted[i] : "–"), \
			(row[i] !~ /^published/ ? "–" : difference[i] > 0 ? "agrees" : difference[i] < 0 ? "inverted" : "tied")
	nrows = ntested = 0
}

# Whether one rule of a set was published as better than another
function published_above(set, a, b,   i, of_a, of_b) {
	for (i = 1; i <= nkinds; i++) {
		of_a = published_of(set, a, kind[i])
		of_b = published_of(set, b, kind[i])
		if (of_a != "" && of_b != "")
			return of_a + 0 > of_b + 0
	}
	return 0
}

# What was published of a rule of a set, or nothing
function published_of(set, rule, of,   f, i, fits, part) {
	split(set, part, "\t")
	for (f = 1; f < facts; f++) {
		fits = fact[f, "rule"] == rule && fact[f, "of"] == of
		for (i = 1; i <= nkeys && fits; i++)
			fits = fact[f, key[i]] == "" || fact[f, key[i]] == part[i]
		if (fits)
			return fact[f, "value"]
	}
	return ""
}

END {
	if (failed)
		exit failed
	print "of", "dataset", "condenser", "ipc_f", "ipc_t", "net", "rule", "than", "difference", "unit", "n", \
		"n_than", "t", "df", "p", "holm", "published"
	for (s = 1; s <= nsets; s++) {
		set = sets[s]
		best = ""
		several = 0
		for (i = 1; i <= rules[set]; i++)
			several = several || networks[set "\t" rule_of[set, i]] > 1
		for (i = 1; i <= rules[set]; i++) {
			cell = set "\t" rule_of[set, i]
			if (several && networks[cell] < 2)
				continue
			for (k = total = 0; k++ < networks[cell];)
				total += value[cell, k]
			total /= networks[cell]
			if (best == "" || minus(total, most) > 0) {
				best = rule_of[set, i]
				most = total
			}
		}
		for (i = 1; i <= rules[set]; i++)
			if (rule_of[set, i] != best)
				compare("best", set, best, rule_of[set, i])
		holm()
		for (i = 1; i <= rules[set]; i++)
			for (k = 1; k <= rules[set]; k++)
				if (published_above(set, rule_of[set, i], rule_of[set, k]))
					compare("published", set, rule_of[set, i], rule_of[set, k])
		holm()
	}
}

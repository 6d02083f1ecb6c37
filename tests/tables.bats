#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

# Significance in the tables of pipelines/. Values of t and p are those of SciPy's ttest_ind(equal_var=False).

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	pipelines=$YC_ROOT/pipelines
}

# runs <LINES: a table of networks from lines "RULE SEED ACCURACY..." of one set, size and network
runs() {
	awk -v OFS='\t' -v size="${1:-1}" 'BEGIN {
		print "dataset", "condenser", "ipc_f", "ipc_t", "rule", "net", "score_seed", "repeat", "best", "last", "images", "bytes", "epochs"
	}
	{ for (i = 3; i <= NF; i++) print "cifar10", "idc", 10, size, $1, "convnet", $2, i - 2, $i, $i, 40, 4000, 2 }'
}

compare() {
	awk "${@:2}" -f "$pipelines/stats.awk" -f "$pipelines/compare.awk" "$1"
}

# Columns of what compare printed, by name
columns() {
	awk -F '\t' -v names="$1" 'NR == 1 { n = split(names, name, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? " " : "\n" }'
}

markdown() {
	awk -v title=T -v rows="${3:-condenser}" -v columns="${4:-rule}" -v tests="$2" \
		-f "$pipelines/names.awk" -f "$pipelines/table.awk" "$1"
}

nested="yoco 1 41 42
yoco 2 40 41
yoco 3 42.5 41.5
random 1 30 31
random 2 27 28
random 3 33 32
ccs 1 40.5 41.5
ccs 2 38 39
ccs 3 40 41"

@test "p of Student's t is exact where there is a formula, and that of SciPy elsewhere" {
	p() {
		awk -v t="$1" -v df="$2" -v format="%.${3:-10}g\n" -f "$pipelines/stats.awk" -f <(echo 'BEGIN {
			printf format, incomplete_beta(df / (df + t ^ 2), t ^ 2 / (df + t ^ 2), df / 2, 0.5) }') </dev/null
	}
	# 1 - 2 / pi atan t, 1 - t / sqrt(2 + t^2)
	for t in 0.01 0.5 1 3 30 1000; do
		awk -v t=$t 'BEGIN { printf "%.10g %.10g\n", atan2(1, t) / atan2(0, -1) * 2, 2 / (2 + t ^ 2 + t * sqrt(2 + t ^ 2)) }' >exact
		echo "$(p $t 1) $(p $t 2)" >found
		[ -s exact ] && diff found exact || fail "$t"
	done
	[ "$(p 2.5 2.3 6) $(p 0.3 1.7 6) $(p 12 3.9 6) $(p 1.2 250 6) $(p 1000 4 6)" = "0.113333 0.796803 0.000319019 0.231275 5.99996e-12" ]
	[ "$(p 0 3)" = 1 ]
}

@test "rules are compared with the best on means of scorings, by Welch's t and Holm's correction" {
	runs <<<"$nested" >runs.tsv
	compare runs.tsv >tests.tsv
	columns "rule than difference unit n n_than t df p holm" <tests.tsv >found
	diff found - <<-END
		yoco random 11.1667 scorings 3 3 7.3542 2.3653 0.01111 0.02223
		yoco ccs 1.3333 scorings 3 3 1.5119 3.2000 0.2222 0.2222
	END
	markdown runs.tsv tests.tsv >table.md
	grep -qF '| IDC | best | **−11.17** (0.022) | −1.33 (0.22) |' table.md
	run -1 grep -q '†\|published' table.md
}

@test "more networks of the same scorings are no more evidence" {
	runs <<<"$nested" >runs.tsv
	awk '{ print } NR > 1 { print; print }' runs.tsv >thrice.tsv
	same 'compare runs.tsv' 'compare thrice.tsv'
}

@test "networks are compared where there is one scoring, and the table says so" {
	runs <<<"yoco 1 50.1 50.5 49.7
random 1 48.0 49.5" >runs.tsv
	compare runs.tsv >tests.tsv
	[ "$(columns "unit n n_than t df p" <tests.tsv)" = "networks 3 2 1.7203 1.1933 0.3038" ]
	markdown runs.tsv tests.tsv >table.md
	grep -qF '| IDC | best | −1.35 (0.30) † |' table.md
	grep -q '^† On the networks of one scoring' table.md
	# Nothing can be said of single networks, nor where nothing deviates.
	runs <<<"yoco 1 50.1
random 1 48" >one.tsv
	[ "$(compare one.tsv | columns "difference unit p holm")" = "2.1000 – – –" ]
	# The sum of three 30.04 is not three times that.
	runs <<<"yoco 1 30.04 30.04 30.04
random 1 28.3 28.3" >equal.tsv
	[ "$(compare equal.tsv | columns "difference unit p holm")" = "1.7400 networks – –" ]
	compare one.tsv >tests.tsv
	markdown one.tsv tests.tsv | grep -qF '| IDC | best | −2.10 (–) |'
	runs <<<"yoco 1 50.1
random 1 48
random 2 48.5
ccs 1 47
ccs 2 47.4" >some.tsv
	[ "$(compare some.tsv | columns "rule than difference unit" | paste -sd ';')" = "random yoco -1.8500 –;random ccs 1.0500 scorings" ]
	runs <<<"yoco 1 50.1
random 1 50.1" >tie.tsv
	compare tie.tsv >tests.tsv
	markdown tie.tsv tests.tsv | grep -qF '| IDC | best | 0.00 (–) |'
}

@test "sets, sizes and networks are compared apart, whatever the table's rows are" {
	runs 1 <<<"$nested" >runs.tsv
	runs 2 <<<"yoco 1 50
yoco 2 51
random 1 61
random 2 60.5" | sed 1d >>runs.tsv
	compare runs.tsv >tests.tsv
	[ "$(columns "ipc_t rule than" <tests.tsv | paste -sd ';')" = "1 yoco random;1 yoco ccs;2 random yoco" ]
	# A row of each rule, as in table 5
	markdown runs.tsv tests.tsv rule ipc_t >table.md
	grep -qF '| random | **−11.17** (0.022) | best |' table.md
	grep -qF '| yoco | best | **−10.25** (0.010) |' table.md
	grep -qF '| ccs | −1.33 (0.22) | – |' table.md
	# The whole set is none of the rules.
	sed 's/\trandom\t/\twhole\t/' runs.tsv >whole.tsv
	compare whole.tsv >whole
	run -1 grep -q whole whole
}

@test "a table says how many networks, scorings and epochs there are, and what has fewer scorings" {
	runs <<<"$nested" >runs.tsv
	markdown runs.tsv | grep -q ' after 2 epochs: .* over networks (2), averaged over scorings or selections (3);'
	run -1 grep -q '^Scorings' <(markdown runs.tsv)
	# a row, columns and cells with less
	{
		runs <<<"$nested"$'\nssp 1 20\nssp 2 21'
		awk -F '\t' -v OFS='\t' '$7 == 1 && $8 == 1 { $2 = "mtt"; $13 = 1; print }' runs.tsv
		awk -F '\t' -v OFS='\t' '$5 == "random" || $7 == 1 && $5 != "ssp" || $5 == "yoco" && $7 == 2 { $2 = "dm"; print }' runs.tsv
		runs <<<"entropy 4 30 31" | sed 1d
	} >more.tsv
	markdown more.tsv >table.md
	grep -q ' after 1 to 2 epochs: .* over networks (1 to 2), averaged over scorings or selections (1 to 3);' table.md
	[ "$(grep '^Scorings' table.md)" = "Scorings or selections, where fewer than 3: 1 of MTT; 2 of ssp; 1 of entropy (hard); 2 of DM, yoco; 1 of DM, ccs." ]
}

@test "a cell is of one set, size, network and rule, or the table is refused" {
	runs <<<"$nested" >runs.tsv
	for change in 's/\tidc\t10\t1/\tidc\t10\t2/' 's/\tidc\t10/\tidc\t20/' 's/convnet/resnet10/' 's/cifar10/cifar100/'; do
		sed "1d; $change" runs.tsv | cat runs.tsv - >two.tsv
		run -1 markdown two.tsv
		[[ $output == "table.awk: two.tsv: line 20: "*"in one cell with others; rows must tell them apart" ]] || fail "$output"
	done
}

@test "the order of rules that was published is held against the table's" {
	runs <<<"$nested" >runs.tsv
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' dataset condenser ipc_f ipc_t net rule of value cifar10 idc 10 "" convnet yoco accuracy 42 \
		cifar10 idc 10 "" "" ccs accuracy 28 cifar10 idc 10 1 convnet random accuracy 29 cifar10 idc 50 "" "" random accuracy 99 \
		cifar10 idc 10 "" "" ssp accuracy 3 >published.tsv
	compare runs.tsv -v published=published.tsv >tests.tsv
	grep '^published' tests.tsv >pairs.tsv
	(head -n 1 tests.tsv && cat pairs.tsv) | columns "rule than difference holm published" >found
	diff found - <<-END
		yoco random 11.1667 0.02724 agrees
		yoco ccs 1.3333 0.2222 agrees
		random ccs -9.8333 0.02724 inverted
	END
	markdown runs.tsv tests.tsv >table.md
	grep -qF -- '- IDC, 10 to 1 image per class, ConvNet: 2 of 3 as published, tau 0.33; inverted: ccs above random by **9.83** (0.027)' table.md
	# Equal ones have no order.
	sed -i 's/\t28$/\t29/' published.tsv
	[ "$(compare runs.tsv -v published=published.tsv | grep -c ^published)" = 2 ]
	run -1 compare runs.tsv -v published=nowhere.tsv
	assert_output "compare.awk: nowhere.tsv: no published values there"
	printf 'rule\tof\tvalue\nyoco\taccuracy\t42\nrandom\taccuracy\tabout 30\n' >bad.tsv
	run -1 compare runs.tsv -v published=bad.tsv
	assert_output "compare.awk: bad.tsv: line 3: a rule, what of it (accuracy, order) and a number expected"
}

@test "an accuracy that was published and a place in an order have no order" {
	runs <<<"$nested" >runs.tsv
	printf '%s\t%s\t%s\n' rule of value yoco accuracy 42 ccs accuracy 43 yoco order 2 random order 1 ccs order 1 >published.tsv
	compare runs.tsv -v published=published.tsv >tests.tsv
	[ "$(grep '^\(of\|published\)	' tests.tsv | columns "rule than" | paste -sd ';')" = "yoco random;ccs yoco" ]
}

@test "means that differ by rounding alone are tied" {
	# 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1.
	runs <<<"yoco 1 0.3 0.2 0.1
random 1 0.1 0.2 0.3" >runs.tsv
	printf '%s\t%s\t%s\n' rule of value yoco order 2 random order 1 >published.tsv
	compare runs.tsv -v published=published.tsv | columns "rule than difference p published" >found
	diff found - <<-END
		yoco random 0.0000 1 –
		yoco random 0.0000 1 tied
	END
	# No probability is more than 1.
	runs <<<"yoco 1 0.3 0.2 0.1
random 1 0.1 0.2 0.3
ccs 1 0.1 0.1 0.3" >runs.tsv
	[ "$(compare runs.tsv | columns holm | paste -sd ' ')" = "1 1" ]
}

@test "what was published is a table with a source for every value, of rules that there are" {
	awk -F '\t' 'NR == 1 { n = NF } NF != n || NR > 1 && ($8 !~ /^[0-9.]+$/ || $9 == "" || $7 !~ /^(order|accuracy)$/) { exit 1 }' \
		"$pipelines/published.tsv"
	for rule in $(cut -f6 "$pipelines/published.tsv" | sed 1d | sort -u); do
		yc-select "$rule" --help >/dev/null
	done
}

@test "a table of the Makefiles has its tests, and a changed order to compare with makes them again" {
	tiny_table >log
	[ "$(wc -l <out/table1-tests.tsv)" = 2 ]
	grep -q '^Difference from the best rule' out/table1.md
	run -1 grep -q 'published' out/table1.md
	printf '%s\t%s\t%s\n' rule of value first accuracy 9 random accuracy 8 >published.tsv
	tiny_table PUBLISHED=published.tsv V=1 >log
	run -1 grep -q yc-eval log
	grep -q '1 image per class, ConvNet: [01] of 1 as published, tau' out/table1.md
	run -2 tiny_table PUBLISHED=nowhere.tsv
	assert_output --partial "PUBLISHED=nowhere.tsv: no such file"
}

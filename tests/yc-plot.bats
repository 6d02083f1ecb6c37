#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	table '
		n rule last
		1 yoco 32
		1 yoco 34
		2 yoco 37
		5 yoco 43
		1 random 27
		2 random 32
		5 random 39
		10 whole 54' >runs.tsv
}

# table 'WORDS': each line that has words, with tabs between them.
table() {
	awk -v OFS='\t' 'NF { $1 = $1; print }' <<<"$1"
}

# draw [OPTION]...: draws runs.tsv into out.svg, which has to be XML.
draw() {
	yc-plot -x n -y last -b rule "$@" runs.tsv >out.svg && xml out.svg
}

xml() {
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1"
}

# paths CLASS: the d attributes of the paths of a class, one a line.
paths() {
	sed -n "s/.*class=\"$1\"[^>]* d=\"\([^\"]*\)\".*/\1/p" out.svg
}

@test "a line for every value, a point for every place" {
	draw
	[ "$(paths l | grep -o '[MLh]' | tr -d '\n')" = MMLLMLLMhMhMh ] # then the keys
	[ "$(grep -c '<title>yoco, ' out.svg)" = 3 ]
	[ "$(grep -c '<title>random, ' out.svg)" = 3 ]
	for name in yoco random whole; do
		grep -q ">$name</text>" out.svg
	done
}

@test "rows of one place are their mean and population deviation" {
	draw
	grep -q '<title>yoco, 1: 33 ± 1</title>' out.svg
	[ "$(paths e | wc -l)" = 1 ] # the only place with two rows
}

@test "places are true to scale" {
	table 'x y
		0 0
		1 10
		4 40' >t.tsv
	yc-plot t.tsv >out.svg
	python3 - "$(paths l | head -n 1)" <<'END'
import re, sys
(x0, y0), (x1, y1), (x2, y2) = ([float(v) for v in p.split()] for p in re.split("[ML]", sys.argv[1])[1:])
assert abs((x2 - x0) - 4 * (x1 - x0)) < 0.4 and abs((y2 - y0) - 4 * (y1 - y0)) < 0.4, sys.argv[1]
assert x0 < x1 and y0 > y1
END
	table 'x y
		1 1
		10 2
		1000 3' >t.tsv
	yc-plot --log t.tsv >out.svg
	python3 - "$(paths l | head -n 1)" <<'END'
import re, sys
x = [float(p.split()[0]) for p in re.split("[ML]", sys.argv[1])[1:]]
assert abs((x[2] - x[0]) - 3 * (x[1] - x[0])) < 0.4, x
END
}

@test "error bars are as long as the column of deviations says" {
	table 'x y d
		1 10 0
		2 20 5
		3 30 0' >t.tsv
	yc-plot -d d t.tsv >out.svg
	python3 - "$(paths l | head -n 1)" "$(paths e)" <<'END'
import re, sys
y = [float(p.split()[1]) for p in re.split("[ML]", sys.argv[1])[1:]]
e = [float(p.split()[1]) for p in re.split("[ML]", sys.argv[2])[1:]]
ten = y[0] - y[1]
assert abs(abs(e[0] - e[1]) - ten) < 0.3 and abs((e[0] + e[1]) / 2 - y[1]) < 0.3
END
	table 'x y d
		1 1 1
		1 2 1' >t.tsv
	run -1 --separate-stderr yc-plot -d d t.tsv
	[[ $stderr == *"2 rows of 'y' at the same x: with --deviation a point is one row" ]]
}

@test "references are dashed, and a level where they have one point" {
	draw -r 'random,whole,chance=10'
	[ "$(grep -c 'stroke-dasharray.*<title>' out.svg)" = 3 ]
	[ "$(paths r | grep -c L)" = 3 ]
	# The levels go over the whole width, the random line from point to point.
	[ "$(paths r | grep -o L | wc -l)" = 4 ]
	[ "$(grep -c '<title>yoco, ' out.svg)" = 3 ]
	run ! grep -q '<title>random, ' out.svg
	# A level does not stretch the axis.
	run ! grep -q '>10</text>.*m"' out.svg
	run -1 --separate-stderr draw -r nothing
	[ "$stderr" = "yc-plot: --reference: no line is called 'nothing'" ]
	run -1 --separate-stderr draw -r yoco=1
	[[ $stderr == *"'yoco' is a line of the table" ]]
}

@test "words go across in the order of the table" {
	table 'net last
		zebra 1
		ant 2
		zebra 2' >t.tsv
	yc-plot --words t.tsv >out.svg
	xml out.svg
	[ "$(grep -o '>[a-z]*</text>' out.svg | grep -n 'zebra\|ant' | cut -d: -f2 | tr -d '\n')" \
		= '>zebra</text>>ant</text>' ]
	grep -q '<title>last, zebra: 1.5 ± 0.5</title>' out.svg
	[ -z "$(paths l)" ]
	run -2 --separate-stderr yc-plot --words --log t.tsv
	run -1 --separate-stderr yc-plot --words -r last t.tsv
	[ "$stderr" = "yc-plot: --reference: 'last' is no level: words are not joined" ]
}

@test "labels never overlap, however many lines end in one place" {
	for ((i = 0; i < 40; i++)); do echo "1 line$i $((i % 3))"; done >rows
	table "x by y
$(cat rows)" >t.tsv
	yc-plot -b by -y y t.tsv >out.svg
	xml out.svg
	grep -o '<text x="[^"]*" y="[^"]*">line' out.svg | cut -d'"' -f4 |
		awk 'NR > 1 && $1 < last + 17.9 { exit 1 } { last = $1 } END { exit NR != 40 }'
	# inside the picture
	awk -F'"' '/<svg/ { h = $6 } />line39</ { exit !($4 < h) }' out.svg
}

@test "the first two columns are the default, and tables may be several" {
	table 'a b
		1 2' >1.tsv
	table 'b a c
		7 2 0' >2.tsv
	yc-plot 1.tsv >out.svg
	grep -q '<title>b, 1: 2</title>' out.svg
	cat 1.tsv | yc-plot -x a -y b - 2.tsv >out.svg
	grep -q '<title>b, 2: 7</title>' out.svg
}

@test "text of any kind leaves the XML valid" {
	printf 'x\t<&>"\n1\t2\n' >t.tsv
	yc-plot -t $'a < b & "c" \x01 \xff \xc3\xa9 \xed\xa0\x80' --x-label '<x>' t.tsv >out.svg
	xml out.svg
	grep -q 'a &lt; b &amp; "c" � � é ���</title>' out.svg
	grep -q '>&lt;x&gt;</text>' out.svg
}

@test "the picture is the same each time, and small" {
	draw -r random -t Title
	cp out.svg once.svg
	draw -r random -t Title
	cmp once.svg out.svg
	[ "$(wc -c <out.svg)" -lt 8000 ]
	seq 2000 | awk -v OFS='\t' 'BEGIN { print "x", "y" } { print $1, $1 % 7 }' >t.tsv
	yc-plot t.tsv >out.svg
	[ "$(wc -c <out.svg)" -lt 60000 ]
}

@test "strange numbers are drawn all the same" {
	for rows in '5 5' '0 0' '-1e99 1e99' '1 1e-300' '1 1.0000000000000002'; do
		read -r a b <<<"$rows"
		printf 'x\ty\n%s\t%s\n%s\t%s\n' "$a" "$b" "$b" "$a" >t.tsv
		yc-plot t.tsv >out.svg || fail "$rows"
		xml out.svg
		run grep -i 'nan\|inf' out.svg
		[ "$status" -eq 1 ] || fail "$rows: $output"
	done
}

@test "a malformed table is told with its line" {
	refused() { # MESSAGE, with the table in t.tsv
		run -1 --separate-stderr yc-plot "${@:2}" t.tsv
		[ "$stderr" = "yc-plot: t.tsv: $1" ] || fail "$stderr"
		[ -z "$output" ]
	}
	: >t.tsv
	refused "empty: no line of column names"
	printf 'x\n1\n' >t.tsv
	refused "line 1: one column: x and y are two, separated by a tab"
	printf 'x\ty\n1\t2\n\n3\t4\n' >t.tsv
	refused "line 3: has 1 field, the heading has 2"
	printf 'x\ty\n1\t2\n1\t2\t3\n' >t.tsv
	refused "line 3: has 3 fields, the heading has 2"
	printf 'x\ty\n1\t2\n3\tfour\n' >t.tsv
	refused "line 3: y 'four' is not a number"
	printf 'x\ty\n1\tnan\n' >t.tsv
	refused "line 2: y 'nan' is not a number"
	printf 'x\ty\n1\t1e200\n' >t.tsv
	refused "line 2: y 1e+200 is too large to draw"
	printf 'x\ty\n0\t1\n' >t.tsv
	refused "line 2: 0 has no logarithm" --log
	refused "line 1: no column 'z' among x, y" -y z
	printf 'x\ty\n1\t-1\n' >t.tsv
	refused "line 2: a deviation below zero" -d y
	printf 'x\ty\n1\t\0\n' >t.tsv
	refused "line 2: a zero byte: this is no table of text"
	head -c 70000 /dev/zero | tr '\0' x >t.tsv
	refused "line 1: longer than 65535 bytes"
	printf 'x\ty\n' >t.tsv
	run -1 --separate-stderr yc-plot t.tsv
	[ "$stderr" = "yc-plot: no rows: there is nothing to draw" ]
	run -1 --separate-stderr yc-plot nowhere.tsv
	[[ $stderr == "yc-plot: nowhere.tsv: No such"* ]]
	run -1 --separate-stderr yc-plot .
	[[ $stderr == "yc-plot: .: "*directory* ]]
}

@test "lines that could not be told apart are refused" {
	for ((i = 0; i < 50; i++)); do printf '1\t%d\tline%d\n' "$i" "$i"; done >rows
	(printf 'x\ty\tby\n' && head -n 49 rows) | yc-plot -b by >out.svg
	xml out.svg
	run -1 --separate-stderr bash -c "(printf 'x\ty\tby\n' && cat rows) | yc-plot -b by"
	[ "$stderr" = "yc-plot: standard input: more than 49 lines could not be told apart" ]
}

@test "output is never an input, and a terminal is no table" {
	run -2 --separate-stderr yc-plot runs.tsv -o runs.tsv
	[ "$stderr" = "yc-plot: runs.tsv is both input and output" ]
	command -v script >/dev/null || skip "no script(1)"
	run script -qec "yc-plot -o out.svg" /dev/null
	[[ $output == *"no input"* ]]
}

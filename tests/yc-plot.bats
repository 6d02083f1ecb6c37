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
	run -1 grep '<title>random, ' out.svg
	# A level does not stretch the axis.
	[ "$(numbers m)" = "1 2 5" ]
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
	refused 2 "--words" yc-plot --words --log t.tsv
	run -1 --separate-stderr yc-plot --words -r last t.tsv
	[ "$stderr" = "yc-plot: --reference: 'last' has several points, and words are not joined by a line" ]
}

@test "labels never overlap, however many lines end in one place" {
	for ((i = 0; i < 40; i++)); do echo "1 line$i $((i % 3))"; done >rows
	table "x by y
$(cat rows)" >t.tsv
	yc-plot -b by -y y t.tsv >out.svg
	xml out.svg
	grep -o '<text x="[^"]*" y="[^"]*">line' out.svg | cut -d'"' -f4 |
		awk 'NR > 1 && $1 < last + 17.9 { bad = 1 } { last = $1 } END { exit bad || NR != 40 }'
	# inside the picture
	awk -F'"' '/<svg/ { h = $6 } />line39</ { inside = $4 + 0 < h + 0 } END { exit !inside }' out.svg
}

# legible: every text of out.svg is in the picture and off the others, if letters are half as
# wide as high.
legible() {
	python3 - out.svg <<'END'
import sys, xml.dom.minidom as m
svg = m.parse(sys.argv[1]).documentElement
width, height = [float(v) for v in svg.getAttribute("viewBox").split()[2:]]

def corners(t):
    kind = t.getAttribute("class").split()
    size = 16 if "h" in kind else 13
    w = .5 * size * len(t.firstChild.data)
    x, y = float(t.getAttribute("x")), float(t.getAttribute("y"))
    left = x - w if "n" in kind else x - w / 2 if "m" in kind else x
    box = [(a, b) for a in (left, left + w) for b in (y, y - .7 * size)]
    turn = t.getAttribute("transform")
    assert turn in ("", "rotate(-45 %.1f %.1f)" % (x, y)), turn
    s = .5 ** .5
    return [(x + s * (a - x) + s * (b - y), y - s * (a - x) + s * (b - y)) for a, b in box] if turn else box

# Boxes, upright or slanted, are apart if they are so along one of these four axes.
def spans(box):
    axes = zip(*[(a, b, a - b, a + b) for a, b in box])
    return [(min(v), max(v)) for v in axes]

done = []
for t in svg.getElementsByTagName("text"):
    box = corners(t)
    assert all(0 <= a <= width and 0 <= b <= height for a, b in box), t.toxml()
    for other, text in done:
        assert any(b <= c or d <= a for (a, b), (c, d) in zip(spans(box), other)), (t.toxml(), text)
    done.append((spans(box), t.toxml()))
assert done
END
}

# names N LENGTH: a table of so many words of so many letters.
names() {
	printf 'net\tlast\n'
	for ((i = 0; i < $1; i++)); do printf "%0$2d\\t%d\\n" "$i" $((i * 7 % 40)); done
}

@test "words are legible, however many and long they are" {
	for size in '3 5' '12 26' '12 3' '60 6' '100 3' '2 100' '1 200' '40 40'; do
		read -r n length <<<"$size"
		names "$n" "$length" | yc-plot --words --width 500 -t Title >out.svg
		legible || fail "$size"
	done
	# A long one may be first, last or in between.
	for order in 'l s s s s' 's s l s s' 's s s s l'; do
		printf 'net\tlast\n' >t.tsv
		i=0
		for kind in $order; do
			[ "$kind" = s ] && length=5 || length=90
			printf "%0${length}d\\t1\\n" $((i++)) >>t.tsv
		done
		yc-plot --words t.tsv >out.svg
		legible || fail "$order"
	done
	# Those that fit are not slanted, and those that do not take from the plot first.
	names 4 12 | yc-plot --words >out.svg
	run -1 grep rotate out.svg
	names 12 26 | yc-plot --words >out.svg
	[ "$(grep -c rotate out.svg)" = 12 ]
	grep -q 'viewBox="0 0 720 ' out.svg
}

@test "long headings and names are broken or get room, never clipped" {
	words=$(printf 'a long heading of %.0s' {1..12})
	words=${words% }
	for long in "$words" "$(printf 'W%.0s' {1..150})" "$(printf '\u6f22%.0s' {1..100})"; do
		for option in -t --x-label --y-label; do
			draw "$option" "$long" --width 400
			legible || fail "$option $long"
		done
		draw -t "$long" --x-label "$long" --y-label "$long"
		legible || fail "$long"
	done
	# Nothing is lost at the ends of lines.
	draw -t "$words"
	[ "$(sed -n 's/.*class="h"[^>]*>\(.*\)<.*/\1/p' out.svg | paste -sd' ')" = "$words" ]
	# A name whose letters all are as wide as high.
	sed 's/yoco/WWWWWWWWWWWWWWWW/' runs.tsv >t.tsv
	yc-plot -x n -y last -b rule t.tsv >out.svg
	grep '>WWW*</text>' out.svg | awk -F'"' '{ fits = $4 + 16 * 13 <= 720 } END { exit !(NR == 1 && fits) }'
}

# numbers CLASS: those of an axis, in one line.
numbers() {
	sed -n "s/.*<text class=\"u $1\"[^>]*>\([^<]*\)<.*/\1/p" out.svg | paste -sd' '
}

@test "numbers of an axis have as many digits as tell them apart" {
	table 'x y
		1000000 1000000.25
		1000001 1000000.75' >t.tsv
	yc-plot t.tsv >out.svg
	[ "$(numbers m)" = '1000000 1000001' ]
	[[ $(numbers n) == '1000000.2 1000000.3 1000000.4 '* ]]
	grep -q '<title>y, 1000001: 1000000.8</title>' out.svg # 0.75, as the axis is read
	legible
	# Six where those do, and no noise for the sake of a neighbour.
	table 'x y
		1000000 1
		2000000 2' >t.tsv
	yc-plot t.tsv >out.svg
	[ "$(numbers m)" = '1e+06 2e+06' ]
	table 'x y
		0.1 1
		0.3 2
		0.30000000000000004 3' >t.tsv
	yc-plot t.tsv >out.svg
	[ "$(numbers m)" = '0.1 0.3' ]
	table 'x y
		-1.0000000000000002e-99 -1e-99
		-1e-99 1.5e-99' >t.tsv
	yc-plot t.tsv >out.svg
	[ "$(numbers m)" = '-1.0000000000000002e-99 -1e-99' ]
	legible
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

@test "a malformed table is reported with its line" {
	refused() { # MESSAGE, with the table in t.tsv
		run -1 --separate-stderr yc-plot "${@:2}" t.tsv
		[ "$stderr" = "yc-plot: t.tsv: $1" ] || fail "$stderr"
		[ -z "$output" ]
	}
	: >t.tsv
	refused "empty: no line of column names"
	printf 'x\n1\n' >t.tsv
	refused "line 1: one column: x and y need two, separated by a tab"
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
	refused "line 2: a negative deviation" -d y
	printf 'x\ty\n1\t\0\n' >t.tsv
	refused "line 2: a zero byte: not a text table"
	head -c 70000 /dev/zero | tr '\0' x >t.tsv
	refused "line 1: longer than 65535 bytes"
	printf 'x\ty\n' >t.tsv
	run -1 --separate-stderr yc-plot t.tsv
	[ "$stderr" = "yc-plot: no rows: there is nothing to draw" ]
	run -1 --separate-stderr yc-plot nowhere.tsv
	[[ $stderr == "yc-plot: nowhere.tsv: cannot open: No such"* ]]
	run -1 --separate-stderr yc-plot .
	[[ $stderr == "yc-plot: .: "*directory* ]]
}

@test "more lines than can be distinguished are refused" {
	for ((i = 0; i < 50; i++)); do printf '1\t%d\tline%d\n' "$i" "$i"; done >rows
	(printf 'x\ty\tby\n' && head -n 49 rows) | yc-plot -b by >out.svg
	xml out.svg
	run -1 --separate-stderr bash -c "(printf 'x\ty\tby\n' && cat rows) | yc-plot -b by"
	[ "$stderr" = "yc-plot: stdin: more than 49 lines could not be distinguished" ]
}

@test "output is never an input, and a terminal is no table" {
	run -2 --separate-stderr yc-plot runs.tsv -o runs.tsv
	[ "$stderr" = "yc-plot: runs.tsv is both input and output" ]
	command -v script >/dev/null || skip "no script(1)"
	run script -qec "yc-plot -o out.svg" /dev/null
	[[ $output == *"no input"* ]]
}

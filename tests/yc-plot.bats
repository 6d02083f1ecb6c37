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
e = [float(p.split()[1]) for p in re.split("[ML]", sys.argv[2].split("m")[0])[1:]]
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
	[ "$(grep -c 'class="r" stroke-dasharray.*<title>' out.svg)" = 3 ]
	[ "$(paths r | grep -c L)" = 3 ]
	# The levels go over the whole width, the random line from point to point.
	[ "$(paths r | grep -o L | wc -l)" = 4 ]
	[ "$(grep -c '<title>yoco, ' out.svg)" = 3 ]
	# Its points have markers, those of levels do not.
	[ "$(grep -c '<title>random, ' out.svg)" = 3 ]
	run -1 grep '<title>\(whole\|chance\), ' out.svg
	# A level does not stretch the axis.
	[ "$(numbers m)" = "1 2 3 4 5" ]
	# Names may have commas.
	sed 's/yoco/a (b, c)/' runs.tsv >t.tsv
	for list in 'random,a (b, c),one=1' 'one=1,random,a (b, c)'; do
		yc-plot -x n -y last -b rule -r "$list" t.tsv >out.svg
		[ "$(grep -c 'class="r".*<title>' out.svg)" = 3 ]
	done
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
	# There are no round numbers between neighbours, whose noise is not shown either.
	table 'x y
		0.1 1
		0.3 2
		0.30000000000000004 3' >t.tsv
	yc-plot t.tsv >out.svg
	[[ $(numbers m) == '0.10 0.12 '*' 0.30' ]]
	table 'x y
		-1.0000000000000002e-99 -1e-99
		-1e-99 1.5e-99' >t.tsv
	yc-plot t.tsv >out.svg
	[ "$(numbers m)" = '-1.0000000000000002e-99 -1e-99' ]
	legible
}

@test "ticks are round numbers, on a logarithmic axis too, as many as there is space for" {
	# ticks 'X X ...' [OPTION]...: the numbers of x for points there
	ticks() {
		(echo x$'\t'y && tr ' ' '\n' <<<"$1" | awk -v OFS='\t' '{ print $1, NR }') >t.tsv
		yc-plot "${@:2}" t.tsv >out.svg && legible && numbers m
	}
	[ "$(ticks '548 1058 1594 3216')" = "1000 1500 2000 2500 3000" ]
	[ "$(ticks '548 1058 1594 3216' --log)" = "1000 2000" ]
	[ "$(ticks '1 2 5 10 50' --log)" = "1 2 5 10 20 50" ]
	[ "$(ticks '1 2 5')" = "1 2 3 4 5" ]
	[ "$(ticks '1 2')" = "1 2" ] # whole numbers have no halves
	[ "$(ticks '1 1.5')" = "1.00 1.05 1.10 1.15 1.20 1.25 1.30 1.35 1.40 1.45 1.50" ]
	[ "$(ticks '3 4.4' --log)" = "3.0 3.2 3.4 3.6 3.8 4.0 4.2 4.4" ]
	[ "$(ticks '1e-9 3e-9')" = "1e-9 1.2e-9 1.4e-9 1.6e-9 1.8e-9 2e-9 2.2e-9 2.4e-9 2.6e-9 2.8e-9 3e-9" ]
	[ "$(ticks '1e9 3e9')" = "1e9 1.2e9 1.4e9 1.6e9 1.8e9 2e9 2.2e9 2.4e9 2.6e9 2.8e9 3e9" ]
	[ "$(ticks '1 1e9' --log)" = "1 10 100 1e3 1e4 1e5 1e6 1e7 1e8 1e9" ]
	[ "$(ticks '1e-90 1e90' --log --width 300)" = "1e-64 1 1e64" ]
	[ "$(ticks '-2.5 7')" = "-2 -1 0 1 2 3 4 5 6 7" ]
	[ "$(ticks '0 1000000' --width 320)" = "0 500000 1000000" ]
	[ "$(ticks '7')" = 7 ]
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
	printf 'repeat\tbest\n1\t10\nmean\t10\n' >t.tsv
	refused "line 3: repeat 'mean' is not a number: omit such rows, or --words takes this column as words"
	printf 'x\ty\n1\tinf\n' >t.tsv
	refused "line 2: y 'inf' is not a number"
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

@test "what bars, bands and hollow points are stands below the plot" {
	# note [OPTION]...
	note() {
		yc-plot -x n -y last -b rule "$@" runs.tsv >out.svg && legible &&
			sed -n '/class="m"/,$s/.*<text class="u" [^>]*>\([^<]*\)<.*/\1/p' out.svg | paste -sd' '
	}
	[ "$(note)" = "Bars: mean ± standard deviation of 2 rows. Hollow: one row, no deviation known." ]
	[ "$(note -u network)" = "Bars: mean ± standard deviation of 2 networks. Hollow: one network, no deviation known." ]
	[ "$(grep -c 'class="k".*<title>' out.svg) $(grep -c 'class="o".*<title>' out.svg)" = "1 6" ]
	[[ $(note --width 300) == "Bars: mean "*" no deviation known." ]] # in several lines
	[ "$(note -r yoco)" = "Bands: mean ± standard deviation of 2 rows. Hollow: one row, no deviation known." ]
	# A sample's deviation is larger, and called so.
	[[ $(note --sample-deviation) == "Bars: mean ± sample standard deviation of 2 rows."* ]]
	grep -q '<title>yoco, 1: 33 ± 1.41</title>' out.svg
	table '
		n rule last
		1 yoco 32
		1 yoco 34
		1 random 20
		1 random 21
		1 random 22
		2 yoco 40
		2 yoco 40
		10 whole 50' >runs.tsv
	# A level of one run has no point to be hollow.
	[ "$(note -r whole)" = "Bars: mean ± standard deviation of 2 to 3 rows." ]
	table 'x y
		1 2
		1 2' >t.tsv
	yc-plot t.tsv >out.svg
	grep -q '>Points: mean of 2 rows.<' out.svg
	table 'x y d
		1 2 0.5
		2 3 -
		3 4 0' >t.tsv
	yc-plot -d d t.tsv >out.svg
	grep -q '>Bars: ± d. Hollow: no deviation known.<' out.svg
	[ "$(grep -c 'class="o".*<title>' out.svg)" = 1 ]
	# Without a point there is nothing to say.
	seq 500 | awk 'BEGIN { print "x\ty" } { print $1 "\t" $1 }' | yc-plot >out.svg
	[ "$(grep -c 'class="u"' out.svg)" = 1 ]
}

# looks: the colour and the marker of each line in out.svg, by the keys in front of the names.
looks() {
	awk -F'"' '/^<g class="c[0-9]+">.*<\/g>$/ { colour = $2; sub(/.* d="M[0-9.]+ [0-9.]+/, "", $0)
			shape = $0; sub(/".*/, "", shape); next }
		colour && /<text/ { name = $0; sub(/^[^>]*>/, "", name); sub(/<.*/, "", name); print name ": " colour " " shape; colour = "" }' \
		out.svg | LC_ALL=C sort
}

@test "a name has one colour and one marker, whatever else is in the table" {
	# of NAME...: what they look like in a picture of these, in this order
	of() {
		(printf 'x\ty\tby\n' && for name; do printf '1\t1\t%s\n2\t3\t%s\n' "$name" "$name"; done) >t.tsv
		yc-plot -b by t.tsv >out.svg && looks
	}
	of yoco random ssp entropy aum forgetting el2n ccs >all
	[ "$(wc -l <all)" = 8 ]
	[ "$(cut -d' ' -f2 all | sort -u | wc -l)" = 8 ] # colours
	[ "$(cut -d' ' -f3- all | sort -u | wc -l)" = 8 ] # markers
	of ccs mine random yoco 0.1 | grep 'ccs\|random\|yoco' >few
	grep 'ccs\|random\|yoco' all | diff - few
	# A reference too.
	yc-plot -b by -r random t.tsv >out.svg
	looks | grep 'ccs\|random\|yoco' | diff few -
	# Other names as well, and one that looks the same gives way to a known one.
	of mine ours >two
	of ours other mine yoco | grep 'mine\|ours' | diff two -
	of yoco $(seq 40) >many
	[ "$(cut -d' ' -f2- many | sort -u | wc -l)" = 41 ]
	grep -x "$(grep yoco all)" many
	# A variant has the colour of its rule and another marker; spellings are alike.
	of aum 'aum (easy)' 'aum (easy, balanced)' accumulated_margin_easy >aum
	[ "$(cut -d: -f2 aum | cut -d' ' -f2 | sort -u | wc -l)" = 1 ]
	of yoco 'yoco (DenseNet, 2 per class)' 'yoco (ResNet-10)' >yoco
	[ "$(cut -d: -f2 yoco | cut -d' ' -f2 | sort -u | wc -l)" = 1 ]
	of random 'random (DREAM)' >spelt
	of random 'random(dream)' | sed 's/(dream)/ (DREAM)/' | diff spelt -
	of aum | sed 's/^aum/aum (hard)/' >one
	of 'aum (hard)' | diff one -
}

@test "however many lines are shifted apart, they stay in the plot" {
	for ((i = 0; i < 40; i++)); do printf '1\t1\ts%d\n1\t2\ts%d\n2\t1\ts%d\n2\t3\ts%d\n' $i $i $i $i; done >rows
	(printf 'x\ty\tby\n' && cat rows) | yc-plot -b by >out.svg
	# from grid line end to grid line end
	read -r left right <<<"$(paths g | head -n 1 | tr 'ML' '  ' | awk '{ print $1, $3 }')"
	paths e | tr 'MLm' '   ' | awk -v left="$left" -v right="$right" \
		'{ n++; bad = bad || $1 - 4 < left || $1 + 4 > right } END { exit bad || n != 80 }'
}

@test "lines of one colour differ by their dashes" {
	table 'x y by
		1 1 aum
		2 2 aum
		1 3 aum_easy
		2 4 aum_easy' >t.tsv
	yc-plot -b by t.tsv >out.svg
	[ "$(grep -c 'class="l"' out.svg) $(grep -c 'class="l" stroke-dasharray' out.svg)" = "4 2" ] # and keys
}

@test "rows without a number are left out and counted, on the picture too" {
	printf 'x\ty\tby\n1\t2\ta\n2\tNaN\ta\n3\t\ta\n4\t5\t\nNA\t5\ta\n5\t-\ta\n' >t.tsv
	run -0 --separate-stderr yc-plot -b by t.tsv
	[ "$stderr" = "yc-plot: t.tsv: line 3: no number; 4 such rows left out" ]
	echo "$output" >out.svg
	legible
	grep -q '4 rows without a number left out.<' out.svg
	grep -q '>(no name)<' out.svg
	[ "$(grep -c '<title>a, ' out.svg)" = 1 ]
	run -0 --separate-stderr yc-plot -q -b by t.tsv
	[ -z "$stderr" ]
	printf 'x\ty\n1\tnan\n' >t.tsv
	run -1 --separate-stderr yc-plot -q t.tsv
	[ "$stderr" = "yc-plot: no rows with numbers: there is nothing to draw" ]
}

@test "odd tables give legible pictures" {
	odd() { # NAME [OPTION]..., with the rows on standard input
		(printf 'x\ty\tby\n' && awk -v OFS='\t' '{ $1 = $1; print }') >t.tsv
		yc-plot -b by "${@:2}" t.tsv >out.svg || fail "$1"
		xml out.svg
		legible || fail "$1"
		run grep -iw '[MLh"-]nan\|[MLh"-]inf' out.svg
		[ "$status" = 1 ] || fail "$1: $output"
	}
	# rows N 'AWK EXPRESSION OF n': so many rows
	rows() { awk -v n="$1" "BEGIN { for (i = 0; i < n; i++) print $2 }"; }
	odd one <<<'1 1 a'
	odd zero <<<'0 0 a'
	odd one-log --log <<<'1 1 a'
	odd equal <<<$'1 5 a\n1 5 a\n2 5 a\n2 5 a'
	odd negative <<<$'-3 -5 a\n-1 -1000 a'
	odd small <<<$'1e-9 1e-9 a\n2e-9 3e-9 a'
	odd large <<<$'1e9 1e9 a\n2e9 3e9 a'
	odd offset <<<$'1000000000.1 1000000000.1 a\n1000000000.2 1000000000.3 a'
	odd denormal <<<$'1e-310 1e-310 a\n2e-310 3e-310 a'
	odd huge <<<$'-1e100 -1e100 a\n1e100 1e100 a'
	odd huge-log --log <<<$'1e-100 -1e100 a\n1e100 1e100 a'
	odd narrow --width 200 --height 150 <<<$'123456 123456789 a\n234567 -123456789 a'
	odd wide --width 10000 --height 10000 <<<$'0 0 a\n1 1 a'
	odd fine-log --log <<<$'1.001 1 a\n1.002 2 a'
	odd wide-log --log --width 250 <<<$'0.00001 1 a\n100000 2 a'
	odd series-20 < <(rows 60 '(i % 3) " " i " series-" int(i / 3)')
	odd series-49-equal < <(rows 49 '1 " 1 s" i')
	odd names-long < <(rows 8 '1 " " i " " sprintf("%0150d", i)')
	odd names-words -t Title < <(rows 6 '1 " " i " a_name_" i')
	odd names-utf8 <<<$'1 1 é\n2 2 日本語の長い名前\n3 3 имя\n4 4 🙂🙂🙂🙂'
	odd names-xml <<<$'1 1 <a&b>\n2 2 "q"'
	odd names-bytes < <(printf '1 1 \xff\xfe\n2 2 \x01\n')
	odd words --words <<<$'-1 1 a\n1e9 2 b\nNaN 3 c'
	odd words-one --words <<<'a 1 a'
	odd words-60 --words < <(rows 60 '"word" i " " i " s" i % 3')
	odd words-series --words < <(rows 40 '"w" i % 2 " " i " s" i')
	odd gaps <<<$'1 1 a\n2 nan a\n3 3 a\nna 3 b\n- - c'
	odd bars < <(rows 90 'i % 3 " " (i * 7919) % 1000 " s" int(i / 9)')
	odd references -r 'a,b,chance=1e9,low=-1e9' <<<$'1 1 a\n2 2 a\n1 5 b\n1 1 c\n2 2 c'
	odd only-references -r a,b <<<$'1 1 a\n2 2 a\n1 5 b'
	odd units -u "$(printf 'W%.0s' {1..300})" <<<$'1 1 a\n1 2 a\n2 2 a'
	odd crowded-ticks --width 200 --log < <(rows 30 '2 ^ i " " i " a"')
}

@test "output is never an input, and a terminal is no table" {
	run -2 --separate-stderr yc-plot runs.tsv -o runs.tsv
	[ "$stderr" = "yc-plot: runs.tsv is both input and output" ]
	command -v script >/dev/null || skip "no script(1)"
	run script -qec "yc-plot -o out.svg" /dev/null
	[[ $output == *"no input"* ]]
}

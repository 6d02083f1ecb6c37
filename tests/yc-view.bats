#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	condensed=condensed.py
	png=png.py
	$condensed >s.yct
}

# With a margin of 8, one digit and a space at the side in letters of 2 x 6, images of 8 pixels
# drawn 8 times as large and gaps of 2, image m of class c begins at (32 + 66 m, 8 + 66 c).

@test "a contact sheet has a row for each class and an image in each place" {
	run -0 pipe "yc-view s.yct | $png 32 8 98 8 39 15 40 15 230 8 32 74 164 74"
	[ "${lines[0]}" = "238 214" ]    # 3 images, 3 classes
	[ "${lines[1]}" = "0 11 22" ]    # row 0
	[ "${lines[2]}" = "74 85 96" ]   # row 2 is the second of class 0
	[ "${lines[3]}" = "0 11 22" ]    # the last dot of its first pixel
	[ "${lines[4]}" = "5 16 27" ]    # the next pixel
	[ "${lines[5]}" = "255 255 255" ]
	[ "${lines[6]}" = "37 48 59" ]   # row 1 is the first of class 1
	[ "${lines[7]}" = "255 255 255" ] # class 1 is shorter
}

@test "values beyond white are clamped" {
	$condensed dtype=F32 >f.yct
	run -0 pipe "yc-view f.yct | $png 32 8"
	[ "${lines[1]}" = "0 28 56" ] # .11 and .22 of 255
	run -0 pipe "yc-view f.yct | $png 164 8 220 64"
	[ "${lines[1]}" = "255 255 255" ] # row 6: 2.22
}

@test "--scale repeats pixels and --columns cuts rows with a hint" {
	run -0 pipe "yc-view --scale 2 s.yct | $png"
	[ "$output" = "82 70" ]           # letters of 6: 8 + 12 + 3 x 18 + 8
	run -0 pipe "yc-view --columns 2 s.yct | $png"
	[ "$output" = "208 214" ]         # two images and " +1"
	# the middle line of the hint's plus sign
	run -0 pipe "yc-view --columns 2 s.yct | $png $(seq -f '%g 37' -s ' ' 164 199)"
	[[ $output == *"0 0 0"* ]]
}

@test "--decode shows the images of tiles" {
	run -0 pipe "yc-view --decode s.yct | $png"
	[ "${lines[0]}" = "832 214" ]     # 12 images in class 0
	yc-decode s.yct | yc-view >two.png
	yc-view --decode s.yct >one.png
	cmp one.png two.png
	pipe "yc-select yoco --ipc 1 s.yct | yc-view | $png"
}

@test "rows have the names of the classes" {
	$condensed 'names=["ant","bee","caterpillar"]' >named.yct
	run -0 pipe "yc-view named.yct | $png"
	[ "$output" = "358 214" ]         # 12 letters of 12
	$condensed 'names={"broken":1' >broken.yct
	yc-view broken.yct >a.png
	yc-view s.yct >b.png
	cmp a.png b.png
}

@test "a class without images has an empty row" {
	$condensed labels=0,2 >gap.yct
	run -0 pipe "yc-view gap.yct | $png 32 8 32 74 32 140"
	[ "$output" = "106 214
0 11 22
255 255 255
37 48 59" ]
}

# names of `classes` classes
numbered() {
	seq -f '"class%g"' -s, "$1" | sed 's/.*/[&]/'
}

@test "a hundred classes wrap into columns of readable proportions" {
	$condensed classes=100 labels="$(seq -s, 0 99)" names="$(numbered 100)" >many.yct
	run -0 pipe "yc-view many.yct | $png"
	read -r width height <<<"$output"
	[ $((width * 10 / height)) -ge 12 ]
	[ $((width * 10 / height)) -le 19 ]
	[ "$height" -le 1500 ]
	run -0 pipe "yc-view --across 1 many.yct | $png"
	[ "$output" = "190 6616" ]
	run -0 pipe "yc-view --across 50 many.yct | $png"
	[ "$output" = "10284 148" ]
}

@test "few classes with many images wrap into lines" {
	$condensed classes=1 labels="$(yes 0 | head -30 | paste -sd,)" >one.yct
	run -0 pipe "yc-view one.yct | $png 8 8"
	read -r width height <<<"${lines[0]}"
	[ "$width" -le 600 ]
	[ "$height" -le 400 ]
	run -0 pipe "yc-view --across 1 one.yct | $png"
	[ "$output" = "1408 82" ]
}

@test "letters grow with the images" {
	$condensed side=224 labels=0,1,2 >large.yct
	$condensed side=64 labels=0,1,2 >small.yct
	run -0 pipe "yc-view large.yct | $png"
	[ "$output" = "290 694" ]         # two letters of 4 x 6
	run -0 pipe "yc-view small.yct | $png"
	[ "$output" = "106 214" ]
}

@test "names in any script are drawn, always the same" {
	fc-list | grep -q . || skip "no fonts"
	$condensed 'names=["caf\u00e9","\u65e5\u672c","\u0645\u0631\u062d\u0628\u0627"]' >a.yct
	$condensed 'names=["cafe","\u65e5\u672c","\u0645\u0631\u062d\u0628\u0627"]' >b.yct
	yc-view -q a.yct >a.png
	yc-view -q b.yct >b.png
	run -1 cmp -s a.png b.png
	LC_ALL=ja_JP.UTF-8 PANGO_LANGUAGE=ja yc-view -q a.yct | cmp - a.png
	# The private letter U+F8FF is in no font.
	$condensed 'names=["a","b","\uf8ff"]' >none.yct
	run -0 --separate-stderr pipe "yc-view none.yct >none.png"
	[[ $stderr == "yc-view: no font has"*"(U+F8FF); packages with them: fonts-noto-core" ]]
}

@test "without fonts letters become boxes, and a note names a package" {
	echo '<fontconfig></fontconfig>' >empty.conf
	$condensed 'names=["caf\u00e9","\u65e5\u672c","c"]' >a.yct
	FONTCONFIG_FILE=$PWD/empty.conf run -0 --separate-stderr pipe "yc-view a.yct | $png"
	[ "$output" = "274 214" ]         # as wide as four letters of the built-in font
	[[ $stderr == *"no fonts are installed"*"é (U+00E9)"*"日 (U+65E5)"*fonts-dejavu-core*fonts-noto-cjk* ]]
	# ASCII looks the same in any case
	$condensed 'names=["ant","bee","cat"]' >ascii.yct
	FONTCONFIG_FILE=$PWD/empty.conf yc-view ascii.yct | cmp - <(yc-view ascii.yct)
}

@test "only yc-view loads the library of fonts" {
	for tool in "$YC_BIN"/yc-*; do
		[ "$(basename "$tool")" = yc-view ] || ! readelf -d "$tool" | grep -q pango || fail "$tool"
	done
}

@test "a name may be anything" {
	for names in '"","   ","\u00e9"' '"a\nb\tc","\u202eevil","e\u0301"' '1,null,{"a":"\u00e9"}' \
		'"\ud83d\udc36\u200d\ud83d\udc69","\u05e9\u05dc\u05d5\u05dd abc","\ufeff"'; do
		$condensed "names=[$names]" >odd.yct
		run -0 pipe "yc-view -q odd.yct | $png"
		run -0 --separate-stderr pipe "yc-view odd.yct >odd.png"
		[ "${#stderr_lines[@]}" -le 1 ]
	done
}

@test "a name that is too long ends in dots" {
	long=$(printf 'abcdefghi%.0s' {1..50})
	$condensed "names=[\"a\",\"b\",\"$long\"]" >long.yct
	$condensed "names=[\"a\",\"b\",\"${long}1\"]" >other.yct
	same "yc-view long.yct | $png" "yc-view other.yct | $png"
	run -0 pipe "yc-view long.yct | $png"
	[ "$output" = "466 214" ]         # three lines of 20 letters
}

@test "--score writes the score of every tile under it" {
	run -0 pipe "yc-view --decode s.yct | $png"
	before=$output
	run -0 pipe "yc-view --score lbpe s.yct | $png 8 8"
	[ "${lines[0]}" = "832 274" ]     # 3 rows with 20 pixels more
	[ "$before" = "832 214" ]
	# tile 0 of row 0: its value 0 is drawn as a digit in the middle of the cell
	run -0 pipe "yc-view --score lbpe s.yct | $png $(seq -f '%g 78' -s ' ' 56 74)"
	[[ $output == *"0 0 0"* ]]
	differ "yc-view --score lbpe s.yct" "yc-view --score el2n s.yct"
	# after yc-select the same scores are in another order
	yc-select yoco --order s.yct | yc-view --score lbpe >ranked.png
	$png <ranked.png
	refused 1 "no column 'score.aum' in the stream, which has lbpe, el2n" yc-view --score aum s.yct
	refused 1 "did you mean 'lbpe'?" yc-view --score lbp s.yct
	$condensed scores=0 >none.yct
	refused 1 "which has no scores" yc-view --score lbpe none.yct
}

@test "--diff shows two streams and their difference" {
	$condensed dtype=F32 >a.yct
	$condensed dtype=F32 h=8 modulus=5 >b.yct
	run -0 --separate-stderr pipe "yc-view --diff b.yct a.yct | $png 68 8 68 74 68 140"
	[ "${lines[0]}" = "274 652" ]     # "x1 " before the images, three of them in each cell
	[ "${lines[1]}" = "0 28 56" ]
	[ "${lines[2]}" = "0 28 56" ]
	[ "${lines[3]}" = "128 128 128" ] # equal
	[[ $stderr == *"7 images in both, 7 drawn: they differ by 0 on average, by 0 at most"* ]]
	# Bytes are rounded: half a step at most, which is amplified.
	yc-quantise a.yct >q.yct
	run -0 --separate-stderr pipe "yc-view --columns 1 --diff q.yct a.yct | $png"
	[[ $stderr == *"7 images in both, 3 drawn"*"drawn times "* ]]
	run -0 --separate-stderr pipe "yc-view --gain 2 --diff q.yct a.yct | $png"
	[[ $stderr == *"drawn times 2" ]]
	same "yc-view -q --diff q.yct a.yct" "yc-view -q --diff <(cat q.yct) <a.yct"
}

@test "--diff measures B - A and amplifies it by what a hundredth of the values allows" {
	# The images come last, of 192 bytes: 20 values of id 130 are larger by 60, one of id 150 smaller by 90.
	python3 - <<-'EOF'
		raw = bytearray(open("s.yct", "rb").read())
		for i in range(20):
		    raw[-7 * 192 + 3 * 192 + i] += 60
		raw[-7 * 192 + 5 * 192 + 9] -= 90
		open("other.yct", "wb").write(raw)
	EOF
	run -0 --separate-stderr pipe "yc-view --diff other.yct s.yct | $png 68 432 68 498 68 564 76 632"
	# (20 * 60 + 90) / 255 / 1344; 21 values of 1344 would leave the range at a gain of 4
	[[ $stderr == *" they differ by 0.00376 on average, by 0.353 at most (id 150); drawn times 2" ]]
	[ "${lines[1]}" = "111 122 133" ] # A, row 3, the first of class 2
	[ "${lines[2]}" = "171 122 133" ] # B
	[ "${lines[3]}" = "248 128 128" ] # grey and 2 * 60
	run -0 --separate-stderr pipe "yc-view --diff s.yct other.yct | $png 68 564"
	[ "${lines[1]}" = "7 128 128" ]
}

@test "--diff matches by id and tile, and counts what is in one only" {
	yc-select yoco --ipc 1 s.yct >some.yct
	run -0 --separate-stderr pipe "yc-view --diff some.yct s.yct | $png"
	[[ $stderr == *" 0 on average"* ]]
	[[ $stderr == *"only in A, the first is id 1"*", tile "* ]]
	[[ $stderr != *"only in B"* ]]
	# the same rows in another order are the same images
	yc-decode s.yct | yc-select --ids <(yc-decode s.yct | yc-info --tsv | cut -f 1,3 | tail -n +2 | tac) >back.yct
	run -0 --separate-stderr pipe "yc-view --diff back.yct s.yct | $png"
	[[ $stderr == *"28 images in both, 28 drawn: they differ by 0 on average"* ]]
	# the first in the order of the stream, not of the ids
	run -0 --separate-stderr pipe "yc-view --diff some.yct back.yct | $png"
	[[ $stderr == *"only in A, the first is id 140, tile 3"* ]]
	$condensed id=0 >plain.yct
	refused 1 "no column 'id' in B" yc-view --diff plain.yct s.yct
	run -0 --separate-stderr pipe "yc-view --diff plain.yct plain.yct | $png"
	[[ $stderr == *"no ids: rows are compared in the order"* ]]
	$condensed labels=1,1,2 'names=["a","b","c"]' >c.yct
	$condensed labels=0,1,2 'names=["a","B","c"]' >d.yct
	refused 1 "class 1 is 'b', in B 'B'" yc-view --diff d.yct c.yct
	$condensed labels=0,1,2 >d.yct
	run -0 --separate-stderr pipe "yc-view --diff d.yct c.yct | $png"
	[[ $stderr == *"1 images have another label in B"* ]]
	$condensed classes=4 >four.yct
	refused 1 "A has 3 classes, B 4" yc-view --diff four.yct s.yct
	refused 2 "--gain is for --diff" yc-view --gain 3 s.yct
	refused 2 "without --diff" yc-view --html --diff s.yct s.yct
}

# What a browser makes of a page after a script of ours.
dom() {
	cat "$1" - >"$1.test.html" <<<"<script>$2</script>"
	timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$BATS_TEST_TMPDIR/browser" \
		--dump-dom "file://$PWD/$1.test.html" 2>/dev/null
}

@test "--html is one page with everything in it" {
	$condensed 'names=["</script><script>alert(1)</script>","b & <b>","\u65e5"]' soft=mixed scores=0 >n.yct
	yc-view --html n.yct -o n.html
	[ "$(grep -c '"iVBOR' n.html)" -eq 7 ]
	grep -q '^<title>n.yct - yc-view</title>$' n.html
	cp n.yct 'a<b&c.yct'
	yc-view --html 'a<b&c.yct' | grep -q '^<title>a&lt;b&amp;c.yct - yc-view</title>$'
	! grep -qE '(src|href|url)[=(]' n.html || fail "not in one file"
	! grep -q 'alert(1)</script>' n.html || fail "a name ends the script"
	[ "$(grep -c '</script>' n.html)" -eq "$(grep -c '<script>' n.html)" ]
	yc-view --html --decode n.yct -o tiles.html
	[ "$(grep -c '"iVBOR' tiles.html)" -eq 28 ]
	# scores belong to tiles
	same "yc-view --html s.yct" "yc-view --html --decode s.yct"
	yc-view --html --columns 2 --decode n.yct | grep -c '"iVBOR' | grep -qx 6
	same "yc-view --html <n.yct | sed 's/stdin/n.yct/'" "cat n.html"
	# id, label, tile and scores of every tile, as yc-decode has them
	yc-view --html s.yct | sed -n 's/^\[\([0-9]*\),\([0-9]*\),\([0-9]*\),\[\([^],]*\),\([^],]*\)\].*/\2 \1 \3 \5 \4/p' |
		sort >page
	yc-decode s.yct | yc-info --tsv | tail -n +2 | tr '\t' ' ' | sort | cmp - page
	[ -s page ]
	python3 - <<-'EOF'
		import struct
		raw = open("s.yct", "rb").read()
		at = raw.index(struct.pack("<4f", 0, 17, 11, 5)) # lbpe of row 0
		odd = struct.pack("<3f", float("nan"), float("inf"), float("-inf"))
		open("odd.yct", "wb").write(raw[:at] + odd + raw[at + len(odd):])
	EOF
	yc-view --html odd.yct >odd.html
	[ "$(grep -c '^\[0,100,[0-3],\[\(null\|Infinity\|-Infinity\|5\),' odd.html)" -eq 4 ]
	# the largest soft labels, the largest first
	$condensed soft=mixed labels=0,1,2 scores=0 | yc-view --html >soft.html
	[ "$(grep -o '\[[^][]*\],"iVBOR' soft.html)" = '[0,0.6667,1,0.2917,2,0.04167],"iVBOR
[1,0.6667,2,0.2917,0,0.04167],"iVBOR
[2,0.6667,0,0.2917,1,0.04167],"iVBOR' ]
	# ids beyond the whole numbers of JavaScript are text
	python3 - <<-'EOF'
		import struct
		raw = open("s.yct", "rb").read()
		for a, b in ((100, 2**53 + 1), (110, -2**53 - 1), (120, 2**53)):
		    assert raw.count(struct.pack("<q", a)) == 1
		    raw = raw.replace(struct.pack("<q", a), struct.pack("<q", b))
		open("large.yct", "wb").write(raw)
	EOF
	yc-view --html large.yct >large.html
	for id in '0,"9007199254740993"' '1,"-9007199254740993"' '0,9007199254740992'; do
		[ "$(grep -c "^\[$id,[0-3]," large.html)" -eq 4 ]
	done
	head -c 900 s.yct >cut.yct
	run -3 yc-view --html cut.yct -o cut.html
	assert_file_not_exists cut.html
	refused 1 "no column 'score.aum'" yc-view --html --score aum s.yct
}

@test "a browser sorts and filters the page" {
	command -v chromium >/dev/null || skip "no chromium"
	$condensed 'names=["</script><script>document.title=1</script>","b & <b>","c"]' >n.yct
	yc-view --html --score lbpe n.yct -o n.html
	dom n.html '' >first
	# 28 tiles by score, ascending
	grep -o '<figcaption[^>]*>[^<]*' first | sed 's/.*>//' >scores
	yc-decode n.yct | yc-info --tsv | cut -f 5 | tail -n +2 | sort -g | cmp - scores
	grep -q '<title>n.yct - yc-view</title>' first
	dom n.html 'at("sort").selectedIndex = 2; at("down").checked = true; at("class").value = 0;
		at("sort").dispatchEvent(new Event("change"))' >second
	grep -q '12 of 28 images' second
	grep -o '<figcaption[^>]*>[^<]*' second | sed 's/.*>//' | uniq -c | awk '{ print $2, $1 }' >ids
	printf '%s 4\n' 160 120 100 | cmp - ids
	# what has no score comes last, whichever way; the order of the stream turns round as well
	python3 - <<-'EOF'
		import struct
		raw = open("n.yct", "rb").read()
		at = raw.index(struct.pack("<4f", 0, 17, 11, 5)) # lbpe of row 0
		open("odd.yct", "wb").write(raw[:at] + struct.pack("<f", float("nan")) + raw[at + 4:])
	EOF
	yc-view --html --score lbpe odd.yct -o odd.html
	last='; document.title = JSON.stringify([shown.length, ...shown[shown.length - 1].slice(0, 3)])'
	dom odd.html "$last" | grep -qF '<title>[28,0,100,0]</title>'
	dom odd.html 'at("down").checked = true; choose()'"$last" | grep -qF '<title>[28,0,100,0]</title>'
	dom odd.html 'at("sort").selectedIndex = 0; at("down").checked = true; choose()'"$last" |
		grep -qF '<title>[28,0,100,0]</title>'
	dom n.html 'describe(shown[0]); at("tip").hidden = false' >tip
	grep -q '<td>lbpe</td><td>0</td>' tip
	grep -q '<td>&lt;/script&gt;&lt;script&gt;document' tip
}

@test "-o writes the same picture" {
	yc-view s.yct -o a.png
	yc-view <s.yct >b.png
	cmp a.png b.png
}

@test "a terminal is refused" {
	command -v script >/dev/null || skip "no script(1)"
	run script -qec "yc-view s.yct" /dev/null </dev/null
	[[ $output == *"not written to a terminal"* ]]
	[[ $output != *PNG* ]]
}

@test "the name of the output must promise what is written" {
	refused 2 "x.jpg: the name promises a picture, but yc-view writes a PNG picture" yc-view s.yct -o x.jpg
	refused 2 "x.html: the name promises a page, but yc-view writes a PNG picture, or a page with --html" \
		yc-view s.yct -o x.html
	refused 2 "x.png: the name promises a picture, but yc-view writes a page" yc-view --html s.yct -o x.png
	yc-view --html s.yct -o X.HTM
}

@test "a full disk, a cut stream and a picture too large are errors" {
	run -1 --separate-stderr pipe "yc-view s.yct >/dev/full"
	[[ $stderr == "yc-view: "* ]]
	head -c 900 s.yct >cut.yct
	run -3 --separate-stderr yc-view cut.yct -o out.png
	assert_file_not_exists out.png
	$condensed classes=65536 >many.yct
	run -1 --separate-stderr yc-view many.yct -o out.png
	[[ $stderr == *"too large"* ]]
	assert_file_not_exists out.png
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

# pipelines/report.mk: one page of a folder of results

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

report() {
	make -s -f "$YC_ROOT/pipelines/report.mk" OUT=page.html "$@"
}

# folder: some results without a text
folder() {
	mkdir some
	printf 'x\ty\n1\t2\n2\t<3\n' >some/a.tsv
}

@test "the page of our results is whole in itself, in order, and has every table and picture" {
	results=$YC_ROOT/pipelines/results
	report
	page.py page.html
	[ "$(stat -c %s page.html)" -lt 400000 ]
	# the tables of the text, those in full and all data; each picture once
	tables=$(cat "$results"/*.md | grep -c '^|[-|]*|$')
	data=$(find "$results" -name '*.tsv' | wc -l)
	pictures=$(find "$results" -name '*.svg' | wc -l)
	[ "$data" -gt 9 ]
	[ "$pictures" -gt 5 ]
	[ "$(page.py page.html tables)" = $((tables + data)) ]
	[ "$(page.py page.html pictures)" = "$pictures" ]
	for f in "$results"/*.tsv; do
		grep -q "<summary><code>${f##*/}</code>, $(($(wc -l <"$f") - 1)) row" page.html || fail "$f"
	done
	for f in "$results"/*.svg; do
		title=$(grep -o '<title>[^<]*' "$f" | head -n 1)
		grep -qF "$title</title>" page.html || fail "$f"
	done
	# Both deviations, significance, commands, machines
	grep -q '<td>40.97 ± 0.50 (0.68)</td>' page.html
	grep -q '<td><strong>−12.66</strong> (0.017)</td>' page.html
	grep -q '<pre.*<code>make -f pipelines/table1.mk DATA=cifar10' page.html
	grep -q '<strong>Machines.</strong>' page.html
	# A heading is in the contents.
	grep -q '<a href="#every-rule">Every rule</a>' page.html
	grep -q '<h2 id="every-rule">' page.html
}

@test "the same results are the same bytes, at any time and in any place" {
	folder
	printf '# R\n\ntext\n' >some/README.md
	report RESULTS=some
	mv page.html first.html
	mkdir there
	cp -r some there
	(cd there && TZ=Asia/Tokyo LC_ALL=C.UTF-8 report RESULTS=some)
	cmp first.html there/page.html
}

@test "tables and pictures are drawn anew, from what the tables of networks say" {
	# A space in its path is of no concern.
	cp -r "$YC_ROOT/pipelines" "my own"
	rm -r "my own/sets"
	sed -i 's/\t40.60\t40.60\t/\t49.60\t49.60\t/' "my own/results/yoco-random.tsv"
	make -s -f "my own/report.mk" OUT=page.html
	page.py page.html
	grep -q '<td>41.97 ± ' page.html
	run -1 grep -q '<td>40.97 ± 0.50' page.html
	grep -q '<title>yoco, 1: 41.9667 ± ' page.html
	# and again only if something changed
	touch -d 2000-01-01 page.html "my own"/{*.awk,published.tsv,results/*}
	touch -d 2001-01-01 page.html "my own/newer"
	make -s -f "my own/report.mk" OUT=page.html
	[ ! page.html -nt "my own/newer" ]
	touch "my own/results/table1.tsv"
	make -s -f "my own/report.mk" OUT=page.html
	[ page.html -nt "my own/newer" ]
}

@test "text is text: what looks like HTML is shown, and links lead nowhere but to the web" {
	folder
	cat >some/README.md <<-'END'
		# A & B

		<script>alert("1")</script> **bold *not* ** and *slanted*, 2 * 3 * 4, `code <b> **x**`, [here](other/README.md),
		[there](https://example.org/?a=1&b=2), **bold `co*de` on**, [`code`](https://example.org), a lone ` tick.

		- one
		  goes on
		- `a.tsv .svg`

		    make x <y
		      more

		## Same
		## Same
		## Data [a](https://example.org/b) `tsv`

		```
		fenced & | kept
		```

		| a | b |
		|---|---|
		| x < y |  |
		| x \| y | `p \| q` |
		```
		after it
		```

		| neither head |
		| nor body |

		![What is not there](gone.svg)
		last
	END
	printf '# One\n## Two\n### Three\n#### Four\n##### Five\n' >some/deep.md
	: >some/none.tsv
	report RESULTS=some
	page.py page.html
	body=$(sed -n '/<main>/,$p' page.html)
	for part in '<h1 id="a-b">A &amp; B</h1>' '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;' '<em>slanted</em>, 2 * 3 * 4, <code>code &lt;b&gt; **x**</code>, here, <a href="https://example.org/?a=1&amp;b=2">there</a>, ' ', a lone ` tick.' \
		'<li>one goes on</li>' '<li><a href="#data-a-tsv"><code>a.tsv .svg</code></a></li>' $'<code>make x &lt;y\n  more</code>' '<h2 id="same-2">Same</h2>' \
		'<code>fenced &amp; | kept</code>' '<th scope="row">x &lt; y</th><td></td></tr>' '<p>What is not there</p>' '<p>last</p>' \
		'<td>&lt;3</td>' '<title>A &amp; B</title>' '<strong>bold <code>co*de</code> on</strong>' '<a href="https://example.org"><code>code</code></a>' \
		'<th scope="row">x | y</th><td><code>p | q</code></td></tr>'$'\n</tbody></table></div>\n<pre tabindex="0"><code>after it</code></pre>' \
		'aria-label="Table: Data a tsv"' 'neither head' '<th scope="row">nor body</th>' '<h6 id="four">Four</h6>' '<h6 id="five">Five</h6>' '<code>none.tsv</code>, 0 rows'; do
		[[ $body$(grep '<title>' page.html) == *"$part"* ]] || fail "$part in $body"
	done
}

@test "a text without a title gets one" {
	folder
	printf 'First words, then\n\n## A heading\n\n| and | a table |\n|---|---|\n| 1 | 2 |\n' >some/README.md
	report RESULTS=some
	page.py page.html
	grep -q '<title>Results: some</title>' page.html
	grep -q '<h1>Results: some</h1>' page.html
	grep -q '<p>First words, then</p>' page.html
}

@test "styles of pictures stay apart" {
	folder
	printf 'x\ty\tof\n1\t2\ta\n2\t3\ta\n' | yc-plot -q -x x -y y -b of -t 'A "quote" & more' -o some/one.svg
	printf 'x\ty\tof\n1\t2\tyoco\n2\t3\tyoco\n' | yc-plot -q -x x -y y -b of -o some/two.svg
	report RESULTS=some
	page.py page.html
	[ "$(page.py page.html pictures)" = 2 ]
	grep -qF 'aria-label="Picture: A &quot;quote&quot; &amp; more"' page.html
	# Each selector names its picture; what both have is of different colours.
	sed -n '/<style>/,/<\/style>/p' page.html | grep '^#picture' >styles
	[ "$(wc -l <styles)" = 2 ]
	tr '{},' '\n' <styles >selectors
	run -1 grep -qE '^(text|\.[a-z0-9]+)$' selectors
	same 'grep -o "picture-[a-z-]* " styles | sort -u' 'printf "picture-one-svg \npicture-two-svg \n"'
}

@test "results of a table's Makefile become a page with its settings" {
	tiny_table >log
	report RESULTS=out
	page.py page.html
	grep -q '<h3 id="pruning-rules-set-table1">' page.html
	[ "$(page.py page.html pictures)" = 1 ]
	grep -q '<code>--epochs 1 --repeat 1 --tests 1 --width 4' page.html
	grep -q '<h3>published</h3>' page.html
	run -1 grep -q 'cells/' page.html
}

@test "what is no folder of results is refused" {
	run -2 report RESULTS=nowhere
	assert_output --partial "RESULTS=nowhere: no results there"
	run -2 report RESULT=nowhere
	assert_output --partial "RESULT: no such variable"
	[ ! -e page.html ]
	# Nothing half-written, if a table cannot be drawn.
	folder
	printf '#!/bin/sh\nexit 3\n' >some/draw.sh
	chmod +x some/draw.sh
	run -2 report RESULTS=some
	[ ! -e page.html ]
}

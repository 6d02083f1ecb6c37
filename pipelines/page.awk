# SPDX-License-Identifier: MIT
# Usage: ls FOLDER | awk -v from=FOLDER [-v settings=FILES] [-v results=FOLDER] -f page.awk
# A page of HTML of results: README.md with its pictures in place, then each other .md as a table,
# pictures that are left, settings of the Makefiles (names of files, in the other folder), and
# every .tsv. Reads as much Markdown as these have: headings, paragraphs, lists, tables, code,
# pictures, bold, links.
BEGIN {
	FS = "\t"
}

{ files[++nfiles] = $0; there[$0] = 1 }

function escape(s) {
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	gsub(/"/, "\\&quot;", s)
	return s
}

function emit(s) {
	body[++nbody] = s
}

# A name for links, its own on this page
function anchor(text,   s) {
	s = tolower(plain(text))
	gsub(/&[a-z]+;/, "-", s)
	gsub(/[^a-z0-9]+/, "-", s)
	gsub(/^-|-$/, "", s)
	s = s == "" ? "section" : s
	return used[s]++ ? s "-" used[s] : s
}

function heading(level, text,   id, html) {
	id = anchor(text)
	html = inline(text)
	level = level > 6 ? 6 : level
	emit("<h" level " id=\"" id "\">" html "</h" level ">")
	if (level == 2 || level == 3) {
		gsub(/<\/?a[^>]*>/, "", html) # links do not nest
		contents[++ncontents] = "<a href=\"#" id "\">" html "</a>"
		depth[ncontents] = level
	}
}

# Text with code, bold and links. Links lead nowhere outside of the page but to the web.
function inline(text,   n, i, part, out, name, html, at) {
	n = split(text, part, "`")
	if (n % 2 == 0) {
		part[n - 1] = part[n - 1] "`" part[n]
		n--
	}
	# Bold and links may go over code, which says neither: a mark holds its place.
	for (i = 1; i <= n; i++)
		out = out (i % 2 ? part[i] : SUBSEP i SUBSEP)
	out = spans(escape(out))
	for (i = 2; i <= n; i += 2) {
		name = part[i]
		sub(/ .*/, "", name)
		html = "<code>" escape(part[i]) "</code>"
		if (name ~ /\.tsv$/ && name in there)
			html = "<a href=\"#" data_anchor(name) "\">" html "</a>"
		at = index(out, SUBSEP i SUBSEP)
		out = substr(out, 1, at - 1) html substr(out, at + length(SUBSEP i SUBSEP))
	}
	return out
}

# Without any of these
function plain(text) {
	text = inline(text)
	gsub(/<[^>]*>/, "", text)
	return text
}

function data_anchor(name) {
	if (!(name in anchor_of))
		anchor_of[name] = anchor("data " name)
	return anchor_of[name]
}

function spans(s,   label, target) {
	while (match(s, /\*\*[^*]+\*\*/))
		s = substr(s, 1, RSTART - 1) "<strong>" substr(s, RSTART + 2, RLENGTH - 4) "</strong>" substr(s, RSTART + RLENGTH)
	while (match(s, /\*[^* ][^*]*\*/))
		s = substr(s, 1, RSTART - 1) "<em>" substr(s, RSTART + 1, RLENGTH - 2) "</em>" substr(s, RSTART + RLENGTH)
	while (match(s, /\[[^][]*\]\([^()]*\)/)) {
		label = target = substr(s, RSTART, RLENGTH)
		sub(/^\[/, "", label)
		sub(/\]\(.*/, "", label)
		sub(/.*\]\(/, "", target)
		sub(/\)$/, "", target)
		s = substr(s, 1, RSTART - 1) (target ~ /^(https?:|#)/ ? "<a href=\"" target "\">" label "</a>" : label) \
			substr(s, RSTART + RLENGTH)
	}
	return s
}

# Rules of one picture's style, for that picture alone
function scoped(css, id,   out, piece, n, i, selector) {
	while (match(css, /[{}]/)) {
		piece = substr(css, 1, RSTART)
		css = substr(css, RSTART + 1)
		if (piece ~ /[{]$/ && piece !~ /^@/) {
			n = split(piece, selector, ",")
			piece = ""
			for (i = 1; i <= n; i++)
				piece = piece (i > 1 ? "," : "") "#" id " " selector[i]
		}
		out = out piece
	}
	return out
}

# Text between the first two marks, or nothing
function between(text, begin, end,   at) {
	at = index(text, begin)
	return at && index(text, end) > at ? substr(text, at + length(begin), index(text, end) - at - length(begin)) : ""
}

function picture(name, text,   line, id, path, svg, title, start) {
	path = from "/" name
	id = anchor("picture " name)
	while ((getline line <path) > 0)
		svg = svg (svg == "" ? "" : "\n") line
	close(path)
	shown[name] = 1
	sub(/^<\?xml[^>]*>[ \n]*/, "", svg)
	title = between(svg, "<title>", "</title>")
	gsub(/"/, "\\&quot;", title)
	styles = styles scoped(between(svg, "<style>", "</style>"), id) "\n"
	sub(/<svg /, "<svg id=\"" id "\" ", svg)
	if (start = index(svg, "<style>"))
		svg = substr(svg, 1, start - 1) substr(svg, index(svg, "</style>") + 8)
	emit("<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Picture: " (title == "" ? escape(name) : title) \
		"\">\n" svg "\n</div>\n<figcaption>" (text == "" ? escape(name) : inline(text)) "</figcaption>\n</figure>")
}

function table_begin(about) {
	emit("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: " plain(about) "\"><table>")
}

function table_end() {
	emit("</tbody></table></div>")
}

# Sentences are broken into lines, figures are not.
function table_cell(tag, text, html) {
	return "<" tag (length(text) > 40 ? " class=\"long\"" : "") ">" html "</" substr(tag, 1, 2) ">"
}

# Lines of a table in Markdown, the second of which may only say that it is one
function markdown_table(about,   i, k, n, cell, row, line) {
	table_begin(about)
	for (i = 1; i <= nrows; i++) {
		line = rows[i]
		if (i == 2 && line ~ /^[-|: ]+$/)
			continue
		gsub(/\\\|/, SUBSEP, line) # a bar that is text
		gsub(/^ *\| *| *\| *$/, "", line)
		n = split(line, cell, / *\| */)
		row = "<tr>"
		for (k = 1; k <= n; k++) {
			gsub(SUBSEP, "|", cell[k])
			row = row table_cell(i == 1 && cell[k] == "" ? "td" : i == 1 ? "th scope=\"col\"" : k == 1 ? "th scope=\"row\"" : "td", \
				cell[k], inline(cell[k]))
		}
		emit((i == 1 ? "<thead>" : "") row "</tr>" (i == 1 ? "</thead><tbody>" : ""))
	}
	table_end()
	nrows = 0
}

# What is open ends.
function flush(about) {
	if (paragraph != "")
		emit("<p>" inline(paragraph) "</p>")
	if (item != "")
		emit("<li>" inline(item) "</li>")
	if (listed)
		emit("</ul>")
	if (code != "") {
		sub(/\n+$/, "", code)
		emit("<pre tabindex=\"0\"><code>" escape(code) "</code></pre>")
	}
	if (nrows)
		markdown_table(about)
	paragraph = item = code = ""
	listed = 0
}

# markdown(FILE, DOWN, NAME): headings are so many levels further down, and the first one says the name.
function markdown(path, down, name,   line, level, text, target, about, fenced) {
	while ((getline line <path) > 0) {
		if (line ~ /^```/) {
			flush(about)
			fenced = !fenced
		} else if (fenced) {
			code = code line "\n"
		} else if (line ~ /^#+ /) {
			flush(about)
			match(line, /^#+/)
			level = RLENGTH + down
			about = substr(line, RLENGTH + 2) (name == "" ? "" : " (" name ")")
			name = ""
			heading(level, about)
		} else if (line ~ /^!\[.*\]\(.*\)$/) {
			flush(about)
			text = target = line
			sub(/^!\[/, "", text)
			sub(/\]\([^)]*\)$/, "", text)
			sub(/.*\]\(/, "", target)
			sub(/\)$/, "", target)
			if (target in there)
				picture(target, text)
			else
				emit("<p>" inline(text) "</p>")
		} else if (line ~ /^\|/) {
			if (!nrows)
				flush(about)
			rows[++nrows] = line
		} else if (line ~ /^    / && paragraph == "" && item == "") {
			if (code == "")
				flush(about)
			code = code substr(line, 5) "\n"
		} else if (line ~ /^ *$/) {
			if (code != "")
				code = code "\n"
			else
				flush(about)
		} else if (line ~ /^[-*] /) {
			if (!listed)
				flush(about)
			if (item != "")
				emit("<li>" inline(item) "</li>")
			else
				emit("<ul>")
			listed = 1
			item = substr(line, 3)
		} else if (item != "") {
			sub(/^ +/, "", line)
			item = item " " line
		} else {
			if (paragraph == "")
				flush(about)
			sub(/^ +/, "", line)
			paragraph = paragraph (paragraph == "" ? "" : " ") line
		}
	}
	close(path)
	flush(about)
}

function data(name,   path, line, n, i, k, cell, count, row, rows_of) {
	path = from "/" name
	while ((getline line <path) > 0)
		rows_of[count++] = line
	close(path)
	n = count ? count - 1 : 0
	emit("<details id=\"" data_anchor(name) "\"><summary><code>" escape(name) "</code>, " n " row" (n == 1 ? "" : "s") "</summary>")
	if (count)
		table_begin(name)
	for (i = 0; i < count; i++) {
		n = split(rows_of[i], cell, "\t")
		row = "<tr>"
		for (k = 1; k <= n; k++)
			row = row table_cell(i ? "td" : "th scope=\"col\"", cell[k], escape(cell[k]))
		emit((i ? "" : "<thead>") row "</tr>" (i ? "" : "</thead><tbody>"))
	}
	if (count)
		table_end()
	emit("</details>")
}

function print_contents(   i, level) {
	print "<nav aria-label=\"Contents\">\n<h2>Contents</h2>"
	level = 1
	for (i = 1; i <= ncontents; i++) {
		if (depth[i] > level)
			while (level++ < depth[i])
				printf "<ul><li>"
		else {
			while (level > depth[i]) {
				printf "</li></ul>"
				level--
			}
			printf "</li>\n<li>"
		}
		level = depth[i]
		printf "%s", contents[i]
	}
	while (level-- > 1)
		printf "</li></ul>"
	print "\n</nav>"
}

function print_style() {
	print "<style>"
	print ":root{color-scheme:light dark;--text:#1f2328;--quiet:#59636e;--page:#fff;--shade:#f4f6f8;--line:#d1d9e0;--link:#0a5bc4}"
	print "@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--quiet:#9198a1;--page:#0d1117;--shade:#161b22;--line:#3d444d;--link:#58a6ff}}"
	print "body{margin:0 auto;padding:1rem;max-width:62rem;font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,'Liberation Sans',sans-serif;color:var(--text);background:var(--page);overflow-wrap:break-word}"
	print "h1,h2,h3,h4{line-height:1.25;margin:2rem 0 .75rem}h1{margin-top:.5rem}h2{border-bottom:1px solid var(--line);padding-bottom:.25rem}"
	print "nav h2{font-size:1rem;border:0;margin:0}nav{background:var(--shade);padding:.75rem 1rem;border-radius:.4rem}nav ul{margin:.25rem 0;padding-left:1.25rem}"
	print "a{color:var(--link)}p,li{max-width:48rem}"
	print "code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;font-size:.875em}"
	print "pre{background:var(--shade);padding:.75rem;border-radius:.4rem;overflow-x:auto}pre code{font-size:.8125rem}"
	print ".scroll{overflow-x:auto}figure{margin:1.25rem 0}figcaption{color:var(--quiet);font-size:.875rem}svg{display:block;max-width:100%;min-width:34rem;height:auto}"
	print "table{border-collapse:collapse;margin:.5rem 0;font-size:.875rem;font-variant-numeric:tabular-nums}"
	print "th,td{border:1px solid var(--line);padding:.25rem .6rem;text-align:left;vertical-align:top}thead th{background:var(--shade)}tbody th{font-weight:normal}"
	print "td,tbody th{white-space:nowrap}table .long{white-space:normal;min-width:12rem}details{margin:.5rem 0}summary{cursor:pointer;padding:.25rem 0}"
	print "@media print{body{max-width:none;padding:0;font-size:10pt}.scroll,pre{overflow:visible}pre{white-space:pre-wrap}table{font-size:7pt}th,td{padding:1pt 3pt}"
	print "td,tbody th{white-space:normal}svg{min-width:0}figure,tr,pre{break-inside:avoid}h2,h3{break-after:avoid}.data{display:none}}"
	printf "%s", styles
	print "</style>"
}

END {
	if ("README.md" in there)
		markdown(from "/README.md", 0, "")
	top = body[1] ~ /^<h1 / ? body[1] : "<h1>Results" (results == "" ? "" : ": " escape(results)) "</h1>"
	for (i = 1; i <= nfiles; i++) {
		if (files[i] !~ /\.md$/ || files[i] == "README.md")
			continue
		if (!ntables++)
			heading(2, "Tables in full")
		name = files[i]
		sub(/\.md$/, "", name)
		markdown(from "/" files[i], 2, name)
	}
	for (i = 1; i <= nfiles; i++) {
		if (files[i] !~ /\.svg$/ || files[i] in shown)
			continue
		if (!npictures++)
			heading(2, ntables && "README.md" in there ? "Other pictures" : "Pictures")
		picture(files[i], "")
	}
	n = split(settings, setting, " ")
	if (n)
		heading(2, "Settings")
	for (i = 1; i <= n; i++) {
		name = setting[i]
		for (text = ""; (getline line <(results "/" name)) > 0;)
			text = text (text == "" ? "" : "\n") line
		sub(/^settings\//, "", name)
		# A table's own setting is the list of its cells.
		if (text !~ /\/cells\/[^ \n]*\.tsv$/ && text ~ /[^ \n]/)
			emit("<h3>" escape(name) "</h3>\n<pre tabindex=\"0\"><code>" escape(text) "</code></pre>")
	}
	emit("<div class=\"data\">")
	heading(2, "Data")
	emit("<p>What tables and pictures are made of, a row for every network or step.</p>")
	for (i = 1; i <= nfiles; i++)
		if (files[i] ~ /\.tsv$/)
			data(files[i])
	emit("</div>")
	title = top
	gsub(/<[^>]*>/, "", title)
	print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	print "<title>" title "</title>"
	print_style()
	print "</head>\n<body>\n<main>"
	print top
	print_contents()
	for (i = 1 + (top == body[1]); i <= nbody; i++)
		print body[i]
	print "</main>\n</body>\n</html>"
}

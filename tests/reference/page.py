#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py FILE: checks a page of HTML that is to be whole in itself and readable by all, prints what is wrong with it.

Elements are closed in order, names of them are unique, links lead to one of them and do not nest, nothing is loaded or run, headings go
down by one level, cells that head a row or column say which, pictures and what scrolls have a name.
With a word more, prints what there is of that: tables, pictures, headings, links."""
import html.parser
import sys

VOID = {"meta", "link", "br", "img", "input", "hr"}
SVG_EMPTY = {"path", "rect", "circle", "line"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.links, self.levels = [], [], set(), [], []
        self.count = {"tables": 0, "pictures": 0, "headings": 0}
        self.language = self.title = self.picture_named = False

    def say(self, text):
        self.wrong.append("line %d: %s" % (self.getpos()[0], text))

    def handle_startendtag(self, tag, attrs):
        if tag not in VOID | SVG_EMPTY:
            self.say("<%s/>" % tag)
        self.look(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        self.look(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.say("</%s> closes something else" % tag)
        if tag == "svg" and not self.picture_named:
            self.say("a picture without a title")

    def look(self, tag, attrs):
        if tag in {"script", "iframe", "object", "embed", "link"} or any(a in attrs for a in ("src", "srcset", "action", "data")):
            self.say("<%s> loads or runs something" % tag)
        if any(a.startswith("on") for a in attrs) or "url(" in attrs.get("style", ""):
            self.say("<%s> runs or loads something" % tag)
        name = attrs.get("id")
        if name is not None:
            if name in self.ids or not name or " " in name:
                self.say("id '%s' is not a name of its own" % name)
            self.ids.add(name)
        if tag == "a":
            if "a" in self.open:
                self.say("a link in a link")
            self.links.append(attrs.get("href", ""))
        if tag == "html":
            self.language = bool(attrs.get("lang"))
        if tag == "title" and "svg" not in self.open:
            self.title = True
        if tag == "title" and self.open[-1] == "svg":
            self.picture_named = True
        if tag == "svg":
            self.count["pictures"] += 1
            self.picture_named = False
            if attrs.get("role") != "img":
                self.say("a picture that does not say so")
        if tag == "style" and "svg" in self.open:
            self.say("style of one picture for all")
        if tag == "table":
            self.count["tables"] += 1
        if tag == "th" and attrs.get("scope") not in ("row", "col"):
            self.say("<th> of neither row nor column")
        if "tabindex" in attrs and tag == "div" and not attrs.get("aria-label"):
            self.say("what scrolls has no name")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.count["headings"] += 1
            level = int(tag[1])
            if level > (self.levels or [0])[-1] + 1:
                self.say("<%s> after <h%d>" % (tag, (self.levels or [0])[-1]))
            self.levels.append(level)

    def handle_data(self, data):
        if self.open and self.open[-1] == "style" and ("url(" in data or "@import" in data):
            self.say("style loads something")


def main():
    page = Page()
    with open(sys.argv[1], encoding="utf-8") as f:
        text = f.read()
    page.feed(text)
    page.close()
    if not text.startswith("<!DOCTYPE html>"):
        page.wrong.append("no <!DOCTYPE html>")
    if page.open:
        page.wrong.append("not closed: " + " ".join(page.open))
    if not page.language or not page.title or page.levels.count(1) != 1:
        page.wrong.append("a page has a language, a title and one <h1>")
    page.wrong += ["link to nothing: " + a for a in page.links if a[:1] == "#" and a[1:] not in page.ids]
    if len(sys.argv) > 2:
        print("\n".join(page.links) if sys.argv[2] == "links" else page.count[sys.argv[2]])
    else:
        print("\n".join(page.wrong), end="\n" if page.wrong else "")
    sys.exit(bool(page.wrong))


main()

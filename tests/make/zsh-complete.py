#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""zsh-complete.py FOLDER LINE: what zsh offers behind LINE, with the completions in FOLDER.

A zsh on a terminal of its own, where Tab is pressed; its compadd writes down what fits."""
import os
import pty
import select
import sys
import tempfile
import time

folder, line = sys.argv[1:]
matches = tempfile.mktemp()
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb")
    os.execvp("zsh", ["zsh", "-f", "-i"])


def say(text):
    os.write(terminal, text.encode())


def wait(mark):
    seen, end = b"", time.time() + 20
    while mark not in seen:
        if time.time() > end:
            sys.exit("no answer of zsh: %r" % seen)
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


# The marks are put together by zsh, so that what it echoes does not pass for them.
say("fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D; " % quoted(folder)
    + 'compadd() { local -a m; builtin compadd -O m "$@"; (( $#m )) && print -rl -- $m >>%s; builtin compadd "$@" }; '
    % quoted(matches)
    + "told() { print DONE-''NOW }; zle -N told; bindkey '^X' told; bindkey '^I' complete-word; print READY-''NOW\n")
wait(b"READY-NOW")
say(line + "\t\x18")
wait(b"DONE-NOW")
os.kill(pid, 9)
if os.path.exists(matches):
    with open(matches) as f:
        sys.stdout.write("\n".join(sorted(set(f.read().split()))))
    os.unlink(matches)

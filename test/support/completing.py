"""What lines become when Tab is pressed at their end, in a real shell on a terminal.

completing.py SHELL LINE...: SHELL is bash, zsh or fish; in a line a tab stands for each further Tab. Prints a JSON list with "line",
and "screen", all that was shown since. "duplifs" must be in PATH; what the shell loads first stands in COMPLETING_SETUP.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time

import pexpect

READY = "ready> "


def main(shell, lines):
    folder = tempfile.mkdtemp()
    out = os.path.join(folder, "line")
    env = dict(os.environ, OUT=out, TERM="xterm", COLUMNS="120", LINES="50", HOME=folder)
    child = start(shell, os.environ["COMPLETING_SETUP"], folder, env)
    child.expect_exact(READY)
    time.sleep(0.2)
    print(json.dumps([typed(child, line, out) for line in lines]))
    child.kill(signal.SIGKILL)
    child.close()
    shutil.rmtree(folder)


def typed(child, line, out):
    # Ctrl-G is taken when the shell is done with the tabs, and Ctrl-U empties the line
    child.send(line + "\t\x07")
    shown = ""
    for _ in range(600):
        shown += read(child)
        if os.path.exists(out) and os.path.getsize(out) > 0:
            break
    with open(out, encoding="utf8") as file:
        text = file.read().rstrip("\n")
    os.remove(out)
    child.send("\x15")
    read(child)
    return {"line": text, "screen": shown}


def start(shell, setup, folder, env):
    size = {"dimensions": (50, 120), "encoding": "utf8", "timeout": 60, "env": env}
    if shell == "bash":
        keep = "bind -x '\"\\C-g\": printf %s \"$READLINE_LINE\" > \"$OUT\"'"
        rc = write(folder, "rc", f"{setup}\n{keep}\nbind 'set enable-bracketed-paste off'\nPS1='{READY}'\n")
        return pexpect.spawn("bash", ["--noprofile", "--rcfile", rc, "-i"], **size)
    if shell == "zsh":
        keep = 'show() { print -rn -- "$BUFFER" > $OUT }; zle -N show; bindkey "^G" show'
        write(folder, ".zshrc", f"{setup}\n{keep}\nPS1='{READY}'\n")
        env["ZDOTDIR"] = folder
        return pexpect.spawn("zsh", ["-d", "-i"], **size)
    keep = f"bind \\cg 'commandline > $OUT'; function fish_prompt; printf '{READY}'; end"
    return pexpect.spawn("fish", ["-i", "-C", f"{setup}\n{keep}"], **size)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf8") as file:
        file.write(text)
    return path


def read(child):
    """What is shown until nothing more comes for a tenth of a second."""
    shown = ""
    while True:
        try:
            shown += child.read_nonblocking(65536, 0.1)
        except pexpect.TIMEOUT:
            return shown


main(sys.argv[1], sys.argv[2:])

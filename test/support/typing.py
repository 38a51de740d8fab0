"""Runs a program on a terminal of its own and answers its questions with the lines of LINES, one each; prints what it
shows."""
import os, pty, select, sys, time
lines = os.environ.pop('LINES').split('\n')
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
text, seen, began = b'', 0, time.time()
while time.time() - began < 90:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        text += piece
    # a question ends with a colon and no new line
    elif lines and text[seen:].rstrip(b' ').endswith(b':'):
        seen = len(text)
        os.write(fd, lines.pop(0).encode() + b'\r')
sys.stdout.buffer.write(text)

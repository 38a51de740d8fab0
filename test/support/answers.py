"""Runs a program on a terminal of its own and answers its questions: `answers.py JSON COMMAND…`, where JSON is a list of
[pattern, answer]. Each answer is sent once its pattern was read. Prints all that was read, and ends as the program did."""
import fcntl, json, os, pty, re, select, struct, sys, termios, time
questions, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'xterm'
    os.execvp(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
text, all_text, until = '', '', time.time() + 240
while time.time() < until:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            piece = os.read(fd, 4096).decode('utf8', 'replace')
        except OSError:
            break
        if piece == '':
            break
        text += piece
        all_text += piece
    if questions and re.search(questions[0][0], text):
        time.sleep(0.3)
        os.write(fd, questions.pop(0)[1].encode())
        text = ''
_, status = os.waitpid(pid, 0)
sys.stdout.write(all_text)
sys.exit(os.waitstatus_to_exitcode(status))

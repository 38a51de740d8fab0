"""Runs a program on a terminal of its own; sends it a signal once it has asked; tells how long that took and whether
the terminal echoes again: `SECONDS ECHO STATUS`."""
import os, pty, select, signal, sys, termios, time
number, command = int(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
text = b''
asked = time.time()
while b'Passphrase' not in text and time.time() - asked < 40:
    if select.select([fd], [], [], 0.1)[0]:
        text += os.read(fd, 4096)
time.sleep(0.3)
began = time.time()
if number == 0:
    os.write(fd, b'\x03')
else:
    os.kill(pid, number)
while True:
    done, status = os.waitpid(pid, os.WNOHANG)
    if done or time.time() - began > 30:
        break
    if select.select([fd], [], [], 0.05)[0]:
        try:
            os.read(fd, 4096)
        except OSError:
            pass
seconds = time.time() - began
echo = bool(termios.tcgetattr(fd)[3] & termios.ECHO)
if not done:
    os.kill(pid, signal.SIGKILL)
print('%.1f %s %s' % (seconds, echo, os.waitstatus_to_exitcode(status) if done else 'none'))

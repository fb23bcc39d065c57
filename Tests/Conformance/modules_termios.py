# Terminal attributes, on the master side of a pseudo terminal.
import os
import termios
import tty

fd = os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY)
state = termios.tcgetattr(fd)
print(len(state), [type(part).__name__ for part in state], len(state[6]) == termios.NCCS)
print(state[3] & termios.ICANON != 0, state[3] & termios.ECHO != 0, state[2] & termios.CSIZE == termios.CS8)
print(state[4] == termios.B38400, state[5] == termios.B38400)
print(state[6][termios.VINTR], state[6][termios.VEOF], state[6][termios.VMIN])
state[3] &= ~(termios.ICANON | termios.ECHO)
state[6][termios.VMIN] = 3
state[6][termios.VTIME] = b'\x07'
state[4] = state[5] = termios.B9600
termios.tcsetattr(fd, termios.TCSANOW, state)
again = termios.tcgetattr(fd)
print(again[3] & (termios.ICANON | termios.ECHO), again[6][termios.VMIN], again[6][termios.VTIME])
print(again[4] == termios.B9600, again[5] == termios.B9600)
tty.setraw(fd)
print(termios.tcgetattr(fd)[1] & termios.OPOST, termios.tcgetattr(fd)[6][termios.VMIN])


class Terminal:
    def fileno(self):
        return fd


termios.tcflush(Terminal(), termios.TCIOFLUSH)
termios.tcdrain(fd)


def attempt(call, *arguments):
    try:
        print(call.__name__, call(*arguments))
    except Exception as error:
        print(call.__name__, type(error).__name__, error)


pipe = os.pipe()
attempt(termios.tcgetattr, pipe[0])
attempt(termios.tcgetattr, -1)
attempt(termios.tcgetattr, 'x')
attempt(termios.tcgetattr, 2.5)
attempt(termios.tcsetattr, fd, 0, 5)
attempt(termios.tcsetattr, fd, 0, [1])
attempt(termios.tcsetattr, fd, 0, state[:6] + [[]])
attempt(termios.tcsetattr, fd, 0, state[:6] + [[1.5] * termios.NCCS])
attempt(termios.tcsetattr, fd, 0, ['x'] + state[1:])
attempt(termios.tcsetattr, fd, 77, state)
attempt(termios.tcflow, pipe[0], termios.TCOON)
attempt(termios.tcsendbreak, pipe[0], 0)
print(issubclass(termios.error, Exception), termios.error.__module__, termios.error.__bases__)

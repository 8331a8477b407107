"""Processes of this machine, on processors of their own."""
import contextlib
import os
import random
import socket
import subprocess
import time

PROCESSORS = sorted(os.sched_getaffinity(0))


class Failure(Exception):
    """Something could not be measured; says what and why."""


def server_processors(threads=1):
    """The first ones."""
    return PROCESSORS[:threads]


def generator_processors():
    """The last one."""
    return PROCESSORS[-1:]


def on(processors, command):
    return ["taskset", "-c", ",".join(map(str, processors)), *map(str, command)]


@contextlib.contextmanager
def running(command, processors, **streams):
    """A process, until the end of the block. It has a session of its own, so that Ctrl-C reaches
    only whoever ends it in order."""
    with subprocess.Popen(on(processors, command), stdin=streams.pop("stdin", subprocess.DEVNULL),
                          start_new_session=True, **streams) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def cpu_seconds(pid):
    """What all threads of a process have run so far, by the scheduler's account: the clock that
    clock_getcpuclockid(3) names."""
    return time.clock_gettime(~pid << 3 | 2)


def free_port():
    """Not one of those that the system gives to connections: ip(7)."""
    while True:
        port = random.randint(20000, 32000)
        with contextlib.suppress(OSError), socket.socket() as stream, \
                socket.socket(type=socket.SOCK_DGRAM) as datagram:
            stream.bind(("127.0.0.1", port))
            datagram.bind(("127.0.0.1", port))
            return port

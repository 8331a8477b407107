"""A contender's server, started for one measurement."""
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lib.process import Failure, free_port, generator_processors, running, server_processors

START_TIMEOUT = 10
LEAST_FREE_BYTES = 2 << 30


@dataclass
class Place:
    """Where a server runs: a folder, which is its current one, and an address."""
    folder: Path
    transport: str
    port: int
    socket = "socket"  # in the folder: the path of a Unix socket must be short

    @property
    def address(self):
        """As the programs of bench/ name it."""
        return f"unix:{self.socket}" if self.transport == "unix" else f"{self.transport}:{self.port}"

    def takes_connections(self):
        family, name = (socket.AF_UNIX, str(self.folder / self.socket)) \
            if self.transport == "unix" else (socket.AF_INET, ("127.0.0.1", self.port))
        with socket.socket(family) as probe:
            return probe.connect_ex(name) == 0


@dataclass
class Server:
    process: subprocess.Popen
    place: Place
    log: Path

    @property
    def pid(self):
        return self.process.pid

    def end(self):
        """How it ended, and what it said last; None while it runs."""
        if self.process.poll() is None:
            return None
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return f"ended, status {self.process.returncode}: {lines[-1] if lines else 'without a word'} ({self.log})"


@contextlib.contextmanager
def serving(contender, row, settings):
    """Yields the server, ready. What it leaves behind is removed, but for its log: that is
    FOLDER/logs/NAME.log until the next one of that name."""
    folder = settings.folder
    log = folder / "logs" / f"{contender.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{contender.name}-") as work, \
            open(log, "wb") as errors, contextlib.ExitStack() as stack:
        place = Place(Path(work), row.transport, free_port())
        stack.enter_context(contender.companions(place))
        output = stack.enter_context(_output(row, place.folder))
        if contender.probed:  # their logs go to both
            output = errors
        process = stack.enter_context(
            running(contender.command(row, place), server_processors(row.threads),
                    stdout=output, stderr=errors, cwd=work,
                    env=_environment(row, settings.bench)))
        server = Server(process, place, log)
        _wait_until_ready(contender, server)
        yield server


def _environment(row, programs):
    if not row.least_sync_us:
        return None
    return os.environ | {"SLOW_SYNC_US": str(row.least_sync_us), "LD_PRELOAD": str(programs / "libslow_sync.so")}


@contextlib.contextmanager
def _output(row, folder):
    """What the server writes to."""
    if row.output == "null":
        yield subprocess.DEVNULL
    elif row.output == "file":
        if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
            raise Failure(f"less than {LEAST_FREE_BYTES >> 30} GiB are free for its output")
        with open(folder / "records", "wb") as file:
            yield file
    else:
        with running(["sh", "-c", "exec cat > /dev/null"], generator_processors(),
                     stdin=subprocess.PIPE) as reader:
            yield reader.stdin


def _wait_until_ready(contender, server):
    deadline = time.monotonic() + START_TIMEOUT
    while not (server.place.takes_connections() if contender.probed
               else b"listening" in server.log.read_bytes()):
        if end := server.end():
            raise Failure(f"the server {end}")
        if time.monotonic() > deadline:
            raise Failure(f"the server is not ready after {START_TIMEOUT} s ({server.log})")
        time.sleep(0.01)

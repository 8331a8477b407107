"""The servers that are compared: how each is started, and what a message to it is."""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess

from lib import nats
from lib.rows import LINE, MOST_CLIENTS

NAMES = ("floor", "ack", "uring", "roger", "roger-sync", "r1", "r1-always", "r3", "r3-always", "asio", "redis",
         "memcached", "nginx")
NGINX_MODULES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/nginx/modules")


def line_of(size):
    """A message of so many bytes, with its newline."""
    return ("message of 24 bytes, ok" if size == LINE else "x" * (size - 1)) + "\n"


class Contender:
    """A server that prints "listening" when it is ready, unless `probed`: then it is ready when it
    takes a connection."""
    probed = False
    load_options = ()  # for `load`, where the answer is not Roger's

    def __init__(self, name, says, programs=None):
        self.name = name
        self.says = says
        self.programs = programs

    def absent(self):
        """Why it cannot be had here; None where it can."""
        return None

    def companions(self, place):
        """A context in which what it needs runs beside it."""
        return contextlib.nullcontext()

    def version(self):
        """Empty: that of this project's sources."""
        return ""

    def text(self, row):
        """A message, with what ends it."""
        return line_of(row.size)

    def program(self, name):
        return str(self.programs / name)


class Floor(Contender):
    def command(self, row, place):
        if row.transport == "udp":
            return [self.program("floor_datagrams"), place.address]
        sync = ["--sync"] if row.sync else []
        return [self.program("floor_server"), *sync, "--threads", str(row.threads), place.address]


class AckAtOnce(Contender):
    def command(self, _, place):
        return [self.program("floor_server"), "--ack-at-once", place.address]


class Uring(Contender):
    def absent(self):
        if not (self.programs / "floor_uring").exists():
            return "liburing is not installed"
        return None

    def command(self, _, place):
        return [self.program("floor_uring"), place.address]


class Roger(Contender):
    def absent(self):
        if not os.access(self.programs / "server", os.X_OK):
            return f"there is no program `server` in {self.programs}"
        return None

    def command(self, row, place):
        address = f"127.0.0.1:{place.port}" if row.transport == "tcp" else \
            f"udp:127.0.0.1:{place.port}" if row.transport == "udp" else place.address
        sync = ["--sync"] if row.sync else []
        threads = ["--threads", str(row.threads)] if row.threads > 1 else []
        return [self.program("server"), *sync, *threads, address]

    def version(self):
        return first_line([self.program("server"), "--version"]).removeprefix("server ")


class RogerSync(Roger):
    def command(self, row, place):
        return super().command(dataclasses.replace(row, sync=True), place)


class Replicated(Roger):
    """Roger publishing to a stream, with so many NATS servers."""

    def __init__(self, name, says, programs, nodes, always=False):
        super().__init__(name, says, programs)
        self.nodes = nodes
        self.always = always
        self.servers = ""

    def absent(self):
        if nats.program() is None:
            return "nats-server is not installed (script/bootstrap --test)"
        return super().absent()

    @contextlib.contextmanager
    def companions(self, place):
        with nats.nats(place.folder, self.nodes, self.always) as self.servers:
            yield

    def command(self, row, place):
        *command, address = super().command(row, place)
        return [*command, "--to", f"nats://{self.servers}/BENCH", f"--create-stream={self.nodes}", address]


class AsioSession(Contender):
    def command(self, _, place):
        return [self.program("asio_server"), place.address]


class Peer(Contender):
    """A program that the system's package manager installs."""
    probed = True
    executable = ""
    asked = "--version"

    @property
    def path(self):
        """None where it is not installed. Servers are often where only root looks for programs."""
        return shutil.which(self.executable, path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin")

    def absent(self):
        if self.path is None:
            return f"{self.executable} is not installed (script/bootstrap --bench)"
        return None

    def version(self):
        return first_line([self.path, self.asked])


class Redis(Peer):
    executable = "redis-server"
    load_options = ("--message", "PING", "--line-ending", "crlf", "--expect", "+PONG")

    def command(self, row, place):
        where = ["--port", str(place.port), "--bind", "127.0.0.1",
                 "--protected-mode", "no"] if row.transport == "tcp" else \
            ["--port", "0", "--unixsocket", place.socket]
        kept = ["--appendonly", "yes", "--appendfsync", "always" if row.sync else "no",
                "--auto-aof-rewrite-percentage", "0"] if row.output == "file" else []
        return [self.path, *where, "--save", "", "--maxclients", str(MOST_CLIENTS + 100),
                "--dir", str(place.folder), *kept]

    def text(self, row):
        if row.output == "null" and row.size == LINE:
            return "PING\r\n"
        return f"SET k '{line_of(row.size)[:-1]}'\r\n"


class Memcached(Peer):
    executable = "memcached"
    load_options = ("--message", "mn", "--line-ending", "crlf", "--expect", "MN")

    def command(self, row, place):
        where = ["-l", "127.0.0.1", "-p", str(place.port)] if row.transport == "tcp" else \
            ["-s", place.socket]
        user = ["-u", "root"] if os.geteuid() == 0 else []  # the work folder is root's then
        return [self.path, *where, "-U", "0", "-t", str(row.threads),
                "-c", str(MOST_CLIENTS + 100), *user]

    def text(self, row):
        if row.size == LINE:
            return "mn\r\n"
        return f"ms k {row.size - 1}\r\n{line_of(row.size)[:-1]}\r\n"


class Nginx(Peer):
    executable = "nginx"
    asked = "-v"

    def absent(self):
        if super().absent() is None and self._module() is None:
            return "nginx has no stream module (libnginx-mod-stream)"
        return super().absent()

    @staticmethod
    def _module():
        found = (pathlib.Path(folder) / "ngx_stream_module.so" for folder in NGINX_MODULES)
        return next((module for module in found if module.exists()), None)

    def command(self, _, place):
        (place.folder / "nginx.conf").write_text(f"""
            load_module {self._module()};
            daemon off; master_process off; pid nginx.pid; error_log stderr error;
            events {{ worker_connections {MOST_CLIENTS + 100}; }}
            stream {{ server {{
                listen 127.0.0.1:{place.port} backlog=4096; tcp_nodelay on;
                return "I got your message\\n";
            }} }}""")
        return [self.path, "-e", "stderr", "-p", str(place.folder), "-c", "nginx.conf"]

    def text(self, row):
        return ""  # it speaks first, and reads nothing


def first_line(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return (result.stdout + result.stderr).splitlines()[0]


def contenders(bench, roger, also):
    """All of them by name; `bench` and `roger` are folders of programs, `also` maps the names of
    further builds of Roger to theirs."""
    everyone = [
        Floor("floor", "epoll by hand (UDP: recvmmsg, sendmmsg): receives, writes out, acknowledges", bench),
        AckAtOnce("ack", "the same without writing anything out", bench),
        Uring("uring", "the same as the floor, with io_uring; writes out with write()", bench),
        Roger("roger", "Roger's server", roger),
        RogerSync("roger-sync", "the same with --sync", roger),
        Replicated("r1", "the same with --to, one NATS server", roger, 1),
        Replicated("r1-always", "the same, which syncs before each answer", roger, 1, always=True),
        Replicated("r3", "with --to, three NATS servers on the generator's processor", roger, 3),
        Replicated("r3-always", "the same, which sync before each answer", roger, 3, always=True),
        *(Roger(name, "another build of it", folder) for name, folder in also.items()),
        AsioSession("asio", "Asio's plainest coroutine session: writes nothing out", bench),
        Redis("redis", "PING; SET where messages are longer; SET with the append-only file where there "
                       "is an output (appendfsync no; with fdatasync: always)"),
        Memcached("memcached", "mn; ms, a set, where messages are longer. Writes nothing out"),
        Nginx("nginx", "stream `return`: sends its line to whoever connects and closes; reads no "
                       "message, writes nothing out"),
    ]
    return {contender.name: contender for contender in everyone}

"""The rows of the comparison: what is asked of the servers."""
from dataclasses import dataclass

LINE = 24  # bytes of the usual message, with its newline
MOST_CLIENTS = 10_000

ALL = ("floor", "ack", "uring", "roger", "asio", "redis", "memcached")
WITH_OUTPUT = ("floor", "uring", "roger", "redis")
STREAMS = ("floor", "roger", "redis", "memcached")
REPLICATED = ("roger", "roger-sync", "r1", "r1-always", "r3", "r3-always")


@dataclass(frozen=True)
class Row:
    """One of them; `servers` are the contenders for which it means something, the floor first."""
    name: str
    servers: tuple
    kind: str = "exchange"  # or connect, paced, memory
    transport: str = "tcp"  # or unix, udp
    clients: int = 64
    depth: int = 1
    size: int = LINE
    output: str = "null"  # or file, pipe
    sync: bool = False
    least_sync_us: int = 0  # as on a disk that takes so long
    threads: int = 1
    rate: int = 0
    flood: int = 0  # messages that one more client has in flight, the next for each answer
    quick: bool = False

    @property
    def title(self):
        """What the row does, in words."""
        parts = [f"{self.clients:,} client{'s' if self.clients > 1 else ''}"]
        if self.kind == "memory":
            return f"memory of {parts[0]}"
        if self.kind == "connect":
            parts.append("connect, ack, close")
        if self.rate:
            parts.append(f"{self.rate:,} messages a second")
        if self.flood:
            parts.append(f"beside one with {self.flood:,} in flight")
        if self.depth > 1:
            parts.append(f"{self.depth} in flight each")
        if self.size != LINE:
            parts.append(f"{self.size // 1024} KiB each")
        parts.append({"tcp": "TCP", "unix": "Unix stream", "udp": "UDP"}[self.transport])
        parts.append({"null": "to /dev/null", "file": "to a file", "pipe": "to a pipe"}[self.output])
        if self.sync:
            parts.append("fdatasync before each ack"
                         + (f", which takes {self.least_sync_us / 1000:g} ms" if self.least_sync_us else ""))
        if self.threads > 1:
            parts.append(f"{self.threads} threads")
        return ", ".join(parts)


def _exchanges(output, servers, quick=()):
    """One row for each number of clients, and one with 32 messages in flight."""
    for clients, depth in ((1, 1), (64, 1), (1000, 1), (4000, 1), (10_000, 1), (64, 32)):
        name = f"{output}-{clients}" + (f"x{depth}" if depth > 1 else "")
        yield Row(name, servers, output=output, clients=clients, depth=depth, quick=name in quick)


ROWS = (
    *_exchanges("null", ALL, quick=("null-1", "null-64", "null-1000", "null-64x32")),
    *_exchanges("file", WITH_OUTPUT, quick=("file-1", "file-64")),
    Row("pipe-1", ("floor", "roger"), output="pipe", clients=1),
    Row("pipe-64", ("floor", "roger"), output="pipe"),
    Row("pipe-1000", ("floor", "roger"), output="pipe", clients=1000),
    Row("null-64-1KiB", ("floor", "uring", "roger", "asio", "redis", "memcached"), size=1024),
    Row("null-64-32KiB", ("floor", "uring", "roger", "asio", "redis", "memcached"), size=32 * 1024),
    Row("connect-64", (*ALL, "nginx"), kind="connect", quick=True),
    Row("paced-1000", STREAMS, kind="paced", clients=1000, rate=10_000),
    Row("flood-1000", STREAMS, kind="paced", clients=1000, rate=10_000, flood=10_000),
    Row("unix-1", STREAMS, transport="unix", clients=1),
    Row("unix-64", STREAMS, transport="unix", quick=True),
    Row("unix-1000", STREAMS, transport="unix", clients=1000),
    Row("udp-1", ("floor", "roger"), transport="udp", clients=1),
    Row("udp-64", ("floor", "roger"), transport="udp", quick=True),
    Row("udp-1000", ("floor", "roger"), transport="udp", clients=1000),
    Row("sync-1", ("floor", "roger", "redis"), output="file", sync=True, clients=1),
    Row("sync-1000", ("floor", "roger", "redis"), output="file", sync=True, clients=1000),
    Row("slow-sync-1", ("floor", "roger", "redis"), output="file", sync=True, least_sync_us=2000, clients=1),
    Row("slow-sync-1000", ("floor", "roger", "redis"), output="file", sync=True, least_sync_us=2000,
        clients=1000),
    Row("replicated-64", REPLICATED, output="file"),
    Row("replicated-1000", REPLICATED, output="file", clients=1000),
    Row("threads-1000", ("floor", "roger", "memcached"), clients=1000, threads=2),
    Row("threads-64x32", ("floor", "roger"), depth=32, threads=2),
    Row("memory-10000", ("floor", "roger", "asio", "redis", "memcached"), kind="memory",
        clients=MOST_CLIENTS),
)

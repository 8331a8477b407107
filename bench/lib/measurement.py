"""One measurement: a server, started for it, and the load on it. Each kind of row has a function
that returns a sample, a dictionary of figures."""
import contextlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lib.process import Failure, cpu_seconds, generator_processors, on, running
from lib.server import serving


@dataclass(frozen=True)
class Settings:
    """What all measurements of a run have in common."""
    bench: Path  # the programs of bench/
    roger: Path  # `load`
    folder: Path
    seconds: float


def measure(row, contender, settings):
    with serving(contender, row, settings) as server:
        return KINDS[row.kind](row, contender, server, settings)


def _exchanges(row, contender, server, settings):
    # Thousands of clients take a while until each has had its turn.
    warmup = max(0.1, settings.seconds / 5) + row.clients / 20_000
    reconnect = ["--reconnect"] if row.kind == "connect" else []
    return json.loads(_run(
        [settings.bench / "exchange_load", "--clients", row.clients, "--depth", row.depth,
         "--seconds", settings.seconds, "--warmup", warmup, "--text", contender.text(row), *reconnect,
         server.place.address, server.pid],
        server, timeout=settings.seconds + warmup + 60))


def _memory(row, contender, server, settings):
    return json.loads(_run(
        [settings.bench / "idle_clients", server.place.address, server.pid, row.clients,
         settings.seconds, contender.text(row)],
        server, timeout=settings.seconds + 120))


def _paced(row, contender, server, settings):
    """By `load`, which keeps to a rate. The server's CPU includes that for taking the connections."""
    report = server.place.folder / "report.json"
    before = cpu_seconds(server.pid)
    with _flood(row, contender, server, settings):
        _run([settings.roger / "load", "--clients", row.clients, "--rate", row.rate,
              "--duration", f"{settings.seconds * 1000:.0f}ms", *contender.load_options,
              "--json", report, "127.0.0.1", server.place.port], server, timeout=settings.seconds + 60)
    cpu = cpu_seconds(server.pid) - before
    found = json.loads(report.read_text())
    acked = found["outcomes"]["acked"]
    response = found["latencies"]["response"]
    each = {} if row.flood else {"cpu_us": cpu * 1e6 / acked}  # the flood's is not known
    return {"exchanges": acked, "rate": found["achieved"]["rate_per_s"],
            "p50_us": response["p50_us"], "p99_us": response["p99_us"]} | each


def _flood(row, contender, server, settings):
    """One client that always has much to say, in the block; none where none is asked for."""
    if not row.flood:
        return contextlib.nullcontext()
    command = [settings.bench / "exchange_load", "--untimed", "--depth", row.flood, "--seconds", 3600,
               "--text", contender.text(row), server.place.address, server.pid]
    return running(command, generator_processors(), cwd=server.place.folder, stdout=subprocess.DEVNULL)


KINDS = {"exchange": _exchanges, "connect": _exchanges, "memory": _memory, "paced": _paced}


def _run(command, server, timeout):
    """Its standard output. It runs beside the server's Unix socket."""
    name = Path(command[0]).name
    try:
        result = subprocess.run(on(generator_processors(), command), cwd=server.place.folder,
                                capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(f"{name} did not end within {timeout:.0f} s") from None
    if end := server.end():
        raise Failure(f"the server {end}")
    if result.returncode != 0:
        said = (result.stderr.strip() or result.stdout.strip()).splitlines()
        raise Failure(said[-1] if said else f"{name} ended with status {result.returncode}")
    return result.stdout

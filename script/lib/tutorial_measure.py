"""A table of the tutorial's programs under load, measured in turn in one run."""
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from lib.process import cpu_seconds, generator_processors, on, running, server_processors  # noqa: E402

CLIENTS = 64
SECONDS = 2
ROUNDS = 3
PORT = "51717"


def run_beside(server, command):
    """Runs the command, and returns the CPU of the server's child processes: seconds, as they were last seen."""
    children = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children")
    seen = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            for child in map(int, children.read_text().split()):
                with contextlib.suppress(OSError):  # it has just ended
                    seen[child] = cpu_seconds(child)
            time.sleep(0.05)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return sum(seen.values())


def one_round(programs, name):
    """Messages a second, p99 in µs, µs of CPU per message; the server writes to /dev/null."""
    with running([programs / name, PORT], server_processors(), stdout=subprocess.DEVNULL,
                 stderr=subprocess.PIPE, text=True) as server, \
            tempfile.NamedTemporaryFile(suffix=".json") as report:
        server.stderr.readline()  # listening
        before = cpu_seconds(server.pid)
        of_children = run_beside(server, on(generator_processors(), [
            programs / "load", "--clients", CLIENTS, "--duration", f"{SECONDS}s",
            "--json", report.name, "localhost", PORT]))
        used = cpu_seconds(server.pid) - before + of_children
        result = json.load(report)
        return (result["achieved"]["rate_per_s"], result["latencies"]["response"]["p99_us"],
                1e6 * used / result["outcomes"]["acked"])


def table(programs, names):
    rounds = [[one_round(programs, name) for name in names] for _ in range(ROUNDS)]
    rows = ["| program | messages/s | p99 | CPU per message |", "| --- | --: | --: | --: |"]
    for column, name in enumerate(names):
        rate, p99, cpu = (statistics.median(figures) for figures in zip(*(row[column] for row in rounds)))
        rows.append(f"| `{name.removeprefix('tutorial/')}` | {rate:,.0f} | {p99:,.0f} µs | {cpu:.1f} µs |")
    return "\n".join(rows) + "\n"

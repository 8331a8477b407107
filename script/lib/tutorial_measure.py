"""A table of the tutorial's programs under load, measured in turn in one run."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from lib.process import cpu_seconds, generator_processors, on, running, server_processors  # noqa: E402

CLIENTS = 64
SECONDS = 2
ROUNDS = 3
PORT = "51717"


def one_round(programs, name):
    """Messages a second, p99 in µs, µs of CPU per message; the server writes to /dev/null."""
    with running([programs / name, PORT], server_processors(), stdout=subprocess.DEVNULL,
                 stderr=subprocess.PIPE, text=True) as server, \
            tempfile.NamedTemporaryFile(suffix=".json") as report:
        server.stderr.readline()  # listening
        before = cpu_seconds(server.pid)
        subprocess.run(on(generator_processors(), [
            programs / "load", "--clients", CLIENTS, "--duration", f"{SECONDS}s",
            "--json", report.name, "localhost", PORT]),
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        used = cpu_seconds(server.pid) - before
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

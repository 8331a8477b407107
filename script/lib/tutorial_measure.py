"""A table of the tutorial's programs under load, measured in turn in one run."""
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

CLIENTS = 64
SECONDS = 2
ROUNDS = 3
PORT = "51717"


def processor_seconds(pid):
    """Of a process and of those that it has waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Program:
    """A server, writing to /dev/null on one processor."""

    def __init__(self, programs, name):
        self.server = subprocess.Popen(
            ["taskset", "-c", "0", str(programs / name), PORT],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.server.stderr.readline()  # listening

    def __enter__(self):
        return self.server

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()
        self.server.stderr.close()


def one_round(programs, name):
    """Messages a second, p99 in µs, µs of CPU per message."""
    with Program(programs, name) as server, tempfile.NamedTemporaryFile(suffix=".json") as report:
        before = processor_seconds(server.pid)
        subprocess.run(["taskset", "-c", "1", str(programs / "load"), "--clients", str(CLIENTS),
                        "--duration", f"{SECONDS}s", "--warmup", "0s", "--json", report.name, "localhost", PORT],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        used = processor_seconds(server.pid) - before
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

"""What the figures depend on: the machine, and how quiet it is."""
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from lib.process import PROCESSORS, generator_processors, server_processors

QUIET = 0.03  # of all processors' time, used by others


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def busy_share(seconds):
    """How much of the processors' time is used, or taken by the host, in so many seconds."""
    def times():
        fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
        return sum(fields), fields[3] + fields[4]

    before, idle_before = times()
    time.sleep(seconds)
    after, idle_after = times()
    return 1 - (idle_after - idle_before) / max(after - before, 1)


def disturbance(seconds):
    """A sentence where the machine is not quiet; else None."""
    busy = busy_share(seconds)
    if busy <= QUIET:
        return None
    return (f"the machine is not quiet: {busy:.0%} of its processors' time is used by others, load "
            f"average {os.getloadavg()[0]:.1f}")


def sync_microseconds(folder):
    """What one fdatasync() of a short record takes on the folder's file system."""
    times = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(20):
            file.write(b"message of 24 bytes, ok\n")
            start = time.perf_counter()
            os.fdatasync(file)
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def file_system(folder):
    """The type of the one that the folder is on."""
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    parents = [str(folder), *map(str, Path(folder).resolve().parents)]
    return max((mount for mount in mounts if mount[0] in parents), key=lambda mount: len(mount[0]))[1]


def describe(folder):
    """By name, for people and for JSON."""
    return {
        "processors": f"{len(PROCESSORS)} × {cpu_model()}",
        "server on": f"processor {server_processors()[0]}",
        "generator on": f"processor {generator_processors()[0]}",
        "kernel": f"{platform.system()} {platform.release()}",
        "file system": f"{file_system(folder)}, one fdatasync {sync_microseconds(folder):,.0f} µs",
    }

"""NATS servers for one measurement, alone or a cluster of three."""
import contextlib
import os
import shutil
import time
from pathlib import Path

from lib.process import Failure, free_port, generator_processors, running

START_TIMEOUT = 30
DEPS = Path(__file__).resolve().parent.parent.parent / ".deps/usr/sbin"


def program():
    """None where it is not installed."""
    return shutil.which("nats-server", path=f"{DEPS}:{os.environ['PATH']}:/usr/local/sbin:/usr/sbin")


@contextlib.contextmanager
def nats(folder, nodes, always):
    """Yields the servers as HOST:PORT,HOST:PORT. They have the generator's processor, and sync each
    message if `always`."""
    ports = [free_port() for _ in range(nodes)]
    routes = [free_port() for _ in range(nodes)]
    sync = ", sync_interval: always" if always else ""
    with contextlib.ExitStack() as stack:
        logs = []
        for index, port in enumerate(ports):
            file = folder / f"nats{index}.conf"
            cluster = f"""cluster {{ name: bench, listen: "127.0.0.1:{routes[index]}",
                routes: [{", ".join(f'"nats://127.0.0.1:{route}"' for route in routes)}] }}""" if nodes > 1 else ""
            file.write_text(f"""
                server_name: n{index}
                listen: "127.0.0.1:{port}"
                jetstream {{ store_dir: "{folder}/nats{index}"{sync} }}
                {cluster}""")
            logs.append(folder / f"nats{index}.log")
            log = stack.enter_context(open(logs[-1], "wb"))
            stack.enter_context(running([program(), "--config", str(file)], generator_processors(),
                                        stdout=log, stderr=log))
        _wait_for(logs, "Server is ready", all)
        if nodes > 1:
            _wait_for(logs, "cluster new metadata leader", any)
        yield ",".join(f"127.0.0.1:{port}" for port in ports)


def _wait_for(logs, text, enough):
    deadline = time.monotonic() + START_TIMEOUT
    while not enough(text in log.read_text(errors="replace") for log in logs):
        if time.monotonic() > deadline:
            raise Failure(f"nats-server has not said {text!r} within {START_TIMEOUT} s ({logs[0]})")
        time.sleep(0.05)

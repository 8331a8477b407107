"""The shell that runs a chapter's commands, one after the other."""
import functools
import os
import re
import select
import signal
import subprocess
import time

MARK = "-- the command has ended --"
PATIENCE_S = 300


class Shell:
    """A bash in `folder`, with `programs` in its path. Its children end with it."""

    ISOLATED = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]

    def __init__(self, folder, programs):
        read, self.script = os.pipe()
        self.output, write = os.pipe()
        run = f"exec bash --norc /dev/fd/{read}"
        command = ["bash", "-c", run]
        if self.has_network_of_its_own():
            # The servers' ports are never chosen for a client's end: it could be in the next server's way.
            reserve = "echo 51717-51799 2>/dev/null > /proc/sys/net/ipv4/ip_local_reserved_ports"
            command = [*self.ISOLATED, "bash", "-c", f"ip link set lo up; {reserve}; {run}"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=write, stderr=write, pass_fds=[read],
            start_new_session=True,
            env={"PATH": f"{programs}:{os.environ['PATH']}", "HOME": folder, "LC_ALL": "C.UTF-8",
                 "TERM": "dumb"})
        os.close(read)
        os.close(write)
        self.pending = ""

    @staticmethod
    @functools.cache
    def has_network_of_its_own():
        return subprocess.run([*Shell.ISOLATED, "ip", "link", "set", "lo", "up"], check=False,
                              capture_output=True).returncode == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.script)
        os.close(self.output)

    def read(self, deadline):
        if not select.select([self.output], [], [], max(0, deadline - time.monotonic()))[0]:
            return False
        piece = os.read(self.output, 65536)
        self.pending += piece.decode(errors="replace")
        return bool(piece)

    def run(self, command):
        """What the command printed until it ended, or until it began to, if it ends with '&'."""
        starts = command.rstrip().endswith("&")
        # jobs: or else %1 can still be one that has ended, since it ended before "wait" began
        os.write(self.script, f"{command}\nstatus=$?; jobs > /dev/null; printf '%s\\n' '{MARK}'; (exit $status)\n".encode())
        deadline = time.monotonic() + PATIENCE_S
        while MARK not in self.pending or (starts and not self.pending.replace(f"{MARK}\n", "").endswith("\n")):
            if not self.read(deadline):
                raise SystemExit(f"script/tutorial: no end of: {command}\nso far: {self.pending}")
        text, _, rest = self.pending.partition(f"{MARK}\n")
        self.pending = "" if starts else rest
        text += rest if starts else ""
        text = re.sub(r"^/dev/fd/\d+: line \d+: +(\d+ )?", "bash: ", text, flags=re.M)
        return text if text.endswith("\n") or not text else text + "\n"

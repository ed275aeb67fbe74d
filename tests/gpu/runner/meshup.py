"""A whole mesh as processes: mesh up."""

import collections
import os
import queue
import re
import signal
import subprocess
import threading
import time

from .binding import first_line
from .failure import Failure
from .worker import Worker

ROW = re.compile(r"^([a-z-]+) +(\d+) +(\d+) +(127\S+) +(127\S+)$")


class Mesh:
    """Runs until it is left. Services that end are started again by mesh up itself."""

    def __init__(self, setting, bundle, deadline, settings=()):
        self._lines = queue.Queue()
        self._seen = collections.deque(maxlen=200)
        self.pids = {}
        self.gateway = None
        precision = "fp32" if setting.quick else "auto"
        command = setting.binding.command("Local", [
            "up", "--bundle", str(bundle), "--device", setting.device, "--precision", precision, "--name", f"gpu-{os.getpid()}",
            *(argument for value in settings for argument in ("--set", value))])
        self._process = subprocess.Popen(
            command, env=setting.binding.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()
        self._callers = None
        try:
            self._until_ready(deadline)
            self._callers = Worker("the callers", setting.binding.command(
                "GpuCheck", ["calls", "--server", self.gateway, "--image", str(setting.image)]), setting.binding.environment)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._callers:
            self._callers.__exit__()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def calls(self, kind, callers, deadline, calls=None, seconds=None):
        """A closed loop of so many callers: calls of a kind, until there have been so many or so many seconds are over."""
        return self._callers.order({"kind": kind, "callers": callers, "calls": calls, "seconds": seconds}, deadline)

    def until_line(self, pattern, deadline):
        """The match of the next line that has it."""
        while True:
            try:
                line = self._lines.get(timeout=max(0.1, deadline - time.monotonic()))
            except queue.Empty as late:
                raise Failure(f"mesh up: no line like {pattern.pattern!r} within its time; last: {self._last()}") from late
            if line is None:
                raise Failure(f"mesh up has ended: {self._last()}")
            if match := pattern.search(line):
                return match

    def _until_ready(self, deadline):
        ready = re.compile(r"^ready gateway=(\S+)")
        self.gateway = self.until_line(ready, deadline).group(1)

    def _read(self):
        for line in self._process.stdout:
            line = line.rstrip("\n")
            self._seen.append(line)
            if match := ROW.match(line):
                self.pids[f"{match.group(1)}-{match.group(2)}"] = int(match.group(3))
            self._lines.put(line)
        self._lines.put(None)

    def _last(self):
        return next((line for line in reversed(self._seen) if first_line(line)), "nothing")

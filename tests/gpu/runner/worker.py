"""A process that answers orders, one JSON a line each way."""

import collections
import json
import os
import queue
import subprocess
import threading
import time

from .binding import first_line
from .failure import Failure


class Worker:
    def __init__(self, name, command, environment=None):
        self.name = name
        self._errors = collections.deque(maxlen=50)
        self._answers = queue.Queue()
        # OpenMP's threads would else spin on processors that the others want.
        environment = {"OMP_WAIT_POLICY": "PASSIVE", **(environment or os.environ)}
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=lambda: self._errors.extend(self._process.stderr), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def order(self, order, deadline):
        """Asks for one thing and waits for its answer."""
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer = self._answers.get(timeout=max(0.1, deadline - time.monotonic()))
        except queue.Empty as late:
            raise Failure(f"{self.name}: no answer within its time") from late
        except OSError:
            answer = None
        if answer is None:
            raise Failure(f"{self.name} has ended: {first_line(''.join(self._errors)) or 'without a word'}")
        return answer

    def _read(self):
        for line in self._process.stdout:
            if line.startswith("{"):
                self._answers.put(json.loads(line))
        self._answers.put(None)

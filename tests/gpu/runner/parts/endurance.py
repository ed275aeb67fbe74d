"""Many requests, a killed service, a card without memory."""

import os
import signal
import sys
import time

from .. import machine
from ..failure import Failure
from ..meshup import Mesh
from ..worker import Worker

# The router keeps little, so that what it keeps is full after the first quarter and growth after that is a leak.
SETTINGS = ["Cache:MemoryBytes=16777216", "Backbone:MaxBatchSize=32", "Backbone:QueueCapacity=512"]
QUARTERS = 4
# Between the end of the second quarter and the end of the last.
GROWTH_MIB = 64


def run(setting, deadline, found):
    requests = 120 if setting.quick else 2000
    callers = 4 if setting.quick else 16
    bundle = setting.demo if setting.quick else setting.full_size(deadline)
    with Mesh(setting, bundle, deadline, SETTINGS) as mesh:
        services = [name for name in mesh.pids if not name.startswith("mesh")]
        found["memory"], failures = [], 0
        for _ in range(QUARTERS):
            row = mesh.calls("NewImage", callers, deadline, calls=requests // QUARTERS)
            failures += sum(row["failures"].values())
            found["memory"].append({
                "device_mib": machine.device_mib(setting.device), "host_mib": {name: machine.host_mib(mesh.pids[name]) for name in services}})
        found["requests"], found["failures"] = requests, failures
        flat = [grown(found["memory"], lambda m: m["device_mib"])] + [
            grown(found["memory"], lambda m, name=name: m["host_mib"][name]) for name in services]
        found["growth_mib"] = max(growth for growth in flat if growth is not None)
        found["restart"] = killed(mesh, deadline)
        found["out_of_memory"] = exhausted(setting, mesh, deadline)
    memory = found["out_of_memory"]
    return (failures == 0 and found["growth_mib"] <= GROWTH_MIB and found["restart"]["seconds"] is not None
            and ("skipped" in memory or memory["passed"]))


def grown(quarters, of):
    first, last = of(quarters[1]), of(quarters[-1])
    return last - first if first is not None and last is not None else None


def killed(mesh, deadline):
    """The only backbone dies; how long until a new image is answered again."""
    os.kill(mesh.pids["backbone-1"], signal.SIGKILL)
    started = time.monotonic()
    asked = 0
    while time.monotonic() < deadline:
        row = mesh.calls("NewImage", 1, deadline, calls=1)
        asked += 1
        if not row["failures"]:
            return {"seconds": round(time.monotonic() - started, 1), "calls": asked}
    raise Failure("a killed backbone did not come back within the part's time")


def exhausted(setting, mesh, deadline):
    """Another process takes the card's memory; the calls that find none are refused, and the service lives."""
    if setting.device == "cpu":
        return {"skipped": "needs a card"}
    command = [sys.executable, str(setting.root / "tests" / "gpu" / "runner" / "hoarder.py"), setting.device]
    with Worker("the process that takes the card's memory", command) as hoarder:
        left = hoarder.order({"leave_mib": 64}, deadline)
        during = mesh.calls("NewImage", 128, deadline, calls=256)
    statuses = {}
    for status, count in during["failures"].items():
        code = status.split(":")[0]
        statuses[code] = statuses.get(code, 0) + count
    after = mesh.calls("NewImage", 8, deadline, calls=64)
    found = {"left_mib": left["free_mib"], "statuses": statuses, "answered": during["calls"] - sum(statuses.values()), "after": after["failures"]}
    # Nothing refused: the memory that the service had taken before was enough, and nothing has been shown.
    found["passed"] = set(statuses) == {"ResourceExhausted"} and not after["failures"]
    return found

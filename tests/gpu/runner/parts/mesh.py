"""The mesh on one device: every service a process, under a number of callers."""

import time

from .. import machine
from ..failure import Failure
from ..meshup import Mesh

# Batches that suit a card; callers then are not refused for want of room in a queue.
SETTINGS = [
    "Backbone:MaxBatchSize=32", "Backbone:QueueCapacity=512", "Expert:MaxBatchSize=32", "Expert:QueueCapacity=512",
]


def run(setting, deadline, found):
    callers = [1, 4] if setting.quick else [1, 8, 32, 128]
    seconds = 0.7 if setting.quick else 4
    bundle = setting.demo if setting.quick else setting.full_size(deadline)
    found["rows"] = []
    started = time.monotonic()
    with Mesh(setting, bundle, deadline, SETTINGS) as mesh:
        found["ready_seconds"] = round(time.monotonic() - started, 1)
        for kind in ("NewImage", "NewReport", "KnownImage"):
            mesh.calls(kind, 1, deadline, calls=5)
            for count in callers:
                if time.monotonic() > deadline - 2 * seconds:
                    raise Failure(f"the time was up before {kind} with {count} callers")
                row = mesh.calls(kind, count, deadline, seconds=seconds)
                found["rows"].append({"kind": kind, "callers": count, "device_mib": machine.device_mib(setting.device), **row})
    return bool(found["rows"]) and all(not row["failures"] for row in found["rows"])

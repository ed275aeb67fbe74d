"""Networks alone: ours and plain PyTorch's in turn, then all of ours in one process."""

import sys
import time

from .. import machine
from ..failure import Failure
from ..worker import Worker


def run(setting, deadline, found):
    """Figures, no judgement: there is no figure that must be reached."""
    batches = [1] if setting.quick else [1, 8, 32, 128]
    precisions = ["fp32"] if setting.quick else ["fp32", "tf32", "bf16"]
    rounds = 1 if setting.quick else 2
    seconds = 0.1 if setting.quick else 0.5
    found.update(peaks={}, rows=[], chain=[], peer=peer_fault(setting))
    with Workers(setting, found, deadline) as workers:
        for precision in precisions:
            if workers.peer:
                side = 1024 if setting.quick else 8192
                answer = workers.peer.order({"network": "matrices", "batch": side, "precision": precision, "seconds": seconds}, deadline)
                found["peaks"][precision] = 2 * side**3 / (answer["least_ms"] / 1000) / 1e12 if "least_ms" in answer else None
        for network in ("swin", "text", "expert"):
            for precision in precisions:
                for batch in batches:
                    if time.monotonic() > deadline - 2 * seconds:
                        raise Failure(f"the time was up before {network}, {precision}, batch {batch}")
                    found["rows"].append(compare(workers, network, precision, batch, seconds, deadline, found["peaks"], setting.device, rounds))
        if workers.ours:
            for precision in (["fp32"] if setting.quick else ["fp32", "bf16"]):
                for batch in batches[:3]:
                    answer = workers.ours.order({"network": "chain", "batch": batch, "precision": precision, "seconds": 2 * seconds}, deadline)
                    found["chain"].append({"precision": precision, "batch": batch, **answer})
    if setting.binding.fault:
        raise Failure(f"{setting.binding.fault}: plain PyTorch alone", skips=True)
    return all(not row["ours"].get("error") for row in found["rows"] + [{"ours": c} for c in found["chain"]])


class Workers:
    """Ours and the peer, each where it can run."""

    def __init__(self, setting, found, deadline):
        self.ours = self.peer = None
        if not setting.binding.fault:
            command = setting.binding.command("GpuCheck", [
                "networks", "--device", setting.device, "--bundle", str(setting.full_size(deadline)), "--image", str(setting.image)])
            self.ours = Worker("the networks", command, setting.binding.environment)
        if not found["peer"]:
            self.peer = Worker("plain PyTorch", [sys.executable, str(setting.root / "tests" / "gpu" / "runner" / "peer.py"), setting.device])
        if not (self.ours or self.peer):
            raise Failure(f"{setting.binding.fault}, and {found['peer']}", skips=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in (self.ours, self.peer):
            if worker:
                worker.__exit__()


def peer_fault(setting):
    return None if setting.torch.importable else "no PyTorch to compare with"


def compare(workers, network, precision, batch, seconds, deadline, peaks, device, rounds):
    order = {"network": network, "batch": batch, "precision": precision, "seconds": seconds}
    row = {"network": network, "precision": precision, "batch": batch, "ours": {}, "peer": {}}
    before = machine.device_mib(device)
    for _ in range(rounds):
        for name, worker in (("ours", workers.ours), ("peer", workers.peer if network != "expert" else None)):
            if worker:
                answer = worker.order(order, deadline)
                if answer.get("error") or answer["per_second"] > row[name].get("per_second", 0):
                    row[name] = answer
    after = machine.device_mib(device)
    row["device_mib"] = after if before is not None else None
    peak = peaks.get(precision)
    if peak and row["ours"].get("per_second"):
        row["share_of_peak"] = 2 * row["ours"]["multiply_adds"] * row["ours"]["per_second"] / (peak * 1e12)
    if row["ours"].get("per_second") and row["peer"].get("per_second"):
        row["ratio"] = row["ours"]["per_second"] / row["peer"]["per_second"]
    return row

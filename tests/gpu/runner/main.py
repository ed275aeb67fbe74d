"""The command line: what is there, the parts one after the other, gpu.json and gpu.md."""

import argparse
import json
import pathlib
import tempfile
import time

from . import binding, machine, report
from .failure import Failure
from .packed import Packed
from .parts import endurance, goldens, mesh, networks
from .setting import Setting

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARTS = {"goldens": goldens, "networks": networks, "mesh": mesh, "endurance": endurance}
# What each part may take of the time that is left when it begins, so that one that hangs does not cost the others theirs.
SHARES = {"goldens": 0.3, "networks": 0.5, "mesh": 0.6, "endurance": 1.0}


def main(arguments):
    options = parse(arguments)
    out = pathlib.Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        pack = pathlib.Path(options.pack)
        if not pack.is_file():
            raise Failure(f"{pack}: no such file; tests/gpu/pack makes it")
        deadline = time.monotonic() + 60 * options.minutes
        with tempfile.TemporaryDirectory(prefix="unpacked-", dir=work_folder()) as folder:
            result = check(options, pathlib.Path(folder), pack, deadline)
    except (Failure, OSError) as failure:
        say(failure)
        return 2
    (out / "gpu.json").write_text(json.dumps(result, indent=2) + "\n")
    (out / "gpu.md").write_text(report.markdown(result))
    say(f"wrote {out / 'gpu.json'} and {out / 'gpu.md'}")
    return 0 if all(part["status"] == "passed" for part in result["parts"]) and result["complete"] else 1


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/gpu/run", description=__doc__)
    parser.add_argument("--device", default="cuda:0", help="cuda:N, or cpu, which runs everything shortened (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=8, help="time for all of it (default: %(default)s)")
    parser.add_argument("--out", default=str(ROOT / "artifacts" / "gpu"), metavar="DIR", help="folder for gpu.json and gpu.md (default: artifacts/gpu)")
    parser.add_argument("--torch", metavar="DIR", help="folder of libtorch_cpu.so, instead of the installed PyTorch's")
    parser.add_argument("--pack", default=str(ROOT / "artifacts" / "gpu" / "medmoe-gpu.tar.xz"), metavar="FILE", help="what tests/gpu/pack made")
    parser.add_argument("--source", default=str(ROOT / "artifacts" / "gpu" / "TorchSharp"), metavar="DIR",
                        help="TorchSharp's source, to compile its binding where the packed one does not fit (default: artifacts/gpu/TorchSharp)")
    parser.add_argument("--parts", default=",".join(PARTS), help="which of %(default)s")
    options = parser.parse_args(arguments)
    if not (options.device == "cpu" or options.device.startswith("cuda:") and options.device[5:].isdigit()):
        parser.error(f"--device {options.device}: expected cpu or cuda:N")
    unknown = [part for part in options.parts.split(",") if part not in PARTS]
    if unknown:
        parser.error(f"--parts: unknown {unknown[0]}; there are {', '.join(PARTS)}")
    if options.minutes <= 0:
        parser.error("--minutes must be over 0")
    return options


def work_folder():
    """Below the checkout, whose tests/golden the programs look for above themselves."""
    folder = ROOT / "artifacts" / "gpu"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check(options, folder, pack, deadline):
    packed = Packed.unpack(pack, folder)
    notes = []

    def note(text):
        notes.append(str(text))
        say(text)

    torch = machine.find_torch(options.torch)
    for fault in torch.faults:
        note(fault)
    device, reason = machine.choose_device(options.device, torch)
    if reason:
        note(reason)
    bound = binding.bind(packed, torch, pathlib.Path(options.source), device, deadline, note)
    setting = Setting(ROOT, packed, torch, bound, device, quick=device == "cpu")
    result = {
        "date": time.strftime("%Y-%m-%d"), "asked": options.device, "device": device, "machine": machine.describe(torch, device),
        "binding": bound.description, "notes": notes, "parts": [],
        # On another device than the one that was asked for this proves nothing of that one.
        "complete": device == options.device,
    }
    for name in options.parts.split(","):
        left = deadline - time.monotonic()
        started = time.monotonic()
        say(f"{name}: at most {max(0, SHARES[name] * left):.0f} s")
        part = {"name": name, **attempt(PARTS[name], setting, started + SHARES[name] * left)}
        part["seconds"] = round(time.monotonic() - started, 1)
        result["parts"].append(part)
        say(f"{name}: {part['status']} in {part['seconds']} s" + (f": {part['reason']}" if part.get("reason") else ""))
    return result


def attempt(part, setting, deadline):
    """Runs a part; whatever goes wrong in it costs that part alone. What it had found by then is kept."""
    found = {}
    try:
        if time.monotonic() > deadline:
            raise Failure("no time was left")
        return {"status": "passed" if part.run(setting, deadline, found) else "failed", **found}
    except Failure as failure:
        return {"status": "skipped" if failure.skips else "failed", "reason": str(failure), **found}
    except Exception as fault:  # pylint: disable=broad-except
        return {"status": "failed", "reason": f"{type(fault).__name__}: {fault}", **found}


def say(text):
    print(f"gpu: {text}", flush=True)

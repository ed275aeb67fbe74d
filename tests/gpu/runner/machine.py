"""What the machine has: PyTorch, a card, processors."""

import dataclasses
import json
import os
import pathlib
import platform
import subprocess
import sys

from .failure import Failure

# In a process of its own: a PyTorch that crashes must not take the script with it.
PROBE = """
import json, torch
where = {}
for line in open("/proc/self/maps"):
    path = line.split()[-1]
    for name in ("libtorch_cpu.so", "libc10.so"):
        if name in path:
            where[name] = path
cuda = torch.cuda.is_available()
print(json.dumps({
    "version": torch.__version__, "package": torch.__path__[0], "libraries": where, "cuda_version": torch.version.cuda,
    "cards": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if cuda else [],
    "memory": [list(torch.cuda.mem_get_info(i)) for i in range(torch.cuda.device_count())] if cuda else [],
    "cxx11": torch._C._GLIBCXX_USE_CXX11_ABI,
}))
"""


@dataclasses.dataclass
class Torch:
    # Of the installed PyTorch; None where there is none that can be imported.
    version: str = None
    cuda_version: str = None
    package: pathlib.Path = None
    # Folders of libtorch_cpu.so and libc10.so; empty where there is no libtorch at all.
    libraries: list = dataclasses.field(default_factory=list)
    cards: list = dataclasses.field(default_factory=list)
    # Of each card: bytes free, bytes in all.
    memory: list = dataclasses.field(default_factory=list)
    faults: list = dataclasses.field(default_factory=list)

    @property
    def importable(self):
        return self.version is not None


def find_torch(folder):
    """The installed PyTorch, and libtorch from it or from the folder that was named."""
    torch = Torch()
    if folder is not None and not (pathlib.Path(folder) / "libtorch_cpu.so").is_file():
        raise Failure(f"--torch {folder}: no libtorch_cpu.so in it")
    try:
        probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        torch.faults.append("PyTorch: importing it takes more than 120 s")
    else:
        if probe.returncode == 0:
            read = json.loads(probe.stdout.splitlines()[-1])
            torch.version, torch.cuda_version, torch.package = read["version"], read["cuda_version"], pathlib.Path(read["package"])
            torch.cards, torch.memory = read["cards"], read["memory"]
            # Beside the package or in it; where both are, as Debian has it, the package's links bear the names that others ask for.
            torch.libraries = [torch.package / "lib"] + sorted({pathlib.Path(path).parent for path in read["libraries"].values()})
        else:
            last = (probe.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            torch.faults.append(f"no PyTorch in {sys.executable}: {last}" + ("" if folder else "; --torch DIR names a folder with libtorch_cpu.so"))
    if folder is not None:
        torch.libraries = [pathlib.Path(folder).resolve()]
    return torch


def choose_device(asked, torch):
    """The device to run on, and why it is not the one asked for."""
    if asked == "cpu":
        return "cpu", None
    instead = "running on the CPU, shortened, which says nothing about a card"
    if not torch.importable:
        return "cpu", f"{asked}: no PyTorch to reach a card with; {instead}"
    index = int(asked[5:])
    if not torch.cards:
        return "cpu", f"{asked}: PyTorch {torch.version} sees no CUDA device; {instead}"
    if index >= len(torch.cards):
        return "cpu", f"{asked}: there are {len(torch.cards)} CUDA devices; {instead}"
    free = torch.memory[index][0] / 2**30
    if free < 4:
        return "cpu", f"{asked}: {free:.1f} GiB are free on the card, the full-size networks need 4; {instead}"
    return asked, None


def describe(torch, device):
    """Names and versions for the report."""
    read = {
        "python": platform.python_version(), "pytorch": torch.version, "cuda": torch.cuda_version, "processors": os.cpu_count(), "processor": processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
    }
    if device != "cpu":
        index = int(device[5:])
        read["card"], read["card_memory_gib"] = torch.cards[index], round(torch.memory[index][1] / 2**30)
        read["driver"] = query("driver_version", index)
    return read


def query(field, index):
    """One of nvidia-smi's fields, or None where it does not answer."""
    try:
        answer = subprocess.run(
            ["nvidia-smi", f"--id={index}", f"--query-gpu={field}", "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def device_mib(device):
    """Memory of the card in use, MiB; None on a CPU or where nvidia-smi does not answer."""
    used = query("memory.used", int(device[5:])) if device != "cpu" else None
    return int(used) if used and used.isdigit() else None


def host_mib(pid):
    """Resident memory of a process, MiB; None where it has ended."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return None


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()

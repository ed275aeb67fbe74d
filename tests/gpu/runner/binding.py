"""TorchSharp's native library over the PyTorch that is there."""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from . import elf
from .failure import Failure

# In a process of its own, for libraries cannot be unloaded again. Prints which of the names on its input nobody has.
LOOK = """
import ctypes, json, sys
names, libraries = json.load(sys.stdin)
for name in libraries:
    try:
        ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    except OSError as fault:
        print(json.dumps({"fault": str(fault)})); sys.exit()
everything = ctypes.CDLL(None)
print(json.dumps({"missing": [n for n in names if not hasattr(everything, n)]}))
"""


# Of the time that is left; the parts need the rest.
COMPILING = 0.4


class Binding:
    """Runs the packed programs, once TorchSharp's library and libtorch go together."""

    def __init__(self, packed, environment, description, fault=None):
        self.packed = packed
        self.environment = environment
        self.description = description
        self.fault = fault

    def command(self, project, arguments):
        if self.fault:
            raise Failure(self.fault, skips=True)
        return [str(self.packed.dotnet), str(self.packed.program(project)), *arguments]

    def run(self, arguments, deadline):
        """Runs a verb of GpuCheck to its end; the values it printed, one JSON a line."""
        command = self.command("GpuCheck", arguments)
        try:
            done = subprocess.run(
                command, env=self.environment, capture_output=True, text=True, timeout=max(1, deadline - time.monotonic()), check=False)
        except subprocess.TimeoutExpired as late:
            raise Failure(f"{arguments[0]}: not done within its time") from late
        if done.returncode != 0:
            raise Failure(f"{arguments[0]}: {first_line(done.stderr) or ended(done.returncode)}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def try_out(self, device, deadline):
        """One small network, so that a binding that does not fit is found before any part."""
        self.run(["goldens", "--device", device, "--precisions", "fp32", "--only", "Swin (nano)"], deadline)


def bind(packed, torch, source, device, deadline, note):
    """
    The packed binding where its symbols are all there, or where those that are missing are never called; else one compiled here from TorchSharp's source.

    A function that is missing is looked for when it is called, not before, and most of what TorchSharp binds the networks never call.
    """
    environment = packed.environment([*torch.libraries, *lacking(packed)])
    if not torch.libraries:
        return Binding(packed, environment, "none", "no libtorch here")
    as_packed = Binding(packed, environment, f"as packed, on {describe(torch)}")
    try:
        missing = missing_symbols(packed.native_binding, torch, environment)
        if not missing:
            return as_packed
        shown = ", ".join(readable(missing[:3]))
        note(f"TorchSharp's binding wants {len(missing)} symbols that {describe(torch)} lacks: {shown}" + (" …" if len(missing) > 3 else ""))
        try:
            as_packed.try_out(device, deadline)
            as_packed.description += f", {len(missing)} of its symbols missing and not called"
            return as_packed
        except Failure as failure:
            note(f"without them: {failure}")
        compile_against(torch, source, packed, time.monotonic() + COMPILING * (deadline - time.monotonic()), note)
        compiled = Binding(packed, environment, f"compiled here, on {describe(torch)}")
        compiled.try_out(device, deadline)
        return compiled
    except Failure as failure:
        note(failure)
        return Binding(packed, environment, "none", f"TorchSharp's binding and {describe(torch)} do not go together")


def describe(torch):
    return f"PyTorch {torch.version}" if torch.importable else f"libtorch in {torch.libraries[0]}"


def lacking(packed):
    """The folder of packed system libraries, where the machine has none of its own."""
    try:
        ctypes.CDLL("libssl.so.3")
        return []
    except OSError:
        return [packed.folder / "lib"]


def missing_symbols(library, torch, environment):
    paths = [path for name in ("libc10.so", "libtorch_cpu.so", "libtorch.so")
             for path in [next((folder / name for folder in torch.libraries if (folder / name).exists()), None)] if path]
    wanted = json.dumps([elf.undefined(library), [*map(str, paths), "libstdc++.so.6", "libm.so.6", "libgcc_s.so.1"]])
    looked = subprocess.run([sys.executable, "-c", LOOK], input=wanted, env=environment, capture_output=True, text=True, timeout=120, check=False)
    if looked.returncode != 0:
        raise Failure(f"{describe(torch)}: cannot be loaded: {first_line(looked.stderr) or ended(looked.returncode)}")
    answer = json.loads(looked.stdout.splitlines()[-1])
    if "fault" in answer:
        raise Failure(f"{describe(torch)}: cannot be loaded: {answer['fault']}")
    return answer["missing"]


def compile_against(torch, source, packed, deadline, note):
    """TorchSharp's native library from its own source, in place of the packed ones."""
    native = source / "src" / "Native"
    files = sorted(file for file in (native / "LibTorchSharp").glob("*.c*") if file.suffix in (".cpp", ".c"))
    compiler = shutil.which("g++") or shutil.which("c++")
    if not files:
        raise Failure(f"to compile another, TorchSharp's source must lie in {source}")
    if not compiler:
        raise Failure("to compile another, there must be g++")
    if not torch.importable:
        raise Failure("to compile another, there must be PyTorch's headers")
    includes = include_folders(torch)
    if not includes:
        raise Failure(f"to compile another, there must be PyTorch's headers; none in {torch.package / 'include'}")
    started = time.monotonic()
    note(f"compiling TorchSharp's binding, {len(files)} files")
    objects = packed.folder / "binding"
    objects.mkdir(exist_ok=True)

    def build(file):
        """The object, or why there is none."""
        target = objects / f"{file.name}.o"
        language = ["-x", "c"] if file.suffix == ".c" else ["-std=c++20"]
        try:
            run([compiler, *language, "-O1", "-w", "-fPIC", f"-I{native}", *(f"-I{folder}" for folder in includes),
                 "-c", str(file), "-o", str(target)],
                deadline)
        except Failure as failure:
            return failure
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        built = list(zip(files, pool.map(build, files)))
    # What such a file has is missing when it is called, and the networks call little of TorchSharp.
    for file, fault in ((file, fault) for file, fault in built if isinstance(fault, Failure)):
        note(f"left out {file.name}: {fault}")
    compiled = [str(target) for _, target in built if not isinstance(target, Failure)]
    library = objects / "libLibTorchSharp.so"
    run([compiler, "-shared", "-o", str(library), *compiled, *(f"-L{folder}" for folder in torch.libraries), "-ltorch", "-ltorch_cpu", "-lc10"], deadline)
    for place in packed.natives():
        # Not over what is there, which others may be links of.
        place.unlink()
        shutil.copy(library, place)
    note(f"compiled in {time.monotonic() - started:.0f} s")


def include_folders(torch):
    """Where PyTorch keeps its headers: in the package, or where the distribution puts them."""
    for base in (torch.package / "include", pathlib.Path("/usr/include")):
        if (base / "torch" / "csrc" / "api" / "include" / "torch" / "torch.h").exists():
            return [base, base / "torch" / "csrc" / "api" / "include"]
    return []


def run(command, deadline):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=max(1, deadline - time.monotonic()), check=False)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{pathlib.Path(command[0]).name}: not done within its time") from late
    if done.returncode != 0:
        error = next((line for line in done.stderr.splitlines() if "error" in line), first_line(done.stderr))
        raise Failure(f"{pathlib.Path(command[0]).name}: {error}")


def readable(symbols):
    if not shutil.which("c++filt"):
        return symbols
    return subprocess.run(["c++filt", *symbols], capture_output=True, text=True, check=False).stdout.splitlines() or symbols


def ended(code):
    return f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"


def first_line(text):
    return next((line.strip() for line in text.splitlines() if line.strip()), "")

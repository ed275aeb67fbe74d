"""The unpacked archive: .NET and the programs."""

import lzma
import os
import pathlib
import tarfile

from .failure import Failure


class Packed:
    """Programs of tests/gpu/pack in a folder of their own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @staticmethod
    def unpack(archive, folder):
        try:
            with tarfile.open(archive) as tar:
                if hasattr(tarfile, "data_filter"):
                    tar.extractall(folder, filter="data")
                else:
                    tar.extractall(folder)
        except (tarfile.TarError, EOFError, lzma.LZMAError) as fault:
            raise Failure(f"{archive}: no archive of tests/gpu/pack, or a damaged one") from fault
        except OSError as fault:
            raise Failure(f"{archive}: cannot be unpacked: {fault}") from fault
        return Packed(folder)

    @property
    def dotnet(self):
        return self.folder / "dotnet" / "dotnet"

    @property
    def native_binding(self):
        """TorchSharp's own library, of which every program has a link or a copy."""
        return self.natives()[0]

    def natives(self):
        return sorted(self.folder.glob("bin/*/release/runtimes/linux-x64/native/libLibTorchSharp.so"))

    def program(self, project):
        return self.folder / "bin" / project / "release" / f"MedMoE.Mesh.{project}.dll"

    def environment(self, libraries):
        """For the programs: this .NET first on the path, and the folders of libtorch and of what the machine lacks for libraries."""
        own = dict(os.environ)
        own["PATH"] = os.pathsep.join([str(self.dotnet.parent), own.get("PATH", "/usr/bin:/bin")])
        own["DOTNET_ROOT"] = str(self.dotnet.parent)
        own["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, [*map(str, libraries), own.get("LD_LIBRARY_PATH")]))
        # Whatever the user's own .NET is set to.
        for name in ("DOTNET_STARTUP_HOOKS", "DOTNET_gcServer", "COREHOST_TRACE"):
            own.pop(name, None)
        return own

"""What every part works with."""

import dataclasses
import pathlib

from .binding import Binding
from .machine import Torch
from .packed import Packed


@dataclasses.dataclass
class Setting:
    root: pathlib.Path
    packed: Packed
    torch: Torch
    binding: Binding
    # "cpu" or "cuda:N".
    device: str
    # Parts shortened, so that the script itself can be tried without a card in under a minute.
    quick: bool

    @property
    def demo(self):
        return self.root / "services" / "libs" / "Bundle" / "demo"

    @property
    def image(self):
        return self.root / "tests" / "golden" / "preprocessing" / "gray8_512x640.png"

    def full_size(self, deadline):
        """A bundle of the paper's size, made when it is first wanted."""
        folder = self.packed.folder / "full-size"
        if not folder.exists():
            self.binding.run(["full-size", "--out", str(folder)], deadline)
        return folder

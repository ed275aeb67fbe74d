"""Plain PyTorch beside ours: answers orders from standard input, one JSON a line. Run as a program: peer.py DEVICE."""

import json
import statistics
import sys
import time

import torch

TYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# As FullSize.cs of tests/Measuring.
TOKENS = 25
WIDTH = 768


def swin(batch, kind, device):
    import torchvision  # pylint: disable=import-outside-toplevel
    network = torchvision.models.swin_t(weights=None).eval().to(device, kind)
    pixels = torch.rand(batch, 3, 224, 224, device=device, dtype=kind)
    return lambda: network(pixels)


def text(batch, kind, device):
    layer = torch.nn.TransformerEncoderLayer(WIDTH, 12, 4 * WIDTH, activation="gelu", batch_first=True)
    network = torch.nn.TransformerEncoder(layer, 12).eval().to(device, kind)
    tokens = torch.rand(batch, TOKENS, WIDTH, device=device, dtype=kind)
    return lambda: network(tokens)


def matrices(side, kind, device):
    """The matrix peak: a square product of this many rows."""
    left, right = (torch.rand(side, side, device=device, dtype=kind) - 0.5 for _ in range(2))
    return lambda: left @ right


def measure(order, device):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = order["precision"] == "tf32"
    make = {"swin": swin, "text": text, "matrices": matrices}[order["network"]]
    run = make(order["batch"], TYPES[order["precision"]], device)
    wait = torch.cuda.synchronize if device != "cpu" else lambda: None
    times = []
    with torch.inference_mode():
        for _ in range(3):
            run()
        wait()
        end = time.perf_counter() + order["seconds"]
        while not times or time.perf_counter() < end:
            started = time.perf_counter()
            run()
            wait()
            times.append(1000 * (time.perf_counter() - started))
    median = statistics.median(times)
    return {"median_ms": median, "least_ms": min(times), "runs": len(times), "per_second": 1000 * order["batch"] / median}


def main():
    device = sys.argv[1]
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = measure(order, device)
        except (RuntimeError, ImportError) as fault:
            answer = {"error": f"{type(fault).__name__}: {str(fault).splitlines()[0]}"}
            if device != "cpu":
                torch.cuda.empty_cache()
        print(json.dumps(answer), flush=True)


main()

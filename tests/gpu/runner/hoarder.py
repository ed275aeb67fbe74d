"""Takes a card's memory until its input ends. Run as a program: hoarder.py DEVICE; an order {"leave_mib": N} a line."""

import json
import sys

import torch


def main():
    device = sys.argv[1]
    held = []
    for line in sys.stdin:
        leave = json.loads(line)["leave_mib"] << 20
        piece = 1 << 30
        while piece >= 1 << 20:
            free, _ = torch.cuda.mem_get_info(device)
            if free - piece < leave:
                piece >>= 1
                continue
            try:
                held.append(torch.empty(piece, dtype=torch.uint8, device=device))
            except RuntimeError:
                piece >>= 1
        print(json.dumps({"free_mib": torch.cuda.mem_get_info(device)[0] >> 20}), flush=True)


main()

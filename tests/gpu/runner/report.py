"""gpu.md from the same figures as gpu.json."""

KINDS = {"NewImage": "new image", "NewReport": "known image, new report", "KnownImage": "known image and report"}
SERVICES = ("backbone", "text encoder", "expert")


def markdown(result):
    machine = result["machine"]
    card = f"{machine['card']} ({machine['card_memory_gib']} GiB, driver {machine['driver']})" if "card" in machine else "no card"
    lines = [
        f"# {result['date']}: {card}", "",
        f"PyTorch {machine['pytorch'] or 'none'}, CUDA {machine['cuda'] or 'none'}, {machine['processors']} × {machine['processor']}, {machine['memory_gib']} GiB. "
        f"TorchSharp's binding: {result['binding']}.", "",
    ]
    if result["device"] == "cpu":
        lines += ["Run on the CPU, shortened: this shows that the script works, and says nothing about a card.", ""]
    lines += [f"- {note}" for note in result["notes"]] + [""] * bool(result["notes"])
    lines += table(["part", "", "seconds"], [[part["name"], " ".join(filter(None, [part["status"], part.get("reason")])), part["seconds"]] for part in result["parts"]])
    sections = {"goldens": goldens, "networks": networks, "mesh": mesh, "endurance": endurance}
    for part in result["parts"]:
        lines += sections[part["name"]](part)
    return "\n".join(lines) + "\n"


def goldens(part):
    rows = [[row["network"], row["precision"], row["values"], row["worst"], f"{row['measure']} {value(row['value'])}", value(row["limit"]), "yes" if row["passed"] else "**no**"]
            for row in part.get("rows", [])]
    return section("Reference values", ["network", "precision", "values", "furthest off", "by", "limit", "kept"], rows)


def networks(part):
    rows = []
    for row in part.get("rows", []):
        ours, peer = row["ours"], row["peer"]
        rows.append([
            row["network"], row["precision"], row["batch"], rate(ours), rate(peer), number(row.get("ratio"), 2), percent(row.get("share_of_peak")), row.get("device_mib") or ""])
    lines = section(
        "Networks beside plain PyTorch", ["network", "precision", "batch", "ours, a second", "PyTorch, a second", "ours / PyTorch", "of the matrix peak", "card, MiB"], rows)
    if part.get("peaks"):
        peaks = ", ".join(f"{precision} {number(peak, 1)} TFLOP/s" for precision, peak in part["peaks"].items() if peak)
        lines += [f"Matrix peak, measured by PyTorch's own product in the same run: {peaks}. `swin` is Swin-T beside torchvision's, `text` 12 layers of BERT beside "
                  "`torch.nn.TransformerEncoder`, `expert` has no peer. Both in turn, the better of two rounds each, the median batch of a round.", ""]
    if part.get("peer"):
        lines += [f"Ours alone: {part['peer']}.", ""]
    chain = [row for row in part.get("chain", []) if row.get("phases")]
    if chain:
        phases = list(chain[0]["phases"])
        lines += ["One process, from PNGs to answers, milliseconds of a batch:", ""]
        lines += table(["precision", "batch", "images a second", *phases], [
            [row["precision"], row["batch"], number(row["per_second"], 1), *(number(row["phases"][phase], 2) for phase in phases)] for row in chain])
    return lines


def mesh(part):
    rows = []
    for row in part.get("rows", []):
        waits = [service(row, name) for name in SERVICES]
        rows.append([KINDS[row["kind"]], row["callers"], number(row["per_second"], 1), number(row["p50_ms"], 1), number(row["p99_ms"], 1),
                     sum(row["failures"].values()), *waits, row.get("device_mib") or ""])
    return section(
        "The mesh, every service a process", ["what", "callers", "a second", "p50 ms", "p99 ms", "failed", *(f"{name}: waits + runs ms, batch" for name in SERVICES), "card, MiB"], rows)


def service(row, name):
    read = row["services"].get(name)
    return f"{number(read['queue_ms'], 1)} + {number(read['model_ms'], 1)}, {number(read['batch'], 1)}" if read else ""


def endurance(part):
    if "requests" not in part:
        return []
    quarters = part["memory"]
    rows = [[f"after {(i + 1) * part['requests'] // len(quarters)}", quarter["device_mib"] or "", *quarter["host_mib"].values()] for i, quarter in enumerate(quarters)]
    lines = section(f"{part['requests']} requests: {part['failures']} failed; memory in MiB", ["requests", "card", *quarters[0]["host_mib"]], rows)
    lines += [f"Most that grew in the second half: {part['growth_mib']} MiB.", ""]
    if part.get("restart"):
        lines += [f"The only backbone killed (SIGKILL): a new image was answered again after {part['restart']['seconds']} s.", ""]
    memory = part.get("out_of_memory", {})
    if "skipped" in memory:
        lines += [f"A card without memory: not tried, {memory['skipped']}.", ""]
    elif memory:
        lines += [f"A card with {memory['left_mib']} MiB left to others: refused {memory['statuses']}, answered {memory['answered']}; "
                  f"after the memory was given back {memory['after'] or 'no call failed'}.", ""]
    return lines


def section(title, head, rows):
    return ["", f"## {title}", "", *table(head, rows)] if rows else []


def table(head, rows):
    line = lambda cells: "| " + " | ".join(str(cell) for cell in cells) + " |"
    return [line(head), line(["---"] * len(head)), *map(line, rows), ""]


def rate(timed):
    return timed.get("error") or number(timed.get("per_second"), 1)


def number(figure, digits):
    return "" if figure is None else f"{figure:,.{digits}f}"


def percent(figure):
    return "" if figure is None else f"{100 * figure:.0f} %"


def value(figure):
    return f"{figure:.1e}" if isinstance(figure, float) and abs(figure) < 0.1 else f"{figure:.5f}" if isinstance(figure, float) else str(figure)

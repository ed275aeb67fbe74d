"""Every network beside its reference values, on the device."""


def run(setting, deadline, found):
    precisions = ["fp32"] if setting.quick else ["fp32", "tf32", "bf16", "fp16"]
    rows = setting.binding.run(["goldens", "--device", setting.device, "--precisions", *precisions], deadline)
    found["rows"] = rows
    return bool(rows) and all(row["passed"] for row in rows)

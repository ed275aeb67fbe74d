"""Symbols that a shared library wants from others (ELF64, little-endian)."""

import struct

DYNSYM = 11
GLOBAL = 1


def undefined(path):
    """Names of the symbols that must come from other libraries. Weak ones need not."""
    data = path.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{path}: no ELF library of 64 bits")
    sections_at, = struct.unpack_from("<Q", data, 0x28)
    entry_size, count = struct.unpack_from("<HH", data, 0x3A)
    # Name, type, flags, address, offset, size, link, info, alignment, entry size.
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, sections_at + entry_size * i) for i in range(count)]
    names = []
    for section in sections:
        if section[1] != DYNSYM:
            continue
        strings_at = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], section[9]):
            name, info, _, defined_in = struct.unpack_from("<IBBH", data, at)
            if defined_in == 0 and info >> 4 == GLOBAL:
                end = data.index(b"\0", strings_at + name)
                names.append(data[strings_at + name:end].decode())
    return names

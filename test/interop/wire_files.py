"""Files that the checks log: the same bytes every time."""
import os
import struct
import zlib


def make_tree(root, count):
    """`count` small files in ten folders, two of them equal and one empty."""
    for at in range(count):
        folder = os.path.join(root, f"part {at % 10}")
        os.makedirs(folder, exist_ok=True)
        text = "" if at == 1 else f"twin of {at // 500}\n" if at in (2, 3) else f"file {at}\n" * (1 + at % 20)
        write(os.path.join(folder, f"{at:04}.txt"), text)
    write(os.path.join(root, "ünï çødé", "☃ snow & <b> 100%.txt"), "names travel\n")
    return root


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def png(red):
    """A picture of 8 × 8 pixels, shading from black to `red`."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([row * red // 8, 0, 0] * 8) for row in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

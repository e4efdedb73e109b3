"""Opens a PDF that somebody hands in: run as a process of its own, under limits, by reports.verifying.

It reads given.pdf in the folder it is given and writes beside it metadata.xml, what the file says of itself, and
attached.json, the JSON that an archive holds, where there is one.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pikepdf

LARGEST = 64 << 20
"""Bytes of metadata, and of attached JSON, unpacked."""


def open_pdf(folder: Path) -> None:
    """Write what the file holds. Raises whatever the library raises on what is no PDF, OverflowError, ValueError."""
    with pikepdf.open(folder / "given.pdf") as pdf:
        metadata = pdf.Root.get("/Metadata")
        if not isinstance(metadata, pikepdf.Stream):
            raise ValueError("no metadata")
        _write(folder / "metadata.xml", metadata.read_bytes())
        for name, attached in pdf.attachments.items():
            if name.endswith(".json"):
                _write(folder / "attached.json", attached.get_file().read_bytes())


def _write(path: Path, content: bytes) -> None:
    if len(content) > LARGEST:
        raise OverflowError(path.name)
    path.write_bytes(content)


def main(folder: str, seconds: str, memory: str) -> None:
    """Open under limits: seconds of processor, bytes of address space. Ends with 3 where the file asks for more."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    try:
        open_pdf(Path(folder))
    except (MemoryError, OverflowError):
        sys.exit(3)


if __name__ == "__main__":
    main(*sys.argv[1:])

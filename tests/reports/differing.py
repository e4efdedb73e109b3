"""Says in which object of a PDF, or in which part of a zipped file, two files differ."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pikepdf

_MOST = 12
_AROUND = 60


def differences(first: bytes, second: bytes) -> str:
    """The parts that differ, a paragraph each, with the bytes around the first difference of each."""
    one, other = _parts(first), _parts(second)
    told = [f"{len(first)} bytes, {len(one)} parts; {len(second)} bytes, {len(other)} parts"]
    names = [name for name in one | other if one.get(name) != other.get(name)]
    told += [f"{name}:\n{_around(one.get(name, b''), other.get(name, b''))}" for name in names[:_MOST]]
    if not names:
        told.append(f"the same parts, otherwise put together:\n{_around(first, second)}")
    return "\n".join((*told, f"{len(names)} parts differ"))


def _parts(content: bytes) -> Mapping[str, bytes]:
    if content.startswith(b"%PDF"):
        return _objects(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as read:
            return {name: read.read(name) for name in read.namelist()}
    return {"the file": content}


def _objects(content: bytes) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    with pikepdf.open(io.BytesIO(content)) as pdf:
        parts["the trailer"] = repr(pdf.trailer).encode()
        for made in pdf.objects:
            name = f"object {made.objgen[0]} {made.get('/Type', '')}" if _has_entries(made) else f"object {made.objgen}"
            if isinstance(made, pikepdf.Stream):
                parts[f"{name} as a dictionary"] = repr(dict(made.items())).encode()
                parts[f"{name} as a stream"] = _data(made)
            else:
                parts[name] = made.unparse()
    return parts


def _has_entries(made: pikepdf.Object) -> bool:
    return isinstance(made, pikepdf.Stream | pikepdf.Dictionary)


def _data(made: pikepdf.Stream) -> bytes:
    try:
        return made.read_bytes()
    except pikepdf.PdfError:
        return made.read_raw_bytes()


def _around(one: bytes, other: bytes) -> str:
    shortest = min(len(one), len(other))
    at = next((at for at in range(shortest) if one[at] != other[at]), shortest)
    seen = slice(max(0, at - _AROUND), at + _AROUND)
    return "\n".join(f"  at {at} of {len(content)}: {content[seen]!r}" for content in (one, other))

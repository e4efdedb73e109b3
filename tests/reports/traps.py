"""What somebody may type or join to make a printer fetch something, and what shows whether it did."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pikepdf
from PIL import Image

CANARY = "canari-des-mines-7f3a"
CANARY_SIZE = (37, 41)
"""Of the picture that the socket serves and that lies on the disk: no other picture has it."""

WAYS = {
    "image": '<img src="{target}">',
    "source set": '<img srcset="{target} 2x">',
    "style sheet": '<link rel="stylesheet" href="{target}">',
    "attachment by link": '<link rel="attachment" href="{target}">',
    "attachment by anchor": '<a rel="attachment" href="{target}">x</a>',
    "import": '<style>@import url("{target}");</style>',
    "import without url": '<style>@import "{target}";</style>',
    "font face": '<style>@font-face{{font-family:Inter;src:url("{target}")}}</style>',
    "list style": '<ul style="list-style-image:url({target})"><li>a</ul>',
    "generated content": "<style>p::before{{content:url({target})}}</style>",
    "style attribute": '<p style="background:url({target})">a</p>',
    "background of the page": "<style>@page{{background:url({target})}}</style>",
    "box of the margin": "<style>@page{{@top-left{{content:url({target})}}}}</style>",
    "border image": '<p style="border-image:url({target}) 30">a</p>',
    "base": '<base href="{target}"><img src="a.png">',
    "svg image": '<svg><image href="{target}"/></svg>',
    "svg xlink": '<svg><image xlink:href="{target}"/><use xlink:href="{target}#a"/></svg>',
    "svg style": "<svg><style>@import url({target});</style></svg>",
    "data svg with an image": '<img src="data:image/svg+xml,<svg><image href=%22{target}%22/></svg>">',
    "object": '<object data="{target}"></object>',
    "embed": '<embed src="{target}">',
    "frame": '<iframe src="{target}"></iframe>',
    "refresh": '<meta http-equiv="refresh" content="0;url={target}">',
    "video poster": '<video poster="{target}"></video>',
    "input image": '<input type="image" src="{target}">',
    "xml entity": '<!DOCTYPE a [<!ENTITY b SYSTEM "{target}">]><a>&b;</a>',
    "xml style sheet": '<?xml-stylesheet href="{target}"?>',
    "xinclude": '<xi:include href="{target}" parse="text"/>',
    "markdown picture": "![image]({target})",
    "markdown link": "[lien]({target})",
    "closing what stands around": '"></td></style></title><img src={target}>',
    "template": '{{{{ open("{target}") }}}}{{% include "{target}" %}}',
}


class Server:
    """A socket that counts who calls, and answers each with a redirect or with the canary's picture."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.calls: list[bytes] = []
        Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            with connection:
                self.calls.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\n" + canary_picture())


@contextmanager
def serving() -> Iterator[Server]:
    """A server that nobody should call."""
    server = Server()
    try:
        yield server
    finally:
        server.socket.close()


def canary_picture() -> bytes:
    """A picture of a size that no other has, with the canary's name in it."""
    out = io.BytesIO()
    Image.new("RGB", CANARY_SIZE, "#ff00ff").save(out, "PNG")
    return out.getvalue() + CANARY.encode()


def attempts(server: Server, folder: Path) -> list[str]:
    """Every way, to the server and to two files that lie beside."""
    (folder / "secret.txt").write_text(CANARY)
    (folder / "secret.png").write_bytes(canary_picture())
    targets = (f"{server.url}/x.png", f"file://{folder}/secret.png", f"file://{folder}/secret.txt")
    return [way.format(target=targets[number % len(targets)]) for number, way in enumerate(WAYS.values())] + [
        way.format(target=targets[(number + 1) % len(targets)]) for number, way in enumerate(WAYS.values())
    ]


def leaks(pdf: bytes) -> list[str]:
    """What of the canary, of files or of programs stands in any object or stream of a PDF, decompressed."""
    plain = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        found = [f"picture {size}" for size in _picture_sizes(opened) if size == CANARY_SIZE]
        opened.save(
            plain,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            compress_streams=False,
        )
    content = plain.getvalue()
    names = (b"/EmbeddedFile", b"/Filespec", b"/Launch", b"/JavaScript", b"/SubmitForm", b"/GoToR", b"/URI ")
    return found + [name.decode() for name in (CANARY.encode(), *names) if name in content]


def _picture_sizes(opened: pikepdf.Pdf) -> list[tuple[int, int]]:
    return [
        (int(stream.Width), int(stream.Height))
        for stream in opened.objects
        if isinstance(stream, pikepdf.Stream) and stream.get("/Subtype") == "/Image"
    ]


def a_picture(file: int, **changes: Any) -> dict[str, Any]:
    """A picture as an answer holds it."""
    id = f"0b6f7a52-0000-4000-8000-{file:012}"
    return {
        "id": id,
        "name": f"image-{file}.png",
        "media_type": "image/png",
        "size": 900,
        "sha256": "5b" * 32,
    } | changes

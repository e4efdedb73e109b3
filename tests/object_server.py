"""A real S3 server for tests: buckets are folders, requests are signed, wrong keys are refused."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_port

KEY, SECRET = "recueil", "a secret for tests"
BUCKET = "fiches"


@dataclass(frozen=True)
class ObjectServer:
    """Where it listens and keeps its buckets."""

    port: int
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program is given to reach it, as an administrator gives it."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    @property
    def place(self) -> str:
        """The value of RECUEIL_STORAGE."""
        return f"s3://{BUCKET}/essais"


@contextmanager
def object_server(folder: Path) -> Iterator[ObjectServer]:
    """An S3 server on a free port, with one bucket."""
    (folder / BUCKET).mkdir(parents=True)
    server = ObjectServer(free_port(), folder)
    given = ["--host", "127.0.0.1", "--port", str(server.port), "--data-dir", str(folder), "--log-level", "error"]
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("nanio")), "serve", "--no-access-log", *given],
        env=os.environ | {"NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(server.port)
            yield server
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the S3 server does not answer")

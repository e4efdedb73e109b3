"""A program that receives webhooks, and the certificates that it shows."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE_SECONDS = 60


@dataclass
class Receiver:
    """What it got, and what it answers; while `open` is not set it answers nothing at all."""

    url: str = ""
    status: int = 204
    location: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    open: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Such a program on a free port, under a path that holds a question mark."""
    kept = Receiver()
    kept.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append(({name.lower(): text for name, text in self.headers.items()}, body))
            kept.arrived.set()
            kept.open.wait(PATIENCE_SECONDS)
            try:
                self.send_response(kept.status)
                if kept.location:
                    self.send_header("Location", kept.location)
                self.end_headers()
            except ConnectionError:
                # Whoever asked is dead.
                return

        def log_message(self, *_details: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme, host = ("https", "localhost") if tls is not None else ("http", "127.0.0.1")
    kept.url = f"{scheme}://{host}:{server.server_port}/recueil?a=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        kept.open.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test's own. file: its certificate, for who should trust it."""

    file: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    def shows(self, *, name: str = "localhost", days: int = 1) -> ssl.SSLContext:
        """What a server shows: a certificate for that name that ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        built = _certificate(_named(name), self.name, key, days=days).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        file = self.file.with_name(f"{name}.{days}.pem")
        file.write_bytes(_pem(built.sign(self.key, hashes.SHA256())) + _private(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def an_authority(folder: Path) -> Authority:
    """One that nobody trusts yet."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _named("Autorité d’essai")
    built = _certificate(name, name, key, days=2).add_extension(x509.BasicConstraints(True, None), critical=True)
    folder.mkdir(exist_ok=True)
    file = folder / "authority.pem"
    file.write_bytes(_pem(built.sign(key, hashes.SHA256())))
    return Authority(file, key, name)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

"""One call to an address that somebody typed: only to the outside, signed, without following anything."""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import SplitResult, urlsplit

from forms.values import Refused

SECONDS = 10
"""For connecting, and for each word of the answer."""
LOOKING_SECONDS = 5
"""For learning where a name leads."""
LONGEST_SECONDS = 20
"""For the whole call, however slowly the answer trickles."""
LONGEST_URL = 500
HTTP, HTTPS = 80, 443
PORTS = frozenset({HTTPS, 8443})
MOST_HOSTS = 4
"""Of the places that a name leads to, so many are tried, one after the other."""
INNER = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10")))
"""For the inside or for nobody, and not known as such by every Python."""
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""By which a network of the newer kind reaches addresses of the older one."""
LATE = "Ce nom de site ne se trouve pas à temps : réessayez plus tard."
INSIDE = "Cette adresse mène à l’intérieur d’un réseau : donnez une adresse publique."
SECRET_PREFIX = "whsec_"  # noqa: S105 (how a secret begins)


@dataclass(frozen=True)
class Answer:
    """What came of a call: the status, or what went wrong, in French."""

    status: int | None
    error: str

    @property
    def taken(self) -> bool:
        """Whether the address has acknowledged it."""
        return not self.error


def parsed(url: str, *, careful: bool) -> SplitResult:
    """The address in parts. careful: https alone, on its usual ports. Raises Refused."""
    if len(url) > LONGEST_URL or not url.isascii() or any(char.isspace() or ord(char) < 32 for char in url):
        raise Refused("Donnez une adresse complète, par exemple https://exemple.fr/recueil.", question="url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("Cette adresse ne se lit pas.", question="url") from None
    if parts.scheme not in ({"https"} if careful else {"https", "http"}) or not parts.hostname:
        raise Refused("Donnez une adresse qui commence par https://.", question="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("Retirez de l’adresse le nom, le mot de passe et ce qui suit « # ».", question="url")
    if careful and port is not None and port not in PORTS:
        raise Refused("Retirez le port de l’adresse : 443 d’office.", question="url")
    return parts


def resolved(parts: SplitResult, *, careful: bool) -> list[str]:
    """The addresses on the network that the name leads to now. Raises Refused where any of them is inside."""
    try:
        found = _looked_up(parts)
    except TimeoutError:
        raise Refused(LATE, question="url") from None
    except (OSError, UnicodeError):
        raise Refused("Ce nom de site n’existe pas, ou ne répond pas.", question="url") from None
    hosts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if careful and not all(_outside(host) for host in hosts):
        raise Refused(INSIDE, question="url")
    return hosts[:MOST_HOSTS]


def _looked_up(parts: SplitResult) -> list[Any]:
    """What the system's resolver says, if it does in time. Raises OSError, TimeoutError among them.

    It takes no limit: whoever has a name and a server of names that keeps silent would hold a worker, and a page, for
    as long as the machine is set to ask again. Its thread is left to end by itself.
    """
    said: SimpleQueue[list[Any] | OSError | UnicodeError] = SimpleQueue()

    def look() -> None:
        try:
            said.put(list(socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as failure:
            said.put(failure)

    threading.Thread(target=look, daemon=True).start()
    try:
        found = said.get(timeout=LOOKING_SECONDS)
    except Empty:
        raise TimeoutError from None
    if isinstance(found, list):
        return found
    raise found


def _outside(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        # Addresses of the older kind hide in those of the newer one.
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if hidden is not None:
            return _outside(str(hidden))
        if address in TRANSLATED:
            return _outside(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    inner = any(address in network for network in INNER if network.version == address.version)
    return address.is_global and not (inner or address.is_multicast or address.is_reserved)


def _port(parts: SplitResult) -> int:
    return parts.port or (HTTPS if parts.scheme == "https" else HTTP)


def signature(secret: str, message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over « id.timestamp.body ». secret: as it was shown."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    stamp = str(int(at.timestamp()))
    digest = hmac.digest(key, f"{message_id}.{stamp}.{body}".encode(), hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def call(url: str, body: str, headers: dict[str, str], *, careful: bool) -> Answer:
    """Post a body; any answer of 200 to 299 acknowledges it. careful: see parsed() and resolved()."""
    try:
        parts = parsed(url, careful=careful)
        hosts = resolved(parts, careful=careful)
    except Refused as refused:
        return Answer(None, refused.message)
    connection = _Pinned(parts, hosts)
    # One who answers a letter a minute would hold the worker.
    watch = threading.Timer(LONGEST_SECONDS, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body.encode(), headers | {"Content-Type": "application/json"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return Answer(None, _said(failure))
    finally:
        watch.cancel()
        connection.close()
    if 200 <= status < 300:
        return Answer(status, "")
    return Answer(status, "Redirection : elle n’est pas suivie." if 300 <= status < 400 else "Réponse d’erreur.")


def _said(failure: Exception) -> str:
    match failure:
        case ssl.SSLError():
            return "Le certificat de cette adresse n’est pas bon."
        case TimeoutError():
            return "Pas de réponse à temps."
        case ConnectionRefusedError():
            return "Connexion refusée."
    return "Connexion rompue, ou réponse illisible."


class _Pinned(http.client.HTTPConnection):
    """A connection to the very addresses that were looked at: a name may lead elsewhere the next moment."""

    def __init__(self, parts: SplitResult, hosts: list[str]) -> None:
        self._tls = parts.scheme == "https"
        # A port that goes without saying stays out of the head of the request.
        self.default_port = HTTPS if self._tls else HTTP
        super().__init__(parts.hostname or "", _port(parts), timeout=SECONDS)
        self._hosts = hosts
        self._cut = False

    def connect(self) -> None:
        """Reach the address, under the name that its certificate must hold."""
        self.sock = self._reached()
        if self._tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        if self._cut:
            self.cut()

    def _reached(self) -> socket.socket:
        for host in self._hosts[:-1]:
            try:
                return socket.create_connection((host, self.port), SECONDS)
            except OSError:
                # A site that answers by one of its addresses only is no site away.
                if self._cut:
                    raise
        return socket.create_connection((self._hosts[-1], self.port), SECONDS)

    def cut(self) -> None:
        """End it from another thread."""
        self._cut = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

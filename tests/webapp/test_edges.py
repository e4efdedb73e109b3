"""At the edges: slow clients, broken requests, and each of the machines that the service leans on taken away."""

import re
import resource
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from flask import Flask

from tests import databases
from tests.object_server import object_server
from tests.servers import Wire
from tests.webapp.edges import KEY, Ground, Site, ground, site

# As behind a proxy: each test guesses from a machine of its own.
COUNTING = {"RECUEIL_RATE_LIMITS": "true", "RECUEIL_PROXIES": "1"}

HALF = b"POST /connexion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@contextmanager
def wire_to(address: str) -> Iterator[Wire]:
    parts = urlsplit(address)
    wire = Wire(parts.hostname or "127.0.0.1", parts.port or 5432)
    wire.mend()
    try:
        yield wire
    finally:
        wire.close()


@pytest.fixture(scope="module")
def under(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("ground")) as found:
        yield found


@pytest.fixture(scope="module")
def served(under: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(under, tmp_path_factory.mktemp("edges")) as found:
        yield found


@dataclass(frozen=True)
class Leaning:
    """A site, and the lines to what it leans on; database and queue only where they are servers."""

    site: Site
    files: Wire
    database: Wire | None
    queue: Wire | None


@pytest.fixture(scope="module")
def leaning(under: Ground, tmp_path_factory: pytest.TempPathFactory, engine_name: str) -> Iterator[Leaning]:
    folder = tmp_path_factory.mktemp("leaning")
    with ExitStack() as stack:
        objects = stack.enter_context(object_server(folder / "s3"))
        files = stack.enter_context(wire_to(f"s3://127.0.0.1:{objects.port}"))
        given = objects.environment | {"AWS_ENDPOINT": f"http://127.0.0.1:{files.port}"}
        given["RECUEIL_STORAGE"] = objects.place
        database = queue = None
        if engine_name == "postgresql":
            database = stack.enter_context(wire_to(databases.POSTGRESQL))
            queue = stack.enter_context(wire_to(databases.REDIS))
            given |= COUNTING | {"RECUEIL_QUEUE_URL": f"redis://127.0.0.1:{queue.port}/9"}
        found = stack.enter_context(site(under, folder, wire=database, **given))
        yield Leaning(found, files, database, queue)


@contextmanager
def away(wire: Wire | None) -> Iterator[None]:
    """Without what is at the end of that wire, for as long as the block lasts."""
    if wire is None:
        pytest.skip("PostgreSQL and Redis only: the others are files")
    wire.cut()
    try:
        yield
    finally:
        wire.mend()


def test_a_hundred_half_sent_bodies_hold_up_nobody(served: Site) -> None:
    with ExitStack() as open_ones:
        for _ in range(100):
            slow = open_ones.enter_context(served.socket())
            slow.sendall(HALF + b"Content-Length: 1000\r\n\r\nemail=quelqu")
        for number in range(10):
            assert served.save(f"Pendant que d’autres attendent, {number}").status == 200
            assert served.page(f"/fiches/{served.sheet}").status == 200


def test_readers_who_do_not_read_hold_up_nobody(served: Site) -> None:
    page = f"GET /fiches/{served.sheet} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {served.headers['Cookie']}\r\n\r\n"
    with ExitStack() as open_ones:
        for _ in range(30):
            slow = open_ones.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", served.port))
            # Several at once over one connection, and none of the answers is read.
            slow.sendall(page.encode() * 8)
        for number in range(5):
            assert served.save(f"Pendant que d’autres ne lisent pas, {number}").status == 200


BROKEN = {
    "a flood of headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Much: " + b"x" * 100_000 + b"\r\n\r\n",
    "chunks that are none": HALF + b"Transfer-Encoding: chunked\r\n\r\nzzz\r\nabc\r\n0\r\n\r\n",
    "two lengths": HALF + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "a length below nothing": HALF + b"Content-Length: -1\r\n\r\n",
    "a length that is no number": HALF + b"Content-Length: beaucoup\r\n\r\n",
    "more than anything may be": HALF + b"Content-Length: 999999999999\r\n\r\nabc",
    "more than this page takes": HALF + b"Content-Length: 5000000\r\n\r\n" + b"a" * 5_000_000,
    "an encoding nobody knows": HALF + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "an address that is none": b"GET http://[/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: a\r\n: nothing\r\n\r\n",
    "bytes that are no text": b"GET /catalogue?q=%ff%fe%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "a method of one's own": b"PARLER / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "a body that a reader sends": b"GET /aide HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
}


@pytest.mark.parametrize("said", BROKEN.values(), ids=list(BROKEN))
def test_what_no_browser_sends_is_refused_and_breaks_nothing(served: Site, said: bytes) -> None:
    with served.socket() as line:
        with suppress(ConnectionResetError, BrokenPipeError):
            line.sendall(said)
        answer = b""
        try:
            while piece := line.recv(65536):
                answer += piece
                if b"Connection: close" not in answer and b"\r\n\r\n" in answer:
                    break
        except ConnectionResetError:
            pass
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    # Who sends five million bytes into a closed door may lose the answer; who is answered hears that it is theirs.
    # 501 is how HTTP itself says that of an encoding which a server does not know (RFC 9112, 6.1).
    right = {501} if b"Transfer-Encoding: gzip" in said else range(200, 500)
    assert not answer or (found is not None and int(found[1]) in right), answer[:200]
    assert not answer or b"Content-Security-Policy: " in answer, answer[:200]
    assert b"Server:" not in answer
    assert served.page("/aide").status == 200


def test_the_database_stopped_nothing_acknowledged_is_lost_and_it_comes_back_by_itself(leaning: Leaning) -> None:
    found = leaning.site
    assert found.save("Avant la panne").status == 200
    kept = found.revision
    with away(leaning.database):
        refused = found.save("Pendant la panne")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
        assert refused.json()["request"] == refused.headers["X-Request-Id"]
        page = found.page(f"/fiches/{found.sheet}")
        assert page.status == 503
        assert f"Référence à donner\u00a0: <code>{page.headers['X-Request-Id']}" in page.body.decode()
        ready = found.ask("GET", "/readyz")
        assert ready.status == 503
        assert ready.json()["parts"]["database"] == "away"
        assert ready.json()["parts"]["storage"] == "ok"
        assert found.ask("GET", "/healthz").status == 200
        assert b"recueil_database_up 0.0" in found.ask("GET", "/metrics").body
    found.until(lambda: found.page(f"/fiches/{found.sheet}/action").status == 200)
    assert "Avant la panne" in found.page(f"/fiches/{found.sheet}/action").body.decode()
    found.until(lambda: found.save("Après la panne").status == 200)
    assert found.revision == kept + 1
    found.until(lambda: found.ask("GET", "/readyz").status == 200)


def test_a_file_that_another_holds_for_too_long_is_said_and_then_works(
    served: Site, engine_name: str, monkeypatch: pytest.MonkeyPatch, make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    if engine_name != "sqlite":
        pytest.skip("SQLite only")
    monkeypatch.setattr("webapp.database.BUSY_SECONDS", 0.2)
    url = served.settings.database_url
    visitor = make_app(database_url=url, folder=tmp_path, secret_key=KEY, queue_url="").test_client(use_cookies=False)
    _method, path, body = served.save_request("Pendant qu’un autre écrit")
    headers = {**served.headers, "Content-Type": "application/json"}
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        held = visitor.patch(path, data=body, headers=headers)
        other.execute("ROLLBACK")
    assert (held.status_code, held.headers["Retry-After"]) == (503, "10")
    free = visitor.patch(path, data=body, headers=headers)
    assert free.status_code == 200
    served.revision = free.get_json()["revision"]


@contextmanager
def no_room(found: Site) -> Iterator[None]:
    """No file of its process may grow: as on a disk without room."""
    pid = found.server.process.pid
    room = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, room[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, room)


def test_a_full_disk_is_said_and_when_there_is_room_again_it_works(served: Site, engine_name: str) -> None:
    if engine_name != "sqlite":
        pytest.skip("SQLite only: PostgreSQL's disk is another machine's")
    assert served.save("Avant").status == 200
    kept = served.revision
    with no_room(served):
        refused = served.save("Sans place " + "x" * 5000)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
        assert served.page(f"/fiches/{served.sheet}").status == 200
    assert served.save("Avec de la place").status == 200
    assert served.revision == kept + 1


def test_a_file_that_finds_no_room_on_the_disk_is_said_and_goes_through_when_there_is(served: Site) -> None:
    send = served.begin_file(b"%PDF-1.4 " + b"x" * 5000)
    with no_room(served):
        refused = send()
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
    assert send().status == 200


def test_with_redis_away_saving_goes_on_and_guessing_does_not(leaning: Leaning) -> None:
    found = leaning.site
    assert found.save("Avant").status == 200
    with away(leaning.queue):
        assert found.save("Sans Redis").status == 200
        assert found.page(f"/fiches/{found.sheet}").status == 200
        assert found.ask("GET", "/readyz").json()["parts"]["queue"] == "away"
        assert guesses(found, found) == [422] * 10 + [429]
    found.until(lambda: found.ask("GET", "/readyz").status == 200)
    assert found.save("Avec Redis").status == 200


def guesses(*sites: Site) -> list[int]:
    """One guess more than an account bears, in turns, from a machine and at an account that nobody else has tried."""
    form = urlencode({"email": f"{uuid4()}@exemple.example", "password": "au hasard"})
    machine = f"2001:db8::{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": machine}
    answers = []
    for number in range(11):
        found = sites[number % len(sites)]
        answers.append(found.ask("POST", "/connexion", form, **headers, **found.headers).status)
    return answers


def test_all_processes_count_guesses_together(leaning: Leaning, under: Ground, tmp_path: Path) -> None:
    if leaning.queue is None:
        pytest.skip("PostgreSQL and Redis only: several processes count together by Redis")
    queue = f"{databases.REDIS}/9"
    with site(under, tmp_path, **COUNTING, RECUEIL_QUEUE_URL=queue) as other:
        # A site that has just lost Redis counts by itself for a while, and comes back to it.
        leaning.site.until(lambda: guesses(leaning.site, other) == [422] * 10 + [429])


def test_files_that_can_not_be_kept_are_said_and_saving_goes_on(leaning: Leaning) -> None:
    found = leaning.site
    send = found.begin_file(b"%PDF-1.4 " + b"x" * 2000)
    with away(leaning.files):
        assert found.save("Les réponses ne sont pas des fichiers").status == 200
        assert found.ask("GET", "/readyz").json()["parts"]["storage"] == "away"
        refused = send()
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
    found.until(lambda: send().status == 200)
    assert found.ask("GET", "/readyz").json()["parts"]["storage"] == "ok"


def test_told_to_stop_it_says_so_first_and_ends_what_was_asked(under: Ground, tmp_path: Path) -> None:
    with site(under, tmp_path) as found:
        method, path, body = found.save_request("Pendant l’arrêt")
        sent = {**found.headers, "Content-Type": "application/json", "Content-Length": str(len(body.encode()))}
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in sent.items()) + "\r\n"
        with found.socket() as line:
            line.sendall(head.encode() + body.encode()[:20])
            found.until(lambda: found.ask("GET", "/healthz").status == 200)
            found.server.process.send_signal(signal.SIGTERM)
            found.until(lambda: found.ask("GET", "/readyz").status == 503)
            line.sendall(body.encode()[20:])
            answer = b""
            while piece := line.recv(65536):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:300]
        assert found.server.process.wait(timeout=120) == 0

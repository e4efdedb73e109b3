"""At the edges: slow clients, broken requests, and each of the machines that the service leans on taken away."""

import json
import os
import re
import resource
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from tests import databases
from tests.servers import Wire, free_port
from tests.webapp.edges import Site, site

HALF = b"POST /connexion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def wire_to(address: str) -> Wire:
    parts = urlsplit(address)
    wire = Wire(parts.hostname or "127.0.0.1", parts.port or 5432)
    wire.mend()
    return wire


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("edges")) as found:
        yield found


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
    # 501 is how HTTP itself says that of an encoding which a server does not know.
    assert not answer or (found is not None and int(found[1]) in {*range(200, 500), 501}), answer[:200]
    assert not answer or b"Content-Security-Policy: " in answer, answer[:200]
    assert b"Server:" not in answer
    assert served.page("/aide").status == 200


def test_the_database_stopped_nothing_acknowledged_is_lost_and_it_comes_back_by_itself(
    tmp_path: Path, engine_name: str
) -> None:
    if engine_name == "sqlite":
        pytest.skip("PostgreSQL only: SQLite is a file")
    wire = wire_to(databases.POSTGRESQL)
    with site(tmp_path, wire=wire) as found:
        assert found.save("Avant la panne").status == 200
        kept = found.revision
        wire.cut()
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
        wire.mend()
        found.until(lambda: found.save("Après la panne").status == 200)
        assert found.revision == kept + 1
        assert found.ask("GET", "/readyz").status == 200
    wire.cut()


def test_a_file_that_another_holds_for_too_long_is_said_and_then_works(
    tmp_path: Path, engine_name: str, monkeypatch: pytest.MonkeyPatch, make_app: Callable[..., Flask]
) -> None:
    if engine_name != "sqlite":
        pytest.skip("SQLite only")
    monkeypatch.setattr("webapp.database.BUSY_SECONDS", 0.2)
    with site(tmp_path) as found:
        visitor = make_app(
            database_url=found.settings.database_url,
            folder=tmp_path,
            secret_key=found.settings.secret_key,
            queue_url="",
        ).test_client(use_cookies=False)
        _method, path, body = found.save_request("Pendant qu’un autre écrit")
        headers = {**found.headers, "Content-Type": "application/json"}
        with sqlite3.connect(found.settings.database.removeprefix("sqlite:///"), isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            held = visitor.patch(path, data=body, headers=headers)
            other.execute("ROLLBACK")
        other.close()
        assert (held.status_code, held.headers["Retry-After"]) == (503, "10")
        assert visitor.patch(path, data=body, headers=headers).status_code == 200


def test_a_full_disk_is_said_and_when_there_is_room_again_it_works(tmp_path: Path, engine_name: str) -> None:
    if engine_name != "sqlite":
        pytest.skip("SQLite only: PostgreSQL's disk is another machine's")
    with site(tmp_path) as found:
        assert found.save("Avant").status == 200
        kept, pid = found.revision, found.server.process.pid
        room = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        # No file of this process may grow: as on a disk without room.
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, room[1]))
        refused = found.save("Sans place " + "x" * 5000)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
        assert found.page(f"/fiches/{found.sheet}").status == 200
        resource.prlimit(pid, resource.RLIMIT_FSIZE, room)
        assert found.save("Avec de la place").status == 200
        assert found.revision == kept + 1


def test_with_redis_away_saving_goes_on_and_guessing_does_not(tmp_path: Path) -> None:
    wire = wire_to(databases.REDIS)
    queue = f"redis://127.0.0.1:{wire.port}/9"
    with site(tmp_path, queue=queue, RECUEIL_RATE_LIMITS="true") as found:
        assert found.save("Avant").status == 200
        wire.cut()
        assert found.save("Sans Redis").status == 200
        assert found.page(f"/fiches/{found.sheet}").status == 200
        assert found.ask("GET", "/readyz").json()["parts"]["queue"] == "away"
        account = f"{free_port()}@exemple.example"
        guesses = [_guess(found, account) for _ in range(11)]
        assert guesses == [422] * 10 + [429]
        wire.mend()
        found.until(lambda: found.ask("GET", "/readyz").status == 200)
        assert found.save("Avec Redis").status == 200
    wire.cut()


def _guess(found: Site, account: str) -> int:
    form = urlencode({"email": account, "password": "au hasard"})
    typed = "application/x-www-form-urlencoded"
    return found.ask("POST", "/connexion", form, Content_Type=typed, **found.headers).status


def test_all_processes_count_guesses_together(tmp_path: Path) -> None:
    queue = f"{databases.REDIS}/10"
    limits = {"RECUEIL_RATE_LIMITS": "true"}
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with site(tmp_path / "one", queue=queue, **limits) as one, site(tmp_path / "two", queue=queue, **limits) as two:
        account = f"{free_port()}-{os.getpid()}@exemple.example"
        assert [_guess((one, two)[number % 2], account) for number in range(11)] == [422] * 10 + [429]


def test_files_that_can_not_be_kept_are_said_and_saving_goes_on(tmp_path: Path) -> None:
    refusing = {
        "RECUEIL_STORAGE": "s3://fichiers/recueil",
        "AWS_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "fr",
    }
    with site(tmp_path, **refusing) as found:
        assert found.save("Les réponses ne sont pas des fichiers").status == 200
        assert found.ask("GET", "/readyz").json()["parts"]["storage"] == "away"
        content = b"%PDF-1.4 " + b"x" * 2000
        said = {"question": "files", "name": "affiche.pdf", "size": len(content)}
        path = f"/fiches/{found.sheet}/pieces"
        begun = found.ask("POST", path, json.dumps(said), Content_Type="application/json", **found.headers)
        assert begun.status == 201, begun.body
        path = f"{path}/{begun.json()['upload']}"
        span = f"bytes 0-{len(content) - 1}/{len(content)}"
        kept = found.ask("PUT", path, content, Content_Range=span, **found.headers)
        assert (kept.status, kept.headers["Retry-After"]) == (503, "10")


def test_told_to_stop_it_says_so_first_and_ends_what_was_asked(tmp_path: Path) -> None:
    with site(tmp_path) as found:
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
        assert found.server.process.wait(timeout=30) == 0

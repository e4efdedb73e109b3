"""Files that come in pieces: gone on with after any cut, joined once, refused without a trace."""

import errno
import hashlib
import io
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from forms.lifecycle import Move
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import CentreFactory, UploadFactory, person
from tests.page_forms import form_on
from tests.signing import sign_in, token_of
from tests.webapp.sheet_visits import COMPLETE, VERSION, again, draft, member
from webapp import storage, worker
from webapp.blueprints.sheets.pieces import FIRST_PIECE, LARGEST_PIECE
from webapp.clock import now
from webapp.config import settings_of
from webapp.database import db
from webapp.models import Attachment, Sheet, Upload
from webapp.policy import OPERATOR
from webapp.services import attachments, pieces
from webapp.services import sheets as services
from webapp.services.uploads import LARGEST
from webapp.vocabulary import RoleName

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n" + random.Random(46).randbytes(200_000)


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def sheet(client: PageClient) -> Sheet:
    """A draft that may be sent, of a centre whose responsable has signed in."""
    centre = CentreFactory()
    member(client, centre)
    return draft(centre, **COMPLETE)


@pytest.fixture
def folder(app: Flask) -> Path:
    """Where pieces wait on the disk."""
    files = settings_of(app).files
    if files.startswith("s3:"):
        pytest.skip("what S3 does when it is away is asked in test_edges.py")
    return Path(files) / "uploads"


def waiting(upload: str) -> list[str]:
    """The pieces that wait, by their keys."""
    return sorted(found.key for found in storage.listed(f"uploads/{UUID(upload).hex}"))


def photograph(side: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "JPEG", exif=Image.Exif())
    return out.getvalue()


class Sender:
    """A script that sends files to a sheet."""

    def __init__(self, client: PageClient, sheet: Sheet) -> None:
        self.client, self.path = client, f"/fiches/{sheet.id}/pieces"

    def ask(self, method: str, path: str = "", **details: Any) -> TestResponse:
        headers = {"X-CSRFToken": token_of(self.client), "Accept": "application/json", **details.pop("headers", {})}
        return self.client.open(self.path + path, method=method, headers=headers, **details)

    def announces(self, content: bytes = PDF, name: str = "article.pdf", **more: Any) -> TestResponse:
        said = {"question": "files", "name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        return self.ask("POST", json=said | more)

    def begins(self, content: bytes = PDF, name: str = "article.pdf", **more: Any) -> str:
        answer = self.announces(content, name, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["upload"])

    def puts(self, upload: str, content: bytes, start: int, end: int) -> TestResponse:
        span = {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}
        return self.ask("PUT", f"/{upload}", data=content[start:end], headers=span)

    def sends(self, upload: str, content: bytes = PDF, *ends: int) -> None:
        """Every piece up to these places, or the whole."""
        for start, end in zip((0, *ends), ends or (len(content),), strict=False):
            assert self.puts(upload, content, start, end).get_json() == {"received": end}

    def finishes(self, upload: str, **words: str) -> TestResponse:
        return self.ask("POST", f"/{upload}/fin", json=words)


@pytest.fixture
def sender(client: PageClient, sheet: Sheet) -> Sender:
    return Sender(client, sheet)


def message(answer: TestResponse) -> str:
    return str(answer.get_json()["message"])


def test_a_file_comes_in_pieces_and_is_joined_byte_for_byte(sender: Sender, client: PageClient, sheet: Sheet) -> None:
    answer = sender.announces()
    assert answer.status_code == 201
    said = answer.get_json()
    assert (said["received"], said["size"], said["piece"]) == (0, len(PDF), FIRST_PIECE)
    upload = said["upload"]
    sender.sends(upload, PDF, 70_000, 130_000, len(PDF))
    assert "files" not in again(sheet).answers
    done = sender.finishes(upload, caption="  Dans le journal ")
    assert done.status_code == 200
    (file,) = again(sheet).answers["files"]
    assert done.get_json() == {"file": file, "question": "files", "revision": sheet.revision, "seen": _mark(sheet)}
    assert (file["name"], file["caption"]) == ("article.pdf", "Dans le journal")
    assert client.get(f"/fiches/{sheet.id}/pieces/{file['id']}").data == PDF
    assert "a joint un fichier" in client.get(f"/fiches/{sheet.id}").text


def _mark(sheet: Sheet) -> str:
    return services.mark_of(sheet.answers["files"], sheet.unparsed.get("files"))


def test_the_mark_is_the_one_of_the_page(sender: Sender, client: PageClient, sheet: Sheet) -> None:
    upload = sender.begins()
    sender.sends(upload)
    mark = sender.finishes(upload).get_json()["seen"]
    assert f"files:{mark}" in form_on(client.get(f"/fiches/{sheet.id}/pieces")).values("_seen")


def test_the_pieces_go_when_the_file_is_joined(sender: Sender) -> None:
    upload = sender.begins()
    sender.sends(upload, PDF, 70_000, len(PDF))
    assert [key.rpartition("/")[2] for key in waiting(upload)] == ["00000000-00070000", f"00070000-{len(PDF):08d}"]
    assert sender.finishes(upload).status_code == 200
    assert waiting(upload) == []


class TestAfterACut:
    """Whatever did not arrive is sent again; whatever did is not."""

    def test_the_same_file_chosen_again_goes_on_from_where_it_was(self, sender: Sender) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000)
        answer = sender.announces()
        assert answer.status_code == 200
        assert (answer.get_json()["upload"], answer.get_json()["received"]) == (upload, 70_000)

    @pytest.mark.parametrize("other", [{"name": "autre.pdf"}, {"size": len(PDF) + 1}, {"sha256": "0" * 64}])
    def test_another_file_begins_by_itself(self, sender: Sender, other: dict[str, Any]) -> None:
        upload = sender.begins()
        answer = sender.announces(**other)
        assert answer.status_code == 201
        assert answer.get_json()["upload"] != upload

    def test_without_a_fingerprint_name_and_size_tell(self, sender: Sender) -> None:
        upload = sender.begins(sha256=None)
        assert sender.announces(sha256=None).get_json()["upload"] == upload

    def test_a_piece_that_comes_twice_is_kept_once(self, sender: Sender, sheet: Sheet, client: PageClient) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000, 130_000)
        assert sender.puts(upload, PDF, 70_000, 130_000).get_json() == {"received": 130_000}
        assert sender.puts(upload, PDF, 0, 10).get_json() == {"received": 130_000}
        # Sent again in another size: what is new of it counts.
        assert sender.puts(upload, PDF, 100_000, len(PDF)).get_json() == {"received": len(PDF)}
        file = sender.finishes(upload).get_json()["file"]
        assert client.get(f"{sender.path}/{file['id']}").data == PDF

    def test_a_gap_is_told_with_the_place_to_go_on_from(self, sender: Sender) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000)
        answer = sender.puts(upload, PDF, 130_000, len(PDF))
        assert answer.status_code == 409
        assert answer.get_json()["received"] == 70_000
        early = sender.finishes(upload)
        assert early.status_code == 409
        assert early.get_json()["received"] == 70_000
        sender.sends(upload, PDF, 70_000, len(PDF))

    def test_how_far_it_is_can_be_asked(self, sender: Sender) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000)
        assert sender.ask("GET", f"/{upload}").get_json() == {"received": 70_000, "size": len(PDF)}
        assert sender.ask("HEAD", f"/{upload}").headers["Upload-Offset"] == "70000"

    def test_an_offset_says_where_a_piece_begins_too(self, sender: Sender) -> None:
        upload = sender.begins()
        assert sender.ask("PUT", f"/{upload}?offset=0", data=PDF[:9]).get_json() == {"received": 9}

    def test_finishing_twice_joins_once(self, sender: Sender, sheet: Sheet) -> None:
        upload = sender.begins()
        sender.sends(upload)
        first = sender.finishes(upload, caption="Dans le journal").get_json()
        assert sender.finishes(upload, caption="Autre chose").get_json() == first
        assert len(again(sheet).answers["files"]) == 1
        assert db.session.query(Attachment).count() == 1

    def test_pieces_that_the_storage_has_lost_are_asked_for_again(self, sender: Sender, client: PageClient) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000, len(PDF))
        storage.delete(waiting(upload)[0])
        answer = sender.finishes(upload)
        assert (answer.status_code, answer.get_json()["received"]) == (409, 0)
        sender.sends(upload)
        file = sender.finishes(upload).get_json()["file"]
        assert client.get(f"{sender.path}/{file['id']}").data == PDF


class TestRefusedBeforeAByteIsSent:
    """What can be known from the announcement is said at once."""

    def test_an_empty_file(self, sender: Sender) -> None:
        answer = sender.announces(b"")
        assert answer.status_code == 422
        assert "est vide" in message(answer)

    @pytest.mark.parametrize("size", [LARGEST + 1, 10**15])
    def test_one_too_large(self, sender: Sender, size: int) -> None:
        answer = sender.announces(size=size)
        assert answer.status_code == 413
        assert "réduisez-le à 15,0\u00a0Mo" in message(answer)

    def test_one_more_than_the_question_takes(self, sender: Sender, sheet: Sheet) -> None:
        kind: Any = VERSION.question("files").kind
        again(sheet).answers = sheet.answers | {"files": [kind.sample(number)[0] for number in range(kind.max_files)]}
        db.session.commit()
        answer = sender.announces()
        assert answer.status_code == 409
        assert "déjà 20 fichiers" in message(answer)

    def test_one_for_a_question_that_takes_none(self, sender: Sender) -> None:
        assert sender.announces(question="title").status_code == 422

    @pytest.mark.parametrize(("content", "name"), [(PDF, "article.pdf"), (photograph(), "photo.jpg")])
    def test_one_that_is_joined_already_though_a_picture_is_kept_otherwise(
        self, sender: Sender, content: bytes, name: str, client: PageClient, sheet: Sheet
    ) -> None:
        upload = sender.begins(content, name)
        sender.sends(upload, content)
        file = sender.finishes(upload).get_json()["file"]
        answer = sender.announces(content, f"copie de {name}")
        assert answer.status_code == 409
        assert "déjà joint" in message(answer)
        attachments.remove(UUID(file["id"]), actor=OPERATOR, at=TODAY)
        assert sender.announces(content, name).status_code == 201

    def test_any_for_a_sheet_that_was_sent(self, sender: Sender, sheet: Sheet) -> None:
        services.move(sheet.id, Move.SEND, actor=OPERATOR, at=TODAY)
        answer = sender.announces()
        assert answer.status_code == 409
        assert "envoyée" in message(answer)

    @pytest.mark.parametrize(
        "wrong", [{"size": "12"}, {"size": True}, {"size": 10**30}, {"name": 3}, {"sha256": "abc"}, {"sha256": 3}]
    )
    def test_an_announcement_that_says_nothing(self, sender: Sender, wrong: dict[str, Any]) -> None:
        assert sender.announces(**wrong).status_code == 400


class TestRefusedAtTheEnd:
    """The server has the last word, by content; the sheet is as it was, and nothing waits any more."""

    @pytest.mark.parametrize(
        ("content", "name", "status", "said"),
        [
            (b"MZ\x90\x00 a program" * 100, "photo.png", 415, "pas accepté"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.png", 415, "pas accepté"),
            (photograph()[:-200], "photo.jpg", 422, "abîmée"),
        ],
        ids=["program", "svg", "damaged"],
    )
    def test_a_file_that_is_none_of_those_accepted(
        self, sender: Sender, sheet: Sheet, content: bytes, name: str, status: int, said: str
    ) -> None:
        before = again(sheet).revision
        upload = sender.begins(content, name)
        sender.sends(upload, content)
        answer = sender.finishes(upload)
        assert answer.status_code == status
        assert said in message(answer)
        assert (again(sheet).revision, "files" in sheet.answers) == (before, False)
        assert waiting(upload) == []
        assert db.session.query(Upload).count() == db.session.query(Attachment).count() == 0
        assert sender.finishes(upload).status_code == 404

    def test_a_file_that_is_not_the_one_announced(self, sender: Sender, sheet: Sheet) -> None:
        upload = sender.begins(PDF, sha256="0" * 64)
        sender.sends(upload)
        answer = sender.finishes(upload)
        assert answer.status_code == 422
        assert "a changé" in message(answer)
        assert "files" not in again(sheet).answers

    def test_a_file_that_was_joined_otherwise_meanwhile(self, sender: Sender, sheet: Sheet) -> None:
        upload = sender.begins()
        sender.sends(upload)
        attachments.add(sheet.id, "files", name="article.pdf", content=PDF, actor=OPERATOR, at=TODAY)
        answer = sender.finishes(upload)
        assert answer.status_code == 409
        assert "déjà joint" in message(answer)
        assert len(again(sheet).answers["files"]) == 1

    def test_a_sheet_that_was_sent_meanwhile(self, sender: Sender, sheet: Sheet) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000)
        services.move(sheet.id, Move.SEND, actor=OPERATOR, at=TODAY)
        assert sender.puts(upload, PDF, 70_000, len(PDF)).status_code == 409
        answer = sender.finishes(upload)
        assert answer.status_code == 409
        assert "envoyée" in message(answer)
        assert waiting(upload) == []
        assert "files" not in again(sheet).answers

    def test_words_that_cannot_be_kept_cost_no_byte(self, sender: Sender) -> None:
        upload = sender.begins()
        sender.sends(upload)
        for caption in ("x" * 501, "\x00"):
            assert sender.finishes(upload, caption=caption).status_code == 422
        assert sender.finishes(upload, caption="Dans le journal").status_code == 200


class TestAPiece:
    """What a piece must be."""

    def test_it_is_not_larger_than_a_megabyte(self, sender: Sender) -> None:
        content = PDF * 6
        upload = sender.begins(content)
        assert sender.puts(upload, content, 0, LARGEST_PIECE + 1).status_code == 413
        assert sender.puts(upload, content, 0, LARGEST_PIECE).get_json() == {"received": LARGEST_PIECE}

    def test_it_does_not_go_beyond_what_was_announced(self, sender: Sender) -> None:
        upload = sender.begins()
        answer = sender.ask("PUT", f"/{upload}?offset=0", data=PDF + b"more")
        assert answer.status_code == 422
        assert sender.ask("GET", f"/{upload}").get_json()["received"] == 0

    @pytest.mark.parametrize(
        "span", ["bytes 0-99/12", "bytes 5-10/*", "bytes */200", "lines 0-9/10", "bytes 9-0/3", "nothing"]
    )
    def test_it_says_where_it_belongs(self, sender: Sender, span: str) -> None:
        upload = sender.begins()
        assert sender.ask("PUT", f"/{upload}", data=PDF[:100], headers={"Content-Range": span}).status_code == 400
        assert sender.ask("PUT", f"/{upload}?offset=-1", data=PDF[:100]).status_code == 400
        assert sender.ask("PUT", f"/{upload}", data=PDF[:100]).status_code == 400


class TestWhose:
    """Only who began it goes on."""

    def test_a_colleague_neither_sees_nor_touches_it_and_sends_the_same_file_apart(
        self, sender: Sender, sheet: Sheet, make_client: Callable[[], PageClient]
    ) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000)
        colleague = Sender(make_client(), sheet)
        member(colleague.client, sheet.centre, RoleName.MEMBER)
        assert colleague.ask("GET", f"/{upload}").status_code == 404
        assert colleague.puts(upload, PDF, 70_000, len(PDF)).status_code == 404
        assert colleague.finishes(upload).status_code == 404
        assert colleague.ask("DELETE", f"/{upload}").status_code == 404
        assert colleague.begins() != upload
        assert sender.ask("GET", f"/{upload}").get_json()["received"] == 70_000

    def test_it_belongs_to_its_sheet(self, sender: Sender, sheet: Sheet, client: PageClient) -> None:
        upload = sender.begins()
        other = Sender(client, draft(sheet.centre, title="Le bal"))
        assert other.puts(upload, PDF, 0, 9).status_code == 404
        assert other.ask("GET", f"/{upload}").status_code == 404

    def test_those_who_may_not_write_are_told_as_everywhere(
        self, sender: Sender, sheet: Sheet, make_client: Callable[[], PageClient]
    ) -> None:
        upload = sender.begins()
        reviewer, neighbour, nobody = (Sender(make_client(), sheet) for _ in range(3))
        sign_in(reviewer.client, person(RoleName.REVIEWER, sheet.federation))
        member(neighbour.client, CentreFactory(federation=sheet.federation))
        for other, status in ((reviewer, 403), (neighbour, 404), (nobody, 401)):
            assert other.announces().status_code == status
            assert other.puts(upload, PDF, 0, 9).status_code == status
            assert other.finishes(upload).status_code == status
        assert nobody.announces().get_json()["message"]

    def test_without_the_token_nothing_is_taken(self, sender: Sender) -> None:
        assert sender.ask("POST", json={}, headers={"X-CSRFToken": ""}).status_code == 400


class TestRoom:
    """Nobody fills the disk, and nobody is kept from sending by what they have forgotten."""

    def test_cancelling_frees_it(self, sender: Sender) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000)
        assert sender.ask("DELETE", f"/{upload}").status_code == 204
        assert waiting(upload) == []
        assert sender.puts(upload, PDF, 70_000, len(PDF)).status_code == 404

    def test_a_file_that_is_joined_is_not_cancelled(self, sender: Sender, sheet: Sheet) -> None:
        upload = sender.begins()
        sender.sends(upload)
        first = sender.finishes(upload).get_json()
        assert sender.ask("DELETE", f"/{upload}").status_code == 204
        assert sender.finishes(upload).get_json() == first
        assert len(again(sheet).answers["files"]) == 1

    def test_beyond_the_most_the_one_left_longest_is_given_up(
        self, sender: Sender, sheet: Sheet, app: Flask, set_clock: SetClock
    ) -> None:
        begun = []
        for number in range(pieces.MOST_UNFINISHED):
            set_clock(TODAY + timedelta(seconds=number))
            begun.append(sender.begins(name=f"article {number}.pdf"))
        sender.sends(begun[0], PDF, 70_000)  # gone on with just now: the second one is the oldest
        sender.sends(begun[1], PDF, 70_000)
        db.session.get_one(Upload, UUID(begun[1])).updated_at = TODAY - timedelta(hours=1)
        db.session.commit()
        sender.begins(name="un de plus.pdf")
        assert sender.ask("GET", f"/{begun[1]}").status_code == 404
        assert waiting(begun[1]) == []
        assert sender.ask("GET", f"/{begun[0]}").get_json()["received"] == 70_000
        assert db.session.query(Upload).count() == pieces.MOST_UNFINISHED

    def test_the_bytes_of_one_person_are_counted_on_all_sheets(
        self, sender: Sender, sheet: Sheet, client: PageClient, app: Flask, set_clock: SetClock
    ) -> None:
        other = Sender(client, draft(sheet.centre, title="Le bal"))
        fitting = pieces.MOST_BYTES // LARGEST
        for number in range(fitting + 1):
            set_clock(TODAY + timedelta(seconds=number))
            other.begins(size=LARGEST, name=f"film {number}.pdf")
        sender.begins(size=LARGEST)
        left = db.session.query(Upload).all()
        assert sum(upload.size for upload in left) <= pieces.MOST_BYTES
        assert {upload.name for upload in left} == {"article.pdf"} | {f"film {n}.pdf" for n in range(2, fitting + 1)}

    def test_what_nobody_goes_on_with_is_given_up_after_a_week(
        self, sender: Sender, sheet: Sheet, app: Flask, set_clock: SetClock
    ) -> None:
        left, joined = sender.begins(), sender.begins(photograph(), "photo.jpg")
        sender.sends(left, PDF, 70_000)
        sender.sends(joined, photograph())
        assert sender.finishes(joined).status_code == 200
        db.session.commit()
        set_clock(TODAY + timedelta(days=7))
        worker.look_after(lambda _job: None, lambda: None)
        assert sender.ask("GET", f"/{left}").get_json()["received"] == 70_000
        db.session.commit()
        set_clock(TODAY + timedelta(days=7, seconds=1))
        worker.look_after(lambda _job: None, lambda: None)
        assert sender.ask("GET", f"/{left}").status_code == 404
        assert waiting(left) == []
        assert len(again(sheet).answers["files"]) == 1
        assert sender.announces(photograph(), "photo.jpg").status_code == 409, "what was joined is still known"


class TestADiskThatIsAway:
    """503, come back later, and nothing is lost."""

    def test_a_piece_is_not_acknowledged_and_the_others_stay(
        self, sender: Sender, folder: Path, client: PageClient
    ) -> None:
        upload = sender.begins()
        sender.sends(upload, PDF, 70_000)
        aside = folder.rename(folder.with_name(f"aside-{uuid4().hex}"))
        folder.write_text("a file where the folder was")
        try:
            answer = sender.puts(upload, PDF, 70_000, len(PDF))
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
        finally:
            folder.unlink()
            aside.rename(folder)
        assert sender.ask("GET", f"/{upload}").get_json()["received"] == 70_000
        sender.sends(upload, PDF, 70_000, len(PDF))
        file = sender.finishes(upload).get_json()["file"]
        assert client.get(f"{sender.path}/{file['id']}").data == PDF

    def test_a_file_that_could_not_be_stored_is_finished_later(
        self, sender: Sender, sheet: Sheet, folder: Path
    ) -> None:
        upload = sender.begins()
        sender.sends(upload)
        joined = folder.with_name("attachments")
        aside = joined.rename(joined.with_name(f"aside-{uuid4().hex}")) if joined.exists() else None
        joined.write_text("a file where the folder was")
        try:
            assert sender.finishes(upload).status_code == 503
        finally:
            joined.unlink()
            if aside:
                aside.rename(joined)
        assert "files" not in again(sheet).answers
        assert sender.finishes(upload).status_code == 200
        assert len(again(sheet).answers["files"]) == 1

    def test_pieces_that_cannot_be_thrown_away_keep_nobody_from_joining(
        self, sender: Sender, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(prefix: str) -> None:
            raise OSError(errno.EIO, prefix)

        upload = sender.begins()
        sender.sends(upload)
        monkeypatch.setattr(storage, "delete_under", away)
        assert sender.finishes(upload).status_code == 200
        assert len(again(sheet).answers["files"]) == 1


def waits_for(gate: threading.Barrier, act: Callable[..., None]) -> Callable[..., None]:
    def wait(*details: Any) -> None:
        gate.wait(timeout=20)
        act(*details)

    return wait


class TestAtOnce:
    """Requests that were thought lost, and arrive together."""

    def go(self, app: Flask, acts: list[Callable[[], Any]]) -> list[Any]:
        db.session.remove()
        gate, answers = threading.Barrier(len(acts)), []

        def run(act: Callable[[], Any]) -> None:
            with app.app_context():
                gate.wait()
                try:
                    answers.append(act())
                except Exception as failure:  # noqa: BLE001 (told by the test)
                    answers.append(failure)
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_pieces_of_several_sizes_make_the_file_as_it_was(
        self, app: Flask, sender: Sender, client: PageClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = sender.begins()
        id_ = UUID(upload)
        for start in range(0, len(PDF), 40_000):
            together = [PDF[start : start + size] for size in (10_000, 20_000, 40_000, 40_000)]
            acts = [partial(pieces.receive, id_, piece, start=start, at=now()) for piece in together]
            with monkeypatch.context() as slow:
                # All have read how far it is before any says that it is further.
                slow.setattr(storage, "put", waits_for(threading.Barrier(len(acts)), storage.put))
                answers = self.go(app, acts)
            assert all(isinstance(answer, int) for answer in answers), answers
            kept = sender.ask("GET", f"/{upload}").get_json()["received"]
            assert kept == max(answers), "what was acknowledged is never taken back"
            assert pieces.receive(id_, together[-1], start=start, at=now()) == start + len(together[-1])
        file = sender.finishes(upload).get_json()["file"]
        assert client.get(f"{sender.path}/{file['id']}").data == PDF

    def test_finished_several_times_it_is_joined_once_and_its_bytes_are_there(
        self, app: Flask, sender: Sender, sheet: Sheet, client: PageClient
    ) -> None:
        upload = sender.begins()
        sender.sends(upload)
        id_, sheet_id = UUID(upload), sheet.id
        before = {found.key for found in storage.listed("attachments")}
        answers = self.go(app, [lambda: pieces.finish(id_, actor=OPERATOR, at=now())] * 4)
        (file,) = {answer.file["id"] for answer in answers}
        assert [one["id"] for one in again(db.session.get_one(Sheet, sheet_id)).answers["files"]] == [file]
        assert client.get(f"{sender.path}/{file}").data == PDF
        assert db.session.query(Attachment).count() == 1
        assert len({found.key for found in storage.listed("attachments")} - before) == 1

    def test_while_the_disk_is_written_others_save(
        self, app: Flask, sender: Sender, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = sender.begins()
        put, saved = storage.put, []

        def slow(key: str, content: bytes) -> None:
            other = threading.Thread(target=save, daemon=True)
            other.start()
            other.join(timeout=10)
            saved.append(not other.is_alive())
            put(key, content)

        def save() -> None:
            with app.app_context():
                UploadFactory(sheet_id=sheet_id, user_id=user_id)
                db.session.remove()

        row = db.session.get_one(Upload, UUID(upload))
        sheet_id, user_id = row.sheet_id, row.user_id
        monkeypatch.setattr(storage, "put", slow)
        sender.sends(upload)
        assert sender.finishes(upload).status_code == 200
        assert saved == [True, True]

"""Files are kept the same in a folder and in S3, and a storage that is away is said as such."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.client import PageClient
from tests.factories import AttachmentFactory, CentreFactory, SheetFactory, person
from tests.object_server import ObjectServer, object_server
from tests.signing import sign_in
from webapp import create_app, storage
from webapp.config import Settings
from webapp.database import db
from webapp.vocabulary import RoleName

MakeApp = Callable[..., Flask]
BIG = os.urandom(1 << 20) * 13  # S3 takes it in several parts


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Each kind of place, by the value of its setting."""
    if request.param == "folder":
        return str(tmp_path / "files")
    for name, value in objects.environment.items():
        monkeypatch.setenv(name, value)
    return f"{objects.place}/{tmp_path.name}"


@pytest.fixture
def stored(place: str, tmp_path: Path) -> Iterator[None]:
    """An application that keeps its files there."""
    with create_app(Settings(folder=tmp_path, storage=place)).app_context():
        yield


@pytest.mark.usefixtures("stored")
def test_what_was_kept_comes_back_whole_or_in_pieces(tmp_path: Path) -> None:
    storage.put("a/1", b"one")
    (tmp_path / "big").write_bytes(BIG)
    storage.put_file("a/2", tmp_path / "big")
    assert storage.get("a/1") == b"one"
    assert storage.get("a/2") == BIG
    assert b"".join(storage.stream("a/2")) == BIG
    storage.put("a/1", b"another")
    assert storage.get("a/1") == b"another"


@pytest.mark.usefixtures("stored")
def test_what_is_not_there_is_said_at_once() -> None:
    with pytest.raises(storage.FileMissing):
        storage.get("a/none")
    with pytest.raises(storage.FileMissing):
        storage.stream("a/none")
    storage.delete("a/none")
    storage.delete_under("none")


@pytest.mark.usefixtures("stored")
def test_what_is_deleted_is_gone_and_nothing_beside_it() -> None:
    for key in ("a/1", "a/b/2", "ab/3"):
        storage.put(key, key.encode())
    storage.delete("a/1")
    with pytest.raises(storage.FileMissing):
        storage.get("a/1")
    storage.delete_under("a")
    with pytest.raises(storage.FileMissing):
        storage.get("a/b/2")
    assert storage.get("ab/3") == b"ab/3"


@pytest.mark.parametrize(
    "wrong", [{"AWS_SECRET_ACCESS_KEY": "another"}, {"bucket": "nowhere"}], ids=["keys", "no bucket"]
)
def test_a_storage_that_refuses_is_away_and_loses_no_file(
    wrong: dict[str, str], objects: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (objects.environment | wrong).items():
        monkeypatch.setenv(name, value)
    place = f"s3://{wrong.get('bucket', 'fiches')}/essais"
    with create_app(Settings(folder=tmp_path, storage=place)).app_context():
        acts: list[Callable[[], Any]] = [
            lambda: storage.put("a", b"a"),
            lambda: storage.get("a"),
            lambda: storage.stream("a"),
            lambda: storage.delete_under("a"),
        ]
        for act in acts:
            with pytest.raises(OSError, match=r"\[Errno 5\]"):
                act()


def test_a_page_that_needs_a_file_says_that_the_storage_is_away(
    app: Flask, make_app: MakeApp, client: PageClient, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (objects.environment | {"AWS_SECRET_ACCESS_KEY": "another"}).items():
        monkeypatch.setenv(name, value)
    centre = CentreFactory()
    attachment = AttachmentFactory(sheet=SheetFactory(centre=centre))
    sheet_id, file_id = attachment.sheet_id, attachment.id
    sign_in(client, person(RoleName.RESPONSIBLE, centre))
    cookie = client.get_cookie("recueil")
    db.session.commit()
    assert cookie is not None
    visitor = make_app(storage=objects.place).test_client()
    visitor.set_cookie("recueil", cookie.value)
    answer = visitor.get(f"/fiches/{sheet_id}/pieces/{file_id}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")

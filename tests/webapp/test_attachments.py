"""Files joined to a sheet: received with their words, refused in place, handed to those who may read them."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PIL import Image, ImageFile

from forms.lifecycle import SheetState
from forms.values import Refused
from tests.client import PageClient
from tests.clock import SetClock
from tests.factories import CentreFactory, FunderFactory, address, person
from tests.page_forms import form_on
from tests.signing import post, sign_in
from tests.webapp.sheet_visits import COMPLETE, again, draft, member, step
from webapp import storage
from webapp.database import db
from webapp.models import Attachment, Sheet
from webapp.policy import OPERATOR
from webapp.services import sheets as services
from webapp.services import uploads
from webapp.vocabulary import RoleName, Sharing

TODAY = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
JOIN, SAVE = "Joindre ce fichier", "Enregistrer"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def today(set_clock: SetClock) -> None:
    set_clock(TODAY)


@pytest.fixture
def sheet(client: PageClient) -> Sheet:
    """A draft that may be sent, of a centre whose responsable has signed in."""
    centre = CentreFactory()
    member(client, centre)
    return draft(centre, **COMPLETE)


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def office(part: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, "<x/>")
    return out.getvalue()


def open_document() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    return out.getvalue()


def photograph() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A] = 6, "Marque", 72.0
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def join(client: PageClient, sheet: Sheet, content: bytes, name: str, button: str = JOIN, **words: str) -> object:
    form = step(client, sheet, "pieces").attach("files-new", io.BytesIO(content), name)
    return form.fill_in({f"files-new-{key}": text for key, text in words.items()}).press(client, button)


def joined(client: PageClient, sheet: Sheet, content: bytes, name: str, **words: str) -> Attachment:
    before = {row.id for row in db.session.query(Attachment)}
    response = join(client, sheet, content, name, **words)
    assert response.status_code == 303, response.text  # type: ignore[attr-defined]
    (row,) = [row for row in db.session.query(Attachment) if row.id not in before]
    return row


def test_a_picture_is_joined_with_its_words(client: PageClient, sheet: Sheet) -> None:
    row = joined(client, sheet, picture(), "l'affiche d'été.PNG", caption="L’affiche", alt="Un soleil vert")
    (file,) = again(sheet).answers["files"]
    assert (file["id"], file["caption"], file["alt"]) == (str(row.id), "L’affiche", "Un soleil vert")
    assert (file["media_type"], file["width"], file["height"]) == ("image/png", 40, 30)
    page = client.get(f"/fiches/{sheet.id}/pieces")
    assert form_on(page).values("files-0-caption") == ["L’affiche"]
    assert form_on(page).values("files-0-alt") == ["Un soleil vert"]
    assert f"/fiches/{sheet.id}/pieces/{row.id}" in page.text
    recap = client.get(f"/fiches/{sheet.id}/verification").text
    assert 'alt="Un soleil vert"' in recap


@pytest.mark.parametrize(
    ("content", "name", "kept", "media_type"),
    [
        (picture("JPEG"), "photo.txt", "photo.jpg", "image/jpeg"),
        (picture("WEBP"), "photo", "photo.webp", "image/webp"),
        (PDF, "article.pdf", "article.pdf", "application/pdf"),
        (office("word/document.xml"), "bilan.zip", "bilan.docx", DOCX),
        (picture(), "../../etc/passwd.png", "passwd.png", "image/png"),
        (picture(), "photo\x00.png", "fichier.png", "image/png"),
    ],
    ids=["jpeg", "webp", "pdf", "office", "path", "unreadable"],
)
def test_the_content_says_what_a_file_is(
    client: PageClient, sheet: Sheet, content: bytes, name: str, kept: str, media_type: str
) -> None:
    row = joined(client, sheet, content, name)
    assert row.media_type == media_type
    assert row.name == kept
    assert row.storage_key == f"attachments/{row.id.hex[:2]}/{row.id.hex}"


@pytest.mark.parametrize(
    ("content", "name", "status", "said"),
    [
        (b"", "vide.png", 422, "Ce fichier est vide"),
        (b"MZ\x90\x00 a program", "photo.png", 415, "Ce type de fichier n’est pas accepté"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "logo.svg", 415, "pas accepté"),
        (b"<html><script>1</script></html>", "page.pdf", 415, "pas accepté"),
        (b"\x89PNG\r\n\x1a\n broken", "photo.png", 415, "pas accepté"),
        (b"%PDF-1.7" + b" " * uploads.LARGEST, "gros.pdf", 413, "réduisez-le"),
    ],
    ids=["empty", "program", "svg", "html", "broken", "large"],
)
def test_a_file_that_is_refused_leaves_the_sheet_as_it_was_and_the_words_in_place(
    client: PageClient, sheet: Sheet, content: bytes, name: str, status: int, said: str
) -> None:
    joined(client, sheet, picture(), "affiche.png", caption="L’affiche")
    revision = again(sheet).revision
    form = step(client, sheet, "pieces").attach("files-new", io.BytesIO(content), name)
    form.fill_in({"files-new-caption": "La fête", "files-new-alt": "Des gens", "files-0-caption": "Autre légende"})
    response = form.press(client, JOIN)
    assert response.status_code == status
    assert said in response.text
    assert 'id="files-new-error"' in response.text
    shown = form_on(response)
    assert shown.values("files-new-caption") == ["La fête"]
    assert shown.values("files-new-alt") == ["Des gens"]
    assert shown.values("files-0-caption") == ["Autre légende"]
    assert again(sheet).revision == revision
    assert db.session.query(Attachment).count() == 1


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_half_a_picture_is_refused_where_the_printing_library_was_loaded_too(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as importing weasyprint does
    whole = picture(form, size=(400, 300))
    with pytest.raises(Refused, match="abîmée"):
        uploads.examine("photo", whole[: len(whole) // 2])


@pytest.mark.filterwarnings("ignore")  # Pillow tells of what it leaves out
@pytest.mark.parametrize("whole", [open_document(), photograph()], ids=["office", "picture"])
def test_a_file_with_any_byte_wrong_is_taken_or_refused_and_breaks_nothing(whole: bytes) -> None:
    answers = set()
    for place in range(len(whole)):
        for byte in (0, 0xFF, whole[place] ^ 1):
            damaged = whole[:place] + bytes([byte]) + whole[place + 1 :]
            try:
                answers.add(uploads.examine("fichier", damaged).media_type)
            except Refused as refused:
                answers.add(type(refused).__name__)
    assert len(answers) > 1


def test_a_picture_of_too_many_pixels_is_refused(
    client: PageClient, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_PIXELS", 1000)
    response = join(client, sheet, picture(size=(40, 30)), "photo.png")
    assert response.status_code == 413  # type: ignore[attr-defined]
    assert "trop de pixels" in response.text  # type: ignore[attr-defined]


def test_the_same_file_is_not_joined_twice(client: PageClient, sheet: Sheet) -> None:
    joined(client, sheet, picture(), "affiche.png")
    response = join(client, sheet, picture(), "copie.png", caption="La même")
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert "déjà joint" in response.text  # type: ignore[attr-defined]
    assert form_on(response).values("files-new-caption") == ["La même"]  # type: ignore[arg-type]
    assert len(again(sheet).answers["files"]) == 1


def test_words_without_a_file_are_not_lost(client: PageClient, sheet: Sheet) -> None:
    form = step(client, sheet, "pieces").fill_in({"files-new-caption": "La fête"})
    response = form.press(client, SAVE)
    assert response.status_code == 422
    assert "Choisissez aussi le fichier" in response.text
    assert form_on(response).values("files-new-caption") == ["La fête"]


def test_a_request_beyond_all_measure_is_answered_with_a_page(client: PageClient, sheet: Sheet) -> None:
    response = join(client, sheet, b"%PDF-1.7" + b" " * 18_000_000, "enorme.pdf")
    assert response.status_code == 413  # type: ignore[attr-defined]
    assert "L’envoi est trop lourd" in response.text  # type: ignore[attr-defined]
    assert "files" not in again(sheet).answers


def test_the_words_of_files_are_saved_with_the_step(client: PageClient, sheet: Sheet) -> None:
    joined(client, sheet, picture(), "affiche.png", caption="L’affiche")
    form = step(client, sheet, "pieces").fill_in({"files-0-caption": "", "files-0-alt": "Un soleil"})
    assert form.press(client, "Enregistrer et continuer").location == f"/fiches/{sheet.id}/verification"
    (file,) = again(sheet).answers["files"]
    assert "caption" not in file
    assert file["alt"] == "Un soleil"


def test_words_and_a_new_file_go_in_one_request(client: PageClient, sheet: Sheet) -> None:
    joined(client, sheet, picture(), "affiche.png", caption="L’affiche")
    form = step(client, sheet, "pieces").attach("files-new", io.BytesIO(PDF), "article.pdf")
    form.fill_in({"files-0-caption": "La grande affiche", "files-new-caption": "Dans le journal"})
    assert form.press(client, "Enregistrer et continuer").status_code == 303
    assert [file["caption"] for file in again(sheet).answers["files"]] == ["La grande affiche", "Dans le journal"]


def test_a_file_is_taken_off_and_the_words_of_the_others_stay(client: PageClient, sheet: Sheet) -> None:
    joined(client, sheet, picture(), "affiche.png")
    second = joined(client, sheet, PDF, "article.pdf")
    form = step(client, sheet, "pieces").fill_in({"files-1-caption": "Dans le journal"})
    response = form.press(client, "Retirer ce fichier (affiche.png)")
    assert response.location == f"/fiches/{sheet.id}/pieces#files"
    (file,) = again(sheet).answers["files"]
    assert (file["id"], file["caption"]) == (str(second.id), "Dans le journal")
    assert "a retiré un fichier" in client.get(f"/fiches/{sheet.id}").text


def test_the_file_of_another_sheet_is_not_taken_off(client: PageClient, sheet: Sheet) -> None:
    other = draft(sheet.centre, title="Le bal")
    row = joined(client, other, PDF, "article.pdf")
    for wanted in (str(row.id), "nothing"):
        response = post(client, f"/fiches/{sheet.id}/pieces", {"_remove_file": wanted})
        assert response.status_code == 422
    assert len(again(other).answers["files"]) == 1


def test_a_picture_without_a_description_keeps_the_sheet_from_being_sent(client: PageClient, sheet: Sheet) -> None:
    joined(client, sheet, picture(), "affiche.png")
    page = client.get(f"/fiches/{sheet.id}/verification").text
    assert "Décrivez l’image" in page
    assert f'href="/fiches/{sheet.id}/pieces#files-0-alt"' in page


def test_nothing_is_joined_to_a_sheet_that_was_sent(client: PageClient, sheet: Sheet) -> None:
    form = step(client, sheet, "pieces").attach("files-new", io.BytesIO(PDF), "article.pdf")
    form.fill_in({"files-new-caption": "Dans le journal"})
    services.move(sheet.id, services.Move.SEND, actor=OPERATOR, at=TODAY)
    response = form.press(client, JOIN)
    assert response.status_code == 409
    assert db.session.query(Attachment).count() == 0


class TestHandingOut:
    """Files go to those who may read the sheet."""

    def test_a_picture_is_shown_and_anything_else_downloaded(self, client: PageClient, sheet: Sheet) -> None:
        affiche = joined(client, sheet, picture(), "affiche.png")
        article = joined(client, sheet, PDF, "l'été « 2026 ».pdf")
        shown = client.get(f"/fiches/{sheet.id}/pieces/{affiche.id}")
        assert shown.data == storage.get(affiche.storage_key)
        assert shown.headers["Content-Type"] == "image/png"
        assert shown.headers["Content-Disposition"].startswith("inline")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        fetched = client.get(f"/fiches/{sheet.id}/pieces/{article.id}")
        assert fetched.data == PDF
        assert fetched.headers["Content-Type"] == "application/pdf"
        assert fetched.headers["Content-Disposition"].startswith("attachment")
        assert "filename*=UTF-8''" in fetched.headers["Content-Disposition"]
        assert fetched.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_file_that_is_known_is_not_sent_again(self, client: PageClient, sheet: Sheet) -> None:
        row = joined(client, sheet, PDF, "article.pdf")
        address_ = f"/fiches/{sheet.id}/pieces/{row.id}"
        tag = client.get(address_).headers["ETag"]
        assert client.get(address_, headers={"If-None-Match": tag}).status_code == 304

    def test_a_lost_file_is_said_to_be_lost(self, client: PageClient, sheet: Sheet) -> None:
        row = joined(client, sheet, PDF, "article.pdf")
        storage.delete(row.storage_key)
        assert client.get(f"/fiches/{sheet.id}/pieces/{row.id}").status_code == 404

    def test_a_draft_s_file_is_the_centre_s_alone(
        self, client: PageClient, sheet: Sheet, make_client: Callable[[], PageClient]
    ) -> None:
        row = joined(client, sheet, PDF, "article.pdf")
        colleague, reviewer, neighbour = make_client(), make_client(), make_client()
        member(colleague, sheet.centre, RoleName.MEMBER)
        sign_in(reviewer, person(RoleName.REVIEWER, sheet.federation))
        member(neighbour, CentreFactory(federation=sheet.federation))
        address_ = f"/fiches/{sheet.id}/pieces/{row.id}"
        assert colleague.get(address_).status_code == 200
        assert reviewer.get(address_).status_code == 403
        assert neighbour.get(address_).status_code == 404
        assert make_client().get(address_).status_code == 404

    def test_readers_get_what_the_sent_sheet_shows_and_nothing_joined_since(
        self, client: PageClient, sheet: Sheet, make_client: Callable[[], PageClient]
    ) -> None:
        shown = joined(client, sheet, PDF, "article.pdf")
        services.move(sheet.id, services.Move.SEND, actor=OPERATOR, at=TODAY, sharing=Sharing.PUBLIC)
        again(sheet).state = SheetState.CHANGES_REQUESTED
        db.session.commit()
        later = joined(client, sheet, picture(), "affiche.png")
        again(sheet).state = SheetState.PUBLISHED
        funder = FunderFactory(federation=sheet.federation)
        address(sheet.campaign, funder)
        visitors = [make_client(), make_client(), make_client()]
        sign_in(visitors[0], person(RoleName.REVIEWER, sheet.federation))
        sign_in(visitors[1], person(RoleName.FUNDER, funder))
        for visitor in visitors:
            assert visitor.get(f"/fiches/{sheet.id}/pieces/{shown.id}").data == PDF
            assert visitor.get(f"/fiches/{sheet.id}/pieces/{later.id}").status_code == 404
        assert client.get(f"/fiches/{sheet.id}/pieces/{later.id}").status_code == 200

    def test_a_file_that_was_taken_off_stays_in_what_was_sent(self, client: PageClient, sheet: Sheet) -> None:
        row = joined(client, sheet, PDF, "article.pdf")
        services.move(sheet.id, services.Move.SEND, actor=OPERATOR, at=TODAY)
        again(sheet).state = SheetState.CHANGES_REQUESTED
        db.session.commit()
        step(client, sheet, "pieces").press(client, "Retirer ce fichier (article.pdf)")
        assert "files" not in again(sheet).answers
        assert f"/fiches/{sheet.id}/pieces/{row.id}" in client.get(f"/fiches/{sheet.id}/lecture").text
        assert client.get(f"/fiches/{sheet.id}/pieces/{row.id}").data == PDF

    def test_a_file_is_found_under_its_own_sheet_only(self, client: PageClient, sheet: Sheet) -> None:
        row = joined(client, sheet, PDF, "article.pdf")
        other = draft(sheet.centre, title="Le bal")
        assert client.get(f"/fiches/{other.id}/pieces/{row.id}").status_code == 404

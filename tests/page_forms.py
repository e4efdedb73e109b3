"""Forms as a browser without a script fills them in and sends them: what is on the page, and the button pressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from tests import page_tree

Button = tuple[str, str, str]
"""Name, value, words."""


@dataclass
class PageForm:
    """A form of a page: where it goes, (name, text) pairs as they stand, its buttons."""

    action: str
    pairs: list[tuple[str, str]]
    buttons: list[Button]
    multipart: bool = False
    files: dict[str, Any] = field(default_factory=dict)

    def values(self, name: str) -> list[str]:
        """The texts of the controls of that name."""
        return [text for own, text in self.pairs if own == name]

    def fill(self, **texts: str | list[str]) -> PageForm:
        """Type into controls, tick boxes: what was there under these names is replaced."""
        return self.fill_in(texts)

    def fill_in(self, texts: dict[str, str | list[str]]) -> PageForm:
        """The same for names that are no Python names. A control stays where it stands, as in a browser."""
        new = {
            name: [(name, one) for one in ([text] if isinstance(text, str) else text)] for name, text in texts.items()
        }
        placed: list[tuple[str, str]] = []
        for name, text in self.pairs:
            placed += new.pop(name, []) if name in texts else [(name, text)]
        self.pairs = placed + [pair for pairs in new.values() for pair in pairs]
        return self

    def attach(self, name: str, content: Any, file_name: str) -> PageForm:
        """Choose a file. content: a binary stream."""
        self.files[name] = (content, file_name)
        return self

    def press(self, client: FlaskClient, words: str = "", **details: Any) -> TestResponse:
        """Send the form by the button of these words, by the first one (the Enter key) without."""
        data: MultiDict[str, Any] = MultiDict(self.pairs)
        if self.buttons:
            name, value, _words = next(button for button in self.buttons if not words or button[2] == words)
            if name:
                data.add(name, value)
        elif words:
            raise LookupError(words)
        for file_field, file in self.files.items():
            data.add(file_field, FileStorage(*file))
        if self.multipart:
            # Encoded here: Werkzeug's own client leaves the temporary file of a large body open.
            boundary, body = encode_multipart(data)
            details |= {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
        response: TestResponse = client.post(self.action, **({"data": data} | details))
        return response


def form_on(response: TestResponse, action: str = "") -> PageForm:
    """The form of a page whose address ends so; without, the one in its main part."""
    root = page_tree.parse(response.text)
    main = next(element for element in root.iter() if element.tag == "main")
    for element in main.iter("form"):
        target = urljoin(response.request.path, element.get("action") or "")
        if target.endswith(action):
            return PageForm(
                target, list(_pairs(element)), list(_buttons(element)), "multipart" in (element.get("enctype") or "")
            )
    raise LookupError(f"no form {action} on {response.request.path}")


def _inside(form: Element) -> Iterator[Element]:
    """What stands in a form; templates hold nothing until a script takes it out."""
    for element in form:
        if element.tag != "template":
            yield element
            yield from _inside(element)


def _pairs(form: Element) -> Iterator[tuple[str, str]]:
    for control in _inside(form):
        name, kind = control.get("name"), control.get("type", "text")
        if not name or control.tag not in {"input", "select", "textarea"}:
            continue
        if control.tag == "textarea":
            # The parser has taken the first line break away, as browsers do.
            yield name, "".join(control.itertext())
        elif control.tag == "select":
            options = list(control.iter("option"))
            yield from ((name, option.get("value") or "") for option in (_selected(options)))
        elif kind in {"checkbox", "radio"}:
            if control.get("checked") is not None:
                yield name, control.get("value", "on")
        elif kind not in {"submit", "button", "file"}:
            yield name, control.get("value") or ""


def _selected(options: list[Element]) -> list[Element]:
    return [option for option in options if option.get("selected") is not None] or options[:1]


def _buttons(form: Element) -> Iterator[Button]:
    for button in _inside(form):
        if button.tag == "button" and button.get("type", "submit") == "submit":
            yield button.get("name") or "", button.get("value") or "", " ".join("".join(button.itertext()).split())

"""Answers as a page's script sends them: the texts of a question's controls, not the forms around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forms.steps import Pairs

MOST_CONTROLS = 2000
"""Controls of one question: a table with far more rows than any question takes."""


def pairs_of(question: str, said: Any) -> list[tuple[str, str]]:
    """What one question's controls hold, as a browser would post it.

    said: a text (the control named by the question's id), a list of texts (several choices under
    that name), or an object from what follows the id and a dash (« 0-name » of a table's row; « »
    is the control named by the id itself) to a text or a list of texts. None, [] and {}: nothing.
    Out: (control name, text) pairs. Raises ValueError for anything else.
    """
    found = list(_pairs(question, said))
    if len(found) > MOST_CONTROLS:
        raise ValueError(f"{question}: too many controls")
    return found


def _pairs(question: str, said: Any) -> Pairs:
    if said is None:
        return
    if not isinstance(said, dict):
        yield from ((question, text) for text in _texts(said))
        return
    for rest, texts in said.items():
        name = f"{question}-{rest}" if rest else question
        yield from ((name, text) for text in _texts(texts))


def _texts(said: Any) -> Iterator[str]:
    texts = [said] if isinstance(said, str) else said
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("not a text")
    yield from texts


def spliced(text: str, edit: Any) -> str | None:
    """A long text with one stretch replaced, so that a bad line carries only what was typed.

    text: with \\n as line end. edit: [from, how many, what stands there now, how long the whole is
    then], counted in Unicode characters. Out: the new text; None where the edit was made of another
    text (it doesn't fit, or the length is another one). Raises ValueError for what is no edit.
    """
    match edit:
        case [int(start), int(count), str(inserted), int(length)]:
            if not 0 <= start <= start + count <= len(text):
                return None
            whole = text[:start] + inserted + text[start + count :]
            return whole if len(whole) == length else None
    raise ValueError("not an edit")

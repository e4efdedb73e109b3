"""Logs say what the program does and never of whom: addresses, telephones, tokens and what was typed are taken out.

Of an exception its kind and the way through the code are said, not its message, which may quote what somebody wrote.
"""

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog

LEFT_OUT = "…"
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w-])(?:(?:\+|00)33[\s.()-]*(?:\(?0\)?)?|0)[1-9](?:[\s.\u00a0\u202f-]?\d{2}){4}(?![\w-])")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")
_QUERY = re.compile(r"\?[^\s\"'<>\\]*")
# What the databases quote of the values that they refuse.
_QUOTED = re.compile(r"(?s)(\[parameters: ).*|(DETAIL: ).*")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def without_personal(text: str) -> str:
    """The same without addresses, telephones, tokens, query strings and values that a database quotes."""
    text = _QUOTED.sub(lambda found: (found[1] or found[2]) + LEFT_OUT, text)
    for pattern in (_EMAIL, _QUERY, _PHONE, _TOKEN):
        text = pattern.sub(LEFT_OUT, text)
    return text


def without_tokens(text: str) -> str:
    """The same without what opens something: the tokens of mail links stand in addresses."""
    return _TOKEN.sub(LEFT_OUT, text)


def way_of(error: BaseException) -> str:
    """The kinds of an exception and of its causes, and the way through the code, without their messages."""
    lines: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        frames = traceback.extract_tb(one.__traceback__)
        steps = [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames]
        lines = [*steps, f"{type(one).__module__}.{type(one).__qualname__}", *lines]
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n".join(lines)


def processor(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """For structlog, in place of the formatting of exceptions."""
    error = _error_of(event.pop("exc_info", None))
    clean = {key: _clean(value) for key, value in event.items()}
    return clean if error is None else clean | {"exception": way_of(error)}


def _error_of(said: Any) -> BaseException | None:
    if said is True:
        return sys.exc_info()[1]
    if isinstance(said, tuple):
        return said[1] if isinstance(said[1], BaseException) else None
    return said if isinstance(said, BaseException) else None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_personal(value)
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value


def install() -> None:
    """Make every record of the standard library discreet as it is made, whoever handles it."""
    make = logging.getLogRecordFactory()
    if getattr(make, "discreet", False):
        return

    def made(*details: Any, **more: Any) -> logging.LogRecord:
        record = make(*details, **more)
        try:
            said = record.getMessage()
        except (TypeError, ValueError):
            said = str(record.msg)
        record.msg, record.args = without_personal(said), ()
        error = _error_of(record.exc_info)
        if error is not None:
            record.exc_text, record.exc_info = way_of(error), None
        return record

    made.discreet = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(made)

"""A web server with the one mistake that must never be made: it acknowledges an answer before it has committed it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from io import BytesIO
from typing import Any

from webapp import cli
from webapp.database import db

DELAY = 0.6  # seconds between the acknowledgement and the commit

_only_pretend: ContextVar[bool] = ContextVar("only_pretend", default=False)


def hasty(answer: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Answers a save at once, and saves a little later."""

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "PATCH":
            return answer(environ, start)
        body = environ["wsgi.input"].read()
        again = environ | {"wsgi.input": BytesIO(body)}
        threading.Timer(DELAY, lambda: b"".join(answer(again, lambda *_args: None))).start()
        token = _only_pretend.set(True)
        try:
            return [b"".join(answer(environ | {"wsgi.input": BytesIO(body)}, start))]
        finally:
            _only_pretend.reset(token)

    return application


def main() -> None:
    """What `recueil` does, with the mistake in it."""
    commit = db.session.commit
    db.session.commit = lambda: db.session.rollback() if _only_pretend.get() else commit()  # type: ignore[method-assign]
    made = cli.create_app

    def create_app(*args: Any, **kwargs: Any) -> Any:
        app = made(*args, **kwargs)
        app.wsgi_app = hasty(app.wsgi_app)
        return app

    cli.create_app = create_app
    cli.main()


if __name__ == "__main__":
    main()

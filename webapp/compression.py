"""Pages, styles and scripts go out compressed; files that are compressed already go out as they are."""

from flask import Flask, Response, request
from flask_compress import Compress

TABLES = frozenset({"text/csv", "application/schema+json"})
"""A tenth of it goes over the line, and neither is known as text to the library."""

compress = Compress()


def init_app(app: Flask) -> None:
    """Compress what is text, where the browser can read it so."""
    # Files are streamed and left alone: one that is compressed on its way is not closed at its end.
    app.config.update(COMPRESS_MIN_SIZE=1024, COMPRESS_STREAMS=False)
    compress.init_app(app)
    compress.compress_mimetypes_set.update(TABLES)
    # What is registered last comes first.
    app.after_request(_hold_static)


def _hold_static(response: Response) -> Response:
    """Styles and scripts are small: held whole, they are compressed like a page."""
    if request.endpoint == "static" and response.status_code == 200 and (response.mimetype or "").startswith("text/"):
        response.direct_passthrough = False
        response.make_sequence()
    return response

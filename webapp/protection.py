"""What every answer and every form carries against misuse: security headers, the anti-forgery token."""

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from webapp.config import Settings

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# Where one goes back to words that were typed and not yet saved, the browser may keep them.
KEPT_FOR_THE_WAY_BACK = frozenset({"sheets.step"})

FOREVER = "public, max-age=31536000, immutable"
"""For what stands at an address of its own content."""

csrf = CSRFProtect()


def init_app(app: Flask, settings: Settings) -> None:
    """Protect every answer and every form."""
    # The token lives as long as the session: a form left open over lunch is still good.
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    csrf.init_app(app)
    secure = settings.production

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if _is_personal(response):
            # At a front desk the next visitor goes back, and must find nothing of the one before.
            response.headers.setdefault("Cache-Control", "private, no-store")
        elif request.endpoint != "static":
            # Kept for the way back, asked again each time, shared with nobody.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        elif "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = FOREVER
        return response


def _is_personal(response: Response) -> bool:
    """Whether it is a page made for one who has signed in; pictures and files are asked again, not sent again."""
    made_for_one = g.get("identity") is not None and request.endpoint not in KEPT_FOR_THE_WAY_BACK
    return made_for_one and response.mimetype in {"text/html", "application/json"}

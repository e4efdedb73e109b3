"""Who does what, when: the web application and its factory."""

from importlib import import_module
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import (
    compression,
    database,
    errors,
    health,
    limits,
    logs,
    metrics,
    protection,
    reported,
    requests_told,
    templating,
)
from webapp.blueprints import BLUEPRINTS
from webapp.config import Settings

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "migrations"


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application from its settings, those of the environment by default."""
    settings = settings or Settings()
    logs.configure(settings)
    reported.configure(settings)
    app = Flask("webapp", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "webapp" / "static"))
    app.extensions["recueil.settings"] = settings
    _configure(app, settings)
    database.init_app(app, url=settings.database)
    Migrate(app, database.db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    templating.init_app(app)
    requests_told.init_app(app, settings)
    limits.init_app(app, settings)
    protection.init_app(app, settings)
    errors.init_app(app)
    health.init_app(app)
    metrics.init_app(app)
    compression.init_app(app)
    _register_parts(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret(),
        RECUEIL_NOW=settings.now,
        SESSION_COOKIE_NAME="recueil",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        # Flask-WTF would ask Flask-Babel; WTForms knows French by itself (`form_fields.FrenchForm`).
        WTF_I18N_ENABLED=False,
        PREFERRED_URL_SCHEME=settings.base_url.partition(":")[0],
    )
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _register_parts(app: Flask) -> None:
    # The guard first: it must see every request before any view.
    for name in ("webapp.guard", "webapp.scripts", "webapp.queue", *BLUEPRINTS):
        part = import_module(name)
        if hasattr(part, "init_app"):
            part.init_app(app)
        if hasattr(part, "blueprint"):
            app.register_blueprint(part.blueprint)

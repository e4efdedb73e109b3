"""What can be wrong with the servers that the program needs: database, queue, storage, mail."""

import secrets
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from smtplib import SMTPException

import psycopg
import redis
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, migrating, storage
from webapp.config import FolderMail, Settings
from webapp.database import db, reading
from webapp.deployment import kept
from webapp.deployment.verdicts import Found, ok, refused, review
from webapp.queries import watch
from webapp.recovery import unfinished
from webapp.services import mail as mails
from webapp.table_rows import first_line
from webapp.watch_words import about_workers

OLDEST_POSTGRESQL = 13
APART, FAR_APART = 2.0, 60.0  # seconds between the clocks
LEFT_WAITING = timedelta(minutes=5)
SECONDS = 5


def database(settings: Settings) -> Iterator[Found]:
    """Whether it answers, is what we need, and has had every migration."""
    name = sa.make_url(settings.database).render_as_string(hide_password=True)
    try:
        with reading(), db.engine.connect() as connection:
            yield from _engine(connection)
            tables = sa.inspect(connection).get_table_names()
            if unfinished.NAME in tables:
                yield refused("migrations", f"versions\u00a0: {unfinished.REFUSED}")
                return
            if not tables:
                yield review("migrations", "versions\u00a0: la base est vide. Lancez recueil migrate.")
                return
    except SQLAlchemyError as failure:
        yield refused("database", f"base\u00a0: {name} ne répond pas ({first_line(failure)})")
        return
    if migrating.is_current():
        yield ok("migrations", "versions\u00a0: la base est à jour")
        with reading():
            yield from _work(settings)
            yield from kept.taken(settings)
            db.session.rollback()
    else:
        yield refused("migrations", "versions\u00a0: la base n’est pas à jour. Lancez recueil migrate.")


def _engine(connection: sa.Connection) -> Iterator[Found]:
    if connection.dialect.name == "sqlite":
        yield ok("database", f"base\u00a0: SQLite {sqlite3.sqlite_version}, pour une seule machine")
        return
    number = int(connection.scalar(sa.text("SHOW server_version_num")) or 0) // 10_000
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if number < OLDEST_POSTGRESQL:
        yield refused("database", f"base\u00a0: PostgreSQL {number} est trop ancien, il en faut {OLDEST_POSTGRESQL}.")
    elif encoding != "UTF8":
        yield refused("database", f"base\u00a0: elle est en {encoding}. Créez-la avec ENCODING 'UTF8'.")
    else:
        yield ok("database", f"base\u00a0: PostgreSQL {number}, UTF-8")
    theirs = connection.scalar(sa.text("SELECT clock_timestamp()"))
    apart = abs((theirs - clock.now()).total_seconds())
    if apart > APART:
        wrong = refused if apart > FAR_APART else review
        yield wrong("clock", f"horloge\u00a0: {apart:.0f} s d’écart avec celle de la base. Réglez-les (NTP).")
    else:
        yield ok("clock", "horloge\u00a0: celle de la base est la même")


def _work(settings: Settings) -> Iterator[Found]:
    """Whether somebody does the work: by the workers' signs of life, and by what waits for long."""
    at = clock.now()
    tone, said = about_workers(watch.signs_of_life(), at)
    said = said[0].lower() + said[1:]
    if tone == "success":
        yield ok("worker", f"exécutants\u00a0: {said}")
    elif settings.embedded:
        yield ok("worker", "exécutants\u00a0: le site lance le sien")
    else:
        yield review("worker", f"exécutants\u00a0: {said} Lancez recueil worker.")
    figures = watch.figures(at=at)
    oldest = max(figures.oldest_job or 0.0, figures.oldest_mail or 0.0)
    if oldest > LEFT_WAITING.total_seconds():
        yield review("waiting", f"attente\u00a0: un travail ou un mail attend depuis {oldest // 60:.0f} min.")
    else:
        yield ok("waiting", "attente\u00a0: rien n’attend depuis longtemps")


def queue(settings: Settings) -> Iterator[Found]:
    """Whether it answers, and forgets nothing; whether all processes count together."""
    place = settings.queue
    try:
        if place.startswith("redis"):
            yield from _redis(place)
        elif place.startswith("sqlite:"):
            yield ok("queue", "file\u00a0: un fichier, pour une seule machine")
        else:
            psycopg.connect(place, connect_timeout=SECONDS).close()
            yield ok("queue", "file\u00a0: PostgreSQL")
    except (redis.RedisError, psycopg.Error, OSError) as failure:
        yield refused("queue", f"file\u00a0: elle ne répond pas ({first_line(failure)})")
    if place.startswith("redis"):
        yield ok("limits", "limites de débit\u00a0: comptées ensemble, dans Redis")
    elif settings.production and not settings.embedded:
        yield review(
            "limits",
            "limites de débit\u00a0: chaque processus compte pour soi. Avec plusieurs, mettez la file dans Redis.",
        )
    else:
        yield ok("limits", "limites de débit\u00a0: comptées par le seul processus")


def _redis(place: str) -> Iterator[Found]:
    with redis.Redis.from_url(place, socket_connect_timeout=SECONDS, socket_timeout=SECONDS) as server:
        server.ping()
        policy = server.info("memory").get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        yield ok("queue", "file\u00a0: Redis")
    else:
        yield review("queue", f"file\u00a0: Redis oublie quand il est plein ({policy}). Réglez noeviction.")


def files(settings: Settings) -> Iterator[Found]:
    """Whether a file can be written, read back and deleted."""
    key, content = f"check/{secrets.token_hex(8)}", secrets.token_bytes(1024)
    try:
        storage.put(key, content)
        same = storage.get(key) == content
        storage.delete(key)
    except (OSError, storage.FileMissing, ValueError) as failure:
        yield refused("storage", f"fichiers\u00a0: {settings.files} ne se laisse pas écrire et relire ({failure})")
        return
    if not same:
        yield refused("storage", f"fichiers\u00a0: ce qui revient de {settings.files} n’est pas ce qui y a été mis")
    elif settings.files.startswith("s3://") or settings.database.startswith("sqlite:"):
        yield ok("storage", f"fichiers\u00a0: {settings.files}, écrit, relu et effacé")
    else:
        yield review(
            "storage",
            f"fichiers\u00a0: {settings.files} est un dossier. Plusieurs machines doivent le partager, ou S3.",
        )


def mail(settings: Settings, *, to: str | None) -> Iterator[Found]:
    """Whether the server takes us in; a message only where an address is given."""
    target = settings.mail
    if isinstance(target, FolderMail):
        yield review("mail", f"mails\u00a0: aucun ne part, ils s’écrivent dans {target.folder}")
        return
    try:
        mails.greet(target)
        if to:
            mails.deliver(_trial(settings, to), "essai", settings)
    except (SMTPException, OSError) as failure:
        yield refused("mail", f"mails\u00a0: {target.host}:{target.port} refuse ({first_line(failure)})")
        return
    done = f", message d’essai remis pour {to}" if to else ""
    if not target.tls and not target.starttls and target.user:
        yield review("mail", f"mails\u00a0: le mot de passe part en clair vers {target.host}{done}")
    else:
        yield ok("mail", f"mails\u00a0: {target.host} répond{done}")


def _trial(settings: Settings, to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, "Essai d’envoi de Recueil"
    message.set_content(f"Les mails de {settings.base_url} partent bien.\n")
    return message

"""What stands in a backup: its header, its tables, its files, and the list of it all at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webapp.table_rows import Shape

FORMAT = 1
README, HEADER, MANIFEST = "LISEZ-MOI.txt", "header.json", "manifest.json"
TABLES, FILES = "tables/", "files/"

EXPLAINED = """\
Sauvegarde de Recueil, une application de recueil des fiches action des centres sociaux.

Ce fichier est une archive tar compressée par gzip ; si son nom finit par .age, elle est chiffrée :
    age --decrypt -i CLÉ sauvegarde.tar.gz.age | tar xz
header.json     quand elle a été faite, par quelle version, et les colonnes de chaque table
tables/         la base : une table par fichier, une ligne de JSON par ligne, UTF-8
files/          les pièces jointes, les rapports et les logos, sous la clé que la base leur donne
manifest.json   la taille et le SHA-256 de chaque élément, et les fichiers qui manquaient
Pour la remettre en service : « recueil restore ».
"""


@dataclass(frozen=True)
class Header:
    """What is known before anything is read. key_mark: recognises RECUEIL_SECRET_KEY without telling it."""

    format: int
    product: str
    migration: str
    engine: str
    made_at: datetime
    key_mark: str
    tables: tuple[Shape, ...]

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "format": self.format,
            "product": self.product,
            "migration": self.migration,
            "engine": self.engine,
            "made_at": self.made_at.isoformat(),
            "key_mark": self.key_mark,
            "tables": [shape.to_json() for shape in self.tables],
        }

    @staticmethod
    def from_json(said: Mapping[str, Any]) -> "Header":
        """As it is read."""
        return Header(
            said["format"],
            said["product"],
            said["migration"],
            said["engine"],
            datetime.fromisoformat(said["made_at"]),
            said["key_mark"],
            tuple(Shape.from_json(shape) for shape in said["tables"]),
        )


@dataclass(frozen=True)
class Element:
    """A member of the archive. rows: of a table."""

    size: int
    sha256: str
    rows: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As the manifest keeps it."""
        said: dict[str, Any] = {"size": self.size, "sha256": self.sha256}
        return said if self.rows is None else said | {"rows": self.rows}


@dataclass(frozen=True)
class Contents:
    """All that a backup holds. missing: files that the database names and the storage had not; altered: other bytes."""

    header: Header
    elements: Mapping[str, Element]
    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[str, ...]:
        """What was wrong already where it was made, in French."""
        return tuple(
            f"{keys} : {words}"
            for keys, words in (
                (", ".join(self.missing), "manquait à l’appel"),
                (", ".join(self.altered), "n’avait plus son empreinte"),
            )
            if keys
        )

    def summary(self) -> dict[str, Any]:
        """For programs."""
        return {
            "format": self.header.format,
            "product": self.header.product,
            "migration": self.header.migration,
            "engine": self.header.engine,
            "made_at": self.header.made_at.isoformat(),
            "rows": self.counts["rows"],
            "sheets": self.counts["sheets"],
            "people": self.counts["people"],
            "files": self.counts["files"],
            "bytes": self.counts["bytes"],
            "missing": list(self.missing),
            "altered": list(self.altered),
        }


def counted(elements: Mapping[str, Element]) -> dict[str, int]:
    """The figures that people know a backup by."""
    rows = {
        name.removeprefix(TABLES).removesuffix(".jsonl"): one.rows or 0
        for name, one in elements.items()
        if name.startswith(TABLES)
    }
    files = [one.size for name, one in elements.items() if name.startswith(FILES)]
    return {
        "rows": sum(rows.values()),
        "sheets": rows.get("sheet", 0),
        "people": rows.get("user", 0),
        "files": len(files),
        "bytes": sum(files),
    }

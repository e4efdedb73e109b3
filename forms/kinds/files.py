"""Files: pictures and documents with a caption and, for a picture, its alternative text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from forms import french
from forms.kinds.base import AnswerField, CellType, Column, Kind, Renewed, Row, cell_text, row_indexes
from forms.values import Refused, clean_text

if TYPE_CHECKING:
    from forms.definition import Question

_KEYS = (
    ("id", "Identifiant", CellType.TEXT),
    ("name", "Nom du fichier", CellType.TEXT),
    ("media_type", "Type", CellType.TEXT),
    ("size", "Taille (octets)", CellType.NUMBER),
    ("sha256", "Empreinte SHA-256", CellType.TEXT),
    ("width", "Largeur (pixels)", CellType.NUMBER),
    ("height", "Hauteur (pixels)", CellType.NUMBER),
    ("caption", "Légende", CellType.TEXT),
    ("alt", "Texte de remplacement", CellType.TEXT),
)
_WORDS = ("caption", "alt")
_TYPED = ("id", *_WORDS)
_LONGEST = 500


def is_picture(file: dict[str, Any]) -> bool:
    """True for a file that pages and reports show as a picture."""
    return str(file.get("media_type", "")).startswith("image/")


def clean_words(words: dict[str, str]) -> dict[str, str]:
    """What is said about a file, as it is kept. Raises Refused where it is too long or can’t be read."""
    cleaned = {key: clean_text(text).strip() for key, text in words.items()}
    if any(len(text) > _LONGEST for text in cleaned.values()):
        raise Refused(f"Raccourcissez ce texte : {_LONGEST} caractères au plus.")
    return cleaned


class FilesField(AnswerField):
    """The words about files already received: « files-0-id », « files-0-caption », « files-0-alt ».

    The bytes come another way (the attachments of the sheet); a form never adds or removes one.
    Words that were not posted are absent from the row: absent is not empty.
    """

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        self.raw_data: list[str] = []
        self.data = [self._row(formdata, index) for index in row_indexes(self.name, formdata or ())] or None
        for number, row in enumerate(self.data or (), 1):
            try:
                row.update(clean_words(row))
            except Refused as refused:
                self.process_errors.append(f"Fichier {number} : {refused.message}")

    def _row(self, formdata: Any, index: str) -> dict[str, str]:
        names = {key: f"{self.name}-{index}-{key}" for key in _TYPED}
        return {key: formdata.getlist(name)[0] for key, name in names.items() if name in formdata}


@dataclass(frozen=True)
class Files(Kind):
    """A list of files; each a dict: id, name, media_type, size (bytes), sha256, width and height
    (pixels, pictures only), caption, alt (pictures only)."""

    name: ClassVar[str] = "files"
    own_tab: ClassVar[bool] = True
    uploads: ClassVar[bool] = True
    max_files: int = 20

    def field(self, question: Question) -> Any:
        return FilesField(question.label, description=question.help, kind=self, question=question)

    def parse(self, typed: list[str]) -> Any:
        raise Refused("Ajoutez les fichiers un par un.")

    def merge(self, value: Any, current: Any) -> Any:
        """Words from the form, everything else (and which files there are) from what is stored."""
        rows = {row["id"]: row for row in value or () if "id" in row}
        merged = []
        for file in current or ():
            said = file | rows.get(file["id"], {})
            merged.append({key: item for key, item in said.items() if key not in _WORDS or item})
        return merged or None

    def posted(self, name: str, value: Any) -> list[tuple[str, str]]:
        return [(f"{name}-{index}-{key}", file.get(key, "")) for index, file in enumerate(value) for key in _TYPED]

    def renew(self, data: Any) -> Renewed:
        # The bytes belong to the other year's sheet, and its poster is not this year's.
        return Renewed()

    def text(self, value: list[dict[str, Any]]) -> str:
        return "\n".join(
            f"{file.get('caption') or file['name']} ({file['name']}, {french.size(file['size'])})" for file in value
        )

    def columns(self, question: Question) -> tuple[Column, ...]:
        return tuple(Column(f"{question.id}.{key}", label, type_) for key, label, type_ in _KEYS)

    def cells(self, value: list[dict[str, Any]] | None) -> list[Row]:
        return [tuple(file.get(key) for key, _label, _type in _KEYS) for file in value or ()]

    def from_cells(self, rows: list[Row]) -> list[dict[str, Any]] | None:
        read = [self._read_row(number, row) for number, row in enumerate(rows, 1)]
        return [file for file in read if file] or None

    def _read_row(self, number: int, row: Row) -> dict[str, Any]:
        file: dict[str, Any] = {}
        for (key, label, type_), cell in zip(_KEYS, row, strict=True):
            text = cell_text(cell)
            if text and type_ is CellType.NUMBER and not (text.isascii() and text.isdigit()):
                raise Refused("Écrivez un nombre entier en chiffres.", where=f"ligne {number}, {label}")
            if text:
                file[key] = int(text) if type_ is CellType.NUMBER else text
        return file

    def written(self, name: str, pairs: list[tuple[str, str]]) -> str:
        return "\n".join(text for own, text in pairs if text and own.endswith(tuple(f"-{key}" for key in _WORDS)))

    def json_schema(self) -> dict[str, Any]:
        kinds = {CellType.TEXT: {"type": "string"}, CellType.NUMBER: {"type": "integer"}}
        file = {
            "type": "object",
            "properties": {key: kinds[type_] for key, _label, type_ in _KEYS},
            "required": ["id", "name", "media_type", "size", "sha256"],
            "additionalProperties": False,
        }
        return {"type": "array", "items": file, "minItems": 1, "maxItems": self.max_files}

    def sample(self, seed: int) -> list[dict[str, Any]]:
        digest = hashlib.sha256(str(seed).encode()).hexdigest()
        picture = {
            "id": f"{digest[:8]}-0000-4000-8000-{digest[:12]}",
            "name": f"affiche-{seed}.png",
            "media_type": "image/png",
            "size": 1000 + seed,
            "sha256": digest,
            "width": 640,
            "height": 480,
            "caption": "L’affiche de l’action",
            "alt": "Une affiche colorée",
        }
        return [picture]

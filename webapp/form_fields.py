"""Fields of the administrative forms: French errors, clean text, days and years as people type them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from flask_wtf import FlaskForm
from sqlalchemy.exc import IntegrityError
from wtforms import Field, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, StopValidation
from wtforms.widgets import CheckboxInput, DateInput, ListWidget, Select

from forms.kinds.day import Day
from forms.values import Refused, clean_text, showable
from webapp.constraints import sentence_of
from webapp.database import db

Row = TypeVar("Row")
Choices = Iterable[tuple[str, str]]

LONGEST = 200
"""Characters of a line of text."""


class FrenchForm(FlaskForm):
    """A form whose fields say what WTForms itself refuses in French."""

    class Meta(FlaskForm.Meta):
        locales = ("fr",)


class Required(InputRequired):
    """Something must stand in the field. A field that could not be read says only that."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Raises StopValidation with the sentence given."""
        if field.process_errors:
            raise StopValidation
        if not any(str(text).strip() for text in field.raw_data or ()):
            raise StopValidation(str(self.message))


class _Clean:
    """Text through the one gate: NFC, nothing unreadable, no space around."""

    longest = LONGEST
    data: Any
    raw_data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep what was typed, cleaned; what can't be kept is shown again with its error."""
        typed = valuelist[0] if valuelist else ""
        self.data = showable(typed)
        try:
            self.data = clean_text(typed).strip()
        except Refused as refused:
            raise ValueError(refused.message) from None
        if len(self.data) > self.longest:
            raise ValueError(f"Raccourcissez ce texte\u00a0: {self.longest} caractères au plus.")


class LineField(_Clean, StringField):
    """A line of text."""


class LinesTextAreaField(_Clean, TextAreaField):
    """One thing a line."""

    longest = 4_000

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that hold something, each once."""
        return tuple(dict.fromkeys(line.strip() for line in (self.data or "").splitlines() if line.strip()))


class DayField(StringField):
    """A day: as browsers post it, or « 31/12/2026 »; None where the field is empty."""

    widget = DateInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day. What can't be read is shown again."""
        try:
            self.data = Day().parse(valuelist or [""])
        except Refused as refused:
            self.data = None
            raise ValueError(refused.message) from None

    def _value(self) -> str:
        if self.raw_data and self.data is None:
            return showable(self.raw_data[0])
        return self.data.isoformat() if self.data else ""


class YearField(StringField):
    """A year of four figures."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the year. What can't be read is shown again."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else None
        if typed and self.data is None:
            raise ValueError("Indiquez une année de quatre chiffres, par exemple 2026.")

    def _value(self) -> str:
        return showable(self.raw_data[0]) if self.raw_data else str(self.data or "")


class OneOfField(Field):
    """A choice of a list of (value, words); whether it is one of them the service says."""

    widget = Select()
    data: str | None

    def __init__(self, label: str, validators: Sequence[Any] = (), *, choices: Choices = (), **details: Any) -> None:
        super().__init__(label, list(validators), **details)
        self.choices = list(choices)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the value that was posted."""
        self.data = valuelist[0] if valuelist else ""


class TicksSelectMultipleField(SelectMultipleField):
    """Boxes to tick, one an id."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered, in French."""
        if not set(self.data or ()) <= {str(value) for value, *_words in self.choices or ()}:
            raise ValidationError("Choisissez dans la liste.")

    @property
    def ids(self) -> frozenset[UUID]:
        """The ids that are ticked."""
        return frozenset(UUID(text) for text in self.data or ())


def attempt(form: FrenchForm, save: Callable[[], Row]) -> Row | None:
    """Do what saves the form; what it refuses, or the database, is said beside its field, and nothing was written."""
    try:
        return save()
    except Refused as refused:
        message, name = refused.message, refused.question
    except IntegrityError as error:
        message, name = sentence_of(error)
    db.session.rollback()
    field = form[name] if name and name in form else next(iter(form))
    field.errors = [*field.errors, message]
    return None

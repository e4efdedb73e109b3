"""What the administrative forms refuse by themselves is said in French."""

from flask import Flask
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Length

from webapp.form_fields import FrenchForm


class Visit(FrenchForm):
    """Fields without a word of ours."""

    name = StringField("Nom", [DataRequired()])
    town = StringField("Commune", [Length(max=3)])
    people = IntegerField("Personnes")


def test_wtforms_own_refusals_are_in_french(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"name": "", "town": "Valbourg", "people": "douze"}):
        form = Visit(meta={"csrf": False})
        assert not form.validate()
    assert form.errors == {
        "name": ["Ce champ est requis."],
        "town": ["Le champ ne peut pas contenir plus de 3 caractères."],
        "people": ["N'est pas un entier valide."],
    }


def test_no_form_goes_round_it(app: Flask) -> None:
    ours = [form for form in FlaskForm.__subclasses__() if form.__module__.startswith("webapp.")]
    assert ours == [FrenchForm]

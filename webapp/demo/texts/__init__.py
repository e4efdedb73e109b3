"""The words of the demonstration, read from the TOML files beside this module: no database, no form, no clock."""

from webapp.demo.texts.reading import load
from webapp.demo.texts.shapes import (
    ActionText,
    AgreementText,
    AnswerValue,
    CampaignText,
    CentreText,
    Demonstration,
    FederationText,
    FileKind,
    FileText,
    FunderText,
    PersonText,
    QueryText,
    RowText,
    SheetText,
    TextsError,
)

__all__ = [
    "ActionText",
    "AgreementText",
    "AnswerValue",
    "CampaignText",
    "CentreText",
    "Demonstration",
    "FederationText",
    "FileKind",
    "FileText",
    "FunderText",
    "PersonText",
    "QueryText",
    "RowText",
    "SheetText",
    "TextsError",
    "load",
]

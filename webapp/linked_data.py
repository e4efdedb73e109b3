"""What search engines and other programs read in a page of the catalogue: schema.org, as JSON-LD."""

from collections.abc import Sequence
from typing import Any

from forms.departments import DEPARTMENTS
from forms.document import AnswerStatus, Document
from webapp.models import Sheet

CONTEXT = "https://schema.org"
LICENCE_NAME = "Licence Ouverte 2.0 (Etalab)"
LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
_LONGEST = 500


def of_sheet(sheet: Sheet, document: Document, url: str) -> dict[str, Any]:
    """A published sheet: what it is called, about, by whom, where and when. Needs centre, campaign, snapshot."""
    centre = sheet.centre
    summary = " ".join(_text(document, "summary").split())[:_LONGEST]
    found = {
        "@context": CONTEXT,
        "@type": "Report",
        "@id": url,
        "url": url,
        "name": sheet.current_snapshot.title if sheet.current_snapshot else "",
        "identifier": sheet.reference,
        "inLanguage": "fr",
        "temporalCoverage": str(sheet.campaign.year),
        "datePublished": sheet.published_at.date().isoformat() if sheet.published_at else "",
        "abstract": summary,
        "keywords": _labels(document),
        "author": {"@type": "Organization", "name": centre.name},
        "spatialCoverage": {
            "@type": "AdministrativeArea",
            "name": DEPARTMENTS.get(centre.department, centre.department),
            "identifier": centre.department,
        },
    }
    return {key: value for key, value in found.items() if value}


def _text(document: Document, question: str) -> str:
    if question not in document.version:
        return ""
    item = document.item(question)
    return item.text if item.status is AnswerStatus.ANSWERED and not item.question.sensitive else ""


def _labels(document: Document) -> list[str]:
    """What the lists are filtered by, in words."""
    return [
        facet.label
        for section in document.sections
        for item in section.answered
        if item.question.facet and not item.question.sensitive
        for facet in item.question.kind.facets(item.value)
    ]


def of_dataset(*, url: str, description: str, files: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The open data. files: (media type, address)."""
    return {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": url,
        "url": url,
        "name": "Les actions des centres sociaux",
        "description": description,
        "inLanguage": "fr",
        "license": LICENCE_URL,
        "isAccessibleForFree": True,
        "spatialCoverage": "France",
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": media_type, "contentUrl": address}
            for media_type, address in files
        ],
    }

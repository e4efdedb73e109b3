"""JSON schema of the answers of a version."""

from __future__ import annotations

from typing import Any

from forms.definition import FormVersion


def answers_schema(version: FormVersion) -> dict[str, Any]:
    """JSON schema (2020-12) that accepts the answers of a sheet of that version, however few.

    Out: an object schema, one property a question id. Presence is judged at sending, never here.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{version.title} {version.key}",
        "type": "object",
        "properties": {
            question.id: {"title": question.label, **question.kind.json_schema()} for question in version.questions
        },
        "additionalProperties": False,
    }

"""The OpenAPI 3.1 document, read from the table of operations and the shapes."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from forms.lifecycle import Audience, SheetState, label
from webapp.blueprints.api import shapes
from webapp.blueprints.api.operations import JSON, OPERATIONS, SCHEMA, Operation
from webapp.blueprints.api.parameters import Narrowed
from webapp.programs import PREFIX
from webapp.vocabulary import Sharing

TITLE = "API de Recueil"
VERSION = "1"
ABOUT = (
    "Lire les campagnes, les centres, les fiches envoyées et les chiffres d’une fédération. Rien ne s’écrit par ici. "
    "Chaque réponse porte un ETag : rendez-le dans If-None-Match pour ne recevoir que ce qui a changé."
)
REFUSALS: dict[int, str] = {
    401: "Le jeton manque ou n’ouvre plus rien.",
    403: "Le jeton n’est pas fait pour cela.",
    404: "Rien n’est là, ou rien que ce jeton ouvre.",
    422: "Un paramètre ne se lit pas.",
    429: "Trop de demandes : attendez les secondes de Retry-After.",
    503: "Le service est momentanément indisponible.",
}
HOLES: dict[str, dict[str, Any]] = {
    "id": {"schema": {"type": "string", "format": "uuid"}, "description": "L’identifiant, tel qu’une liste le donne."},
    "key": {
        "schema": {"type": "string", "pattern": "^[0-9A-Za-z]+$"},
        "description": "Une année, ou l’empreinte d’une version.",
    },
}
CODES: dict[str, str] = {
    SheetState.__name__: "Où en est une fiche : "
    + ", ".join(f"{state.value} ({label(state, Audience.FEDERATION).lower()})" for state in SheetState)
    + ".",
    Sharing.__name__: (
        "Jusqu’où un centre partage une fiche : funders (les financeurs), network (les financeurs et le réseau), "
        "public (tout le monde)."
    ),
}
"""What the codes of a field mean; what the classes say of themselves is for programmers."""
_REF = "#/components/schemas/{model}"


@cache
def document() -> dict[str, Any]:
    """The whole document; the base address is relative, so that it holds wherever the site stands."""
    answers = [operation.answer for operation in OPERATIONS if operation.answer is not None]
    models = [(model, "serialization") for model in dict.fromkeys([*answers, shapes.Problem])]
    _refs, schemas = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    for name, words in CODES.items():
        schemas["$defs"][name]["description"] = words
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": ABOUT},
        "servers": [{"url": PREFIX.rstrip("/")}],
        "paths": {operation.path: {"get": _operation(operation)} for operation in OPERATIONS},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "jeton": {"type": "http", "scheme": "bearer"},
                "motdepasse": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "N’importe quel nom, et le jeton comme mot de passe.",
                },
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_holes(operation), *_query(operation)],
        "responses": _responses(operation),
        "security": _security(operation),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.scope:
        described["x-scope"] = operation.scope.value
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.scope is None:
        return []
    return [{"jeton": []}, {"motdepasse": []}] if operation.basic else [{"jeton": []}]


def _holes(operation: Operation) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, **HOLES[name]} for name in operation.holes]


def _query(operation: Operation) -> list[dict[str, Any]]:
    return [] if operation.query is None else list(parameters_of(operation.query))


def parameters_of(query: type[Narrowed]) -> list[dict[str, Any]]:
    """What an address takes, as OpenAPI says it; nothing may be given as null in an address."""
    schema = query.model_json_schema()
    found = []
    for name, field in schema["properties"].items():
        said = {key: value for key, value in field.items() if key not in {"title", "description"}}
        if "anyOf" in said:
            (one,) = [kind for kind in said.pop("anyOf") if kind.get("type") != "null"]
            said = one | {key: value for key, value in said.items() if key != "default"}
        if "$ref" in said:
            said = schema["$defs"][said["$ref"].rpartition("/")[2]]
            said = {key: value for key, value in said.items() if key in {"type", "enum"}}
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "description": field.get("description", ""),
                "schema": said,
            }
        )
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    headers = {"ETag": {"description": "La marque du contenu.", "schema": {"type": "string"}}}
    if operation.answer is not None and "next" in operation.answer.model_fields:
        headers["Link"] = {"description": "La page suivante (rel=next).", "schema": {"type": "string"}}
    found: dict[str, Any] = {
        "200": {
            "description": operation.summary,
            "headers": headers,
            "content": {operation.media_type: _content(operation)},
        },
        "304": {"description": "Rien n’a changé."},
    }
    for status in refusals_of(operation):
        found[str(status)] = {"description": REFUSALS[status], "content": problem}
        if status in {429, 503}:
            found[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
        if status == 401:
            found[str(status)]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found


def _content(operation: Operation) -> dict[str, Any]:
    if operation.answer is not None:
        return {"schema": {"$ref": _REF.format(model=operation.answer.__name__)}}
    return {"schema": {"type": "object"} if operation.media_type in {JSON, SCHEMA} else {"type": "string"}}


def refusals_of(operation: Operation) -> list[int]:
    """The statuses that an operation may refuse with."""
    scoped = {401, 403} if operation.scope else set()
    missing = {404} if operation.holes or operation.name == "figures" else set()
    return sorted({422, 429, 503} | scoped | missing)

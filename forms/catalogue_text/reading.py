"""The whole way from a file's text to sheets with their answers and findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forms.catalogue_text.answers import READERS, Notebook, flag_unasked, merge_repeated, proposals
from forms.catalogue_text.labels import Block, Marker, blocks, markers
from forms.catalogue_text.outline import Outline, RawSheet, item_text, match_entries, opening_label, outline
from forms.catalogue_text.shapes import Entry, Finding, Level, Parsed, ParsedSheet
from forms.definition import FormVersion, Origin, Question
from forms.departments import department_code
from forms.french import plural
from forms.registry import shipped
from forms.values import Refused, clean_text

_OLDEST = 0
"""The year to read a sheet by whose year is unknown: the first version has all old questions."""


def parse(text: str, version_of: Callable[[int], FormVersion] = shipped) -> Parsed:
    """Read a file of the public catalogue.

    text: as decoded (see decode). version_of: year → the version whose labels and choices to read
    by. Raises Refused, with a French sentence, where the text is not in this format, is empty or
    was cut; what is wrong with one sheet is a finding of that sheet.
    """
    parts = outline(clean_text(text), opening_label(version_of(_OLDEST)))
    entries = match_entries([raw.title for raw in parts.sheets], parts.entries)
    years = [entry.year if entry else _OLDEST for entry in entries]
    known = {year: version_of(year) for year in set(years)}
    labels = {year: markers(version, READERS) for year, version in known.items()}
    versions, wanted = [known[year] for year in years], [labels[year] for year in years]
    cut = [blocks(raw.lines, some) for raw, some in zip(parts.sheets, wanted, strict=True)]
    _refuse_when_cut(parts, entries, cut, wanted)
    never = _never_met(cut, wanted)
    sheets = tuple(
        _read(raw, entry, version, found, [item for item in some if item.question.id not in never])
        for raw, entry, version, found, some in zip(parts.sheets, entries, versions, cut, wanted, strict=True)
    )
    return Parsed(parts.entries, sheets, tuple(_about_the_file(parts, entries, never)))


def held_questions(version: FormVersion) -> frozenset[str]:
    """The ids of the answers that a file in this format can hold; others never come from one."""
    found = {marker.question for marker in markers(version, READERS) if marker.question.typed}
    return frozenset(question.id for question in found if not question.kind.own_tab) | {"title"}


def _refuse_when_cut(
    parts: Outline,
    entries: Sequence[Entry | None],
    cut: Sequence[Sequence[Block]],
    wanted: Sequence[Sequence[Marker]],
) -> None:
    """A file that ends too early is refused as a whole: nobody knows what else it lost."""
    met = [{block.marker.question.id for block in sheet} for sheet in cut]
    elsewhere = set().union(*met[:-1]) if len(met) > 1 else {item.question.id for item in wanted[-1]}
    last = [item for item in wanted[-1] if item.expected and item.question.id in elsewhere]
    if last and last[-1].question.id not in met[-1]:
        raise Refused(
            f"Le fichier s’arrête au milieu de la fiche « {parts.sheets[-1].title} » : il a été coupé. "
            "Exportez-le à nouveau en entier."
        )
    absent = _without_sheet(parts, entries)
    if absent and absent[-1] is parts.entries[-1]:
        announced = plural(len(parts.entries), "fiche", "fiches")
        raise Refused(
            f"Le tableau annonce {announced}, le fichier en contient {len(parts.sheets)} : il a sans doute été coupé "
            f"avant « {absent[0].name} ». Exportez-le à nouveau en entier."
        )


def _without_sheet(parts: Outline, entries: Sequence[Entry | None]) -> list[Entry]:
    used = {id(entry) for entry in entries}
    return [entry for entry in parts.entries if id(entry) not in used]


def _never_met(cut: Sequence[Sequence[Block]], wanted: Sequence[Sequence[Marker]]) -> dict[str, Question]:
    met = {block.marker.question.id for sheet in cut for block in sheet}
    expected = [marker.question for some in wanted for marker in some if marker.expected]
    return {question.id: question for question in expected if question.id not in met}


def _about_the_file(parts: Outline, entries: Sequence[Entry | None], never: dict[str, Question]) -> list[Finding]:
    findings = [_unread_row(row) for row in parts.unread_rows]
    if parts.stray_lines:
        message = f"Texte hors de toute fiche, laissé de côté : « {' '.join(parts.stray_lines)[:200]} »."
        findings.append(Finding(None, None, Level.WARNING, message))
    announced = "Cette fiche est annoncée dans le tableau mais manque dans le fichier."
    findings += [Finding(entry.name, None, Level.ERROR, announced) for entry in _without_sheet(parts, entries)]
    for question in never.values():
        message = f"L’intitulé « {question.label} » n’est dans aucune fiche du fichier."
        findings.append(Finding(None, question.id, Level.WARNING, message))
    return findings


def _unread_row(row: str) -> Finding:
    message = f"Ligne du tableau illisible : « {row} ». Écrivez « Nom | Département | Année | »."
    return Finding(None, None, Level.ERROR, message)


def _read(
    raw: RawSheet,
    entry: Entry | None,
    version: FormVersion,
    found: Sequence[Block],
    wanted: Sequence[Marker],
) -> ParsedSheet:
    notebook = Notebook(raw.title)
    organisation, department = "", None
    _read_title(raw, entry, version, notebook)
    for block in found:
        if block.marker.question.filled_from is Origin.CENTRE:
            organisation, department = _organisation(block, entry, notebook)
        else:
            READERS[block.marker.question.kind.name](block, notebook)
        if block.doubtful:
            _flag_doubtful(block, notebook)
    _flag_left_out(found, wanted, notebook)
    merge_repeated(version, notebook)
    flag_unasked(version, notebook)
    offered = proposals(version, notebook.answers, notebook)
    return ParsedSheet(
        title=raw.title,
        organisation=organisation,
        department=department,
        year=entry.year if entry else None,
        answers=_in_order(version, notebook),
        unparsed=notebook.unparsed,
        proposals=offered,
        findings=tuple(notebook.findings),
    )


def _read_title(raw: RawSheet, entry: Entry | None, version: FormVersion, notebook: Notebook) -> None:
    try:
        title = version.question("title").kind.parse([raw.title])
    except Refused as refused:
        notebook.say(Level.ERROR, "title", refused.message)
        return
    if title is None:
        notebook.say(Level.ERROR, "title", "Cette fiche n’a pas de nom : écrivez-le sous la ligne « Actions ».")
        return
    notebook.answers["title"] = title
    if entry is None:
        message = "Cette fiche n’est pas dans le tableau en tête du fichier : son année est inconnue. Ajoutez sa ligne."
        notebook.say(Level.ERROR, "year", message)


def _organisation(block: Block, entry: Entry | None, notebook: Notebook) -> tuple[str, str | None]:
    """« NAME - Department » → the name as written and the code of the département."""
    question = block.marker.question
    texts = [item_text(line.text) if line.item else line.text.strip() for line in block.lines]
    whole = " ".join(filter(None, texts))
    name, dash, department = whole.rpartition(" - ")
    code = department_code(department) if dash else None
    announced = department_code(entry.department) if entry else None
    if code is None:
        name, code = whole, announced
    elif entry is not None and announced not in (None, code):
        message = f"Le tableau dit « {entry.department} », la fiche « {department} » : la fiche l’emporte."
        notebook.say(Level.WARNING, question.id, message)
    name = name.strip()
    if not name:
        notebook.say(Level.ERROR, question.id, "Indiquez la structure organisatrice : la fiche ne la nomme pas.")
    elif code is None:
        message = f"Le département de « {name} » n’a pas été reconnu : écrivez « {name} - Lot », par exemple."
        notebook.say(Level.WARNING, question.id, message)
    return name, code


def _flag_doubtful(block: Block, notebook: Notebook) -> None:
    label = block.marker.question.label
    message = (
        f"La ligne « - {label} » est là deux fois : la première a été prise pour l’intitulé. "
        "Vérifiez où finit la réponse d’avant."
    )
    notebook.say(Level.WARNING, block.marker.question.id, message)


def _flag_left_out(found: Sequence[Block], wanted: Sequence[Marker], notebook: Notebook) -> None:
    met = {block.marker.question.id for block in found}
    for marker in wanted:
        if marker.expected and marker.question.id not in met:
            message = f"L’intitulé « {marker.question.label} » manque dans cette fiche : vérifiez la réponse d’avant."
            notebook.say(Level.WARNING, marker.question.id, message)


def _in_order(version: FormVersion, notebook: Notebook) -> dict[str, object]:
    return {item.id: notebook.answers[item.id] for item in version.questions if item.id in notebook.answers}

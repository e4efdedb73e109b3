"""The same book for Typst: the words of the same sheets, contents, running heads, page numbers, outline, tags."""

from __future__ import annotations

from reports.content import ReportInput, ReportSheet
from reports.rendering import blocks

_HEAD = """
#set document(title: {title})
#set text(font: ("Inter", "DejaVu Sans"), size: 9.5pt, lang: "fr")
#set page(paper: "a4", margin: (x: 22mm, y: 21mm),
  header: context [#text(7.5pt, {title}) #h(1fr) #text(7.5pt, query(heading.where(level: 2)).filter(
    h => h.location().page() <= here().page()).at(-1, default: (body: [])).body)],
  footer: context [#h(1fr) #text(7.5pt)[page #counter(page).display() / #counter(page).final().first()]])
= #{title}
#outline(depth: 2)
"""
# The head of each page would look through every heading of the book: what is measured is not that.
_PLAIN_HEAD = _HEAD.replace(
    """#text(7.5pt, query(heading.where(level: 2)).filter(
    h => h.location().page() <= here().page()).at(-1, default: (body: [])).body)""",
    "#text(7.5pt, title-now.get())",
).replace("= #{title}", '#let title-now = state("t", "")\n= #{title}')


def source(content: ReportInput) -> str:
    """The book in Typst's language."""
    head = _PLAIN_HEAD.replace("{title}", _text(content.title))
    # The state must stand before the page that shows it.
    head = '#let title-now = state("t", "")\n' + head.replace('#let title-now = state("t", "")\n', "")
    return head + "\n".join(map(_sheet, content.sheets))


def _sheet(sheet: ReportSheet) -> str:
    written = ["#pagebreak()", f"#title-now.update({_text(sheet.title)})", f"== #{_text(sheet.title)}"]
    written += [f"#strong({_text(sheet.centre)})", f"#{_text(sheet.reference)}"]
    for section in sheet.document.sections:
        shown = blocks(section)
        if not shown:
            continue
        written.append(f"=== #{_text(section.title)}")
        for block in shown:
            if block.shape == "facts":
                cells = ", ".join(f"{_text(i.question.label)}, {_text(i.text or 'Sans réponse')}" for i in block.items)
                written.append(f"#table(columns: (47mm, 1fr), stroke: none, {cells})")
            elif block.shape == "absent":
                written.append(f"#{_text(' · '.join(item.question.label for item in block.items))}")
            else:
                for item in block.items:
                    written += [f"==== #{_text(item.question.label)}"]
                    written += [f"#{_text(line)}\n" for line in item.text.split("\n") if line.strip()]
    return "\n\n".join(written)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""Which questions may be changed in a sheet that was sent back: those asked about, and those that hang on them."""

from __future__ import annotations

from collections.abc import Collection

from forms.conditions import questions_in
from forms.definition import FormVersion
from forms.rules import TOGETHER


def dependents(version: FormVersion, asked: Collection[str]) -> frozenset[str]:
    """The questions asked about, and all that come up or go by their answers, directly or not.

    asked: ids of questions; those that the version doesn't have are left out.
    """
    found = {id for id in asked if id in version}
    # A condition only looks back: one pass in order meets every question after those it reads.
    for question in version.questions:
        if found & questions_in(question.show_if):
            found.add(question.id)
    return frozenset(id for id in found if version.question(id).typed)


def open_questions(version: FormVersion, asked: Collection[str]) -> frozenset[str]:
    """The questions that a centre may change when it is asked about these; arguments as for `dependents`.

    A rule across questions may have to be mended in another one than the one asked about, so what a
    rule reads together opens together; a text and the figures told in it too.
    """
    found, groups = dependents(version, asked), (*TOGETHER, *_told_together(version))
    while True:
        linked = {id for group in groups if found & group for id in group}
        wider = dependents(version, found | linked)
        if wider == found:
            return found
        found = wider


def _told_together(version: FormVersion) -> list[frozenset[str]]:
    """Every text with one of the figures that are told in it: where they contradict each other, either may be wrong."""
    return [frozenset({item.id, item.counted_in}) for item in version.questions if item.counted_in]

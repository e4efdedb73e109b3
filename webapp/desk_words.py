"""Labels and outside opinions in French, and the signs by which a page shows them."""

from webapp.vocabulary import LabelTone, Verdict

TONES: dict[LabelTone, str] = {
    LabelTone.NEUTRAL: "Neutre",
    LabelTone.GREEN: "Vert",
    LabelTone.BLUE: "Bleu",
    LabelTone.AMBER: "Jaune",
    LabelTone.RED: "Rouge",
}

VERDICTS: dict[Verdict, str] = {
    Verdict.FAVOURABLE: "Avis favorable",
    Verdict.RESERVED: "Avis favorable avec réserve",
    Verdict.UNFAVOURABLE: "Avis défavorable",
    Verdict.NO_VIEW: "Pas d’avis",
}

BADGES: dict[Verdict, str] = {
    Verdict.FAVOURABLE: "done",
    Verdict.RESERVED: "started",
    Verdict.UNFAVOURABLE: "failed",
    Verdict.NO_VIEW: "optional",
}
"""The sign of a verdict: a state of the badge."""

"""Where personal data are: one table, from which come the register, the export of a person and their erasure.

A column of text or JSON that is not here fails a test: whoever adds one says what it may hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from webapp.register import Treatment


class Nature(StrEnum):
    """What a column holds: data about a person, words in which somebody may be named, or neither."""

    PERSONAL = "personal"
    POSSIBLY = "possibly"
    NONE = "none"


class Fate(StrEnum):
    """What an erasure does to a column.

    ACCOUNT: the account's own, emptied. REPLACED: by the pseudonym, where it is the person's. SCRUBBED: the person's
    address, telephone and whole name go out of the words. EMPTIED: all of the mail goes where it was the person's,
    else as SCRUBBED. SEALED: the words go out of the journal, who and when stay. FROZEN: as SCRUBBED, and the change
    of what was sent is recorded. DERIVED: made again from what is left. DELETED: the row goes. BLANKED: what the person
    wrote goes whole. KEPT: it stays, for the reason that its treatment gives.
    """

    ACCOUNT = "account"
    REPLACED = "replaced"
    SCRUBBED = "scrubbed"
    EMPTIED = "emptied"
    SEALED = "sealed"
    FROZEN = "frozen"
    DERIVED = "derived"
    DELETED = "deleted"
    BLANKED = "blanked"
    KEPT = "kept"


FATES: dict[Fate, str] = {
    Fate.ACCOUNT: "vidé : le compte devient « Personne effacée n° … »",
    Fate.REPLACED: "son nom y devient « Personne effacée n° … » ; son adresse et son téléphone en sont ôtés",
    Fate.SCRUBBED: "l’adresse, le téléphone et le nom entier sont ôtés du texte",
    Fate.EMPTIED: "le message est vidé ; dans celui d’un autre, les mentions sont ôtées",
    Fate.SEALED: "les mots sont ôtés du journal ; qui et quand y restent",
    Fate.FROZEN: "les mentions sont ôtées de ce qui a été envoyé, et cela se dit",
    Fate.DERIVED: "refait avec ce qui reste",
    Fate.DELETED: "supprimé",
    Fate.BLANKED: "la réponse d’avant et celle d’après sont vidées ; qui et quand restent",
    Fate.KEPT: "reste",
}


@dataclass(frozen=True)
class Column:
    """What a column holds, why, and what becomes of it. label: how an export calls it."""

    label: str
    treatment: Treatment
    fate: Fate
    nature: Nature = Nature.POSSIBLY


def _all(treatment: Treatment, fate: Fate, nature: Nature = Nature.POSSIBLY, /, **labels: str) -> dict[str, Column]:
    """`table__column="label"` each."""
    return {name.replace("__", "."): Column(label, treatment, fate, nature) for name, label in labels.items()}


_T, _F, _P = Treatment, Fate, Nature.PERSONAL

COLUMNS: dict[str, Column] = {
    **_all(_T.ACCOUNTS, _F.ACCOUNT, _P, user__email="adresse mail", user__full_name="nom", user__phone="téléphone"),
    **_all(
        _T.SECURITY,
        _F.ACCOUNT,
        _P,
        user__password="empreinte du mot de passe",  # noqa: S106 (a label)
        user__totp_secret="secret du second facteur",  # noqa: S106 (a label)
        user__recovery_codes="empreintes des codes de secours",
        user__passkey_handle="repère des clés d’accès",
    ),
    **_all(_T.ACCOUNTS, _F.DELETED, _P, role__departments="départements du rôle"),
    **_all(
        _T.SECURITY,
        _F.DELETED,
        _P,
        passkey__name="nom de la clé d’accès",
        user_session__user_agent="navigateur",
        user_session__token_hash="empreinte de la session",  # noqa: S106 (a label)
        link__token_hash="empreinte du lien",  # noqa: S106 (a label)
        personal_link__token_hash="empreinte du lien personnel",  # noqa: S106 (a label)
        personal_link__email="adresse du lien personnel",
        personal_link__name="nom sur le lien personnel",
    ),
    **_all(
        _T.DIRECTORY,
        _F.REPLACED,
        _P,
        centre__email="adresse du centre",
        centre__contact_name="personne à joindre",
        centre__phone="téléphone du centre",
        centre__president_name="présidence",
        centre__president_email="adresse de la présidence",
    ),
    **_all(_T.DIRECTORY, _F.SCRUBBED, centre__address="adresse postale du centre"),
    **_all(
        _T.SHEETS,
        _F.SCRUBBED,
        action__title="titre de l’action",
        sheet__answers="réponses de la fiche",
        sheet__unparsed="saisies non lues",
        sheet__passed_checks="raisons données",
        sheet__carried="réponses reprises",
        sheet__folded_title="titre",
        change__before="réponse avant",
        change__after="réponse après",
        attachment__name="nom du fichier joint",
        upload__name="nom du fichier",
    ),
    **_all(
        _T.SHEETS,
        _F.FROZEN,
        snapshot__answers="réponses envoyées",
        snapshot__title="titre envoyé",
        snapshot__passed_checks="raisons envoyées",
    ),
    **_all(_T.SHEETS, _F.DERIVED, search_text__tokens="mots de la recherche", search_word__word="mot connu"),
    **_all(
        _T.SHEETS,
        _F.REPLACED,
        _P,
        sign_off__name="nom de qui signe",
        sign_off__email="adresse de qui signe",
        sign_off__signed_name="signature",
    ),
    **_all(_T.SHEETS, _F.SCRUBBED, sign_off__remark="remarque de qui signe"),
    **_all(
        _T.REVIEW,
        _F.SCRUBBED,
        query__text="demande",
        query__proposed="rédaction proposée",
        query__proposed_from="rédaction d’avant",
        query__reply="réponse à la demande",
        note__text="note de la fédération",
        label__name="étiquette",
        opinion__question="question posée pour un avis",
        opinion__text="avis",
        bulk_run__arguments="ce qui a été demandé pour un lot",
        bulk_item__message="ce qui a été dit d’une fiche d’un lot",
    ),
    **_all(_T.REVIEW, _F.REPLACED, _P, opinion__name="nom de qui donne un avis", opinion__email="son adresse"),
    **_all(
        _T.FOLLOWING,
        _F.SCRUBBED,
        call_note__text="appel noté",
        phone_entry__refusal="raison du refus",
        reminder__message="message de la relance",
        campaign_centre__extension_reason="raison du délai",
    ),
    **_all(_T.FOLLOWING, _F.REPLACED, _P, phone_entry__spoke_with="personne au téléphone"),
    **_all(
        _T.MAILS,
        _F.EMPTIED,
        mail__recipient="destinataire",
        mail__subject="objet",
        mail__text="texte",
        mail__html="texte mis en forme",
        mail__attachments="pièces du message",
        mail__dedupe_key="repère du message",
        mail__error="erreur d’envoi",
    ),
    **_all(
        _T.MAILS,
        _F.DELETED,
        digest_line__subject="objet en attente",
        digest_line__parts="texte en attente",
        digest_line__dedupe_key="repère en attente",
    ),
    **_all(
        _T.REPORTS,
        _F.SCRUBBED,
        agreement__address="adresse du financeur",
        agreement__title="titre de la convention",
        report_template__foreword="avant-propos",
        report_template__foreword_by="signature de l’avant-propos",
        quote__text="passage cité",
        quote__note="note sur un passage",
        report_template__name="nom du modèle de rapport",
        report_template__title="titre du modèle de rapport",
        report_run__design="présentation du rapport",
        report_run__parameters="choix du rapport",
        report_run__title="titre du rapport",
        report_run__notes="remarques du rapport",
        report_run__summary="ce que tenait un classeur",
        report_run__file_name="nom du fichier du rapport",
        report_run__series="suite du rapport",
    ),
    **_all(
        _T.READINGS,
        _F.REPLACED,
        _P,
        report_opening__name="nom de qui a ouvert",
        report_opening__email="adresse de qui a ouvert",
        funder_reading__name="nom de qui a lu",
        funder_reading__email="adresse de qui a lu",
    ),
    **_all(
        _T.PROGRAMS,
        _F.DELETED,
        _P,
        api_token__name="nom du jeton",  # noqa: S106 (a label)
        api_token__prefix="début du jeton",  # noqa: S106 (a label)
        api_token__token_hash="empreinte du jeton",  # noqa: S106 (a label)
    ),
    **_all(_T.PROGRAMS, _F.SCRUBBED, webhook__url="adresse prévenue"),
    **_all(_T.JOURNAL, _F.SEALED, event__data="ce que dit le journal"),
    **_all(
        _T.IMPORTS,
        _F.SCRUBBED,
        import_run__name="nom du fichier repris",
        import_run__text="contenu du fichier repris",
        import_run__result="ce que la reprise a donné",
        takeaway_upload__name="nom du classeur",
        takeaway_upload__cells="contenu du classeur",
        expected_upload__name="nom de la liste",
        expected_upload__cells="contenu de la liste",
        job__arguments="ce qui a été demandé à une tâche",
        job__result="ce qu’a donné une tâche",
        job__error="erreur d’une tâche",
    ),
    **_all(
        _T.DIRECTORY,
        _F.KEPT,
        _P,
        privacy_notice__controller="responsable du traitement",
        privacy_notice__address="son adresse",
        privacy_notice__contact="contact pour les données",
        privacy_notice__more="ce que la fédération ajoute",
    ),
}

IMPERSONAL: dict[str, tuple[str, ...]] = {
    "action": (),
    "api_token": ("scopes",),
    "agreement": ("reference", "themes", "partner_kinds"),
    "attachment": ("question", "storage_key", "media_type", "sha256"),
    "backup_run": ("slot", "place", "name", "counts", "error", "drill_error"),
    "bulk_run": ("act",),
    "campaign": ("title",),
    "centre": ("name", "folded", "commune", "department", "siret"),
    "centre_alias": ("name", "folded"),
    "change": ("question",),
    "desk_visit": ("question",),
    "digest_line": ("kind",),
    "discarded_file": ("key", "reason"),
    "erasure": ("mark", "counts", "reports"),
    "event": ("kind", "previous_hash", "hash", "sealed"),
    "event_head": ("chain", "hash"),
    "facet": ("question", "code", "label"),
    "facet_value": ("question", "code"),
    "federation": ("name", "folded", "colour", "logo_key", "logo_type"),
    "form_version": ("key", "sha256", "document"),
    "funder": ("name", "kind"),
    "job": ("kind", "phase", "request_id"),
    "label": ("folded",),
    "mail": ("kind", "request_id"),
    "query": ("question",),
    "quote": ("question",),
    "reminder": ("centre_ids", "automatic_key"),
    "report_run": ("kind", "storage_key", "media_type", "sha256", "snapshots"),
    "report_template": ("folded", "kind", "selection", "sections", "sheet_order", "colour"),
    "sheet": ("reference", "field_revisions", "facet_bits"),
    "sign_off": ("sha256",),
    "snapshot": ("sha256",),
    "snapshot_redaction": ("old_sha256", "new_sha256", "questions"),
    "upload": ("question", "sha256", "ends"),
    "webhook": ("moves", "secret"),
    "webhook_delivery": ("kind", "body", "error"),
    "worker_seen": ("name",),
}
"""Text and JSON columns that hold no word about a person: codes, keys, hashes, names of places and bodies."""

SECRET = frozenset({"password", "totp_secret", "recovery_codes", "passkey_handle", "token_hash", "dedupe_key", "html"})
"""Columns that an export leaves out: they would open something, or say the same twice."""


def fated(*fates: Fate) -> Iterator[tuple[str, str, Column]]:
    """Table, column and what is said of it, of those that have one of these fates."""
    for name, column in COLUMNS.items():
        table, _, key = name.partition(".")
        if column.fate in fates:
            yield table, key, column

"""Accounts, what each may do and where, open sessions, mail links."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from webapp.clock import now
from webapp.database import JSON, Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.places import Centre, Federation, Funder
from webapp.vocabulary import LinkPurpose, PersonalPurpose, RoleName

RIGHT_PLACE = """
(name IN ('membre', 'responsable') AND centre_id IS NOT NULL AND federation_id IS NULL AND funder_id IS NULL)
OR (name IN ('relecteur', 'administrateur') AND federation_id IS NOT NULL AND centre_id IS NULL AND funder_id IS NULL)
OR (name = 'financeur' AND funder_id IS NOT NULL AND centre_id IS NULL AND federation_id IS NULL)
OR (name = 'plateforme' AND funder_id IS NULL AND centre_id IS NULL AND federation_id IS NULL)
""".strip().replace("\n", " ")


class User(Model):
    """Somebody's account."""

    __tablename__ = "user"
    __table_args__ = (
        sa.UniqueConstraint("email", name="uq_user_email"),
        sa.UniqueConstraint("passkey_handle", name="uq_user_passkey_handle"),
        sa.CheckConstraint("email = lower(email)", name="email_in_lower_case"),
    )

    id: Mapped[PrimaryKey]
    email: Mapped[str]
    full_name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    # An invited account has no password before its link is used.
    password: Mapped[str | None]
    # Changes with the password and the rights: a sign-in half done does not outlive them.
    sign_in_mark: Mapped[UUID] = mapped_column(default=uuid4)
    second_factor_on: Mapped[bool] = mapped_column(default=False)
    # Encrypted; while the second factor is off, it waits for its first code.
    totp_secret: Mapped[str | None]
    # Hashes of those not yet used.
    recovery_codes: Mapped[list[str]] = mapped_column(JSON, default=list)
    # What authenticators know the account by; drawn with the first passkey.
    passkey_handle: Mapped[str | None]

    roles: Mapped[list["Role"]] = relationship(
        back_populates="user", order_by="Role.name, Role.id", cascade="all, delete-orphan"
    )
    passkeys: Mapped[list["Passkey"]] = relationship(
        back_populates="user", order_by="Passkey.created_at, Passkey.id", cascade="all, delete-orphan"
    )

    @validates("email")
    def _lower_email(self, _key: str, email: str) -> str:
        return email.strip().lower()


class Role(Model):
    """A grant: this account is that, there."""

    __tablename__ = "role"
    __table_args__ = (
        sa.CheckConstraint(RIGHT_PLACE, name="right_place"),
        sa.UniqueConstraint("user_id", "name", "centre_id", name="uq_role_user_id_name_centre_id"),
        sa.UniqueConstraint("user_id", "name", "federation_id", name="uq_role_user_id_name_federation_id"),
        sa.UniqueConstraint("user_id", "name", "funder_id", name="uq_role_user_id_name_funder_id"),
        sa.Index(
            "uq_role_platform",
            "user_id",
            unique=True,
            sqlite_where=sa.text("name = 'plateforme'"),
            postgresql_where=sa.text("name = 'plateforme'"),
        ),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"))
    name: Mapped[RoleName] = mapped_column(code_of(RoleName, "name"))
    federation_id: Mapped[UUID | None] = mapped_column(refers_to("federation"), index=True)
    centre_id: Mapped[UUID | None] = mapped_column(refers_to("centre"), index=True)
    funder_id: Mapped[UUID | None] = mapped_column(refers_to("funder"), index=True)
    # The codes to which a role of the federation is limited; none: it holds in all of it.
    departments: Mapped[list[str]] = mapped_column(JSON, default=list, server_default=sa.text("'[]'"))

    user: Mapped[User] = relationship(back_populates="roles")
    federation: Mapped[Federation | None] = relationship()
    centre: Mapped[Centre | None] = relationship()
    funder: Mapped[Funder | None] = relationship()


class Passkey(Model):
    """A telephone or a computer that stands for its owner; `sign_count` goes up as it is used, where it counts."""

    __tablename__ = "passkey"
    __table_args__ = (sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), index=True)
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(default=0)
    name: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]

    user: Mapped[User] = relationship(back_populates="passkeys")


class UserSession(Model):
    """An open session, ended by signing out or by a change of rights; only the token's hash is kept."""

    __tablename__ = "user_session"
    __table_args__ = (sa.UniqueConstraint("token_hash", name="uq_user_session_token_hash"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), index=True)
    token_hash: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Link(Model):
    """A single-use mail link; only the token's hash is kept."""

    __tablename__ = "link"
    __table_args__ = (sa.UniqueConstraint("token_hash", name="uq_link_token_hash"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(code_of(LinkPurpose, "purpose"))
    token_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class PersonalLink(Model):
    """A mail link that opens one thing for its reader, account or not; only the token's hash is kept.

    target_id: the id of what it opens (a campaign, a query, a sheet…), by the purpose.
    """

    __tablename__ = "personal_link"
    __table_args__ = (
        sa.UniqueConstraint("token_hash", name="uq_personal_link_token_hash"),
        sa.Index("ix_personal_link_purpose_target_id", "purpose", "target_id"),
    )

    id: Mapped[PrimaryKey]
    purpose: Mapped[PersonalPurpose] = mapped_column(code_of(PersonalPurpose, "purpose"))
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"), index=True)
    target_id: Mapped[UUID]
    user_id: Mapped[UUID | None] = mapped_column(refers_to("user", on_delete="CASCADE"), index=True)
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    token_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship()

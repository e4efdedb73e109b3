"""Campaigns: the list, one campaign, its dates and centres, the invitations. Each part registers its addresses."""

from webapp.blueprints.campaigns import expected, extensions, invitations, listing, retention
from webapp.blueprints.campaigns.frame import blueprint

__all__ = ["blueprint", "expected", "extensions", "invitations", "listing", "retention"]

"""The blueprints, in the order in which they are registered; each module offers `blueprint`, and `init_app` at need."""

BLUEPRINTS: tuple[str, ...] = (
    "webapp.blueprints.accounts",
    "webapp.blueprints.sheets",
    "webapp.blueprints.actions",
    "webapp.blueprints.review",
    "webapp.blueprints.opinions",
    "webapp.blueprints.campaigns",
    "webapp.blueprints.invitation",
    "webapp.blueprints.following",
    "webapp.blueprints.reminders",
    "webapp.blueprints.centres",
    "webapp.blueprints.centre_life",
    "webapp.blueprints.phone",
    "webapp.blueprints.signing",
    "webapp.blueprints.catalogue",
    "webapp.blueprints.reports",
    "webapp.blueprints.jobs",
    "webapp.blueprints.imports",
    "webapp.blueprints.journal",
    "webapp.blueprints.federations",
    "webapp.blueprints.help",
)

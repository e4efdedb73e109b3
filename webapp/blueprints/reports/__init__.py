"""Reports on the web: templates, asking, watching, reading, handing over."""

from webapp.blueprints.reports import fetching, handing, listing, look, preview, showing, templates
from webapp.blueprints.reports.frame import blueprint

__all__ = ["blueprint", "fetching", "handing", "listing", "look", "preview", "showing", "templates"]

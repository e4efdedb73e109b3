"""The API for other programs, its document and the page that explains it."""

# The views put themselves on the blueprint.
from webapp.blueprints.api import guide, views  # noqa: F401 (the guide reads what the views have put)
from webapp.blueprints.api.operations import blueprint

__all__ = ("blueprint",)

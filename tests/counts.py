"""Counts as sheets hold them."""

from typing import Any


def counted(number: int) -> dict[str, Any]:
    """A number of people or sessions that somebody has counted."""
    return {"number": number, "how": "counted"}

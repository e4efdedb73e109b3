"""A program behind the proxy of `make test-machines`: impatient, and with the clock of the test that asks it."""

from datetime import datetime
from typing import Any

from flask import Flask, request, request_started

from tests import impatient
from tests.clock import HEADER


def _be_at_that_hour(app: Flask, **_given: Any) -> None:
    hour = request.headers.get(HEADER)
    app.config["RECUEIL_NOW"] = datetime.fromisoformat(hour) if hour else None


if __name__ == "__main__":
    request_started.connect(_be_at_that_hour)
    impatient.main()

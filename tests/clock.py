"""The clock of a test: what stops it, and what says over HTTP how late it is."""

from collections.abc import Callable
from datetime import datetime

SetClock = Callable[[datetime], None]
"""The fixture `set_clock`: from now on it is that moment, for the test and for whoever answers its requests."""

HEADER = "X-Test-Now"

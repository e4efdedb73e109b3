"""Writes: one function an act, one commit a call."""

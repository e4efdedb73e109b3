"""Reads: what pages and services ask the database, ordered to the last tie."""

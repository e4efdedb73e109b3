"""The room of the PDF engine: parts laid out alone, kept, and one tagged PDF assembled from them.

Nothing outside this room imports WeasyPrint or pydyf, and only what runs in the child process (see
worker) does so here: crew and keeping are the parent's side.

The room uses modules of WeasyPrint that are not public, so its exact version is pinned; tests/reports/
test_engine.py holds the assembled file against WeasyPrint's own.
"""

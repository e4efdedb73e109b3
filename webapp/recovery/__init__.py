"""Backups: taken under load, checked without a target, restored elsewhere, on either engine.

A backup is a tar archive, compressed by gzip, encrypted by age where a key is given: whoever has no Recueil any more
opens it with `age`, `tar` and a text editor. What is ours is the seal after the last byte of the gzip stream.
"""

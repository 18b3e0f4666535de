"""Ledgers as released versions left them: each has to be brought up to date without loss.

A release runs `python -m tests.released` and commits the folder that it writes, named after the
version; from then on `tests/test_upgrades.py` upgrades it. There is none before the first release:
until then the one migration may still change.
"""

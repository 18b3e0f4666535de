"""Volunteer hours, star levels and points: the ledger, its store, its queries and its commands."""

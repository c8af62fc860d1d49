"""Rosters on their way in and out."""

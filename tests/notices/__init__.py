"""Reminders, as sentences."""

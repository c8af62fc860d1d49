"""Tests of the room of employment."""

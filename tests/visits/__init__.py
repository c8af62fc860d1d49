"""Tests of visits: what is owed, what was done, what it found."""

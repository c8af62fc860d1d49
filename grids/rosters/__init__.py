"""Rosters on their way in: what a file means for the register as it is (a plan), and saving it set by set."""

"""台账 desk: choose, preview, commit, download. Knows the registry of ledgers, not the apps behind it."""

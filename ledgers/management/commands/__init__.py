"""Commands of the ledger desk."""

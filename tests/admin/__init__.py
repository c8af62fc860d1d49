"""The office's desk of rules and accounts, as sentences."""

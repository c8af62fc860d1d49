"""Signing in, the second factor and tokens, as sentences."""

"""Who must be visited by when, the visit, and what it found (五必访, 五必知, 三门)."""

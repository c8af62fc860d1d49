"""What every room stands on and no room's word is in: clock, periods, scope, encrypted fields, the ledger engine."""

"""Made-up towns: the small one of the demo, and ones of any size for measuring."""

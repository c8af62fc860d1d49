"""`make gates`: the faults and attacks of quality.md, made for real; a fault planted in a copy proves each gate."""

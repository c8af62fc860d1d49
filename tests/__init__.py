"""Everything a user of Hongji would notice, as sentences."""

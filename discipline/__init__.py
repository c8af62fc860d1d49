"""纪检：what people say about cadres, which the discipline office alone reads, and never the one it is about."""

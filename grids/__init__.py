"""The register: the territory tree, posts (1+1+N), households, persons and their dated categories."""

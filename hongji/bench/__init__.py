"""The speed table of the project (`make bench`): ratios of two things measured side by side in one run."""

"""Sides by side: comparisons of columns and of runs, gates, and the words for their numbers."""

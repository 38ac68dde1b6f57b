"""Ratios against floors measured in the same run: `python -m benchmarks [--quick]`."""

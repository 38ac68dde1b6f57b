"""Suites: YAML text → `Suite` → columns, cases, trials. Nothing else sees YAML."""

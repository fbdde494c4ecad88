"""Meters at work: which events one counts, and the quantities that come of it."""

"""The external IDs of each organization's first customers: one of every kind, also in the smallest demo."""

from __future__ import annotations

SHOWCASE: tuple[str, ...] = (
    "cust_1001",
    "7f1a3c52-9d0e-4b6f-8a21-5c4de0b9a713",
    "finance@riverside.example",
    "emea/berlin/42",
    "eu.west.17",
    "+1 555 0100",
    "客户-1",
    "🦊-den",
    "100%",
    "a?b#c",
    "invoice.json",
    # Two customers, since letter case counts.
    "ACME-EU",
    "acme-eu",
    "Zoë O'Neill & Co.",
    "عميل-12",
    "00042",
)

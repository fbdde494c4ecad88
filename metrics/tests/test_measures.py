"""How numbers are written: exactly, and short beside an axis."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from metrics.measures import Counted, Measure, Money, Share

EVENTS = Counted("event", "events")


@pytest.mark.parametrize(
    ("measure", "value", "expected"),
    [
        (EVENTS, 0, "0 events"),
        (EVENTS, 1, "1 event"),
        (EVENTS, 1204, "1,204 events"),
        (EVENTS, 2**70, "1,180,591,620,717,411,303,424 events"),
        (EVENTS, None, "no value"),
        (Counted(), 12, "12"),
        (Counted(is_whole=False), 0.1, "0.1"),
        (Counted(is_whole=False), 1e-7, "0.0000001"),
        (Counted(is_whole=False), Decimal("1234.500"), "1,234.5"),
        (Money("usd"), 123456, "1,234.56 USD"),
        (Money("jpy"), 1500, "1,500 JPY"),
        (Money("kwd"), 1, "0.001 KWD"),
        (Money("usd"), None, "no value"),
        (Share(), 2 / 3, "66.7%"),
        (Share(), 1.0, "100.0%"),
        (Share(), None, "no value"),
    ],
)
def test_a_value_is_written_whole(measure: Measure, value: Any, expected: str) -> None:
    assert measure.text(value) == expected


@pytest.mark.parametrize(
    ("measure", "value", "most", "expected"),
    [
        (EVENTS, 7500, 7500, "7,500"),
        (EVENTS, 7500, 10_000, "7.5K"),
        (EVENTS, 0, 10_000, "0"),
        (EVENTS, 500_000, 2_000_000, "0.5M"),
        (EVENTS, 3 * 10**9, 4 * 10**9, "3B"),
        (EVENTS, 10**15, 10**15, "1,000T"),
        (EVENTS, 10**20, 10**20, "1e20"),
        (Money("usd"), 250_000, 1_000_000, "2.5K USD"),
        (Money("usd"), 25, 100, "0.25 USD"),
        (Money("jpy"), 250, 1000, "250 JPY"),
        (Share(), 0.25, 1.0, "25%"),
        (Counted(is_whole=False), 0.25, 1.0, "0.25"),
    ],
)
def test_an_axis_is_short_and_of_one_kind(measure: Measure, value: Any, most: Any, expected: str) -> None:
    assert measure.short(value, most) == expected

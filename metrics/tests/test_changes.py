"""How a change is told."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.changes import Change, change_of
from metrics.measures import Counted, Measure, Money, Share

NUMBER = Counted()


@pytest.mark.parametrize(
    ("now", "before", "measure", "expected"),
    [
        (112, 100, NUMBER, Change("up", "Up 12% from 100", "success")),
        (101, 1000, NUMBER, Change("down", "Down 90% from 1,000", "danger")),
        (1001, 1000, NUMBER, Change("up", "Up 0.1% from 1,000", "success")),
        (5, 0, NUMBER, Change("up", "Up from 0", "success")),
        (0, 5, NUMBER, Change("down", "Down 100% from 5", "danger")),
        (7, 7, NUMBER, Change("", "Same as before")),
        (0, 0, NUMBER, Change("", "Same as before")),
        (300, 200, Money("usd"), Change("up", "Up 50% from 2.00 USD", "success")),
        (0.6, 0.5, Share(), Change("up", "Up 10.0 points from 50.0%", "success")),
        (0.4999, 0.5, Share(), Change("down", "Down 0.0 points from 50.0%", "danger")),
        (None, None, Share(), Change("", "No value before either")),
        (0.5, None, Share(), Change("", "No value before")),
        (None, 0.5, Share(), Change("", "50.0% before")),
        (2**60, 1, NUMBER, Change("up", "Up 115,292,150,460,684,697,500% from 1", "success")),
    ],
)
def test_a_change_is_told_in_words(now: Any, before: Any, measure: Measure, expected: Change) -> None:
    assert change_of(now, before, measure, is_gain=True) == expected
    assert change_of(now, before, measure).tone == ""

"""Counting without walking over a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

CAP = 1000


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are, or that there are more than anyone counted."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.is_capped else ''}"

    def __bool__(self) -> bool:
        return self.number > 0


def count_up_to(queryset: QuerySet[Any], cap: int = CAP) -> Count:
    """How many rows `queryset` has, reading `cap` and one more of them at most."""
    number = queryset.order_by()[: cap + 1].count()
    return Count(min(number, cap), is_capped=number > cap)

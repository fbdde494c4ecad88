"""Reports: an organization's figures by period, and over all of them."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection

from metrics.figures import of_everyone, of_subjects
from metrics.figures.figures import ALL_FIGURES, Figure, Figures, Source, sources_of
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Span
from metrics.figures.sums import Params
from organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Period:
    """The figures of one period, which begins at `start`, in UTC. Only what lies within the report's span counts."""

    start: datetime.datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of every period of `span`, those without data too, and of all of it. Who was active in several
    periods counts once in the totals. `currencies` are those of any order in it, in alphabetical order."""

    span: Span
    figures: tuple[Figure, ...]
    currencies: tuple[str, ...]
    periods: list[Period]
    totals: Figures


def read_report(
    *,
    organization: Organization,
    span: Span,
    figures: Collection[Figure] = ALL_FIGURES,
    subject: Subject | None = None,
) -> Report:
    """The report on the organization, or on `subject` alone, as of one moment of the database.

    Raises TooManyPeriods.
    """
    sources = sources_of(figures)
    if subject is None:
        rows = _read(*of_everyone.statement(organization.id, span, sources))
    else:
        rows = of_subjects.read(organization.id, subject, span.cuts, sources)
    periods = [Period(start, Figures()) for start in span.periods]
    totals = Figures()
    for source, period, currency, count, amount in rows:
        if period is not None:
            periods[period].figures.add(source, currency, int(count), amount)
        if period is None or source != Source.ACTIVE.value:
            totals.add(source, currency, int(count), amount)
    currencies = tuple(sorted(totals.revenue))
    for shown in (*(period.figures for period in periods), totals):
        shown.in_currencies(currencies)
    return Report(span, tuple(figures), currencies, periods, totals)


def _read(query: str, params: Params) -> list[tuple[Any, ...]]:
    if not query:
        return []
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()  # type: ignore[no-any-return]

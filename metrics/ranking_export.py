"""The ranking of customers as a CSV file, safe to open in a spreadsheet (`api.spreadsheets` says what that does to
text). Money has a column for each currency of the range: in its minor unit for programs, as in all of the API, and as
people write it for people."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

from django.http import HttpResponseBase

from api.exports import BYTE_ORDER_MARK, CSV, again_if_lost, cell, csv_lines, file_response, incomplete_csv
from checkout.money import in_major_units
from metrics.figures.figures import BY_CURRENCY, Figure, Source, sources_of
from metrics.figures.of_subjects import Subject
from metrics.figures.ranking import Order, Place, Ranked, Ranking, currencies_of, read_ranking
from organizations.models import Organization

BATCH = 1000


def export_response(
    *,
    organization: Organization,
    start: datetime.datetime,
    end: datetime.datetime,
    order: Order,
    figures: Collection[Figure],
    subject: Subject | None,
    for_people: bool = False,
    headers_only: bool = False,
) -> HttpResponseBase:
    """All rows of the ranking. Raises Throttled when too many files are being written."""
    currencies: tuple[str, ...] = ()
    if not headers_only and Source.ORDERS in sources_of(figures):
        currencies = currencies_of(organization, start, end)

    def read(place: Place | None) -> Ranking:
        return again_if_lost(
            lambda: read_ranking(
                organization=organization,
                start=start,
                end=end,
                order=order,
                figures=figures,
                subject=subject,
                place=place,
                limit=BATCH,
            )
        )

    def batches() -> Iterator[tuple[int, bytes]]:
        place: Place | None = None
        while True:
            found = read(place)
            yield (
                len(found.rows),
                csv_lines(_cells(row, figures, currencies, for_people) for row in found.rows),
            )
            if not found.has_next:
                return
            place = Place(found.rows[-1].value, found.rows[-1].key)

    return file_response(
        organization=organization,
        name="customer-metrics",
        extension="csv",
        content_type=CSV,
        beginning=(BYTE_ORDER_MARK if for_people else b"") + csv_lines([_columns(figures, currencies)]),
        batches=batches,
        incomplete=incomplete_csv,
        headers_only=headers_only,
    )


def _columns(figures: Collection[Figure], currencies: Collection[str]) -> Iterator[str]:
    yield from ("external_customer_id", "customer_id", "name")
    for figure in figures:
        if figure in BY_CURRENCY:
            yield from (f"{figure}_{currency}" for currency in currencies)
        else:
            yield figure.value


def _cells(
    row: Ranked, figures: Collection[Figure], currencies: Collection[str], for_people: bool
) -> Iterator[str]:
    yield from map(cell, (row.external_customer_id, row.customer_id, row.name))
    for value in row.figures.values(figures).values():
        if isinstance(value, dict):
            for currency in currencies:
                amount = value.get(currency)
                if for_people and amount is not None:
                    yield str(in_major_units(amount, currency))
                else:
                    yield cell(amount)
        else:
            yield cell(value)

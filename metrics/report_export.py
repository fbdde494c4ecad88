"""A report as a file for a spreadsheet: a line for each period. Money is in the currency's major unit, as people write
it, with a column for each currency."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpResponseBase

from api.exports import BYTE_ORDER_MARK, CSV, cell, csv_lines, file_response, incomplete_csv
from checkout.money import in_major_units
from metrics.figures.figures import BY_CURRENCY
from metrics.figures.report import Period, Report
from metrics.period_names import period_name
from organizations.models import Organization


def export_report(
    report: Report, *, organization: Organization, headers_only: bool = False
) -> HttpResponseBase:
    """Raises Throttled when too many files are being written."""
    return file_response(
        organization=organization,
        name="metrics",
        extension="csv",
        content_type=CSV,
        beginning=BYTE_ORDER_MARK + csv_lines([_columns(report)]),
        batches=lambda: iter(
            [(len(report.periods), csv_lines(_cells(report, period) for period in report.periods))]
        ),
        incomplete=incomplete_csv,
        headers_only=headers_only,
    )


def _columns(report: Report) -> Iterator[str]:
    yield from (report.span.interval.value, "start")
    for figure in report.figures:
        if figure in BY_CURRENCY:
            yield from (f"{figure}_{currency}" for currency in report.currencies)
        else:
            yield figure.value


def _cells(report: Report, period: Period) -> Iterator[str]:
    yield cell(period_name(period.start, report.span.interval, report.span.zone))
    yield cell(period.start)
    for value in period.figures.values(report.figures).values():
        if isinstance(value, dict):
            for currency in report.currencies:
                amount = value[currency]
                yield "" if amount is None else str(in_major_units(amount, currency))
        else:
            yield cell(value)

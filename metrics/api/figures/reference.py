"""What the reference says of the API of figures."""

from __future__ import annotations

from api.exports import LIMITS
from api.reference import Operation, Parameter
from checkout.money import CURRENCIES
from customers.api.serializers import ExternalCustomerIDField
from customers.filters import MAX_IDS
from metrics.api.figures.serializers import RankedCustomerSerializer, ReportSerializer
from metrics.figures.figures import ALL_FIGURES
from metrics.figures.periods import MAX_PERIODS, USUAL_PERIODS, Interval

_TIME = {"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00Z"]}
_NAMES = {"type": "array", "items": {"type": "string", "enum": [figure.value for figure in ALL_FIGURES]}}
_USUAL = ", ".join(f"{count} by {interval}" for interval, count in USUAL_PERIODS.items())


def range_parameters(*, ranking: bool) -> tuple[Parameter, ...]:
    """Those that say which range is asked about."""
    told = " A ranking is over the whole range; only the usual range depends on it." if ranking else ""
    limit = "" if ranking else f" A range has at most {MAX_PERIODS:,} of them."
    return (
        Parameter(
            name="interval",
            description=f"How long a period is. Weeks start on Monday.{limit}{told}",
            schema={"type": "string", "enum": [interval.value for interval in Interval], "default": "day"},
            codes=("invalid_choice",) if ranking else ("invalid_choice", "too_many_periods"),
        ),
        Parameter(
            name="start",
            description=f"The range's first moment (RFC 3339). Unless sent, so early that the range has as many "
            f"periods as is usual: {_USUAL}.",
            schema=_TIME,
            codes=("invalid", "out_of_range", "empty_range"),
        ),
        Parameter(
            name="end",
            description="The first moment (RFC 3339) after the range: it is not part of it. Unless sent, now.",
            schema=_TIME,
            codes=("invalid", "out_of_range", "empty_range"),
        ),
        Parameter(
            name="timezone",
            description="The time zone, by its name in IANA's database, whose clocks and calendar say when a period "
            "begins. Unless sent, the organization's own.",
            schema={"type": "string", "minLength": 1, "examples": ["Europe/Berlin"]},
            codes=("unknown_time_zone",),
        ),
    )


_FIGURES = (
    Parameter(
        name="metrics[]",
        description="The figures to answer; all unless sent. Send it once for each.",
        schema=_NAMES,
        codes=("invalid_choice",),
        style="form",
        examples={"Two figures": ["orders", "revenue"]},
    ),
    Parameter(
        name="metrics",
        description="Another name of `metrics[]`.",
        schema=_NAMES,
        codes=("invalid_choice",),
        style="form",
    ),
)
SUBJECT_PARAMETERS = (
    Parameter(
        name="external_customer_id",
        description="Only what is of those who hold one of these external IDs now, or came under one that nobody "
        f"holds; never an earlier holder's. Send it up to {MAX_IDS} times.",
        schema={
            "type": "array",
            "items": {"$ref": "#/components/schemas/ExternalCustomerID"},
            "maxItems": MAX_IDS,
        },
        codes=(*ExternalCustomerIDField.error_codes, "too_many"),
        style="form",
        examples={"Two IDs": ["cust_123", "cust_124"]},
    ),
    Parameter(
        name="customer_id",
        description="Only what is of this customer, by our ID, deleted or not.",
        schema={"type": "string", "format": "uuid"},
    ),
)

_DAY = {
    "start": "2026-01-30T23:00:00Z",
    "orders": 2,
    "revenue": {"eur": 0, "usd": 4500},
    "average_order_value": {"eur": None, "usd": 2250},
    "checkouts": 3,
    "succeeded_checkouts": 2,
    "checkout_conversion": 0.6666666666666666,
    "new_customers": 1,
    "active_customers": 2,
    "events": 13,
}
_NEXT_DAY = {
    "start": "2026-01-31T23:00:00Z",
    "orders": 1,
    "revenue": {"eur": 990, "usd": 0},
    "average_order_value": {"eur": 990, "usd": None},
    "checkouts": 1,
    "succeeded_checkouts": 1,
    "checkout_conversion": 1.0,
    "new_customers": 0,
    "active_customers": 2,
    "events": 2,
}
REPORT = {
    "interval": "day",
    "start": "2026-01-30T23:00:00Z",
    "end": "2026-02-01T23:00:00Z",
    "timezone": "Europe/Berlin",
    "periods": [_DAY, _NEXT_DAY],
    "totals": {
        "orders": 3,
        "revenue": {"eur": 990, "usd": 4500},
        "average_order_value": {"eur": 990, "usd": 2250},
        "checkouts": 4,
        "succeeded_checkouts": 3,
        "checkout_conversion": 0.75,
        "new_customers": 1,
        "active_customers": 2,
        "events": 15,
    },
}
RANKED = [
    {
        "external_customer_id": "cust_123",
        "customer_id": "01980f3a-91c2-7d1e-8a3b-5d2f6c7e8f90",
        "name": "Acme Inc",
        "orders": 2,
        "events": 1150,
    },
    {
        "external_customer_id": "cust_999",
        "customer_id": None,
        "name": None,
        "orders": 0,
        "events": 50,
    },
]

REPORT_OPERATIONS = {
    "report": Operation(
        id="get_metrics",
        summary="Get figures by period",
        description=(
            "Orders, revenue, checkouts, customers and events by period, and over the whole range. They are exact as "
            "of the moment of the request: an event counts when it happened, however late it arrived, once, and for "
            "the customer it belongs to now. Periods without data are there, with zeros, and null for a ratio."
        ),
        answers={200: "The figures."},
        response=ReportSerializer,
        response_examples={"Two days in Berlin": REPORT},
        parameters=(*range_parameters(ranking=False), *_FIGURES, *SUBJECT_PARAMETERS),
    ),
}
RANKING_OPERATIONS = {
    "list": Operation(
        id="list_customer_metrics",
        summary="Rank customers by a figure",
        description=(
            "The same figures for each customer, over the whole range, by external ID, page by page. Listed is who "
            "has anything of the chosen figures, external IDs that nobody holds too; a deleted customer only when its "
            "`customer_id` is asked for. A customer whose figures change between two pages may move. A page's links "
            "keep its range, also where it was the usual one."
        ),
        answers={200: "A page of customers, or with `format=csv` all of them in a file."},
        response=RankedCustomerSerializer,
        response_examples={
            "The only page, of two figures": {"results": RANKED, "next": None, "previous": None}
        },
        content={
            "text/csv": {
                "type": "string",
                "description": "One row a customer, the external ID first, and money in a column for each currency.",
            }
        },
        limits=LIMITS,
        parameters=(
            *range_parameters(ranking=True),
            *_FIGURES,
            *SUBJECT_PARAMETERS,
            Parameter(
                name="currency",
                description="The currency to order money in, by its ISO 4217 code. Unless sent, that of most orders. "
                "Only together with an `ordering` by money.",
                schema={"type": "string", "enum": list(CURRENCIES)},
                codes=("unknown_currency", "not_money"),
            ),
            Parameter(
                name="format",
                description="`csv` for a file of all rows, safe to open in a spreadsheet, without `limit` and "
                "`cursor`.",
                schema={"type": "string", "enum": ["json", "csv"], "default": "json"},
                codes=("invalid_choice", "whole_file"),
            ),
        ),
    ),
}

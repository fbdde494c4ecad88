"""What the routes of figures refuse, by name, and with what would be right."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from api.tests.wsgi import Server
from metrics.tests.test_figures_api import JANUARY, ask, at, refused, told

BAD = [
    ({"interval": "quarter"}, "invalid_choice", "interval"),
    ({"interval": "Day"}, "invalid_choice", "interval"),
    ({"timezone": "Mars/Olympus"}, "unknown_time_zone", "timezone"),
    ({"timezone": "europe/berlin"}, "unknown_time_zone", "timezone"),
    ({"timezone": "../../etc/passwd"}, "unknown_time_zone", "timezone"),
    ({"timezone": "localtime"}, "unknown_time_zone", "timezone"),
    ({"timezone": "+02:00"}, "unknown_time_zone", "timezone"),
    ({"metrics[]": "revenues"}, "invalid_choice", "metrics[]"),
    ({"metrics": "orders,revenue"}, "invalid_choice", "metrics"),
    ({"metrics[0]": "orders"}, "unknown_parameter", "metrics[0]"),
    ({"metric": "orders"}, "unknown_parameter", "metric"),
    ({"start": "2026-01-01T00:00:00", "end": JANUARY["end"]}, "invalid", "start"),
    ({"start": "2026-01-01", "end": JANUARY["end"]}, "invalid", "start"),
    ({"end": "tomorrow"}, "invalid", "end"),
    ({"start": JANUARY["end"], "end": JANUARY["start"]}, "empty_range", "end"),
    ({"start": JANUARY["end"], "end": JANUARY["end"]}, "empty_range", "end"),
    ({"start": "2999-01-01T00:00:00Z"}, "empty_range", "start"),
    ({"start": "1899-12-31T23:59:59Z"}, "out_of_range", "start"),
    ({"end": "3000-01-01T00:00:01Z"}, "out_of_range", "end"),
    ({"end": ["2026-01-01T00:00:00Z"] * 2}, "repeated_parameter", "end"),
    ({"external_customer_id": "null"}, "placeholder", "external_customer_id"),
    ({"external_customer_id": ["x"] * 101}, "too_many", "external_customer_id"),
    ({"customer_id": "cust_1"}, "invalid", "customer_id"),
]
BAD_RANKINGS = [
    ({"ordering": "name"}, "invalid_choice", "ordering"),
    ({"limit": "0"}, "min_value", "limit"),
    ({"currency": "usd"}, "not_money", "currency"),
    ({"currency": "xyz", "ordering": "revenue"}, "unknown_currency", "currency"),
    ({"format": "xlsx"}, "invalid_choice", "format"),
]


@pytest.mark.parametrize("path", ["", "/customers"])
@pytest.mark.parametrize(("query", "code", "attr"), BAD, ids=str)
def test_bad_input_is_refused_by_name(path: str, query: Any, code: str, attr: str, api: Server) -> None:
    refused(ask(api, path, **query), code, attr)


@pytest.mark.parametrize(("query", "code", "attr"), BAD_RANKINGS, ids=str)
def test_bad_input_of_a_ranking_is_refused_by_name(query: Any, code: str, attr: str, api: Server) -> None:
    refused(ask(api, "/customers", **query), code, attr)


def test_all_that_is_wrong_is_told_at_once(api: Server) -> None:
    answer = ask(api, interval="x", timezone="y", metrics="z", start="a", customer_id="b")
    assert {error["attr"] for error in answer.json["errors"]} == {
        "interval",
        "timezone",
        "metrics",
        "start",
        "customer_id",
    }


@pytest.mark.parametrize(
    ("days", "interval", "finest"),
    [(63, "hour", "day"), (1501, "day", "week"), (365 * 30, "week", "month"), (365 * 200, "month", "year")],
)
def test_a_range_too_fine_says_the_finest_interval(
    days: int, interval: str, finest: str, api: Server
) -> None:
    start = at("1950-01-01T00:00:00Z")
    span = {"start": "1950-01-01T00:00:00Z", "end": (start + datetime.timedelta(days=days)).isoformat()}
    detail = refused(ask(api, **span, interval=interval), "too_many_periods", "interval")
    assert f"possible for it is {finest}." in detail
    assert told(api, **span, interval=finest, metrics="events")["interval"] == finest


def test_1500_periods_are_not_too_many(api: Server) -> None:
    span = {"start": "2026-01-01T00:00:00Z", "end": "2026-03-04T12:00:00Z", "interval": "hour"}
    assert len(told(api, **span, metrics="events")["periods"]) == 1500
    refused(ask(api, **{**span, "end": "2026-03-04T12:00:01Z"}), "too_many_periods", "interval")

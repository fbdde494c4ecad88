"""Figures in JSON."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rest_framework import serializers

from customers.api.serializers import ExternalCustomerIDField
from metrics.figures.figures import Figure
from metrics.figures.periods import Interval
from metrics.figures.ranking import Ranked
from metrics.figures.report import Report


class FiguresSerializer(serializers.Serializer[Any]):
    """The figures that were asked for."""

    orders = serializers.IntegerField(required=False, min_value=0, help_text="Orders made.")
    revenue = serializers.DictField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        help_text="What the orders came to, in the minor unit of each currency.",
    )
    average_order_value = serializers.DictField(
        child=serializers.IntegerField(allow_null=True, min_value=0),
        required=False,
        help_text="Revenue by orders, in each currency, rounded to its minor unit; null without an order in it.",
    )
    checkouts = serializers.IntegerField(required=False, min_value=0, help_text="Checkout sessions created.")
    succeeded_checkouts = serializers.IntegerField(
        required=False, min_value=0, help_text="Those of them that have been completed since."
    )
    checkout_conversion = serializers.FloatField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=1,
        help_text="The share of the checkouts that succeeded; null without any.",
    )
    new_customers = serializers.IntegerField(required=False, min_value=0, help_text="Customers created.")
    active_customers = serializers.IntegerField(
        required=False, min_value=0, help_text="Customers with at least one event or order."
    )
    events = serializers.IntegerField(
        required=False, min_value=0, help_text="Events that happened, those that no customer holds too."
    )


class PeriodSerializer(FiguresSerializer):
    """A period: the figures of what lies in it and in the range."""

    start = serializers.DateTimeField(
        help_text="When the period begins in the time zone's calendar, in UTC. The first may begin before the range."
    )


class ReportSerializer(serializers.Serializer[Report]):
    """Figures by period, and over the whole range."""

    interval = serializers.ChoiceField(choices=[interval.value for interval in Interval])
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Not part of the range any more.")
    timezone = serializers.CharField()
    periods = PeriodSerializer(
        many=True, help_text="All periods of the range in order, those without data too."
    )
    totals = FiguresSerializer(
        help_text="Over the whole range; who was active in several periods counts once."
    )


class RankedCustomerSerializer(FiguresSerializer):
    """A customer's figures over the range, or those of an external customer ID that nobody holds."""

    external_customer_id = ExternalCustomerIDField(
        allow_null=True, help_text="Null for a customer without one."
    )
    customer_id = serializers.UUIDField(allow_null=True, help_text="Null while nobody holds the external ID.")
    name = serializers.CharField(allow_null=True)


def report_body(report: Report) -> dict[str, Any]:
    """As ReportSerializer describes it."""
    figures = report.figures
    return {
        "interval": report.span.interval.value,
        "start": report.span.start,
        "end": report.span.end,
        "timezone": report.span.zone.key,
        "periods": [{"start": period.start, **period.figures.values(figures)} for period in report.periods],
        "totals": report.totals.values(figures),
    }


def ranked_row(row: Ranked, figures: Collection[Figure]) -> dict[str, Any]:
    """As RankedCustomerSerializer describes it."""
    return {
        "external_customer_id": row.external_customer_id,
        "customer_id": row.customer_id,
        "name": row.name,
        **row.figures.values(figures),
    }

"""The API of figures: reports by period, and customers ranked."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination, cursor_url
from api.viewsets import OrganizationViewSet
from metrics.api.figures.reference import RANKING_OPERATIONS, REPORT_OPERATIONS
from metrics.api.figures.serializers import ranked_row, report_body
from metrics.asked_figures import PARAMETERS, REPEATABLE, AskedRanking, AskedReport, Mark, ordering_of
from metrics.figures.figures import ALL_FIGURES, BY_CURRENCY, Figure
from metrics.figures.ranking import Order, Place, Ranked, main_currency, read_ranking
from metrics.figures.report import read_report
from metrics.models import Event
from metrics.ranking_export import export_response
from organizations.scopes import Scope


class FigureViews(OrganizationViewSet):
    """What both routes share. Figures are only read."""

    model = Event
    read_scope = Scope.METRICS_READ
    write_scope = Scope.METRICS_READ
    tag = "Metrics"
    repeatable_parameters = REPEATABLE


class ReportViewSet(FigureViews):
    """`/v1/metrics`."""

    operations = REPORT_OPERATIONS
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"report": PARAMETERS}

    def report(self, request: Request) -> Response:
        asked = AskedReport.of(request.query_params, self.organization)
        report = read_report(
            organization=self.organization, span=asked.span, figures=asked.figures, subject=asked.subject
        )
        return Response(report_body(report))


class RankingViewSet(FigureViews):
    """`/v1/metrics/customers`."""

    operations = RANKING_OPERATIONS
    pagination_class = KeysetPagination
    orderings = ALL_FIGURES
    default_ordering = f"-{Figure.EVENTS}"
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {
        "list": (*PARAMETERS, "currency", "ordering", "limit", "cursor", "format")
    }

    def list(self, request: Request) -> HttpResponseBase:
        asked = AskedRanking.of(request.query_params, self, self.organization)
        order = self._in_a_currency(asked)
        fixed: dict[str, Any] = {
            "organization": self.organization,
            "start": asked.start,
            "end": asked.end,
            "order": order,
            "figures": asked.figures,
            "subject": asked.subject,
        }
        if asked.file_format == "csv":
            return export_response(**fixed, headers_only=request.method == "HEAD")
        ranking = read_ranking(**fixed, place=asked.place, limit=asked.limit)

        def link(row: Ranked, *, backward: bool) -> str:
            place = Place(row.value, row.key, backward)
            mark = Mark(ordering_of(order), order.currency, asked.start, asked.end, place)
            return cursor_url(request._request, mark.encode())

        rows = ranking.rows
        return Response(
            {
                "results": [ranked_row(row, asked.figures) for row in rows],
                "next": link(rows[-1], backward=False) if rows and ranking.has_next else None,
                "previous": link(rows[0], backward=True) if rows and ranking.has_previous else None,
            }
        )

    def _in_a_currency(self, asked: AskedRanking) -> Order:
        """The order, and if money is ordered by and no currency was named, in the one that most orders are in."""
        order = asked.order
        if order.figure not in BY_CURRENCY or order.currency is not None:
            return order
        return Order(order.figure, order.descending, main_currency(self.organization, asked.start, asked.end))

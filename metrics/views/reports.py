"""The dashboard's page of figures, and its files."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from rest_framework.exceptions import Throttled

from api.listing import written
from metrics.asked_figures import Mark, ordering_of
from metrics.figure_words import WORDS
from metrics.figures.figures import ALL_FIGURES
from metrics.figures.periods import Interval
from metrics.figures.ranking import Order, Place, main_currency
from metrics.figures.report import read_report
from metrics.ranking_export import export_response
from metrics.report_export import export_report
from metrics.report_page import RankingPage, ReportPage
from metrics.report_query import CUSTOM, RANGES, ReportQuery, ranked_by, simplest
from organizations.staff import StaffRequest

ROUTE = "staff-metrics"
# More rows than this are shown when they are asked for.
_OPEN_ROWS = 62


def metrics(request: StaffRequest) -> HttpResponse:
    """Everything about the page is in its address. A form's way of saying it leads on to the page's own."""
    query = written(simplest(request.GET))
    if query != written(request.GET):
        return redirect(_address(request, ROUTE, query))
    asked = ReportQuery(request.GET, request.organization)
    context = {"asked": asked, "page_url": _address(request, ROUTE), **choices(asked)}
    if asked.too_fine is not None:
        context["finest_url"] = _address(request, ROUTE, asked.query_with(interval=asked.too_fine.finest))
        return render(request, "metrics/report.html", context)
    page = ReportPage.read(
        request.organization,
        asked.span,
        figures=ALL_FIGURES,
        subject=asked.subject,
        compares=asked.compares,
        currency=asked.currency,
    )
    ranking = RankingPage.read(asked, page.currency)
    context |= shown(asked, page) | {
        "ranking": ranking,
        "ranked_by": WORDS[ranking.order.figure],
        "export_query": asked.query_with(),
        **_pages_beside(request, asked, ranking),
    }
    return render(request, "metrics/report.html", context)


def export(request: StaffRequest) -> HttpResponseBase:
    """All figures of the page by period, as a CSV file."""
    asked = ReportQuery(simplest(request.GET), request.organization)
    if asked.problems or asked.too_fine:
        return redirect(_address(request, ROUTE, written(request.GET)))
    report = read_report(organization=request.organization, span=asked.span, subject=asked.subject)
    try:
        return export_report(report, organization=request.organization, headers_only=request.method == "HEAD")
    except Throttled as error:
        return _told(request, error, asked)


def export_customers(request: StaffRequest) -> HttpResponseBase:
    """The whole ranking of the page, as a CSV file."""
    asked = ReportQuery(simplest(request.GET), request.organization)
    if asked.problems or asked.too_fine:
        return redirect(_address(request, ROUTE, written(request.GET)))
    start, end = asked.span.start, asked.span.end
    currency = asked.currency or main_currency(request.organization, start, end)
    try:
        return export_response(
            organization=request.organization,
            start=start,
            end=end,
            order=Order(ranked_by(asked.figure), descending=True, currency=currency),
            figures=ALL_FIGURES,
            subject=asked.subject,
            for_people=True,
            headers_only=request.method == "HEAD",
        )
    except Throttled as error:
        return _told(request, error, asked)


def choices(asked: ReportQuery) -> dict[str, object]:
    """What the form of ranges and intervals offers."""
    usual = asked.usual_interval()
    return {
        "ranges": [*((name, one.label) for name, one in RANGES.items()), (CUSTOM, "Other days")],
        "intervals": [
            ("", f"Automatic ({usual})"),
            *((one.value, one.value.title()) for one in Interval),
        ],
        "interval": asked.query.get("interval", ""),
        "conditions": asked.conditions(),
        "hidden": asked.hidden("range", "from", "to", "interval", "compare", "currency"),
    }


def shown(asked: ReportQuery, page: ReportPage) -> dict[str, object]:
    """The figures, one of them large."""
    table = page.table()
    return {
        "page": page,
        "cards": [
            (card, asked.query_with(figure=card.figure), card.figure == asked.figure) for card in page.cards()
        ],
        "chosen": page.card(asked.figure),
        "words": WORDS[asked.figure],
        "chart": page.chart(asked.figure),
        "table": table,
        "is_long": len(table.rows) > _OPEN_ROWS,
    }


def _pages_beside(request: StaffRequest, asked: ReportQuery, ranking: RankingPage) -> dict[str, str]:
    """Where the pages of the ranking beside this one are. They keep its range, which may be one that ends now."""
    rows = ranking.ranking.rows
    start = asked.mark.start if asked.mark else asked.span.start
    end = asked.mark.end if asked.mark else asked.span.end

    def link(number: int, *, backward: bool) -> str:
        row = rows[number]
        place = Place(row.value, row.key, backward)
        mark = Mark(ordering_of(ranking.order), ranking.order.currency, start, end, place)
        return _address(request, ROUTE, asked.query_with(cursor=mark.encode())) + "#customers"

    return {
        "next_url": link(-1, backward=False) if rows and ranking.ranking.has_next else "",
        "previous_url": link(0, backward=True) if rows and ranking.ranking.has_previous else "",
    }


def _told(request: StaffRequest, error: Throttled, asked: ReportQuery) -> HttpResponseBase:
    messages.warning(request, str(error.detail))
    return redirect(_address(request, ROUTE, written(asked.query)))


def _address(request: StaffRequest, route: str, query: str = "") -> str:
    path = reverse(f"dashboard:{route}", args=[request.organization.slug])
    return f"{path}?{query}" if query else path

"""The dashboard's pages about meters."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from structlog.contextvars import bind_contextvars

from api.listing import tidied, written
from checkout.links import api_url
from checkout.views.access import about_list, address
from customers.forms import refuse
from customers.links import base_of, curl
from customers.metadata_editor import ADD, KINDS, REMOVE, MetadataEditor, asks_for_rows
from metrics.asked_figures import Mark
from metrics.figures.periods import Interval, usual_span
from metrics.figures.ranking import Place
from metrics.meter_forms import MeterForm, RenameForm
from metrics.meter_listing import MeterListing
from metrics.meter_page import MeterPage, MeterRanking
from metrics.meter_query import ORDERING, MeterQuery
from metrics.meter_words import definition_of, text_of
from metrics.metering.limits import TakesTooLong
from metrics.metering.totals import read_totals
from metrics.models import EventName, Meter
from metrics.report_query import simplest
from metrics.services.meters import create_meter, update_meter
from metrics.views.reports import choices
from organizations.staff import StaffRequest
from organizations.time_zones import time_zone

COLUMNS = {"name": "Name", "counts": "What it counts", "quantity": "This month", "created_at": "Created"}
TABS = (("In use", "archived=false"), ("Archived", "archived=true"))
_NAMES_OFFERED = 200
_OPEN_ROWS = 62


def meters(request: StaffRequest) -> HttpResponse:
    """Those in use, unless the address says otherwise, and what each has counted since the month began."""
    query = tidied(request.GET)
    if "archived" not in query:
        query["archived"] = "false"
    if written(query) != written(request.GET) and request.GET:
        return redirect(address(request, "staff-meters", query=written(query)))
    listing = MeterListing(query, request.membership)
    context = about_list(request, listing, "staff-meters", columns=COLUMNS, search="search")
    found = context["rows"]
    now = timezone.now()
    month = usual_span(Interval.MONTH, time_zone(request.organization.time_zone), end=now, count=1)
    try:
        totals = read_totals(organization=request.organization, meters=found, start=month.start, end=now)
    except TakesTooLong:
        totals = {}
    context |= {
        "takes_too_long": bool(found) and not totals,
        "rows": [(meter, definition_of(meter), text_of(meter, totals.get(meter.id))) for meter in found],
        "tabs": [(label, narrowed, listing.value("archived") == narrowed[9:]) for label, narrowed in TABS],
    }
    return render(request, "metrics/meters.html", context)


def meter(request: StaffRequest, meter_id: uuid.UUID) -> HttpResponse:
    """Everything about the page is in its address. A form's way of saying it leads on to the page's own."""
    shown = meter_of(request, meter_id)
    query = written(simplest(request.GET))
    if query != written(request.GET):
        return redirect(address(request, "staff-meter", shown.id, query=query))
    asked = MeterQuery(request.GET, request.organization)
    context = {
        "meter": shown,
        "definition": definition_of(shown),
        "asked": asked,
        "page_url": address(request, "staff-meter", shown.id),
        "command": curl(api_url(base_of(request), "meter-quantities", shown.id)),
        **choices(asked),
    }
    if asked.too_fine is not None:
        finest = asked.query_with(interval=asked.too_fine.finest)
        context["finest_url"] = address(request, "staff-meter", shown.id, query=finest)
        return render(request, "metrics/meter.html", context)
    try:
        page = MeterPage.read(shown, asked)
        ranking = MeterRanking.read(shown, asked)
    except TakesTooLong as error:
        context["takes_too_long"] = " ".join(error.messages)
        return render(request, "metrics/meter.html", context)
    table = page.table()
    context |= {
        "metered": page,
        "chart": page.chart(),
        "table": table,
        "is_long": len(table.rows) > _OPEN_ROWS,
        "ranking": ranking,
        "ranked_by": {"label": "quantity"},
        **_pages_beside(request, shown, asked, ranking),
    }
    return render(request, "metrics/meter.html", context)


def create(request: StaffRequest) -> HttpResponse:
    """A new meter. Nothing of it but its name can change later, so the page says so."""
    if request.method != "POST":
        return _form_page(request, MeterForm(), MetadataEditor.showing({}))
    editor = MetadataEditor.sent(request.POST, {})
    if asks_for_rows(request.POST):
        return _form_page(request, MeterForm(initial=request.POST.dict()), editor)
    form = MeterForm(request.POST)
    metadata = editor.read()
    if form.is_valid() and metadata is not None:
        try:
            made = create_meter(
                organization=request.organization, event_metadata=metadata, **form.cleaned_data
            )
        except ValidationError as error:
            refuse(form, error, organization=request.organization.slug)
        else:
            messages.success(request, "The meter is created. It counts what happened before, too.")
            return redirect(address(request, "staff-meter", made.id))
    return _form_page(request, form, editor, status=422)


def rename(request: StaffRequest, meter_id: uuid.UUID) -> HttpResponse:
    """The meter's name, which is all that can change."""
    shown = meter_of(request, meter_id)
    form = RenameForm(request.POST) if request.method == "POST" else RenameForm(initial={"name": shown.name})
    if request.method == "POST" and form.is_valid():
        update_meter(meter=shown, name=form.cleaned_data["name"])
        messages.success(request, "The meter is renamed.")
        return redirect(address(request, "staff-meter", shown.id))
    context = {"meter": shown, "form": form, "cancel_url": address(request, "staff-meter", shown.id)}
    return render(
        request, "metrics/meter_rename.html", context, status=422 if request.method == "POST" else 200
    )


def archive(request: StaffRequest, meter_id: uuid.UUID) -> HttpResponse:
    """Asks, and puts the meter out of use, or brings it back."""
    shown = meter_of(request, meter_id)
    if request.method == "POST":
        archives = "bring_back" not in request.POST
        update_meter(meter=shown, archived=archives)
        messages.success(request, "The meter is archived." if archives else "The meter is in use again.")
        return redirect(address(request, "staff-meter", shown.id))
    context = {
        "meter": shown,
        "definition": definition_of(shown),
        "submit": "Bring back" if shown.is_archived else "Archive",
        "cancel_url": address(request, "staff-meter", shown.id),
    }
    return render(request, "metrics/meter_archive.html", context)


def meter_of(request: StaffRequest, meter_id: uuid.UUID) -> Meter:
    """Raises Http404, the same for what isn't there and what is somebody else's."""
    found = Meter.objects.for_organization(request.organization).filter(id=meter_id).first()
    if found is None:
        raise Http404
    found.organization = request.organization
    bind_contextvars(meter_id=str(found.id))
    return found


def _pages_beside(
    request: StaffRequest, meter: Meter, asked: MeterQuery, ranking: MeterRanking
) -> dict[str, str]:
    """Where the pages of the ranking beside this one are. They keep its range, which may be one that ends now."""
    rows = ranking.ranking.rows
    start = asked.mark.start if asked.mark else asked.span.start
    end = asked.mark.end if asked.mark else asked.span.end

    def link(number: int, *, backward: bool) -> str:
        row = rows[number]
        mark = Mark(ORDERING, None, start, end, Place(row.value, row.key, backward))
        query = asked.query_with(cursor=mark.encode())
        return address(request, "staff-meter", meter.id, query=query) + "#customers"

    return {
        "next_url": link(-1, backward=False) if rows and ranking.ranking.has_next else "",
        "previous_url": link(0, backward=True) if rows and ranking.ranking.has_previous else "",
    }


def _form_page(
    request: StaffRequest, form: MeterForm, editor: MetadataEditor, status: int = 200
) -> HttpResponse:
    names = EventName.objects.filter(organization=request.organization).order_by("name")
    context = {
        "form": form,
        "editor": editor,
        "kinds": KINDS,
        "add": ADD,
        "remove": REMOVE,
        "event_names": list(names.values_list("name", flat=True)[:_NAMES_OFFERED]),
        "cancel_url": address(request, "staff-meters"),
    }
    return render(request, "metrics/meter_form.html", context, status=status)

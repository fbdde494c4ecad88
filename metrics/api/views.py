"""The events API."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from structlog.contextvars import bind_contextvars

from api.paging import KeysetPagination
from api.viewsets import LIST_PARAMETERS, OrganizationViewSet
from customers.external_ids import MAX_LENGTH
from metrics.api.parsers import EventsParser
from metrics.api.reference import INGESTION_OPERATIONS, NAME_OPERATIONS, OPERATIONS, UNMATCHED_OPERATIONS
from metrics.api.serializers import (
    EventNameSerializer,
    EventSerializer,
    EventsWriteSerializer,
    UnmatchedIDSerializer,
)
from metrics.filters import PARAMETERS, EventFilter
from metrics.models import Event, EventName, UnmatchedID
from metrics.new_events import MAX_BODY_BYTES, MAX_EVENTS, NewEvent, NewEvents
from metrics.querysets import EventQuerySet, UnmatchedIDQuerySet
from metrics.services.ingestion import ingest_events
from metrics.services.unmatched import about_unmatched
from organizations.ids import parse_id
from organizations.scopes import Scope


class EventViews(OrganizationViewSet):
    """What the routes of events share."""

    model: ClassVar[type[Model]] = Event
    read_scope = Scope.EVENTS_READ
    write_scope = Scope.EVENTS_WRITE
    tag = "Events"


class EventIngestionViewSet(EventViews):
    """`/v1/events/ingest`."""

    operations = INGESTION_OPERATIONS
    parser_classes = (EventsParser,)
    max_body_bytes = MAX_BODY_BYTES

    def ingest(self, request: Request) -> Response:
        sent = request.data
        if isinstance(sent, NewEvents):
            events: list[NewEvent | None] = [*sent.events]
            problems: dict[str, DjangoValidationError] = {}
        else:
            events, problems = self.read(sent)
        self.note(events)
        ingested = ingest_events(organization=self.organization, events=events, problems=problems)
        return Response({"inserted": ingested.inserted, "duplicates": ingested.duplicates})

    def note(self, events: list[NewEvent | None]) -> None:
        """Has the request's log line name the customer, where all of the events are of one."""
        for name in ("external_customer_id", "customer_id"):
            named = {getattr(event, name) for event in events if event is not None}
            (only,) = named if len(named) == 1 else (None,)
            if isinstance(only, str) and len(only) <= MAX_LENGTH:
                bind_contextvars(**{name: only})

    def read(self, sent: Any) -> tuple[list[NewEvent | None], dict[str, DjangoValidationError]]:
        """The events of a body that couldn't be decoded as such, None where one can't be read, and what is wrong with
        those. Raises what any body can be refused for."""
        events = sent.get("events") if isinstance(sent, dict) else None
        if not isinstance(events, list) or len(events) > MAX_EVENTS or sent.keys() != {"events"}:
            self.body(EventsWriteSerializer)
            raise AssertionError("What isn't an object of one list was refused.")
        serializer = EventsWriteSerializer(data=sent)
        if serializer.is_valid():
            return [NewEvent(**event) for event in events], {}
        found = flatten_errors(serializer.errors)
        unreadable = {int(error.attr.split(".")[1]) for error in found}
        problems = {
            error.attr.removesuffix(".non_field_errors"): DjangoValidationError(error.detail, code=error.code)
            for error in found
        }
        return [
            None if place in unreadable else NewEvent(**event) for place, event in enumerate(events)
        ], problems


class EventViewSet(EventViews):
    """`/v1/events` and `/v1/events/{event_id}`."""

    operations = OPERATIONS
    serializer_class = EventSerializer
    pagination_class = KeysetPagination
    orderings = ("timestamp",)
    default_ordering = "-timestamp"
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"list": (*PARAMETERS, *LIST_PARAMETERS)}

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return cast("EventQuerySet", queryset).for_list()

    def list(self, request: Request) -> Response:
        narrowed = EventFilter(request.query_params, self.get_queryset(), self.organization).checked()
        page = self.paginate_queryset(narrowed.qs)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *, event_id: str) -> Response:
        identity: uuid.UUID | None = parse_id(event_id)
        event = self.get_queryset().filter(id=identity).first() if identity else None
        if event is None:
            raise exceptions.NotFound
        bind_contextvars(
            customer_id=None if event.owner_id is None else str(event.owner_id),
            external_customer_id=event.external_customer_id,
        )
        return Response(self.get_serializer(event).data)


class UnmatchedIDViewSet(EventViews):
    """`/v1/events/unmatched`."""

    model = UnmatchedID
    operations = UNMATCHED_OPERATIONS
    serializer_class = UnmatchedIDSerializer
    pagination_class = KeysetPagination
    orderings = ("last_seen", "count", "external_customer_id")
    default_ordering = "-last_seen"
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"list": LIST_PARAMETERS}

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return cast("UnmatchedIDQuerySet", queryset).open().for_list()

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        told = about_unmatched(self.organization, page or [])
        return self.get_paginated_response(self.get_serializer(told, many=True).data)


class EventNameViewSet(EventViews):
    """`/v1/events/names`."""

    model = EventName
    operations = NAME_OPERATIONS
    serializer_class = EventNameSerializer
    pagination_class = KeysetPagination
    orderings = ("name",)
    default_ordering = "name"
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"list": LIST_PARAMETERS}

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

"""What a query asks of a meter: ranges, customers and places as queries of figures say them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.http import QueryDict
from rest_framework.views import APIView

from metrics.asked_figures import RANGE_PARAMETERS, SUBJECT_PARAMETERS, AskedFigures
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Span
from metrics.figures.ranking import Place
from organizations.models import Organization

PARAMETERS = (*RANGE_PARAMETERS, *SUBJECT_PARAMETERS)


@dataclass(frozen=True, slots=True)
class AskedQuantities:
    span: Span
    subject: Subject | None

    @classmethod
    def of(cls, sent: QueryDict, organization: Organization) -> AskedQuantities:
        """Raises ValidationError by parameter."""
        asked = AskedFigures(sent, None, organization)
        span, subject = asked.span(), asked.subject()
        asked.check_periods(span)
        asked.check()
        return cls(span, subject)


@dataclass(frozen=True, slots=True)
class AskedCustomers:
    start: datetime.datetime
    end: datetime.datetime
    subject: Subject | None
    ordering: str
    limit: int
    place: Place | None

    @classmethod
    def of(cls, sent: QueryDict, view: APIView, organization: Organization) -> AskedCustomers:
        """Raises ValidationError by parameter."""
        asked = AskedFigures(sent, view, organization)
        subject, limit, ordering = asked.subject(), asked.limit(), asked.ordering()
        mark = asked.mark(ordering)
        span = asked.span(known=None if mark is None else (mark.start, mark.end))
        asked.check()
        return cls(span.start, span.end, subject, ordering, limit, None if mark is None else mark.place)

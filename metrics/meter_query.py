"""What the address of a meter's page asks, in the words of the page of figures."""

from __future__ import annotations

from django.http import QueryDict

from metrics.report_query import SUBJECT_PARAMETERS, ReportQuery
from organizations.models import Organization

PARAMETERS = ("range", "from", "to", "interval", "compare", *SUBJECT_PARAMETERS, "cursor")
ORDERING = "-quantity"


class MeterQuery(ReportQuery):
    """A range, customers and a page of them; a meter is a figure of its own."""

    def __init__(self, sent: QueryDict, organization: Organization) -> None:
        super().__init__(sent, organization, parameters=PARAMETERS)

    @property
    def ordering(self) -> str:
        return ORDERING

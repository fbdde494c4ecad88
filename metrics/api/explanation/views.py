"""`/v1/events/explain`."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import IDField
from metrics.api.explanation.reference import EXPLANATION_OPERATIONS
from metrics.api.explanation.serializers import explanation_body
from metrics.api.views import EventViews
from metrics.explanation.of_customer_ids import explain_external_customer_id
from metrics.explanation.of_events import explain_event_id, explain_own_event_id

SUBJECTS = ("event_id", "external_id", "external_customer_id")


class ExplanationViewSet(EventViews):
    """Asks about one thing. That it isn't there is an answer."""

    operations = EXPLANATION_OPERATIONS
    query_parameters: ClassVar[dict[str, tuple[str, ...]]] = {"explain": SUBJECTS}

    def explain(self, request: Request) -> Response:
        sent = [name for name in SUBJECTS if name in request.query_params]
        if len(sent) != 1:
            said = "Send exactly one of event_id, external_id and external_customer_id."
            raise ValidationError({SUBJECTS[0]: [ErrorDetail(said, code="exactly_one")]})
        [name] = sent
        text = request.query_params[name]
        if name == "event_id":
            try:
                event_id = IDField().clean(text)
            except DjangoValidationError as error:
                raise ValidationError({name: get_error_detail(error)}) from None
            assert event_id is not None  # an empty parameter was refused
            explained = explain_event_id(self.organization, event_id)
        elif name == "external_id":
            explained = explain_own_event_id(self.organization, text)
        else:
            explained = explain_external_customer_id(self.organization, text)
        return Response(explanation_body(explained))

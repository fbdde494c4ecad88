"""Requests made up from the OpenAPI document, fitting and unfitting ones, are answered as it says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from requests import PreparedRequest
from schemathesis.openapi.checks import RejectedPositiveData

from api.tests.conftest import Access
from api.tests.document import document
from api.tests.wsgi import the_tests_transaction_kept

# What no JSON Schema can say: what Unicode calls invisible, what is an e-mail address or a cursor to us, what there is,
# and that 1.0 is no whole number.
INEXPRESSIBLE = {
    *(
        (code, name)
        for name in ("external_customer_id", "customer_external_id")
        for code in ("dot_segment", "forbidden_character", "not_normalized", "placeholder")
    ),
    ("invalid", "email"),
    ("invalid", "customer_email"),
    ("invalid_cursor", "cursor"),
    ("invalid_url", "cancel_url"),
    ("invalid_url", "success_url"),
    *(("invalid", name) for name in ("expires_in", "quantity", "unit_amount")),
    ("unknown_currency", "currency"),
    ("mixed_currencies", "currency"),
    ("amount_too_large", "quantity"),
    ("amount_too_large", "items"),
    ("customers_disagree", "customer_external_id"),
    ("does_not_exist", "customer_id"),
    ("does_not_exist", "product_id"),
    # Whether a range is one, and what goes with what.
    *((code, name) for name in ("start", "end") for code in ("empty_range", "out_of_range")),
    ("unknown_time_zone", "timezone"),
    ("too_many_periods", "interval"),
    ("invalid_choice", "ordering"),
    ("not_money", "currency"),
    *(("whole_file", name) for name in ("cursor", "limit")),
    *(("surrounding_white_space", "name"), ("forbidden_character", "name")),
    ("number_of_events", "events"),
    ("exactly_one", "event_id"),
    *((code, "property") for code in ("property_not_used", "required")),
}


def product(environ: dict[str, Any], start_response: Any) -> Any:
    from polar_customers.wsgi import application  # late: it loads the middleware, which reads the settings

    chunks = application(environ, start_response)
    try:
        return [b"".join(chunks)]
    finally:
        chunks.close()


def schema(**phases: Any) -> Any:
    config = schemathesis.Config.from_dict({"phases": {name: {"enabled": on} for name, on in phases.items()}})
    made = schemathesis.openapi.from_dict(document(), config=config)
    made.app = product
    return made


def is_sent(name: str, value: Any) -> bool:
    """Whether a parameter is in the URL at all: one that is an empty list leaves nothing there to be refused."""
    request = PreparedRequest()
    request.prepare_url("http://localhost/", {name: value})
    return "?" in str(request.url)


def ask(case: schemathesis.Case, owner: Access) -> None:
    assume(all(is_sent(name, value) for name, value in (case.query or {}).items()))
    with the_tests_transaction_kept():
        response = case.call(headers=owner.header)
        try:
            case.validate_response(response, headers=owner.header)
        except* RejectedPositiveData:
            refused = {
                (error["code"], error["attr"].rpartition(".")[2]) for error in response.json()["errors"]
            }
            if not refused <= INEXPRESSIBLE:
                raise


def thoroughly(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@schema(coverage=False).parametrize()
@thoroughly(5)
def test_a_few_requests(case: schemathesis.Case, owner: Access) -> None:
    ask(case, owner)


@pytest.mark.fuzz
@schema().parametrize()
@thoroughly(200)
def test_many_requests(case: schemathesis.Case, owner: Access) -> None:
    ask(case, owner)

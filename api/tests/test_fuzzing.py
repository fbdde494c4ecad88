"""Requests made up from the OpenAPI document, fitting and unfitting ones, are answered as it says."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema_rs import is_valid
from schemathesis import GenerationMode
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

from api.tests.conftest import Access
from api.tests.document import document, operation, resolved
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
    *(("forbidden_character", name) for name in ("timezone", "metrics", "external_id")),
    *(("forbidden_character", name) for name in ("cancel_url", "success_url")),
    *((code, "external_id") for code in ("dot_segment", "not_normalized", "placeholder")),
    *((code, "timestamp") for code in ("min_value", "max_value")),
    ("one_of_two", "customer_id"),
    *(("required", name) for name in ("external_customer_id", "customer_external_id")),
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


def only_looked_wrong(case: schemathesis.Case, url: str) -> bool:
    """Whether a query that was made up to be unfitting fits as it is sent: a parameter that is an empty list is not in
    the URL at all, and a boolean is a word there."""
    wrong = {
        location for location, made in case.meta.components.items() if made.mode is GenerationMode.NEGATIVE
    }
    if wrong != {ParameterLocation.QUERY}:
        return False
    known = {
        one["name"]: one["schema"]
        for one in map(resolved, operation(case.method, case.path)["parameters"])
        if one["in"] == "query"
    }
    return all(
        as_sent(known, name, values)
        for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()
    )


def as_sent(known: dict[str, Any], name: str, values: list[str]) -> bool:
    """Whether a URL's parameter is one that is documented, with a value that is."""
    of, bracket, member = name.partition("[")
    schema = known.get(of, {})
    match schema.get("type"):
        case "array":
            sent: list[Any] = [values]
        case "object" if bracket:
            sent = [{member.removesuffix("]"): value} for value in values]
        case _:
            of, sent = name, values
    schema = {**schema, "components": document()["components"]}
    return of in known and all(is_valid(schema, value) for value in sent)


def ask(case: schemathesis.Case, owner: Access) -> None:
    with the_tests_transaction_kept():
        response = case.call(headers=owner.header)
        try:
            case.validate_response(response, headers=owner.header)
        except* AcceptedNegativeData:
            if not only_looked_wrong(case, response.request.url):
                raise
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

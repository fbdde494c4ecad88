"""The OpenAPI document: the committed one is the generated one, it is valid and complete, and it is true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from api.openapi_compat import breaking_changes
from api.tests.document import document, resolved
from api.tests.test_tenancy import TABLE
from api.tests.wsgi import Server
from checkout.api.reference import PRODUCT
from checkout.api.serializers import (
    CheckoutItemSerializer,
    CheckoutSessionSerializer,
    OrderSerializer,
    ProductSerializer,
)
from checkout.models import CheckoutItem, CheckoutSession, Order, Product
from checkout.tests.factories import a_product, a_session, paid
from customers.api.serializers import CustomerSerializer
from customers.models import Customer
from customers.services import create_customer
from metrics.api.meters.serializers import MeterSerializer
from metrics.models import Event, Meter
from metrics.new_events import NewEvent
from metrics.services.ingestion import ingest_events
from metrics.services.meters import create_meter
from organizations.models import Organization
from organizations.scopes import Scope

ROOT = Path(__file__).resolve().parent.parent.parent
COMMITTED = ROOT / "openapi.yaml"
RELEASED = ROOT / "docs" / "openapi-released.yaml"
COMMAND = "manage.py spectacular --file openapi.yaml --validate --fail-on-warn"

# A body may be left out: there is nothing to say.
WITHOUT_A_BODY = {"expire_checkout_session"}

# One of several parameters is required, which OpenAPI can't say.
QUERIES = {"/v1/events/explain": "?external_customer_id=cust_123"}

# The document itself, and what no integrator calls.
UNDOCUMENTED = ("v1/openapi.json", "v1/docs", "v1/webhooks/stripe/<str:organization_id>")
ALWAYS = {"400", "401", "403", "405", "429", "503"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


each_operation = pytest.mark.parametrize(
    ("path", "method", "operation"),
    list(operations()),
    ids=[found[2]["operationId"] for found in operations()],
)


def test_the_committed_document_is_the_generated_one() -> None:
    generated = OpenApiYamlRenderer().render(SchemaGenerator().get_schema(request=None, public=True))
    assert COMMITTED.read_bytes() == generated, f"openapi.yaml is out of date. Rewrite it: {COMMAND}"


def test_the_document_is_openapi_3_1() -> None:
    assert document()["openapi"] == "3.1.0"
    validate_schema(document())


def test_its_schemas_are_json_schema() -> None:
    for name, schema in document()["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_every_reference_leads_somewhere() -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                resolved(node)
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(document())


def test_nothing_breaks_an_integrated_client() -> None:
    released = yaml.safe_load(RELEASED.read_text(encoding="utf-8"))
    broken = breaking_changes(released, document())
    assert not broken, "This change breaks integrated clients:\n" + "\n".join(broken)


def test_every_route_of_the_api_is_documented_and_no_other() -> None:
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{row.route}"), row.method.lower())
        for row in TABLE
        if row.route.startswith("v1/") and row.route not in UNDOCUMENTED
    }
    assert {(path, method) for path, method, _ in operations()} == served


@each_operation
def test_an_operation_says_everything(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > len(operation["summary"])
    assert operation["tags"]
    ((scope,),) = (requirement["bearerAuth"] for requirement in operation["security"])
    assert scope in Scope.values
    assert scope.endswith(":read" if method == "get" else ":write")
    for parameter in map(resolved, operation["parameters"]):
        assert parameter["description"]
        assert parameter["required"] == (parameter["in"] == "path")
    expected = set(ALWAYS)
    if "{" in path and method != "put":
        expected.add("404")
    if method in ("post", "put", "patch"):
        expected |= {"413", "415"}
        assert operation["requestBody"]["required"] == (operation["operationId"] not in WITHOUT_A_BODY)
    answered = set(operation["responses"])
    assert {status for status in answered if status >= "400"} - {"409"} == expected
    assert min(answered) < "300"
    for status, response in operation["responses"].items():
        response = resolved(response)
        assert response["description"]
        assert "X-Request-ID" in response["headers"]
        if status >= "400":
            assert response["content"]["application/json"]["examples"]


def test_every_group_of_operations_says_what_it_is_about() -> None:
    described = {tag["name"] for tag in document()["tags"] if tag["description"]}
    assert described == {operation["tags"][0] for _, _, operation in operations()}


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


@each_operation
def test_examples_of_bodies_fit_their_schemas(path: str, method: str, operation: dict[str, Any]) -> None:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for body in (*bodies, *map(resolved, operation["responses"].values())):
        for media_type in body.get("content", {}).values():
            schema = {**media_type["schema"], "components": document()["components"]}
            for example in media_type.get("examples", {}).values():
                jsonschema_rs.validate(schema, example["value"], validate_formats=True)


def requests() -> Iterator[Any]:
    """Each example of a request's body, or the request without one."""
    for path, method, operation in operations():
        body = operation.get("requestBody", {"content": {"application/json": {}}})["content"]
        examples = body["application/json"].get("examples", {"without a body": {}})
        for name, example in examples.items():
            yield pytest.param(path, method, example.get("value"), id=f"{operation['operationId']}, {name}")


@pytest.mark.parametrize(("path", "method", "body"), list(requests()))
def test_examples_of_requests_are_accepted(
    path: str, method: str, body: Any, api: Server, organization: Organization
) -> None:
    """Where there is what the examples are about, under the IDs that they name."""
    known: dict[str, Any] = {"external_customer_id": "cust_123"}
    if "{" in path:
        own_id = None if "{customer_id}" in path else "cust_123"
        customer = create_customer(organization=organization, external_customer_id=own_id, name="Acme")
        order = paid(a_session(organization, customer_id=customer.id))
        known |= {
            "customer_id": customer.id,
            "checkout_session_id": a_session(organization).id,
            "order_id": order.id,
        }
    if "{event_id}" in path:
        ingest_events(organization=organization, events=[NewEvent("call", "cust_123")])
        known["event_id"] = Event.objects.for_organization(organization).get().id
    if "{meter_id}" in path:
        meter = create_meter(organization=organization, name="Calls", function="count")
        known["meter_id"] = meter.id
    known["product_id"] = a_product(organization, id=PRODUCT["id"]).id
    answer = api(method.upper(), path.format(**known) + QUERIES.get(path, ""), body)
    assert answer.status < 300, answer.body


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """The schemas of objects with named properties that a schema consists of."""
    schema = resolved(schema)
    if "properties" in schema:
        yield schema
    parts = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    for found in (*parts, *(part for name in ("allOf", "oneOf", "anyOf") for part in schema.get(name, []))):
        yield from objects(found)


@each_operation
def test_schemas_of_what_clients_send_are_closed(path: str, method: str, operation: dict[str, Any]) -> None:
    if "requestBody" not in operation or operation["operationId"] in WITHOUT_A_BODY:
        return
    found = list(objects(operation["requestBody"]["content"]["application/json"]["schema"]))
    assert found
    for schema in found:
        assert schema["additionalProperties"] is False
        assert not {"id", "created_at", "modified_at"} & set(schema["properties"])


@pytest.mark.parametrize("own_id", ["cust_123", "客户-1", "a b", "a/b", "🙂", "x" * 255, "é", "[1]", "-"])
def test_the_schema_of_an_external_id_takes_what_the_api_takes(own_id: str, api: Server) -> None:
    assert api("POST", "/v1/customers", {"external_customer_id": own_id}).status == 201
    schema = document()["components"]["schemas"]["ExternalCustomerID"]
    assert jsonschema_rs.is_valid(schema, own_id)


@pytest.mark.parametrize("own_id", ["", " a", "a ", "a\n", "\ta", "a\x00b", "a\x7f", "\u00a0a", "x" * 256, 5])
def test_the_schema_of_an_external_id_refuses_what_it_can(own_id: Any) -> None:
    assert not jsonschema_rs.is_valid(document()["components"]["schemas"]["ExternalCustomerID"], own_id)


@pytest.mark.parametrize(
    ("serializer", "model"),
    [
        (CustomerSerializer, Customer),
        (ProductSerializer, Product),
        (CheckoutItemSerializer, CheckoutItem),
        (CheckoutSessionSerializer, CheckoutSession),
        (OrderSerializer, Order),
        (MeterSerializer, Meter),
    ],
)
def test_a_resource_is_represented_by_its_declared_fields(
    serializer: Any, model: Any, organization: Organization
) -> None:
    order = paid(a_session(organization))
    rows = {
        CheckoutItem: order.checkout_session.items.get(),
        CheckoutSession: order.checkout_session,
        Order: order,
    }
    made = serializer(context={"base": "https://billing.example.com"})
    assert list(made.to_representation(rows.get(model) or model())) == list(made.fields)


def test_the_document_is_served_to_everyone(server: Server) -> None:
    answer = server("GET", "/v1/openapi.json")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == document()


def test_documented_parameters_are_those_that_are_read() -> None:
    for callback in (pattern.callback for pattern in _api_patterns()):
        view = callback.cls
        for action in callback.actions.values():
            documented = {
                "metadata[]" if parameter.name == "metadata" else parameter.name
                for parameter in view.operations[action].parameters
                if parameter.location == "query"
            }
            read = set(view.query_parameters.get(action, ()))
            if action == "list":
                documented |= {"limit", "cursor", "ordering"}
            assert documented == read


def _api_patterns() -> Iterator[Any]:
    for resolver in get_resolver().url_patterns:
        if str(resolver.pattern) == "v1/":
            yield from (
                pattern for pattern in resolver.url_patterns if f"v1/{pattern.pattern}" not in UNDOCUMENTED
            )


@pytest.mark.parametrize("error", ["not_authenticated", "invalid_token", "not_found"])
def test_examples_of_errors_say_what_the_api_says(error: str, api: Server, server: Server) -> None:
    answer = {
        "not_authenticated": lambda: server("GET", "/v1/customers"),
        "invalid_token": lambda: server("GET", "/v1/customers", headers={"Authorization": "Bearer x"}),
        "not_found": lambda: api("GET", "/v1/customers/x"),
    }[error]()
    shown = [
        example["value"]["errors"]
        for response in document()["components"]["responses"].values()
        for name, example in response["content"]["application/json"]["examples"].items()
        if name == error
    ]
    assert shown == [answer.json["errors"]]


def test_the_command_that_rewrites_the_document_works(tmp_path: Path) -> None:
    target = tmp_path / "openapi.yaml"
    command = COMMAND.replace("openapi.yaml", str(target)).split()
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)
    assert target.read_bytes() == COMMITTED.read_bytes()
    json.dumps(yaml.safe_load(target.read_bytes()))

"""Bodies that are no JSON object of the right fields are refused with what is wrong, and nothing of them is kept."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from api.tests.wsgi import Answer, Server
from customers.models import Customer

URL = "/v1/customers"

DEEP = 100_000
NOT_JSON = {
    "empty": b"",
    "white space": b" \n ",
    "cut off": b'{"name": "Acme"',
    "single quotes": b"{'name': 'Acme'}",
    "comma at the end": b'{"name": "Acme",}',
    "two values": b"{} {}",
    "a form": b"name=Acme",
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "Acme"}'.encode("utf-16"),
    "byte order mark": '\ufeff{"name": "Acme"}'.encode(),
    "raw control character": b'{"name": "a\nb"}',
    "NaN": b'{"metadata": {"a": NaN}}',
    "Infinity": b'{"metadata": {"a": -Infinity}}',
    "beyond a double": b'{"metadata": {"a": 1e400}}',
    "beyond a double, negative": b'{"metadata": {"a": -1e400}}',
    "integer of 5,000 digits": b'{"metadata": {"a": %s}}' % (b"9" * 5000),
    "a name twice": b'{"name": "a", "name": "b"}',
    "a name twice, escaped": b'{"name": "a", "n\\u0061me": "b"}',
    "a name twice, deep inside": b'{"metadata": {"a": 1, "b": 2, "a": 1}}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep metadata": b'{"metadata": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "deep and cut off": b"[" * DEEP,
}


def refused(answer: Answer, status: int = 400) -> Answer:
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert not Customer.objects.exists()
    return answer


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json(body: bytes, api: Server) -> None:
    answer = refused(api("POST", URL, body))
    assert (answer.json["type"], answer.code, answer.attr) == ("client_error", "parse_error", None)
    assert "body" in answer.detail
    in_chunks = refused(api("POST", URL, body, chunked=True))
    assert in_chunks.json["errors"] == answer.json["errors"]


def test_a_body_that_was_cut_off_is_refused_though_what_came_is_json(api: Server) -> None:
    answer = refused(api("POST", URL, b"{}", headers={"Content-Length": "9"}))
    assert (answer.code, answer.detail) == ("parse_error", "The body ended after 2 of 9 bytes.")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_no_body_at_all_changes_nothing(method: str, api: Server) -> None:
    assert api("PUT", f"{URL}/external_id/x", {"name": "Acme"}).status == 201
    answer = api(method, URL if method == "POST" else f"{URL}/external_id/x")
    assert (answer.status, answer.code) == (400, "parse_error")
    assert "empty" in answer.detail
    assert [customer.name for customer in Customer.objects.all()] == ["Acme"]


@pytest.mark.parametrize("body", [[], [{}], "Acme", 1, 1.5, True, None, [["name", "Acme"]]])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_is_no_object(method: str, body: Any, api: Server) -> None:
    target = URL if method == "POST" else f"{URL}/external_id/x"
    answer = refused(api(method, target, json.dumps(body).encode()))
    assert (answer.json["type"], answer.code) == ("validation_error", "not_an_object")
    assert answer.detail == "The body must be a JSON object."


# What each field takes, and the code for what it doesn't.
WRONG_SHAPES: list[tuple[str, Any, str, str]] = [
    *[
        ("external_customer_id", value, "not_a_string", "external_customer_id")
        for value in (1, 1.5, True, [], {})
    ],
    *[
        (name, value, "invalid", name)
        for name in ("name", "email", "tax_id")
        for value in (1, 1.5, True, [], {})
    ],
    *[(name, "", "blank", name) for name in ("external_customer_id", "name", "email", "tax_id")],
    ("external_customer_id", "x" * 256, "too_long", "external_customer_id"),
    ("name", "x" * 257, "max_length", "name"),
    ("tax_id", "x" * 65, "max_length", "tax_id"),
    ("email", "nobody", "invalid", "email"),
    ("email", "a@b", "invalid", "email"),
    ("metadata", None, "null", "metadata"),
    *[("metadata", value, "invalid", "metadata") for value in (1, True, "x", [])],
    ("metadata", {"a": None}, "null", "metadata.a"),
    ("metadata", {"a": []}, "invalid", "metadata.a"),
    ("metadata", {"a": {}}, "invalid", "metadata.a"),
    ("metadata", {"": 1}, "invalid_key", "metadata."),
    ("metadata", {"k" * 41: 1}, "invalid_key", f"metadata.{'k' * 41}"),
    ("metadata", {"a": "x" * 501}, "too_long", "metadata.a"),
    ("metadata", {"a": 2**53 + 1}, "out_of_range", "metadata.a"),
    ("metadata", {"a": -(10**400)}, "out_of_range", "metadata.a"),
    ("metadata", {"a": 1e300}, "out_of_range", "metadata.a"),
    ("metadata", {str(number): 1 for number in range(51)}, "too_many_keys", "metadata"),
    *[("billing_address", value, "invalid", "billing_address") for value in (1, True, "x", [])],
    ("billing_address", {"city": 1}, "invalid", "billing_address.city"),
    ("billing_address", {"city": ""}, "blank", "billing_address.city"),
    ("billing_address", {"city": "x" * 257}, "max_length", "billing_address.city"),
    ("billing_address", {"country": "Germany"}, "invalid", "billing_address.country"),
    ("billing_address", {"country": "de"}, "invalid", "billing_address.country"),
    ("billing_address", {"town": "Berlin"}, "unknown_field", "billing_address.town"),
]


@pytest.mark.parametrize(("name", "value", "code", "attr"), WRONG_SHAPES)
def test_a_field_of_the_wrong_shape(name: str, value: Any, code: str, attr: str, api: Server) -> None:
    answer = refused(api("POST", URL, {name: value}))
    assert (answer.json["type"], answer.code, answer.attr) == ("validation_error", code, attr)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_every_way_to_write_refuses_the_same(method: str, api: Server) -> None:
    api("PUT", f"{URL}/external_id/x", {"metadata": {"kept": 1}})
    for name, value, code, attr in WRONG_SHAPES:
        if method == "PATCH" and code == "null" and attr == "metadata.a":
            continue  # there it removes the key
        answer = api(method, f"{URL}/external_id/x", {name: value})
        assert (answer.status, answer.code, answer.attr) == (400, code, attr)
    assert api("GET", f"{URL}/external_id/x").json["metadata"] == {"kept": 1}


def test_every_wrong_field_is_told_at_once(api: Server) -> None:
    answer = refused(
        api("POST", URL, {"name": 1, "email": "x", "nmae": "y", "metadata": {"a": [], "b": None}})
    )
    assert {(error["attr"], error["code"]) for error in answer.json["errors"]} == {
        ("name", "invalid"),
        ("email", "invalid"),
        ("nmae", "unknown_field"),
        ("metadata.a", "invalid"),
        ("metadata.b", "null"),
    }


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("external_id", "Did you mean “external_customer_id”?"),
        ("externalCustomerId", "Did you mean “external_customer_id”?"),
        ("nmae", "Did you mean “name”?"),
        ("zzz", "Known: billing_address, email, external_customer_id, metadata, name, tax_id."),
    ],
)
def test_an_unknown_field_is_refused_with_the_nearest_known_one(name: str, hint: str, api: Server) -> None:
    answer = refused(api("POST", URL, {name: "x"}))
    assert (answer.code, answer.attr) == ("unknown_field", name)
    assert hint in answer.detail


@pytest.mark.parametrize("name", ["id", "created_at", "modified_at"])
def test_what_the_server_sets_is_not_the_callers_to_write(name: str, api: Server) -> None:
    answer = refused(api("POST", URL, {name: "x"}))
    assert (answer.code, answer.attr) == ("read_only_field", name)


@pytest.mark.parametrize("character", ["\x00", "\udfff"])
@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"name": "a{}"}, "name"),
        ({"tax_id": "{}"}, "tax_id"),
        ({"metadata": {"a": "{}b"}}, "metadata.a"),
        ({"metadata": {"{}": "a"}}, "metadata.{}"),
        ({"billing_address": {"line1": "{}"}}, "billing_address.line1"),
    ],
)
def test_nul_and_half_surrogates(character: str, body: Any, attr: str, api: Server) -> None:
    written = json.dumps(body).replace("{}", json.dumps(character)[1:-1])
    answer = refused(api("POST", URL, written.encode()))
    assert (answer.code, answer.attr) == ("forbidden_character", attr.format(character))


@pytest.mark.parametrize("character", ["\x00", "\udfff"])
@pytest.mark.parametrize("name", ["external_customer_id", "email", "{}", "na{}me"])
def test_nul_and_half_surrogates_where_other_rules_see_them_first(
    name: str, character: str, api: Server
) -> None:
    answer = refused(api("POST", URL, {name.format(character): f"a{character}@example.com"}))
    assert {error["attr"] for error in answer.json["errors"]} == {name.format(character)}


@pytest.mark.parametrize("chunked", [False, True], ids=["with length", "in chunks"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_ten_megabytes_are_too_large(method: str, chunked: bool, api: Server) -> None:
    api("PUT", f"{URL}/external_id/x", {})
    body = b'{"name": "' + b"x" * 10_000_000 + b'"}'
    answer = api(method, URL if method == "POST" else f"{URL}/external_id/x", body, chunked=chunked)
    assert (answer.status, answer.code) == (413, "payload_too_large")
    assert "1,048,576 bytes" in answer.detail


def test_the_largest_body_is_read_and_one_byte_more_is_not(api: Server) -> None:
    largest = b'{"name": "Acme"' + b" " * (1024 * 1024 - 16) + b"}"
    assert len(largest) == 1024 * 1024
    assert api("POST", URL, largest).status == 201
    assert api("POST", URL, largest, chunked=True).status == 201
    assert api("POST", URL, largest + b" ").status == 413
    assert api("POST", URL, largest + b" ", chunked=True).status == 413


def test_a_body_in_chunks_is_read(api: Server) -> None:
    answer = api("POST", URL, {"name": "Acme"}, chunked=True)
    assert (answer.status, answer.json["name"]) == (201, "Acme")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/xml",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "a/b" * 10_000,
        "\xff\x00",
    ],
    ids=lambda text: repr(text[:40]),
)
def test_what_is_not_sent_as_json_in_utf8(content_type: str, api: Server) -> None:
    answer = refused(api("POST", URL, {"name": "Acme"}, headers={"Content-Type": content_type}), 415)
    assert (answer.json["type"], answer.code) == ("client_error", "unsupported_media_type")
    assert len(answer.body) < 1000


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "GZIP", "\xff"])
def test_what_is_compressed(encoding: str, api: Server) -> None:
    answer = refused(api("POST", URL, {"name": "Acme"}, headers={"Content-Encoding": encoding}), 415)
    assert answer.code == "unsupported_media_type"
    assert api("POST", URL, {}, headers={"Content-Encoding": "identity"}).status == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json; charset=utf8",
        "application/json; version=1",
    ],
)
def test_what_is_sent_as_json_in_utf8(content_type: str, api: Server) -> None:
    answer = api("POST", URL, '{"name": "客户"}'.encode(), headers={"Content-Type": content_type})
    assert (answer.status, answer.json["name"]) == (201, "客户")


MANY = 60_000
EXPENSIVE = {
    "unknown fields": json.dumps({f"{number:x}": 1 for number in range(MANY)}),
    "one long unknown field": json.dumps({"n" * 1_000_000: 1}),
    "a name twice, last of many": json.dumps({f"{number:x}": 1 for number in range(MANY)})[:-1]
    + ', "z": 1, "z": 1}',
    "parts of an address": json.dumps({"billing_address": {f"{number:x}": 1 for number in range(MANY)}}),
    "one long part of an address": json.dumps({"billing_address": {"n" * 1_000_000: 1}}),
    "keys of metadata": json.dumps({"metadata": {f"{number:x}": [] for number in range(MANY)}}),
    "one long key of metadata": json.dumps({"metadata": {"n" * 1_000_000: 1}}),
    "long external ID": json.dumps({"external_customer_id": "x" * 1_000_000}),
    "long e-mail address": json.dumps({"email": "a@" * 400_000 + "b.c"}),
}


@pytest.mark.parametrize("body", EXPENSIVE.values(), ids=EXPENSIVE)
def test_a_body_made_to_be_expensive_is_refused_quickly_and_in_few_words(body: str, api: Server) -> None:
    api("GET", URL)  # what a first request costs is no part of it
    started = time.process_time()
    answer = api("POST", URL, body.encode())
    assert time.process_time() - started < 1
    refused(answer)
    assert len(answer.body) < 10_000

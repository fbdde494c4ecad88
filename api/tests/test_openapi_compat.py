"""Every change that breaks a client is told, and none that doesn't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.openapi_compat import breaking_changes, breaking_changes_of_files

Json = dict[str, Any]
REF = {"$ref": "#/components/schemas/Part"}


def document(operation: Json, **components: Any) -> Json:
    return {
        "openapi": "3.1.0",
        "paths": {"/v1/things": {"post": operation}},
        "components": {"schemas": components},
    }


def sending(schema: Any, **components: Any) -> Json:
    """A document whose request body has the property `x`."""
    body = {"type": "object", "properties": {"x": schema}}
    operation = {"requestBody": {"content": {"application/json": {"schema": body}}}}
    return document(operation, **components)


def answering(schema: Any, status: str = "200", **components: Any) -> Json:
    """A document whose answer has the property `x`."""
    body = {"type": "object", "required": ["x"], "properties": {"x": schema}}
    operation = {"responses": {status: {"content": {"application/json": {"schema": body}}}}}
    return document(operation, **components)


def failing(schema: Any, **components: Any) -> Json:
    return answering(schema, "409", **components)


def found(old: Json, new: Json) -> list[str]:
    """The sentences, without the route they all begin with."""
    return [sentence.removeprefix("POST /v1/things: ") for sentence in breaking_changes(old, new)]


TEXT, NUMBER, INTEGER, NULL = ({"type": name} for name in ("string", "number", "integer", "null"))
TEXT_OR_NULL = {"type": ["string", "null"]}
OBJECT = {"type": "object"}
EITHER = {"type": ["string", "integer"]}
SHORT, LONG = ({**INTEGER, "format": name} for name in ("int32", "int64"))
TEXTS, NUMBERS, OPEN, CLOSED = (
    {**OBJECT, "additionalProperties": each} for each in (TEXT, INTEGER, True, False)
)


def enum(*values: Any) -> Json:
    return {"type": "string", "enum": list(values)}


def thing(*required: str, **properties: Any) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


# What `x` was, what it is now, and what is to be said of that in a request, in a response and in an error answer.
SCHEMAS: list[tuple[Any, Any, str | None, str | None, str | None]] = [
    (TEXT, INTEGER, *["is integer now, was string"] * 3),
    (NUMBER, INTEGER, "is integer now, was number", None, None),
    (INTEGER, NUMBER, None, *["is number now, was integer"] * 2),
    (EITHER, TEXT, "is string now, was integer or string", None, "is string now, was integer or string"),
    (TEXT, EITHER, None, *["is integer or string now, was string"] * 2),
    ({}, TEXT, "is string now, was anything", None, None),
    ({}, TEXT_OR_NULL, "is string now, was anything", None, None),
    (TEXT, {}, None, *["is anything now, was string"] * 2),
    (True, False, "is nothing now, was anything", None, "is nothing now, was anything"),
    (TEXT_OR_NULL, TEXT, "can no longer be null", None, None),
    (TEXT, TEXT_OR_NULL, None, *["may now be null"] * 2),
    ({**TEXT, "nullable": True}, TEXT, "can no longer be null", None, None),
    (REF | {"description": "a"}, {"oneOf": [REF, NULL]}, None, *["may now be null"] * 2),
    ({"anyOf": [TEXT, NULL]}, TEXT_OR_NULL, None, None, None),
    (TEXT_OR_NULL, {}, None, *["is anything now, was string"] * 2),
    (enum("a", "b"), enum("a"), "can no longer be `b`", None, "can no longer be `b`"),
    (enum("a", "b"), enum("a", "b", "c"), None, None, None),
    (enum("a"), enum("a", "b"), None, "is no longer always `a`", None),
    (
        {"const": "a"},
        {"const": "b"},
        "can no longer be `a`",
        "is no longer always `a`",
        "can no longer be `a`",
    ),
    ({"const": "a"}, enum("a"), None, None, None),
    (enum("a", "b"), TEXT, None, *["is no longer one of `a`, `b`"] * 2),
    (TEXT, enum("a", "b"), "can only be `a`, `b` now", None, None),
    ({"enum": ["a", None]}, enum("a"), "can no longer be null", None, None),
    (
        {"enum": [1, 2]},
        {"type": "integer", "enum": [1]},
        "can no longer be `2`",
        None,
        "can no longer be `2`",
    ),
    ({**NUMBER, "enum": [1, 2.5]}, {**NUMBER, "enum": [2.5, 1]}, None, None, None),
    ({**NUMBER, "enum": [1]}, {**INTEGER, "enum": [1]}, "is integer now, was number", None, None),
    ({"oneOf": [enum("a"), {"enum": [""]}, {"enum": [None]}]}, {"enum": [None, "", "a"]}, None, None, None),
    *(
        ({**TEXT, key: high}, {**TEXT, key: low}, f"has the {key} {low} now, had {high}", None, None)
        for high, low, keys in (
            (10, 0, ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")),
            (1, 2, ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")),
        )
        for key in keys
    ),
    (TEXT, {**TEXT, "maxLength": 9}, "has the maxLength 9 now, had none", None, None),
    (TEXT, {**TEXT, "minLength": 1}, "has the minLength 1 now, had 0", None, None),
    (NUMBER, {**NUMBER, "minimum": 0}, "has the minimum 0 now, had none", None, None),
    ({**TEXT, "maxLength": 9, "minLength": 1}, {**TEXT, "maxLength": 10, "minLength": 0}, None, None, None),
    ({**TEXT, "pattern": "a"}, {**TEXT, "pattern": "b"}, 'has the pattern "b" now, had "a"', None, None),
    (TEXT, {**TEXT, "pattern": "b"}, 'has the pattern "b" now, had none', None, None),
    ({**NUMBER, "multipleOf": 1}, {**NUMBER, "multipleOf": 2}, "has the multipleOf 2 now, had 1", None, None),
    ({"items": {}}, {"items": {}, "uniqueItems": True}, "has the uniqueItems true now, had none", None, None),
    ({**TEXT, "pattern": "a", "maxLength": 9}, TEXT, None, None, None),
    (TEXT, {**TEXT, "format": "uuid"}, "has the format uuid now, had none", None, None),
    ({**TEXT, "format": "uuid"}, TEXT, None, *["has the format of any value now, had uuid"] * 2),
    (SHORT, LONG, None, *["has the format int64 now, had int32"] * 2),
    (LONG, SHORT, "has the format int32 now, had int64", None, None),
    (thing(a=TEXT), thing(), *["`x.a` is gone"] * 3),
    (thing(), thing(a=TEXT), None, None, None),
    (thing(a=TEXT), thing("a", a=TEXT), "`x.a` is now required", None, None),
    (thing(), thing("a", a=TEXT), "`x.a` is now required", None, None),
    (thing("a", a=TEXT), thing(a=TEXT), None, *["`x.a` may now be missing"] * 2),
    (thing("a", a=TEXT), thing(), *["`x.a` is gone"] * 3),
    (thing(a=TEXT), thing(a={**TEXT, "readOnly": True}), "`x.a` is gone", None, None),
    (thing(a=TEXT), thing(a={**TEXT, "writeOnly": True}), None, *["`x.a` is gone"] * 2),
    (thing(), thing("a", a={**TEXT, "readOnly": True}), None, None, None),
    (thing("a", a={**TEXT, "writeOnly": True}), thing(), "`x.a` is gone", None, None),
    (thing(a={**REF, "readOnly": True}), thing(), None, *["`x.a` is gone"] * 2),
    ({"items": TEXT}, {"type": "array", "items": INTEGER}, *["`x[]` is integer now, was string"] * 3),
    (
        {"items": thing(a={"items": TEXT})},
        {"items": thing(a={"items": INTEGER})},
        *["`x[].a[]` is integer now, was string"] * 3,
    ),
    ({"type": "array"}, {"type": "array", "items": TEXT}, "`x[]` is string now, was anything", None, None),
    (TEXTS, NUMBERS, *["`x.*` is integer now, was string"] * 3),
    (TEXTS, OBJECT, None, *["`x.*` is anything now, was string"] * 2),
    (OPEN, CLOSED, "can no longer have other properties", None, None),
    (OBJECT, CLOSED, None, None, None),
    (CLOSED, OPEN, None, None, None),
    ({"allOf": [thing(a=TEXT), thing("b", b=TEXT)]}, thing("b", a=TEXT, b=TEXT), None, None, None),
    ({"allOf": [thing(a=TEXT), thing("b", b=TEXT)]}, thing("b", b=TEXT), *["`x.a` is gone"] * 3),
    ({"allOf": [thing(a={}), thing(a=TEXT)]}, thing(a=INTEGER), *["`x.a` is integer now, was string"] * 3),
    (
        {"allOf": [{"maxLength": 5}, {**TEXT, "maxLength": 9}]},
        {**TEXT, "maxLength": 4},
        "has the maxLength 4 now, had 5",
        None,
        None,
    ),
    ({"allOf": [{"minLength": 5}, {**TEXT, "minLength": 2}]}, {**TEXT, "minLength": 5}, None, None, None),
    ({"allOf": [enum("a", "b"), enum("b", "c")]}, enum("b"), None, None, None),
    ({"allOf": [INTEGER, NUMBER]}, INTEGER, None, None, None),
    ({"allOf": [{"oneOf": [TEXT, INTEGER]}, {"oneOf": [TEXT, NULL]}]}, TEXT, None, None, None),
    ({"oneOf": [thing(a=TEXT), thing(b=TEXT)]}, {"oneOf": [thing(b=TEXT), thing(a=TEXT)]}, None, None, None),
    ({"oneOf": [thing(a=TEXT), thing(b=TEXT)]}, thing(b=TEXT), "`x.a` is gone", None, "`x.a` is gone"),
    (thing("b", b=TEXT), {"anyOf": [thing("a", a=TEXT), thing("b", b=TEXT)]}, None, "`x.b` is gone", None),
    (REF, thing(a=TEXT), None, None, None),
    (REF, thing(), *["`x.a` is gone"] * 3),
    ({"allOf": [REF], "description": "a"}, REF, None, None, None),
    ({**TEXT, "default": 1, "title": "a", "examples": [1]}, {**TEXT, "deprecated": True}, None, None, None),
]


WAYS = {
    "request": (sending, "the request body"),
    "response": (answering, "the 200 response"),
    "error": (failing, "the 409 response"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("old", "new", "request_", "response", "error"), SCHEMAS)
def test_a_schema_is_judged_by_who_has_to_understand_the_value(
    old: Any, new: Any, request_: str | None, response: str | None, error: str | None, way: str
) -> None:
    build, subject = WAYS[way]
    expected = {"request": request_, "response": response, "error": error}[way]
    sentences = []
    if expected is not None:
        place, what = expected.split(" ", 1) if expected.startswith("`x") else ("`x`", expected)
        sentences = [f"{place} in {subject} {what}"]
    part = thing(a=TEXT)
    assert found(build(old, Part=part), build(new, Part=part)) == sentences
    for same in (old, new):
        assert found(build(same, Part=part), build(same, Part=part)) == []


def parameter(name: str = "q", place: str = "query", **more: Any) -> Json:
    return {"name": name, "in": place, "schema": TEXT, **more}


def taking(*parameters: Json) -> Json:
    return document({"parameters": list(parameters)})


def limited(maximum: int) -> Json:
    return taking(parameter(schema={**INTEGER, "maximum": maximum}))


def written(schema: Json) -> Json:
    return taking({"name": "q", "in": "query", "content": {"application/json": {"schema": schema}}})


def body(*media: str, **more: Any) -> Json:
    content = {name: {"schema": TEXT} for name in media or ("application/json",)}
    return document({"requestBody": {"content": content, **more}})


def answers(*statuses: str, media: str = "application/json") -> Json:
    return document({"responses": {status: {"content": {media: {"schema": TEXT}}} for status in statuses}})


def secured(*ways: Json) -> Json:
    return document({"security": list(ways)})


TOKEN = {"token": ["read"]}


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (taking(parameter()), taking(), ["the query parameter `q` is gone"]),
        (taking(), taking(parameter()), []),
        (taking(), taking(parameter(required=True)), ["the query parameter `q` is new and required"]),
        (taking(parameter()), taking(parameter(required=True)), ["the query parameter `q` is now required"]),
        (taking(parameter(required=True)), taking(parameter()), []),
        (limited(100), limited(50), ["the query parameter `q` has the maximum 50 now, had 100"]),
        (limited(50), limited(100), []),
        (
            taking(parameter(schema={"items": enum("a", "b")})),
            taking(parameter(schema={"items": enum("a")})),
            ["`[]` in the query parameter `q` can no longer be `b`"],
        ),
        (taking(parameter()), taking(parameter(place="header")), ["the query parameter `q` is gone"]),
        (taking(parameter("X-A", "header")), taking(parameter("x-a", "header")), []),
        (taking(parameter("X-A", "header")), taking(), ["the header parameter `X-A` is gone"]),
        (written(TEXT), written(INTEGER), ["the query parameter `q` is integer now, was string"]),
        (document({}), body(), []),
        (document({}), body(required=True), ["the request body is now required"]),
        (body(), body(required=True), ["the request body is now required"]),
        (body(required=True), body(), []),
        (body(), document({}), ["the request body can no longer be application/json"]),
        (body("text/csv", "application/json"), body(), ["the request body can no longer be text/csv"]),
        (body(), body("application/JSON; charset=utf-8", "text/csv"), []),
        (answers("200", "201"), answers("200"), ["the 201 response is gone"]),
        (answers("200"), answers("201"), ["the 200 response is gone"]),
        (answers("200", "409"), answers("200"), ["the 409 response is gone"]),
        (answers("200"), answers("200", "202", "409"), []),
        (
            answers("200"),
            answers("200", media="text/csv"),
            ["the 200 response can no longer be application/json"],
        ),
        (document({"responses": {200: {}}}), document({"responses": {"200": {}}}), []),
        (secured(), secured(TOKEN), ["no authentication is no longer enough, `token` is needed"]),
        (secured({}, TOKEN), secured(TOKEN), ["no authentication is no longer enough, `token` is needed"]),
        (secured(TOKEN), secured({"token": ["write"]}), ["`token` is no longer enough, `write` is needed"]),
        (secured(TOKEN), secured({"token": [], "key": []}), ["`token` is no longer enough, `key` is needed"]),
        (secured(TOKEN, {"key": []}), secured(TOKEN), ["`key` is no longer enough, `token` is needed"]),
        (secured({"token": ["read", "write"]}), secured(TOKEN), []),
        (secured(TOKEN), secured(), []),
        (secured(TOKEN), secured(TOKEN, {"key": []}), []),
    ],
)
def test_what_surrounds_the_schemas_is_compared(old: Json, new: Json, sentences: list[str]) -> None:
    assert found(old, new) == sentences
    assert found(old, old) == found(new, new) == []


def test_routes_that_are_gone_are_named_and_new_ones_are_fine() -> None:
    old = {"paths": {"/a": {"get": {}, "post": {}, "summary": "…"}, "/b": {"delete": {}}}}
    new = {"paths": {"/a": {"get": {}, "put": {}}, "/c": {"get": {}}}}
    assert breaking_changes(old, new) == ["POST /a is gone", "DELETE /b is gone"]
    assert breaking_changes({}, new) == []


def test_a_parameter_in_the_path_may_get_another_name_but_not_another_type() -> None:
    def route(name: str, schema: Json) -> Json:
        return {
            "paths": {
                f"/a/{{{name}}}": {
                    "parameters": [parameter(name, "path", required=True, schema=schema)],
                    "get": {},
                }
            }
        }

    assert breaking_changes(route("id", TEXT), route("a_id", TEXT)) == []
    assert breaking_changes(route("id", TEXT), route("a_id", {**TEXT, "format": "uuid"})) == [
        "GET /a/{id}: the path parameter `id` has the format uuid now, had none"
    ]


def test_security_of_the_whole_document_counts_where_an_operation_says_nothing() -> None:
    old, new = {**document({}), "security": []}, {**document({}), "security": [TOKEN]}
    assert found(old, new) == ["no authentication is no longer enough, `token` is needed"]
    assert found(old, {**secured({}), "security": [TOKEN]}) == []


def test_everything_may_be_a_reference() -> None:
    def referring(required: bool) -> Json:
        operation = {
            "parameters": [{"$ref": "#/components/parameters/a~1b~0%20c"}],
            "requestBody": {"$ref": "#/components/requestBodies/R"},
            "responses": {"200": {"$ref": "#/components/responses/R"}, "400": {"$ref": "#/x/1"}},
        }
        media = {"application/json": {"schema": REF}}
        return {
            "paths": {"/v1/things": {"$ref": "#/components/pathItems/P"}},
            "x": [None, {}],
            "components": {
                "pathItems": {"P": {"post": operation}},
                "parameters": {"a/b~ c": parameter(required=required)},
                "requestBodies": {"R": {"content": media, "required": required}},
                "responses": {"R": {"content": media}},
                "schemas": {
                    "Part": {"$ref": "#/components/schemas/Real"},
                    "Real": thing(*"ab"[required:], a=TEXT, b=TEXT),
                },
            },
        }

    assert found(referring(False), referring(True)) == [
        "the query parameter `q` is now required",
        "the request body is now required",
        "`a` in the 200 response may now be missing",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        thing(next=REF, value=TEXT),
        thing(children={"items": REF}, value=TEXT),
        {"allOf": [REF, thing(value=TEXT)]},
        {"anyOf": [REF, thing(value=TEXT), NULL]},
        {"allOf": [thing(next=REF), thing(next={"allOf": [REF]}), thing(value=TEXT)]},
        thing(next={"oneOf": [{"$ref": "#/components/schemas/Other"}, NULL]}, value=TEXT),
    ],
)
def test_schemas_that_refer_to_themselves_are_compared_to_the_end(schema: Json) -> None:
    other = thing(part=REF)
    assert found(sending(REF, Part=schema, Other=other), sending(REF, Part=schema, Other=other)) == []
    changed = json.loads(
        json.dumps(schema).replace('"value": {"type": "string"}', '"value": {"type": "integer"}')
    )
    sentences = found(sending(REF, Part=schema, Other=other), sending(REF, Part=changed, Other=other))
    assert "`x.value` in the request body is integer now, was string" in sentences


def test_a_reference_that_is_only_itself_is_anything() -> None:
    assert found(sending(REF, Part=REF), sending(TEXT, Part=REF)) == [
        "`x` in the request body is string now, was anything"
    ]
    circular = {**taking({"$ref": "#/x"}), "x": {"$ref": "#/x"}}
    assert found(circular, circular) == []


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/None", "#/paths/5", "other.yaml#/Part", "#/openapi/x"]
)
def test_a_reference_that_leads_nowhere_is_an_error(reference: str) -> None:
    with pytest.raises(ValueError, match="leads"):
        breaking_changes(sending({"$ref": reference}), sending(TEXT))


def test_documents_are_compared_as_files(tmp_path: Path) -> None:
    old, new, other = tmp_path / "old.yaml", tmp_path / "new.json", tmp_path / "other.yaml"
    old.write_text("paths: {/a: {get: {responses: {200: {description: é}, 404: {}}}}}", encoding="utf-8")
    new.write_text(
        json.dumps(yaml.safe_load("paths: {/a: {get: {responses: {'200': {}}}}}")), encoding="utf-8"
    )
    assert breaking_changes_of_files(old, new) == ["GET /a: the 404 response is gone"]
    for text in ("- nothing", "openapi: 3.1.0", ""):
        other.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"other\.yaml is no OpenAPI document"):
            breaking_changes_of_files(old, other)

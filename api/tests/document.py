"""The OpenAPI document as a judge of answers: a status, a header or a body that it doesn't describe fails the test."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

if TYPE_CHECKING:
    from api.tests.wsgi import Answer


@functools.cache
def document() -> dict[str, Any]:
    """As it is generated now."""
    generated = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(OpenApiJsonRenderer().render(generated))


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


@functools.cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """The documented paths, those without parameters first; an external ID takes the rest of its path."""
    patterns = []
    for path in sorted(document()["paths"], key=lambda path: (path.count("{"), -len(path))):
        pattern = re.escape(path).replace(r"\{external_customer_id\}", r"[\s\S]*")
        patterns.append((re.compile(re.sub(r"\\{\w+\\}", "[^/]+", pattern)), path))
    return patterns


def operation(method: str, path: str) -> dict[str, Any] | None:
    """What is documented for a request. A method that is not served has the path's 405 in common with the others."""
    for pattern, template in _paths():
        if pattern.fullmatch(path):
            item = document()["paths"][template]
            method = "get" if method == "HEAD" else method.lower()
            return item.get(method) or {
                "responses": {"405": {"$ref": "#/components/responses/MethodNotAllowed"}}
            }
    return None


@functools.cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def check(method: str, path: str, answer: Answer) -> None:
    """Raises AssertionError for an answer to a documented path that the document doesn't describe."""
    found = operation(method, path)
    if found is None:
        return
    described = found["responses"].get(str(answer.status))
    # Who may ask at all is decided before whether there is such a method.
    if described is None and set(found["responses"]) == {"405"} and answer.status in (400, 401, 403, 429):
        return
    assert described is not None, (
        f"{method} {path} answers {answer.status}, which is not documented: {answer.body!r}"
    )
    described = resolved(described)
    for name, header in described.get("headers", {}).items():
        assert name in answer.headers, f"{method} {path}: {answer.status} lacks the header {name}"
        schema = resolved(header)["schema"]
        value: Any = answer.headers[name]
        _validator(json.dumps(schema)).validate(int(value) if schema["type"] == "integer" else value)
    content = described.get("content", {})
    if not content:
        assert answer.body == b""
        return
    media_type = answer.headers["Content-Type"].split(";")[0]
    assert media_type in content, f"{method} {path}: {answer.status} as {media_type}, which is not documented"
    if media_type == "application/json" and method != "HEAD":
        _validator(json.dumps(content[media_type]["schema"])).validate(json.loads(answer.body))

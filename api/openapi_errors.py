"""The errors of the OpenAPI document: one envelope, and the codes that each status of an operation may have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from api.query import suggestion
from api.serializers import StrictSerializer

REQUEST_ID = "01980f3c-6d3e-7c39-9a53-2f0d5a1f0c11"

_EVERY_REQUEST = ("bad_request", "invalid_host", "invalid_utf8")
_UNREADABLE_BODY = "parse_error"
_OF_A_BODY = ("not_an_object", "read_only_field", "unknown_field")
_OF_PARAMETERS = ("blank", "forbidden_character", "repeated_parameter")
_OF_PAGES = ("invalid", "invalid_choice", "invalid_cursor", "max_value", "min_value")
_UNKNOWN_PARAMETER = "unknown_parameter"


def envelope_schema(
    kind: str, codes: Collection[str], *, description: str = "", conflict: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The envelope of errors of one `kind`, each with one of `codes`."""
    code = {"type": "object", "properties": {"code": {"type": "string", "enum": sorted(set(codes))}}}
    own: dict[str, Any] = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": [kind]},
            "errors": {"type": "array", "items": code},
        },
    }
    if conflict is not None:
        own["properties"]["conflict"] = conflict
        own["required"] = ["conflict"]
    said = {"description": description} if description else {}
    return {**said, "allOf": [{"$ref": "#/components/schemas/Error"}, own]}


def _error_schema() -> dict[str, Any]:
    """What all errors have in common."""
    return {
        "type": "object",
        "description": "The one envelope of all errors.",
        "required": ["type", "errors", "request_id"],
        "properties": {
            "type": {"type": "string", "enum": ["client_error", "server_error", "validation_error"]},
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["code", "detail", "attr"],
                    "properties": {
                        "code": {"type": "string", "description": "For programs. Stable."},
                        "detail": {
                            "type": "string",
                            "description": "For people: what is wrong and what to do about it.",
                        },
                        "attr": {
                            "type": ["string", "null"],
                            "description": "The field or parameter that it is about, nested as `metadata.plan`; "
                            "null when it is about the whole request.",
                        },
                    },
                },
            },
            "request_id": {"type": "string", "description": "The ID of the request, as in `X-Request-ID`."},
        },
    }


def example(kind: str, code: str, detail: str, attr: str | None = None, **more: Any) -> dict[str, Any]:
    """An error's body."""
    return {
        "type": kind,
        "errors": [{"code": code, "detail": detail, "attr": attr}],
        **more,
        "request_id": REQUEST_ID,
    }


def unknown_parameter_example(name: str, known: Iterable[str]) -> dict[str, Any]:
    detail = f"There is no such query parameter. {suggestion(name, known)}"
    return example("validation_error", "unknown_parameter", detail, name)


def unknown_field_example(name: str, known: Iterable[str]) -> dict[str, Any]:
    return example(
        "validation_error", "unknown_field", f"There is no such field. {suggestion(name, known)}", name
    )


def query_codes(parameters: Iterable[Any], *, paged: bool) -> set[str]:
    """What can be wrong with the query of an operation that has these parameters (those of `api.reference`)."""
    own = [parameter for parameter in parameters if parameter.location == "query"]
    codes = {_UNKNOWN_PARAMETER, *(code for parameter in own for code in parameter.codes)}
    if own or paged:
        codes.update(_OF_PARAMETERS)
    return codes | set(_OF_PAGES) if paged else codes


def body_codes(serializer: Any) -> set[str]:
    """What can be wrong with a body that this serializer reads."""
    codes = set(_OF_A_BODY) if isinstance(serializer, StrictSerializer) else set()
    if getattr(serializer, "exactly_one", ()):
        codes.add("exactly_one")
    for field in serializer.fields.values():
        if not field.read_only:
            codes |= _field_codes(field)
    return codes


def _field_codes(field: Any) -> set[str]:
    codes = set(getattr(field, "error_codes", ())) | set(field.error_messages)
    if not field.required:
        codes.discard("required")
    if field.allow_null:
        codes.discard("null")
    for limit in ("max_length", "min_length", "max_value", "min_value"):
        if getattr(field, limit, None) is None and limit not in getattr(field, "error_codes", ()):
            codes.discard(limit)
    if isinstance(field, serializers.ListSerializer):
        return codes | body_codes(field.child)
    if isinstance(field, serializers.Serializer):
        return codes | body_codes(field)
    if isinstance(field, serializers.ListField):
        return codes | _field_codes(field.child)
    return codes


def headers() -> dict[str, Any]:
    """The headers of answers, by the names that the answers refer to."""
    return {
        "X-Request-ID": {
            "description": "The ID of the request: yours, if you sent a well-formed one, or ours.",
            "required": True,
            "schema": {"type": "string"},
            "example": REQUEST_ID,
        },
        "Location": {
            "description": "The URL of what was created.",
            "required": True,
            "schema": {"type": "string", "format": "uri"},
        },
        "Retry-After": {
            "description": "After how many seconds to try again; a whole number.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
            "example": 17,
        },
        "Allow": {
            "description": "The methods that this address answers.",
            "required": True,
            "schema": {"type": "string"},
            "example": "GET, HEAD, POST",
        },
        "WWW-Authenticate": {
            "description": "How to authenticate.",
            "required": True,
            "schema": {"type": "string"},
            "example": 'Bearer realm="api"',
        },
    }


@dataclass(frozen=True, kw_only=True)
class Shared:
    """An error answer that doesn't depend on the operation. `codes` are shown with the text of an example each."""

    status: int
    name: str
    description: str
    codes: dict[str, str]
    headers: tuple[str, ...] = ()
    kind: str = "client_error"


SHARED = (
    Shared(
        status=401,
        name="Unauthorized",
        description="There is no access token, or none that opens anything.",
        codes={
            "not_authenticated": "Send the access token as “Authorization: Bearer <token>”.",
            "invalid_authorization_header": "Send the access token as “Authorization: Bearer <token>”.",
            "invalid_token": "This isn't an access token of ours, or it was mistyped.",
            "token_revoked": "This access token was revoked.",
            "token_expired": "This access token has expired.",
        },
        headers=("WWW-Authenticate",),
    ),
    Shared(
        status=403,
        name="Forbidden",
        description="The access token lacks the scope that this operation takes.",
        codes={"missing_scope": "This access token lacks the scope customers:write. Use one that has it."},
    ),
    Shared(
        status=404,
        name="NotFound",
        description="The path names nothing of the token's organization. The answer is the same where there is nothing "
        "of that ID at all, where it was deleted, and where it is another organization's.",
        codes={"not_found": "There is nothing of this ID in the access token's organization."},
    ),
    Shared(
        status=405,
        name="MethodNotAllowed",
        description="This address doesn't answer to the method; `Allow` has those that it does.",
        codes={"method_not_allowed": 'Method "OPTIONS" not allowed.'},
        headers=("Allow",),
    ),
    Shared(
        status=413,
        name="PayloadTooLarge",
        description="The body is larger than this operation takes.",
        codes={"payload_too_large": "The body is larger than the 1,048,576 bytes that this route takes."},
    ),
    Shared(
        status=415,
        name="UnsupportedMediaType",
        description="The body isn't declared as JSON in UTF-8.",
        codes={
            "unsupported_media_type": "Send the body as “Content-Type: application/json”, not “text/plain”."
        },
    ),
    Shared(
        status=429,
        name="TooManyRequests",
        description="There were more requests than are allowed at a time. Wait for `Retry-After` seconds.",
        codes={"throttled": "Request was throttled. Expected available in 17 seconds."},
        headers=("Retry-After",),
    ),
    Shared(
        status=503,
        name="ServiceUnavailable",
        description="The database can't be reached. Nothing was changed; try again after `Retry-After` seconds.",
        codes={"service_unavailable": "The database can't be reached at the moment. Try again."},
        headers=("Retry-After",),
        kind="server_error",
    ),
)


def shared_responses() -> dict[str, dict[str, Any]]:
    """The component responses that operations refer to, by name."""
    return {
        error.name: shared_response(error, {"$ref": f"#/components/schemas/{error.name}Error"})
        for error in SHARED
    }


def shared_response(error: Shared, schema: dict[str, Any]) -> dict[str, Any]:
    examples = {code: example(error.kind, code, detail) for code, detail in error.codes.items()}
    return response(error.description, schema, examples, error.headers)


def shared_schemas() -> dict[str, dict[str, Any]]:
    """The component schemas behind `shared_responses`, and the one for requests that can't be read."""
    return {
        "Error": _error_schema(),
        **{f"{error.name}Error": envelope_schema(error.kind, error.codes) for error in SHARED},
        "UnreadableRequestError": envelope_schema(
            "client_error",
            (*_EVERY_REQUEST, _UNREADABLE_BODY),
            description="The request can't be read: its body isn't JSON, its path or query isn't UTF-8, or it names "
            "another host.",
        ),
    }


def response(
    description: str,
    schema: dict[str, Any],
    examples: dict[str, Any] | None = None,
    more_headers: Iterable[str] = (),
) -> dict[str, Any]:
    """An answer in JSON."""
    content: dict[str, Any] = {"schema": schema}
    if examples:
        content["examples"] = {name: {"summary": name, "value": value} for name, value in examples.items()}
    return {
        "description": description,
        "headers": header_references(more_headers),
        "content": {"application/json": content},
    }


def header_references(more: Iterable[str] = ()) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-ID", *more)}

"""The OpenAPI document: what viewsets say of their operations (`api.reference`), and what every route does anyway.

A viewset that declares its `operations` gets the rest: parameters of paging, the errors by status with their codes,
headers, its scopes, and schemas from its serializers, closed ones for what clients send.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, append_meta, force_instance

from api import openapi_errors as errors
from api.reference import Operation, Parameter
from api.serializers import EmailField, StrictSerializer, TextField
from api.text import PATTERN as TEXT_PATTERN

SCHEME = "bearerAuth"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    target_class = "api.authentication.BearerAuthentication"
    name = SCHEME

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "pct_…",
            "description": "An access token of your organization. The roles of an operation are the scopes it takes.",
        }

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        view = auto_schema.view
        scope = view.read_scope if auto_schema.method == "GET" else view.write_scope
        return {SCHEME: [str(scope)]}


class Schema(AutoSchema):  # type: ignore[misc]
    """Describes the actions of viewsets that have `operations`."""

    @property
    def operation(self) -> Operation:
        try:
            operation: Operation = self.view.operations[self.view.action]
        except (AttributeError, KeyError):
            raise TypeError(
                f"{type(self.view).__name__} must describe {self.view.action!r} in its operations."
            ) from None
        return operation

    def get_operation_id(self) -> str:
        return self.operation.id

    def get_summary(self) -> str:
        return self.operation.summary

    def get_description(self) -> str:
        scope = self.view.read_scope if self.method == "GET" else self.view.write_scope
        return f"{self.operation.description}\n\nScope: `{scope}`."

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_request_serializer(self) -> Any:
        return self.operation.request

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        # What clients send is named after what they get: CustomerRequest, CustomerPatchRequest.
        return type(serializer).__name__.removesuffix("Serializer").removesuffix("Write")

    def _get_parameters(self) -> list[dict[str, Any]]:
        described = [_parameter(parameter) for parameter in self.operation.parameters]
        if self._is_paged():
            described += self.view.paginator.get_schema_operation_parameters(self.view)
        return [*described, {"$ref": "#/components/parameters/RequestID"}]

    def _is_paged(self) -> bool:
        return bool(self.view.action == "list" and self.view.paginator is not None)

    def _get_request_body(self, direction: str = "request") -> dict[str, Any] | None:
        operation = self.operation
        if operation.request is None:
            return None
        content: dict[str, Any] = {
            "schema": self.resolve_serializer(force_instance(operation.request), "request").ref
        }
        if operation.request_examples:
            content["examples"] = _examples(operation.request_examples)
        return {"required": operation.body_required, "content": {"application/json": content}}

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        answers = {str(status): self._success(status) for status in self.operation.answers}
        answers["400"] = self._invalid()
        if self.operation.conflicts:
            answers["409"] = self._conflict()
        for shared in errors.SHARED:
            if self._can_be(shared.status):
                answers[str(shared.status)] = {"$ref": f"#/components/responses/{shared.name}"}
            if shared.status == 429 and self.operation.limits:
                answers["429"] = self._limited(shared)
        return dict(sorted(answers.items()))

    def _can_be(self, status: int) -> bool:
        if status == 404:
            return "{" in self.path and self.method != "PUT"
        return status not in (413, 415) or self.operation.request is not None

    def _success(self, status: int) -> dict[str, Any]:
        operation = self.operation
        answer: dict[str, Any] = {
            "description": operation.answers[status],
            "headers": errors.header_references(("Location",) if status == 201 else ()),
        }
        content = {media_type: {"schema": dict(schema)} for media_type, schema in operation.content.items()}
        if operation.response is not None:
            schema = self.resolve_serializer(force_instance(operation.response), "response").ref
            if self._is_paged():
                name = f"{operation.response.__name__.removesuffix('Serializer')}Page"
                rows = {"type": "array", "items": schema}
                schema = self._component(name, self.view.paginator.get_paginated_response_schema(rows))
            content["application/json"] = {"schema": schema}
        if content:
            answer["content"] = content
            if operation.response_examples:
                shown = content.get("application/json") or next(iter(content.values()))
                shown["examples"] = _examples(operation.response_examples)
        return answer

    def _invalid(self) -> dict[str, Any]:
        operation = self.operation
        codes = errors.query_codes(operation.parameters, paged=self._is_paged()) | set(operation.codes)
        if operation.request is not None:
            codes |= errors.body_codes(force_instance(operation.request))
        schema = errors.envelope_schema(
            "validation_error", codes, description="Fields or parameters are wrong; all of them are named."
        )
        own = self._component(f"{_camel(operation.id)}ValidationError", schema)
        return errors.response(
            "Fields or parameters are wrong, or the request can't be read.",
            {"oneOf": [own, {"$ref": "#/components/schemas/UnreadableRequestError"}]},
            self._invalid_examples(),
        )

    def _invalid_examples(self) -> dict[str, Any]:
        if self.operation.request is None:
            known = [
                parameter["name"] for parameter in self._get_parameters() if parameter.get("in") == "query"
            ]
            return {"unknown_parameter": errors.unknown_parameter_example("limt", known)}
        fields = force_instance(self.operation.request).fields.items()
        writable = [name for name, field in fields if not field.read_only]
        return {
            "unknown_field": errors.unknown_field_example("external_id", writable),
            "parse_error": errors.example(
                "client_error",
                "parse_error",
                "The body isn't JSON: Expecting ',' delimiter at line 1, column 16.",
            ),
        }

    def _conflict(self) -> dict[str, Any]:
        operation = self.operation
        assert operation.conflict is not None, f"{operation.id} must say what its conflicts tell."
        details = self.resolve_serializer(force_instance(operation.conflict), "response").ref
        codes = {conflict.code: conflict.text for conflict in operation.conflicts}
        schema = errors.envelope_schema("client_error", codes, conflict=details)
        return errors.response(
            "\n".join(f"- `{code}`: {text}" for code, text in codes.items()),
            self._component(f"{_camel(operation.id)}ConflictError", schema),
            {
                found.code: errors.example(
                    "client_error", found.code, found.text, found.field, conflict=operation.conflict_example
                )
                for found in operation.conflicts
            },
        )

    def _limited(self, shared: errors.Shared) -> dict[str, Any]:
        own = replace(shared, codes={**shared.codes, **self.operation.limits})
        schema = errors.envelope_schema(own.kind, own.codes)
        return errors.shared_response(own, self._component(f"{_camel(self.operation.id)}LimitError", schema))

    def _component(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, object=name)
        self.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return reference

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        describe = getattr(field, "describe", None)
        if describe is None:
            schema = super()._map_serializer_field(field, direction, bypass_extensions)
            if isinstance(field, TextField) and direction == "request":
                schema["pattern"] = TEXT_PATTERN
            if isinstance(field, EmailField):
                schema["format"] = "email"
            return schema
        name, schema = describe(direction)
        return append_meta(self._component(name, schema), self._get_serializer_field_meta(field, direction))

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
            if serializer.exactly_one:
                schema["oneOf"] = [{"required": [name]} for name in serializer.exactly_one]
        return schema


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.location == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    if parameter.style is not None:
        described["style"] = parameter.style
        described["explode"] = True
    if parameter.examples:
        described["examples"] = _examples(parameter.examples)
    return described


def _examples(examples: Any) -> dict[str, Any]:
    return {name: {"summary": name, "value": value} for name, value in examples.items()}


def _camel(operation_id: str) -> str:
    return "".join("ID" if word == "id" else word.capitalize() for word in operation_id.split("_"))


def add_shared_components(result: dict[str, Any], **generation: Any) -> dict[str, Any]:
    """Puts what operations refer to and no serializer makes into the document."""
    parts: dict[str, dict[str, Any]] = {
        "headers": errors.headers(),
        "parameters": {
            "RequestID": {
                "name": "X-Request-ID",
                "in": "header",
                "required": False,
                "description": "Your own ID for this request: 1 to 128 ASCII letters, digits and `._:/+=@-`. One that "
                "is anything else is replaced by ours.",
                "schema": {"type": "string"},
                "example": errors.REQUEST_ID,
            }
        },
        "responses": errors.shared_responses(),
        "schemas": errors.shared_schemas(),
    }
    components = result["components"]
    for kind, found in parts.items():
        components[kind] = dict(sorted({**components.get(kind, {}), **found}.items()))
    return result

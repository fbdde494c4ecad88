"""What a viewset says of its operations for the reference (the OpenAPI document), beyond what its code shows.

A viewset's `operations` holds an `Operation` for each of its actions. Answers that every route gives, the errors above
all, are added by `api.openapi`, and an operation says only what is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.conflicts import ConflictError

Schema = Mapping[str, Any]
Examples = Mapping[str, Any]  # by a sentence that says what they show

INTRODUCTION = """\
Customers, known by the ID that they have in your own system.

**The external customer ID.** Store your own ID with a customer once (`external_customer_id`) and from then on read,
change and delete the customer by it, without keeping ours. It is kept exactly as you send it and compared to the byte:
`A1` and `a1` are two customers. It is unique among the customers of your organization, and it never changes once it is
set. Deleting a customer frees it. What can't be an ID is refused with the reason; see the schema `ExternalCustomerID`.

**Access.** Send an access token as `Authorization: Bearer <token>`. A token belongs to one organization and sees
nothing of any other: what is another organization's is answered as if it didn't exist. Each operation below names the
scope that it takes.

**Errors.** Every error has one envelope: `type`, `errors` (each with a `code` for programs, a `detail` for people, and
in `attr` the field or parameter that it is about, nested as `metadata.plan`) and the `request_id`. Codes are stable,
details are not. Clients should take a code that they don't know for what its status says.

**Lists.** A page holds `results` and the URLs `next` and `previous`, null where there is nothing more. Follow them as
they are. Walking through a list neither repeats nor skips what was there at the start, whatever is added meanwhile.

**Money.** An amount is an integer in the currency's minor unit, beside the currency's ISO 4217 code: 1500 is 15.00
`usd`, and 1500 `jpy`. Text, and numbers with a fraction or an exponent, are refused, whatever they would round to.

**Requests have an ID.** Send your own as `X-Request-ID`, or take ours from the answer's header of that name. Name it
when you ask about a request.

**Compatibility.** New operations, optional parameters, and new properties in answers may appear at any time; ignore
what you don't know. Nothing that is described here is removed or changed in meaning within `/v1`.
"""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter in the query, or with `location="path"` in the path. `codes` are those of the errors that its value
    can cause; a missing one is none of them, since only parts of the path are required."""

    name: str
    description: str
    schema: Schema
    location: str = "query"
    codes: tuple[str, ...] = ("invalid",)
    style: str | None = None
    examples: Examples = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One action of a viewset.

    `answers` says what each status of success means; `response` is the serializer of their body, unless `content`
    gives schemas by media type. `conflicts` are the 409s, whose `conflict` the serializer `conflict` describes.
    `codes` are those of errors in the body that its serializer doesn't show; `limits` those of 429 beside the token's
    own, each with its text.
    """

    id: str
    summary: str
    description: str
    answers: Mapping[int, str]
    request: type[Any] | None = None
    body_required: bool = True
    response: type[Any] | None = None
    content: Mapping[str, Schema] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    conflicts: tuple[type[ConflictError], ...] = ()
    conflict: type[Any] | None = None
    conflict_example: Mapping[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict)
    request_examples: Examples = field(default_factory=dict)
    response_examples: Examples = field(default_factory=dict)

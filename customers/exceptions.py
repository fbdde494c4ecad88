"""The refusals that the external customer ID's rule makes beside ill-formed values."""

from __future__ import annotations

import uuid

from api.conflicts import Conflict, ConflictError


class ExternalCustomerIDConflict(ConflictError):
    """`customer_id` (None when there is none yet) and `external_customer_id` are what stands in the way."""

    field = "external_customer_id"

    def __init__(self, *, customer_id: uuid.UUID | None, external_customer_id: str) -> None:
        super().__init__()
        self.customer_id = customer_id
        self.external_customer_id = external_customer_id

    @property
    def conflict(self) -> Conflict:
        return {
            "customer_id": None if self.customer_id is None else str(self.customer_id),
            "external_customer_id": self.external_customer_id,
        }


class ExternalCustomerIDTaken(ExternalCustomerIDConflict):
    """Another customer of the organization holds the ID."""

    code = "external_customer_id_taken"
    text = "Another customer of this organization holds this external customer ID."


class ExternalCustomerIDImmutable(ExternalCustomerIDConflict):
    """The customer has an ID, and it is another one."""

    code = "external_customer_id_immutable"
    text = "An external customer ID can't be changed or removed once it is set."


class CustomerGone(Exception):
    """The customer was deleted while it was being changed."""


class CustomerChanged(Exception):
    """The customer isn't any more as the caller saw it: somebody else has changed it."""

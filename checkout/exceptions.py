"""The refusals of a checkout session that are nobody's mistake in form."""

from __future__ import annotations

import uuid

from api.conflicts import Conflict, ConflictError


class SessionConflict(ConflictError):
    """The session's status is against it; `session_id` and `status` say which it is."""

    field = "status"

    def __init__(self, *, session_id: uuid.UUID, status: str) -> None:
        super().__init__()
        self.session_id = session_id
        self.status = status

    @property
    def conflict(self) -> Conflict:
        return {"checkout_session_id": str(self.session_id), "status": self.status}


class SessionNotOpen(SessionConflict):
    """Only an open session can be changed, paid or expired."""

    code = "checkout_session_not_open"
    text = "The checkout session isn't open (any more)."


class SessionNotProcessing(SessionConflict):
    """Only a session whose payment is under way can complete, or go back to open."""

    code = "checkout_session_not_processing"
    text = "No payment of this checkout session is under way."


class TooManyAttempts(Exception):
    """The buyer has tried too often; `wait` is after how many seconds they may go on."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many attempts to pay. Try again in {wait} seconds.")
        self.wait = wait


class ProductChanged(Exception):
    """The product isn't any more as the caller saw it: somebody else has changed it."""

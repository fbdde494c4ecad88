"""The base of refusals that are nobody's mistake in form: the request is fine, the state of things is against it."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError

Conflict = dict[str, str | None]


class ConflictError(ValidationError):
    """A ValidationError, so that a form shows it on `field`; the API answers it with 409, `code` and `conflict`."""

    code: str
    text: ClassVar[str]
    field: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(
            {self.field: [ValidationError(self.text, code=self.code, params={"conflict": self})]}
        )

    @property
    def conflict(self) -> Conflict:
        """What the caller needs to go on, as the answer has it."""
        return {}


def constraint_of(refusal: BaseException) -> str | None:
    """The name of the rule by which the database refused a write; None for an error of another kind."""
    name: str | None = getattr(getattr(refusal.__cause__, "diag", None), "constraint_name", None)
    return name


def conflict_in(error: ValidationError) -> ConflictError | None:
    """The conflict that `error` consists of; None when anything else is wrong too, since that is said first."""
    problems = [problem for found in error.error_dict.values() for problem in found]
    conflicts = [(problem.params or {}).get("conflict") for problem in problems]
    return conflicts[0] if conflicts and all(conflicts) else None

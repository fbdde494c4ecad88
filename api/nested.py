"""Errors of an object's parts, where Django has room for a list of errors only: in a field of a model."""

from __future__ import annotations

from django.core.exceptions import ValidationError


def in_one_list(error: ValidationError) -> ValidationError:
    """`error`, its parts' names in front of what is wrong with them."""
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError(
        [
            ValidationError(f"{name}: {problem.message}", code=problem.code)
            for name, problems in error.error_dict.items()
            for problem in problems
        ]
    )

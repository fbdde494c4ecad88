"""What the services refuse, for somebody at a command line."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import CommandError


def as_command_error(error: ValidationError) -> CommandError:
    """The same in one line, the fields' names in front."""
    return CommandError(
        " ".join(
            text if name == NON_FIELD_ERRORS else f"{name}: {text}"
            for name, texts in error.message_dict.items()
            for text in texts
        )
    )

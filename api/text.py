"""What any stored text can hold."""

from django.core.exceptions import ValidationError

# The same as a regular expression of JSON Schema; half surrogates are no characters there to begin with.
PATTERN = r"^[^\u0000]*$"


def check_characters(value: str) -> None:
    """Raises ValidationError, naming it, for a character that PostgreSQL can't keep: NUL, or a lone surrogate."""
    if "\x00" in value:
        raise ValidationError(
            "The character NUL (U+0000) can't be stored. Remove it.", code="forbidden_character"
        )
    if not value.isascii():
        for character in value:
            if "\ud800" <= character <= "\udfff":
                raise ValidationError(
                    f"U+{ord(character):04X} is half of a surrogate pair, not a character. Send the text as UTF-8.",
                    code="forbidden_character",
                )

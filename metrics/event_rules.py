"""What an event may say. The one implementation: the API's serializer and the service that stores events call these."""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError

from customers.external_ids import check_external_customer_id

MAX_NAME_LENGTH = 255
EARLIEST = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
CLOCK_TOLERANCE = datetime.timedelta(minutes=5)


def check_event_name(name: str) -> str:
    """`name`, unchanged, when it is 1 to 255 characters, visible or spaces between such."""
    if not name:
        raise ValidationError("An event's name can't be empty.", code="blank")
    if len(name) > MAX_NAME_LENGTH:
        raise ValidationError(
            f"An event's name has at most {MAX_NAME_LENGTH} characters; this has {len(name)}.",
            code="max_length",
        )
    if not name.isprintable():
        raise ValidationError(
            "An event's name has no control, format or separator characters. Remove them.",
            code="forbidden_character",
        )
    if name[0] == " " or name[-1] == " ":
        raise ValidationError(
            "This event's name begins or ends with a space, which would make it another name. Remove it.",
            code="surrounding_white_space",
        )
    return name


def check_event_id(external_id: object) -> str:
    """`external_id`, unchanged, when it can be an event's own ID: by the rule of external customer IDs, for the same
    reasons. Events that all came as `undefined` would be one event and its duplicates."""
    try:
        return check_external_customer_id(external_id)
    except ValidationError as error:
        raise ValidationError(
            f"An event's own ID keeps to the rule of external customer IDs. {error.message}", code=error.code
        ) from None


def check_timestamp(timestamp: datetime.datetime, *, now: datetime.datetime) -> datetime.datetime:
    """`timestamp`, when it lies between the year 2000 and five minutes from now."""
    if timestamp < EARLIEST:
        raise ValidationError("An event happened in the year 2000 or later.", code="min_value")
    if timestamp - now > CLOCK_TOLERANCE:
        raise ValidationError(
            "This lies more than five minutes in the future. Set the sender's clock, or send the event when it "
            "has happened.",
            code="max_value",
        )
    return timestamp

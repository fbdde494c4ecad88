"""What can be a meter, what stays of it as it is, and which meters count an event."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from customers.tests.test_rules_in_the_database import refused
from metrics.models import Meter
from metrics.services.meters import create_meter, meters_counting, update_meter
from metrics.tests.sending import event, send, stored
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def a_meter(organization: Organization, **fields: Any) -> Meter:
    return create_meter(organization=organization, **{"name": "Meter", "function": "count", **fields})


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"name": ""}, "name", "blank"),
        ({"name": "a\x00"}, "name", "forbidden_character"),
        ({"name": "a" * 257}, "name", "max_length"),
        ({"function": ""}, "function", "blank"),
        ({"function": "median"}, "function", "invalid_choice"),
        ({"function": "Sum", "property_name": "tokens"}, "function", "invalid_choice"),
        ({"property_name": "tokens"}, "property_name", "property_not_used"),
        ({"function": "sum"}, "property_name", "required"),
        ({"function": "unique", "property_name": ""}, "property_name", "blank"),
        ({"function": "max", "property_name": "x" * 41}, "property_name", "max_length"),
        ({"function": "max", "property_name": "\x00"}, "property_name", "forbidden_character"),
        ({"event_name": ""}, "event_name", "blank"),
        ({"event_name": " call"}, "event_name", "surrounding_white_space"),
        ({"event_name": "x" * 256}, "event_name", "max_length"),
        ({"event_metadata": {"a": None}}, "event_metadata", "null"),
        ({"event_metadata": {"a": {"b": 1}}}, "event_metadata", "invalid"),
        ({"event_metadata": {str(n): n for n in range(51)}}, "event_metadata", "too_many_keys"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_of_its_field(
    organization: Organization, fields: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        a_meter(organization, **fields)
    assert {problem.code for problem in refusal.value.error_dict[field]} == {code}
    assert not Meter.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"function": "sum", "property_name": "tokens"},
        {"event_name": "login"},
        {"event_name": None},
        {"event_metadata": {"model": "y"}},
        {"event_metadata": {}},
    ],
    ids=str,
)
def test_what_it_counts_never_changes(organization: Organization, change: dict[str, Any]) -> None:
    meter = a_meter(organization, event_name="call", event_metadata={"model": "x"})
    with refused("meters_immutable"):
        Meter.objects.filter(id=meter.id).update(**change)


def test_it_stays_in_its_organization(organization: Organization, stranger: Organization) -> None:
    a_meter(organization)
    with refused("meters_immutable"):
        Meter.objects.update(organization=stranger)


@pytest.mark.parametrize(("function", "property_name"), [("count", "tokens"), ("sum", None), ("median", "x")])
def test_the_database_knows_what_a_function_takes(
    organization: Organization, function: str, property_name: str | None
) -> None:
    with refused("meters_aggregation"):
        Meter.objects.create(
            organization=organization, name="x", function=function, property_name=property_name
        )


def test_it_is_renamed_archived_and_brought_back(organization: Organization) -> None:
    meter = a_meter(organization)
    renamed = update_meter(meter=meter, name="Calls")
    assert (renamed.name, renamed.is_archived) == ("Calls", False)
    assert renamed.modified_at > meter.modified_at
    archived = update_meter(meter=meter, archived=True)
    assert (archived.name, archived.is_archived) == ("Calls", True)
    assert update_meter(meter=meter, archived=True).archived_at == archived.archived_at
    assert not update_meter(meter=meter, archived=False).is_archived


@pytest.mark.parametrize("name", ["", "x" * 257, "\x00"])
def test_a_bad_name_is_refused(organization: Organization, name: str) -> None:
    meter = a_meter(organization)
    with pytest.raises(ValidationError):
        update_meter(meter=meter, name=name)


# What a meter is told to count, and whether it counts an event "call" that says this.
SAYS = {"model": "x", "tokens": 1250, "share": 0.5, "whole": 1.0, "cached": True, "text": "1", "empty": ""}
RULES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"event_name": "call"}, True),
    ({"event_name": "Call"}, False),
    ({"event_name": "login"}, False),
    ({"event_metadata": {"model": "x"}}, True),
    ({"event_metadata": {"model": "X"}}, False),
    ({"event_metadata": {"model": "x", "tokens": 1250}}, True),
    ({"event_metadata": {"model": "x", "tokens": 1251}}, False),
    ({"event_metadata": {"tokens": 1250.0}}, True),
    ({"event_metadata": {"whole": 1}}, True),
    ({"event_metadata": {"share": 0.5}}, True),
    ({"event_metadata": {"whole": True}}, False),
    ({"event_metadata": {"whole": "1"}}, False),
    ({"event_metadata": {"cached": True}}, True),
    ({"event_metadata": {"cached": 1}}, False),
    ({"event_metadata": {"cached": "true"}}, False),
    ({"event_metadata": {"text": "1"}}, True),
    ({"event_metadata": {"text": 1}}, False),
    ({"event_metadata": {"empty": ""}}, True),
    ({"event_metadata": {"absent": ""}}, False),
    ({"event_name": "call", "event_metadata": {"model": "x"}}, True),
    ({"event_name": "login", "event_metadata": {"model": "x"}}, False),
    ({"function": "sum", "property_name": "tokens"}, True),
    ({"function": "avg", "property_name": "share"}, True),
    ({"function": "min", "property_name": "text"}, False),
    ({"function": "max", "property_name": "cached"}, False),
    ({"function": "sum", "property_name": "absent"}, False),
    ({"function": "unique", "property_name": "text"}, True),
    ({"function": "unique", "property_name": "cached"}, True),
    ({"function": "unique", "property_name": "empty"}, True),
    ({"function": "unique", "property_name": "absent"}, False),
    ({"function": "sum", "property_name": "tokens", "event_metadata": {"model": "y"}}, False),
]


@pytest.mark.parametrize(("fields", "counts"), RULES, ids=str)
def test_which_meters_count_an_event(
    organization: Organization, fields: dict[str, Any], counts: bool
) -> None:
    meter = a_meter(organization, **fields)
    send(organization, event(metadata=SAYS), event(name="other"))
    assert meters_counting(organization, stored(organization)[0]) == [meter] * counts


def test_archived_meters_and_those_of_others_count_nothing(
    organization: Organization, stranger: Organization
) -> None:
    update_meter(meter=a_meter(organization), archived=True)
    a_meter(stranger)
    first, second = a_meter(organization, name="b"), a_meter(organization, name="a")
    send(organization, event())
    [sent] = stored(organization)
    assert meters_counting(organization, sent) == [second, first]
    assert meters_counting(stranger, sent) == []

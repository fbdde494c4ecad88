"""Whatever happened, in whatever order, and whichever time zone and range are asked about: a meter's quantities are
what looking at every event in Python gives."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.models import Customer
from customers.tests.test_properties import undone
from metrics.figures.of_subjects import Subject
from metrics.figures.periods import Span
from metrics.figures.ranking import Place
from metrics.meter_rules import Function
from metrics.metering.quantities import read_quantities
from metrics.metering.ranking import MeteredCustomer, read_customers
from metrics.models import Event, Meter
from metrics.services import binding
from metrics.services.meters import create_meter, meters_counting
from metrics.tests.test_figures_properties import generated, moments_about, spans
from metrics.tests.worlds import OWN_IDS, Row, World, by_customer, by_period, of_subject, rows_of
from organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

AT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NAMES = ("call", "login", "never")
KEYS = ("a", "b")
VALUES = (1, 1.0, 2, 0.1, 0.2, -3.5, 0, 1e-7, 2**53, True, False, "1", "x", "", "1.0", "true")


class MeteredWorld(World):
    """One whose events have one of few names, and say little things."""

    def said(self) -> dict[str, Any]:
        metadata = {key: self.random.choice(VALUES) for key in KEYS if self.random.random() < 0.8}
        return {"name": self.random.choice(NAMES[:-1]), "metadata": metadata}


@st.composite
def meters(draw: st.DrawFn) -> dict[str, Any]:
    function = draw(st.sampled_from(Function.values))
    return {
        "name": "Meter",
        "function": function,
        "property_name": None if function == "count" else draw(st.sampled_from(KEYS)),
        "event_name": draw(st.sampled_from([None, *NAMES])),
        "event_metadata": draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=1)),
    }


def typed(value: Any) -> Any:
    """Equal for what is the same in JSON, and for nothing else."""
    return (type(value), value) if isinstance(value, bool | str) else Decimal(str(value))


def takes(meter: Meter, event: Event) -> bool:
    """By the words of docs/meters.md."""
    said = event.metadata
    if meter.event_name is not None and event.name.name != meter.event_name:
        return False
    if any(
        key not in said or typed(said[key]) != typed(value) for key, value in meter.event_metadata.items()
    ):
        return False
    if meter.function == "count":
        return True
    found = said.get(meter.property_name)
    if meter.function == "unique":
        return found is not None
    return isinstance(found, int | float) and not isinstance(found, bool)


def quantity(meter: Meter, rows: Iterable[Row]) -> Any:
    events = [row.event for row in rows if row.event is not None and takes(meter, row.event)]
    if meter.function == "count":
        return len(events)
    values = [typed(event.metadata[meter.property_name]) for event in events]
    if meter.function == "unique":
        return len(set(values))
    made = {
        "sum": sum,
        "min": lambda values: min(values, default=None),
        "max": lambda values: max(values, default=None),
        "avg": lambda values: sum(map(Fraction, values)) / len(values) if values else None,
    }[meter.function](values)
    return None if made is None else int(made) if made == int(made) else float(made)


@settings(generated, max_examples=20)
@given(span=spans(), seed=st.integers(0, 2**32), fields=meters(), data=st.data())
def test_quantities_are_what_counting_gives(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, span: Span, seed: int, fields: Any, data: Any
) -> None:
    monkeypatch.setattr(binding, "CHUNK", 2)
    with undone():
        MeteredWorld(organization, moments_about(span), seed).live_for(30)
        meter = create_meter(organization=organization, **fields)
        rows = [row for row in rows_of(organization) if row.event]
        for subject in (None, *data.draw(subjects(organization))):
            mine = rows
            if subject is not None:
                own_ids = subject.external_customer_ids or ()
                mine = of_subject(organization, rows, own_ids, subject.customer_id)
            periods = by_period(mine, span.start, span.end, span.interval, span.zone)
            read = read_quantities(meter=meter, span=span, subject=subject)
            assert [period.start for period in read.periods] == list(span.periods)
            assert [period.quantity for period in read.periods] == [quantity(meter, row) for row in periods]
            assert read.total == quantity(meter, [row for period in periods for row in period])
            within = [row for row in mine if span.start <= row.at < span.end]
            deleted = subject is not None and subject.customer_id is not None
            groups = by_customer(organization, within, deleted=deleted)
            assert_ranked(meter, span, subject, groups, descending=data.draw(st.booleans()))


@st.composite
def subjects(draw: st.DrawFn, organization: Organization) -> list[Subject]:
    everyone = list(Customer.objects.for_organization(organization).values_list("id", flat=True))
    own_ids = tuple(draw(st.lists(st.sampled_from([*OWN_IDS, "nobody"]), min_size=1, max_size=4)))
    if not everyone:
        return [Subject(own_ids)]
    one = draw(st.sampled_from(everyone))
    return [Subject(own_ids), Subject(customer_id=one), Subject(own_ids, one)]


def assert_ranked(
    meter: Meter, span: Span, subject: Subject | None, groups: dict[Any, list[Row]], descending: bool
) -> None:
    expected = {
        whose: quantity(meter, rows)
        for whose, rows in groups.items()
        if any(row.event and takes(meter, row.event) for row in rows)
    }
    walked = walk(meter, span, subject, descending)
    assert len(walked) == len(expected)
    assert {row.customer_id or row.external_customer_id: row.quantity for row in walked} == expected
    told: list[Any] = [row.quantity for row in walked]
    assert told == sorted(told, reverse=descending)


def walk(meter: Meter, span: Span, subject: Subject | None, descending: bool) -> list[MeteredCustomer]:
    """All rows, page by page, and back again to see that they are the same."""

    def read(place: Place | None) -> Any:
        return read_customers(
            meter=meter,
            start=span.start,
            end=span.end,
            descending=descending,
            subject=subject,
            place=place,
            limit=2,
        )

    pages = [read(None)]
    assert not pages[0].has_previous
    while pages[-1].has_next:
        last = pages[-1].rows[-1]
        pages.append(read(Place(last.value, last.key)))
        assert pages[-1].has_previous
    for later, earlier in zip(pages[:0:-1], pages[-2::-1], strict=True):
        first = later.rows[0]
        back = read(Place(first.value, first.key, backward=True))
        assert back.rows == earlier.rows
        assert (back.has_next, back.has_previous) == (True, earlier.has_previous)
    return [row for page in pages for row in page.rows]


@settings(generated, max_examples=10)
@given(seed=st.integers(0, 2**32), chosen=st.lists(meters(), min_size=1, max_size=5))
def test_the_meters_that_count_an_event_are_those_whose_quantities_it_is_in(
    organization: Organization, seed: int, chosen: list[dict[str, Any]]
) -> None:
    with undone():
        MeteredWorld(organization, [AT], seed).live_for(10)
        made = [create_meter(organization=organization, **fields) for fields in chosen]
        events = list(Event.objects.for_organization(organization).select_related("name"))
        for event in events:
            counting = meters_counting(organization, event)
            assert {meter.id for meter in counting} == {meter.id for meter in made if takes(meter, event)}

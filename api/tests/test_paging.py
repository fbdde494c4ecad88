"""A list's pages: complete, in order, linked both ways, and read from an index."""

from __future__ import annotations

import base64
import datetime
import json
import random
import uuid
from itertools import pairwise
from operator import attrgetter
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps.registry import Apps
from django.db import connection, models
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.paging import InvalidCursor, KeysetPagination, Page, cursor_url, page

ORGANIZATION, STRANGER = uuid.UUID(int=1), uuid.UUID(int=2)
NOON = datetime.datetime(2025, 3, 1, 12, tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)
LIVE = models.Q(deleted_at__isnull=True)


class Entry(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization_id = models.UUIDField(default=ORGANIZATION)
    name = models.CharField(max_length=256, null=True, db_collation="C")
    rank = models.BigIntegerField(null=True)
    day = models.DateField(null=True)
    note = models.TextField(default="", db_collation="C")
    weight = models.FloatField(default=0)
    created_at = models.DateTimeField(default=NOON)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        apps = Apps()  # unknown to the project's own registry
        app_label = "api"
        db_table = "paging_entries"
        indexes = (
            models.Index("organization_id", "created_at", "id", name="paging_created", condition=LIVE),
            models.Index("organization_id", "name", "id", name="paging_name", condition=LIVE),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.rank} {self.created_at}"


ORDERINGS = [sign + column for column in ("created_at", "name", "rank", "day", "note") for sign in ("", "-")]


@pytest.fixture(autouse=True)
def _table(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        with connection.schema_editor() as editor:
            editor.create_model(Entry)


def entries() -> models.QuerySet[Entry]:
    return Entry.objects.filter(LIVE, organization_id=ORGANIZATION)


def add(*values: Any, column: str = "rank") -> list[Entry]:
    """Entries with these values and random ids, beside others that no page may show."""
    made = Entry.objects.bulk_create(Entry(**{column: value}) for value in values)
    hidden: list[dict[str, Any]] = [{"organization_id": STRANGER}, {"deleted_at": NOON}]
    Entry.objects.bulk_create(Entry(**{column: value}, **how) for value in values for how in hidden)
    return made


def in_order(rows: list[Entry], ordering: str) -> list[Entry]:
    """What Python makes of it: by value, then by id, nulls last."""
    value, descending = attrgetter(ordering.removeprefix("-")), ordering.startswith("-")
    by_id = sorted(rows, key=attrgetter("id"), reverse=descending)
    with_value = sorted((row for row in by_id if value(row) is not None), key=value, reverse=descending)
    return with_value + [row for row in by_id if value(row) is None]


def walk(ordering: str, limit: int, *, start: str | None = None, backward: bool = False) -> list[Page[Entry]]:
    """The pages that one side's links lead through, in the order they were read."""
    pages = [page(entries(), ordering, start, limit)]
    while cursor := pages[-1].previous_cursor if backward else pages[-1].next_cursor:
        pages.append(page(entries(), ordering, cursor, limit))
    return pages


def check_every_walk(rows: list[Entry], ordering: str, limit: int) -> None:
    expected = in_order(rows, ordering)
    pages = walk(ordering, limit)
    assert [row for found in pages for row in found.rows] == expected
    assert all(len(found.rows) == limit for found in pages[:-1])
    assert [found.previous_cursor is None for found in pages] == [True] + [False] * (len(pages) - 1)
    for earlier, later in pairwise(pages):
        back = page(entries(), ordering, later.previous_cursor, limit)
        assert (back.rows, back.previous_cursor) == (earlier.rows, earlier.previous_cursor)
        assert page(entries(), ordering, back.next_cursor, limit).rows == later.rows
    if len(pages) > 1:
        backward = walk(ordering, limit, start=pages[-1].previous_cursor, backward=True)
        seen = [row for found in reversed(backward) for row in found.rows] + pages[-1].rows
        assert seen == expected
        assert all(found.next_cursor for found in backward)


@pytest.mark.django_db
@pytest.mark.parametrize("ordering", ORDERINGS)
def test_walks_in_both_directions_find_every_row_once_and_in_order(ordering: str) -> None:
    names = ["b", "B", "a", "a", "é", "e\u0301", "客户", "😀", "", "x\u0001\"\\'%_", None, None, None]
    made = [
        Entry(
            name=name,
            note=name or "",
            rank=None if number % 3 == 0 else (number // 4) * -(2**61),
            day=None if number % 4 == 0 else NOON.date() + datetime.timedelta(days=number // 5),
            created_at=NOON + (number // 2) * MICROSECOND,
        )
        for number, name in enumerate(random.Random(7).sample(names, len(names)))
    ]
    Entry.objects.bulk_create(made)
    for limit in range(1, len(made) + 2):
        check_every_walk(made, ordering, limit)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([None, 1, 2, 3]), max_size=9), st.sampled_from(["", "-"]), st.integers(1, 5))
def test_any_mixture_is_walked_completely(values: list[int | None], sign: str, limit: int) -> None:
    Entry.objects.all().delete()
    check_every_walk(add(*values), f"{sign}rank", limit)


@pytest.mark.django_db
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("ordering", ["rank", "-rank"])
@pytest.mark.parametrize("seed", range(4))
def test_inserts_during_a_walk_do_not_disturb_it(ordering: str, backward: bool, seed: int) -> None:
    dice = random.Random(seed)
    there = in_order(add(*(dice.choice([None, 1, 3, 3, 5]) for _ in range(14))), ordering)
    found = walk(ordering, 3)[-1] if backward else page(entries(), ordering, None, 3)
    seen = found.rows
    while cursor := found.previous_cursor if backward else found.next_cursor:
        if len(seen) < 30:
            add(*range(7), None)
        found = page(entries(), ordering, cursor, 3)
        seen = found.rows + seen if backward else seen + found.rows
    assert [row for row in seen if row in there] == there
    assert len(there) < len(seen) == len(set(seen))
    assert seen == in_order(seen, ordering)


@pytest.mark.django_db
@pytest.mark.parametrize("values", [(1, 2, 3, 4, 5, 6), (1, 2, None, None, None, None), (None,) * 6])
def test_links_tell_the_truth_when_rows_are_deleted_beside_them(values: tuple[int | None, ...]) -> None:
    one, two, three, four, five, six = in_order(add(*values), "rank")
    second = page(entries(), "rank", None, 2).next_cursor
    third = page(entries(), "rank", second, 2).next_cursor
    back = page(entries(), "rank", third, 2).previous_cursor

    Entry.objects.filter(id=two.id).delete()
    found = page(entries(), "rank", second, 2)
    assert found.rows == [three, four]
    assert page(entries(), "rank", found.previous_cursor, 2).rows == [one]

    Entry.objects.filter(id__in=[five.id, six.id]).delete()
    found = page(entries(), "rank", third, 2)
    assert (found.rows, found.next_cursor) == ([], None)
    found = page(entries(), "rank", found.previous_cursor, 2)
    assert (found.rows, found.next_cursor) == ([three, four], None)

    Entry.objects.filter(id=one.id).delete()
    assert page(entries(), "rank", second, 2) == Page([three, four], None, None)
    assert page(entries(), "rank", back, 2) == Page([three, four], None, None)

    Entry.objects.filter(id__in=[three.id, four.id]).delete()
    for cursor in (None, second, third, back):
        assert page(entries(), "rank", cursor, 2) == Page([], None, None)


@pytest.mark.django_db
def test_an_empty_page_before_the_list_leads_forward_from_its_very_place() -> None:
    rows = in_order(add(1, 2, None, None), "-rank")
    back = page(entries(), "-rank", page(entries(), "-rank", None, 2).next_cursor, 2).previous_cursor
    Entry.objects.filter(rank__isnull=False).delete()
    found = page(entries(), "-rank", back, 2)
    assert (found.rows, found.previous_cursor) == ([], None)
    assert page(entries(), "-rank", found.next_cursor, 2) == Page(rows[2:], None, None)


@pytest.mark.django_db
@pytest.mark.parametrize("ordering", ["created_at", "rank", "-rank"])
@pytest.mark.parametrize(("limit", "queries"), [(4, [1, 2, 1]), (5, [1, 2]), (20, [2])])
def test_only_a_page_at_the_nulls_border_takes_two(ordering: str, limit: int, queries: list[int]) -> None:
    add(1, 2, 3, 4, 5, 6, None, None, None, None)
    cursor, spent = None, []
    while not spent or cursor:
        with CaptureQueriesContext(connection) as captured:
            found = page(entries(), ordering, cursor, limit)
        cursor = found.next_cursor
        spent.append(len(captured))
        assert all(" COUNT(" not in query["sql"].upper() for query in captured)
    assert spent == (queries if "rank" in ordering else [1] * len(queries))


@pytest.mark.django_db
@pytest.mark.parametrize("ordering", ["created_at", "-created_at", "name", "-name"])
def test_pages_are_ranges_of_the_index_in_both_directions(ordering: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO paging_entries (id, organization_id, name, note, weight, created_at) "
            "SELECT gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN %s ELSE %s END, "
            "CASE WHEN n %% 3 = 0 THEN NULL ELSE 'name ' || n %% 500 END, '', 0, "
            "%s + n %% 2500 * INTERVAL '1 second' FROM generate_series(1, 6000) n",
            [ORGANIZATION, STRANGER, NOON],
        )
        cursor.execute("ANALYZE paging_entries")
    column = ordering.removeprefix("-")
    rows = in_order(list(entries()), ordering)
    for place in (1200, 2500) if column == "name" else (1200,):
        there = page(entries(), ordering, None, place).next_cursor
        back = page(entries(), ordering, there, 50).previous_cursor
        for start, first in ((there, place), (back, place - 50)):
            with CaptureQueriesContext(connection) as captured:
                found = page(entries(), ordering, start, 50)
            assert found.rows == rows[first : first + 50]
            (query,) = captured.captured_queries
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + query["sql"])
                plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Sort" not in plan
            assert f" using paging_{column.removesuffix('_at')} on" in plan
            condition = next(line for line in plan.splitlines() if "Index Cond:" in line)
            assert "organization_id = " in condition
            assert ("(name IS NULL) AND (id " if place == 2500 else "(ROW(") in condition


def encoded(content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


ID = "0195f3a0-0000-7000-8000-00000000abcd"
MOMENT = "2025-03-01T12:00:00.000000+00:00"
ZERO = MOMENT.removeprefix("2025-03-01T12")


def forged(place: int, *contents: Any) -> list[str]:
    """Cursors in which only the item at `place` isn't what `page` would have written."""
    genuine = [1, "after", "-created_at", MOMENT, ID]
    return [encoded([*genuine[:place], content, *genuine[place + 1 :]]) for content in contents]


(GENUINE,) = forged(0, 1)
GARBAGE = [
    *("", " ", "=", "%00", "\0", "\ud800", "客户", "null", "e30", "W10", "MQ", "a" * 5000, "_" * 4000),
    *(GENUINE[:-1], GENUINE + "A", GENUINE + "=", GENUINE + "\n", " " + GENUINE, GENUINE.swapcase()),
    *map(
        encoded,
        ("[" * 20000, "1" * 5000, '"\\ud800"', "{}", "NaN", "null", "", '"abcde"', dict.fromkeys("abcde")),
    ),
    *map(encoded, ([1, "after", "-created_at", MOMENT], [1, "after", "-created_at", MOMENT, ID, None])),
    encoded(f'[1, "after","-created_at","{MOMENT}","{ID}"]'),
    *forged(0, 0, 2, True, 1.0, "1", None, []),
    *forged(1, "", "AFTER", None, 1, [], {}),
    *forged(2, "created_at", "name", "", None, 1, [], "\0", "\ud800"),
    *forged(3, None, 0, 1e400, [], {}, "", "now", "infinity", "\0", "2025-03-01", MOMENT[:-6], MOMENT[:-7]),
    *forged(3, f"2025-02-30T12{ZERO}", f"0000-01-01T00{ZERO}", f"10000-01-01T00{ZERO}"),
    *forged(3, "0001-01-01T00:00:00.000000+23:00", "9999-12-31T23:59:59.999999-23:00", MOMENT[:-6] + "Z"),
    *forged(4, None, 5, "", "5", ID.upper(), ID.replace("-", ""), [ID], f"{{{ID}}}", f"urn:uuid:{ID}"),
]


@pytest.mark.parametrize("cursor", GARBAGE)
def test_anything_but_a_genuine_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        page(entries(), "-created_at", cursor, 20)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**40, 1.5, True, "1", "a\0b", "\ud800", []])
def test_a_value_that_the_column_cannot_hold_is_refused(value: Any) -> None:
    for ordering in ("rank",) if value == "1" else ("rank", "note"):
        with pytest.raises(InvalidCursor):
            page(entries(), ordering, encoded([1, "after", ordering, value, ID]), 20)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="))))
def test_no_random_text_is_a_cursor(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        page(entries(), "name", cursor, 20)


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["after", "from", "before", "upto"])
def test_made_up_cursors_read_on_without_an_error(way: str) -> None:
    values: dict[str, list[Any]] = {
        "created_at": ["0001-01-01T00:00:00.000000+00:00", "9999-12-31T23:59:59.999999+00:00"],
        "day": ["0001-01-01", "9999-12-31"],
        "rank": [-(2**63), 2**63 - 1, None],
        "name": ["\u0001'\"\\%s" + "x" * 2000, "\uffff\U0010ffff", None],
    }
    for ordering, value in [(name, value) for name in values for value in values[name]]:
        content = json.dumps([1, way, ordering, value, ID], ensure_ascii=False, separators=(",", ":"))
        assert page(entries(), ordering, encoded(content), 2) == Page([], None, None)


def test_only_columns_that_a_cursor_can_carry_make_an_ordering() -> None:
    with pytest.raises(TypeError, match="weight"):
        page(entries(), "weight", None, 20)


def asked(query: str, **view: Any) -> tuple[KeysetPagination, list[Entry]]:
    request = Request(RequestFactory().get(f"/v1/entries?{query}"))
    return (paginator := KeysetPagination()), paginator.paginate_queryset(
        entries(), request, SimpleNamespace(**view)
    )


WRONG = {
    ("limit", "min_value"): ["0", "-1", "-999999999"],
    ("limit", "max_value"): ["101", "999999999"],
    ("limit", "invalid"): ["", "x", "1.0", "1e1", "%2B5", "%205", "1_0", "%D9%A5", "%00", "9" * 5000],
    ("limit", "repeated_parameter"): ["5&limit=5"],
    ("ordering", "invalid_choice"): ["", "-", "id", "--name", "name,rank", "NAME", "weight", "%00"],
    ("ordering", "repeated_parameter"): ["name&ordering=name"],
    ("cursor", "invalid_cursor"): ["", "x", "%FF", "%00", f"{GENUINE}&cursor=x", f"{GENUINE}&ordering=name"],
}


@pytest.mark.parametrize(("what", "text"), [(what, text) for what in WRONG for text in WRONG[what]])
def test_a_wrong_parameter_is_refused_by_name(what: tuple[str, str], text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        asked(f"{what[0]}={text}", orderings=("created_at", "name"))
    assert refusal.value.get_codes() == {what[0]: [what[1]]}


def test_all_wrong_parameters_are_refused_together_with_what_is_allowed() -> None:
    with pytest.raises(ValidationError) as refusal:
        asked("limit=x&ordering=id&cursor=x", orderings={"name": None, "rank": None})
    assert refusal.value.detail == {
        "limit": ["Must be a whole number from 1 to 100."],
        "ordering": ["Must be one of name, -name, rank, -rank."],
    }


@pytest.mark.django_db
def test_a_list_is_answered_in_its_default_ordering_twenty_rows_at_a_time() -> None:
    moments = (NOON + number * MICROSECOND for number in range(21))
    rows = in_order(add(*moments, column="created_at"), "-created_at")
    paginator, found = asked("")
    assert found == rows[:20]
    answer = paginator.get_paginated_response(["…"]).data
    assert answer == {"results": ["…"], "next": answer["next"], "previous": None}
    paginator, found = asked(urlsplit(answer["next"]).query)
    assert found == rows[20:]
    answer = paginator.get_paginated_response([]).data
    assert answer["next"] is None
    assert asked(urlsplit(answer["previous"]).query)[1] == rows[:20]
    assert asked("", orderings=["created_at"], default_ordering="created_at")[1] == rows[:0:-1]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("", ""),
        ("%63ursor=old&cursor=&cursor", ""),
        ("a=1&cursor=old&a=2&b=", "a=1&a=2&b=&"),
        ("metadata[key]=x&metadata%5Bkey%5D=y+z%20%2B", "metadata[key]=x&metadata%5Bkey%5D=y+z%20%2B&"),
        ("q=%e5%AE%A2&q=a%2Fb%26cursor%3Dc", "q=%e5%AE%A2&q=a%2Fb%26cursor%3Dc&"),
        ("cursors=1&Cursor=2&&x", "cursors=1&Cursor=2&x&"),
        ('q=客"<>|&e=%FF', "q=%E5%AE%A2%22%3C%3E%7C&e=%FF&"),
    ],
)
def test_links_keep_every_other_parameter_as_it_was_sent(sent: str, kept: str) -> None:
    request = RequestFactory().get("/v1/entri es", QUERY_STRING=sent.encode().decode("latin-1"), secure=True)
    assert cursor_url(request, "new_") == f"https://testserver/v1/entri%20es?{kept}cursor=new_"


def test_the_schema_says_what_a_view_allows() -> None:
    view: Any = SimpleNamespace(orderings=("name",), default_ordering="name")
    described = KeysetPagination().get_schema_operation_parameters(view)
    assert all(item["description"] and item["in"] == "query" for item in described)
    assert {item["name"]: item["schema"] for item in described} == {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        "ordering": {"type": "string", "enum": ["name", "-name"], "default": "name"},
        "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    }
    envelope = KeysetPagination().get_paginated_response_schema({"type": "array", "items": {}})
    assert envelope["required"] == list(envelope["properties"]) == ["results", "next", "previous"]
    assert envelope["properties"]["next"]["type"] == ["string", "null"]
    assert envelope["properties"]["results"]["items"] == {}

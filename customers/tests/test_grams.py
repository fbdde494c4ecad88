"""The index changes how long a search takes and never what it finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from customers.grams import COMMON_SHARE, LEAST_COMMON, MOST_ASKED, Sample, index_query, samples
from customers.models import Customer
from customers.querysets import SEPARATOR
from organizations.models import Organization

pytestmark = pytest.mark.django_db

# Few letters, so that texts share pieces, and all that means something in a tsquery or a LIKE pattern.
_LETTERS = st.sampled_from(
    [*"abAB01", *"'\\%_&|!:*()<> \t\x1f", "ß", "ẞ", "İ", "ς", "Σ", "客", "户", "🦊", "\u0303"]
)
_TEXTS = st.text(_LETTERS, min_size=1, max_size=12)

# A plain look at every customer, in the words of the contract.
PLAIN = """
SELECT id FROM customers WHERE deleted_at IS NULL AND (
  strpos(fold_case(external_customer_id), fold_case(%(fragment)s)) > 0
  OR strpos(fold_case(name), fold_case(%(fragment)s)) > 0
  OR strpos(fold_case(email), fold_case(%(fragment)s)) > 0
)
"""


@pytest.fixture(autouse=True)
def fresh_sample() -> Iterator[None]:
    samples.forget()
    yield
    samples.forget()


@pytest.fixture
def index_only(organization: Organization) -> None:
    """For the few customers of a test anything else is quicker, so what else there is goes away for a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'customers'"
            " AND indexname LIKE 'idx%' AND indexname NOT LIKE '%grams'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute("SET LOCAL enable_seqscan = off")


def keep(organization: Organization, texts: list[str]) -> None:
    """A customer with each of the texts, as its ID, name or address."""
    Customer.objects.bulk_create(
        Customer(organization=organization, **{field: text})
        for number, text in enumerate(dict.fromkeys(texts))
        for field in ["name" if SEPARATOR in text else ("external_customer_id", "name", "email")[number % 3]]
    )


@pytest.mark.usefixtures("index_only")
@pytest.mark.parametrize("sampled", [False, True], ids=["without statistics", "with statistics"])
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    texts=st.lists(_TEXTS, min_size=1, max_size=12),
    fragment=_TEXTS,
    cut=st.tuples(st.integers(0, 11), st.integers(1, 12)),
)
@example(texts=["abcd", "xabcdx", "abc"], fragment="abcde", cut=(0, 4))
@example(texts=["a'b\\c", "''''", "    "], fragment="'b\\", cut=(0, 5))
@example(texts=["客户客户", "🦊🦊🦊🦊"], fragment="客户", cut=(0, 2))
@example(texts=["ab", "abab\x1fabab"], fragment="b\x1fa", cut=(2, 9))
def test_a_search_finds_what_a_plain_look_at_every_customer_finds(
    organization: Organization, sampled: bool, texts: list[str], fragment: str, cut: tuple[int, int]
) -> None:
    start, length = cut
    piece = texts[0][start:][:length] or texts[0]
    with transaction.atomic(), connection.cursor() as cursor:
        keep(organization, texts)
        if sampled:
            cursor.execute("ANALYZE customers")
        samples.forget()
        for asked in (fragment, piece, piece.swapcase()):
            cursor.execute(PLAIN, {"fragment": asked})
            expected = {row[0] for row in cursor.fetchall()}
            assert {customer.id for customer in Customer.objects.live().search(asked)} == expected, asked
        transaction.set_rollback(True)


@pytest.mark.usefixtures("index_only")
@pytest.mark.parametrize(
    "fragment", ["a", "客", "ab", "abc", "abcd", "abcdefgh", "'", "\\", "    ", "x" * 256]
)
def test_a_fragment_of_any_length_is_looked_for_in_the_index(
    fragment: str, organization: Organization
) -> None:
    keep(organization, ["somebody"])
    assert "idx_customers_grams" in Customer.objects.live().search(fragment).explain()


def test_what_many_have_is_not_looked_for_in_the_index() -> None:
    texts = [f"CUST_{number}\x1f\x1fUSER{number}@MAIL.EXAMPLE" for number in range(1000, 1400)]
    sample = Sample(texts)
    assert sample.is_common("cust_1")
    assert sample.is_common("e")
    assert sample.is_common("Mail.Example")
    assert not sample.is_common("1234")
    assert not sample.is_common("nobody")
    assert Sample([]).is_common("e") is False
    few = int(COMMON_SHARE * len(texts))
    assert Sample([*texts, *["ß"] * (few + 1)]).is_common("ß")
    assert not Sample([*texts, "ß"]).is_common("ß")


def test_the_pieces_that_nobody_of_the_sample_has_are_asked_for() -> None:
    sample = Sample([f"CUST_{number}\x1f\x1fUSER{number}@MAIL.EXAMPLE" for number in range(1000, 1400)])
    assert sample.rarest_grams("cust_9876") == ["st_9", "t_98", "_987", "9876"]
    spread = sample.rarest_grams("nobody has a piece of this long one")
    assert MOST_ASKED / 2 < len(spread) <= MOST_ASKED
    assert (spread[0], spread[-1]) == ("nobo", "ong ")
    assert sample.rarest_grams("1399@mail.example")[:4] == ["1399", "399@", "99@m", "9@ma"]
    assert sample.rarest_grams("mail.example") == ["mail", "ail.", "il.e", "l.ex"][:LEAST_COMMON]


def test_the_sample_is_what_the_database_keeps(organization: Organization) -> None:
    assert index_query("e", "default") is not None, "nothing is known yet"
    keep(organization, [f"name-{number}" for number in range(300)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers")
    samples.forget()
    assert index_query("name-", "default") is None
    assert index_query("nobody", "default") == "'nobo' & 'obod' & 'body'"
    assert index_query("it's", "default") == "'it''s' & 'it''s'"
    assert index_query("\\", "default") == "'\\\\':* & '\\\\':*"

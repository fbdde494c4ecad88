"""The dashboard's page of figures, as a browser without JavaScript meets it."""

from __future__ import annotations

import csv
import datetime
import re
from types import SimpleNamespace
from typing import Any

import pytest

from checkout.models import CheckoutSession, Order
from customers.models import Customer
from customers.services import create_customer, delete_customer
from customers.tests.dashboard import Dashboard, text
from metrics.figures.figures import Figure
from metrics.tests.sending import event, send
from organizations.models import Organization
from organizations.tests.people import VIEWER

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 15, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what a page asks it is noon of some day in March."""
    monkeypatch.setattr("metrics.report_query.timezone", SimpleNamespace(now=lambda: NOW))


@pytest.fixture
def viewer(organization: Organization) -> Dashboard:
    return Dashboard(organization, VIEWER)


def page(dashboard: Dashboard, query: str = "", status: int = 200) -> Any:
    answer = dashboard.client.get(f"{dashboard.root}/metrics{query and '?'}{query}")
    assert answer.status_code == status
    return answer


def use(organization: Organization, own_id: str, *days: str, hour: str = "10:00") -> None:
    send(organization, *(event(own_id, timestamp=f"{day}T{hour}:00Z") for day in days))


def buy(customer: Customer, day: str, amount: int, currency: str = "usd") -> Order:
    at = datetime.datetime.fromisoformat(f"{day}T10:00:00+00:00")
    facts: dict[str, Any] = {
        "organization": customer.organization,
        "customer": customer,
        "external_customer_id": customer.external_customer_id,
        "currency": currency,
        "amount_total": amount,
        "created_at": at,
    }
    session = CheckoutSession.objects.create(
        stored_status="complete", completed_at=at, expires_at=at + datetime.timedelta(hours=1), **facts
    )
    return Order.objects.create(checkout_session=session, number=Order.objects.count() + 1, **facts)


def cards(answer: Any) -> dict[str, str]:
    found = re.findall(
        r'stat-label">([^<]*)</span>\s*<strong class="stat-value">([^<]*)<', answer.content.decode()
    )
    return dict(found)


def changes(answer: Any) -> dict[str, str]:
    return {card.label: card.change.text for card, *_ in answer.context["cards"]}


def marks(answer: Any) -> list[str]:
    return [f"{mark.name}: {mark.value}" for mark in answer.context["chart"].marks]


def ranked(answer: Any) -> list[str | None]:
    return [row.customer.external_customer_id for row in answer.context["ranking"].rows]


def test_every_figure_has_a_card_with_its_change(organization: Organization, viewer: Dashboard) -> None:
    create_customer(organization=organization, external_customer_id="cust_1")
    use(organization, "cust_1", "2026-03-14", "2026-03-15", "2026-02-14", "2026-02-13", "2026-01-20")
    use(organization, "cust_1", "2026-02-13", hour="12:00")
    answer = page(viewer)
    assert list(cards(answer)) == [
        "Revenue",
        "Orders",
        "Average order",
        "Checkouts",
        "Paid checkouts",
        "Checkout conversion",
        "New customers",
        "Active customers",
        "Events",
    ]
    assert cards(answer)["Events"] == "3"
    assert cards(answer)["Checkout conversion"] == "—"
    # Of the last of the thirty days before as much as there is of today.
    assert changes(answer)["Events"] == "Up 50% from 2"
    assert "Feb 14 – Mar 15, 2026, by day, in the time zone UTC." in text(answer)


def test_a_chosen_figure_is_large_with_every_period(organization: Organization, viewer: Dashboard) -> None:
    use(organization, "cust_1", "2026-03-10", "2026-03-10", "2026-03-15")
    answer = page(viewer, "range=7d&figure=events")
    assert marks(answer) == [
        "Mar 9, 2026: 0 events",
        "Mar 10, 2026: 2 events",
        "Mar 11, 2026: 0 events",
        "Mar 12, 2026: 0 events",
        "Mar 13, 2026: 0 events",
        "Mar 14, 2026: 0 events",
        "Mar 15, 2026, in part: 1 event",
    ]
    assert answer.content.decode().count('aria-current="true"') == 1
    assert "Mar 10, 2026: <b>2 events</b> <span>Mar 3, 2026: 0 events</span>" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "count", "first", "last"),
    [
        ("range=24h", 24, "Mar 14, 2026, 12:00", "Mar 15, 2026, 11:00"),
        ("range=7d", 7, "Mar 9, 2026", "Mar 15, 2026, in part"),
        ("range=90d", 90, "Dec 16, 2025", "Mar 15, 2026, in part"),
        ("range=12m", 12, "April 2025", "March 2026, in part"),
        ("range=12m&interval=week", 50, "Week of Mar 31, 2025, in part", "Week of Mar 9, 2026, in part"),
        ("from=2026-03-01&to=2026-03-03", 3, "Mar 1, 2026", "Mar 3, 2026"),
        ("from=2026-03-01&to=2026-03-01", 24, "Mar 1, 2026, 00:00", "Mar 1, 2026, 23:00"),
        ("range=custom", 30, "Feb 14, 2026", "Mar 15, 2026, in part"),
        ("from=2020-01-01&to=2026-03-01", 7, "2020", "2026, in part"),
    ],
)
def test_ranges_and_intervals(viewer: Dashboard, query: str, count: int, first: str, last: str) -> None:
    answer = viewer.get("/metrics", query and dict(part.split("=") for part in query.split("&")))
    shown = answer.context["chart"].marks
    assert (len(shown), shown[0].name, shown[-1].name) == (count, first, last)


def test_days_are_those_of_the_organizations_time_zone(organization: Organization, viewer: Dashboard) -> None:
    Organization.objects.filter(id=organization.id).update(time_zone="America/New_York")
    use(organization, "cust_1", "2026-03-02", hour="04:59")
    use(organization, "cust_1", "2026-03-02", "2026-03-03", hour="05:00")
    answer = page(viewer, "range=custom&from=2026-03-02&to=2026-03-02&interval=day&figure=events")
    assert marks(answer) == ["Mar 2, 2026: 1 event"]
    assert "in the time zone America/New_York" in text(answer)


def test_too_fine_an_interval_leads_to_the_finest_possible(viewer: Dashboard) -> None:
    answer = page(viewer, "range=12m&interval=hour&figure=events")
    assert "By hour, this range has more than 1,500 periods." in text(answer)
    link = re.findall(r'class="button primary" href="([^"]*)">Show it by day', answer.content.decode())[0]
    shown = viewer.client.get(link.replace("&amp;", "&"))
    assert shown.context["asked"].span.interval == "day"
    assert shown.context["asked"].figure == Figure.EVENTS
    assert len(shown.context["chart"].marks) == 349


def test_nothing_is_compared_when_nothing_shall_be(organization: Organization, viewer: Dashboard) -> None:
    use(organization, "cust_1", "2026-03-10", "2026-02-01")
    answer = page(viewer, "compare=none&figure=events")
    assert "chart-legend" not in answer.content.decode()
    assert {card.change for card, *_ in answer.context["cards"]} == {None}


def test_customers_are_ranked_by_the_chosen_figure(organization: Organization, viewer: Dashboard) -> None:
    ada, bob = (
        create_customer(organization=organization, external_customer_id=one) for one in ("ada", "bob")
    )
    use(organization, "ada", "2026-03-10", "2026-03-11")
    use(organization, "bob", "2026-03-10")
    use(organization, "nobody", "2026-03-10", "2026-03-11", "2026-03-12")
    buy(bob, "2026-03-10", 2500)
    buy(ada, "2026-03-10", 1000)
    answer = page(viewer)
    assert ranked(answer) == ["bob", "ada", "nobody"]
    assert [row.length for row in answer.context["ranking"].rows] == ["100%", "40%", "0%"]
    assert [row.values for row in answer.context["ranking"].rows][0] == ["25.00 USD", "1", "1"]
    assert ranked(page(viewer, "figure=events")) == ["nobody", "ada", "bob"]
    assert ranked(page(viewer, "figure=active_customers")) == ["nobody", "ada", "bob"]
    content = answer.content.decode()
    assert f'href="{viewer.root}/customers/{bob.id}"' in content
    assert "Nobody’s" in content.split("nobody")[-1]


def test_a_ranking_goes_on_over_pages(
    organization: Organization, viewer: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metrics.report_page.RANKED", 2)
    for number in range(5):
        use(organization, f"c{number}", *["2026-03-10"] * (number + 1))
    seen, answer = [], page(viewer, "figure=events")
    while True:
        seen.append(ranked(answer))
        if not answer.context["next_url"]:
            break
        answer = viewer.client.get(answer.context["next_url"])
    assert seen == [["c4", "c3"], ["c2", "c1"], ["c0"]]
    back = viewer.client.get(answer.context["previous_url"])
    assert ranked(back) == ["c2", "c1"]
    gone = page(viewer, "figure=events&cursor=bm90aGluZw")
    assert ranked(gone) == ["c4", "c3"]
    assert "This page isn’t there any more" in text(gone)


def test_figures_of_certain_customers_alone(organization: Organization, viewer: Dashboard) -> None:
    old = create_customer(organization=organization, external_customer_id="a/b")
    use(organization, "a/b", "2026-03-10")
    delete_customer(customer=old)
    create_customer(organization=organization, external_customer_id="a/b")
    use(organization, "a/b", "2026-03-11", "2026-03-12")
    use(organization, "c&d", "2026-03-11")
    use(organization, "other", "2026-03-11")
    assert cards(page(viewer))["Events"] == "5"
    assert cards(page(viewer, "external_customer_id=a/b"))["Events"] == "2"
    assert cards(page(viewer, f"customer_id={old.id}"))["Events"] == "1"
    both = page(viewer, "external_customer_id=a/b&external_customer_id=c%26d&figure=events")
    assert cards(both)["Events"] == "3"
    assert ranked(both) == ["a/b", "c&d"]
    (first, second) = both.context["conditions"]
    assert (first.label, first.value, first.query_without) == (
        "External ID",
        "a/b",
        "external_customer_id=c%26d&figure=events",
    )
    assert cards(page(viewer, second.query_without))["Events"] == "2"


def test_money_is_shown_in_one_currency_and_listed_in_all(
    organization: Organization, viewer: Dashboard
) -> None:
    ada = create_customer(organization=organization, external_customer_id="ada")
    for amount, currency in ((1000, "usd"), (2000, "usd"), (1500, "jpy")):
        buy(ada, "2026-03-10", amount, currency)
    answer = page(viewer)
    assert (cards(answer)["Revenue"], cards(answer)["Average order"]) == ("30.00 USD", "15.00 USD")
    other = page(viewer, "currency=jpy")
    assert (cards(other)["Revenue"], cards(other)["Orders"]) == ("1,500 JPY", "3")
    assert other.context["table"].totals[:2] == ["1,500 JPY", "30.00 USD"]
    assert 'name="currency"' in other.content.decode()
    unused = page(viewer, "currency=EUR")
    assert cards(unused)["Revenue"] == "0.00 EUR"


def test_what_makes_no_sense_is_left_out_and_said(viewer: Dashboard) -> None:
    query = (
        "range=1y&interval=minute&figure=profit&compare=yes&currency=xxx&customer_id=1&external_customer_id=null"
        "&bogus=1&range=7d&cursor=x"
    )
    answer = page(viewer, query)
    assert set(answer.context["asked"].problems) == {
        "range", "interval", "figure", "compare", "currency", "customer_id", "external_customer_id", "bogus", "cursor"
    }  # fmt: skip
    assert answer.context["asked"].query.urlencode() == ""
    assert "what a bug writes" in text(answer)
    for odd in (
        "from=2026-13-01",
        "to=tomorrow",
        "from=2026-03-10&to=2026-03-01",
        "from=0001-01-01",
        "to=%00",
    ):
        shown = viewer.client.get(f"{viewer.root}/metrics?{odd}", follow=True)
        assert (shown.status_code, len(shown.context["asked"].problems)) == (200, 1), odd


def test_a_form_leads_to_the_shortest_address(viewer: Dashboard) -> None:
    sent = "range=30d&from=2026-03-01&to=2026-03-02&interval=&compare=before&external_customer_id=&currency="
    assert page(viewer, sent, 302).url == f"{viewer.root}/metrics"
    sent = "range=custom&from=2026-03-01&to=2026-03-02&interval=day&compare=none"
    page(viewer, sent)


def test_the_table_has_every_number_of_every_period(organization: Organization, viewer: Dashboard) -> None:
    use(organization, "cust_1", "2026-03-10", "2026-03-11")
    table = page(viewer, "range=7d").context["table"]
    assert len(table.rows) == 7
    assert table.rows[1] == ("Mar 10, 2026", ["0", "0", "—", "0", "0", "—", "0", "0", "1"])
    assert table.totals[-1] == "2"


def lines(answer: Any) -> list[list[str]]:
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(content.decode("utf-8-sig").splitlines()))


def test_periods_are_exported(organization: Organization, viewer: Dashboard) -> None:
    ada = create_customer(organization=organization, external_customer_id="ada")
    buy(ada, "2026-03-02", 1234)
    answer = viewer.client.get(
        f"{viewer.root}/metrics/export?range=custom&from=2026-03-01&to=2026-03-02&interval=day"
    )
    head, first, second = lines(answer)
    assert head[:5] == ["day", "start", "orders", "revenue_usd", "average_order_value_usd"]
    assert first[:5] == ["Mar 1, 2026", "2026-03-01T00:00:00Z", "0", "0.00", ""]
    assert second[:5] == ["Mar 2, 2026", "2026-03-02T00:00:00Z", "1", "12.34", "12.34"]
    assert viewer.client.get(f"{viewer.root}/metrics/export?range=1y").status_code == 302


def test_the_ranking_is_exported_whole(organization: Organization, viewer: Dashboard) -> None:
    for own_id in ("=1+1", "ada"):
        customer = create_customer(organization=organization, external_customer_id=own_id)
        buy(customer, "2026-03-02", 1234)
    use(organization, "ada", "2026-03-02")
    answer = viewer.client.get(f"{viewer.root}/metrics/export/customers?figure=events")
    head, *rows = lines(answer)
    named = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["external_customer_id"], row["revenue_usd"], row["events"]) for row in named] == [
        ("ada", "12.34", "1"),
        ("'=1+1", "12.34", "0"),
    ]


def test_a_page_takes_as_many_queries_for_many_customers_as_for_one(
    organization: Organization, viewer: Dashboard, django_assert_num_queries: Any
) -> None:
    page(viewer)
    for count in (1, 50):
        for number in range(count):
            use(organization, f"{count}-{number}", "2026-03-10", "2026-02-10")
        # The session, the person, their memberships; the range, the one before it, and the ranking.
        with django_assert_num_queries(6):
            page(viewer, "figure=events")


def test_another_organization_has_none_of_it(organization: Organization, stranger: Organization) -> None:
    use(organization, "cust_1", "2026-03-10")
    answer = page(Dashboard(stranger, VIEWER), "external_customer_id=cust_1")
    assert cards(answer)["Events"] == "0"
    assert "No customer has any of it" in text(answer)

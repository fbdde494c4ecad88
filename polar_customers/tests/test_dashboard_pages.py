"""The pages that belong to no one feature: the overview, the search box, and the test of an ID."""

from __future__ import annotations

import datetime
import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from api.counting import count_up_to
from checkout.tests.factories import a_product, a_session, lapse, paid
from customers import services
from customers.links import api_path
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from metrics.tests.sending import event, send
from organizations.models import Organization
from organizations.tests.factories import OrganizationFactory, make_token
from organizations.tests.people import MEMBER, OWNER, VIEWER, client_of, person

pytestmark = pytest.mark.django_db

NASTY_IDS = [
    "a/b",
    "a?b#c",
    "100%",
    "+1 555",
    "<script>alert(1)</script>",
    "'\"&",
    "客户-1",
    "שלום",
    "🦊",
    "é" * 255,
]


@pytest.fixture
def organization() -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def viewer(organization: Organization) -> Client:
    return client_of(person(VIEWER, organization))


def customer(organization: Organization, **fields: object) -> Customer:
    return CustomerFactory.create(organization=organization, **fields)


# The search box


def search(client: Client, text: str) -> HttpResponse:
    return client.get("/o/acme/search", {"q": text})


def page_of(found: Customer) -> str:
    return f"/o/acme/customers/{found.pk}"


@pytest.mark.parametrize("own_id", NASTY_IDS)
def test_an_external_id_leads_to_its_customer(
    viewer: Client, organization: Organization, own_id: str
) -> None:
    found = customer(organization, external_customer_id=own_id)
    assert search(viewer, own_id).url == page_of(found)


def test_white_space_around_what_was_pasted_is_no_part_of_it(
    viewer: Client, organization: Organization
) -> None:
    found = customer(organization, external_customer_id="a b")
    assert search(viewer, "  a b \n").url == page_of(found)


def test_an_internal_id_an_address_and_a_name_lead_to_their_customer(
    viewer: Client, organization: Organization
) -> None:
    found = customer(organization, name="Ada Lovelace", email="ada@example.com")
    for text in (str(found.pk), str(found.pk).upper(), found.pk.hex, "ADA@example.com", "Ada Lovelace"):
        assert search(viewer, text).url == page_of(found), text


def test_an_external_id_comes_before_everything_that_looks_like_it(
    viewer: Client, organization: Organization
) -> None:
    other = customer(organization, email="ada@example.com", name="Ada")
    for text in (str(other.pk), "ada@example.com", "Ada"):
        found = customer(organization, external_customer_id=text)
        assert search(viewer, text).url == page_of(found)


def test_an_external_id_is_told_from_its_other_letter_case(
    viewer: Client, organization: Organization
) -> None:
    customer(organization, external_customer_id="CUST_1")
    assert search(viewer, "cust_1").url == "/o/acme/customers?search=cust_1"


def test_what_names_several_or_nobody_is_looked_for_in_the_list(
    viewer: Client, organization: Organization
) -> None:
    for _ in range(2):
        customer(organization, name="Ada")
    for text in ("Ada", "nobody", "a&b=c#d", "100%", "x" * 1000, "a\0b"):
        address = urlsplit(search(viewer, text).url)
        assert (address.path, parse_qs(address.query)) == ("/o/acme/customers", {"search": [text]})
    assert viewer.get("/o/acme/search").url == search(viewer, "  ").url == "/o/acme/customers"


def test_the_search_knows_only_its_own_organization(viewer: Client) -> None:
    foreign = customer(OrganizationFactory.create(), external_customer_id="cust_1", email="a@example.com")
    for text in ("cust_1", "a@example.com", str(foreign.pk)):
        assert search(viewer, text).url.startswith("/o/acme/customers?search=")


def test_the_ids_of_what_is_sold_lead_to_it(viewer: Client, organization: Organization) -> None:
    product, session = a_product(organization), a_session(organization)
    order = paid(a_session(organization))
    pages = {
        str(session.pk): f"checkouts/{session.pk}",
        str(product.pk).upper(): f"products/{product.pk}",
        order.pk.hex: f"orders/{order.pk}",
        f"#{order.number}": f"orders/{order.pk}",
    }
    for text, page in pages.items():
        assert search(viewer, text).url == f"/o/acme/{page}", text
    for text in ("#2", "1", "#", f"#{'9' * 30}", "#١"):
        assert search(viewer, text).url.startswith("/o/acme/customers?search="), text


def test_an_external_id_comes_before_an_orders_number(viewer: Client, organization: Organization) -> None:
    paid(a_session(organization))
    holder = customer(organization, external_customer_id="#1")
    assert search(viewer, "#1").url == page_of(holder)


def test_what_another_organization_sells_is_not_found(viewer: Client) -> None:
    elsewhere = OrganizationFactory.create()
    session, order = a_session(elsewhere), paid(a_session(elsewhere))
    for text in (str(a_product(elsewhere).pk), str(session.pk), str(order.pk), "#1"):
        assert search(viewer, text).url.startswith("/o/acme/customers?search="), text


def test_a_deleted_customer_is_not_found(viewer: Client, organization: Organization) -> None:
    gone = services.delete_customer(customer=customer(organization, external_customer_id="cust_1"))
    for text in ("cust_1", str(gone.pk)):
        assert search(viewer, text).url.startswith("/o/acme/customers?search=")


# The overview


def overview(client: Client) -> str:
    return client.get("/o/acme/").content.decode()


def test_an_empty_organization_is_shown_how_to_begin(viewer: Client, organization: Organization) -> None:
    page = html.unescape(overview(viewer))
    assert "Welcome to Acme Inc" in page
    assert "An owner of the organization can create one." in page
    assert (
        'curl -H "Authorization: Bearer $TOKEN" http://testserver/v1/customers/external_id/cust_123' in page
    )
    assert """-d '{"external_customer_id": "cust_123", "name": "Acme Inc"}'""" in page
    make_token(organization)
    assert "There is one." in overview(viewer)


def test_the_commands_name_the_public_address(viewer: Client, settings: object) -> None:
    settings.PUBLIC_URL = "https://billing.example.com"
    assert "https://billing.example.com/v1/customers" in overview(viewer)


def test_an_owner_is_led_to_the_first_token(organization: Organization) -> None:
    assert "/o/acme/developers/tokens/new" in overview(client_of(person(OWNER, organization)))


def test_the_overview_is_of_this_organization_and_of_those_who_are_there(
    viewer: Client, organization: Organization
) -> None:
    customer(organization, external_customer_id="cust_1", name="<i>Ada</i>")
    customer(organization)
    old = customer(organization)
    Customer.objects.filter(pk=old.pk).update(created_at=timezone.now() - datetime.timedelta(days=31))
    services.delete_customer(customer=customer(organization, name="Gone"))
    foreign = customer(OrganizationFactory.create(), name="Foreign")
    for owner, times in ((organization, 2), (foreign.organization, 3)):
        for _ in range(times):
            a_session(owner)
            paid(a_session(owner, customer_id=(old if owner == organization else foreign).id))
    lapse(a_session(organization))
    send(foreign.organization, event("foreign"))
    answer = viewer.get("/o/acme/")
    names = ("total", "without_id", "open_checkouts", "unmatched")
    assert [str(answer.context[name]) for name in names] == ["3", "2", "2", "0"]
    cards = {card.label: card.value for card in answer.context["cards"]}
    assert cards == {
        "Revenue": "60.00 USD",
        "Orders": "2",
        "Checkout conversion": "40.0%",
        "New customers": "3",
        "Active customers": "1",
        "Events": "0",
    }
    page = answer.content.decode()
    assert "&lt;i&gt;Ada&lt;/i&gt;" in page
    assert "Gone" not in page
    assert "Foreign" not in page
    assert [order.number for order in answer.context["newest_orders"]] == [2, 1]


def test_each_figure_says_how_it_changed_and_leads_to_its_course(
    viewer: Client, organization: Organization
) -> None:
    customer(organization, external_customer_id="cust_1")
    days = (1, 2, 31, 40, 50, 61)
    moments = [timezone.now() - datetime.timedelta(days=days) for days in days]
    send(organization, *(event("cust_1", timestamp=moment.isoformat()) for moment in moments))
    answer = viewer.get("/o/acme/")
    changes = {card.label: card.change.text for card in answer.context["cards"]}
    assert changes["Events"] == "Down 33% from 3"
    assert changes["Active customers"] == "Same as before"
    chosen = viewer.get(re.findall(r'href="([^"]*figure=events)"', answer.content.decode())[0])
    assert chosen.context["chosen"].label == "Events"


def test_events_that_nobody_holds_ask_for_attention(viewer: Client, organization: Organization) -> None:
    customer(organization, external_customer_id="cust_1")
    send(organization, event("cust_1"))
    assert "that no customer holds" not in overview(viewer)
    send(organization, event("cust_2"), event("cust_2"), event("cust_3"))
    assert "Events wait under 2 external IDs that no customer holds." in overview(viewer)


def test_who_never_sent_an_event_is_shown_how(viewer: Client, organization: Organization) -> None:
    customer(organization, external_customer_id="it's")
    page = html.unescape(overview(viewer))
    assert "Send your first event" in page
    assert """-d '{"events": [{"name": "call", "external_customer_id": "it'"'"'s",""" in page
    send(organization, event("cust_1", timestamp="2020-01-01T00:00:00Z"))
    assert "Send your first event" not in overview(viewer)


def test_counting_stops_where_it_is_told_to(
    organization: Organization, django_assert_num_queries: object
) -> None:
    for _ in range(3):
        customer(organization)
    customers = Customer.objects.for_organization(organization)
    assert [str(count_up_to(customers, cap)) for cap in (1, 2, 3, 4)] == ["1+", "2+", "3", "3"]
    assert not count_up_to(customers.none())
    with django_assert_num_queries(1) as asked:
        count_up_to(customers, 7)
    assert "LIMIT 8" in asked[0]["sql"]


def test_the_overview_takes_as_many_queries_for_many_customers_as_for_one(
    viewer: Client, organization: Organization, django_assert_num_queries: object
) -> None:
    viewer.get("/o/acme/")
    for count in (1, 20):
        for _ in range(count):
            customer(organization)
        with django_assert_num_queries(12):
            overview(viewer)


# The test of an ID


def verdict(client: Client, own_id: str) -> str:
    answer = client.get("/o/acme/developers/test-id", {"external_customer_id": own_id})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("own_id", NASTY_IDS)
def test_a_well_formed_id_is_shown_as_it_stands_in_the_api(
    viewer: Client, organization: Organization, own_id: str
) -> None:
    holder = customer(organization, external_customer_id=own_id, name="Ada")
    page = verdict(viewer, own_id)
    assert "Well formed." in page
    assert f"<code>{api_path(own_id)}</code>" in page
    assert f'href="{page_of(holder)}"' in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("own_id", "reason"),
    [
        ("", "can't be empty"),
        (" a", "starts with white space"),
        ("a\u200bb", "U+200B"),
        ("a\0b", "U+0000"),
        ("null", "what a bug writes"),
        ("x" * 256, "at most 255 characters; this has 256"),
        ("e\u0301", "Normalization Form C"),
        ("..", "relative path"),
    ],
)
def test_an_ill_formed_id_is_refused_in_the_words_of_the_api(
    viewer: Client, organization: Organization, own_id: str, reason: str
) -> None:
    page = html.unescape(verdict(viewer, own_id))
    assert "This can’t be an external customer ID." in page
    assert reason in page
    assert "curl" not in page


def test_only_who_may_create_a_customer_is_offered_to(viewer: Client, organization: Organization) -> None:
    offer = "/o/acme/customers/new?external_customer_id=a%2Fb%26c"
    assert offer not in verdict(viewer, "a/b&c")
    member = client_of(person(MEMBER, organization))
    assert offer in verdict(member, "a/b&c")
    assert 'value="a/b&amp;c"' in member.get(offer).content.decode()


def test_an_id_that_another_organization_holds_is_nobodys_here(viewer: Client) -> None:
    customer(OrganizationFactory.create(), external_customer_id="cust_1", name="Foreign")
    page = verdict(viewer, "cust_1")
    assert "No customer of Acme Inc." in page
    assert "Foreign" not in page


# What surrounds them


def test_the_navigation_marks_where_one_is(viewer: Client) -> None:
    for path, label in (("/o/acme/", "Overview"), ("/o/acme/developers/test-id", "Developers")):
        navigation = viewer.get(path).content.decode().split('class="sidebar"')[1].split("</nav>")[0]
        assert navigation.count("aria-current") == 1
        assert label in navigation.split('aria-current="page"')[1].split("</a>")[0]


def test_every_static_file_that_a_page_names_is_there() -> None:
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    named = {
        name for page in templates for name in re.findall(r"""{% static ['"]([^'"]+)""", page.read_text())
    }
    assert named
    assert [name for name in named | {"icons.svg"} if finders.find(name) is None] == []


def test_every_icon_that_a_page_names_is_drawn() -> None:
    drawn = set(re.findall('symbol id="([^"]+)"', (settings.BASE_DIR / "static/icons.svg").read_text()))
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    text = "\n".join(page.read_text() for page in templates)
    named = set(re.findall(r"""{% icon ['"]([^'"]+)""", text)) | set(re.findall(r'symbol="([^"]+)"', text))
    assert named
    assert named <= drawn

"""Loading the demo, all of it or nothing.

Each app has a `demo` package or module that makes up its own part; `load` calls them in order, from the lowest app to
the highest, since each may refer to what the ones before it have made.
"""

from __future__ import annotations

import contextlib
import datetime
import sys
from random import Random

from django.db import IntegrityError, connection, transaction
from tqdm import tqdm

from checkout.demo.loading import load_checkout
from customers.demo.loading import load_customers, search_indexes_built_last
from customers.demo.rows import PERIOD
from metrics.demo.loading import load_events
from metrics.services.tallies import add_marks
from organizations.ids import id_at
from organizations.models import Organization
from polar_customers.demo.access import create_logins
from polar_customers.demo.businesses import BUSINESSES, NORTHWIND, Amount, Business, shares

DEFAULT_CUSTOMERS = 2_000
DEFAULT_EVENTS = 30_000
DEFAULT_SEED = 1
_TABLES = (
    "customers",
    "customer_changes",
    "products",
    "checkout_sessions",
    "checkout_items",
    "payment_attempts",
    "orders",
    "events",
    "event_names",
    "unmatched_ids",
    "meters",
    "rollup_days",
    "rollup_quarters",
    "rollup_customer_days",
    "rollup_customer_months",
    "tally_days",
    "tally_quarters",
    "tally_marks",
)


class DemoLoaded(Exception):
    """The demo's organizations are in the database already, and rows of customers are never removed from it."""

    def __init__(self) -> None:
        names = " and ".join(business.slug for business in BUSINESSES)
        super().__init__(
            f"The demo is in this database already (the organizations {names}), and it is loaded only once. "
            "For another one use an empty database, such as a new DATA_DIR."
        )


def is_loaded() -> bool:
    return Organization.objects.filter(slug=NORTHWIND.slug).exists()


def is_empty() -> bool:
    """Whether the database has no organization at all."""
    return not Organization.objects.exists()


def load_if_empty() -> None:
    """Load the demo of the usual size into an empty database; leave any other as it is."""
    if is_empty():
        with contextlib.suppress(DemoLoaded):  # by somebody else, a moment ago
            load()


def load(
    *,
    customers: int = DEFAULT_CUSTOMERS,
    events: int = DEFAULT_EVENTS,
    seed: int = DEFAULT_SEED,
    at: datetime.date | None = None,
) -> dict[Organization, Amount]:
    """Load so many customers, who came in the two years before `at` (today, in UTC), and what they bought and used in
    the last three months of it, which is so many events; how much of it each organization got.

    The same arguments give the same organizations, customers, sessions, orders and events, IDs included; people, who
    have passwords, are new each time. Shows its progress on a terminal. Raises DemoLoaded when there is a demo already.
    """
    day = at or datetime.datetime.now(datetime.UTC).date()
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    with (
        transaction.atomic(),
        tqdm(
            total=customers + events,
            desc="Loading demo data",
            unit=" rows",
            unit_scale=True,
            leave=False,
            disable=None,
            file=sys.stderr,
        ) as bar,
    ):
        loaded = {
            _create_organization(business, seed=seed, at=midnight - PERIOD): (business, amount)
            for business, amount in shares(Amount(customers, events)).items()
        }
        create_logins(list(loaded))
        with search_indexes_built_last():
            for organization, (business, amount) in loaded.items():
                load_customers(
                    organization=organization,
                    count=amount.customers,
                    seed=seed,
                    at=midnight,
                    company_share=business.company_share,
                    progress=bar.update,
                )
            bar.set_description("Building indexes")
        bar.set_description("Loading sessions and orders")
        for organization, (business, amount) in loaded.items():
            load_checkout(
                organization=organization,
                catalog=business.catalog,
                customers=amount.customers,
                seed=seed,
                at=midnight,
            )
        bar.set_description("Loading events")
        for organization, (business, amount) in loaded.items():
            load_events(
                organization=organization,
                usage=business.usage,
                count=amount.events,
                customers=amount.customers,
                seed=seed,
                at=midnight,
                progress=bar.update,
            )
        for organization in loaded:
            while add_marks(organization.id):
                pass
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_TABLES)}")
    return {organization: amount for organization, (_, amount) in loaded.items()}


def _create_organization(business: Business, *, seed: int, at: datetime.datetime) -> Organization:
    # not by the service, because of the time and the ID
    random = Random(f"{seed}/{business.slug}/organization")  # noqa: S311
    organization = Organization(
        id=id_at(at, random.getrandbits(74)),
        slug=business.slug,
        name=business.name,
        time_zone=business.time_zone,
        created_at=at,
    )
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
    except IntegrityError:
        raise DemoLoaded from None
    return organization

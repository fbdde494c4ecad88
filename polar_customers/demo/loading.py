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
from organizations.ids import id_at
from organizations.models import Organization
from polar_customers.demo.access import create_logins
from polar_customers.demo.businesses import BUSINESSES, NORTHWIND, Business, shares

DEFAULT_CUSTOMERS = 2_000
DEFAULT_SEED = 1
_TABLES = (
    "customers",
    "customer_changes",
    "products",
    "checkout_sessions",
    "checkout_items",
    "payment_attempts",
    "orders",
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
    *, customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED, at: datetime.date | None = None
) -> dict[Organization, int]:
    """Load so many customers, who came in the two years before `at` (today, in UTC), and what they bought in the last
    three months of it; how many customers each organization got.

    The same arguments give the same organizations, customers, sessions and orders, IDs included; people, who have
    passwords, are new each time. Shows its progress on a terminal. Raises DemoLoaded when there is a demo already.
    """
    day = at or datetime.datetime.now(datetime.UTC).date()
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    with (
        transaction.atomic(),
        tqdm(
            total=customers,
            desc="Loading demo data",
            unit=" customers",
            unit_scale=True,
            leave=False,
            disable=None,
            file=sys.stderr,
        ) as bar,
    ):
        loaded = {
            _create_organization(business, seed=seed, at=midnight - PERIOD): (business, count)
            for business, count in shares(customers).items()
        }
        create_logins(list(loaded))
        with search_indexes_built_last():
            for organization, (business, count) in loaded.items():
                load_customers(
                    organization=organization,
                    count=count,
                    seed=seed,
                    at=midnight,
                    company_share=business.company_share,
                    progress=bar.update,
                )
            bar.set_description("Building indexes")
        bar.set_description("Loading sessions and orders")
        for organization, (business, count) in loaded.items():
            load_checkout(
                organization=organization, catalog=business.catalog, customers=count, seed=seed, at=midnight
            )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_TABLES)}")
    return {organization: count for organization, (_, count) in loaded.items()}


def _create_organization(business: Business, *, seed: int, at: datetime.datetime) -> Organization:
    # not by the service, because of the time and the ID
    random = Random(f"{seed}/{business.slug}/organization")  # noqa: S311
    organization = Organization(
        id=id_at(at, random.getrandbits(74)),
        slug=business.slug,
        name=business.name,
        created_at=at,
    )
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
    except IntegrityError:
        raise DemoLoaded from None
    return organization

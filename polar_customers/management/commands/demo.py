from __future__ import annotations

import argparse
import datetime
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from polar_customers.demo import DemoLoaded, is_empty, load, login_facts
from polar_customers.demo.loading import DEFAULT_CUSTOMERS, DEFAULT_EVENTS, DEFAULT_SEED


class Command(BaseCommand):
    help = (
        "Loads the demo: the organizations northwind and lakeside with made-up customers, what they bought and used, "
        "and people who may log in. The same seed and day give the same customers, sessions, orders and events, IDs "
        "included. It is loaded once into a database: a second time is refused, because customers are never removed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--customers",
            type=_at_least(1),
            default=DEFAULT_CUSTOMERS,
            metavar="N",
            help="how many customers in all, four of five of them northwind's (%(default)s unless given)",
        )
        parser.add_argument(
            "--events",
            type=_at_least(0),
            default=DEFAULT_EVENTS,
            metavar="N",
            help="how many events in all, shared as the customers are (%(default)s unless given)",
        )
        parser.add_argument(
            "--seed",
            type=int,
            default=DEFAULT_SEED,
            metavar="S",
            help="another number makes others (%(default)s unless given)",
        )
        parser.add_argument(
            "--at",
            type=_day,
            metavar="YYYY-MM-DD",
            help="the customers came in the two years before it, and bought and used things in the last 90 days of "
            "them (today, in UTC, unless given)",
        )
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="only when the database has no organization at all; otherwise do nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and not is_empty():
            self.stderr.write("The database has organizations already, so nothing was added.")
            return
        started = time.monotonic()
        try:
            loaded = load(
                customers=options["customers"],
                events=options["events"],
                seed=options["seed"],
                at=options["at"],
            )
        except DemoLoaded as error:
            raise CommandError(str(error)) from None
        seconds = time.monotonic() - started
        for organization, amount in loaded.items():
            size = f"{amount.customers:,} customers, {amount.events:,} events"
            self.stdout.write(f"  {organization.slug:<10} {organization.name}, {size}")
        self.stdout.write(login_facts())
        self.stdout.write(f"\nLoaded in {seconds:.1f} seconds. script/serve runs it and gives a token.")


def _at_least(least: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) >= least):
            raise argparse.ArgumentTypeError(f"this is a whole number of {least} or more, not {text!r}.")
        return int(text)

    return whole_number


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"this is a day such as 2026-01-31, not {text!r}.") from None

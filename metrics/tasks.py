"""What the worker does for events and figures."""

from __future__ import annotations

import uuid

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from structlog.contextvars import bind_contextvars

from customers.log_names import names_of_customer
from customers.models import Customer
from metrics.models import UnmatchedID
from metrics.services import binding, folding, tallies


@app.task(name=binding.TASK, retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def bind_events(organization_id: str, customer_id: str) -> None:
    """Give a customer the events that waited for it."""
    organization, identity = uuid.UUID(organization_id), uuid.UUID(customer_id)
    # The external ID isn't among what a job is told, where no erasure would reach it.
    customer = Customer.objects.for_organization(organization).only("organization", "external_customer_id")
    bind_contextvars(**names_of_customer(customer.get(id=identity)))
    binding.bind_events(organization_id=organization, customer_id=identity)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="bind_what_is_left")
def bind_what_is_left(timestamp: int) -> None:
    """Give customers who came past the services, by COPY or SQL, what waited for them."""
    left = UnmatchedID.objects.unbound().values_list("organization_id", flat=True).distinct().order_by()
    for organization_id in left:
        binding.bind_events(organization_id=organization_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="fold_what_is_left")
def fold_what_is_left(timestamp: int) -> None:
    """Add to the rollups what no call has added."""
    folding.fold_what_is_left()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="add_marks")
def add_marks(timestamp: int) -> None:
    """Add to the tallies what was sold, and who came, since the last time."""
    tallies.add_all_marks()

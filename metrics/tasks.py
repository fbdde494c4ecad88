"""What the worker does for events."""

from __future__ import annotations

import uuid

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from metrics.models import UnmatchedID
from metrics.services import binding, folding


@app.task(name=binding.TASK, retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def bind_events(organization_id: str, customer_id: str) -> None:
    """Give a customer the events that waited for it."""
    binding.bind_events(organization_id=uuid.UUID(organization_id), customer_id=uuid.UUID(customer_id))


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

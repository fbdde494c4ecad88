"""How an event is sent, ready to paste into a shell."""

from __future__ import annotations

import json
import shlex
import uuid

from django.urls import reverse

from customers.links import curl


def send_command(
    base: str, *, external_customer_id: str | None = None, customer_id: uuid.UUID | None = None
) -> str:
    """The command that sends one event of this customer, named by the external ID where there is one; `base` is a
    scheme and a host."""
    whose = {"customer_id": str(customer_id)}
    if external_customer_id is not None:
        whose = {"external_customer_id": external_customer_id}
    body = {"events": [{"name": "call", **whose, "external_id": "call-1", "metadata": {"tokens": 1250}}]}
    written = shlex.quote(json.dumps(body, ensure_ascii=False))
    return f"{curl(base + reverse('events-ingest'))} \\\n  -H 'Content-Type: application/json' -d {written}"

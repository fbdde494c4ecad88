"""The calls of the documentation answer what it says."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from organizations.services import create_organization, create_token
from polar_customers.embedded import ROOT

CALLS = {"README.md": 8, "docs/api.md": 4}
BLOCK = re.compile(r"```sh\n(curl.*?)```\s+```json\n(.*?)```", re.DOTALL)
# What is new in each run.
VOLATILE = {
    *("id", "customer_id", "created_at", "modified_at", "request_id"),
    *("client_secret", "url", "expires_at"),
}


def call(client: Client, command: str, token: str) -> Any:
    """The answer to a `curl` of the documentation."""
    words = shlex.split(command.replace("\\\n", " ").replace("$TOKEN", token))
    method, headers, body, url = "GET", {}, b"", ""
    arguments = iter(words[1:])
    for word in arguments:
        if word == "-X":
            method = next(arguments)
        elif word == "-H":
            name, _, value = next(arguments).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(arguments).encode()
        else:
            url = word
    parts = urlsplit(url)
    answer = client.generic(
        method,
        f"{parts.path}?{parts.query}",
        body,
        content_type=headers.pop("Content-Type", ""),
        headers=headers,
    )
    return json.loads(answer.content)


def steady(value: Any) -> Any:
    """`value` without what is new in each run."""
    if isinstance(value, dict):
        return {name: "…" if name in VOLATILE else steady(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [steady(inner) for inner in value]
    return value


@pytest.mark.django_db
@pytest.mark.parametrize("name", CALLS)
def test_calls_answer_as_documented(name: str, client: Client) -> None:
    _, token = create_token(organization=create_organization(slug="readme", name="Readme"), name="Readme")
    calls = BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
    assert len(calls) == CALLS[name]
    for command, documented in calls:
        assert steady(call(client, command, token)) == steady(json.loads(documented)), command

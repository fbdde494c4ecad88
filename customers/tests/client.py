"""An integrator's program: it speaks JSON and holds a token."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from django.test import Client

COLLECTION = "/v1/customers"


class Integrator:
    """Each method answers with Django's response; `body` reads its JSON."""

    def __init__(self, secret: str) -> None:
        self._client = Client(raise_request_exception=False)
        self._secret = secret

    def get(self, path: str, query: Any = None, **headers: str) -> Any:
        return self.send("GET", path if query is None else f"{path}?{urlencode(query)}", **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`body` as JSON (None for no body at all) with the token, and with these headers beside it."""
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self._client.generic(
            method, path, headers={"Authorization": f"Bearer {self._secret}", **headers}, **content
        )


def by_external_id(external_customer_id: str) -> str:
    """The path of the customer with this ID, percent-encoded as every language's encoder for one part does."""
    return f"{COLLECTION}/external_id/{quote(external_customer_id, safe='')}"


def by_id(customer_id: object) -> str:
    return f"{COLLECTION}/{customer_id}"


def codes(response: Any) -> list[str]:
    """What an answer's envelope says is wrong."""
    return [error["code"] for error in response.json()["errors"]]

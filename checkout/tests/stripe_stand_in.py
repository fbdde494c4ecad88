"""A small Stripe for tests, over HTTP: payment intents as Stripe's documentation describes them, and whatever can go
wrong on the way to it and back. Cards are `pm_card_visa`, `pm_card_declined` and `pm_card_authentication`."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import stripe
from django.test import Client
from pytest_django import Settings

from checkout.models import PaymentSettings
from checkout.services.payment_settings import save_payment_settings
from organizations.models import Organization

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "sk_test_standin", "pk_test_standin", "whsec_standin"
VISA, DECLINED, AUTHENTICATION = "pm_card_visa", "pm_card_declined", "pm_card_authentication"

REFUSED, LOST, BROKEN = "refused", "lost", "broken"


class Refusal(Exception):
    def __init__(self, status: int, **error: Any) -> None:
        self.status, self.error = status, error


class StripeStandIn:
    """`fail` has the next requests go wrong; `charged` says which intents were charged, each time that they were."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.charged: list[str] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.known_keys = {SECRET_KEY}
        self._faults: list[tuple[str, str]] = []
        self._repeated: dict[str, tuple[int, dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in._serve(self)

            def do_POST(self) -> None:
                stand_in._serve(self)

            def log_message(self, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def fail(self, action: str, how: str, times: int = 1) -> None:
        """The next `times` requests of `action` (create, confirm, retrieve, cancel) go wrong: REFUSED before anything
        is done, LOST after it was, or BROKEN with a 500."""
        self._faults += [(action, how)] * times

    @property
    def intent(self) -> dict[str, Any]:
        """The only one there is."""
        (intent,) = self.intents.values()
        return intent

    def authenticate(self, approves: bool) -> None:
        """What the buyer does at the bank's page."""
        if approves:
            self._charge(self.intent)
        else:
            self._decline(self.intent, "payment_intent_authentication_failure")

    def notify(
        self, organization: Organization, kind: str = "payment_intent.succeeded", **options: Any
    ) -> Any:
        """Sends a notification about the only intent; `body`, `secret` and `timestamp` make it another."""
        event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": dict(self.intent)}}
        body = options.get("body") or json.dumps(event)
        signature = options.get("signature") or stripe.WebhookSignature.generate_signature_header(
            body, options.get("secret", WEBHOOK_SECRET), options.get("timestamp")
        )
        return Client(raise_request_exception=False).post(
            f"/v1/webhooks/stripe/{organization.id}",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signature},
        )

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        fields = dict(parse_qsl(handler.rfile.read(length).decode()))
        path = handler.path.partition("?")[0].strip("/").split("/")
        if path[0] == "bank":
            self._serve_bank(handler, path[1], fields)
            return
        with self._lock:
            action = path[3] if len(path) > 3 else "create" if handler.command == "POST" else "retrieve"
            self.requests.append((action, fields))
            fault = next((fault for fault in self._faults if fault[0] == action), None)
            if fault is not None:
                self._faults.remove(fault)
            how = fault and fault[1]
            if how == REFUSED:
                handler.close_connection = True
                return
            status, body = self._once(handler, action, path, fields, how)
            if how == LOST:
                handler.close_connection = True
                return
        content = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _serve_bank(self, handler: BaseHTTPRequestHandler, intent_id: str, fields: dict[str, str]) -> None:
        intent = self.intents[intent_id]
        if handler.command == "POST":
            self.authenticate("approve" in fields)
            handler.send_response(303)
            handler.send_header("Location", f"{intent['return_url']}?payment_intent={intent_id}&x=1")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        page = (
            b"<!doctype html><title>Bank</title>"
            b"<form method=post><button name=approve value=1>Approve</button></form>"
        )
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(page)))
        handler.end_headers()
        handler.wfile.write(page)

    def _once(
        self,
        handler: BaseHTTPRequestHandler,
        action: str,
        path: list[str],
        fields: dict[str, str],
        how: str | None,
    ) -> tuple[int, dict[str, Any]]:
        """The answer; to an Idempotency-Key that was sent before, the same as then, be it an error of the server's."""
        key = handler.headers.get("Idempotency-Key")
        if key in self._repeated:
            return self._repeated[key]
        try:
            if how == BROKEN:
                raise Refusal(500, type="api_error", message="Something went wrong.")
            if handler.headers.get("Authorization", "").removeprefix("Bearer ") not in self.known_keys:
                raise Refusal(401, type="invalid_request_error", message="Invalid API Key provided.")
            answer = 200, dict(self._do(action, path, fields))
        except Refusal as refusal:
            answer = refusal.status, {"error": refusal.error}
        if key is not None and answer[0] != 401:
            self._repeated[key] = answer
        return answer

    def _do(self, action: str, path: list[str], fields: dict[str, str]) -> dict[str, Any]:
        if action == "create":
            return self._create(fields)
        intent = self.intents.get(path[2])
        if intent is None:
            raise Refusal(
                404,
                type="invalid_request_error",
                code="resource_missing",
                param="intent",
                message=f"No such payment_intent: '{path[2]}'",
            )
        if action == "confirm":
            self._confirm(intent, fields)
        if action == "cancel":
            self._check_state(intent, "canceled")
            intent["status"] = "canceled"
        return intent

    def _create(self, fields: dict[str, str]) -> dict[str, Any]:
        if len(fields["amount"]) > 8:
            raise Refusal(
                400, type="invalid_request_error", code="amount_too_large", message="Amount is too large."
            )
        intent_id = f"pi_{next(self._numbers)}"
        self.intents[intent_id] = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": int(fields["amount"]),
            "currency": fields["currency"],
            "status": "requires_payment_method",
            "last_payment_error": None,
            "next_action": None,
            "metadata": {
                name.removeprefix("metadata[").removesuffix("]"): value
                for name, value in fields.items()
                if name.startswith("metadata[")
            },
        }
        return self.intents[intent_id]

    def _confirm(self, intent: dict[str, Any], fields: dict[str, str]) -> None:
        self._check_state(intent, "confirmed")
        card = fields["payment_method"]
        if card == VISA:
            self._charge(intent)
        elif card == DECLINED:
            raise Refusal(402, **self._decline(intent, "card_declined"), payment_intent=dict(intent))
        elif card == AUTHENTICATION:
            intent["return_url"] = fields["return_url"]
            intent["status"] = "requires_action"
            intent["next_action"] = {
                "type": "redirect_to_url",
                "redirect_to_url": {
                    "url": f"{self.url}/bank/{intent['id']}",
                    "return_url": fields["return_url"],
                },
            }
        else:
            raise Refusal(
                400,
                type="invalid_request_error",
                code="resource_missing",
                param="payment_method",
                message=f"No such PaymentMethod: '{card}'",
            )

    def _charge(self, intent: dict[str, Any]) -> None:
        intent |= {"status": "succeeded", "next_action": None, "last_payment_error": None}
        self.charged.append(intent["id"])

    def _decline(self, intent: dict[str, Any], code: str) -> dict[str, Any]:
        error = {"type": "card_error", "code": code, "message": "Your card was declined by the stand-in."}
        intent |= {"status": "requires_payment_method", "next_action": None, "last_payment_error": error}
        return error

    def _check_state(self, intent: dict[str, Any], wish: str) -> None:
        if intent["status"] in ("succeeded", "canceled"):
            raise Refusal(
                400,
                type="invalid_request_error",
                code="payment_intent_unexpected_state",
                message=f"This PaymentIntent could not be {wish}: its status is {intent['status']}.",
                payment_intent=dict(intent),
            )


@pytest.fixture
def stand_in(settings: Settings) -> Iterator[StripeStandIn]:
    """Stripe, as far as the product can tell."""
    stand_in = StripeStandIn()
    settings.STRIPE_API_BASE = stand_in.url
    yield stand_in
    stand_in.close()


def paid_by_stripe(organization: Organization) -> PaymentSettings:
    return save_payment_settings(
        organization=organization,
        processor="stripe",
        test_mode=True,
        stripe_publishable_key=PUBLISHABLE_KEY,
        stripe_secret_key=SECRET_KEY,
        stripe_webhook_secret=WEBHOOK_SECRET,
    )

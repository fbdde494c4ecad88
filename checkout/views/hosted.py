"""The hosted page: where a buyer pays a session. The secret in the address is all the authority there is, so a form
here needs no other mark that it is genuine; and it may not leave the page: no cache, no referrer, no index."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any

import pghistory
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from structlog.contextvars import bind_contextvars

from checkout.exceptions import SessionNotOpen, TooManyAttempts
from checkout.links import page_url
from checkout.log_names import names_of_session
from checkout.models import CheckoutSession, PaymentAttempt, PaymentSettings
from checkout.money import as_text
from checkout.payment_forms import PayForm, SandboxForm, StripeForm
from checkout.processors import sandbox
from checkout.processors.interface import PaymentRefused, ProcessorUnavailable
from checkout.querysets import CheckoutSessionQuerySet
from checkout.return_addresses import filled_in
from checkout.secrets import session_id_in
from checkout.services.payment_settings import payment_settings_of
from checkout.services.payments import (
    cancel_payment,
    current_attempt,
    last_attempt,
    look_again,
    pay,
    take_sandbox_step,
)
from customers.links import base_of

Status = CheckoutSession.Status
Attempt = PaymentAttempt.Status
Processor = PaymentSettings.Processor

# After how many seconds a page goes on by itself.
ONWARD_SECONDS = 5
CHECK_SECONDS, CHECK_SLOWLY_SECONDS = 3, 15
CHECKED_QUICKLY_SECONDS = 60
LOOKS_AGAIN_AFTER_SECONDS = 2

TEST_CARDS = (
    (sandbox.SUCCEEDS, "Pays"),
    (sandbox.IS_DECLINED, "Is declined"),
    (sandbox.NEEDS_A_STEP, "One more step"),
)

# What Stripe's script needs, as its documentation has it.
STRIPE_SOURCES = {
    "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
    "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": ["https://api.stripe.com"],
}

View = Callable[..., HttpResponse]


def buyer_page(*methods: str) -> Callable[[View], View]:
    """A page of the session whose secret stands in the address. A secret of no session is a page that says nothing."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def page(request: HttpRequest, client_secret: str) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            session = _session_of(client_secret)
            if session is None:
                response = render(request, "checkout/hosted/unknown.html", status=404)
            else:
                bind_contextvars(**names_of_session(session))
                with pghistory.context(by="a buyer at the checkout"):
                    response = view(request, session)
            response.headers["Cache-Control"] = "no-store"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            response.headers.setdefault("Referrer-Policy", "no-referrer")
            return response

        return page

    return decorate


@buyer_page("GET", "HEAD")
def checkout_page(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """Whatever there is to say of the session: the form to pay with, or what became of it."""
    # A processor sends the buyer back with notes of its own, when there is something to ask it about.
    session = _asked_about(session, at_once=bool(request.GET))
    if request.GET:
        return _see_other(_address(request, session))
    if session.status == Status.OPEN:
        return _pay_page(request, session, _form(session), problem=_last_failure(session))
    if session.status == Status.PROCESSING:
        return _processing_page(request, session)
    if session.status == Status.COMPLETE:
        return _complete_page(request, session)
    attempt = last_attempt(session)
    is_paid = attempt is not None and attempt.status == Attempt.SUCCEEDED
    return _page(request, session, "expired", {"was_paid_too_late": is_paid})


@sensitive_variables("form")
@sensitive_post_parameters()
@buyer_page("GET", "HEAD", "POST")
def checkout_pay(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """One try to pay. Whoever sends this to a session that isn't open is led to what there is to say of it."""
    address = _address(request, session)
    form = _form(session, request.POST)
    if request.method != "POST" or session.status != Status.OPEN:
        return _see_other(address)
    if not form.is_valid():
        return _pay_page(request, session, form, status=422)
    try:
        attempt = pay(
            session=session,
            instrument=form.instrument,
            return_url=address,
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
        )
    except SessionNotOpen:
        return _see_other(address)
    except TooManyAttempts as error:
        wait = f"{math.ceil(error.wait / 60)} minutes" if error.wait > 60 else "a minute"
        page = _pay_page(
            request, session, form, problem=f"Too many attempts. Try again in {wait}.", status=429
        )
        page.headers["Retry-After"] = str(error.wait)
        return page
    except PaymentRefused as error:
        return _pay_page(request, session, form, problem=error.message, status=422)
    except ProcessorUnavailable:
        return _pay_page(
            request,
            session,
            form,
            problem="The payment service can’t be reached at the moment. Nothing was charged. Try again.",
            status=503,
        )
    if attempt.status == Attempt.SUCCEEDED:
        session.refresh_from_db(fields=["customer"])  # who may have come to be by this
        bind_contextvars(**names_of_session(session))
    # A payment that failed is said by the page itself: reloading that tries nothing again.
    return _see_other(f"{address}/step" if _is_own_step(attempt) else address)


@buyer_page("GET", "HEAD", "POST")
def checkout_step(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """The step that the sandbox asks for, in place of a bank's own page."""
    attempt = current_attempt(session)
    if attempt is None or not _is_own_step(attempt):
        return _see_other(_address(request, session))
    if request.method == "POST" and request.POST.get("decision") in ("approve", "refuse"):
        take_sandbox_step(attempt=attempt, approves=request.POST["decision"] == "approve")
        return _see_other(_address(request, session))
    return _page(request, session, "sandbox_step")


@buyer_page("GET", "HEAD", "POST")
def checkout_stop(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    """For a buyer who can't take the step that is asked for: the payment is canceled, and they may pay otherwise."""
    attempt = current_attempt(session)
    if request.method == "POST" and attempt is not None and attempt.status == Attempt.NEEDS_STEP:
        with suppress(ProcessorUnavailable):
            cancel_payment(attempt=attempt)
    return _see_other(_address(request, session))


def _session_of(client_secret: str) -> CheckoutSession | None:
    session_id = session_id_in(client_secret)
    return None if session_id is None else _sessions().filter(id=session_id).first()


def _sessions() -> CheckoutSessionQuerySet:
    return CheckoutSession.objects.select_related("organization").with_items()


def _see_other(url: str) -> HttpResponse:
    """To another page, which is asked for by GET whatever this request was."""
    return HttpResponse(status=303, headers={"Location": iri_to_uri(url)})


def _address(request: HttpRequest, session: CheckoutSession) -> str:
    return page_url(base_of(request), session.id)


def _form(session: CheckoutSession, data: Any = None) -> PayForm:
    is_stripe = payment_settings_of(session.organization).processor == Processor.STRIPE
    return (StripeForm if is_stripe else SandboxForm)(session, data)


def _is_own_step(attempt: PaymentAttempt) -> bool:
    return attempt.status == Attempt.NEEDS_STEP and attempt.next_url is None


def _asked_about(session: CheckoutSession, *, at_once: bool) -> CheckoutSession:
    """The session after having the processor say what became of a payment that is under way. When the processor
    doesn't, or did a moment ago, it stays as it is."""
    attempt = current_attempt(session)
    if attempt is None:
        return session
    since = (timezone.now() - attempt.modified_at).total_seconds()
    if at_once or since >= LOOKS_AGAIN_AFTER_SECONDS:
        with suppress(ProcessorUnavailable):
            look_again(attempt=attempt)
    return _sessions().get(id=session.id)


def _last_failure(session: CheckoutSession) -> str | None:
    attempt = last_attempt(session)
    return attempt.failure_message if attempt is not None and attempt.status == Attempt.FAILED else None


def _pay_page(
    request: HttpRequest,
    session: CheckoutSession,
    form: PayForm,
    *,
    problem: str | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "problem": problem}
    if isinstance(form, SandboxForm):
        form = form.without_card() if form.is_bound else form
        return _page(request, session, "pay", {**context, "test_cards": TEST_CARDS}, status=status)
    return _stripe_page(request, session, context, status=status)


def _page_with_stripe(
    request: HttpRequest, session: CheckoutSession, context: Mapping[str, Any], *, status: int
) -> HttpResponse:
    """The one page with something from elsewhere: Stripe's field for the card's number."""
    publishable_key = payment_settings_of(session.organization).stripe_publishable_key
    page = _page(
        request, session, "pay_stripe", {**context, "publishable_key": publishable_key}, status=status
    )
    page.headers["Referrer-Policy"] = (
        "strict-origin"  # Stripe's script wants to know the site, never the page
    )
    return page


# The decorator's types know views of nothing but a request alone.
_stripe_page: View = csp_update(STRIPE_SOURCES)(_page_with_stripe)  # type: ignore[arg-type, assignment]


def _processing_page(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    attempt = current_attempt(session)
    if attempt is not None and attempt.status == Attempt.NEEDS_STEP:
        step_url = f"{_address(request, session)}/step" if _is_own_step(attempt) else attempt.next_url
        return _onward(_page(request, session, "step", {"step_url": step_url}), step_url)
    page = _page(request, session, "checking")
    age = 0.0 if attempt is None else (timezone.now() - attempt.created_at).total_seconds()
    page.headers["Refresh"] = str(CHECK_SECONDS if age < CHECKED_QUICKLY_SECONDS else CHECK_SLOWLY_SECONDS)
    return page


def _complete_page(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    success_url = session.success_url and filled_in(session.success_url, session.id)
    typed = (session.customer_name, session.customer_email)
    context = {
        "order": session.order,
        "buyer": ", ".join(known for known in typed if known),
        "success_url": success_url,
    }
    return _onward(_page(request, session, "complete", context), success_url)


def _onward(page: HttpResponse, url: str | None) -> HttpResponse:
    """The page, which a browser leaves for `url` after a while, without JavaScript too."""
    if url:
        page.headers["Refresh"] = f"{ONWARD_SECONDS}; url={iri_to_uri(url)}"
    return page


def _page(
    request: HttpRequest,
    session: CheckoutSession,
    name: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    lines = [
        {
            "name": item.name,
            "quantity": item.quantity,
            "unit_amount": as_text(item.unit_amount, session.currency),
            "amount": as_text(item.amount, session.currency),
        }
        for item in session.items.all()
    ]
    about = {
        "seller": session.organization.name,
        "test_mode": payment_settings_of(session.organization).test_mode,
        "lines": lines,
        "total": as_text(session.amount_total, session.currency),
        "page_url": _address(request, session),
        "cancel_url": session.cancel_url and filled_in(session.cancel_url, session.id),
        "onward_seconds": ONWARD_SECONDS,
    }
    return render(request, f"checkout/hosted/{name}.html", {**about, **(context or {})}, status=status)

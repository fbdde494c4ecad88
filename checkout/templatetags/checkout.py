"""What templates about checkout write often."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout import money
from checkout.buyers import own_id_of
from checkout.models import CheckoutSession, Order
from organizations.templatetags.dashboard import copyable

register = template.Library()

_TONES = {"open": "info", "processing": "warning", "complete": "success", "expired": ""}


@register.simple_tag
def amount(value: int, currency: str) -> SafeString:
    """An amount of money, as people write it."""
    return format_html('<span class="amount">{}</span>', money.as_text(value, currency))


@register.simple_tag
def session_status(session: CheckoutSession) -> SafeString:
    """What a session is for everyone at this moment."""
    status = session.status
    return format_html('<span class="badge {}">{}</span>', _TONES[status], status.label)


@register.simple_tag
def buyer(bought: CheckoutSession | Order, url: str = "") -> SafeString:
    """Whose session or order it is: by the external ID, which comes first everywhere, or else by what else is known.
    `url` is where it leads; a deleted customer is marked."""
    customer = bought.customer
    own_id = own_id_of(bought)
    if own_id:
        shown = copyable(own_id, name="external ID", url=url)
    else:
        typed = bought.customer_email if isinstance(bought, CheckoutSession) else bought.email
        known = typed or (customer and (customer.name or customer.email)) or "No external ID"
        shown = format_html(
            '<{0} class="without-id"{1}><bdi>{2}</bdi></{0}>',
            "a" if url else "span",
            format_html(' href="{}"', url) if url else "",
            known,
        )
    if customer is not None and customer.is_deleted:
        shown += SafeString(' <span class="badge danger">Deleted</span>')
    return shown

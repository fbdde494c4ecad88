"""The pages of checkout: those of a buyer, whom the secret in the address lets in."""

from __future__ import annotations

from django.urls import path

from checkout.links import PAGE_ROUTE
from checkout.views import hosted

urlpatterns = [
    path(PAGE_ROUTE, hosted.checkout_page, name="checkout-page"),
    path(f"{PAGE_ROUTE}/pay", hosted.checkout_pay, name="checkout-pay"),
    path(f"{PAGE_ROUTE}/step", hosted.checkout_step, name="checkout-step"),
]

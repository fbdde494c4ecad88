"""Where products, checkout sessions and orders are in the API."""

from __future__ import annotations

from django.urls import path

from checkout.api.views import CheckoutSessionViewSet, OrderViewSet, ProductViewSet
from checkout.api.webhooks import StripeWebhook

urlpatterns = [
    path("webhooks/stripe/<str:organization_id>", StripeWebhook.as_view(), name="stripe-webhook"),
    path("products", ProductViewSet.as_view({"get": "list", "post": "create"}), name="products"),
    path(
        "products/<str:product_id>",
        ProductViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="product",
    ),
    path(
        "checkout_sessions",
        CheckoutSessionViewSet.as_view({"get": "list", "post": "create"}),
        name="checkout-sessions",
    ),
    path(
        "checkout_sessions/<str:checkout_session_id>",
        CheckoutSessionViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="checkout-session",
    ),
    path(
        "checkout_sessions/<str:checkout_session_id>/expire",
        CheckoutSessionViewSet.as_view({"post": "expire"}),
        name="checkout-session-expire",
    ),
    path("orders", OrderViewSet.as_view({"get": "list"}), name="orders"),
    path("orders/<str:order_id>", OrderViewSet.as_view({"get": "retrieve"}), name="order"),
]

"""What is counted about checkout sessions."""

from prometheus_client import Counter

SESSIONS = Counter(
    "polar_customers_checkout_sessions",
    "Checkout sessions by what became of them: created, complete, expired, and payments that failed.",
    ["outcome"],
)

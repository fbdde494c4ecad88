"""What is counted about checkout sessions."""

from prometheus_client import Counter

SESSIONS = Counter(
    "polar_customers_checkout_sessions",
    "Checkout sessions by what became of them: created, complete, expired, and payments that failed.",
    ["outcome"],
)

PAYMENTS = Counter(
    "polar_customers_checkout_payments",
    "Attempts to pay by how they went on: succeeded, failed, needs_step, unknown (the processor's answer was lost; it "
    "is looked up later), too_late (for a session that had expired) and twice (for one that was paid already).",
    ["processor", "outcome"],
)

NOTIFICATIONS = Counter(
    "polar_customers_checkout_notifications",
    "Notifications of processors by what became of them: settled, ignored (about no payment of ours, or one that is "
    "over), forged and deferred (the processor could not be asked; it sends the notification again).",
    ["processor", "outcome"],
)

"""What is counted about events."""

from prometheus_client import Counter

INGESTED_EVENTS = Counter("polar_customers_ingested_events", "Events stored.")
DUPLICATE_EVENTS = Counter(
    "polar_customers_duplicate_events", "Events that were there already, by their own ID, and were left out."
)
UNMATCHED_EVENTS = Counter(
    "polar_customers_unmatched_events", "Events stored under an external customer ID that nobody held."
)
BOUND_EVENTS = Counter(
    "polar_customers_bound_events",
    "Events that waited under an ID and were bound to the customer who got it.",
)

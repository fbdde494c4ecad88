"""What is counted about customers."""

from prometheus_client import Counter

EXTERNAL_ID_REFUSALS = Counter(
    "polar_customers_external_id_refusals",
    "Writes refused because the external customer ID is taken, or would change once set.",
    ["code"],
)

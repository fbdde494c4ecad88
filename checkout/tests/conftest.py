from __future__ import annotations

# The organization, a stranger to it, and a program of either, as customers' tests have them.
from checkout.tests.stripe_stand_in import stand_in
from customers.tests.conftest import _no_rate_limits, api, foreign_api, organization, stranger

__all__ = ["_no_rate_limits", "api", "foreign_api", "organization", "stand_in", "stranger"]

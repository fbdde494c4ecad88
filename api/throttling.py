"""Rate limits per access token.

They are counted in each process on its own, the limit divided by the number of processes, so that no request waits
for a shared counter; with requests spread evenly that is the limit.
"""

from __future__ import annotations

import math
import time
from typing import Any

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

_limiter = FixedWindowRateLimiter(MemoryStorage())


class TokenThrottle(BaseThrottle):
    """`RATE_LIMIT_PER_MINUTE` requests in each minute; `RATE_LIMITS=off` lets everything through."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if not settings.RATE_LIMITS or request.auth is None:
            return True
        self._item = RateLimitItemPerMinute(max(1, settings.RATE_LIMIT_PER_MINUTE // settings.WEB_WORKERS))
        self._token = str(request.auth.id)  # type: ignore[union-attr]
        return _limiter.hit(self._item, self._token)

    def wait(self) -> float:
        """Whole seconds until the next minute's allowance; at least one."""
        reset_at, _ = _limiter.get_window_stats(self._item, self._token)
        return max(1, math.ceil(reset_at - time.time()))

"""The administration of events and meters, for support: everything is read, and nothing written."""

from metrics.admin.events import EventAdmin
from metrics.admin.meters import MeterAdmin
from metrics.admin.names import EventNameAdmin
from metrics.admin.unmatched import UnmatchedIDAdmin

__all__ = ["EventAdmin", "EventNameAdmin", "MeterAdmin", "UnmatchedIDAdmin"]

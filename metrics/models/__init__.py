"""What customers used, under which ID it waits, the sums that are kept of it, and what meters make of it."""

from metrics.models.duplicates import Difference, Duplicates
from metrics.models.events import Event, EventBatch, EventName
from metrics.models.meters import Meter
from metrics.models.rollups import CustomerDay, CustomerMonth, OrganizationDay, OrganizationQuarter
from metrics.models.tallies import TallyDay, TallyMark, TallyQuarter
from metrics.models.unmatched import UnmatchedID

__all__ = [
    "CustomerDay",
    "CustomerMonth",
    "Difference",
    "Duplicates",
    "Event",
    "EventBatch",
    "EventName",
    "Meter",
    "OrganizationDay",
    "OrganizationQuarter",
    "TallyDay",
    "TallyMark",
    "TallyQuarter",
    "UnmatchedID",
]

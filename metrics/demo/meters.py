"""The meters of the demo's businesses: of every function, some with a filter, and one that isn't used any more."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.metadata import Metadata


@dataclass(frozen=True, slots=True)
class DemoMeter:
    name: str
    function: str
    property_name: str | None
    event_name: str | None
    event_metadata: Metadata = field(default_factory=dict)
    is_archived: bool = False


_COMMON = (
    DemoMeter("API calls", "count", None, "api.call"),
    DemoMeter("Tokens", "sum", "tokens", "api.call"),
    DemoMeter("Tokens of the large model", "sum", "tokens", "api.call", {"model": "large"}),
    DemoMeter("People who logged in", "unique", "user", "login"),
    DemoMeter("Most gigabytes stored", "max", "gigabytes", "storage.sampled"),
)
METERS_OF_TRADE = (
    *_COMMON,
    DemoMeter("Parcels", "sum", "parcels", "shipment.booked"),
    DemoMeter("Kilograms of a shipment", "avg", "kilograms", "shipment.booked"),
    DemoMeter("Coldest reading", "min", "celsius", "temperature.read"),
    DemoMeter("Express shipments", "count", None, "shipment.booked", {"express": True}, is_archived=True),
)
METERS_ONLINE = (
    *_COMMON,
    DemoMeter("Seconds of jobs", "sum", "seconds", "job.finished"),
    DemoMeter("Message segments", "sum", "segments", "message.sent"),
    DemoMeter("Everything", "count", None, None, is_archived=True),
)

"""What customers of the demo's businesses use, at which times of the day and the week, and what is metered of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from api.metadata import Metadata
from metrics.demo.meters import METERS_OF_TRADE, METERS_ONLINE, DemoMeter

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Kind:
    """Events of one name, and what they say."""

    name: str
    metadata: Callable[[Random], Metadata]


@dataclass(frozen=True, slots=True)
class Usage:
    profiles: tuple[tuple[Kind, ...], ...]
    """What one customer uses and another doesn't. A kind stands in a profile as often as it happens there."""
    by_hour: tuple[float, ...]
    by_weekday: tuple[float, ...]
    meters: tuple[DemoMeter, ...]

    @property
    def names(self) -> list[str]:
        return sorted({kind.name for profile in self.profiles for kind in profile})


def _pick(random: Random, choices: Sequence[_T]) -> _T:
    return choices[int(random.random() * len(choices))]


def _tokens(random: Random) -> int:
    return 20 + int(8_000 * random.random() ** 3)


def _api_call(random: Random) -> Metadata:
    model = _pick(random, ("small", "small", "small", "large", "large", "vision"))
    status = _pick(random, (*[200] * 46, 400, 404, 429, 500))
    return {"model": model, "tokens": _tokens(random) if status == 200 else 0, "status": status}


def _login(random: Random) -> Metadata:
    method = _pick(random, ("password", "password", "sso", "passkey"))
    return {"user": f"user-{1 + int(40 * random.random() ** 2)}", "method": method}


def _export_created(random: Random) -> Metadata:
    file_format = _pick(random, ("csv", "csv", "xlsx", "pdf"))
    return {"format": file_format, "rows": 1 + int(50_000 * random.random() ** 4)}


def _storage_sampled(random: Random) -> Metadata:
    region = _pick(random, ("eu-central", "eu-central", "us-east", "ap-south"))
    return {"region": region, "gigabytes": round(0.5 + 400 * random.random() ** 3, 2)}


def _shipment_booked(random: Random) -> Metadata:
    return {
        "carrier": _pick(random, ("roadrunner", "seaways", "skyfreight")),
        "parcels": 1 + int(12 * random.random() ** 3),
        "kilograms": round(0.2 + 60 * random.random() ** 2, 1),
        "express": random.random() < 0.15,
    }


def _label_printed(random: Random) -> Metadata:
    return {"size": _pick(random, ("A5", "A5", "A6", "4x6")), "labels": 1 + int(20 * random.random() ** 3)}


def _temperature_read(random: Random) -> Metadata:
    return {"sensor": f"cold-{1 + int(24 * random.random())}", "celsius": round(2 + 6 * random.random(), 1)}


def _job_finished(random: Random) -> Metadata:
    queue = _pick(random, ("default", "default", "reports", "video"))
    return {
        "queue": queue,
        "seconds": round(0.1 + 900 * random.random() ** 5, 1),
        "ok": random.random() < 0.97,
    }


def _message_sent(random: Random) -> Metadata:
    return {
        "channel": _pick(random, ("email", "email", "email", "sms", "push")),
        "segments": _pick(random, (1, 1, 2)),
    }


_API_CALL = Kind("api.call", _api_call)
_LOGIN = Kind("login", _login)
_EXPORT_CREATED = Kind("export.created", _export_created)
_STORAGE_SAMPLED = Kind("storage.sampled", _storage_sampled)
_SHIPMENT_BOOKED = Kind("shipment.booked", _shipment_booked)
_LABEL_PRINTED = Kind("label.printed", _label_printed)
_TEMPERATURE_READ = Kind("temperature.read", _temperature_read)
_JOB_FINISHED = Kind("job.finished", _job_finished)
_MESSAGE_SENT = Kind("message.sent", _message_sent)

# Office hours and working days, and what machines do at any time.
TRADE = Usage(
    profiles=(
        (*[_SHIPMENT_BOOKED] * 9, *[_LABEL_PRINTED] * 6, *[_LOGIN] * 2, *[_API_CALL] * 4, _EXPORT_CREATED),
        (*[_STORAGE_SAMPLED] * 6, *[_TEMPERATURE_READ] * 8, _LOGIN, *[_API_CALL] * 2),
        (*[_API_CALL] * 14, *[_SHIPMENT_BOOKED] * 3, _STORAGE_SAMPLED, _LOGIN, _EXPORT_CREATED),
    ),
    by_hour=(2, 2, 2, 2, 3, 4, 7, 12, 18, 22, 23, 21, 17, 20, 22, 21, 18, 13, 9, 6, 5, 4, 3, 2),
    by_weekday=(1, 1.06, 1.08, 1.04, 0.92, 0.34, 0.22),
    meters=METERS_OF_TRADE,
)
# People at home use it too: in the evening, and on Sunday.
ONLINE = Usage(
    profiles=(
        (*[_API_CALL] * 12, *[_JOB_FINISHED] * 5, _STORAGE_SAMPLED, *[_LOGIN] * 2, _EXPORT_CREATED),
        (*[_LOGIN] * 5, *[_MESSAGE_SENT] * 6, *[_STORAGE_SAMPLED] * 2, *[_EXPORT_CREATED] * 2, _API_CALL),
        (*[_JOB_FINISHED] * 8, *[_API_CALL] * 4, *[_STORAGE_SAMPLED] * 4, _LOGIN),
    ),
    by_hour=(5, 3, 2, 2, 2, 3, 6, 10, 14, 17, 18, 18, 17, 17, 18, 18, 17, 16, 17, 19, 21, 20, 15, 9),
    by_weekday=(1, 1.02, 1.03, 1, 0.94, 0.7, 0.74),
    meters=METERS_ONLINE,
)

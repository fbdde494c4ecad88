"""Made-up events of the past three months, one after the other in the order in which they happened."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from api.metadata import Metadata
from metrics.demo.usage import Kind, Usage
from metrics.demo.waiting import PERIOD, DemoWaiting, User
from organizations.ids import id_at

_HOUR = datetime.timedelta(hours=1)
_HOURS = PERIOD // _HOUR
_MILLISECOND = datetime.timedelta(milliseconds=1)
_GROWTH = 1.2  # at the end there is so much more than at the beginning

_SHOWCASE = 16  # the first customers, whom a newcomer looks at first
_UNUSED = 0.12
_ZIPF = 0.1  # how much the exponent is above 1
_WAITING = 0.02
_LATE = 0.02
_LATEST_MS = 3 * 86_400_000
_WITHOUT_ID = 0.08
_TRIES = 20


class DemoEvent(NamedTuple):
    """An event's row but for its organization: somebody's, or waiting, or both when somebody got it since."""

    id: uuid.UUID
    name: str
    user: User | None
    waiting: DemoWaiting | None
    timestamp: datetime.datetime
    received_at: datetime.datetime
    named_customer: bool
    external_id: str | None
    metadata: Metadata


def demo_events(
    *,
    seed: int,
    at: datetime.datetime,
    organization: str,
    time_zone: str,
    count: int,
    users: Sequence[User],
    waiting: Sequence[DemoWaiting],
    usage: Usage,
) -> Iterator[DemoEvent]:
    """`count` events of the 90 days before `at`, more of them as time goes by, and most when the business's clocks
    show the hours of its `usage`. The same arguments give the same events (as customers.demo.rows says of its own).

    Each is of one who was there when it arrived, or of the one among `waiting`, of whom the first waits all the time.
    """
    maker = _Maker(seed, at, organization, users, waiting, usage)
    shares = list(accumulate(_hours(maker.random, at, ZoneInfo(time_zone), usage)))
    hour, before = 0, 0.0
    for number in range(count):
        place = (number + maker.random.random()) / count * shares[-1]
        while shares[hour] <= place and hour < _HOURS - 1:
            before = shares[hour]
            hour += 1
        share = (place - before) / (shares[hour] - before)
        milliseconds = int((hour + share) * 3_600_000)
        yield maker.event(at - PERIOD + milliseconds * _MILLISECOND)


def _hours(random: Random, at: datetime.datetime, zone: ZoneInfo, usage: Usage) -> Iterator[float]:
    """How much happens in each hour of the period. No day is quite like another."""
    today, luck = None, 1.0
    for hour in range(_HOURS):
        local = (at - PERIOD + hour * _HOUR).astimezone(zone)
        if local.date() != today:
            today, luck = local.date(), 0.85 + 0.3 * random.random()
        growth = 1 + _GROWTH * hour / _HOURS
        yield growth * luck * usage.by_weekday[local.weekday()] * usage.by_hour[local.hour]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where events come from, and what kinds of them."""

    user: User | None
    waiting: DemoWaiting | None
    profile: tuple[Kind, ...]


class _Maker:
    def __init__(
        self,
        seed: int,
        at: datetime.datetime,
        organization: str,
        users: Sequence[User],
        waiting: Sequence[DemoWaiting],
        usage: Usage,
    ) -> None:
        self.random = Random(f"{seed}/{organization}/events")  # noqa: S311
        self.at = at
        self.users = [_Source(user, None, self._profile(usage)) for user in self._by_activity(users)]
        self.waiting = [_Source(one.user, one, self._profile(usage)) for one in waiting]

    def event(self, timestamp: datetime.datetime) -> DemoEvent:
        random = self.random
        received_at = self._arrival(timestamp)
        source = self._user(timestamp, received_at) if random.random() >= _WAITING else None
        if source is None:
            source = self._waiting(timestamp, received_at)
        kind = source.profile[int(random.random() * len(source.profile))]
        return DemoEvent(
            id=id_at(received_at, random.getrandbits(74)),
            name=kind.name,
            user=source.user,
            waiting=source.waiting,
            timestamp=timestamp,
            received_at=received_at,
            named_customer=source.waiting is None and _is_named(source.user, received_at),
            external_id=f"evt-{random.getrandbits(64):016x}" if random.random() >= _WITHOUT_ID else None,
            metadata=kind.metadata(random),
        )

    def _arrival(self, timestamp: datetime.datetime) -> datetime.datetime:
        """Most are sent in the seconds after they happened; some by what was without a connection for up to days."""
        random = self.random
        milliseconds = 200 + 4_000 * random.random()
        if random.random() < _LATE:
            milliseconds = 60_000 + _LATEST_MS * random.random() ** 3
        return min(timestamp + int(milliseconds) * _MILLISECOND, self.at)

    def _user(self, timestamp: datetime.datetime, received_at: datetime.datetime) -> _Source | None:
        """Somebody who was there then, the active ones far more often (Zipf's law, in its continuous form)."""
        if not self.users:
            return None
        span = 1 - len(self.users) ** -_ZIPF
        for _ in range(_TRIES):
            source = self.users[int((1 - self.random.random() * span) ** (-1 / _ZIPF)) - 1]
            user = source.user
            assert user is not None
            if user.created_at <= timestamp and (user.deleted_at is None or received_at < user.deleted_at):
                return source
        return None

    def _waiting(self, timestamp: datetime.datetime, received_at: datetime.datetime) -> _Source:
        for _ in range(_TRIES):
            source = self.waiting[int(self.random.random() * len(self.waiting))]
            assert source.waiting is not None
            if source.waiting.first <= timestamp and received_at < source.waiting.last:
                return source
        return self.waiting[0]

    def _by_activity(self, users: Sequence[User]) -> list[User]:
        """Those who use anything: the very first one much, and the others of the first ones more than most."""
        ranked = []
        for number, user in enumerate(users):
            activity, uses = self.random.random(), self.random.random() >= _UNUSED
            if number < _SHOWCASE:
                activity *= 0.03 * (number > 0)
            if uses or number == 0:
                ranked.append((activity, number, user))
        return [user for _, _, user in sorted(ranked, key=lambda one: one[:2])]

    def _profile(self, usage: Usage) -> tuple[Kind, ...]:
        return usage.profiles[int(self.random.random() * len(usage.profiles))]


def _is_named(user: User | None, received_at: datetime.datetime) -> bool:
    """Whether it came with our ID, because the customer had no own one by then."""
    return user is not None and (user.external_customer_id is None or received_at < user.since)

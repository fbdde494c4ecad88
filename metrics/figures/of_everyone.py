# ruff: noqa: S608  (what is put into these statements is written in this app)
"""How the figures of a whole organization are read, in one statement, which sees one moment of the database.

Each branch gives rows of: the source, the period (null for the whole range), the currency, a count and an amount. What
is joined by LATERAL is read by its index, piece by piece, whatever the planner thinks of the number of rows. Pairs of
columns are compared with pairs where only the index of both will do.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from metrics.figures.figures import Source
from metrics.figures.periods import KEPT_RANGES, Cut, Span
from metrics.figures.pieces import Piece, Unit, pieces_of, quarters_of
from metrics.figures.sums import (
    Params,
    array,
    cut_params,
    period_of,
    pieces_params,
    with_events,
)
from metrics.models.rollups import QUARTERS

# Events that no sum has yet. OFFSET 0 keeps the planner from looking for them anywhere but by their IDs.
_UNFOLDED = """
unfolded AS MATERIALIZED (
  SELECT event.timestamp, event.customer_id FROM event_batches AS batch
  CROSS JOIN LATERAL (
    SELECT timestamp, customer_id, organization_id FROM events
    WHERE events.id >= batch.id AND events.id <= batch.last_id OFFSET 0
  ) AS event
  WHERE batch.organization_id = %(organization)s AND event.organization_id = %(organization)s
    AND event.timestamp >= %(events_start)s AND event.timestamp < %(events_end)s {of}
)
"""
UNFOLDED = _UNFOLDED.format(of="")
UNFOLDED_OF_BUSY = _UNFOLDED.format(
    of="AND EXISTS (SELECT FROM busy) AND event.customer_id = ANY (ARRAY(SELECT customer_id FROM busy))"
)
# What the events of a report are counted from, by the kind of piece; of those without a piece there is nothing to plan.
_EVENTS_OF_DAYS = """
  SELECT piece.period, summed.events
  FROM unnest(%(sum_day_periods)s::int[], %(sum_day_firsts)s::date[], %(sum_day_lasts)s::date[])
    AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT sum(events) AS events FROM rollup_days
    WHERE organization_id = %(organization)s AND day >= piece.first AND day < piece.last
  ) AS summed
"""
_EVENTS_OF_QUARTERS = """
  SELECT piece.period, summed.events
  FROM unnest(%(sum_quarter_periods)s::int[], %(sum_quarter_firsts)s::timestamptz[],
    %(sum_quarter_lasts)s::timestamptz[]) AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT sum(events) AS events FROM rollup_quarters
    WHERE organization_id = %(organization)s AND quarter >= piece.first AND quarter < piece.last
  ) AS summed
"""
_EVENTS_ONE_BY_ONE = """
  SELECT piece.period, counted.events
  FROM unnest(%(sum_event_periods)s::int[], %(sum_event_firsts)s::timestamptz[],
    %(sum_event_lasts)s::timestamptz[]) AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT count(*) AS events FROM events
    WHERE (organization_id, timestamp) >= (%(organization)s, piece.first)
      AND (organization_id, timestamp) < (%(organization)s, piece.last)
  ) AS counted
"""
_EVENTS_UNFOLDED = """
  SELECT (%(sum_periods)s::int[])[place], events FROM (
    SELECT width_bucket(timestamp, %(sum_starts)s::timestamptz[]) AS place, count(*) AS events FROM unfolded GROUP BY 1
  ) AS placed WHERE (%(sum_summed)s::bool[])[place]
"""
_EVENTS = """
SELECT 'events', period, NULL::text, sum(events), NULL::numeric FROM ({found}) AS found
WHERE events > 0 GROUP BY period
"""
# Orders, checkout sessions and new customers, likewise.
_TALLIED_BY_DAY = """
  SELECT piece.period, source, currency, count, amount
  FROM unnest(%(tally_day_periods)s::int[], %(tally_day_firsts)s::date[], %(tally_day_lasts)s::date[])
    AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT source, currency, count, amount FROM tally_days
    WHERE organization_id = %(organization)s AND day >= piece.first AND day < piece.last
  ) AS tallied
"""
_TALLIED_BY_QUARTER = """
  SELECT piece.period, source, currency, count, amount
  FROM unnest(%(tally_quarter_periods)s::int[], %(tally_quarter_firsts)s::timestamptz[],
    %(tally_quarter_lasts)s::timestamptz[]) AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT source, currency, count, amount FROM tally_quarters
    WHERE organization_id = %(organization)s AND quarter >= piece.first AND quarter < piece.last
  ) AS tallied
"""
_MARKED = """
  SELECT (%(tally_periods)s::int[])[place], source, currency, count, amount FROM (
    SELECT width_bucket(quarter, %(tally_starts)s::timestamptz[]) AS place, source, currency, sum(count) AS count,
      sum(amount) AS amount
    FROM tally_marks WHERE organization_id = %(organization)s AND quarter >= %(start)s AND quarter < %(end)s
    GROUP BY 1, 2, 3
  ) AS placed WHERE (%(tally_summed)s::bool[])[place]
"""
_PIECES_ONE_BY_ONE = """
unnest(%(tally_event_periods)s::int[], %(tally_event_firsts)s::timestamptz[], %(tally_event_lasts)s::timestamptz[])
  AS piece (period, first, last)
"""
_ORDERS_ONE_BY_ONE = f"""
  SELECT piece.period, 'orders', made.currency, made.orders, made.amount FROM {_PIECES_ONE_BY_ONE}
  CROSS JOIN LATERAL (
    SELECT currency, count(*) AS orders, sum(amount_total) AS amount FROM orders
    WHERE organization_id = %(organization)s AND created_at >= piece.first AND created_at < piece.last GROUP BY currency
  ) AS made
"""
_CHECKOUTS_ONE_BY_ONE = f"""
  SELECT piece.period, 'checkouts', '', begun.checkouts, begun.succeeded FROM {_PIECES_ONE_BY_ONE}
  CROSS JOIN LATERAL (
    SELECT count(*) AS checkouts, count(*) FILTER (WHERE status = 'complete') AS succeeded FROM checkout_sessions
    WHERE organization_id = %(organization)s AND created_at >= piece.first AND created_at < piece.last
  ) AS begun
"""
# The living and the deleted have an index each.
_CUSTOMERS_ONE_BY_ONE = f"""
  SELECT piece.period, 'customers', '', created.customers, 0 FROM {_PIECES_ONE_BY_ONE}
  CROSS JOIN LATERAL (
    SELECT count(*) AS customers FROM customers WHERE organization_id = %(organization)s AND deleted_at IS NULL
      AND created_at >= piece.first AND created_at < piece.last
    UNION ALL
    SELECT count(*) FROM customers WHERE organization_id = %(organization)s AND deleted_at IS NOT NULL
      AND created_at >= piece.first AND created_at < piece.last
  ) AS created
"""
_TALLIED = """
SELECT source, period, nullif(currency, ''), sum(count), sum(amount)
FROM ({found}) AS found (period, source, currency, count, amount)
WHERE source = ANY(%(tally_sources)s) GROUP BY source, period, currency HAVING sum(count) <> 0
"""
_ONE_BY_ONE = {
    Source.ORDERS: _ORDERS_ONE_BY_ONE,
    Source.CHECKOUTS: _CHECKOUTS_ONE_BY_ONE,
    Source.CUSTOMERS: _CUSTOMERS_ONE_BY_ONE,
}
# Who had an event, by the kind of piece; in one that is in no sum, or whose customer isn't written to it yet; and who
# bought something.
_SEEN_IN_MONTHS = """
  SELECT piece.period, summed.customer_id
  FROM unnest(%(seen_month_periods)s::int[], %(seen_month_firsts)s::date[], %(seen_month_lasts)s::date[])
    AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT customer_id FROM rollup_customer_months
    WHERE organization_id = %(organization)s AND month >= piece.first AND month < piece.last
  ) AS summed
"""
_SEEN_IN_DAYS = """
  SELECT piece.period, summed.customer_id
  FROM unnest(%(seen_day_periods)s::int[], %(seen_day_firsts)s::date[], %(seen_day_lasts)s::date[])
    AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT customer_id FROM rollup_customer_days
    WHERE organization_id = %(organization)s AND day >= piece.first AND day < piece.last
  ) AS summed
"""
_SEEN_ONE_BY_ONE = """
  SELECT piece.period, event.customer_id
  FROM unnest(%(seen_event_periods)s::int[], %(seen_event_firsts)s::timestamptz[],
    %(seen_event_lasts)s::timestamptz[]) AS piece (period, first, last)
  CROSS JOIN LATERAL (
    SELECT customer_id FROM events
    WHERE (organization_id, timestamp) >= (%(organization)s, piece.first)
      AND (organization_id, timestamp) < (%(organization)s, piece.last) AND customer_id IS NOT NULL
  ) AS event
"""
_SEEN_UNFOLDED = f"""
  SELECT {period_of("timestamp")}, customer_id FROM unfolded WHERE customer_id IS NOT NULL
  UNION ALL
  SELECT {period_of("event.timestamp")}, unmatched.customer_id FROM unmatched_ids AS unmatched
  CROSS JOIN LATERAL (
    SELECT timestamp FROM events WHERE unmatched_id = unmatched.id AND customer_id IS NULL
      AND timestamp >= %(events_start)s AND timestamp < %(events_end)s OFFSET 0
  ) AS event
  WHERE unmatched.organization_id = %(organization)s AND unmatched.customer_id IS NOT NULL
    AND unmatched.bound_at IS NULL
"""
_SEEN_IN_ORDERS = f"""
  SELECT {period_of("created_at")}, customer_id FROM orders
  WHERE organization_id = %(organization)s AND created_at >= %(start)s AND created_at < %(end)s
"""
# A bit of each customer's for each period. Where days begin in the middle of UTC's, each of these is of two periods: a
# comparison tells who is in the earlier one, and who isn't is in the later. Days of more periods, or of a part of one,
# are read once for all of them.
_IN_BITS = """
active (counts, customers) AS MATERIALIZED (
  SELECT ARRAY[{counts}], count(*) FILTER (WHERE periods <> 0) FROM (
    SELECT bit_or(periods) AS periods FROM (
      SELECT customer_id, 1::bigint << period AS periods FROM ({seen}) AS one (period, customer_id)
      {days}
    ) AS one GROUP BY customer_id
  ) AS of_customers
)
"""
_ACTIVE_BY_BITS = """
SELECT 'active', number::int - 1, NULL::text, customers, NULL::numeric
FROM (SELECT counts FROM active) AS counted, unnest(counts) WITH ORDINALITY AS one (customers, number)
WHERE customers > 0
UNION ALL
SELECT 'active', NULL::int, NULL::text, customers, NULL::numeric FROM active
"""
# The same for more periods than a number has bits: a customer has several, the words.
_IN_WORDS = """
active (word, customer_id, periods) AS MATERIALIZED (
  SELECT word, customer_id, bit_or(periods) FROM (
    SELECT period / {bits} AS word, customer_id, 1::bigint << (period %% {bits}) AS periods
    FROM ({seen}) AS one (period, customer_id)
    {days}
  ) AS one GROUP BY word, customer_id HAVING bit_or(periods) <> 0
)
"""
_ACTIVE_BY_WORDS = """
SELECT 'active', word * {bits} + number::int - 1, NULL::text, customers, NULL::numeric
FROM (SELECT word, ARRAY[{counts}] AS counts FROM active GROUP BY word) AS counted,
  unnest(counts) WITH ORDINALITY AS one (customers, number)
WHERE customers > 0
UNION ALL
SELECT 'active', NULL::int, NULL::text, count(*), NULL::numeric FROM (SELECT DISTINCT customer_id FROM active) AS ever
"""
_COUNT_BIT = "count(*) FILTER (WHERE periods & (1::bigint << {bit}) <> 0)"
_HALVES_IN_BITS = """
      UNION ALL
      SELECT {word} summed.customer_id,
        CASE WHEN summed.quarters < B'{mark}' THEN piece.later
          WHEN summed.events = 1 THEN piece.earlier
          WHEN summed.quarters & B'{mask}' <> repeat('0', 96)::bit(96) THEN piece.earlier | piece.later
          ELSE piece.earlier END
      FROM unnest('{days}'::date[], '{earlier}'::bigint[], '{later}'::bigint[]) AS piece (day, earlier, later)
      CROSS JOIN LATERAL (
        SELECT customer_id, events, quarters FROM rollup_customer_days
        WHERE organization_id = %(organization)s AND day = piece.day
      ) AS summed
"""
_PARTS_IN_BITS = """
      UNION ALL
      SELECT {word} customer_id, {parts} FROM rollup_customer_days
      WHERE organization_id = %(organization)s AND day = '{day}'
"""
_PART_IN_BITS = "CASE WHEN quarters & B'{mask}' <> repeat('0', 96)::bit(96) THEN {bit}::bigint ELSE 0 END"
_BITS = 63
_EVENTS_IN_PIECES = {
    Unit.DAY: [_EVENTS_OF_DAYS],
    Unit.QUARTER: [_EVENTS_OF_QUARTERS],
    Unit.EVENT: [_EVENTS_ONE_BY_ONE],
}
_TALLIED_IN_PIECES = {Unit.DAY: [_TALLIED_BY_DAY], Unit.QUARTER: [_TALLIED_BY_QUARTER]}
_SEEN_IN_PIECES = {
    Unit.MONTH: [_SEEN_IN_MONTHS],
    Unit.DAY: [_SEEN_IN_DAYS],
    Unit.EVENT: [_SEEN_ONE_BY_ONE],
}
_UNITS = (Unit.DAY, Unit.QUARTER)


def statement(organization_id: uuid.UUID, span: Span, sources: Collection[Source]) -> tuple[str, Params]:
    """The statement that reads `sources`, and its parameters."""
    params: Params = {"organization": organization_id, **cut_params(span.cuts)}
    cuts = with_events(span.cuts)
    tables, branches = [], []
    if cuts and {Source.EVENTS, Source.ACTIVE} & set(sources):
        params |= {"events_start": cuts[0].start, "events_end": cuts[-1].end}
        tables.append(UNFOLDED)
    if cuts and Source.EVENTS in sources:
        pieces, of_pieces = _in_pieces(tuple(cuts))
        params |= {f"sum{name}": value for name, value in of_pieces.items()}
        found = _in_use(pieces, _EVENTS_IN_PIECES)
        branches.append(_EVENTS.format(found="UNION ALL".join([*found, _EVENTS_UNFOLDED])))
    if Source.ACTIVE in sources:
        pieces = pieces_of(cuts, (Unit.MONTH, *_UNITS))
        in_words = len(span.periods) > _BITS
        counts = ",".join(_COUNT_BIT.format(bit=bit) for bit in range(min(len(span.periods), _BITS)))
        names = {
            "bits": _BITS,
            "counts": counts,
            "seen": _seen([piece for piece in pieces if piece.unit != Unit.QUARTER], params),
            "days": "".join(_days_in_bits(pieces, in_words)),
        }
        tables.append((_IN_WORDS if in_words else _IN_BITS).format(**names))
        branches.append((_ACTIVE_BY_WORDS if in_words else _ACTIVE_BY_BITS).format(**names))
    if tallied := [source for source in _ONE_BY_ONE if source in sources]:
        pieces, of_pieces = _in_pieces(span.cuts)
        params |= {f"tally{name}": value for name, value in of_pieces.items()}
        params["tally_sources"] = array(source.value for source in tallied)
        one_by_one = [_ONE_BY_ONE[source] for source in tallied]
        found = _in_use(pieces, {**_TALLIED_IN_PIECES, Unit.EVENT: one_by_one})
        branches.append(_TALLIED.format(found="UNION ALL".join([*found, _MARKED])))
    return "WITH " * bool(tables) + ",".join(tables) + "UNION ALL".join(branches), params


@lru_cache(maxsize=KEPT_RANGES)
def _in_pieces(cuts: tuple[Cut, ...]) -> tuple[list[Piece], Params]:
    """The days and quarters of an hour of these stretches of time, and their parameters, still without a prefix."""
    pieces = pieces_of(cuts, _UNITS)
    return pieces, pieces_params("", pieces, _UNITS)


def _in_use(pieces: Iterable[Piece], branches: Mapping[Unit, Sequence[str]]) -> list[str]:
    """What reads the kinds of pieces that there are."""
    units = {piece.unit for piece in pieces}
    return [branch for unit, found in branches.items() if unit in units for branch in found]


def _seen(pieces: Sequence[Piece], params: Params) -> str:
    """What reads who is seen in the pieces, or outside of all sums, and by what: its parameters are added."""
    params |= pieces_params("seen", pieces, (Unit.MONTH, Unit.DAY))
    found = _in_use(pieces, _SEEN_IN_PIECES)
    return "UNION ALL".join(
        [*found, *([_SEEN_UNFOLDED] if "events_start" in params else []), _SEEN_IN_ORDERS]
    )


def _days_in_bits(pieces: Iterable[Piece], in_words: bool) -> list[str]:
    """What reads the quarters of an hour, day by day, each day as often as its periods' bits are in different words."""
    of_days: dict[tuple[datetime.date, int], list[Piece]] = {}
    for piece in pieces:
        if piece.unit == Unit.QUARTER:
            of_days.setdefault((piece.start.date(), piece.period // _BITS), []).append(piece)
    halved: dict[tuple[int, str], list[list[Piece]]] = {}
    found = []
    for (day, word), parts in of_days.items():
        masks = [quarters_of(part) for part in parts]
        if len(parts) == 2 and sum(mask.count("1") for mask in masks) == QUARTERS:
            halved.setdefault((word, masks[1]), []).append(parts)
        else:
            told = [
                _PART_IN_BITS.format(mask=mask, bit=_bit(part))
                for part, mask in zip(parts, masks, strict=True)
            ]
            found.append(_PARTS_IN_BITS.format(word=_word(word, in_words), parts=" | ".join(told), day=day))
    # Those that are divided at the same time are read at once: all of them, or all but where clocks are set.
    for (word, mask), halves in halved.items():
        until = mask.index("1")
        found.append(
            _HALVES_IN_BITS.format(
                word=_word(word, in_words),
                # The least that the bits are where there was anything in the earlier half.
                mark="0" * (until - 1) + "1" + "0" * (QUARTERS - until),
                mask=mask,
                days=array(earlier.start.date() for earlier, _ in halves),
                earlier=array(_bit(earlier) for earlier, _ in halves),
                later=array(_bit(later) for _, later in halves),
            )
        )
    return found


def _word(number: int, in_words: bool) -> str:
    return f"{number} AS word," if in_words else ""


def _bit(piece: Piece) -> int:
    return 1 << piece.period % _BITS

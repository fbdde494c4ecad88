"""Which pieces of a fragment the index is asked for, and whether it is worth asking.

The index holds every four characters in a row of each text that is searched (`search_grams`, migration 0006). Reading
through a piece that half of the customers have costs more than it saves, and a fragment that many have is found sooner
by walking along the list. So both are decided by a sample of texts, the one that PostgreSQL's statistics keep. Being
wrong about it costs time, never a result: whatever the index finds is compared with the whole fragment.
"""

from __future__ import annotations

import math
import time
from collections import Counter

from django.db import connections

GRAM_LENGTH = 4
MOST_ASKED = 8  # pieces that nobody of the sample has; more make what is found no fewer
LEAST_COMMON = 4  # pieces, when somebody of the sample has each of them
COMMON_SHARE = 1 / 200  # of the customers have the fragment: from here on the walk is shorter
SAMPLE_SECONDS = 300

_SAMPLE = """
SELECT coalesce(histogram_bounds::text::text[], '{}') || coalesce(most_common_vals::text::text[], '{}')
FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'customers' AND attname = 'search_text'
"""


class Sample:
    """Some of the texts that are searched, as they are stored: without letter case."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._having = Counter(gram for text in texts for gram in set(_grams(text)))

    def is_common(self, fragment: str) -> bool:
        """Whether so many have the fragment that walking along the list meets a page of them soon."""
        folded = _folded(fragment)
        having = sum(folded in text for text in self._texts)
        # One may be there by chance.
        return having > 1 and having >= COMMON_SHARE * len(self._texts)

    def rarest_grams(self, fragment: str) -> list[str]:
        """The pieces of a fragment, of `GRAM_LENGTH` and more characters, by which to find it."""
        having = {gram: self._having[_folded(gram)] for gram in _grams(fragment) if len(gram) == GRAM_LENGTH}
        unseen = [gram for gram, count in having.items() if count == 0]
        if unseen:
            # From all over it: a name that the sample lacks may still be common, and the number behind it not.
            step = math.ceil(len(unseen) / MOST_ASKED)
            return unseen[::step]
        return sorted(having, key=having.__getitem__)[:LEAST_COMMON]


def index_query(fragment: str, database: str) -> str | None:
    """The tsquery, before its letter case is folded, that finds all who have the fragment, and perhaps others; None
    when the index is no help."""
    sample = samples.of(database)
    if sample.is_common(fragment):
        return None
    if len(fragment) < GRAM_LENGTH:
        terms = [f"{_quoted(fragment)}:*"]
    else:
        terms = [_quoted(gram) for gram in sample.rarest_grams(fragment)]
    # The planner takes one term for 0.5 % of the table, and might read a whole organization instead; two for 0.0025 %.
    return " & ".join(terms if len(terms) > 1 else terms * 2)


class Samples:
    """Each database's sample, kept for `SAMPLE_SECONDS`."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[float, Sample]] = {}

    def of(self, database: str) -> Sample:
        """Empty before the first ANALYZE: then nothing is common."""
        taken_at, sample = self._taken.get(database, (0.0, None))
        if sample is None or time.monotonic() - taken_at > SAMPLE_SECONDS:
            sample = _sample_of(database)
            self._taken[database] = (time.monotonic(), sample)
        return sample

    def forget(self) -> None:
        self._taken.clear()


samples = Samples()


def _sample_of(database: str) -> Sample:
    with connections[database].cursor() as cursor:
        cursor.execute(_SAMPLE)
        row = cursor.fetchone()
    return Sample(row[0] if row else [])


def _grams(text: str) -> list[str]:
    return [text[start : start + GRAM_LENGTH] for start in range(len(text))]


def _folded(text: str) -> str:
    """As near to the database's `fold_case` as an estimate needs: one character for each."""
    return "".join(
        folded if len(folded := character.lower().upper()) == 1 else character for character in text
    )


def _quoted(term: str) -> str:
    """As an operand of a tsquery."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"

"""Numbers with a dash between in, how they are said out: ranges, scores, and what only stands side by side.

Between `rules`, which finds them, and `amounts`. Telephones and dates are found before.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.amounts import (
    DASH,
    DIGIT,
    NUMBER,
    amount,
    phone_hinted,
    plain_digits,
    words_after,
    words_before,
)  # fmt: skip
from lipsync.text.persian.numbers import cardinal, latin_digits
from lipsync.text.persian.word_tables import words

_PAIR: Final = re.compile(rf"({DIGIT}{{1,3}}) ?{DASH} ?({DIGIT}{{1,3}})")
_HIGHEST_SCORE: Final = 300
_MOST_GOALS: Final = 30
"""Between two names a larger pair is no score of theirs."""
_SHORTEST_PHONE: Final = 7


def read_span(written: str, text: str, start: int, end: int) -> str | None:
    """Return two numbers with a dash between: a score, a range, or what only stands side by side."""
    found = re.match(rf"({NUMBER}) ?{DASH} ?({NUMBER})", written)
    if found is None:
        return None
    low, high = found[1], found[2]
    one, other = (float(plain_digits(each).replace("٫", ".")) for each in (low, high))
    unit = written[found.end() :].strip()
    after = f" {names.UNITS.get(unit, 'درصد')}" if unit else ""
    if not unit and _is_score(one, other, text, start, end):
        return f"{amount(low)} بر {amount(high)}"
    if min(len(low), len(high)) >= _SHORTEST_PHONE and phone_hinted(text, start):
        return None
    # «۱۴۰۲-۰۳»: the second year by its last two digits.
    years = len(low) == 4 and len(high) == 2 and 1200 <= one < 2200 and other == (one + 1) % 100
    if one < other or years:
        return f"{amount(low)} تا {cardinal(latin_digits(high)) if years else amount(high)}{after}"
    return f"{amount(low)}، {amount(high)}{after}"


def _is_score(one: float, other: float, text: str, start: int, end: int) -> bool:
    before, after = words_before(text, start), words_after(text, end)
    if max(one, other) >= _HIGHEST_SCORE:
        return False
    if names.SCORE_WORDS & {*before[-6:], *after[:5]}:
        return True
    if not (before and after and max(one, other) <= _MOST_GOALS):
        return False
    beside = text[:start].endswith((before[-1], f"{before[-1]} ")) and text[end:].lstrip().startswith(
        after[0]
    )
    return beside and _plays(before[-1]) and _plays(after[0])


def _plays(word: str) -> bool:
    """Tell whether a word names a team, or a town or a country as teams are named."""
    known = words().get(word)
    return word in names.TEAMS or (known is not None and "PLACE" in known.tags)


def read_scores(written: str, text: str, start: int, end: int) -> str | None:
    """Return the sets of a match, or None: one falling pair tells that none of the list is a range."""
    pairs = [(latin_digits(pair[1]), latin_digits(pair[2])) for pair in _PAIR.finditer(written)]
    numbers = [number for pair in pairs for number in pair]
    if any(int(number) >= _HIGHEST_SCORE or (number[0] == "0" and number != "0") for number in numbers):
        return None
    before = set(words_before(text, start)[-6:])
    hinted = names.SCORE_WORDS & (before | set(words_after(text, end)[:5]))
    falling = any(int(one) > int(other) for one, other in pairs)
    if not hinted and (not falling or names.PLACED_WORDS & before):
        return None
    return _PAIR.sub(lambda pair: f"{amount(pair[1])} بر {amount(pair[2])}", written)

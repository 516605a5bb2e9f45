"""Pages of lists: how many rows one holds, and where it begins."""

from typing import Final

from flask import request

from web.refusals import BadPage

MAX_PAGE: Final = 100


def page_limit(otherwise: int = MAX_PAGE) -> int:
    """Return how many rows the request at hand wants. Raises BadPage."""
    limit = page_number("limit", otherwise)
    if not 1 <= limit <= MAX_PAGE:
        raise BadPage
    return limit


def page_number(name: str, otherwise: int) -> int:
    """Return a whole number of the address, from 0. Raises BadPage."""
    text = request.args.get(name)
    if text is None:
        return otherwise
    if not text.isdecimal() or len(text) > 9:
        raise BadPage
    return int(text)

"""A bare Python that reads texts and does nothing else: what the reader takes in time and memory.

`cli.bench.reading` starts it as a process of its own; it prints one line of JSON and ends.
The floor beside each time is the same text folded and split into words, once.
"""

import json
import sys
import time
import unicodedata
from collections.abc import Callable
from typing import Any, Final

import psutil

SENTENCE: Final = (
    "صبح ۱۴۰۳/۰۷/۰۹ ساعت ۸:۳۰ رئیس اداره گفت که ۲٬۵۰۰ نفر از کارمندان تازه، ۱۲٫۵٪ بیشتر از پارسال، "
    "کتاب\u200cهای آموزشی زبان C++ را خریده\u200cاند و مبلغ ۴۵۰٬۰۰۰ تومان برای هر دوره پرداخته\u200cاند و "
    "می\u200cگویند راضی هستند."
)
"""A sentence with what costs a reader most: numbers, a date, money, Latin letters, half-spaces."""

SENTENCE_CHARACTERS: Final = 200
_MEGABYTE: Final = 10**6


def main() -> None:
    """Print the times of so many sentences as told on the command line, of a megabyte, and the memory."""
    count = int(sys.argv[1])
    here = psutil.Process()
    bare = here.memory_full_info().uss
    # Here and not above: its memory is what is measured.
    from lipsync.text.reading import read_sentences  # noqa: PLC0415

    def read(text: str) -> Any:
        return read_sentences(text)

    read(sentence_of(0))
    memory_mb = (here.memory_full_info().uss - bare) / _MEGABYTE
    texts = [sentence_of(number) for number in range(1, count + 1)]
    found = {
        "memory_mb": memory_mb,
        "times_ms": [_ms(read, text) for text in texts],
        "floors_ms": [_ms(fold, text) for text in texts],
    }
    megabyte = megabyte_of()
    found["megabyte_s"] = _ms(read, megabyte) / 1000
    found["floor_megabyte_s"] = _ms(fold, megabyte) / 1000
    print(json.dumps(found))


def sentence_of(number: int) -> str:
    """Return a sentence of 200 characters that no other number gives: nothing is remembered of it."""
    begun = f"{number} {SENTENCE}"
    return begun[: SENTENCE_CHARACTERS - 1].ljust(SENTENCE_CHARACTERS - 1, "ا") + "."


def megabyte_of() -> str:
    """Return a million bytes of UTF-8, or some sentence less."""
    size = len(f"{sentence_of(10**4)} ".encode())
    return " ".join(sentence_of(10**4 + number) for number in range(_MEGABYTE // size))


def fold(text: str) -> list[str]:
    """Do the least that any reader of a text must: bring its signs to one form and find its words."""
    return unicodedata.normalize("NFC", text).split()


def _ms(act: Callable[[str], object], text: str) -> float:
    begun_s = time.perf_counter()
    act(text)
    return (time.perf_counter() - begun_s) * 1000


if __name__ == "__main__":
    main()

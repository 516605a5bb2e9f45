"""Numbers that name something in, their digits or groups in words out: telephones, cards, codes.

Between `rules`, which finds them, and `numbers`. Nobody counts with these: a telephone is said by
its groups, a card, an account or a code digit by digit.
"""

from __future__ import annotations

import re

from lipsync.text.persian import names
from lipsync.text.persian.amounts import (
    DASH,
    amount,
    phone_hinted,
    plain_digits,
    whole,
    words_after,
    words_before,
)
from lipsync.text.persian.latin import spelt
from lipsync.text.persian.numbers import LONGEST_READ, as_written, by_digit, grouped, latin_digits

_STAR = "ستاره"
_SQUARE = "مربع"
_SLASH = "اِسلَش"


def read_number(written: str, text: str, start: int, end: int) -> str:
    """Return a number without a sign, as a quantity unless its length or the words around tell more."""
    digits = plain_digits(written)
    if digits.isdecimal() and digits == latin_digits(written):
        words = words_before(text, start)[-4:]
        if _is_card(digits) or len(digits) > LONGEST_READ:
            return "، ".join(by_digit(digits[at : at + 4]) for at in range(0, len(digits), 4))
        if (len(digits) >= 4 and names.CODE_WORDS & set(words)) or (len(digits) == 10 and digits[0] == "0"):
            return by_digit(digits)
        if 7 <= len(digits) <= 8 and (
            phone_hinted(text, start) or names.PHONE_WORDS & set(words_after(text, end)[:2])
        ):
            return grouped(digits)
    return amount(written)


def _is_card(digits: str) -> bool:
    """Tell a card's sixteen digits from a quantity: a bank's first digit, and no round number."""
    return len(digits) == 16 and digits[0] in "4569" and not digits.endswith("000")


def read_phone(written: str, text: str, start: int, _end: int) -> str | None:
    """Return a telephone number by the groups written, a card or a code by its digits, or None."""
    # "88776655-6": the lines from 55 to 56 of one exchange.
    lines = re.search(rf"(?<=\d{{7}}){DASH}(\d)\Z", latin_digits(written))
    groups = re.findall(r"\d+", latin_digits(written)[: lines.start() if lines else None])
    digits = "".join(groups)
    if len(groups) == 4 and {len(group) for group in groups} == {4}:
        return "، ".join(by_digit(group) for group in groups)
    if names.CODE_WORDS & set(words_before(text, start)[-3:]):
        return "، ".join(by_digit(group) for group in groups)
    # The code of a city may stand behind the number as well: "33445566-021".
    turned = len(groups) == 2 and len(groups[0]) >= 7 and groups[1].startswith("0")
    dialled = written[0] in "+(" or digits.startswith("0") or turned
    # "1-800-555-1234", as it is written in North America.
    dialled |= [len(group) for group in groups] == [1, 3, 3, 4]
    hinted = phone_hinted(text, start) or (lines is not None and digits[0] in "2345678")
    if lines and lines[1] <= digits[-1]:
        return None
    if not 7 <= len(digits) <= 15 or not (dialled or hinted) or (len(groups) == 1 and len(digits) == 10):
        return None
    if len(groups) == 1:
        groups = _own_groups(digits)
    plus = "مثبت " if written.startswith("+") else ""
    until = f" تا {as_written(digits[-2] + lines[1])}" if lines else ""
    return plus + "، ".join(grouped(group) for group in groups) + until


def _own_groups(digits: str) -> list[str]:
    """Return a number that is written without gaps in the groups in which it is said."""
    foreign = re.match(r"(0098|98)(9\d{2})(\d{3})(\d{2})(\d{2})$", digits)
    mobile = foreign or re.match(r"(0?9\d{2})(\d{3})(\d{2})(\d{2})$", digits)
    if mobile:
        return list(mobile.groups())
    return [digits[:3], digits[3:]] if len(digits) == 11 else [digits]


def read_masked(written: str, _text: str, _start: int, _end: int) -> str:
    """Return a card of which a part is hidden: "6037-99**-****-7890" says its digits and «ستاره»."""
    groups = [
        " ".join(by_digit(part) if part.isdecimal() else _STAR for part in re.findall(r"\d+|[*xX•]+", group))
        for group in re.split("[ -]", latin_digits(written))
    ]
    return "، ".join(groups)


def read_iban(written: str, _text: str, _start: int, _end: int) -> str:
    """Return an account's international number: two letters and digits, said in fours."""
    plain = latin_digits(re.sub("[ -]", "", written))
    digits = plain[2:]
    fours = (by_digit(digits[at : at + 4]) for at in range(0, len(digits), 4))
    return "، ".join([f"{spelt(plain[:2])} {next(fours)}", *fours])


def read_service_code(written: str, _text: str, _start: int, _end: int) -> str:
    """Return what is dialled for a service: "*720#" is «ستاره هفتصد و بیست مربع»."""
    parts = re.findall(r"\d+|[*#]", latin_digits(written))
    signs = {"*": _STAR, "#": _SQUARE}
    return " ".join(signs.get(part) or as_written(part) for part in parts)


def read_document(written: str, text: str, start: int, _end: int) -> str | None:
    """Return the number of a contract, a letter or a file, "12/1" is «دوازده اسلش یک», or None."""
    if not names.DOCUMENT_WORDS & set(words_before(text, start)[-1:]):
        return None
    return f" {_SLASH} ".join(whole(part) for part in latin_digits(written).split("/"))


def read_book_number(written: str, text: str, start: int, _end: int) -> str | None:
    """Return the number of a book (ISBN) by the digits of its groups, or None for another number."""
    groups = re.split("[ -]", latin_digits(written))
    length = sum(map(len, groups))
    named = names.BOOK_WORDS & set(words_before(text, start)[-2:])
    if not (length == 13 and groups[0] in {"978", "979"}) and not (length == 10 and named):
        return None
    return "، ".join(by_digit(group) if group.isdecimal() else spelt(group) for group in groups)


def read_device_address(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return the address of a device in a network sign by sign: "00:1A:…" is «صفر صفر، یک اِی، …»."""
    if ":" not in written and re.sub("-", "", written).isdecimal():
        return None
    return "، ".join(
        " ".join(by_digit(sign) if sign.isdecimal() else spelt(sign) for sign in pair)
        for pair in re.split("[:-]", written)
    )

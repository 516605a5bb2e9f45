"""A Persian word in, the mark of its ezafe out: کتابِ (ketāb-e), خانهٔ (xāne-ye), راهِ (rāh-e).

Under the ezafe marker, which knows where one belongs. Standard library only.
"""

from __future__ import annotations

from typing import Final

from lipsync.text.letters import HAMZA_ABOVE, ZWNJ

LATIN: Final = "~"
"""Stands for a word in another script."""
KASRA: Final = "\u0650"


def word_set(words: str) -> frozenset[str]:
    """Return the words of a table, in which an underline stands for a half-space."""
    return frozenset(word.replace("_", ZWNJ) for word in words.split())


_SOUNDED_HE: Final = word_set(
    "ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده هیجده نوزده "
    "به نه مه که زه ته ره شه زره گره فربه وجه توجه متوجه فقه منزه مرفه تنزه ابله سپه گنه سیه تبه کوته "
    "انده مشابه تشابه مواجه شبه کنه موجه فرمانده بازده الله عبدالله شبیه فقیه توجیه تنبیه تشبیه سفیه کریه "
    "وجیه کوه گروه انبوه اندوه ستوه شکوه نستوه وجوه ترجیه نزیه پژوه سودده زیان_ده شیرده سازمان_ده "
    "روح_الله آیت_الله حزب_الله نصرالله حبیب_الله بده تشویه مکروه سطوه پیاده_نظام جبه"
)
"""Words whose last ه is a consonant: ده (deh); after ا it always is: راه (rāh)."""
_CONSONANT_VAV: Final = word_set(
    "عضو پرتو پیرو جزو محو نحو لغو سهو هجو عفو دلو سرو مرو خسرو نو دیو غریو خدیو گاو ناو جو رهرو تندرو "
    "عمرو گرو"
)
"""Words whose last و takes a kasra; after a vowel (پتو, patu) Persian writes the ی of پتوی."""

def mark_of(word: str) -> str:
    """Return the mark that an ezafe puts on a word, "" where it would be a letter that is not written.

    Args:
        word: without marks.
    """
    if word == LATIN or word.endswith(("ا", "آ", ZWNJ)):
        return ""
    if word.endswith("و"):
        return KASRA if word in _CONSONANT_VAV else ""
    if not word.endswith("ه") or word.endswith("اه"):
        return KASRA
    return KASRA if word in _SOUNDED_HE or word.endswith((f"{ZWNJ}ده", "پژوه")) else HAMZA_ABOVE

"""Which languages the installed eSpeak NG speaks, read from its own data; tags in, voices out.

Used by `workers.voices`. Every language is a file that names its tags (BCP 47) with a priority;
what espeak_ListVoices would tell is the same, but needs the library in this process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import espeakng_loader

from lipsync.speech.voice_info import LanguageInfo

_PRIORITY: Final = 5
"""Of a tag that names none; lower comes first."""
_LEFT_OUT: Final = frozenset({"xex", "fo", "kaa"})
"""One that eSpeak NG tries itself out with, and two that come without their dictionaries."""

_PERSIAN_TITLES: Final[Mapping[str, str]] = {
    "ar": "عربی", "az": "ترکی آذربایجانی", "bg": "بلغاری", "bn": "بنگالی", "cmn": "چینی", "cs": "چکی",
    "da": "دانمارکی", "de": "آلمانی", "el": "یونانی", "en": "انگلیسی", "en-us": "انگلیسی آمریکایی",
    "eo": "اسپرانتو", "es": "اسپانیایی", "es-419": "اسپانیایی آمریکای لاتین", "et": "استونیایی",
    "fa": "فارسی", "fi": "فنلاندی", "fr": "فرانسوی", "he": "عبری", "hi": "هندی", "hr": "کرواتی",
    "hu": "مجاری", "hy": "ارمنی", "id": "اندونزیایی", "it": "ایتالیایی", "ja": "ژاپنی", "ka": "گرجی",
    "kk": "قزاقی", "ko": "کره‌ای", "ku": "کردی", "ky": "قرقیزی", "la": "لاتین", "lt": "لیتوانیایی",
    "lv": "لتونیایی", "ms": "مالایی", "nb": "نروژی", "nl": "هلندی", "pl": "لهستانی", "pt": "پرتغالی",
    "pt-br": "پرتغالی برزیل", "ro": "رومانیایی", "ru": "روسی", "sk": "اسلواکی", "sl": "اسلوونیایی",
    "sq": "آلبانیایی", "sr": "صربی", "sv": "سوئدی", "sw": "سواحلی", "ta": "تامیلی", "th": "تایلندی",
    "tk": "ترکمنی", "tr": "ترکی", "tt": "تاتاری", "ug": "اویغوری", "uk": "اوکراینی", "ur": "اردو",
    "uz": "ازبکی", "vi": "ویتنامی", "yue": "کانتونی",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EspeakLanguage:
    """One language file of eSpeak NG."""

    info: LanguageInfo
    espeak_name: str
    """What the library knows it by."""
    tags: tuple[tuple[int, str], ...]
    """Priority and tag, lower case."""


class Languages:
    """The languages by tag."""

    def __init__(self, found: Mapping[str, EspeakLanguage]) -> None:
        self._found = found
        self._by_tag: dict[str, tuple[int, int, str]] = {}
        for name, language in found.items():
            for priority, tag in language.tags:
                claim = (priority, len(name), name)
                self._by_tag[tag] = min(claim, self._by_tag.get(tag, claim))

    def catalogue(self) -> tuple[LanguageInfo, ...]:
        """Return every language, by tag."""
        aliases: dict[str, list[str]] = {}
        for tag, (_, _, name) in sorted(self._by_tag.items()):
            if tag != name:
                aliases.setdefault(name, []).append(tag)
        return tuple(
            replace(self._found[name].info, aliases=tuple(aliases.get(name, ())))
            for name in sorted(self._found)
        )

    def named(self, tag: str) -> EspeakLanguage | None:
        """Return the language that has this very tag."""
        claim = self._by_tag.get(tag.lower())
        return None if claim is None else self._found[claim[2]]

    def find(self, tag: str) -> EspeakLanguage | None:
        """Return the language of a tag, or of what is left of it without its last parts ("de-AT")."""
        parts = tag.lower().replace("_", "-").split("-")
        while parts:
            found = self.named("-".join(parts))
            if found is not None:
                return found
            parts.pop()
        return None


@lru_cache(maxsize=1)
def espeak_languages() -> Languages:
    """Return the languages of the installed library; its files are read once."""
    folder = Path(espeakng_loader.get_data_path()) / "lang"
    languages = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _LEFT_OUT:
            language = _language(path.name, path.read_text("utf-8", "replace"))
            languages[language.info.tag] = language
    return Languages(languages)


def _language(file_name: str, content: str) -> EspeakLanguage:
    own = file_name.lower()
    lines = [line.split() for line in content.splitlines()]
    named = next((" ".join(line[1:]) for line in lines if line[:1] == ["name"]), file_name)
    title = named.partition("//")[0].strip()
    # The file's own name counts as a tag too: some name only a longer one.
    tags = tuple(dict.fromkeys((*_tags(lines), (_PRIORITY, own))))
    info = LanguageInfo(tag=own, aliases=(), title_fa=_PERSIAN_TITLES.get(own, title), title_en=title)
    return EspeakLanguage(info, file_name, tags)


def _tags(lines: list[list[str]]) -> Iterator[tuple[int, str]]:
    for line in lines:
        if len(line) >= 2 and line[0] == "language":
            yield int(line[2]) if len(line) > 2 and line[2].isdecimal() else _PRIORITY, line[1].lower()

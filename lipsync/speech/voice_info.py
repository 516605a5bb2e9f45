"""What a person choosing a voice is shown; values only, safe as JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceInfo:
    """One voice, described."""

    name: str
    language: str
    """BCP 47 tag of the language it reads, such as "fa"."""
    title_fa: str
    title_en: str
    licence: str
    """SPDX expression of the engine and its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageInfo:
    """A language that the embedded voices speak, a man's and a woman's."""

    tag: str
    """BCP 47, lower case; the name of the man's voice, and of the woman's with "-woman" after it."""
    aliases: tuple[str, ...]
    """Other tags of the same."""
    title_fa: str
    title_en: str

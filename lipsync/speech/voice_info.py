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
    """SPDX expression of the engine and its data; for an engine that takes voices of others, the
    voice's own, or what its card says."""
    engine: str = "espeak-ng"
    """What speaks: "espeak-ng" or "piper"."""
    real_time_factor: float | None = None
    """Seconds it takes for a second of speech, as measured when it was warmed; None until then."""
    sample: str = ""
    """Fingerprint of the sample of it that is kept to be listened to; empty until there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageInfo:
    """A language that the embedded voices speak, a man's and a woman's."""

    tag: str
    """BCP 47, lower case; the name of the man's voice, and of the woman's with "-woman" after it."""
    aliases: tuple[str, ...]
    """Other tags of the same."""
    title_fa: str
    title_en: str

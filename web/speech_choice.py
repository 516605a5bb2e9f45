"""Who says a text, and in which language: what was asked for against what is offered.

Used by `web.speak_routes`. A named voice is taken as it is, if it speaks the language; without
one the avatar's own voice, or one like it where the text is in another language.
"""

from lipsync.text.script import Script
from tasks.catalogue import Catalogue, VoiceCard
from web.refusals import VoiceOfAnotherLanguage

_OWN_LANGUAGES = ("fa", "en")
"""Read together wherever nothing else is asked for, so that nothing has to be noted."""


def choose_voice(
    catalogue: Catalogue, named: str | None, own: str, language: str | None
) -> tuple[VoiceCard, str | None]:
    """Return who says a text, and the language to note with it.

    Args:
        catalogue: what is offered.
        named: the voice that was asked for, if any.
        own: the avatar's voice.
        language: BCP 47 tag that was asked for, if any.

    Raises:
        UnknownVoice, UnknownLanguage, NoWorkerYet: see `Catalogue`.
        VoiceOfAnotherLanguage: the voice that was named does not speak the language.
    """
    voice = catalogue.check_voice(named or own)
    if language is None:
        return voice, None if voice.language in _OWN_LANGUAGES else voice.language
    if _primary(language) == voice.language:
        return voice, voice.language
    asked = catalogue.check_language(language)
    if asked.tag == voice.language:
        return voice, asked.tag
    if named is None:
        return catalogue.voice_of(asked, voice), asked.tag
    if _primary(asked.tag) == _primary(voice.language):
        return voice, voice.language
    raise VoiceOfAnotherLanguage(voice.name, voice.language, language, asked.voices)


def check_languages(catalogue: Catalogue, script: Script) -> None:
    """Let a script pass of which every stretch has a language that is spoken. Raises UnknownLanguage."""
    for language in {wish.language for wish in script.wishes} - {None, *_OWN_LANGUAGES}:
        catalogue.check_language(str(language))


def in_language_of_all(script: Script) -> str:
    """Return what is shown without the stretches that other voices say."""
    text = script.shown
    for wish in script.wishes:
        if wish.language is not None or wish.reading is not None:
            text = text[: wish.start] + " " * (wish.end - wish.start) + text[wish.end :]
    return text


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()

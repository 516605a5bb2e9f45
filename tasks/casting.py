"""Who says which sentence, and how: an utterance's text in, runs with their voices out.

Between `lipsync.text`, which reads sentences and cuts them where something changes, and
`tasks.speaking`, which has them said. What is in another language goes to a voice of it.
"""

from collections.abc import Sequence
from typing import Protocol

from lipsync.speech.runs import Run
from lipsync.speech.spans import Voice
from lipsync.text.lexicon import WordIndex
from lipsync.text.passages import Passage, passages_of
from lipsync.text.reading import read_sentences
from lipsync.text.script import Script
from lipsync.text.sentences import Sentence
from tasks.manner import Manner
from tasks.speaking import RunsOf

_NO_WISHES = Script("")


class Company(Protocol):
    """The voices of this process."""

    def get(self, name: str) -> Voice:
        """Return a voice. Raises UnknownVoice."""
        ...

    def beside(self, voice: Voice, language: str) -> Voice:
        """Return who says a language beside a voice. Raises UnknownVoice."""
        ...


class Casting:
    """Who says the sentences of one utterance.

    Args:
        company: who there is.
        voice: who says all that is in the language of the whole.
        manner: how it is to be said.

    Raises:
        UnknownVoice: there is none of this name.
    """

    def __init__(self, company: Company, voice: str, manner: Manner) -> None:
        self._company = company
        self._voice = company.get(voice)
        self._prosody = manner.prosody
        self._lexicon = WordIndex(manner.lexicon)
        self.language = manner.language or self._voice.language
        """BCP 47 tag of the whole."""

    def sentences(self, script: Script) -> tuple[Sentence, ...]:
        """Return the sentences of a whole text, read."""
        return read_sentences(script.shown, self.language, self._lexicon)

    def of_script(self, script: Script, sentences: Sequence[Sentence]) -> RunsOf:
        """Return who says each sentence of a whole text as its writer wished."""
        passages = passages_of(script, sentences, self.language, self._prosody)
        return lambda sentence: cast(passages[sentence.index], self._company, self._voice)

    def of_plain(self, sentence: Sentence) -> tuple[Run, ...]:
        """Return who says a sentence for which nothing was wished. Raises as `cast`."""
        (passages,) = passages_of(_NO_WISHES, (sentence,), self.language, self._prosody)
        return cast(passages, self._company, self._voice)


def cast(passages: Sequence[Passage], company: Company, voice: Voice) -> tuple[Run, ...]:
    """Return the runs of one sentence.

    Args:
        passages: of the sentence.
        company: who there is.
        voice: who says all that is in the language of the whole.

    Raises:
        UnknownVoice: a passage is in a language that nobody speaks.
    """
    return tuple(
        Run(
            voice=voice if passage.language is None else company.beside(voice, passage.language),
            spoken=passage.spoken,
            spoken_to_written=passage.spoken_to_written,
            prosody=passage.prosody,
            pause_ms=passage.pause_ms,
            marks=passage.marks,
        )
        for passage in passages
    )

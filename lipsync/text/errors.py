"""Why a text cannot be spoken, or a word of a lexicon not be kept.

Raised by `lipsync.text.checks`, `lipsync.text.ssml`, `lipsync.text.lexicon` and `lipsync.text.lexicon_table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class TextError(ValueError):
    """The text cannot be spoken as it is."""


class TextEmpty(TextError):
    """The text is empty; write at least one word."""

    def __init__(self) -> None:
        super().__init__("the text is empty; write at least one word")


class TextSilent(TextError):
    """The text holds no letter and no digit, so there is nothing to say aloud."""

    def __init__(self) -> None:
        super().__init__("the text holds no letter and no digit, so there is nothing to say aloud")


class TextTooLong(TextError):
    """The text is longer than one utterance may be; send it in parts."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"the text has {length} characters; at most {limit} are allowed, send it in parts")
        self.length = length
        self.limit = limit


class TextBroken(TextError):
    """The text holds a character that no text should hold."""

    def __init__(self, position: int, code_point: int) -> None:
        kind = "lone surrogate" if 0xD800 <= code_point <= 0xDFFF else "control character"
        super().__init__(f"the text holds a {kind} (U+{code_point:04X}) at position {position}; remove it")
        self.position = position
        self.code_point = code_point


class MarkupRefused(TextError):
    """The tags in a text are not what is taken; mend them at the place that is named."""

    def __init__(self, position: int, element: str, problem: str, allowed: Sequence[str] = ()) -> None:
        """Say where and what.

        Args:
            position: of the tag or sign in the text as sent, from 0.
            element: the element it is about, empty outside of any.
            problem: what is wrong with it.
            allowed: what may stand there instead.
        """
        about = f" <{element}>" if element else ""
        told = f"; allowed: {', '.join(allowed)}" if allowed else ""
        super().__init__(f"SSML at position {position}{about}: {problem}{told}")
        self.position = position
        self.element = element
        self.problem = problem
        self.allowed = tuple(allowed)

    @property
    def in_persian(self) -> str:
        """The same for Persian readers; the problem itself, which names tags and values, is as it is."""
        about = f"، <{self.element}>" if self.element else ""
        told = f"؛ روا: {'، '.join(self.allowed)}" if self.allowed else ""
        return f"SSML در جای {self.position}{about} درست نیست ({self.problem}){told}."


class EntryWrong(ValueError):
    """An entry of a lexicon is not what it may be; `errors` says what was wrong and what is allowed."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.errors: Sequence[Mapping[str, str]] = ({"field": field, "problem": problem},)


class WordWrong(EntryWrong):
    """The word of an entry is one to four words of letters and digits, 80 characters at most."""

    def __init__(self, problem: str) -> None:
        super().__init__("word", problem)


class SpokenWrong(EntryWrong):
    """What is spoken for a word is written in letters and vowel marks, 200 characters at most."""

    def __init__(self, problem: str) -> None:
        super().__init__("spoken", problem)


class NoteWrong(EntryWrong):
    """The note of an entry is one line of 200 characters at most."""

    def __init__(self, problem: str) -> None:
        super().__init__("note", problem)


class EntriesWrong(ValueError):
    """Entries of a lexicon cannot be taken; mend or leave out those in `errors`, nothing was written."""

    def __init__(self, errors: Sequence[Mapping[str, str]], wrong: int) -> None:
        first = errors[0]
        super().__init__(f"{wrong} of the entries are wrong, the first {first['field']}: {first['problem']}")
        self.errors = tuple(errors)

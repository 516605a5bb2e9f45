"""Spoken text beside the written text it came from, and the way back for every character.

Under `letters`, `reading` and whoever marks or respells a text: each change of what is spoken goes
through a `Speller`, so that no room counts positions by itself. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[int, int]
"""Start and end, in code points."""


@dataclass(frozen=True, slots=True)
class MappedText:
    """A text as a voice reads it, and where each of its characters comes from."""

    written: str
    spoken: str
    spoken_to_written: tuple[Span, ...]
    """For each character of `spoken`, the range of `written` it stands for. Starts and ends never
    go back; the characters of a number's words all stand for the whole number."""

    def written_range(self, start: int, end: int) -> Span:
        """Return the range of `written` under the range [start, end) of `spoken`.

        Raises:
            ValueError: the range is empty or reaches outside `spoken`.
        """
        if not 0 <= start < end <= len(self.spoken):
            raise ValueError(f"[{start}, {end}) is no range of {len(self.spoken)} characters")
        return self.spoken_to_written[start][0], self.spoken_to_written[end - 1][1]

    def part(self, start: int, end: int) -> MappedText:
        """Return what is spoken from `start` to `end`, beside the whole written text."""
        return MappedText(self.written, self.spoken[start:end], self.spoken_to_written[start:end])


class Speller:
    """Writes a new spoken text from an older one, front to back, with its way to the written one."""

    def __init__(self, source: MappedText) -> None:
        self._source = source
        self._parts: list[str] = []
        self._map: list[Span] = []
        self._at = 0

    def keep(self, end: int) -> None:
        """Take over the source's characters from where the last call ended up to `end`."""
        if end > self._at:
            self._parts.append(self._source.spoken[self._at : end])
            self._map += self._source.spoken_to_written[self._at : end]
            self._at = end

    def say(self, spoken: str, end: int) -> None:
        """Say these characters for the source's up to `end`; for none of them, for the one before.

        Raises:
            ValueError: at the very start there is nothing that they could stand for.
        """
        if end > self._at:
            stands_for = self._source.written_range(self._at, end)
            self._at = end
        elif self._map:
            stands_for = self._map[-1]
        else:
            raise ValueError("nothing stands before the first character")
        if not spoken:
            return
        self._parts.append(spoken)
        self._map += [stands_for] * len(spoken)

    @property
    def last(self) -> str:
        """The last character so far, or a space."""
        return self._parts[-1][-1] if self._parts else " "

    def finish(self) -> MappedText:
        """Take over the rest and return the new text."""
        self.keep(len(self._source.spoken))
        return MappedText(self._source.written, "".join(self._parts), tuple(self._map))

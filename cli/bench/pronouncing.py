"""Sentences whose reading a person wrote down in; how the embedded voice says them out, in shares.

Four ways: as written, as the reader marks them, and both with the person's ezafes put in. Between
`cli.bench.commands` and `cli.bench.alignment`, which counts. Starts a voice process, needs no service.
"""

import hashlib
import random
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.bench.alignment import Heard, Sound, compare, heard_sounds, told_sounds
from cli.bench.figures import percentile
from cli.bench.table import Line, ratio
from cli.bench.together import BenchmarkFailed, Tell
from lipsync.speech.spans import Voice
from lipsync.text.letters import HAMZA_ABOVE, ZWNJ, clean
from lipsync.text.passages import passages_of
from lipsync.text.reading import read_sentences
from lipsync.text.script import Script
from workers.voices import open_voices

VOICE: Final = "fa"
FOLDER: Final = Path(__file__).parents[2] / "tests" / "data" / "readings"
"""The sentences that come with the source."""

KASRA: Final = "\u0650"
_MARKS: Final = re.compile("[\u064b-\u0652]")
_WORD: Final = re.compile(r"\S+")
_LETTERS: Final = re.compile(f"[\\w{ZWNJ}\u064b-\u0655]+")
_SAMPLINGS: Final = 2000


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and how a person reads it."""

    written: str
    words: tuple[str, ...]
    """In the notation of the files, an ezafe as -e or -ye behind its word."""

    @property
    def half(self) -> str:
        """Which half of its file it belongs to: "tuned" on, or "blind"."""
        return ("tuned", "blind")[hashlib.sha256(self.written.encode()).digest()[0] % 2]


def read_gold(path: Path) -> list[Told]:
    """Return the sentences of a file: written, tab, reading; the first line is a heading.

    Raises:
        BenchmarkFailed: there is no such file, or a line is none of those.
    """
    try:
        lines = path.read_text("utf-8").splitlines()[1:]
    except OSError as error:
        raise BenchmarkFailed(f"{path} cannot be read: {error.strerror}; name a file with --gold") from error
    told = []
    for number, line in enumerate(lines, start=2):
        written, tab, reading = line.partition("\t")
        if not tab or not reading.strip():
            raise BenchmarkFailed(f"{path}:{number} is not a sentence, a tab and its reading")
        told.append(Told(written, tuple(reading.split())))
    return told


def sentences() -> int:
    """Return how many sentences come with the source."""
    return sum(len(read_gold(path)) for path in FOLDER.glob("*.tsv"))


def without_marks(spoken: str, told: Told) -> str:
    """Return what would be said with no vowel mark or ezafe but the writer's own."""
    own = set(clean(told.written).spoken.split())
    return " ".join(
        word if word in own else _MARKS.sub("", word).replace(HAMZA_ABOVE, "") for word in spoken.split()
    )


def with_ezafes(spoken: str, told: Told) -> str:
    """Return what is said with a person's ezafes in the place of the reader's.

    A sentence that has other words than the reading, such as numbers in figures, stays as it is.
    """
    found = list(_WORD.finditer(spoken))
    if len(found) != len(told.words):
        return spoken
    return " ".join(_marked(word.group(), "-" in read) for word, read in zip(found, told.words, strict=True))


def _marked(word: str, ezafe: bool) -> str:
    letters = _LETTERS.match(word.lstrip("«("))
    if letters is None:
        return word
    end = len(word) - len(word.lstrip("«(")) + letters.end()
    stem = word[:end].rstrip(KASRA + HAMZA_ABOVE)
    if ezafe:
        stem += HAMZA_ABOVE if stem.endswith("ه") and _silent(stem) else KASRA
    return stem + word[end:]


def _silent(stem: str) -> bool:
    """Tell the ه of xāne from that of rāh and kuh, by the letter before."""
    return len(stem) > 2 and stem[-2] not in "اوی"


Change = Callable[[str, Told], str]
"""What is said in place of what the reader gives."""

WAYS: Final[Mapping[str, Change]] = {
    "written": without_marks,
    "reader": lambda spoken, _: spoken,
    "written_ezafes": lambda spoken, told: with_ezafes(without_marks(spoken, told), told),
    "reader_ezafes": with_ezafes,
}


def pronouncing(paths: Sequence[Path] = (), tell: Tell = lambda _: None) -> dict[str, Any]:
    """Have the embedded voice say the sentences in each way and count what it says wrong.

    Args:
        paths: files of sentences; those of the source, of which the blind half counts, if none.
        tell: told how many sentences are done.

    Raises:
        BenchmarkFailed: a file cannot be read.
    """
    told = [each for path in paths or sorted(FOLDER.glob("*.tsv")) for each in read_gold(path)]
    if not told:
        raise BenchmarkFailed(f"there are no sentences in {FOLDER}; name a file with --gold")
    halves = (
        {"all": told}
        if paths
        else {half: [each for each in told if each.half == half] for half in ("tuned", "blind")}
    )
    figures: dict[str, Any] = {"bench": "pronouncing", "voice": VOICE, "n": len(told)}
    done = 0
    with tempfile.TemporaryDirectory() as folder, open_voices(Path(folder)) as voices:
        voice = voices.get(VOICE)
        for half, sentences in halves.items():
            for way, change in WAYS.items():
                counted = []
                for each in sentences:
                    counted.append(compare(_told(each), _said(each, change, voice)))
                    done += 1
                    tell(done // len(WAYS))
                figures |= {f"{half}_{way}_{name}": value for name, value in _shares(counted).items()}
            figures[f"{half}_n"] = len(sentences)
    return figures


def wrong_words(paths: Sequence[Path], half: str) -> Iterable[tuple[str, str, str]]:
    """Yield each word that is said wrong after the reader: the sentence, the word as told, as heard."""
    told = [each for path in paths or sorted(FOLDER.glob("*.tsv")) for each in read_gold(path)]
    with tempfile.TemporaryDirectory() as folder, open_voices(Path(folder)) as voices:
        voice = voices.get(VOICE)
        for each in told:
            if half not in ("all", each.half):
                continue
            heard = compare(_told(each), _said(each, WAYS["reader"], voice))
            yield from ((each.written, each.words[place], said) for place, said in heard.wrong)


def _told(each: Told) -> list[Sound]:
    return told_sounds(each.words)


def _said(each: Told, change: Change, voice: Voice) -> list[str]:
    symbols: list[str] = []
    language = voice.language
    sentences = read_sentences(each.written, language)
    for passages in passages_of(Script(each.written), sentences, language):
        spoken = " ".join(passage.spoken for passage in passages if passage.spoken)
        for buffer in voice.speak(change(spoken, each), 0):
            symbols += [span.symbol for span in buffer.phonemes]
    return heard_sounds(symbols)


def _shares(counted: Sequence[Heard]) -> dict[str, Any]:
    shares = {
        "phoneme_errors": (lambda each: each.errors, lambda each: each.phonemes),
        "words_right": (lambda each: each.words - len(each.wrong), lambda each: each.words),
        "ezafes_heard": (lambda each: each.ezafes_heard, lambda each: each.ezafes),
    }
    found: dict[str, Any] = {}
    for name, (part, whole) in shares.items():
        found[f"{name}_pct"] = _percent(counted, part, whole)
        found[f"{name}_95"] = _interval(counted, part, whole)
    found["false_ezafes"] = sum(each.false_ezafes for each in counted)
    return found


Count = Callable[[Heard], int]


def _percent(counted: Sequence[Heard], part: Count, whole: Count) -> float:
    return round(100 * sum(map(part, counted)) / max(1, sum(map(whole, counted))), 2)


def _interval(counted: Sequence[Heard], part: Count, whole: Count) -> tuple[float, float]:
    """Return the middle 95 of 100 when sentences are drawn anew, since words of one are not independent."""
    chance = random.Random(0)  # noqa: S311 - samples, not secrets
    drawn = [_percent(chance.choices(counted, k=len(counted)), part, whole) for _ in range(_SAMPLINGS)]
    return percentile(drawn, 0.025), percentile(drawn, 0.975)


def pronouncing_lines(found: dict[str, Any]) -> list[Line]:
    """Return the rows of the page: the half of the source's sentences that nothing was tuned on."""
    count = found["blind_n"]
    return [
        _row(found, name, f"{what} of the embedded voice, {count} sentences, as the reader marks them", fewer)
        for name, what, fewer in (
            ("phoneme_errors", "phoneme errors", True),
            ("words_right", "words said right", False),
            ("ezafes_heard", "ezafes heard", False),
        )
    ]


def _row(found: dict[str, Any], name: str, figure: str, fewer: bool) -> Line:
    def share(way: str) -> float:
        return float(found[f"blind_{way}_{name}_pct"])

    low, high = found[f"blind_reader_{name}_95"]
    written, reader, ezafes = share("written"), share("reader"), share("reader_ezafes")
    return Line(
        figure=figure,
        measured=f"{reader:g} % (95 %: {low:g} to {high:g}); with a person's ezafes {ezafes:g} %",
        floor=f"the same with no marks: {written:g} %",
        ratio=ratio(reader, written),
        aim="no worse than without marks",
        met=reader <= written if fewer else reader >= written,
    )

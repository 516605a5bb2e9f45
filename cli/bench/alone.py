"""What is measured without a service: drawing, captions, the reader, voices, mouths from sound.

The first section of the page of figures; `cli.bench.course` goes on from here with a service.
"""

from dataclasses import dataclass
from typing import Any, Final

import settings
from cli.bench import captioning, ezafe, hearing, loudness, pronouncing, reading, rendering
from cli.bench.table import Line, ratio
from cli.bench.together import Begin

CHUNKS: Final = 150
CAPTIONS: Final = 200
SENTENCES: Final = 200
HEARD: Final = 30
STEPS: Final = 7
"""How often `begin` is called."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What was found."""

    lines: list[Line]
    chunk: dict[str, Any]
    """What drawing a chunk took; later figures have it as their floor."""


def alone(engine: str | None, begin: Begin) -> Alone:
    """Measure everything that needs no service, in some minutes.

    Args:
        engine: which engine draws; the usual one when None.
        begin: told what begins and how many steps it has.

    Raises:
        BenchmarkFailed: something could not be measured.
    """
    configured = settings.load()
    chunk = rendering.chunks(CHUNKS, engine or rendering.USUAL_ENGINE, begin("chunks of 8 frames", CHUNKS))
    drawn = captioning.captions(CAPTIONS, configured.asset_dir, begin("captions", 2 * CAPTIONS))
    begin("the reader", 1)
    read = reading.reader(SENTENCES)
    marked = ezafe.ezafe(ezafe.outcomes_of())
    said = reading.speech(SENTENCES, begin("the embedded voice", SENTENCES))
    loud = loudness.loudness(
        loudness.USUAL_SENTENCES, configured.voice_dir, begin("loudness of the voices", loudness.HOUSE_VOICES)
    )
    told = pronouncing.pronouncing(tell=begin("sentences read and said", pronouncing.sentences()))
    heard = hearing.hearing(HEARD, begin("mouths from sound", HEARD))
    lines = [
        _chunk(chunk), *captioning.captions_lines(drawn), *reading.reader_lines(read),
        *ezafe.ezafe_lines(marked), *reading.speech_lines(said), *loudness.loudness_lines(loud),
        *pronouncing.pronouncing_lines(told), *hearing.hearing_lines(heard),
    ]  # fmt: skip
    return Alone(lines, chunk)


def _chunk(found: dict[str, Any]) -> Line:
    return Line(
        figure=f"a chunk of 8 frames, {found['size']}, one core",
        measured=f"p50 {found['p50_ms']} ms, p95 {found['p95_ms']} ms",
        floor="the stream's encoders alone, over pictures that one cv2.remap moved: "
        f"p50 {found['floor_p50_ms']} ms, p95 {found['floor_p95_ms']} ms",
        ratio=ratio(found["p50_ms"], found["floor_p50_ms"], "p50"),
        aim="p95 30 ms",
        met=found["p95_ms"] <= 30,
    )

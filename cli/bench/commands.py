"""`avatar bench`: the verbs. Progress goes to the error output, figures to the output.

The last line of `--json` is one object; without it a person reads the same figures.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

import settings
from cli import run_file
from cli.bench import (
    alone,
    captioning,
    cold_face,
    course,
    ezafe,
    face_cache,
    faults,
    films,
    heard_picture,
    hearing,
    loudness,
    nets,
    pronouncing,
    reading,
    rendering,
    scaling,
    table,
    viewing,
    worker_counts,
)
from cli.bench.mouths import borders, kept_mouths, painted_mouths
from cli.bench.reports import count_option as _n
from cli.bench.reports import json_option as _json
from cli.bench.reports import print_figures as _print
from cli.bench.reports import progress as _progress
from cli.bench.reports import reported as _reported
from cli.bench.reports import steps as _steps
from cli.client import Service
from lipsync.speech.spans import Speech

_engine = click.option("--engine", help="Which engine draws; the avatar's own unless told otherwise.")
_seconds = click.option(
    "--seconds", type=click.FloatRange(2, 600), default=60.0, show_default=True, help="Length of a stream."
)

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


def _default_counts() -> str:
    return ",".join(str(count) for count in range(1, len(os.sched_getaffinity(0)) + 2))


def _counts(ctx: click.Context, param: click.Parameter, given: str) -> tuple[int, ...]:
    del ctx, param
    counts = tuple(int(word) for word in given.split(",") if word.strip().isdecimal())
    if not counts or len(counts) != len(given.split(",")) or min(counts) < 1:
        raise click.BadParameter(f"{given!r} is no list of numbers from 1, such as 1,2,3")
    return counts


def _broken(name: str, kind: faults.Kind, words: str) -> Callable[[_Verb], _Verb]:
    usual = course.FAULTS[kind]
    return click.option(name, type=click.IntRange(0, 1000), default=usual, show_default=True, help=words)


@click.group()
def bench() -> None:
    """Measure the running service, as its viewers see it."""


for _verb in (painted_mouths, kept_mouths, borders):
    bench.add_command(_verb)


@bench.command("first-chunk")
@_n
@_engine
@_json
def first_chunk(count: int | None, engine: str | None, as_json: bool) -> None:
    """Measure the time from sending POST to the first media message."""
    count = count or 20
    with _reported(), _progress("utterances", count) as tell, Service.find() as service:
        _print(viewing.first_chunk(service, count, engine, tell), as_json)


@bench.command()
@_n
@_seconds
@_engine
@_json
def streams(count: int | None, seconds: float, engine: str | None, as_json: bool) -> None:
    """Watch streams at once and count the frames that came too late."""
    count = count or 16
    with _reported(), _progress("streams", count) as tell:
        _print(viewing.streams(Service.find, count, seconds, engine, tell), as_json)


@bench.command()
@_n
@_engine
@_json
def viewers(count: int | None, engine: str | None, as_json: bool) -> None:
    """Have viewers watch one stream and measure what that adds."""
    count = count or 10
    with _reported(), _progress("viewers", count) as tell, Service.find() as service:
        _print(viewing.viewers(service, Service.find, count, engine, tell), as_json)


@bench.command()
@_n
@click.option("--engine", default=rendering.USUAL_ENGINE, show_default=True, help="Which engine draws.")
@_json
def chunk(count: int | None, engine: str, as_json: bool) -> None:
    """Draw and encode chunks of 8 frames on one core; needs no service."""
    count = count or 100
    with _reported(), _progress("chunks", count) as tell:
        _print(rendering.chunks(count, engine, tell), as_json)


@bench.command("nets")
@_n
@click.option("--streams", default="1,2,4", show_default=True, callback=_counts, help="Streams at once.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="A file to write it to.")
@_json
def nets_alone_and_whole(
    *, count: int | None, streams: tuple[int, ...], write: Path | None, as_json: bool
) -> None:
    """Run the network of the asset folder alone and end to end, on a GPU or here; needs no service."""
    chosen = settings.load()
    with _reported():
        device = nets.chosen_device(chosen.gpu)
        with _progress("parts", nets.steps(chosen.asset_dir, device, streams)) as tell:
            figures = nets.nets(chosen.asset_dir, device, count or 30, streams, tell)
    text = nets.markdown(figures)
    click.echo(json.dumps(figures) if as_json else text)
    if write is not None:
        write.write_text(text, encoding="utf-8")


@bench.command("captions")
@_n
@_json
def burned_captions(count: int | None, as_json: bool) -> None:
    """Draw captions into a frame on one core; needs no service."""
    count = count or 100
    with _reported(), _progress("captions", 2 * count) as tell:
        _print(captioning.captions(count, settings.load().asset_dir, tell), as_json)


@bench.command("reader")
@_n
@_json
def reader_of_texts(count: int | None, as_json: bool) -> None:
    """Read Persian sentences of 200 characters, and a megabyte, in a fresh process; needs no service."""
    with _reported():
        _print(reading.reader(count or 200), as_json)


@bench.command("ezafe")
@click.option("--tuning", is_flag=True, help="Measure the half that the marker was tuned on instead.")
@click.option("--errors", "with_errors", is_flag=True, help="List every error too, on the error output.")
@_json
def ezafe_marks(*, tuning: bool, with_errors: bool, as_json: bool) -> None:
    """Compare the reader's ezafe marks with those made by hand; needs no service."""
    with _reported():
        outcomes = ezafe.outcomes_of(tested=not tuning)
        _print(ezafe.ezafe(outcomes), as_json)
    for line in ezafe.errors(outcomes) if with_errors else ():
        click.echo(line, err=True)


@bench.command("speech")
@_n
@_json
def speech_in_hand(count: int | None, as_json: bool) -> None:
    """Measure from a sentence to the embedded voice's first sound; needs no service."""
    count = count or 100
    with _reported(), _progress("sentences", count) as tell:
        _print(reading.speech(count, tell), as_json)


@bench.command("loudness")
@_n
@_json
def loudness_of_voices(count: int | None, as_json: bool) -> None:
    """Measure how loud every voice is in a film decoded again; needs no service."""
    count = count or loudness.USUAL_SENTENCES
    with _reported(), _progress("voices", loudness.HOUSE_VOICES) as tell:
        _print(loudness.loudness(count, settings.load().voice_dir, tell), as_json)


@bench.command("reading")
@click.option(
    "--gold",
    "paths",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Sentences with their reading, parted by a tab; those of tests/data/readings if left out.",
)
@click.option("--errors", is_flag=True, help="List the words said wrong instead; not of the blind half.")
@_json
def words_said_right(paths: tuple[Path, ...], errors: bool, as_json: bool) -> None:
    """Count the phonemes, words and ezafes that the embedded voice says as people do; needs no service."""
    with _reported():
        if errors:
            for sentence, told, heard in pronouncing.wrong_words(paths, "all" if paths else "tuned"):
                click.echo(f"{told}\t{heard}\t{sentence}")
            return
        with _progress("sentences", pronouncing.sentences() if not paths else 0) as tell:
            _print(pronouncing.pronouncing(paths, tell), as_json)


@bench.command("heard")
@_n
@click.option(
    "--wav", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recording of any kind to look at instead; needs --picture or --phonemes.",
)
@click.option(
    "--phonemes", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What is said in it: lines of start and end in ms and eSpeak's symbol, by tabs.",
)
@click.option(
    "--picture", "target", type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the curves into a PNG file.",
)
@_json
def heard_mouths(
    count: int | None, wav: Path | None, phonemes: Path | None, target: Path | None, as_json: bool
) -> None:
    """Compare the mouth from sound with the mouth from phonemes; needs no service."""
    if wav is not None and target is None and phonemes is None:
        raise click.UsageError("--wav needs --picture, or --phonemes to compare with")
    if phonemes is not None and wav is None:
        raise click.UsageError("--phonemes are those of a --wav")
    with _reported():
        if wav is not None:
            spans = () if phonemes is None else heard_picture.read_phonemes(phonemes)
            recording = Speech(heard_picture.read_wave(wav), spans, ())
            if target is not None:
                heard_picture.draw(recording, target)
            if phonemes is not None:
                _print({"bench": "heard", "wav": str(wav), **hearing.compare([recording])}, as_json)
            return
        if target is not None:
            heard_picture.draw(hearing.sample_speech(), target)
        count = count or 30
        with _progress("sentences", count) as tell:
            _print(hearing.hearing(count, tell), as_json)


@bench.command("films")
@_n
@_engine
@_json
def finished_films(count: int | None, engine: str | None, as_json: bool) -> None:
    """Decode finished files: how far sound and picture end apart, gaps, errors."""
    count = count or 5
    with _reported(), _progress("files", count) as tell, Service.find() as service:
        _print(films.films(service, count, engine, tell), as_json)


@bench.command("face-cache")
@click.option("--avatars", type=click.IntRange(500, 20_000), default=1000, help="How many; 1000.")
@click.option("--seed", "seeds", type=int, multiple=True, default=(1, 2, 3, 4, 5), help="Of the requests.")
@_json
def face_cache_rates(avatars: int, seeds: tuple[int, ...], as_json: bool) -> None:
    """Ask the face cache for faces by Zipf's law, break some, and count; needs no service."""
    with _reported(), _progress("runs", face_cache.steps(seeds)) as tell:
        _print(face_cache.face_cache(avatars, seeds, tell), as_json)


@bench.command("cold-face")
@_n
@_json
def cold_faces(count: int | None, as_json: bool) -> None:
    """Register photos of 12 megapixels on the local service and let each speak from no cache."""
    count = count or 20
    with _reported(), _progress("photos", count) as tell:
        run = run_file.read(settings.load().var)
        with Service(run.address, run.key) as service:
            _print(cold_face.cold_face(service, run, count, tell), as_json)


@bench.command("workers")
@_n
@click.option(
    "--counts",
    default=_default_counts,
    callback=_counts,
    help="Numbers of worker processes to try, such as 1,2,3; left out, 1 to one more than the cores.",
)
@_seconds
@_engine
@_json
def worker_processes(
    count: int | None, counts: tuple[int, ...], seconds: float, engine: str | None, as_json: bool
) -> None:
    """Watch streams with different numbers of worker processes, each on a stack of its own."""
    count = count or 16
    with _reported(), _steps(len(counts)) as begin:
        compared = worker_counts.compare(counts, count, seconds, engine, begin)
    if not as_json:
        for run in compared.pop("runs"):
            _print(run, as_json=False)
            click.echo()
    _print(compared, as_json)


@bench.command("scaling")
@click.option("--places", type=click.IntRange(1, 1000), default=8, show_default=True, help="Of each worker.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the simulated day.")
@click.option(
    "--tried", "counts", callback=_counts, default="1,2,4", show_default=True,
    help="Numbers of worker processes to try here beside the simulation.",
)  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(10, 3600), default=120.0, show_default=True,
    help="How long utterances come to the tried ones.",
)  # fmt: skip
@_engine
@_json
def admitted_streams(
    *, places: int, seed: int, counts: tuple[int, ...], seconds: float, engine: str | None, as_json: bool
) -> None:
    """Simulate a day at 1, 4 and 64 workers, and try the simulation against real ones here."""
    with _reported(), _steps(len(counts) + 1) as begin:
        compared = scaling.tried(counts, seconds, engine, begin)
        days = len(scaling.COUNTS) * len(scaling.LOADS)
        rows = scaling.curve(places, scaling.COUNTS, scaling.LOADS, seed, begin("simulated days", days))
        leaving = [scaling.churn(places, count, 0.8, 600.0, seed) for count in scaling.COUNTS]
    if as_json:
        _print({**compared, "places": places, "curve": rows, "leaving": leaving}, as_json)
        return
    for row in (*compared.pop("runs"), compared, *rows, *leaving):
        _print(row, as_json)
        click.echo()


@bench.command()
@_n
@click.option(
    "--kind",
    type=click.Choice(faults.KINDS),
    default="kill",
    show_default=True,
    help="The worker that holds a stream is killed or stopped, or Redis is killed.",
)
@_engine
@_json
def takeover(count: int | None, kind: faults.Kind, engine: str | None, as_json: bool) -> None:
    """Break the local service in the middle of utterances and measure how long pictures stand still."""
    count = count or 20
    with _reported(), _progress("utterances", count) as tell:
        run = run_file.read(settings.load().var)
        with Service(run.address, run.key) as service:
            _print(faults.takeover(service, run, count, kind, engine=engine, tell=tell), as_json)


_write = click.option(
    "--write", type=click.Path(dir_okay=False, path_type=Path), help="The page to bring up to date."
)


@bench.command("all")
@_write
@_seconds
@_broken("--kills", "kill", "Workers killed, one after another; each takes half a minute.")
@_broken("--freezes", "stop", "Workers frozen, one after another.")
@_broken("--redis-kills", "redis", "How often Redis is killed.")
@_engine
def everything(
    *, write: Path | None, seconds: float, kills: int, freezes: int, redis_kills: int, engine: str | None
) -> None:
    """Measure all of it on a stack of its own, in about 40 minutes, and print the table."""
    broken: dict[faults.Kind, int] = {"kill": kills, "stop": freezes, "redis": redis_kills}
    with _reported(), _steps(course.STEPS) as begin:
        sections = course.measure(seconds, engine, begin, broken)
    _paged(sections, write)


@bench.command("alone")
@_write
@_engine
def without_a_service(*, write: Path | None, engine: str | None) -> None:
    """Measure what needs no service, in some minutes; the page's other figures stay as they are."""
    with _reported(), _steps(alone.STEPS) as begin:
        found = alone.alone(engine, begin)
    _paged({table.ALONE: found.lines}, write)


def _paged(sections: Mapping[str, Sequence[table.Line]], write: Path | None) -> None:
    click.echo(table.page(sections))
    if write is not None:
        before = write.read_text("utf-8") if write.exists() else ""
        write.write_text(table.page(sections, before), encoding="utf-8")

"""Flags about captions: what of them goes into the request, and what is refused before it is sent."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from cli.caption_options import caption_options, take_look
from cli.demo import demo
from cli.say import say
from lipsync.text.caption_style import CaptionStyle


@click.command()
@caption_options
def told(**flags: Any) -> None:
    click.echo(repr(take_look(flags)))
    assert flags == {}


def look(*arguments: str) -> Any:
    done = CliRunner().invoke(told, list(arguments))
    return done.output.strip() if done.exit_code == 0 else (done.exit_code, done.stderr)


def test_without_flags_nothing_is_drawn() -> None:
    assert look() == "None"


def test_only_what_was_told_goes_into_the_request() -> None:
    assert look("--burned", "box") == "{'back': 'box'}"
    whole = {"back": "stroke", "size": 9, "position": "top", "spoken": None}
    assert look(
        "--burned", "stroke", "--caption-size", "9", "--caption-position", "top", "--no-karaoke"
    ) == repr(whole)
    assert CaptionStyle.from_json({**CaptionStyle().to_json(), **whole}).back == "stroke"


@pytest.mark.parametrize("flag", [("--caption-size", "9"), ("--caption-position", "top"), ("--no-karaoke",)])
def test_a_look_of_captions_nobody_asked_for_is_refused(flag: tuple[str, ...]) -> None:
    code, words = look(*flag)
    assert code == 2
    assert "--burned" in words


@pytest.mark.parametrize("verb", [say, demo])
def test_say_and_demo_tell_of_captions_in_their_help(verb: click.Command) -> None:
    words = CliRunner().invoke(verb, ["--help"]).output
    assert all(flag in words for flag in ("--burned", "--caption-size", "--caption-position", "--no-karaoke"))

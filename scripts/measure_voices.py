"""Measure how loud the embedded voices are, and write workers/espeak_gains.py, the table of their gains.

Run it after a change of eSpeak NG, of a voice's own settings or of what measures them. A minute or two.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from lipsync.speech.errors import VoiceMute
from workers.voice_gains import own_gain_db
from workers.voices import WOMAN, Voices, language_catalogue, open_voices

_TABLE: Final = Path(__file__).resolve().parents[1] / "workers" / "espeak_gains.py"
_BEGIN: Final = "GAINS_DB: Final[Mapping[str, tuple[float, float]]] = {\n"
_END: Final = "}  # fmt: skip\n"
_WIDTH: Final = 108


@click.command()
@click.option("--write", is_flag=True, help="Write the table; otherwise only show what differs from it.")
def main(*, write: bool) -> None:
    """Measure every voice that the installed eSpeak NG has."""
    content = _TABLE.read_text("utf-8")
    with tempfile.TemporaryDirectory(prefix="measure-") as folder, open_voices(Path(folder)) as voices:
        measured = _measured(voices)
    before, _, rest = content.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    made = before + _BEGIN + _rows(measured) + _END + after
    if made == content:
        click.echo("the table is as the voices are")
    elif write:
        _TABLE.write_text(made, "utf-8")
        click.echo(f"{_TABLE.name} is written")
    else:
        click.echo(_rows(measured), nl=False)
        sys.exit(1)


def _measured(voices: Voices) -> Mapping[str, tuple[float, float]]:
    found = {}
    for info in language_catalogue():
        try:
            found[info.tag] = (own_gain_db(voices.get(info.tag)), own_gain_db(voices.get(info.tag + WOMAN)))
        except VoiceMute as trouble:
            click.echo(f"{info.tag} is left out: {trouble}", err=True)
    return found


def _rows(measured: Mapping[str, tuple[float, float]]) -> str:
    lines = [""]
    for tag, (man, woman) in measured.items():
        entry = f'"{tag}": ({man}, {woman}),'
        if len(lines[-1]) + len(entry) + 1 > _WIDTH - 4:
            lines.append("")
        lines[-1] += f" {entry}" if lines[-1] else entry
    return "".join(f"    {line}\n" for line in lines)


if __name__ == "__main__":
    main()

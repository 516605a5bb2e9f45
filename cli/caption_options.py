"""Options about captions that `avatar say` and `avatar demo` share: flags in, the request's `burned` out.

Says nothing of how captions look beyond what a flag sets; the service knows the rest.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from lipsync.text.caption_style import BACKS, LARGEST, SMALLEST

_Verb = TypeVar("_Verb", bound=Callable[..., Any])

_LOOKS: Final = (
    click.option(
        "--burned", type=click.Choice(BACKS),
        help="Draw captions into the pictures: in a box, or with a stroke around the letters.",
    ),
    click.option(
        "--caption-size", type=click.IntRange(SMALLEST, LARGEST),
        help="Their height in per cent of the picture's shorter side; 6 unless told otherwise.",
    ),
    click.option("--caption-position", type=click.Choice(("bottom", "top")), help="Where they stand."),
    click.option("--no-karaoke", is_flag=True, help="Do not mark the word that is being spoken in them."),
)  # fmt: skip


def caption_options(verb: _Verb) -> _Verb:
    """Give a verb the flags of captions in its pictures."""
    for option in reversed(_LOOKS):
        verb = option(verb)
    return verb


def take_look(flags: dict[str, Any]) -> dict[str, object] | None:
    """Take the flags of `caption_options` out of a verb's; return `burned` of the request, None for none.

    Raises:
        click.UsageError: a look is given to captions that are not asked for.
    """
    back = flags.pop("burned")
    chosen = {"size": flags.pop("caption_size"), "position": flags.pop("caption_position")}
    look: dict[str, object] = {name: value for name, value in chosen.items() if value is not None}
    if flags.pop("no_karaoke"):
        look["spoken"] = None
    if back is None:
        if look:
            raise click.UsageError(f"captions are drawn only with --burned {'|'.join(BACKS)}")
        return None
    return {"back": back, **look}

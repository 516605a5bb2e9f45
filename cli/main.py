"""The `avatar` command: one room a verb, each imported when it is called for.

Help is printed from this table alone, so that `avatar --help` does not wait for the
libraries that some verbs need.
"""

import importlib
from typing import Final

import click

from cli import troubles

COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "up": ("cli.up", "up", "Start the service on this machine and watch over it."),
    "workers": ("cli.workers", "workers", "Start only this machine's workers, for a service elsewhere."),
    "down": ("cli.down", "down", "Stop the service that runs in the background."),
    "login": ("cli.login", "login", "Print a new link that signs a browser in to the running service."),
    "demo": ("cli.demo", "demo", "Make one talking face the whole way, and judge it."),
    "say": ("cli.say", "say", "Let an avatar of the running service say a text."),
    "register": ("cli.register", "register", "Make an avatar of a photo or a video."),
    "avatars": ("cli.avatars", "avatars", "List avatars, and pin those that workers have ready."),
    "read": ("cli.read", "read", "Show how a text is read aloud; needs no service."),
    "lexicon": ("cli.lexicon", "lexicon", "Say how words are spoken, in the running service."),
    "key": ("cli.key", "key", "Make API keys."),
    "migrate": ("cli.migrate", "migrate", "Bring the database to the newest tables."),
    "assets": ("cli.assets", "assets", "List and fetch the models that registering a face needs."),
    "cache": ("cli.cache", "cache", "Look at the faces kept in Redis and storage, and repair them."),
    "doctor": ("cli.doctor", "doctor", "Look at this machine for what the service needs."),
    "bench": ("cli.bench.commands", "bench", "Measure the running service."),
}
"""Verb to room, the name of the command in it, and one line of help."""


class Verbs(click.Group):
    """A group whose commands are imported by name when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb's room and return its command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        room, name, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(room), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{room}.{name} is not a click command")
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a verb; what is wrong around it is told in one sentence."""
        try:
            return super().invoke(ctx)
        except troubles.known() as error:
            sentence = troubles.told(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, _, line) in COMMANDS.items()])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="avatar-streaming-service", prog_name="avatar")
def main() -> None:
    """Text becomes a talking face: start the service, speak with it, measure it."""


if __name__ == "__main__":
    main()

"""Another door to `avatar migrate --avatars`, by the name that operators know."""

import click

from cli.migrate import migrate_all


@click.command()
@click.option("--apply", "apply_", is_flag=True, help="Write old face files anew; otherwise only show them.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def main(*, apply_: bool, as_json: bool) -> None:
    """Show which avatars have face files of an older version, and write them anew if told to."""
    migrate_all(apply=apply_, as_json=as_json)


if __name__ == "__main__":
    main()

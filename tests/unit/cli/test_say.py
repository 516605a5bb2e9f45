"""What `avatar say` takes from standard input."""

from click.testing import CliRunner

from cli.say import say


def test_a_text_that_is_not_utf_8_is_refused_and_not_said_with_replacements() -> None:
    result = CliRunner().invoke(say, ["-"], input=b"abc \xff")
    assert result.exit_code == 2
    assert "standard input is not UTF-8 at byte 4" in result.stderr

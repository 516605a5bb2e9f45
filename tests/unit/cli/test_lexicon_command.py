"""Words are added, listed, moved in tables and tried, against a front door that really answers."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from flask import Flask, g
from werkzeug.serving import make_server

from avatars.database import Database
from avatars.lexicons import Lexicons
from cli.lexicon import lexicon
from cli.main import COMMANDS
from web.errors import register_errors
from web.lexicon_routes import lexicon as routes
from web.services import keep_services
from web.tokens import Caller

ZWNJ = "\u200c"


@pytest.fixture
def lexicons(sqlite_database: Database) -> Lexicons:
    return Lexicons(sqlite_database)


@pytest.fixture(autouse=True)
def service(lexicons: Lexicons, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The lexicon's own routes on a port; who calls is `role` of the configuration."""
    app = Flask("door")
    app.config["role"] = "user"
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    keep_services(app.extensions, SimpleNamespace(lexicons=lexicons))  # type: ignore[arg-type]
    register_errors(app)
    app.register_blueprint(routes)

    @app.before_request
    def identify() -> None:
        g.caller = Caller("me", app.config["role"])

    @app.post("/v1/tokens")
    def token() -> dict[str, str]:
        return {"access_token": "t"}

    server = make_server("127.0.0.1", 0, app, threaded=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AVATAR_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AVATAR_KEY", "ak_test")
    yield app
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(lexicon, list(arguments), input=given)


def listed(*arguments: str) -> dict[str, str]:
    done = run("list", "--json", *arguments)
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["word"]: row["spoken"] for row in rows}


def test_it_is_a_verb_of_the_command() -> None:
    assert COMMANDS["lexicon"][:2] == ("cli.lexicon", "lexicon")


def test_words_are_added_listed_and_removed() -> None:
    assert run("add", "ملك", "مُلک", "--note", "[فرمانروایی]").stdout == "ملک: مُلک\n"
    run("add", f"می{ZWNJ}شود", "میشه")
    assert listed() == {"ملک": "مُلک", f"می{ZWNJ}شود": "میشه"}
    assert listed("--search", "ملک") == {"ملک": "مُلک"}
    assert "[فرمانروایی]" in run("list").stdout
    assert run("remove", "می شود").exit_code == 0
    gone = run("remove", "ملک", "دل")
    assert (gone.exit_code, gone.stdout) == (1, "ملک: removed\n")
    assert "no word 'دل'" in gone.stderr
    assert listed() == {}


def test_a_wrong_entry_is_told_before_anything_is_sent(service: Flask) -> None:
    service.config["role"] = None
    done = run("add", "مُلک", "مُلک")
    assert done.exit_code == 2
    assert "marks belong in what is spoken" in done.stderr


def test_a_table_goes_in_and_comes_out_again(tmp_path: Path, lexicons: Lexicons) -> None:
    words = [f"واژه {number} ام" for number in range(108)]
    table = tmp_path / "words.tsv"
    table.write_text("word\tspoken\tnote\n" + "".join(f"{word}\tس\t# {word}\n" for word in words), "utf-8")
    assert run("import", str(table)).stdout == "added 108, replaced 0; 108 words now\n"
    out = tmp_path / "out.tsv"
    assert run("export", "--out", str(out)).exit_code == 0
    assert sorted(out.read_text("utf-8").splitlines()) == sorted(table.read_text("utf-8").splitlines())
    done = run("import", "-", given=run("export").stdout.encode())
    assert done.stdout == "added 0, replaced 108; 108 words now\n"
    assert lexicons.count("me") == 108


def test_a_wrong_table_is_told_by_its_lines(tmp_path: Path, lexicons: Lexicons) -> None:
    table = tmp_path / "words.tsv"
    table.write_text("ملک\tمُلک\nدل\t۱\n\nگ.\tگُل\n", "utf-8")
    done = run("import", str(table))
    assert done.exit_code == 2
    assert "nothing was written, 2 of the entries are wrong" in done.stderr
    assert "line 2: has '۱'" in done.stderr
    assert "line 4: has '.'" in done.stderr
    table.write_bytes("ملک\tملک".encode("cp1256"))
    assert "is not UTF-8 at byte 0" in run("import", str(table)).stderr
    assert lexicons.count("me") == 0


def test_the_houses_words_are_an_admins(service: Flask, lexicons: Lexicons) -> None:
    refused = run("add", "ملک", "مُلک", "--house")
    assert refused.exit_code == 1
    assert "403" in refused.stderr
    service.config["role"] = "admin"
    assert run("add", "ملک", "مُلک", "--house").exit_code == 0
    assert (listed("--house"), listed()) == ({"ملک": "مُلک"}, {})
    assert lexicons.count("house") == 1


def test_a_spelling_is_tried_by_the_embedded_voice() -> None:
    done = run("try", "ملک", "مُلک")
    assert done.exit_code == 0, done.output
    bare, marked = (line.partition(": ")[2] for line in done.stdout.splitlines())
    assert marked.split()[0] == "m"
    assert bare != marked
    assert run("try", "ملک").exit_code == 1
    run("add", "ملک", "مُلک")
    assert run("try", "ملک").stdout == done.stdout


def test_an_unknown_voice_is_told_with_those_there_are() -> None:
    done = run("try", "ملک", "مُلک", "--voice", "nobody")
    assert done.exit_code == 2
    assert "fa" in done.stderr

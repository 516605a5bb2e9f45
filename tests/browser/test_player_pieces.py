"""The player's small pure pieces, each asked on its own inside the browser that runs them."""

from typing import Any

import pytest
from conftest import Studio


def ask(studio: Studio, module: str, body: str) -> Any:
    """Return what an expression over a module's exports (`m`) comes to."""
    return studio.page.evaluate(f"async () => {{ const m = await import('/studio/{module}.js'); {body} }}")


TAKE = """
const cursor = new m.Cursor("a");
return steps.map(([epoch, seq]) => [cursor.take({ epoch, seq }), cursor.position]);
"""


def take(studio: Studio, *steps: tuple[str, int]) -> Any:
    return ask(studio, "cursor", f"const steps = {[list(step) for step in steps]}; {TAKE}")


def test_chunks_in_order_advance_the_cursor(studio: Studio) -> None:
    assert take(studio, ("a", 1), ("a", 2)) == [
        ["next", {"epoch": "a", "seq": 1}], ["next", {"epoch": "a", "seq": 2}],
    ]  # fmt: skip


def test_a_chunk_that_comes_again_is_dropped(studio: Studio) -> None:
    assert [verdict for verdict, _ in take(studio, ("a", 1), ("a", 2), ("a", 1), ("a", 2), ("a", 3))] == [
        "next", "next", "again", "again", "next",
    ]  # fmt: skip


def test_a_hole_is_noticed_and_the_cursor_stays_before_it(studio: Studio) -> None:
    assert take(studio, ("a", 1), ("a", 3))[1] == ["hole", {"epoch": "a", "seq": 1}]


def test_another_epoch_begins_anew(studio: Studio) -> None:
    assert take(studio, ("a", 1), ("a", 2), ("b", 1))[2] == ["reset", {"epoch": "b", "seq": 1}]


def test_a_message_is_split_into_header_and_payload(studio: Studio) -> None:
    split = """
      const header = new TextEncoder().encode(JSON.stringify({ v: 1, kind: "media", words: ["سلام"] }));
      const whole = new Uint8Array(4 + header.length + 3);
      new DataView(whole.buffer).setUint32(0, header.length);
      whole.set(header, 4);
      whole.set([7, 8, 9], 4 + header.length);
      const { header: read, payload } = m.splitMessage(whole.buffer);
      return [read.kind, read.words[0], [...payload]];
    """
    assert ask(studio, "messages", split) == ["media", "سلام", [7, 8, 9]]


@pytest.mark.parametrize("message", ["[]", "[0,0,0,9,123]", "[0,0,0,2,123,34]", "[0,0,0,2,123,125]"])
def test_a_garbled_message_is_refused(studio: Studio, message: str) -> None:
    refused = f"""
      try {{ m.splitMessage(new Uint8Array({message}).buffer); }} catch (error) {{
        return error instanceof m.BadMessage;
      }}
      return false;
    """
    assert ask(studio, "messages", refused)


def test_the_cushion_is_small_and_grows_with_every_underrun_to_a_bound(studio: Studio) -> None:
    grown = ask(
        studio,
        "cushion",
        "const c = new m.Cushion(); const ms = [c.ms];"
        " for (let i = 0; i < 20; i++) { c.grow(); ms.push(c.ms); } return ms;",
    )
    assert grown[0] <= 320
    assert grown[1] > grown[0]
    assert grown == sorted(grown)
    assert grown[-1] == grown[-2] <= 2000


def test_the_end_of_a_short_utterance_need_not_fill_the_cushion(studio: Studio) -> None:
    enough = "const c = new m.Cushion(); return [c.enough(80, false), c.enough(80, true)];"
    assert ask(studio, "cushion", enough) == [False, True]


def test_pauses_double_up_to_a_bound_and_are_spread(studio: Studio) -> None:
    pauses = ask(
        studio,
        "backoff",
        "const all = chance => { const b = new m.Backoff(() => chance);"
        " return Array.from({ length: 9 }, () => b.next()); }; return [all(0), all(1)];",
    )
    shortest, longest = pauses
    assert all(low * 2 == high for low, high in zip(shortest, longest, strict=True))
    assert longest[1] == 2 * longest[0]
    assert longest[-1] == longest[-2] == 5000


def test_a_caption_line_ends_with_its_sentence_and_never_changes_its_beginning(studio: Studio) -> None:
    lines = ask(
        studio,
        "captions",
        """
        const c = new m.Captions();
        c.add([["سلام!", 0, 5, 0, 400], ["حال", 6, 9, 500, 700]]);
        const early = c.at(600).line.words.map(w => w.text);
        c.add([["شما", 10, 13, 700, 900]]);
        const late = c.at(750);
        const first = c.at(100).line.words.map(w => w.text);
        return [first, early, late.line.words.map(w => w.text), late.word.text];
        """,
    )
    assert lines == [["سلام!"], ["حال"], ["حال", "شما"], "شما"]


def test_cues_of_a_captions_file_are_read(studio: Studio) -> None:
    rows = ask(
        studio, "history", r"return m.readCues('WEBVTT\n\n00:00:00.880 --> 00:01:02.775\nسلام!\nخوبید؟\n');"
    )
    assert rows == [["سلام! خوبید؟", 0, 0, 880, 62775]]


def test_numbers_are_written_in_the_pages_digits(studio: Studio) -> None:
    said = ask(studio, "strings", "return ['fa', 'en'].map(l => new m.Words(l).say('ms', 1403));")
    assert said == ["۱۴۰۳ میلی‌ثانیه", "1403 ms"]


def test_both_languages_say_the_same_things(studio: Studio) -> None:
    differing = ask(
        studio,
        "strings",
        """
        const paths = (table, at) => Object.entries(table).flatMap(([name, value]) =>
          typeof value === "object" ? paths(value, at + name + ".") : [at + name + ":" + typeof value]);
        const [fa, en] = m.LANGUAGES.map(l => new Set(paths(m.tableOf(l), "")));
        return [...fa.symmetricDifference(en)];
        """,
    )
    assert differing == []

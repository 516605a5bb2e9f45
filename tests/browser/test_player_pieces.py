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


CUES = """
const c = new m.Captions("سلام 🙂! حال Dr. Karimi — خوب است.", [[[0, 7]], [[8, 24], [25, 33]]]);
const show = ({ cue, word }) =>
  [cue?.lines.map((line) => line.words.map((each) => each.text).join(" ")) ?? null, word?.start ?? null];
"""


def test_a_cue_is_whole_from_its_first_word_on_and_stays_until_the_next(studio: Studio) -> None:
    shown = ask(
        studio,
        "captions",
        CUES
        + """
        c.add([["سلام", 0, 4, 100, 400]]);
        const early = [c.at(0), c.at(150), c.at(900)].map(show);
        c.add([["حال", 8, 11, 900, 1100], ["Dr.", 12, 15, 1100, 1300]]);
        return [...early, ...[c.at(890), c.at(1200)].map(show)];
        """,
    )
    second = ["حال Dr. Karimi —", "خوب است."]
    assert shown == [
        [None, None], [["سلام 🙂!"], 0], [["سلام 🙂!"], 0], [second, None], [second, 12],
    ]  # fmt: skip


def test_times_can_be_forgotten_and_told_anew(studio: Studio) -> None:
    shown = ask(
        studio,
        "captions",
        CUES
        + """
        c.add([["سلام", 0, 4, 100, 400], ["حال", 8, 11, 900, 1100]]);
        c.forgetTimes();
        const none = show(c.at(5000));
        c.add([["سلام", 0, 4, 0, 400]]);
        return [none, show(c.at(5000))];
        """,
    )
    assert shown == [[None, None], [["سلام 🙂!"], 0]]


def test_a_line_runs_in_the_direction_of_its_text(studio: Studio) -> None:
    directions = ask(
        studio,
        "captions",
        """
        const text = "Python زبان بسیار خوبی است. Fine day! بله.";
        const c = new m.Captions(text, [[[0, 27]], [[28, 37]], [[38, 42]]]);
        c.add([["", 0, 6, 0, 1], ["", 28, 32, 100, 101], ["", 38, 41, 200, 201]]);
        return [0, 100, 200].map((ms) => c.at(ms).cue.lines[0].direction);
        """,
    )
    assert directions == ["rtl", "ltr", "rtl"]


def test_signs_that_turn_what_follows_are_taken_out(studio: Studio) -> None:
    plain = "return m.plain('\\u202eسلام\\u202c \\u2067دنیا\\u2069\\u200f');"
    assert ask(studio, "script", plain) == "سلام دنیا\u200f"


@pytest.mark.parametrize(
    ("text", "language", "direction"),
    [
        ("سلام", "fa", "rtl"), ("Hello", "en", "ltr"), ("سلام Bob و همه", "fa", "rtl"),
        ("Привет", "other", "ltr"), ("۱۲ 🙂", None, "rtl"),
    ],
)  # fmt: skip
def test_a_text_tells_its_language_and_direction(
    studio: Studio, text: str, language: str | None, direction: str | None
) -> None:
    told = ask(studio, "script", f"return [m.languageOf('{text}'), m.directionOf('{text}')];")
    assert told == [language, direction]


def test_cues_grow_with_a_text_that_is_still_being_written(studio: Studio) -> None:
    shown = ask(
        studio,
        "captions",
        """
        const captions = new m.Captions("سلام. ", [[[0, 5]]]);
        const lines = (ms) => captions.at(ms).cue.lines.map((line) => line.text);
        captions.add([["سلام.", 0, 5, 0, 300]]);
        const first = lines(100);
        captions.add([["باران", 6, 11, 400, 700], ["آمد.", 12, 16, 700, 900], ["بعد", 17, 20, 1000, 1200]]);
        const second = lines(500), before = captions.at(1100).cue;
        captions.add([["رفت", 21, 24, 1200, 1400]]);
        const word = captions.at(1300).word;
        return [first, second, lines(1100), before === captions.at(1100).cue, word.start];
        """,
    )
    assert shown == [["سلام."], ["باران آمد."], ["بعد رفت"], False, 21]


def test_cues_of_a_captions_file_are_read(studio: Studio) -> None:
    cues = ask(
        studio,
        "captions",
        r"return m.readCues('WEBVTT\n\n00:00:00.880 --> 00:01:02.775\nسلام &amp; بله!\nخوبید؟\n');",
    )
    assert cues == [{"startMs": 880, "endMs": 62775, "lines": ["سلام & بله!", "خوبید؟"]}]


def test_files_fetched_with_a_key_are_let_go_of_oldest_first(studio: Studio) -> None:
    kept = ask(
        studio,
        "files",
        """
        const fetched = [];
        const revoked = [];
        const revoke = URL.revokeObjectURL;
        URL.revokeObjectURL = (address) => { revoked.push(address); revoke.call(URL, address); };
        const api = { bearer: true, blob: async (path) => (fetched.push(path), new Blob([path])) };
        const files = new m.Files(api, 2);
        const a = await files.address("a");
        const b = await files.address("b");
        await files.address("a");
        await files.address("c");
        await Promise.resolve();
        URL.revokeObjectURL = revoke;
        return [fetched, revoked.length === 1 && revoked[0] === b, (await files.address("a")) === a];
        """,
    )
    assert kept == [["a", "b", "c"], True, True]


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

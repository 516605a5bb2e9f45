"""Captions on the page: in the right order on the screen, as files, and in the pictures on request."""

import re

import pytest
from conftest import Studio
from screen_order import expected_from_left, seen_from_left

VISIBILITY = "() => getComputedStyle(document.getElementById('caption')).visibility"

PLACES = """
async ([text]) => {
  const { Captions } = await import("/studio/captions.js");
  const { lineElement } = await import("/studio/stage.js");
  const captions = new Captions(text, [[[0, [...text].length]]]);
  captions.add([["", 0, 1, 0, 1]]);
  const caption = document.getElementById("caption");
  caption.hidden = false;
  const line = lineElement(captions.at(0).cue.lines[0]);
  caption.replaceChildren(line);
  const style = getComputedStyle(line);
  const seen = [];
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (let at = 0; at < node.length; at += 1) {
      if (/[\\u200c-\\u200f\\u2066-\\u2069]/.test(node.data[at])) continue;
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const box = range.getClientRects()[0];
      seen.push([node.data[at], (box.left + box.right) / 2]);
    }
  }
  return { seen, dir: line.getAttribute("dir"), bidi: style.unicodeBidi, direction: style.direction };
}
"""

ORDERS = [
    # text, the line's direction, what in it goes the other way or is kept from the left
    ("دمای امروز -۵ درجه است.", "rtl", ["-۵"]),
    ("زبان C++ را دوست دارم.", "rtl", ["C++"]),
    ("به شماره ۰۹۱۲ ۳۴۵ ۶۷۸۹ زنگ بزنید.", "rtl", ["۰۹۱۲ ۳۴۵ ۶۷۸۹"]),
    ("(شماره: ۰۲۱-۸۸۷۷ ۶۶۵۵)", "rtl", ["۰۲۱-۸۸۷۷ ۶۶۵۵"]),
    ("Python و .NET با هم کار می\u200cکنند.", "rtl", ["Python", ".NET"]),
    ("سفر به New York خوب بود.", "rtl", ["New York"]),
    ("من در سال ۱۴۰۳ آمدم.", "rtl", ["۱۴۰۳"]),
    ("The price of C++ is -5 dollars.", "ltr", []),
    ("The word سلام means hello.", "ltr", ["سلام"]),
    ("سلام is what Persian speakers say.", "ltr", ["سلام"]),
    ("در https://docs.example.com/guide/1 گفتند.", "rtl", ["https://docs.example.com/guide/1"]),
]


@pytest.mark.parametrize(("text", "direction", "inside"), ORDERS, ids=[text for text, _, _ in ORDERS])
def test_every_sign_stands_where_a_reader_looks_for_it(
    studio: Studio, text: str, direction: str, inside: list[str]
) -> None:
    shown = studio.page.evaluate(PLACES, [text])
    assert (shown["dir"], shown["bidi"], shown["direction"]) == ("auto", "plaintext", direction)
    kept = text.replace("\u200c", "")
    assert "".join(sign for sign, _ in shown["seen"]) == kept
    # From left to right as measured, and as it has to be.
    assert seen_from_left(shown["seen"]) == expected_from_left(kept, direction, inside)


def test_overrides_turn_nothing_and_a_pile_of_marks_stays_low(studio: Studio) -> None:
    turned = studio.page.evaluate(PLACES, ["سلام \u202eabc\u202c خوب \u2067de\u2069 است"])
    assert "abc" in seen_from_left(turned["seen"])
    assert "de" in seen_from_left(turned["seen"])
    piled = studio.page.evaluate(PLACES, ["س" + "\u064e" * 4000 + " خوب"])
    assert "".join(sign for sign, _ in piled["seen"]).count("\u064e") == 3


def test_the_subrip_stands_beside_the_webvtt(studio: Studio) -> None:
    studio.speak("سلام! امروز هوا خوب است.")
    studio.wait_for_state("done")
    with studio.page.expect_download() as coming:
        studio.page.click("#get-srt")
    assert re.fullmatch(r"samira-[0-9a-f]{8}\.srt", coming.value.suggested_filename)
    assert coming.value.path().read_text(encoding="utf-8").startswith("1\n00:00:00,000 -->")


def test_no_captions_are_asked_for_in_the_pictures_unless_chosen(studio: Studio) -> None:
    assert studio.page.is_hidden("#burned-more")
    with studio.page.expect_request("**/v1/utterances") as sent:
        studio.speak("سلام.")
    assert sent.value.post_data_json["burned"] is False
    studio.wait_for_state("done")
    assert studio.page.evaluate(VISIBILITY) == "visible"


@pytest.mark.usefixtures("vazirmatn")
def test_captions_in_the_pictures_come_as_chosen_and_the_pages_own_step_aside(studio: Studio) -> None:
    studio.page.locator("#burned-back input[value=stroke]").check()
    studio.page.locator("#burned-size input[value='9']").check()
    studio.page.locator("#burned-position input[value=top]").check()
    studio.page.locator("#burned-spoken input[value=plain]").check()
    studio.speak("سلام! امروز هوا خوب است.")
    studio.wait_until(lambda stats: stats["frames"] > 0)
    assert studio.page.evaluate(VISIBILITY) == "hidden"
    studio.wait_for_state("done")
    look = studio.row_once("done")["burned"]
    assert (look["back"], look["size"], look["position"], look["spoken"]) == ("stroke", 9, "top", None)
    studio.page.reload()
    studio.page.wait_for_selector("#burned-more:visible")
    assert studio.page.locator("#burned-position input:checked").get_attribute("value") == "top"

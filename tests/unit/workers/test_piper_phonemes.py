"""What a voice is asked for and who was heard when: numbers as the voices were taught them."""

import pytest
from tiny_piper import IDS

from workers.espeak_phonemes import Clause, Reading, mark_of
from workers.piper_phonemes import LONGEST_RUN, heard, runs_of, shared

ids = {symbol: (number,) for symbol, number in IDS.items()}


def reading(*clauses: tuple[str, str], words: int | None = None) -> Reading:
    count = sum(len(ipa.split()) for ipa, _ in clauses) if words is None else words
    return Reading(tuple(Clause(*each) for each in clauses), tuple(range(0, 10 * count, 10)))


def named(numbers: tuple[int, ...]) -> str:
    names = {number: symbol for symbol, number in IDS.items()}
    return "".join(names[number] for number in numbers)


def test_phonemes_become_numbers_with_pads_between_and_marks_around() -> None:
    (run,) = runs_of(reading(("salˈɑm", ",")), ids)
    assert named(run.ids) == "^_s_a_l_ˈ_ɑ_m_,_$"


def test_clauses_of_a_sentence_are_spoken_at_once_and_sentences_one_by_one() -> None:
    runs = runs_of(reading(("salˈɑm", ","), ("dust", "."), ("bale", "?"), ("na", "")), ids)
    assert [named(run.ids) for run in runs] == [
        "^_s_a_l_ˈ_ɑ_m_,_ _d_u_s_t_._$", "^_b_a_l_e_?_$", "^_n_a_$",
    ]  # fmt: skip


def test_a_change_of_language_and_unknown_letters_are_left_out() -> None:
    (run,) = runs_of(reading(("bɑ (en)hə☃ləʊ(fa)", "."), words=2), ids)
    assert named(run.ids) == "^_b_ɑ_ _h_ə_l_ə_ʊ_._$"


def test_letters_with_accents_are_taken_apart() -> None:
    (run,) = runs_of(reading(("ã", "")), {**ids, "\u0303": (99,)})
    assert run.ids[2:5] == (IDS["a"], IDS["_"], 99)


def test_a_reading_without_a_letter_has_nothing_to_say() -> None:
    assert runs_of(reading(("", "."), (" ", "")), ids) == ()
    assert runs_of(reading(("☃", ".")), ids) == ()


def test_a_long_sentence_is_parted_between_words() -> None:
    runs = runs_of(reading((" ".join(["salɑm"] * 190), ".")), ids)
    assert len(runs) == 3
    assert all(len(run.phones) <= LONGEST_RUN for run in runs)
    assert all(len(named(run.ids)) == 2 * len(run.phones) + 3 for run in runs)
    spoken = "".join(phone.symbol for run in runs for phone in run.phones)
    assert spoken.split() == ["salɑm"] * 189 + ["salɑm."]
    assert [phone.word for run in runs for phone in run.phones if phone.symbol == "s"] == list(range(190))


def test_a_word_longer_than_a_run_is_cut_somewhere() -> None:
    runs = runs_of(reading(("a" * 1_000, "")), ids)
    assert [len(run.phones) for run in runs] == [400, 400, 200]


def test_words_the_counts_of_which_differ_share_by_their_place() -> None:
    (run,) = runs_of(reading(("a b e d", ""), words=2), ids)
    assert [phone.word for phone in run.phones if phone.symbol != " "] == [0, 0, 1, 1]


def test_each_phoneme_is_heard_with_its_stress_its_length_and_its_pad() -> None:
    (run,) = runs_of(reading(("sˈɑːl", "")), ids)
    # ^ _ s _ ˈ _ ɑ _ ː _ l _ $
    spans = heard(run, (300, 100, 500, 50, 20, 5, 700, 60, 40, 10, 400, 30, 900), 22_050)
    assert [(each.symbol, each.start, each.word) for each in spans] == [
        ("_", 0, -1), ("s", 400, 0), ("ˈɑː", 950, 0), ("l", 1785, 0), ("_", 2215, -1),
    ]  # fmt: skip


def test_an_affricate_is_one_phoneme() -> None:
    (run,) = runs_of(reading(("tʃˈi dʒɑ", "")), ids)
    symbols = [each.symbol for each in heard(run, (100,) * len(run.ids), 22_050)]
    assert symbols == ["_", "tʃ", "ˈi", "dʒ", "ɑ", "_"]


@pytest.mark.parametrize(("samples", "silent"), [(100, False), (3_000, True)])
def test_a_mark_is_a_pause_only_when_it_lasts(samples: int, silent: bool) -> None:
    (run,) = runs_of(reading(("na", ","), ("bo", "")), ids)
    (comma,) = (place for place, phone in enumerate(run.phones) if phone.symbol == ",")
    lengths = [samples if owner == comma else 10 for owner in run.owners]
    symbols = [each.symbol for each in heard(run, lengths, 22_050)]
    assert symbols == ["_", "n", "a", *(["_"] if silent else []), "b", "o", "_"]


def test_a_voice_that_does_not_tell_gets_lengths_by_what_its_phonemes_are() -> None:
    (run,) = runs_of(reading(("sˈɑm bu", ".")), ids)
    lengths = shared(run, 22_050)
    by_symbol = {
        phone.symbol: sum(lengths[each] for each, owner in enumerate(run.owners) if owner == place)
        for place, phone in enumerate(run.phones)
    }
    assert sum(lengths) == 22_050
    assert by_symbol["ɑ"] == pytest.approx(2 * by_symbol["m"], abs=2)
    assert by_symbol["ˈ"] == by_symbol[" "] == 0
    assert [each.symbol for each in heard(run, lengths, 22_050)] == ["_", "s", "ˈɑ", "m", "b", "u", "_"]


@pytest.mark.parametrize(
    ("source", "mark"),
    [
        ("سلام، ا", ","), ("سلام.", "."), ("چه؟ ب", "?"), ("نه! ", "!"), ("بله؛ ش", ";"), ("این: ن", ":"),
        ("گفت «برو.» و", "."), ("مثلاً… و", ";"), ("costs 3.5", ""), ("ok", ""), ("", ""),
        ("then — s", ";"), ("و", ""),
    ],
)  # fmt: skip
def test_the_mark_that_ended_a_clause_is_found_before_the_letter_behind_it(source: str, mark: str) -> None:
    assert mark_of(source) == mark

"""A dot that ends no sentence is not given to the voice as one."""

import pytest

from lipsync.text.reading import read_sentences
from lipsync.text.say_as import read_as


def spoken(text: str, language: str) -> list[str]:
    return [sentence.spoken for sentence in read_sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("de", "Am 3. Oktober kam Dr. Müller, z. B. mit z.B. Anna.",
         "Am dritten Oktober kam Doktor Müller, zum Beispiel mit zum Beispiel Anna."),
        ("de-AT", "Der 21. Versuch, ein 1. Platz", "Der einundzwanzigste Versuch, ein erster Platz"),
        ("de", "J. S. Bach", "J S Bach"),
        ("fr", "M. Dupont et Mme. Curie.", "monsieur Dupont et madame Curie."),
        ("fr", "Ici, p. ex. J. M. Dupuis.", "Ici, par exemple J M Dupuis."),
        ("fr", "Il fait 5 m. de haut", "Il fait 5 m de haut"),
        ("it", "Il sig. Rossi è qui.", "Il signor Rossi è qui."),
        ("es", "La Dra. Ana, p. ej. hoy.", "La doctora Ana, por ejemplo hoy."),
        ("nl", "Dhr. Jansen en Dr. Bakker.", "de heer Jansen en doctor Bakker."),
        ("ru", "И. И. Иванов и т. д. потом.", "И И Иванов и так далее потом."),
        ("ru", "В 1990 г. было так.", "В 1990 г было так."),
        ("en", "The U.S. Army met Dr. Smith, e.g. here.", "The U.S Army met Dr Smith, for example here."),
        ("en", "A. Smith came.", "A. Smith came."),
        ("tr", "Ali 5. katta, 23. sırada.", "Ali beşinci katta, yirmi üçüncü sırada."),
        ("az", "Bu 40. gün.", "Bu qırxıncı gün."),
        ("da", "Den 3. maj kom han.", "Den tredje maj kom han."),
        ("nb", "Den 31. mai kom han.", "Den trettiførste mai kom han."),
        ("sv", "Den 2. maj kom han.", "Den andra maj kom han."),
        ("pl", "Dnia 3. maja, np. dziś.", "Dnia 3 maja, na przykład dziś."),
        ("cs", "Dne 3. května přišel.", "Dne 3. května přišel."),
        ("hi", "Dr. Sharma", "Dr Sharma"),
    ],
)  # fmt: skip
def test_a_dot_within_a_sentence_is_no_full_stop(language: str, written: str, said: str) -> None:
    assert spoken(written, language) == [said]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Es war schön."),
        ("de", "1. Milch kaufen"),
        ("de", "Das kostet 3.50 Euro auf www.test.de heute."),
        ("en", "1. Buy milk"),
        ("tr", "Evet."),
    ],
)
def test_other_dots_stay(language: str, text: str) -> None:
    assert spoken(text, language) == [text]


def test_an_abbreviation_at_the_end_is_said_and_ends_the_sentence() -> None:
    assert spoken("Wir kaufen Brot usw.", "de") == ["Wir kaufen Brot und so weiter."]


def test_the_first_day_of_a_month_may_stand_at_the_start() -> None:
    assert spoken("1. Mai ist frei.", "de") == ["erster Mai ist frei."]


def test_what_is_said_stands_for_the_abbreviation_with_its_dots() -> None:
    (sentence,) = read_sentences("Am 3. Mai mit J. Bach, z. B. heute", "de")
    for said, written in (("dritten", "3."), ("J", "J."), ("zum Beispiel", "z. B.")):
        at = sentence.spoken.index(said)
        start, end = sentence.written_range(at, at + len(said))
        assert sentence.written[start:end] == written


def test_an_ordinal_that_is_asked_for_is_said_where_its_word_is_known() -> None:
    assert read_as("3", "ordinal", "tr") == "üçüncü"
    assert read_as("3", "ordinal", "cs") == "3."
    assert read_as("300", "ordinal", "de") == "300."


def test_a_text_full_of_dots_is_read_whole() -> None:
    assert "".join(spoken("z. B. " * 800, "de")).count("zum Beispiel") >= 790

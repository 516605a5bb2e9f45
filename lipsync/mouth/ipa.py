"""Letters of the phonetic alphabet in, eSpeak's mnemonics of the same mouth out.

Piper's voices name phonemes by IPA; `lipsync.mouth.phonemes` knows mnemonics. The table
has every letter of the maps that Piper's voices are published with (one map serves all of
its languages). Strings only; what a sound looks like stands in `phonemes`.
"""

STRESS = "ˈˌ"

_SAME_MOUTH: tuple[tuple[str, str], ...] = (
    ("A", "ɑ"),
    ("a", "a æ ɶ"),
    ("e", "e ɛ ε"),
    ("i", "i"),
    ("I", "ɪ ᵻ ɨ"),
    ("u", "u ʉ ɯ"),
    ("U", "ʊ ʏ"),
    ("o", "o ɔ ɤ ɵ"),
    ("0", "ɒ"),
    ("V", "ʌ ɐ"),
    ("@", "ə ɘ"),
    ("3", "ɜ ɞ ɚ ɝ"),
    # Rounded as "u" is, with the tongue of "i" and "e".
    ("u", "y"),
    ("o", "ø œ"),
    ("p", "p b m ɓ ʙ ʘ ɸ β"),
    ("f", "f v ɱ ʋ ⱱ"),
    ("T", "θ ð ǀ"),
    ("t", "t d n ɖ ɗ ʈ ɳ ǂ ǃ"),
    ("l", "l ɫ ɬ ɭ ɮ ʟ ɺ ǁ"),
    ("R", "r ɾ ɽ"),
    ("s", "s z ʦ"),
    ("S", "ʃ ʒ ʂ ʐ ɕ ʑ ɧ"),
    ("tS", "tʃ dʒ"),
    ("r", "ɹ ɻ"),
    ("k", "k g ɡ x q c ɟ ɠ ɢ ɣ ɰ ŋ ɴ χ X ʁ ʀ ʄ ʛ ʡ ç ʝ ɲ"),
    ("h", "h ħ ɦ ʔ ʕ ʜ ʢ"),
    ("j", "j ʎ"),
    ("w", "w ʍ ɥ"),
)

MNEMONICS: dict[str, str] = {
    letter: mnemonic for mnemonic, letters in _SAME_MOUTH for letter in letters.split()
}

_LENGTHS_AND_COLOURS = "ːˑʲʰʷˤ˞̧̪̯̩̺̻̝̃̊"
"""Marks that change the letter before them and have no mouth of their own."""

AFFRICATES = ("tʃ", "dʒ")


def is_letter(char: str) -> bool:
    """Tell whether a character is heard by itself."""
    return char in MNEMONICS


def is_modifier(char: str) -> bool:
    """Tell whether a character belongs to the letter before it."""
    return char in _LENGTHS_AND_COLOURS


def mnemonic_of(symbol: str) -> str | None:
    """Return the mnemonic of an IPA symbol without its stress; None for what is no IPA.

    A symbol is a letter, an affricate, or either with its modifiers: "ɑ", "eː", "tʃ", "tʰ".
    Several letters of ASCII are another notation's.
    """
    bare = symbol.rstrip(_LENGTHS_AND_COLOURS)
    if not bare or (len(symbol) > 1 and symbol.isascii()):
        return None
    return MNEMONICS.get(bare) or MNEMONICS.get(bare[0])

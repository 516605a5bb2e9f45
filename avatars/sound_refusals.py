"""Why an upload of sound is refused, in English and in Persian: what was wrong, what is allowed, what to do.

The sentences of `avatars.sound_format` and `avatars.sound_decoder`; how one is put together is
`avatars.intake_refusals`' affair.
"""

from collections.abc import Mapping
from typing import Final

from avatars.errors import IntakeRefused
from avatars.intake_refusals import SENTENCES, Sentence, put_together

ALLOWED_EN: Final = (
    "Sound may be WAV, MP3, Ogg (Vorbis, Opus, FLAC), M4A, FLAC or WebM, or be the sound of an MP4, MOV or "
    "MKV video."
)
ALLOWED_FA: Final = (
    "صدای WAV، MP3، Ogg، M4A، FLAC یا WebM و صدای ویدیوی MP4، MOV یا MKV پذیرفته می‌شود."
)

SOUND_SENTENCES: Final[Mapping[str, Sentence]] = {
    "empty": SENTENCES["empty"],
    "too_many_bytes": SENTENCES["too_many_bytes"],
    "truncated": SENTENCES["truncated"],
    "broken": SENTENCES["broken"],
    "too_costly": SENTENCES["too_costly"],
    "unreadable": SENTENCES["unreadable"],
    "wrong_kind": Sentence(
        "This is {kind}, whatever its name says. Save the sound in one of the allowed kinds.",
        "این فایل، با هر نامی که دارد، {kind} است. صدا را با یکی از قالب‌های مجاز ذخیره کنید.",
        allowed=True,
    ),
    "polyglot": Sentence(
        "In or behind this {kind} there is something else ({hidden}). Open it in another program, save the "
        "sound anew, and upload that.",
        "درون یا پس از این {kind} چیز دیگری ({hidden}) هست. آن را در برنامه‌ای دیگر باز کنید، صدا را دوباره "
        "ذخیره کنید و بفرستید.",
    ),
    "other_files": Sentence(
        "This file names other files instead of holding its own sound ({hidden}). Export a file that holds "
        "everything itself.",
        "این فایل به‌جای صدای خودش، به فایل‌های دیگر اشاره می‌کند ({hidden}). فایلی بسازید که همه‌چیز درون "
        "خودش باشد.",
        allowed=True,
    ),
    "too_many_streams": Sentence(
        "The file holds {count} tracks; {limit} are allowed. Export it with one track of sound.",
        "فایل {count} مسیر دارد و تا {limit} مسیر پذیرفته می‌شود. آن را با یک مسیر صدا خروجی بگیرید.",
    ),
    "no_sound": Sentence(
        "There is no sound in this {kind}. Choose a file with a voice in it, or record it anew.",
        "در این {kind} هیچ صدایی نیست. فایلی برگزینید که گفتاری در آن باشد، یا دوباره ضبط کنید.",
        allowed=True,
    ),
    "no_length": Sentence(
        "The sound in this {kind} lasts no time at all. Record it again and upload that.",
        "طول صدای این {kind} صفر است. آن را دوباره ضبط کنید و بفرستید.",
    ),
    "silent": Sentence(
        "Nothing is to be heard in this file: it is silent from beginning to end. Look at the microphone, "
        "record it again and upload that.",
        "در این فایل چیزی شنیده نمی‌شود و از آغاز تا پایان ساکت است. میکروفون را وارسی کنید، دوباره ضبط "
        "کنید و بفرستید.",
    ),
    "too_short": Sentence(
        "The sound lasts {milliseconds} ms; {limit} ms are needed at least. Record something longer.",
        "طول صدا {milliseconds} هزارم ثانیه است و دست‌کم {limit} هزارم لازم است. چیزی بلندتر ضبط کنید.",
    ),
    "too_long": Sentence(
        "The sound lasts longer than {limit} minutes. Cut it into parts of up to {limit} minutes, and upload "
        "each of them.",
        "صدا از {limit} دقیقه بلندتر است. آن را به بخش‌هایی تا {limit} دقیقه ببرید و هر یک را بفرستید.",
    ),
    "codec": Sentence(
        "The sound is coded as {codec}, which is not read here. Export it as WAV, MP3, AAC, Opus or FLAC.",
        "صدا با {codec} فشرده شده که اینجا خوانده نمی‌شود. آن را WAV، MP3، AAC، Opus یا FLAC خروجی بگیرید.",
    ),
    "channels": Sentence(
        "The sound has {count} channels; {limit} are allowed. Export it as mono or stereo.",
        "صدا {count} کانال دارد و تا {limit} کانال پذیرفته می‌شود. آن را تک‌کاناله یا استریو خروجی بگیرید.",
    ),
    "rate": Sentence(
        "The sound has {rate} samples a second; {least} to {most} are allowed. Export it at 48000.",
        "صدا {rate} نمونه در ثانیه دارد و از {least} تا {most} پذیرفته می‌شود. آن را با ۴۸۰۰۰ خروجی بگیرید.",
    ),
}
"""Every code, with what is said for it."""


def sound_refused(code: str, values: Mapping[str, object], detail: str = "") -> IntakeRefused:
    """Return the refusal of a recording by its code, with its values put in. Raises as `refused`."""
    return put_together(SOUND_SENTENCES, (ALLOWED_EN, ALLOWED_FA), code, values, detail)

"""Why an upload is refused, in English and in Persian: what was wrong, what is allowed, what to do.

A code and its values in, an `IntakeRefused` out. The child sends codes and values only; the
sentences are put together here, so nothing that an upload holds is shown as if we had said it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from avatars.errors import IntakeRefused

ALLOWED_EN: Final = "Photos may be JPEG, PNG, WebP, AVIF or HEIC; videos MP4, MOV, AVI, WebM or MKV."
ALLOWED_FA: Final = "عکس JPEG، PNG، WebP، AVIF یا HEIC و ویدیوی MP4، MOV، AVI، WebM یا MKV پذیرفته می‌شود."

_LONGEST_VALUE: Final = 40

Value = str | int | float


class Refusal(Exception):
    """An upload is refused, inside the child: a code of `SENTENCES` and the values in it."""

    def __init__(self, code: str, **values: Value) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said for a code, with the names of its values in braces."""

    en: str
    fa: str
    allowed: bool = False
    """Whether the kinds that are accepted are said at its end."""


SENTENCES: Final[Mapping[str, Sentence]] = {
    "empty": Sentence(
        "The file is empty. Choose the file again and upload it.",
        "فایل خالی است. فایل را دوباره انتخاب و بارگذاری کنید.",
    ),
    "too_many_bytes": Sentence(
        "The file has {megabytes} MB; {limit} MB are allowed. Shorten it or save it smaller.",
        "حجم فایل {megabytes} مگابایت است و تا {limit} مگابایت پذیرفته می‌شود. آن را کوتاه‌تر یا "
        "کم‌حجم‌تر کنید.",
    ),
    "wrong_kind": Sentence(
        "This is {kind}, whatever its name says. Save the picture in one of the allowed kinds.",
        "این فایل، با هر نامی که دارد، {kind} است. تصویر را با یکی از قالب‌های مجاز ذخیره کنید.",
        allowed=True,
    ),
    "polyglot": Sentence(
        "Inside this {kind} there is another file ({hidden}). Export the picture or video alone, "
        "without attachments (a phone's moving photos: switch the motion off), and upload that.",
        "درون این {kind} فایل دیگری ({hidden}) هست. تصویر یا ویدیو را به‌تنهایی و بدون پیوست خروجی بگیرید "
        "(در عکس متحرک گوشی، حرکت را خاموش کنید) و همان را بفرستید.",
    ),
    "other_files": Sentence(
        "This file names other files instead of holding its own picture ({hidden}). Export a video that "
        "holds everything itself.",
        "این فایل به‌جای تصویر خودش، به فایل‌های دیگر اشاره می‌کند ({hidden}). ویدیویی بسازید که همه‌چیز درون "
        "خودش باشد.",
        allowed=True,
    ),
    "animated": Sentence(
        "This {kind} is an animation. Upload one still photo, or a video.",
        "این {kind} پویانمایی است. یک عکس ثابت یا یک ویدیو بفرستید.",
        allowed=True,
    ),
    "truncated": Sentence(
        "This {kind} ends too early: a part of it is missing. Copy or download it again, whole, "
        "and upload it.",
        "این {kind} ناتمام است و بخشی از آن نرسیده. آن را دوباره و کامل کپی یا دریافت کنید و بفرستید.",
    ),
    "broken": Sentence(
        "This {kind} is damaged and cannot be read whole. Open it in another program, save it "
        "anew, and upload that.",
        "این {kind} آسیب دیده و کامل خوانده نمی‌شود. آن را در برنامه‌ای دیگر باز کنید، دوباره "
        "ذخیره کنید و بفرستید.",
    ),
    "too_many_pixels": Sentence(
        "The picture is {width}x{height} pixels; {limit} million in all are allowed. Save it smaller.",
        "اندازهٔ تصویر {width} در {height} پیکسل است و تا {limit} میلیون پیکسل پذیرفته می‌شود. "
        "آن را کوچک‌تر ذخیره کنید.",
    ),
    "too_small": Sentence(
        "The picture is {width}x{height} pixels; its shorter side needs at least {limit}. Choose "
        "a larger one.",
        "اندازهٔ تصویر {width} در {height} پیکسل است و ضلع کوتاه آن باید دست‌کم {limit} باشد. "
        "تصویر بزرگ‌تری انتخاب کنید.",
    ),
    "too_long": Sentence(
        "The video lasts longer than {limit} seconds. Cut it to the best part, 5 to {limit} seconds.",
        "ویدیو از {limit} ثانیه بلندتر است. بهترین بخش آن را، از ۵ تا {limit} ثانیه، ببرید.",
    ),
    "too_many_frames": Sentence(
        "The video has more than {limit} pictures. Save it with at most 60 pictures a second, or shorter.",
        "ویدیو بیش از {limit} فریم دارد. آن را با حداکثر ۶۰ فریم در ثانیه یا کوتاه‌تر ذخیره کنید.",
    ),
    "too_many_streams": Sentence(
        "The video holds {count} tracks; {limit} are allowed. Export it with one picture and one sound.",
        "ویدیو {count} مسیر دارد و تا {limit} مسیر پذیرفته می‌شود. آن را با یک تصویر و یک صدا خروجی بگیرید.",
    ),
    "no_picture": Sentence(
        "There must be exactly one picture track; this file has {count}. Export a video of one camera.",
        "فایل باید درست یک مسیر تصویر داشته باشد، ولی {count} مسیر دارد. ویدیوی یک دوربین را بفرستید.",
    ),
    "codec": Sentence(
        "The video is coded as {codec}, which is not read here. Export it as H.264, HEVC, VP9 or AV1.",
        "ویدیو با {codec} فشرده شده که اینجا خوانده نمی‌شود. آن را با H.264، HEVC، VP9 یا AV1 خروجی بگیرید.",
    ),
    "too_costly": Sentence(
        "Reading this file takes more time or memory than is allowed. Save it smaller or shorter.",
        "خواندن این فایل بیش از اندازهٔ مجاز زمان یا حافظه می‌گیرد. آن را کوچک‌تر یا کوتاه‌تر ذخیره کنید.",
    ),
    "unreadable": Sentence(
        "This file cannot be read. Open it in another program, save it anew, and upload that.",
        "این فایل خوانده نمی‌شود. آن را در برنامه‌ای دیگر باز کنید، دوباره ذخیره کنید و بفرستید.",
        allowed=True,
    ),
    "no_such_face": Sentence(
        "Face number {asked} was chosen, but {count} were found. Choose one of them.",
        "چهرهٔ شمارهٔ {asked} انتخاب شده، ولی {count} چهره پیدا شد. یکی از آن‌ها را انتخاب کنید.",
    ),
    "face_unusable": Sentence(
        "The face cannot be used: {reason_en}",
        "این چهره قابل استفاده نیست: {reason_fa}",
    ),
}
"""Every code, with what is said for it."""

_FREE: Final = ("reason_en", "reason_fa")
"""Values that are sentences of `lipsync.face.report`, longer than names are."""


def refused(code: str, values: Mapping[str, object], detail: str = "") -> IntakeRefused:
    """Return the refusal of a picture or a video by its code, with its values put in.

    Raises:
        ValueError: there is no such code, or a value is missing or not one that is written.
    """
    return put_together(SENTENCES, (ALLOWED_EN, ALLOWED_FA), code, values, detail)


def put_together(
    sentences: Mapping[str, Sentence],
    kinds: tuple[str, str],
    code: str,
    values: Mapping[str, object],
    detail: str = "",
) -> IntakeRefused:
    """Return the refusal of a code of a table, with its values put in; see `refused`.

    Args:
        sentences: every code, with what is said for it.
        kinds: which kinds are accepted, in English and in Persian.
    """
    if code not in sentences:
        raise ValueError(f"no refusal {code!r}; known: {sorted(sentences)}")
    sentence = sentences[code]
    shown = {name: _shown(name, value) for name, value in values.items()}
    try:
        message_en, message_fa = sentence.en.format_map(shown), sentence.fa.format_map(shown)
    except KeyError as error:
        raise ValueError(f"refusal {code!r} lacks the value {error}") from error
    if sentence.allowed:
        message_en, message_fa = f"{message_en} {kinds[0]}", f"{message_fa} {kinds[1]}"
    return IntakeRefused(code, message_en, message_fa, detail)


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"value {name!r} of a refusal is {type(value).__name__}")
    text = "".join(letter for letter in str(value) if letter.isprintable() or letter == "\u200c")
    return text[: 400 if name in _FREE else _LONGEST_VALUE]

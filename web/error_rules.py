"""One table: our errors to HTTP status, problem type, title and close code.

What an error itself tells goes beside these (`web.errors`). What stands in no table is a fault of
ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import kombu.exceptions
import redis.exceptions
import simple_websocket
import sqlalchemy.exc
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from avatars.errors import (
    AvatarBusy,
    AvatarError,
    AvatarTaken,
    BadAvatarId,
    BatchesFull,
    BatchWrong,
    LexiconFull,
    ObjectMissing,
    QuarantineFull,
    RecordingBusy,
    RecordingNotReady,
    StorageError,
    TooManyParts,
    TooManyPending,
    UnknownAvatar,
    UnknownRecording,
    UnknownUpload,
    UploadAhead,
    UploadTooLong,
    UploadUnfinished,
)
from avatars.keys import KeyRefused
from lipsync.text.errors import (
    EntriesWrong,
    EntryWrong,
    MarkupRefused,
    TextBroken,
    TextEmpty,
    TextError,
    TextSilent,
    TextTooLong,
)
from tasks.catalogue import (
    CaptionsUndrawable,
    NoWorkerYet,
    UnknownEngine,
    UnknownLanguage,
    UnknownSize,
    UnknownVoice,
)
from tasks.errors import QueueFull, StreamGone, StreamUnreachable
from web import auth, bodies, refusals, tokens
from web.protocol import BadWatch, CloseCode


@dataclass(frozen=True, slots=True)
class Rule:
    """How one condition is told."""

    status: int
    slug: str
    title: str
    fa: str
    close: CloseCode = CloseCode.NOT_ALLOWED


_HANDSHAKE: Final = Rule(
    400,
    "bad-handshake",
    "WebSocket handshake is wrong",
    "دست‌دادن وب‌سوکت درست نیست.",
)

_ENTRY_WRONG: Final = Rule(
    422,
    "lexicon-wrong",
    "Entry of a lexicon is wrong",
    "واژه یا گفتار آن پذیرفته نیست و چیزی نوشته نشد؛ فهرست errors را ببینید.",
)

RULES: Final[Mapping[type[Exception], Rule]] = {
    # What came in
    bodies.NotJson: Rule(
        400,
        "not-json",
        "Body is not JSON",
        "بدنهٔ درخواست JSON نیست؛ یک شیء JSON با UTF-8 بفرستید، هر فیلد یک بار.",
    ),
    bodies.WrongFields: Rule(
        400,
        "wrong-fields",
        "Fields are wrong",
        "فیلدی کم، ناشناخته یا از نوع دیگری است؛ فهرست errors را ببینید.",
    ),
    bodies.WrongContentType: Rule(
        415,
        "wrong-content-type",
        "Content type is not JSON",
        "سرآیند Content-Type باید application/json باشد.",
    ),
    bodies.NeitherJsonNorTable: Rule(
        415, "neither-json-nor-table", "Content type is neither JSON nor a table",
        "سرآیند Content-Type باید application/json یا text/tab-separated-values باشد.",
    ),
    bodies.NotUtf8: Rule(
        400, "not-utf-8", "Table is not in UTF-8", "جدول UTF-8 نیست؛ آن را با UTF-8 بفرستید."
    ),
    EntryWrong: _ENTRY_WRONG,
    EntriesWrong: _ENTRY_WRONG,
    LexiconFull: Rule(
        409, "lexicon-full", "Lexicon is full", "واژه‌نامه جایی برای این همه ندارد؛ برخی را بردارید."
    ),
    refusals.NullInAddress: Rule(
        400,
        "null-in-address",
        "Address has a null character",
        "در نشانی نویسهٔ تهی (%00) هست؛ نام هیچ چیزی در اینجا آن را ندارد.",
    ),
    refusals.BadPage: Rule(
        400, "bad-page", "Page is wrong", "مقدار limit عددی از ۱ تا ۱۰۰ است و after همان next صفحهٔ پیش."
    ),
    TextEmpty: Rule(422, "text-empty", "Text is empty", "متن خالی است؛ دست‌کم یک واژه بنویسید."),
    TextSilent: Rule(422, "text-silent", "Nothing to say aloud", "در متن هیچ حرف یا رقمی برای گفتن نیست."),
    TextTooLong: Rule(
        422, "text-too-long", "Text is too long", "متن بلندتر از اندازهٔ مجاز است؛ آن را بخش‌بخش بفرستید."
    ),
    TextBroken: Rule(
        422, "text-broken", "Text holds a broken character", "در متن نویسه‌ای نادرست هست؛ آن را بردارید."
    ),
    MarkupRefused: Rule(
        422, "ssml-wrong", "SSML is not what is taken",
        "برچسب‌های SSML درست نیست؛ position جای آن و allowed آنچه را رواست می‌گوید.",
    ),
    TextError: Rule(422, "text-refused", "Text cannot be spoken", "این متن را نمی‌توان گفت."),
    UnknownAvatar: Rule(
        422, "unknown-avatar", "Avatar is unknown", "چنین چهره‌ای نیست؛ یکی از فهرست known را برگزینید."
    ),
    UnknownVoice: Rule(
        422, "unknown-voice", "Voice is unknown", "چنین صدایی نیست؛ یکی از فهرست known را برگزینید."
    ),
    UnknownLanguage: Rule(
        422, "unknown-language", "Language is unknown",
        "صدایی از این زبان نیست؛ یکی از فهرست known را برگزینید.",
    ),
    refusals.VoiceOfAnotherLanguage: Rule(
        422, "voice-of-another-language", "Voice speaks another language",
        "زبان این صدا زبان متن نیست؛ voice را نفرستید یا یکی از فهرست known را برگزینید.",
    ),
    refusals.VoiceCannotSpeak: Rule(
        422,
        "voice-cannot-speak",
        "Voice does not speak this script",
        "این صدا هیچ حرفی از متن را نمی‌خواند؛ صدایی از زبان متن برگزینید.",
    ),
    UnknownEngine: Rule(422, "unknown-engine", "Engine is unknown", "موتور این چهره در دسترس نیست."),
    CaptionsUndrawable: Rule(
        422, "captions-undrawable", "Captions cannot be drawn",
        "هیچ کارگری قلم زیرنویس ندارد؛ scripts/fonts.sh را اجرا کنید یا burned را نفرستید.",
    ),
    UnknownSize: Rule(
        422, "unknown-size", "Size is unknown", "چنین اندازه‌ای نیست؛ یکی از فهرست known را برگزینید."
    ),
    refusals.TextOrRecording: Rule(
        422, "text-or-recording", "Either text or recording",
        "یا text بفرستید یا recording؛ نه هر دو و نه هیچ‌کدام.",
    ),
    refusals.TranscriptAlone: Rule(
        422, "transcript-alone", "Transcript without recording",
        "transcript تنها همراه recording معنا دارد؛ متن گفتنی را در text بفرستید.",
    ),
    refusals.NotForRecordings: Rule(
        422, "not-for-recordings", "Fields do not go with a recording",
        "این فیلدها برای صدای ضبط‌شده نیست، که همان‌گونه که هست پخش می‌شود؛ آن‌ها را نفرستید.",
    ),
    refusals.NothingToBurn: Rule(
        422, "nothing-to-burn", "No transcript to draw",
        "برای زیرنویسِ درون تصویر، متن صدا را در transcript بفرستید یا burned را نفرستید.",
    ),
    UnknownRecording: Rule(
        422, "unknown-recording", "Recording is unknown",
        "چنین صدایی میان صداهای شما نیست؛ یکی از فهرست known را برگزینید یا صدایی بفرستید.",
    ),
    RecordingNotReady: Rule(
        422, "recording-not-ready", "Recording cannot be spoken now",
        "این صدا هنوز آماده نیست، پذیرفته نشده یا دیگر نگه داشته نمی‌شود؛ state را ببینید.",
    ),
    RecordingBusy: Rule(
        409, "recording-busy", "Recording is being spoken",
        "گفتاری از این صدا در جریان است؛ آن را لغو کنید یا تا پایانش درنگ کنید.",
    ),
    BadAvatarId: Rule(
        422, "bad-avatar-id", "Avatar id is wrong",
        "شناسهٔ چهره ۱ تا ۶۴ نویسه از a-z، 0-9 و «-» است و با حرف یا رقم آغاز می‌شود.",
    ),
    refusals.FileMissing: Rule(
        400, "file-wrong", "File is missing or not asked for", "یک فایل با نام file بفرستید."
    ),
    refusals.BadUploadHeader: Rule(
        400, "bad-upload-header", "Header of an upload is wrong",
        "سرآیند بارگذاری درست نیست؛ detail را ببینید.",
    ),
    refusals.ForeignTus: Rule(
        412, "foreign-tus", "Upload protocol is another", "نسخهٔ ۱٫۰٫۰ پروتکل tus پذیرفته می‌شود."
    ),
    refusals.ChecksumWrong: Rule(
        460, "checksum-wrong", "Checksum does not match",
        "بایت‌ها با چک‌سام نمی‌خواند؛ همان بخش را دوباره بفرستید.",
    ),
    UploadTooLong: Rule(
        413, "upload-too-long", "Upload is too long",
        "فایل بزرگ‌تر از اندازهٔ مجاز است؛ کوتاه‌تر یا کم‌حجم‌ترش کنید.",
    ),
    UploadAhead: Rule(
        409, "upload-ahead", "Upload stands elsewhere", "بارگذاری در بایت دیگری است؛ از همان‌جا ادامه دهید."
    ),
    UploadUnfinished: Rule(
        409, "upload-unfinished", "Upload is not whole", "بارگذاری ناتمام است؛ نخست بقیهٔ آن را بفرستید."
    ),
    TooManyParts: Rule(
        409, "too-many-parts", "Upload is in too many pieces",
        "بارگذاری تکه‌های بسیار دارد؛ با تکه‌های بزرگ‌تر از نو بفرستید.",
    ),
    AvatarTaken: Rule(
        409, "avatar-taken", "Avatar name is taken", "این نام از آنِ دیگری است؛ نامی دیگر برگزینید."
    ),
    AvatarBusy: Rule(
        409, "avatar-busy", "Avatar is being registered",
        "این چهره در حال ثبت است؛ پس از پایان آن دوباره بخواهید.",
    ),
    BatchWrong: Rule(
        422, "batch-wrong", "Items cannot be registered",
        "برخی از فایل‌های دسته را نمی‌توان ثبت کرد و هیچ‌یک آغاز نشد؛ فهرست errors را ببینید.",
    ),
    refusals.NotYourAvatar: Rule(
        403, "not-your-avatar", "Avatar is another's", "تنها صاحب چهره می‌تواند آن را تغییر دهد."
    ),
    refusals.HouseForAdmins: Rule(
        403, "house-for-admins", "House's lexicon is for admins", "واژه‌نامهٔ همگانی تنها برای مدیران است."
    ),
    # Who came
    auth.NotSignedIn: Rule(
        401, "not-signed-in", "Token is missing", "توکن همراه درخواست نیست؛ از ‎/v1/tokens توکن بگیرید."
    ),
    auth.KeyMissing: Rule(
        401, "key-missing", "Key is missing", "کلید API همراه درخواست نیست؛ آن را بفرستید."
    ),
    auth.KeyInsteadOfToken: Rule(
        401,
        "key-instead-of-token",
        "Key instead of token",
        "به‌جای کلید API توکن لازم است؛ از ‎/v1/tokens بگیرید.",
    ),
    auth.LoginLinkUsed: Rule(
        401, "login-link-used", "Login link is used up", "این پیوند ورود به کار رفته یا کهنه است."
    ),
    tokens.TokenExpired: Rule(
        401, "token-expired", "Token has expired", "زمان توکن گذشته است؛ توکن تازه بگیرید."
    ),
    tokens.TokenForged: Rule(401, "token-forged", "Token is not valid", "توکن معتبر نیست؛ توکن تازه بگیرید."),
    KeyRefused: Rule(401, "key-refused", "Key is not valid", "کلید API معتبر نیست."),
    auth.ForeignOrigin: Rule(
        403, "foreign-origin", "Origin is not allowed", "این مبدأ در فهرست مبدأهای مجاز نیست."
    ),
    auth.TooManyFailures: Rule(
        429, "too-many-failures", "Too many refused keys", "کلیدهای نادرست بسیار؛ یک دقیقه درنگ کنید."
    ),
    # What was asked for
    refusals.NoSuchUtterance: Rule(
        404, "no-such-utterance", "Utterance not found", "چنین گفتاری میان گفتارهای شما نیست."
    ),
    UnknownUpload: Rule(
        404, "no-such-upload", "Upload not found",
        "چنین بارگذاری‌ای میان بارگذاری‌های شما نیست؛ از نو آغاز کنید.",
    ),
    refusals.NotReadyYet: Rule(
        404, "not-ready-yet", "File is not there yet",
        "این فایل هنوز نیست؛ registration پیشرفت ثبت را می‌گوید.",
    ),
    refusals.NoSuchAvatar: Rule(404, "no-such-avatar", "Avatar not found", "چنین چهره‌ای نیست."),
    refusals.NoSuchRecording: Rule(
        404, "no-such-recording", "Recording not found", "چنین صدایی میان صداهای شما نیست."
    ),
    refusals.NoSuchBatch: Rule(404, "no-such-batch", "Batch not found", "چنین دسته‌ای میان دسته‌های شما نیست."),
    refusals.TextNotOpen: Rule(
        409, "text-not-open", "Text came whole",
        "این متن یکجا آمده است و چیزی به آن افزوده نمی‌شود؛ با open: true بفرستید.",
    ),
    refusals.TextEnded: Rule(
        409, "text-ended", "Text has ended", "این متن پایان یافته است؛ گفتاری تازه بفرستید."
    ),
    refusals.UtteranceOver: Rule(
        409, "utterance-over", "Utterance is over",
        "این گفتار لغو شده یا شکست خورده است؛ گفتاری تازه بفرستید.",
    ),
    refusals.MayOnlyWatch: Rule(
        403, "may-only-watch", "Ticket is for watching",
        "این بلیت تنها برای دیدن است؛ با text.ticket یا بلیتی با write: true بنویسید.",
    ),
    refusals.TextElsewhere: Rule(
        409, "text-elsewhere", "Text stands elsewhere",
        "متن در جای دیگری است؛ از نویسهٔ length ادامه دهید.",
    ),
    refusals.TooManyAppends: Rule(
        429, "too-many-appends", "Text comes in too many pieces",
        "متن تکه‌تکه و بسیار تند می‌آید؛ چند تکه را یکی کنید.", CloseCode.DRAIN,
    ),
    refusals.NoSuchWord: Rule(404, "no-such-word", "Word not found", "چنین واژه‌ای در واژه‌نامه نیست."),
    refusals.NotFinished: Rule(
        409, "not-finished", "File is not there yet", "فایل هنوز آماده نیست؛ کمی بعد دوباره بخواهید."
    ),
    refusals.NeverFinished: Rule(
        409, "never-finished", "There is no file", "این گفتار بی‌فایل پایان یافت؛ دوباره بفرستید."
    ),
    refusals.NoCaptions: Rule(
        404, "no-captions", "There are no captions", "این گفتار بی‌زیرنویس خواسته شده بود."
    ),
    refusals.NoSampleYet: Rule(
        404,
        "no-sample-yet",
        "There is no sample yet",
        "هنوز نمونه‌ای از این صدا نیست؛ کمی بعد دوباره بخواهید.",
    ),
    refusals.NoSuchVoice: Rule(
        404, "no-such-voice", "Voice is unknown", "چنین صدایی نیست؛ یکی از فهرست known را برگزینید."
    ),
    refusals.FileExpired: Rule(
        410,
        "file-expired",
        "File was removed",
        "زمان نگه‌داری فایل گذشته است؛ دوباره بفرستید.",
        CloseCode.GONE,
    ),
    refusals.KeyReused: Rule(
        409, "key-reused", "Idempotency key reused", "این Idempotency-Key با بدنهٔ دیگری به کار رفته است."
    ),
    refusals.NotASocket: Rule(426, "not-a-socket", "WebSocket needed", "این نشانی وب‌سوکت است."),
    StreamGone: Rule(
        410,
        "stream-gone",
        "Stream is gone",
        "این جریان دیگر نگه داشته نمی‌شود؛ فایل را بگیرید.",
        CloseCode.GONE,
    ),
    ObjectMissing: Rule(404, "file-missing", "File not found", "فایل پیدا نشد.", CloseCode.GONE),
    simple_websocket.ConnectionError: _HANDSHAKE,
    RemoteProtocolError: _HANDSHAKE,
    LocalProtocolError: _HANDSHAKE,
    BadWatch: Rule(400, "bad-watch", "First message is wrong", "نخستین پیام سوکت درست نیست."),
    # What cannot be done now
    refusals.ServiceLeaving: Rule(
        503,
        "service-leaving",
        "The service is stopping",
        "سامانه در حال خاموش شدن است؛ پس از روشن شدن دوباره بفرستید.",
        CloseCode.DRAIN,
    ),
    QueueFull: Rule(
        429, "queue-full", "Queue is full", "صف پر است؛ کمی بعد دوباره بفرستید.", CloseCode.DRAIN
    ),
    TooManyPending: Rule(
        429, "too-many-pending", "Too many registrations wait",
        "ثبت‌های در انتظار شما بسیار است؛ پس از پایان یکی دوباره بفرستید.", CloseCode.DRAIN,
    ),
    BatchesFull: Rule(
        429, "batches-full", "Files of batches fill their line",
        "فایل‌های در انتظارِ دسته‌های شما جایی برای این همه نگذاشته است؛ کمتر بفرستید یا درنگ کنید.",
        CloseCode.DRAIN,
    ),
    QuarantineFull: Rule(
        429, "quarantine-full", "Uploads of yours fill their place",
        "بارگذاری‌های شما همهٔ جای خود را پر کرده است؛ برخی را ثبت کنید یا بردارید.", CloseCode.DRAIN,
    ),
    refusals.NoPlaceForUpload: Rule(
        503, "no-place-for-upload", "All places are taken", "همهٔ جاها پر است؛ کمی بعد دوباره بفرستید.",
        CloseCode.DRAIN,
    ),
    NoWorkerYet: Rule(
        503, "no-worker-yet", "No worker is ready yet", "هنوز هیچ کارگری آماده نیست.", CloseCode.DRAIN
    ),
    refusals.NoPlaceForSocket: Rule(
        503, "no-place", "All places are taken", "همهٔ جاها پر است؛ کمی بعد بازآیید.", CloseCode.DRAIN
    ),
    StreamUnreachable: Rule(
        503, "stream-unreachable", "Redis does not answer", "سامانه موقتاً در دسترس نیست.", CloseCode.DRAIN
    ),
    redis.exceptions.RedisError: Rule(
        503, "redis-unreachable", "Redis does not answer", "سامانه موقتاً در دسترس نیست.", CloseCode.DRAIN
    ),
    kombu.exceptions.OperationalError: Rule(
        503, "broker-unreachable", "Broker does not answer", "سامانه موقتاً در دسترس نیست.", CloseCode.DRAIN
    ),
    sqlalchemy.exc.OperationalError: Rule(
        503,
        "database-unreachable",
        "Database does not answer",
        "سامانه موقتاً در دسترس نیست.",
        CloseCode.DRAIN,
    ),
    sqlalchemy.exc.TimeoutError: Rule(
        503, "database-busy", "Database is busy", "سامانه موقتاً در دسترس نیست.", CloseCode.DRAIN
    ),
    StorageError: Rule(
        503, "storage-unreachable", "Storage does not answer", "انبار فایل در دسترس نیست.", CloseCode.DRAIN
    ),
    AvatarError: Rule(500, "avatar-broken", "Avatar is broken", "این چهره در دسترس نیست.", CloseCode.FAILED),
}

UNEXPECTED: Final = Rule(
    500, "unexpected", "Something went wrong here", "خطایی در سامانه رخ داد.", CloseCode.INTERNAL
)


def rule_for(error: BaseException) -> Rule:
    """Return how an error is told; the nearest class in the table counts."""
    for kind in type(error).__mro__:
        if issubclass(kind, Exception) and kind in RULES:
            return RULES[kind]
    return UNEXPECTED

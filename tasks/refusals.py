"""What an upload is refused for, in both languages: its own faults, and what lies not in it alone.

For registrations and recordings alike.
"""

from typing import Final

import structlog

from avatars.errors import (
    IntakeBroken,
    IntakeRefused,
    SandboxUnavailable,
    UnknownUpload,
    UploadUnfinished,
)
from avatars.registrations import Refusal

log = structlog.get_logger(__name__)

UNREADABLE: Final = (IntakeRefused, UnknownUpload, UploadUnfinished, SandboxUnavailable, IntakeBroken)
"""What reading an upload ends with that no further attempt would change."""

GAVE_UP: Final = Refusal(
    code="gave_up",
    en="Reading this file failed three times. Open it in another program, save it anew, and upload that.",
    fa="خواندن این فایل سه بار ناتمام ماند. آن را در برنامه‌ای دیگر باز کنید، دوباره ذخیره کنید و بفرستید.",
)
UPLOAD_GONE: Final = Refusal(
    code="upload_gone",
    en="The uploaded bytes are not there any more. Upload the file again.",
    fa="فایل بارگذاری‌شده دیگر در دسترس نیست. آن را دوباره بارگذاری کنید.",
)
NO_SANDBOX: Final = Refusal(
    code="no_sandbox",
    en="This machine cannot shut in the process that reads uploads, so nothing was read. Tell its operator.",
    fa="این دستگاه نمی‌تواند خواندن فایل‌ها را جداگانه و امن انجام دهد؛ فایل خوانده نشد. "
    "به گردانندهٔ سامانه بگویید.",
)
INTAKE_BROKEN: Final = Refusal(
    code="intake_broken",
    en="The process that reads uploads fails on this machine, whatever is uploaded. Tell its operator.",
    fa="فرایند خواندن فایل‌ها روی این دستگاه کار نمی‌کند و ایراد از فایل نیست. به گردانندهٔ سامانه بگویید.",
)
NO_MODELS: Final = Refusal(
    code="no_models",
    en="The models that find faces are not on this machine; `avatar assets pull` fetches them. "
    "Set the points of the face by hand, or upload again afterwards.",
    fa="مدل‌های یافتن چهره روی این دستگاه نیست؛ دستور avatar assets pull آن‌ها را می‌آورد. "
    "نقطه‌های چهره را دستی بگذارید یا پس از آن دوباره بفرستید.",
)
NEEDS_POINTS: Final = Refusal(
    code="needs_points",
    en="No face was found that can be drawn. Set the points of the face by hand, or choose a picture "
    "that shows the face from the front.",
    fa="چهره‌ای که بتوان کشید پیدا نشد. نقطه‌های چهره را دستی بگذارید یا عکسی روبه‌رو از چهره برگزینید.",
)
VIDEO_FACE: Final = Refusal(
    code="video_face",
    en="The face of a video avatar cannot be changed by hand. Upload a video of one face, from the front.",
    fa="چهرهٔ ویدیو را نمی‌توان دستی تغییر داد. ویدیویی روبه‌رو از یک چهره بفرستید.",
)


def points_unusable(reason: str) -> Refusal:
    """Return the refusal of points from which nothing can be drawn."""
    return Refusal(
        code="points_unusable",
        en=f"Nothing can be drawn from these points: {reason[:400]}. "
        "Move them onto the face and send them again.",
        fa="از این نقطه‌ها نمی‌توان چهره را کشید. آن‌ها را روی چهره جابه‌جا کنید و دوباره بفرستید.",
    )


def refusal_of(error: Exception) -> Refusal:
    """Return what somebody is told of an upload that could not be read; log what its operator must know.

    Args:
        error: one of `UNREADABLE`.
    """
    if isinstance(error, IntakeRefused):
        log.info("upload_refused", code=error.code, detail=error.detail)
        return Refusal(code=error.code, en=error.message_en, fa=error.message_fa)
    if isinstance(error, UnknownUpload | UploadUnfinished):
        return UPLOAD_GONE
    if isinstance(error, SandboxUnavailable):
        log.error("sandbox_unavailable", error=str(error))
        return NO_SANDBOX
    log.error("intake_broken", error=str(error))
    return INTAKE_BROKEN

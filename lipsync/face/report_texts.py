"""The words of a registration report, Persian and English."""

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "faces": ("تعداد چهره‌ها", "Faces in the picture"),
    "face_size": ("اندازهٔ چهره", "Size of the face"),
    "sharpness": ("وضوح", "Sharpness"),
    "light": ("نور", "Light"),
    "contrast_sides": ("یکنواختی نور دو طرف", "Light on both sides"),
    "yaw": ("چرخش به چپ و راست", "Turned left or right"),
    "pitch": ("نگاه به بالا و پایین", "Turned up or down"),
    "roll": ("کج بودن سر", "Leaning head"),
    "mouth_occluded": ("پیدا بودن دهان", "Mouth in view"),
    "mouth_open": ("بسته بودن دهان", "Mouth closed"),
    "steadiness": ("ثبات تصویر", "Steadiness"),
    "loop_seam": ("پیوستگی سر و ته ویدیو", "Where the loop closes"),
    "loop_length": ("طول تکه‌ای که تکرار می‌شود", "Length of the part that repeats"),
}
"""Name of a finding to its title, Persian and English."""

ADVICE: Final[Mapping[str, tuple[str, str]]] = {
    "no_face": (
        "چهره‌ای پیدا نشد. عکسی روشن و از روبه‌رو بفرستید، یا نقطه‌های چهره را خودتان روی عکس بگذارید.",
        "No face was found. Send a well-lit picture from the front, or set the points of the face by hand.",
    ),
    "faces": (
        "در عکس بیش از یک چهره هست و یکی انتخاب شده است. اگر چهرهٔ دیگری را می‌خواهید، همان را انتخاب کنید.",
        "There is more than one face, and one was chosen. If you meant another, choose that one.",
    ),
    "face_size": (
        "چهره در عکس کوچک است. عکسی از نزدیک‌تر یا با کیفیت بالاتر بفرستید.",
        "The face is small. Send a picture taken from nearer, or one with more pixels.",
    ),
    "sharpness": (
        "چهره تار است. عکسی واضح‌تر بفرستید که دوربین روی صورت تنظیم شده باشد.",
        "The face is blurred. Send a sharper picture, focused on the face.",
    ),
    "light_too_little": (
        "چهره تاریک است. رو به پنجره یا چراغ بایستید و دوباره عکس بگیرید.",
        "The face is dark. Take the picture again facing a window or a lamp.",
    ),
    "light_too_much": (
        "بخشی از چهره از شدت نور سفید شده است. نور را کمتر کنید یا از فلاش استفاده نکنید.",
        "Part of the face is burnt out. Use less light, or no flash.",
    ),
    "contrast_sides": (
        "نور فقط از یک طرف می‌تابد. طوری بایستید که هر دو طرف صورت روشن باشد.",
        "The light comes from one side. Stand so that both sides of the face are lit.",
    ),
    "yaw": (
        "صورت به یک طرف چرخیده است. عکسی از روبه‌رو بفرستید.",
        "The face is turned to the side. Send a picture from the front.",
    ),
    "pitch": (
        "سر زیاد بالا یا پایین است. هنگام عکس گرفتن مستقیم به دوربین نگاه کنید.",
        "The head is tilted up or down. Look straight into the camera.",
    ),
    "roll": (
        "سر کج است. عکس را بچرخانید تا چشم‌ها هم‌تراز شوند، یا عکس دیگری بفرستید.",
        "The head leans. Turn the picture until the eyes are level, or send another one.",
    ),
    "mouth_occluded": (
        (
            "به نظر می‌رسد چیزی جلوی دهان است. عکسی بفرستید که دست، ماسک یا میکروفون جلوی دهان نباشد، "
            "یا نقطه‌های لب را با دست درست کنید."
        ),
        (
            "Something seems to cover the mouth. Send a picture without a hand, a mask or a microphone "
            "in front of it, or correct the points of the lips by hand."
        ),
    ),
    "mouth_open": (
        "دهان باز است. با دهان بسته و آرام، نتیجه طبیعی‌تر می‌شود.",
        "The mouth is open. The result looks more natural with closed, relaxed lips.",
    ),
    "steadiness": (
        "تصویر می‌لرزد. دوربین را ثابت نگه دارید یا روی پایه بگذارید.",
        "The picture shakes. Hold the camera still, or put it on a stand.",
    ),
    "loop_seam": (
        (
            "آغاز و پایان ویدیو به هم نمی‌خورند و هنگام تکرار پرش دیده می‌شود. "
            "در پایان، سر را به همان حالت آغاز برگردانید."
        ),
        (
            "The beginning and the end of the video do not fit, so that its repetition jumps. "
            "End with the head as it was at the beginning."
        ),
    ),
    "loop_length": (
        (
            "تکهٔ پیوسته‌ای که چهره در تمام آن پیدا باشد، پیدا نشد یا خیلی کوتاه است؛ اگر از ویدیو تنها یک عکس "
            "برداشته شد، دلیلش همین است. ویدیویی بدون برش و دست‌کم ۴ ثانیه بفرستید که صورت همیشه در آن "
            "دیده شود."
        ),
        (
            "There is no long enough stretch without a cut in which the face is always in view; where only a "
            "still was taken of the video, this is why. Send 4 seconds or more in one shot, the face in view."
        ),
    ),
}
"""What to do about a finding that is not good, Persian and English."""

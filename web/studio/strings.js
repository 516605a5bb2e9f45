// Every word of the page, in both languages, and how numbers are written in them.

import { FACE_WORDS } from "./face_words.js";

const FA = {
  faces: FACE_WORDS.fa,
  title: "چهرهٔ گویا",
  tagline: "بنویسید، تا چهره‌ای بگوید",
  lead: "متن شما بی‌درنگ به گفتار و تصویر زنده تبدیل می‌شود.",
  api: "مستندات API",
  language: "زبان صفحه",
  avatar: "گوینده",
  text: "متن",
  placeholder: "متن خود را این‌جا بنویسید…",
  sound: {
    choose: "صدای ضبط‌شده",
    drop: "برداشتن صدا",
    transcript: "متن صدا (برای زیرنویس؛ اگر نباشد زیرنویس نیست)",
    sending: (n) => `در حال فرستادن، ${n}٪`,
    reading: (n) => `در حال خواندن، ${n}٪`,
    ready: (minutes, seconds) => (minutes === "۰" ? `${seconds} ثانیه` : `${minutes} دقیقه و ${seconds} ثانیه`),
    waiting: "صدا هنوز آماده نیست؛ کمی درنگ کنید.",
    nothing: "صدای ضبط‌شده",
  },
  samples: "چند نمونه",
  voice: "صدا",
  size: "اندازهٔ تصویر",
  sizeLater: "گفتهٔ بعدی با این اندازه ساخته می‌شود.",
  languages: { fa: "فارسی", en: "انگلیسی" },
  voiceFollows: (language, voice) => `این متن ${language} است؛ صدا: ${voice}.`,
  voiceDiffers: (language, voice) => `این متن ${language} است، ولی صدا «${voice}» است.`,
  voiceMissing: (voice) => `برای خط این متن صدایی نداریم؛ «${voice}» شاید تنها نام حرف‌ها را بگوید.`,
  voiceOther: (voice) => `با صدای «${voice}» بگو`,
  portrait: "عمودی",
  speak: "بگو",
  stop: "توقف",
  replay: "دوباره ببینید",
  video: "دریافت ویدئو",
  captions: "دریافت زیرنویس",
  srt: "زیرنویس SRT",
  burned: {
    title: "زیرنویس روی تصویر",
    sizes: "اندازهٔ زیرنویس",
    positions: "جای زیرنویس",
    marks: "واژهٔ در حال گفتن",
    back: { off: "بی‌زیرنویس", box: "در کادر", stroke: "با دورخط" },
    size: { 4: "ریز", 6: "میانه", 9: "درشت" },
    position: { bottom: "پایین", top: "بالا" },
    spoken: { marked: "واژه‌به‌واژه رنگی", plain: "یک‌رنگ" },
  },
  history: "گفته‌های پیشین",
  historyEmpty: "هنوز چیزی گفته نشده است.",
  stage: "صحنه",
  preview: (name) => `تصویر ${name}`,
  count: (n, most) => `${n} از ${most} نویسه`,
  tooLong: (n) => `${n} نویسه بیش از اندازه است`,
  firstChunk: "اولین تکه",
  firstPicture: "اولین تصویر",
  length: "مدت",
  ms: (n) => `${n} میلی‌ثانیه`,
  seconds: (n) => `${n} ثانیه`,
  state: {
    idle: "آماده",
    sending: "در حال فرستادن",
    waiting: "در حال آماده‌سازی",
    place: (n) => `در صف، نفر ${n}`,
    speaking: "در حال گفتن",
    stalled: "در انتظار ادامه",
    reconnecting: "ارتباط قطع شد؛ در حال وصل شدن دوباره",
    done: "پایان یافت",
    failed: "ناتمام ماند",
    cancelled: "متوقف شد",
  },
  blocked: "مرورگر پخش را نگه داشته است؛ روی تصویر بزنید.",
  signIn: "نخست وارد شوید",
  signInHow: "این صفحه با یک پیوند یک‌بارمصرف باز می‌شود. سامانه هنگام آغاز به کار این پیوند را در پایانه می‌نویسد:",
  signInThen: "پیوندی را که با \u2066/login?code=…\u2069 آمده است باز کنید؛ تا ده دقیقه معتبر است.",
  signInOr: "یا با کلید API وارد شوید",
  key: "کلید API",
  keyNote: "کلید تنها در حافظهٔ همین صفحه می‌ماند و با بستن آن فراموش می‌شود.",
  enter: "ورود",
  retry: "دوباره بکوشید",
  failedTitle: "این بار نشد",
  emptyText: "متنی بنویسید تا گفته شود.",
  silentText: "در این متن حرف یا رقمی نیست که گفته شود؛ چند واژه هم بنویسید.",
  queue: {
    next: "نفر بعدی شمایید",
    ahead: (n) => `${n} نفر جلوتر از شما`,
    waited: (n) => `${n} ثانیه در صف`,
  },
  expired: "زمان ورود شما به پایان رسیده است؛ دوباره وارد شوید. متن شما سر جایش هست.",
  linkUsed: "این پیوند ورود پیش‌تر به کار رفته یا کهنه شده است؛ فرمان avatar login پیوند تازه می‌دهد.",
  problems: {
    unreachable: "سامانه پاسخ نمی‌دهد. اتصال شبکه و روشن بودن سامانه را بررسی کنید و دوباره بکوشید.",
    refused: "سامانه اجازهٔ دیدن این جریان را نداد. دوباره وارد شوید و متن را از نو بفرستید.",
    poison: "این متن چند بار پی‌درپی ناتمام ماند. آن را کوتاه‌تر کنید یا بخشی از آن را تغییر دهید.",
    voice_unavailable: "صدای برگزیده چند بار از کار افتاد. صدای دیگری برگزینید یا کمی بعد دوباره بفرستید.",
    "ending-lost": "پایان این گفتار گم شد. متن را دوباره بفرستید.",
    video: "مرورگر نتوانست تصویر را پخش کند. صفحه را تازه کنید و دوباره بکوشید.",
    failed: "ساخت گفتار ناتمام ماند. کمی بعد دوباره بفرستید.",
  },
};

const EN = {
  faces: FACE_WORDS.en,
  title: "Avatar Studio",
  tagline: "Write it, and a face says it",
  lead: "Your text becomes speech and a living picture while you watch.",
  api: "API documentation",
  language: "Language of the page",
  avatar: "Presenter",
  text: "Text",
  placeholder: "Write your text here…",
  sound: {
    choose: "Recorded sound",
    drop: "Take the sound away",
    transcript: "What is said in it (for captions; without it there are none)",
    sending: (n) => `Sending, ${n} %`,
    reading: (n) => `Reading, ${n} %`,
    ready: (minutes, seconds) => (minutes === "0" ? `${seconds} s` : `${minutes} min ${seconds} s`),
    waiting: "The sound is not ready yet; wait a moment.",
    nothing: "Recorded sound",
  },
  samples: "Some examples",
  voice: "Voice",
  size: "Picture size",
  sizeLater: "The next utterance is made in this size.",
  languages: { fa: "Persian", en: "English" },
  voiceFollows: (language, voice) => `This text is ${language}; voice: ${voice}.`,
  voiceDiffers: (language, voice) => `This text is ${language}, but the voice is “${voice}”.`,
  voiceMissing: (voice) => `There is no voice for this text's script; “${voice}” may only name its letters.`,
  voiceOther: (voice) => `Use “${voice}”`,
  portrait: "Portrait",
  speak: "Speak",
  stop: "Stop",
  replay: "Watch again",
  video: "Get the video",
  captions: "Get the captions",
  srt: "Captions as SRT",
  burned: {
    title: "Captions in the picture",
    sizes: "Size of the captions",
    positions: "Place of the captions",
    marks: "The word being spoken",
    back: { off: "None", box: "In a box", stroke: "With a stroke" },
    size: { 4: "Small", 6: "Medium", 9: "Large" },
    position: { bottom: "Bottom", top: "Top" },
    spoken: { marked: "Marked word by word", plain: "One colour" },
  },
  history: "Said before",
  historyEmpty: "Nothing has been said yet.",
  stage: "Stage",
  preview: (name) => `Picture of ${name}`,
  count: (n, most) => `${n} of ${most} characters`,
  tooLong: (n) => `${n} characters too long`,
  firstChunk: "First chunk",
  firstPicture: "First picture",
  length: "Length",
  ms: (n) => `${n} ms`,
  seconds: (n) => `${n} s`,
  state: {
    idle: "Ready",
    sending: "Sending",
    waiting: "Getting ready",
    place: (n) => `Waiting, number ${n} in line`,
    speaking: "Speaking",
    stalled: "Waiting for more",
    reconnecting: "Connection lost; coming back",
    done: "Finished",
    failed: "Not finished",
    cancelled: "Stopped",
  },
  blocked: "The browser holds the playback; press the picture.",
  signIn: "Sign in first",
  signInHow: "This page opens with a link that is good once. The service writes it to the terminal when it starts:",
  signInThen: "Open the link with /login?code= that it prints; it is good for ten minutes.",
  signInOr: "Or sign in with an API key",
  key: "API key",
  keyNote: "The key stays in this page's memory and is forgotten when you close it.",
  enter: "Sign in",
  retry: "Try again",
  failedTitle: "Not this time",
  emptyText: "Write something to be said.",
  silentText: "There is no letter or digit in this text to be said; add a few words.",
  queue: {
    next: "You are next",
    ahead: (n) => `${n} ahead of you`,
    waited: (n) => `${n} s in line`,
  },
  expired: "Your sign-in has run out; sign in again. Your text is still here.",
  linkUsed: "This sign-in link has been used or is too old; the command avatar login prints a new one.",
  problems: {
    unreachable: "The service does not answer. Check the network and that the service runs, then try again.",
    refused: "The service did not let this page watch the stream. Sign in again and send the text anew.",
    poison: "This text stayed unfinished several times in a row. Make it shorter or change a part of it.",
    voice_unavailable: "The voice stopped working several times. Choose another voice, or send it again in a while.",
    "ending-lost": "The end of this utterance was lost. Send the text again.",
    video: "The browser could not play the picture. Reload the page and try again.",
    failed: "The utterance was not finished. Send it again in a moment.",
  },
};

const TABLES = { fa: FA, en: EN };

export const LANGUAGES = Object.keys(TABLES);

/** Return all texts of a language. */
export function tableOf(language) {
  return TABLES[language];
}

/** Example texts: a short name in their own language, and what is said. */
export const SAMPLES = [
  { language: "fa", name: "خوشامد", text: "سلام! به استودیوی چهرهٔ گویا خوش آمدید. هر چه بنویسید، همین حالا برایتان می‌گویم." },
  { language: "fa", name: "خبر", text: "هوای تهران فردا آفتابی است و دمای هوا به ۲۴ درجه می‌رسد. بعدازظهر نسیم ملایمی می‌وزد." },
  { language: "fa", name: "شعر", text: "بنی‌آدم اعضای یک پیکرند، که در آفرینش ز یک گوهرند. چو عضوی به درد آورد روزگار، دگر عضوها را نماند قرار." },
  { language: "en", name: "English", text: "Good morning! Write anything you like, and I will say it for you right away." },
];

export class Words {
  #table;

  constructor(language) {
    this.language = language;
    this.#table = TABLES[language];
    this.direction = language === "fa" ? "rtl" : "ltr";
  }

  /** Return a text by its path, such as "state.idle"; numbers among the values are written out. */
  say(path, ...values) {
    const found = path.split(".").reduce((table, name) => table[name], this.#table);
    if (found === undefined) throw new RangeError(`no text ${path} in ${this.language}`);
    if (typeof found === "string") return found;
    return found(...values.map((value) => (typeof value === "number" ? this.number(value) : value)));
  }

  /** Whether there is a text of this path. */
  has(path) {
    return path.split(".").reduce((table, name) => table?.[name], this.#table) !== undefined;
  }

  /** Write a number, with Persian digits in Persian. */
  number(value, decimals = 0) {
    return value.toLocaleString(this.language === "fa" ? "fa-IR" : "en", {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: value >= 10_000,
    });
  }

  /** Choose between the two titles that the service gives a thing. */
  title(thing) {
    return this.language === "fa" ? thing.title_fa : thing.title_en;
  }

  /** What a problem means and what to do about it. */
  problem(problem) {
    const own = this.#table.problems[problem.slug];
    if (own) return own;
    return problem.text ? problem.text(this.language) : this.#table.problems.failed;
  }
}

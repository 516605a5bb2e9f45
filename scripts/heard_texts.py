"""What the voices say for `scripts/train_heard.py`: sentences of several languages, written for it."""

import hashlib

from cli.bench.texts import SENTENCES

HELD_OUT_IN = 5
"""One sentence of so many is kept for the test, by its hash."""

TEXTS: dict[str, tuple[str, ...]] = {
    "fa": SENTENCES,
    "en": (
        "The baker put five warm loaves on the table by the window.",
        "Please move the blue box before somebody falls over it.",
        "Why would anybody pay more for a map of the same mountain?",
        "My mother found a very old violin above the bedroom.",
        "Fish and vegetables are cheaper at the market on Friday.",
        "We should leave early, because the bridge is often closed.",
        "Two small boys were swimming in the pool behind our house.",
        "The phone rang four times, but nobody was at home.",
        "You can choose between coffee, tea, and apple juice.",
        "He has never been to the museum, although he lives nearby.",
        "A thin layer of ice covered the whole path this morning.",
        "Remember to switch off the lamp when you go to bed.",
        "Their new album has eleven songs and a beautiful cover.",
        "The judge asked the same question three times in a row.",
        "I would rather walk than wait half an hour for the bus.",
        "Somewhere beyond the village a dog began to bark.",
        "Both of them promised to be there before the film begins.",
        "The weather may improve by Monday, if the wind turns.",
        "She poured the soup into a deep bowl and sat down.",
        "Every member of the team must wear a helmet and gloves.",
        "Put the paper back where you found it, please.",
        "The purple flowers opened slowly in the afternoon sun.",
        "What do you usually have for breakfast on Sundays?",
        "This room was much too small for so many people.",
        "The captain waved from the bow as the ship came about.",
        "Few visitors know the way through the old forest.",
    ),
    "de": (
        "Der Bäcker hat heute Morgen schon früh geöffnet.",
        "Bitte bringen Sie mir noch einen Becher Wasser.",
        "Am Abend gingen wir über die Brücke in die Stadt.",
        "Meine Mutter pflanzt im Frühling immer Tulpen und Mohn.",
        "Warum fährt dieser Zug nur bis München?",
        "Das Fenster war offen, und der Vorhang bewegte sich.",
        "Fünf Vögel saßen auf dem Dach und pfiffen.",
        "Wir haben uns lange nicht mehr gesehen, mein Freund.",
        "Ein paar Äpfel und Pflaumen liegen noch im Korb.",
        "Der Arzt empfiehlt viel Bewegung an der frischen Luft.",
    ),
    "es": (
        "Mi abuela prepara una sopa muy buena los domingos.",
        "El barco pequeño volvió al puerto antes de la lluvia.",
        "¿Puede usted abrir la ventana, por favor?",
        "Nunca hemos visto una montaña tan blanca.",
        "Los niños jugaban en el patio de la escuela.",
        "Mañana por la tarde vamos a comprar pan y fruta.",
        "El profesor explicó el problema con mucha paciencia.",
        "Aquella fotografía fue tomada en febrero.",
    ),
    "fr": (
        "Ma sœur habite au bout de la rue, près du pont.",
        "Il faut beaucoup de patience pour peindre un bateau.",
        "Le matin, nous buvons du café avec un peu de lait.",
        "Pourquoi avez-vous fermé la porte de la chambre ?",
        "Les enfants jouaient sous les arbres du jardin.",
        "Un vieux monsieur lisait son journal au bord du fleuve.",
        "Je voudrais deux pommes et une bouteille d'eau.",
        "La fenêtre était ouverte et il faisait froid.",
    ),
    "it": (
        "Mia nonna prepara sempre una buona zuppa di pomodoro.",
        "Vorrei sapere a che ora parte il primo treno.",
        "Il bambino dormiva sotto un grande albero.",
        "Abbiamo visto un film molto bello venerdì sera.",
        "La finestra della camera dà sul fiume.",
        "Prima di uscire, chiudi bene la porta.",
    ),
    "tr": (
        "Annem her sabah bahçeye çıkıp çiçekleri sular.",
        "Bugün hava çok güzel, biraz yürüyelim mi?",
        "Küçük vapur limana akşam üzeri vardı.",
        "Bu pazar elma, üzüm ve bal ucuzdu.",
        "Öğretmen bize uzun bir hikâye anlattı.",
        "Pencereyi kapat, lütfen, burası soğuk oldu.",
    ),
    "ru": (
        "Моя бабушка печёт вкусные пироги с яблоками.",
        "Мы вышли из дома рано, пока было ещё темно.",
        "Почему вы не открываете окно в этой комнате?",
        "Белый пароход медленно уплывал от берега.",
        "Вечером мама читала нам весёлую книгу.",
        "Фермер привёз на рынок овощи и мёд.",
    ),
    "ar": (
        "فتح الولد باب البيت وخرج إلى الحديقة.",
        "أمي تحب القهوة مع قليل من الحليب.",
        "متى يصل القطار إلى المدينة؟",
        "كتب المعلم الدرس على اللوح ببطء.",
        "في المساء مشينا قرب النهر مع الأصدقاء.",
    ),
    "pl": (
        "Moja mama piecze w sobotę chleb i bułki.",
        "Dlaczego pociąg do Warszawy znowu się spóźnia?",
        "Pies biegał po podwórku i głośno szczekał.",
        "Wieczorem pójdziemy nad rzekę popatrzeć na łódki.",
        "Proszę zamknąć okno, bo jest bardzo zimno.",
    ),
}


def is_held_out(text: str) -> bool:
    """Tell whether a sentence is kept for the test."""
    return hashlib.sha256(text.encode()).digest()[0] % HELD_OUT_IN == 0

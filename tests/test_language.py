"""Languages of texts and the codes for them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.language import detect_languages, normalise_language

SENTENCES = {
    "af": "Die regering het gister ’n nuwe plan aangekondig om die spoorlyne in die land te herstel.",
    "am": "የከተማው አስተዳደር አዲስ የአውቶቡስ መስመር ዛሬ ከፈተ።",
    "ar": "أعلنت الحكومة اليوم عن خطة جديدة لإصلاح السكك الحديدية في البلاد.",
    "bg": "Правителството обяви вчера нов план за ремонт на железниците в страната.",
    "bn": "সরকার গতকাল দেশের রেলপথ মেরামতের জন্য একটি নতুন পরিকল্পনা ঘোষণা করেছে।",
    "ca": "El govern ha anunciat avui un nou pla per reparar les vies de tren del país.",
    "ckb": "حکومەت ئەمڕۆ پلانێکی نوێی بۆ چاککردنەوەی ڕێگاکانی وڵات ڕاگەیاند.",
    "cs": "Vláda včera oznámila nový plán na opravu železničních tratí v celé zemi.",
    "da": "Regeringen offentliggjorde i går en ny plan for at reparere jernbanerne i hele landet.",
    "de": "Die Regierung hat gestern einen neuen Plan zur Reparatur der Bahnstrecken vorgestellt.",
    "el": "Η κυβέρνηση ανακοίνωσε χθες νέο σχέδιο για την επισκευή των σιδηροδρόμων.",
    "en": "The government announced a new plan yesterday to repair the country's railway lines.",
    "es": "El gobierno anunció ayer un nuevo plan para reparar las vías de tren del país.",
    "et": "Valitsus teatas eile uuest kavast riigi raudteede parandamiseks.",
    "fa": "دولت دیروز برنامه تازه‌ای برای تعمیر راه‌آهن کشور اعلام کرد.",
    "fi": "Hallitus kertoi eilen uudesta suunnitelmasta maan rautateiden korjaamiseksi.",
    "fr": "Le gouvernement a annoncé hier un nouveau plan pour réparer les voies ferrées du pays.",
    "ha": "Gwamnati ta sanar da sabon shiri na gyara hanyoyin jirgin kasa a jiya.",
    "he": "הממשלה הודיעה אתמול על תוכנית חדשה לתיקון מסילות הרכבת במדינה.",
    "hi": "सरकार ने कल देश की रेल लाइनों की मरम्मत के लिए एक नई योजना की घोषणा की।",
    "hu": "A kormány tegnap új tervet jelentett be az ország vasútvonalainak felújítására.",
    "hy": "Կառավարությունը երեկ հայտարարեց երկաթուղիների նորոգման նոր ծրագրի մասին։",
    "id": "Presiden mengatakan pemerintah akan memperbaiki jalur kereta api karena sering rusak saat hujan.",
    "it": "Il governo ha annunciato ieri un nuovo piano per riparare le linee ferroviarie del paese.",
    "ja": "政府は昨日、全国の鉄道を修理する新しい計画を発表した。",
    "ka": "მთავრობამ გუშინ რკინიგზის შეკეთების ახალი გეგმა გამოაცხადა.",
    "kk": "Үкімет кеше елдегі теміржолдарды жөндеудің жаңа жоспарын жариялады.",
    "km": "រដ្ឋាភិបាលបានប្រកាសផែនការថ្មីដើម្បីជួសជុលផ្លូវដែក។",
    "ko": "정부는 어제 전국의 철도를 수리하는 새 계획을 발표했다.",
    "lt": "Vyriausybė vakar paskelbė naują šalies geležinkelių remonto planą.",
    "mn": "Засгийн газар төмөр замыг засварлах шинэ төлөвлөгөөг өчигдөр зарлалаа.",
    "nl": "De regering heeft gisteren een nieuw plan aangekondigd om de spoorlijnen te herstellen.",
    "no": "Regjeringen la i går fram en ny plan for å reparere jernbanen i hele landet, sier statsministeren.",
    "pl": "Rząd ogłosił wczoraj nowy plan naprawy linii kolejowych w całym kraju.",
    "pt": "O governo anunciou ontem um novo plano para consertar as ferrovias do país.",
    "ro": "Guvernul a anunțat ieri un nou plan pentru repararea căilor ferate din țară.",
    "ru": "Правительство объявило вчера о новом плане ремонта железных дорог страны.",
    "so": "Dowladdu waxay shalay ku dhawaaqday qorshe cusub oo lagu dayactirayo waddooyinka dalka.",
    "sr": "Влада је јуче објавила нови план за поправку железничких пруга у земљи.",
    "sv": "Regeringen presenterade i går en ny plan för att reparera järnvägarna i hela landet.",
    "sw": "Serikali ilitangaza jana mpango mpya wa kukarabati reli za nchi nzima.",
    "ta": "நாட்டின் ரயில் பாதைகளைச் சீரமைக்க அரசு நேற்று புதிய திட்டத்தை அறிவித்தது.",
    "th": "รัฐบาลประกาศแผนใหม่เมื่อวานนี้เพื่อซ่อมทางรถไฟทั่วประเทศ",
    "tr": "Hükümet dün ülkedeki demiryollarını onarmak için yeni bir plan açıkladı.",
    "uk": "Уряд учора оголосив новий план ремонту залізниць у країні.",
    "ur": "حکومت نے کل ملک کی ریلوے لائنوں کی مرمت کے لیے ایک نئے منصوبے کا اعلان کیا۔",
    "vi": "Hôm qua chính phủ công bố kế hoạch mới để sửa chữa đường sắt trên cả nước.",
    "zh": "政府昨天宣布了修复全国铁路的新计划。",
}
UNSPACED = {"ja", "th", "zh"}


def test_a_sentence_in_each_of_many_languages() -> None:
    found = detect_languages(list(SENTENCES.values()))
    wrong = {expected: language for expected, language in zip(SENTENCES, found, strict=True) if language != expected}
    assert not wrong


@pytest.mark.parametrize(
    "text", ["", "  \n\t", "2024 – 3:15 (50%)", "🎉🎉", "https://example.com/news/today", "\ud800\x00"]
)
def test_a_text_without_letters_has_no_language(text: str) -> None:
    assert detect_languages([text]) == ["und"]


@pytest.mark.parametrize("text", ["Trump", "OK 2024", "Biden", "xk qz"])
def test_a_text_of_too_little_has_no_language(text: str) -> None:
    assert detect_languages([text]) == ["und"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("iPhone 15发布会", "zh"),
        ("東京都知事選、小池氏が3選", "ja"),
        ("삼성 Galaxy S25 Ultra 공개", "ko"),
        ("נתניהו נפגש עם טראמפ ב-Washington DC", "he"),
        ("THE PRESIDENT SPOKE TO REPORTERS ON MONDAY", "en"),
        ("@newsdesk https://example.com/das-ist-ein-test The minister resigned on Monday after the vote", "en"),
    ],
)
def test_mixed_texts_have_the_language_of_their_words(text: str, language: str) -> None:
    assert detect_languages([text]) == [language]


def test_a_long_body_does_not_change_what_its_beginning_says() -> None:
    assert detect_languages([SENTENCES["de"] + " " + SENTENCES["de"] * 10_000]) == ["de"]


@given(st.lists(st.text(), max_size=5))
def test_a_text_has_the_same_language_alone_and_among_others(texts: list[str]) -> None:
    assert detect_languages(texts) == [detect_languages([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("en", "en"), ("en-US", "en"), ("EN", "en"), ("en_GB.UTF-8", "en"), ("eng", "en"), ("English", "en"),
        (" french ", "fr"), ("français", "fr"), ("العربية", "ar"), ("zh-Hant", "zh"), ("cmn", "zh"), ("chi", "zh"),
        ("Chinese (Simplified)", "zh"), ("iw", "he"), ("in", "id"), ("nb", "no"), ("nn-NO", "no"), ("Norwegian", "no"),
        ("ger", "de"), ("farsi", "fa"), ("sr-Latn-RS", "sr"), ("tl", "tl"), ("fil", "tl"), ("ckb", "ckb"),
        ("", "und"), ("   ", "und"), ("und", "und"), ("mul", "und"), ("zxx", "und"), ("qaa", "und"), ("xx", "und"),
        ("unknown", "und"), ("?", "und"), ("x-klingon", "und"), ("1", "und"), ("e" * 10_000, "und"),
    ],
)  # fmt: skip
def test_codes_and_names_of_languages(code: str, language: str) -> None:
    assert normalise_language(code) == language


@given(st.text())
def test_no_code_raises_and_a_normal_one_stays(code: str) -> None:
    language = normalise_language(code)
    assert 2 <= len(language) <= 3
    assert normalise_language(language) == language


def test_what_is_detected_is_a_normal_code() -> None:
    found = detect_languages(list(SENTENCES.values()))
    assert [normalise_language(language) for language in found] == found


def test_importing_costs_nothing_heavy() -> None:
    script = "import sys, clusterer.language; print({'numpy', 'py3langid', 'langcodes'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_accuracy_on_translated_news_sentences(shared_folder: Path) -> None:
    with gzip.open(shared_folder / "eval" / "flores.parallel.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][::3]
    pairs = [(language, text) for row in rows for language, text in row.items()]
    whole = _accuracies(pairs)
    begun = _accuracies([(language, _six_words(language, text)) for language, text in pairs])
    assert len(whole) == 25
    assert min(whole.values()) >= 0.96
    assert sum(whole.values()) / len(whole) >= 0.995
    assert min(begun.values()) >= 0.90
    assert sum(begun.values()) / len(begun) >= 0.98


def _six_words(language: str, text: str) -> str:
    """The first six words; of a language that writes no spaces, twelve characters."""
    return text[:12] if language in UNSPACED else " ".join(text.split()[:6])


def _accuracies(pairs: list[tuple[str, str]]) -> dict[str, float]:
    found = detect_languages([text for _, text in pairs])
    texts = Counter(language for language, _ in pairs)
    right = Counter(language for (language, _), guess in zip(pairs, found, strict=True) if guess == language)
    return {language: right[language] / count for language, count in texts.items()}

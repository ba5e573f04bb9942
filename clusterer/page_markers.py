"""The phrases that head the lines of a news page which are not its article: links, sources, keywords.

`RELATED` heads links to other articles or such articles themselves, `SOURCE` names who wrote the article, `KEYWORDS`
heads its tags. Each table is one phrase per comma, one language per line. Only phrases that a writer would hardly set
alone on a line for another reason are here: "more" or "tag" (a German day) would take lines out of ordinary articles.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

Marker = Literal["related", "source", "keywords"]

LONGEST_MARKER = 48
"""No phrase of the tables, however decorated, is longer than this many characters."""

_RELATED = {
    "af": "lees ook, verwante artikels, lees meer oor",
    "am": "ተጨማሪ ያንብቡ, ተዛማጅ ዜናዎች",
    "ar": "اقرأ أيضا, إقرأ أيضا, اقرأ المزيد, مقالات مشابهة, مقالات ذات صلة, مواضيع ذات صلة, أخبار ذات صلة, "
    "موضوعات متعلقة, مواضيع متعلقة, الأخبار المتعلقة, قد يهمك أيضا, شاهد أيضا, طالع أيضا, المزيد من الأخبار, ذات صلة",
    "az": "həmçinin oxuyun, oxşar xəbərlər, əlaqəli xəbərlər",
    "be": "чытайце таксама, чытайце яшчэ, матэрыялы па тэме",
    "bg": "прочетете още, прочетете също, още по темата, свързани статии, свързани новини, вижте още",
    "bn": "আরও পড়ুন, আরো পড়ুন, সম্পর্কিত খবর, এই বিভাগের আরও খবর",
    "bs hr sr": "pročitajte još, pročitajte i, čitajte još, povezane vijesti, povezani članci, povezane vesti, "
    "slične vesti, pogledajte još, прочитајте још, прочитајте и, повезане вести, сличне вести",
    "ca": "llegiu també, llegeix també, notícies relacionades, articles relacionats",
    "cs": "čtěte také, čtěte též, přečtěte si také, související články, mohlo by vás zajímat",
    "da": "læs også, relaterede artikler, relaterede nyheder, mere om emnet",
    "de": "lesen sie auch, lesen sie mehr, lies auch, auch interessant, mehr zum thema, "
    "das könnte sie auch interessieren, "
    "verwandte artikel, ähnliche artikel, weitere artikel, verwandte themen, passend zum thema",
    "el": "διαβάστε επίσης, διαβάστε ακόμη, διαβάστε ακόμα, σχετικά άρθρα, σχετικές ειδήσεις, δείτε επίσης",
    "en": "read also, also read, read more, read next, related, related articles, related article, related stories, "
    "related story, related news, related content, related coverage, related links, related topics, "
    "similar articles, similar stories, similar news, see also, more on this story, more on this topic, "
    "you may also like, you might also like, recommended stories, recommended for you, recommended articles, "
    "further reading, more stories, more from this section, most read, trending now, don't miss, up next",
    "es": "lea también, lee también, lea además, leer más, te puede interesar, le puede interesar, "
    "también te puede interesar, noticias relacionadas, artículos relacionados, notas relacionadas, "
    "artículos similares, ver también, más sobre este tema, te recomendamos",
    "et": "loe ka, loe lisaks, seotud artiklid, seotud lood, seotud uudised",
    "eu": "irakurri ere, lotutako albisteak, erlazionatutako albisteak",
    "fa": "بیشتر بخوانید, همچنین بخوانید, اخبار مرتبط, مطالب مرتبط, خبرهای مرتبط, مطالب مشابه, این را هم بخوانید",
    "fi": "lue myös, lue lisää, aiheeseen liittyvää, aiheeseen liittyvät artikkelit",
    "fr": "lire aussi, à lire aussi, lisez aussi, lire également, à lire également, lire la suite, "
    "articles similaires, articles liés, articles connexes, sur le même sujet, sur le même thème, voir aussi, "
    "pour aller plus loin, à découvrir aussi",
    "gl": "le tamén, novas relacionadas, artigos relacionados",
    "gu": "આ પણ વાંચો, સંબંધિત સમાચાર",
    "he": "קראו גם, קרא גם, קרא עוד, קראו עוד, כתבות קשורות, כתבות נוספות, כתבות נוספות בנושא, "
    "עוד בנושא, אולי יעניין אותך, אולי יעניין אתכם, ידיעות קשורות, ראו גם",
    "hi": "यह भी पढ़ें, ये भी पढ़ें, इसे भी पढ़ें, और पढ़ें, संबंधित खबरें, संबंधित समाचार, संबंधित लेख",
    "hu": "olvassa el ezt is, olvasd el ezt is, ezt is olvassa el, kapcsolódó cikkek, kapcsolódó hírek, "
    "kapcsolódó cikk, ez is érdekelheti, hasonló cikkek",
    "hy": "կարդացեք նաև, կարդալ նաև, առնչվող նորություններ",
    "id ms": "baca juga, baca lagi, berita terkait, artikel terkait, artikel berkaitan, berita berkaitan, lihat juga, "
    "baca selengkapnya, simak juga",
    "is": "lesa einnig, lestu líka, tengdar fréttir, tengdar greinar",
    "it": "leggi anche, leggete anche, articoli correlati, notizie correlate, articoli simili, potrebbe interessarti, "
    "potrebbe interessarti anche, ti potrebbe interessare, vedi anche, per approfondire",
    "ja": "関連記事, 関連ニュース, あわせて読みたい, 合わせて読みたい, こちらもおすすめ, 関連リンク, おすすめ記事",
    "ka": "ასევე წაიკითხეთ, წაიკითხეთ ასევე, მსგავსი სტატიები, მსგავსი სიახლეები",
    "kk": "тағы оқыңыз, сондай-ақ оқыңыз, ұқсас жаңалықтар, тақырып бойынша",
    "km": "អត្ថបទទាក់ទង, អានបន្ថែម, ព័ត៌មានពាក់ព័ន្ធ",
    "kn": "ಇದನ್ನೂ ಓದಿ, ಸಂಬಂಧಿತ ಸುದ್ದಿ",
    "ko": "관련기사, 관련 뉴스, 관련 글, 함께 읽으면 좋은 기사, 함께 보면 좋은 기사, 추천 기사",
    "ky": "дагы окуңуз, окшош жаңылыктар",
    "lt": "taip pat skaitykite, skaitykite taip pat, susiję straipsniai, susijusios naujienos, skaitykite daugiau",
    "lv": "lasi arī, lasiet arī, saistītie raksti, saistītās ziņas",
    "mk": "прочитајте повеќе, прочитајте исто така, поврзани вести, слични вести",
    "ml": "ഇതും വായിക്കുക, ബന്ധപ്പെട്ട വാർത്തകൾ",
    "mn": "мөн уншина уу, холбоотой мэдээ",
    "mr": "हे ही वाचा, हेही वाचा, संबंधित बातम्या",
    "my": "ဆက်စပ်သတင်းများ, ဆက်လက်ဖတ်ရှုရန်",
    "ne": "यो पनि पढ्नुहोस्, सम्बन्धित समाचार, सम्बन्धित खबर",
    "nl": "lees ook, lees meer, lees verder, gerelateerde artikelen, gerelateerd nieuws, "
    "meer over dit onderwerp, zie ook",
    "no": "les også, relaterte artikler, relaterte saker, relaterte nyheter, les mer",
    "pa": "ਇਹ ਵੀ ਪੜ੍ਹੋ, ਸਬੰਧਤ ਖ਼ਬਰਾਂ",
    "pl": "czytaj także, czytaj też, czytaj również, przeczytaj także, przeczytaj też, zobacz też, zobacz także, "
    "powiązane artykuły, podobne artykuły, polecane artykuły, czytaj więcej",
    "ps": "دا هم ولولئ, اړوند خبرونه",
    "pt": "leia também, leia mais, ler também, notícias relacionadas, artigos relacionados, matérias relacionadas, "
    "veja também, artigos semelhantes, saiba mais",
    "ro": "citește și, citiți și, citește mai mult, articole similare, articole conexe, știri similare, vezi și",
    "ru": "читайте также, читайте еще, читать также, читать далее, по теме, материалы по теме, новости по теме, "
    "похожие статьи, похожие новости, похожие материалы, связанные новости, смотрите также, см. также, еще по теме",
    "si": "තවත් කියවන්න, අදාළ පුවත්",
    "sk": "čítajte tiež, čítajte aj, prečítajte si aj, prečítajte si tiež, súvisiace články",
    "sl": "preberite tudi, preberite še, sorodne novice, povezani članki, sorodni članki",
    "so": "sidoo kale akhri, war la xiriira",
    "sq": "lexo edhe, lexoni edhe, lexo gjithashtu, artikuj të ngjashëm, lajme të ngjashme",
    "sv": "läs också, läs även, läs mer, relaterade artiklar, relaterade nyheter, mer om ämnet",
    "sw": "soma pia, soma zaidi, habari zinazohusiana, makala zinazohusiana",
    "ta": "இதையும் படிங்க, இதையும் படியுங்கள், தொடர்புடைய செய்திகள்",
    "te": "ఇది కూడా చదవండి, ఇవి కూడా చదవండి, సంబంధిత వార్తలు",
    "th": "อ่านเพิ่มเติม, อ่านต่อ, ข่าวที่เกี่ยวข้อง, บทความที่เกี่ยวข้อง, อ่านข่าวเพิ่มเติม",
    "tl": "basahin din, basahin rin, kaugnay na balita, mga kaugnay na balita",
    "tr": "ayrıca okuyun, bunu da okuyun, bunları da okuyun, ilgili haberler, ilgili haber, benzer haberler, "
    "bunlar da ilginizi çekebilir, ayrıca bakınız",
    "uk": "читайте також, читайте ще, читати також, за темою, матеріали за темою, новини за темою, схожі статті, "
    "схожі новини, дивіться також",
    "ur": "یہ بھی پڑھیں, مزید پڑھیں, متعلقہ خبریں, مزید خبریں",
    "uz": "shuningdek o'qing, mavzuga oid, o'xshash yangiliklar, шунингдек ўқинг, мавзуга оид",
    "vi": "đọc thêm, xem thêm, đọc tiếp, tin liên quan, bài viết liên quan, bài liên quan, tin tức liên quan",
    "zh": "相关阅读, 相关新闻, 相关文章, 延伸阅读, 推荐阅读, 相关报道, 更多阅读, "
    "相關閱讀, 相關新聞, 相關文章, 延伸閱讀, 推薦閱讀, 相關報導, 更多新聞",
}

_SOURCE = {
    "ar": "المصدر, مصدر الخبر",
    "az tr": "mənbə, kaynak, haber kaynağı",
    "be bg mk ru sr uk": "крыніца, източник, извор, источник, источник информации, джерело",
    "bn hi mr ne": "সূত্র, स्रोत, स्त्रोत",
    "bs cs hr lt lv et sk sl": "izvor, zdroj, vir, šaltinis, avots, allikas",
    "ca es eu gl it pt": "font, fuente, iturria, fonte, con información de, com informações de",
    "da is nb nn sv": "kilde, kjelde, källa, heimild",
    "de nl af": "quelle, bron",
    "el": "πηγή",
    "en fr": "source, sources, source article, source de l'article",
    "fa ur ps": "منبع, منبع خبر, ماخذ, سرچینه",
    "fi hu": "lähde, forrás",
    "he": "מקור",
    "hy ka": "աղբյուր, წყარო",
    "id ms": "sumber, sumber berita",
    "ja": "出典, 情報源",
    "kk mn": "дереккөз, эх сурвалж",
    "ko": "출처",
    "pl ro sq": "źródło, sursa, burimi",
    "sw": "chanzo",
    "ta te th vi": "ஆதாரம், మూలం, ที่มา, แหล่งที่มา, แหล่งข่าว, nguồn",
    "zh": "来源, 來源, 消息来源, 新闻来源, 文章来源, 稿源",
}

_KEYWORDS = {
    "ar": "كلمات دلالية, كلمات مفتاحية, الكلمات المفتاحية, الكلمات الدلالية, وسوم, الوسوم",
    "az tr": "açar sözlər, anahtar kelimeler, etiketler",
    "be bg mk ru sr uk kk": "ключавыя словы, ключови думи, етикети, клучни зборови, ключевые слова, теги, метки, "
    "кључне речи, тагови, ключові слова, кілт сөздер, тегтер",
    "bn hi": "ট্যাগ, ট্যাগস, टैग, टैग्स, कीवर्ड",
    "bs hr sl sr": "ključne riječi, ključne reči, ključne besede, oznake, tagovi",
    "ca es gl pt": "paraules clau, etiquetes, palabras clave, palabras chave, etiquetas, palavras-chave",
    "cs sk": "klíčová slova, kľúčové slová, štítky",
    "da nb sv": "nøgleord, emneord, nøkkelord, stikkord, nyckelord, etiketter",
    "de": "schlagwörter, schlagworte, stichwörter, stichworte, schlüsselwörter",
    "el": "λέξεις κλειδιά, λέξεις-κλειδιά, ετικέτες",
    "en": "keywords, key words, tags, hashtags, article tags, filed under",
    "et lt lv": "märksõnad, võtmesõnad, raktiniai žodžiai, žymos, atslēgvārdi, birkas, tēmturi",
    "fa ur": "کلیدواژه, کلیدواژه ها, کلمات کلیدی, کلید واژه, برچسب ها, برچسبها, مطلوبہ الفاظ, ٹیگز",
    "fi hu": "avainsanat, asiasanat, kulcsszavak, címkék",
    "fr": "mots-clés, mots clés, mot-clé, étiquettes",
    "he": "מילות מפתח, תגיות, תגים",
    "hy ka": "բանալի բառեր, պիտակներ, საკვანძო სიტყვები, თეგები",
    "id ms vi": "kata kunci, từ khóa, từ khoá",
    "it ro": "parole chiave, cuvinte cheie, etichete",
    "ja": "キーワード, タグ",
    "ko": "키워드, 태그",
    "nl": "trefwoorden, sleutelwoorden",
    "pl": "słowa kluczowe, tagi",
    "sq sw": "fjalë kyçe, maneno muhimu",
    "ta te th": "குறிச்சொற்கள், ట్యాగ్లు, คำสำคัญ, แท็ก, คำค้น",
    "zh": "关键词, 关键字, 标签, 關鍵詞, 關鍵字, 標籤",
}


def marker_key(text: str) -> str:
    """Letters, digits and vowel signs alone, without case, accents, points or spaces: how phrases are compared."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    # Marks of a combining class of 10 or more are accents and points; the vowel signs of Indic scripts have class 0.
    return "".join(
        mark
        for mark in decomposed
        if mark.isalnum() or (unicodedata.category(mark)[0] == "M" and unicodedata.combining(mark) < 10)
    ).replace("ـ", "")


def _table() -> dict[str, Marker]:
    phrases: list[tuple[Marker, dict[str, str]]] = [("related", _RELATED), ("source", _SOURCE), ("keywords", _KEYWORDS)]
    return {
        marker_key(phrase): marker
        for marker, table in phrases
        for line in table.values()
        for phrase in line.split(", ")
    }


MARKERS: dict[str, Marker] = _table()
"""What each phrase heads, by its `marker_key`."""

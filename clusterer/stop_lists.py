"""Words too common to say what a text is about, for each language, as the bundled tokenizer would write them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# The same steps as the bundled tokenizer: case, accents, vowel signs, tatweel, Hebrew points, zero-width and direction
# marks go, alef, ya and ta marbuta are written in one way, and what is no letter, number or mark parts words.
_MARKS = re.compile("[\u0300-\u036f\u064b-\u065f\u0670\u0640\u0591-\u05c7\u200b-\u200f\u202a-\u202e\ufeff]")
_LETTERS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه"})

_SAME_LANGUAGE = {"nb": "no", "nn": "no", "fil": "tl", "iw": "he", "in": "id", "bs": "hr", "sh": "sr"}

# Function words of languages for which stopwordsiso has none or few, and Turkish endings, which an apostrophe parts
# from names.
_MORE = {
    "sr": """
        а ако али баш без би била били било био бити бих биће близу вам вас ваш веома већ ви више врло где
        године да дан до док друге други другог ево за зато зашто и иако из иза или има имају ипак испод испред
        кад када каже како као ко кога код коме која које којег којем који којим којих коју кроз ли мање мене
        међу ми могу може мора морају мој моја му на над након нам нас наш не него нека неке неки неко неког
        неће ни нисам нису нити ништа није но о обе ова овај овде ове ови ово овог овом ову од око он она онда
        оне они оно осим па по под поред после пре пред преко према при против рекао са сада сам само свака
        сваке сваки све сви свих свој своје своју се себе себи сем си сме смо сте су та тада тако такође там тај
        те ти тим тих то тог тога том томе тој ту у увек уз чак чега шта што је један једна једно јер јесам
        јесте још јуче њега његов његова њему њен њих њихов њом њој ће ћемо ћете ћу
    """,
    "ta": """
        அங்கு அதனால் அதன் அதில் அது அந்த அனைத்து அப்போது அல்லது அவன் அவரது அவர் அவர்கள் அவள் அவை ஆகிய ஆகும்
        ஆனால் இங்கு இதனால் இதன் இதில் இது இதை இந்த இப்போது இருக்கிறது இருக்கும் இருந்த இருந்து இல்லை இவர் இவை
        இவ்வாறு உள்ள உள்ளது உள்ளன உள்ளார் எங்கே எந்த என எனவே என் என்ன என்பது என்பதை என்ற என்று எப்படி எப்போது
        எல்லா ஏன் ஒரு ஒரே குறித்து கூட கூறினார் கொண்ட கொண்டு சில செய்த செய்து செய்ய தங்கள் தனது தற்போது தான்
        தொடர்பாக நாங்கள் நான் நாம் நீ நீங்கள் பற்றி பல பின்னர் பிறகு போது போல மட்டும் மற்றும் மிக மிகவும்
        முடியும் முன் மூலம் மேலும் யார் வந்த வரை வேண்டும்
    """,
    "te": """
        అంటే అక్కడ అతను అది అదే అని అనే అన్నారు అన్ని అప్పుడు అయింది అయితే అయిన అలా అవి ఆ ఆమె ఆయన ఇంకా ఇక్కడ ఇది
        ఇదే ఇప్పుడు ఇలా ఇవి ఈ ఉంది ఉన్న ఉన్నాయి ఉన్నారు ఎందుకు ఎక్కడ ఎప్పుడు ఎలా ఎవరు ఏ ఏమి ఒక ఒకే కంటే కాదు
        కానీ కాబట్టి కింద కూడా కొన్ని కోసం గా గురించి చాలా చేయడం చేసి చేసిన తన తర్వాత తో దాని దీని ద్వారా నుంచి
        నుండి నువ్వు నేను పాటు పై మధ్య మనం మరియు మరో మాత్రమే మీరు ముందు మేము లేదా లేదు లో వంటి వరకు వల్ల వారి
        వారు
    """,
    "ml": """
        അങ്ങനെ അതിന്റെ അത് അഥവാ അദ്ദേഹം അദ്ദേഹത്തിന്റെ അപ്പോൾ അല്ല അല്ലെങ്കിൽ അവ അവരുടെ അവിടെ അവൻ അവർ അവൾ ആ ആണ്
        ആയ ആയിരുന്നു ആര് ഇങ്ങനെ ഇടയിൽ ഇതിന്റെ ഇതോടെ ഇത് ഇപ്പോൾ ഇല്ല ഇവ ഇവിടെ ഇവർ ഈ ഉണ്ട് ഉള്ള എങ്ങനെ എതിരെ
        എന്തുകൊണ്ട് എന്ത് എന്ന എന്നാൽ എന്നിവ എന്നും എന്ന് എപ്പോൾ എല്ലാ എവിടെ ഏത് ഒപ്പം ഒരു കുറിച്ച് കൂടാതെ കൂടി
        കൊണ്ട് ചില ചെയ്ത ചെയ്തു ഞങ്ങൾ ഞാൻ തന്നെ തന്റെ തുടർന്ന് നാം നിങ്ങൾ നിന്നും നിന്ന് നീ പക്ഷേ പറഞ്ഞു പല
        പോലും പോലെ മറ്റൊരു മറ്റ് മാത്രം മുമ്പ് വരെ വളരെ വഴി വേണ്ടി ശേഷം
    """,
    "az": """
        ad altında amma ancaq arasında artıq azı belə bir biri biz bizim bu buna bunlar bunu bunun burada bütün
        bəli bəlkə bəzi bəzən ci cəmi da daha deyil deyə digər də edib edilib edir edən elə etdi etmək görə
        hansı haqqında hara harada heç hə hələ həm həmin həmçinin hər hətta il ildə ilə imiş indi isə ki kim
        kimi lakin lap mən mənim necə niyə nə nəyə o olan olar olaraq oldu olduğu olduğunu olmaq olmuşdur olsun
        olub olur ona onda ondan onlar onların onu onun orada qarşı qeyd qədər siz sizin sonra sən sənin təkcə
        tərəfindən var və ya yalnız yaxud yenə yox yoxdur çox çünki öz özü üzrə üzərində üçün əgər əlbəttə ən
        əsasən əvvəl
    """,
    "ka": """
        აგრეთვე ამ ამაზე ამას ამის ან ანუ არ არა არიან არის ასე ასევე აქ აქვე აქვს გამო გარდა გარეშე და დიახ
        დროს ერთ ერთი ეს ესენი ვერ ვინ ზე თავის თავისი თან თუ თუმცა თურმე თქვენ თქვენი იგი იმ იმას იმის ის ისე
        ისევ ისინი იქ იქნება იყვნენ იყო კერძოდ კი კიდევ მაგრამ მათ მათი მაინც მან მას მე მერე მიერ მის მისი
        მიხედვით მხოლოდ ნუ ორივე რა რადგან რათა რაც როგორ როგორც როდესაც რომ რომელი რომელიც რომელმაც რომლებიც
        რომლის როცა სად სადაც სხვა უკვე უნდა უფრო ყველა ყოველ შემდეგ შენ შენი შესახებ შორის ჩემი ჩვენ ჩვენი
        ძალიან წინ ხოლო ხომ ხშირად ჯერ
    """,
    "tr": """
        a da dan de den e i in la le li lu lü lı nin nun nün nın ta tan te ten u un ya ye yi yla yle yu yü yı ü
        ün ı ın
    """,
    "uk": """
        а або адже але без би був буде будуть була були було бути в вам вас ваш весь вже ви вона вони воно все
        вся всі від він де для до дуже ж з за зі й його коли крім лише ма мають має мене ми може можна між мій
        на навіть над нам нас наш не ним них ні однак ось перед по поки при про проте проти під після раз роках
        року саме своє своєї своїх свій собі став стала та так такий також там тебе теж ти тим тих того тоді той
        тому треба тут тільки у хоча хто це цей цього цьому ця ці через чи чому ще що щоб щодо як яка яке який
        яких якщо які є і із їх її
    """,
    "et": """
        aastal aga all alla eest ega ei end ennast enne eriti et ette ga hiljem iga ikka ilma ilmselt ise ja
        juba juurde juures järel järgi ka kaks kas keda keegi kelle kes kogu kohta koos kui kuid kuidas kuna
        kuni kus kõige kõigi kõik küll lisaks läbi ma me meie mida midagi miks millal mille mina mingi minu mis
        mitte mulle muu mõned mõni nad nagu need neid nemad nende nii ning nüüd ole oleks olema olen oli olid
        olla olnud oma on peab peale pidi pole poolt pärast rohkem saab saada sai samuti seal seda see sel selle
        sellega sellel selles sellest sest siia siin siis sina sinu su ta te teda teha teie tema temaga tuleb
        tõttu ulatuses vaid vastu veel väga vähem või võib võiks ühe üks üle
    """,
}

# Words that tell stories apart in the news, yet stand in a list of stopwordsiso.
_TELLING = {
    "en": "bill computer eu fire invention microsoft netscape research system uk un website",
    "ar": "برس زيارة قوة لقاء",
    "ru": "россия",
}

_SERBIAN_LATIN = dict(
    zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True),
    љ="lj",
    њ="nj",
    џ="dž",
)


def fold(text: str) -> str:
    """The text as the bundled tokenizer sees it: folded letters, and words parted by single spaces."""
    if text.isascii() and text.isalpha():
        return text.lower()
    # A sigma that ends a word is none of its own, which Python would make it.
    lower = unicodedata.normalize("NFKD", text).replace("Σ", "σ").lower()
    letters = unicodedata.normalize("NFC", _MARKS.sub("", lower)).translate(_LETTERS)
    return letters if letters.isalnum() else " ".join(_words(letters))


@cache
def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language (an ISO 639 code, with or without a region), folded; an unknown one has none.

    A word with an apostrophe or a hyphen stands for its parts, as in the tokenizer; expressions of several words are
    left out, for each of their words may say much.
    """
    import stopwordsiso

    code = re.split("[-_]", language.strip().lower())[0]
    code = _SAME_LANGUAGE.get(code, code)
    listed = {*stopwordsiso.stopwords(code), *_MORE.get(code, "").split()}
    if code == "sr":
        listed |= {*map(_in_latin, listed), *stopwordsiso.stopwords("hr")}
    folded = {part for word in listed if not re.search(r"\s", word) for part in fold(word).split()}
    return frozenset(folded - set(fold(_TELLING.get(code, "")).split()))


def _words(text: str) -> list[str]:
    return "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in text).split()


def _in_latin(word: str) -> str:
    """A Serbian word in Latin letters."""
    return "".join(_SERBIAN_LATIN.get(letter, letter) for letter in word)

"""Languages as inputs name them (`en_US`, `eng`, `English`), to the codes that articles carry."""

from __future__ import annotations

import re
from functools import lru_cache

from clusterer.article import UNKNOWN_LANGUAGE

# The code of two letters, those of three, the English name.
_LANGUAGES = """
af afr afrikaans; am amh amharic; ar ara arabic; az aze azerbaijani; be bel belarusian; bg bul bulgarian; bn ben bengali
bangla; bs bos bosnian; ca cat catalan; cs ces cze czech; cy cym wel welsh; da dan danish; de deu ger german; el ell gre
greek; en eng english; eo epo esperanto; es spa spanish castilian; et est estonian; eu eus baq basque; fa fas per
persian farsi; fi fin finnish; fr fra fre french; ga gle irish; gl glg galician; gu guj gujarati; ha hau hausa; he heb
hebrew iw; hi hin hindi; hr hrv croatian; hu hun hungarian; hy hye arm armenian; id ind indonesian in; is isl ice
icelandic; it ita italian; ja jpn japanese jp; ka kat geo georgian; kk kaz kazakh; km khm khmer; kn kan kannada; ko kor
korean kr; ku kur kurdish; ky kir kyrgyz; lo lao; lt lit lithuanian; lv lav latvian; mg mlg malagasy; mk mkd mac
macedonian; ml mal malayalam; mn mon mongolian; mr mar marathi; ms msa may malay; mt mlt maltese; my mya bur burmese; ne
nep nepali; nl nld dut dutch flemish; no nor norwegian; nb nob; nn nno; or ori ory odia; pa pan punjabi; pl pol polish;
ps pus pashto; pt por portuguese; ro ron rum romanian moldovan; ru rus russian; si sin sinhala sinhalese; sk slk slo
slovak; sl slv slovenian slovene; so som somali; sq sqi alb albanian; sr srp serbian; sv swe swedish; sw swa swh
swahili; ta tam tamil; te tel telugu; tg tgk tajik; th tha thai; tl tgl tagalog filipino; tr tur turkish; tt tat tatar;
uk ukr ukrainian; ur urd urdu; uz uzb uzbek; vi vie vietnamese; yi yid yiddish ji; yo yor yoruba; zh zho chi chinese cmn
mandarin; zu zul zulu
"""
_CODES = {
    name: names[0] for names in (line.split() for line in _LANGUAGES.replace("\n", " ").split(";")) for name in names
}
_CODE = re.compile(r"([a-z]{2,3})(?:[-_@.][a-z0-9-_.]*)?")
_UNTOLD = frozenset(("und", "mul", "mis", "zxx", "un", "xx", "unk"))


@lru_cache(maxsize=4096)
def language_code(value: str) -> str:
    """The ISO 639 code that a value names ("pt-BR" is "pt"); "und" where it names none."""
    name = value.strip().casefold()
    if name in _CODES:
        return _CODES[name]
    code = _CODE.fullmatch(name)
    if code and code[1] not in _UNTOLD:
        return _CODES.get(code[1], code[1])
    first = re.split(r"[\W_]+", name, maxsplit=1)[0]
    return _CODES.get(first, UNKNOWN_LANGUAGE) if len(first) > 3 else UNKNOWN_LANGUAGE

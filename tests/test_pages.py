"""Pages of our own writing in many scripts, and the properties that every page must have."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clusterer.page_markers import LONGEST_MARKER, MARKERS, marker_key
from clusterer.pages import Page, Section, find_marker, split_page

SEED = Path(__file__).parents[2] / "shared" / "seed"

LEAD = "The harbour of Norvik reopened on Monday after nine days of ice, and the first ferries left at dawn."
MORE = (
    "Engineers had worked through the weekend to free the gates of the lock. Traffic is expected to return to normal."
)


def lines(*parts: str) -> str:
    return "\n".join(parts)


def test_a_page_shaped_like_a_scraped_one_gives_all_its_parts() -> None:
    text = lines(
        "أعلنت إدارة الميناء، الاثنين، أن السفن عادت إلى الحركة بعد توقف دام تسعة أيام بسبب الجليد.",
        "",
        "عودة تدريجية              ",
        "",
        "وقال مدير الميناء إن العمل يجري بصورة طبيعية.",
        "",
        " ",
        "المصدر: وكالة الشمال",
        "",
        "كلمات دلالية: ملفات ملفات ميناء سفن جليد ميناء ملاحة",
        "",
        "إقرأ أيضاً:",
        "",
        "العواصف تغلق الطرق الجبلية في الشمال",
        "",
        "",
        "قالت الشرطة إن العواصف أغلقت ثلاث طرق جبلية.",
        "",
        "وتوقعت الأرصاد استمرار الثلوج",
        "مقالات مشابهة",
        "",
        "  • العواصف تغلق الطرق الجبلية في الشمال",
        '  • "أسبوع من الجليد".. الصيادون يعودون إلى البحر',
        "  • عاجل. فتح المطار أمام الرحلات",
    )
    page = split_page(text)
    assert page.headline is None
    assert page.body.startswith("أعلنت إدارة الميناء")
    assert page.body.endswith("يجري بصورة طبيعية.")
    assert "عودة تدريجية" in page.body
    assert page.source == "وكالة الشمال"
    assert page.keywords == ("ملفات", "ميناء", "سفن", "جليد", "ملاحة")
    assert page.embedded == (
        Section(
            "العواصف تغلق الطرق الجبلية في الشمال",
            "قالت الشرطة إن العواصف أغلقت ثلاث طرق جبلية.\n\nوتوقعت الأرصاد استمرار الثلوج",
        ),
    )
    assert page.teasers == (
        "العواصف تغلق الطرق الجبلية في الشمال",
        '"أسبوع من الجليد".. الصيادون يعودون إلى البحر',
        "عاجل. فتح المطار أمام الرحلات",
    )


@pytest.mark.parametrize(
    "marker",
    [
        "Read also:",
        "RELATED ARTICLES",
        "» Lire aussi :",
        "Lea también",
        "Lesen Sie auch:",
        "Leggi anche:",
        "Leia também:",
        "Lees ook:",
        "Läs också",
        "Czytaj także:",
        "Čtěte také:",
        "Kapcsolódó cikkek",
        "Citește și:",
        "Διαβάστε επίσης:",
        "Читайте также:",
        "Читайте також:",
        "Прочетете още",
        "Pročitajte još:",
        "İlgili haberler",
        "إقرأ أيضاً:",
        "اقْرَأ أيضًا",
        "مقالات مشابهة",
        "بیشتر بخوانید",
        "یہ بھی پڑھیں:",
        "קראו גם:",
        "यह भी पढ़ें:",
        "আরও পড়ুন",
        "இதையும் படிங்க:",
        "Baca juga:",
        "Đọc thêm:",
        "อ่านเพิ่มเติม",
        "相关阅读：",
        "延伸閱讀",
        "関連記事",
        "관련 기사",
        "Lue myös:",
        "Soma pia:",
        "Loe ka:",
        "Taip pat skaitykite:",
        "Lasi arī:",
    ],
)
def test_markers_of_many_languages_head_teasers(marker: str) -> None:
    page = split_page(lines(LEAD, MORE, "", marker, "• Ferries return to Norvik", "• Ice melts early this year"))
    assert page.teasers == ("Ferries return to Norvik", "Ice melts early this year")
    assert page.body == f"{LEAD}\n{MORE}"


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("Source: Norvik Times", "Norvik Times"),
        ("Source: Norvik Times.", "Norvik Times"),
        ("Источник: Северный вестник", "Северный вестник"),
        ("来源：北方新闻网", "北方新闻网"),
        ("(Fuente: Diario del Norte)", "Diario del Norte"),
        ("Quelle : Nordblatt", "Nordblatt"),
        ("출처: 북방일보", "북방일보"),
    ],
)
def test_source_lines(line: str, source: str) -> None:
    page = split_page(lines(LEAD, "", MORE, "", line))
    assert page.source == source
    assert page.body == f"{LEAD}\n\n{MORE}"


def test_a_source_on_the_next_line() -> None:
    assert split_page(lines(LEAD, "", "Source", "Norvik Times")).source == "Norvik Times"


@pytest.mark.parametrize(
    ("line", "keywords"),
    [
        ("Keywords: harbour, ice, Harbour, ferries", ("harbour", "ice", "ferries")),
        ("Tags: #harbour #ice age", ("harbour", "ice age")),
        ("Tags: climate change", ("climate change",)),
        ("Ключевые слова: порт; лёд; паром", ("порт", "лёд", "паром")),
        ("标签：港口、冰、渡轮", ("港口", "冰", "渡轮")),
        ("Mots-clés : port, glace", ("port", "glace")),
    ],
)
def test_keyword_lines(line: str, keywords: tuple[str, ...]) -> None:
    assert split_page(lines(LEAD, "", line)).keywords == keywords


def test_keywords_below_their_marker() -> None:
    page = split_page(lines(LEAD, "", "Tags", "harbour", "ice", "", MORE))
    assert page.keywords == ("harbour", "ice")
    assert page.body == f"{LEAD}\n\n{MORE}"


@pytest.mark.parametrize(
    "body",
    [
        lines("For the soup you need:", "", "• two onions", "• a litre of stock", "• salt", "", "Chop the onions."),
        lines(
            "The council decided three measures.",
            "",
            "- Bus lanes will be open at night.",
            "- Fares will fall by a tenth from May.",
            "- The tram line will be extended to the port.",
        ),
        lines(LEAD, "", "You can read also: the annual report of the harbour, and much else. " * 5),
        "He said that readers should read also the second part of the report, and the sources of it.",
        lines("Source: the minister told reporters that nothing had been decided. He would say more on Monday.", MORE),
        lines("1. FC Norvik won again.", "2. Bundesliga clubs watched."),
        lines("Tags: none of the visitors wore one, as the organisers had forgotten to print them.", MORE),
        lines("Related?", "", MORE),
        lines("Read more: https://news.example/harbour", MORE),
    ],
)
def test_what_only_resembles_a_marker_stays_in_the_body(body: str) -> None:
    page = split_page(body, headline_known=True)
    assert page == Page(None, re.sub(r" +", " ", body).strip())


def test_an_inline_marker_is_one_teaser_and_the_body_goes_on() -> None:
    page = split_page(lines(LEAD, "", "Read also: Ferries return to Norvik", "", MORE))
    assert page.teasers == ("Ferries return to Norvik",)
    assert page.body == f"{LEAD}\n\n{MORE}"


def test_a_lone_marker_in_the_middle_takes_one_headline() -> None:
    page = split_page(lines(LEAD, "", "Read also", "Northern lights seen in the south", "", MORE, "", LEAD))
    assert page.teasers == ("Northern lights seen in the south",)
    assert page.body == f"{LEAD}\n\n{MORE}\n\n{LEAD}"
    assert page.embedded == ()


def test_a_subheading_after_a_lone_teaser_stays_in_the_body() -> None:
    page = split_page(lines(LEAD, "", "Read also", "Northern lights seen", "", "The long wait", "", MORE))
    assert page.teasers == ("Northern lights seen",)
    assert page.body == f"{LEAD}\n\nThe long wait\n\n{MORE}"


def test_a_headline_that_its_text_repeats_begins_an_embedded_article() -> None:
    lead = "Heavy storms have closed three mountain roads in the north, police said on Tuesday."
    page = split_page(lines(LEAD, "", "Read also:", "", "Storms close mountain roads in the north", "", lead, MORE))
    assert page.embedded == (Section("Storms close mountain roads in the north", f"{lead}\n{MORE}"),)
    assert page.body == LEAD


def test_the_same_in_a_script_without_spaces() -> None:
    lead = "警方周二表示，强风暴导致北部山区三条公路关闭，预计降雪将持续到周末。"
    page = split_page(
        lines("北港周一重新开放，首批渡轮清晨出发。", "", "相关阅读：", "", "风暴导致北部山区公路关闭", "", lead)
    )
    assert page.embedded == (Section("风暴导致北部山区公路关闭", lead),)


def test_headlines_to_the_end_of_the_page_are_teasers() -> None:
    page = split_page(
        lines(LEAD, "", "You may also like", "", "Ferries return", "", "Ice melts early", "", "Port grows")
    )
    assert page.teasers == ("Ferries return", "Ice melts early", "Port grows")


def test_numbered_teasers_lose_their_numbers() -> None:
    page = split_page(lines(LEAD, "", "Most read", "1. Ferries return", "2. Ice melts early", "3) Port grows"))
    assert page.teasers == ("Ferries return", "Ice melts early", "Port grows")


def test_text_after_a_list_of_teasers_goes_on_with_the_article() -> None:
    page = split_page(lines(LEAD, "", "Related stories", "* Ferries return", "", "* Ice melts early", "", MORE))
    assert page.teasers == ("Ferries return", "Ice melts early")
    assert page.body == f"{LEAD}\n\n{MORE}"


def test_a_marker_that_heads_nothing_vanishes_alone() -> None:
    assert split_page(lines(LEAD, "", "Read more", "", MORE)).body == f"{LEAD}\n\n{MORE}"


def test_several_embedded_articles() -> None:
    page = split_page(
        lines(
            LEAD,
            "Source: Norvik Times",
            "Read also:",
            "Storms close mountain roads",
            "",
            "Storms closed the mountain roads on Tuesday.",
            "Source: Hill Post",
            "Read also:",
            "Bakers win prize",
            "",
            "Two bakers of Norvik won the prize of the year.",
        )
    )
    assert page.source == "Norvik Times"
    assert [(part.headline, part.source) for part in page.embedded] == [
        ("Storms close mountain roads", "Hill Post"),
        ("Bakers win prize", None),
    ]


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        (lines("Harbour of Norvik reopens", "", LEAD), "Harbour of Norvik reopens"),
        (lines("Is the harbour open?", "", LEAD), "Is the harbour open?"),
        (lines("北港重新开放", "", "北港周一重新开放，首批渡轮清晨出发。"), "北港重新开放"),
        (lines("The harbour is open.", "", LEAD), None),
        (lines("यह बंदरगाह खुला है।", "", LEAD), None),
        (lines("Harbour of Norvik reopens", LEAD), None),
        (lines("word " * 60, "", LEAD * 5), None),
        (lines("Harbour of Norvik reopens today", "", "Yes."), None),
        ("Harbour of Norvik reopens", None),
    ],
)
def test_the_first_line_is_a_headline_where_it_stands_apart(text: str, headline: str | None) -> None:
    assert split_page(text).headline == headline
    assert split_page(text, headline_known=True).headline is None


def test_the_real_page() -> None:
    if not SEED.is_dir():
        pytest.skip("../shared/seed is not here")
    page = split_page(next(SEED.glob("*.txt")).read_text(encoding="utf-8"))
    assert page.headline is None
    assert page.source == "سكاي نيوز عربية"
    assert len(page.keywords) == len(set(page.keywords)) > 10
    assert [part.headline for part in page.embedded] == ["الكرملين: بوتين وترامب يجريان محادثة هاتفية حاليا"]
    assert len(page.teasers) == 10
    assert not any(teaser.startswith("•") for teaser in page.teasers)
    assert '"هدنة غزة" تقترب.. ولقاء البيت الأبيض يحدد المصير' in page.teasers


def test_the_table_holds_no_phrase_that_could_not_be_found() -> None:
    assert all(key and len(key) <= LONGEST_MARKER for key in MARKERS)
    assert marker_key("إقرأ أيضاً:") == marker_key("اقرأ ايضا")
    assert marker_key("टैग") != marker_key("टग")


LINES = st.one_of(
    st.sampled_from(
        [
            "",
            "",
            "Read also:",
            "مقالات مشابهة",
            "Related articles",
            "Read also: Inline headline here",
            "Source: Somebody",
            "Source",
            "Keywords: one, two, three",
            "Tags",
            "• A bullet of the list",
            "- Another bullet of the list.",
            "1. First of all",
            "A short line that could be a headline",
            "Another short line",
            LEAD,
            MORE,
            LEAD + " " + MORE + " " + LEAD,
            "标签：港口、冰",
            "•",
            "(Read also)",
            "Tags: x y z.",
        ]
    ),
    st.text(alphabet=" :.•-1aбש文a؟?'\"«#,", max_size=30),
)
PAGES = st.lists(LINES, max_size=25).map("\n".join)


def words(*texts: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", " ".join(texts).casefold()))


@given(PAGES, st.booleans())
@settings(max_examples=500, deadline=None)
@example("Tags\nSource\nx", False)
def test_every_line_but_markers_ends_somewhere(text: str, headline_known: bool) -> None:
    page = split_page(text, headline_known=headline_known)
    kept = words(page.headline or "", page.body, page.source or "", *page.keywords, *page.teasers)
    for part in page.embedded:
        kept |= words(part.headline, part.body, part.source or "", *part.keywords)
    for line in text.splitlines():
        found = find_marker(" ".join(line.split()))
        said = line if found is None else found[1]
        assert words(said) <= kept, (line, page)


@given(PAGES)
@settings(max_examples=500, deadline=None)
def test_a_body_that_was_split_is_split_no_further(text: str) -> None:
    page = split_page(text)
    for body in (page.body, *(part.body for part in page.embedded)):
        assert split_page(body, headline_known=True) == Page(None, body)

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterer.article import Article
from clusterer.grouping.duplicates import Families, find_families, seniority
from clusterer.grouping.signatures import signatures_of
from clusterer.grouping.words import split_words
from tests.grouping.texts_of_five_languages import BYLINES, HEADLINES, SENTENCES, STRANGE_WORDS, spaced

LANGUAGES = sorted(SENTENCES)
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def articles_of(*bodies: str, headlines: Iterable[str] | None = None, language: str = "en") -> list[Article]:
    """Articles a0, a1, ... with these bodies, each a day later than the one before."""
    named = headlines or [f"Headline number {number}" for number in range(len(bodies))]
    return [
        Article(f"a{number}", headline, body, language, published=DAY + timedelta(days=number))
        for number, (headline, body) in enumerate(zip(named, bodies, strict=True))
    ]


def family_sets(families: Families) -> set[frozenset[str]]:
    """The families as sets of ids."""
    found: dict[str, set[str]] = {}
    for article, original in families.original_of.items():
        found.setdefault(original, set()).add(article)
    return {frozenset(family) for family in found.values()}


def is_one_family(*bodies: str, language: str = "en") -> bool:
    return len(family_sets(find_families(articles_of(*bodies, language=language)))) == 1


def chance_words(chance: random.Random, count: int) -> str:
    return " ".join(f"w{chance.randrange(10**6):06x}z" for _ in range(count))


@pytest.mark.parametrize("language", LANGUAGES)
class TestLightEdits:
    def test_the_byline_is_changed(self, language: str) -> None:
        text = spaced(language, SENTENCES[language])
        assert is_one_family(text, f"{BYLINES[language]} {text}", language=language)

    def test_case_spaces_and_signs_are_changed(self, language: str) -> None:
        text = spaced(language, SENTENCES[language])
        edited = text.upper().replace(",", " –").replace("，", "、").replace(". ", "!\n\n")
        families = find_families(articles_of(text, edited, language=language))
        assert families.original_of == {"a0": "a0", "a1": "a0"}

    @pytest.mark.parametrize("cut", range(8))
    def test_a_sentence_is_cut(self, language: str, cut: int) -> None:
        sentences = SENTENCES[language]
        edited = spaced(language, sentences[:cut] + sentences[cut + 1 :])
        assert is_one_family(spaced(language, sentences), edited, language=language)

    def test_half_is_cut_away(self, language: str) -> None:
        sentences = SENTENCES[language]
        text = spaced(language, sentences)
        assert is_one_family(text, spaced(language, sentences[:4]), language=language)
        assert is_one_family(text, spaced(language, sentences[4:]), language=language)

    @pytest.mark.parametrize("chance", range(5))
    def test_one_word_in_twenty_is_replaced(self, language: str, chance: int) -> None:
        words = split_words(spaced(language, SENTENCES[language]))
        for position in random.Random(chance).sample(range(len(words)), len(words) // 20):
            words[position] = STRANGE_WORDS[language]
        assert is_one_family(spaced(language, SENTENCES[language]), " ".join(words), language=language)

    def test_another_headline_is_given(self, language: str) -> None:
        text = spaced(language, SENTENCES[language])
        families = find_families(articles_of(text, text, headlines=[HEADLINES[language], "?"], language=language))
        assert families.copies == {"a0": ("a1",)}

    def test_a_bare_headline_is_a_copy_of_its_article(self, language: str) -> None:
        headline = HEADLINES[language]
        full = Article("full", headline, spaced(language, SENTENCES[language]), language)
        bare = Article("bare", f"  {headline.upper()}!", "", language, role="teaser")
        assert find_families([bare, full]).original_of == {"bare": "full", "full": "full"}

    def test_another_text_of_the_language_is_none(self, language: str) -> None:
        sentences = SENTENCES[language]
        assert not is_one_family(spaced(language, sentences[:4]), spaced(language, sentences[4:]), language=language)


def weather(place: str, high: int, low: int, wind: int, rain: int) -> str:
    return (
        f"The weather in {place} tomorrow: the day begins with mist in the valleys, and by noon the sun comes out. "
        f"Temperatures rise to {high} degrees and fall to {low} in the night. The wind blows from the west with up to "
        f"{wind} kilometres an hour. The risk of rain is {rain} per cent. The outlook for the rest of the week stays "
        "friendly, with a few clouds over the hills and light winds along the coast."
    )


def result(home: str, away: str, goals: tuple[int, int], minute: int, crowd: int) -> str:
    return (
        f"{home} met {away} on Sunday in front of {crowd} spectators, and the match ended {goals[0]} to {goals[1]}. "
        f"The first goal fell in minute {minute} after a corner kick from the left. In the second half both teams had "
        f"several good chances, but the goalkeepers were in excellent form. The trainer of {home} spoke of a fair "
        f"result, and the trainer of {away} praised the spirit of his young team."
    )


def test_reports_made_from_one_template_are_no_copies() -> None:
    reports = [
        weather("Graz", 21, 9, 15, 30),
        weather("Linz", 18, 7, 40, 80),
        weather("Graz", 24, 11, 10, 5),
        result("Rovers", "Wanderers", (2, 1), 34, 8400),
        result("Harriers", "Albion", (0, 3), 71, 12350),
        result("Wanderers", "Harriers", (4, 2), 12, 9100),
    ]
    families = find_families(articles_of(*reports))
    assert len(families.originals) == len(reports)


def test_a_template_with_the_same_numbers_is_the_same_report() -> None:
    report = weather("Graz", 21, 9, 15, 30)
    assert is_one_family(report, f"{report} More tomorrow at the same time in this place.")


def test_a_short_body_under_other_headlines_is_no_copy() -> None:
    note = "This report can be read by subscribers alone. Log in to go on."
    headlines = ["Bridge over the Lunna opens again", "Harbour town elects its first woman mayor", "Ice fair"]
    articles = articles_of(note, note, note, headlines=headlines)
    assert len(find_families(articles).originals) == 3
    again = [*articles, Article("again", headlines[1], note, "en")]
    assert find_families(again).original_of["again"] == "a1"


def test_a_short_lead_under_a_headline_like_it_is_a_copy() -> None:
    lead = "The bridge over the Lunna opens again on Saturday after two years of repairs, the mayor said in the town."
    headlines = ["Lunna bridge opens again", "Mayor: bridge opens on Saturday"]
    assert family_sets(find_families(articles_of(lead, lead, headlines=headlines))) == {frozenset({"a0", "a1"})}


def test_a_short_headline_is_not_claimed_by_an_article() -> None:
    full = Article("full", "Weather today", chance_words(random.Random(1), 60), "en")
    assert len(find_families([full, Article("bare", "Weather today", "", "en")]).originals) == 2


def test_a_derived_headline_claims_nothing() -> None:
    body = spaced("en", SENTENCES["en"])
    full = Article("full", SENTENCES["en"][0], body, "en", headline_derived=True)
    assert len(find_families([full, Article("bare", SENTENCES["en"][0], "", "en")]).originals) == 2


def test_a_bare_headline_goes_to_the_family_of_the_copy_that_bears_it() -> None:
    text = spaced("en", SENTENCES["en"])
    articles = articles_of(text, text, headlines=["The bridge is open", "People cross the bridge over the Lunna again"])
    bare = Article("bare", "People cross the bridge over the Lunna again", "", "en")
    assert find_families([bare, *articles]).original_of == {"bare": "a0", "a0": "a0", "a1": "a0"}


def test_a_copy_belongs_to_an_original_that_it_is_near_never_to_a_copy() -> None:
    chance = random.Random(2)
    sentences = [chance_words(chance, 10) for _ in range(12)]
    first, between, last = (" ".join(sentences[start : start + 8]) for start in (0, 2, 4))
    assert is_one_family(first, between)
    assert is_one_family(between, last)
    assert find_families(articles_of(first, between, last)).original_of == {"a0": "a0", "a1": "a0", "a2": "a2"}


def test_a_copy_of_two_originals_belongs_to_the_nearer() -> None:
    chance = random.Random(7)
    sentences = [chance_words(chance, 10) for _ in range(28)]
    first, second, copy = (" ".join(sentences[start : start + 20]) for start in (0, 8, 5))
    assert find_families(articles_of(first, second, copy)).original_of == {"a0": "a0", "a1": "a1", "a2": "a1"}


def test_nearly_all_halves_of_texts_are_found() -> None:
    chance = random.Random(8)
    texts = [chance_words(chance, 120).split() for _ in range(400)]
    halves = [" ".join(words[:60]) for words in texts]
    families = find_families(articles_of(*[" ".join(words) for words in texts], *halves))
    found = sum(families.original_of[f"a{number + 400}"] == f"a{number}" for number in range(400))
    assert found >= 0.98 * 400


def shared(left: Collection[object], right: Collection[object]) -> tuple[float, float]:
    """Jaccard's index of two sets, and the share of the smaller one that the other has too."""
    common = len({*left} & {*right})
    return common / len({*left} | {*right}), common / min(len({*left}), len({*right}))


def word_runs(text: str) -> list[tuple[str, ...]]:
    words = split_words(text)
    return list(zip(words, words[1:], words[2:], strict=False))


def sampled_letter_runs(text: str) -> list[int]:
    return signatures_of([(b"", text.encode())]).letters.shingles.hashes.tolist()


windows = st.lists(st.tuples(st.integers(0, 20), st.integers(3, 12)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(windows, st.randoms(use_true_random=False))
def test_order_has_no_influence_and_every_copy_is_near_its_original(
    cuts: list[tuple[int, int]], chance: random.Random
) -> None:
    sentences = [chance_words(random.Random(number), 10) for number in range(32)]
    articles = articles_of(*[" ".join(sentences[start : start + length]) for start, length in cuts])
    families = find_families(articles)
    shuffled = articles.copy()
    chance.shuffle(shuffled)
    assert find_families(shuffled).original_of == families.original_of
    body = {article.id: article.body for article in articles}
    for copy, original in families.original_of.items():
        assert families.original_of[original] == original
        jaccard, contained = shared(word_runs(body[copy]), word_runs(body[original]))
        of_letters = shared(sampled_letter_runs(body[copy]), sampled_letter_runs(body[original]))
        assert jaccard >= 0.55 or contained >= 0.8 or of_letters[0] >= 0.48 or of_letters[1] >= 0.8


@settings(deadline=None, max_examples=60)
@given(windows, st.lists(st.integers(0, 11), max_size=8))
def test_repeating_articles_changes_nothing_but_their_own_families(
    cuts: list[tuple[int, int]], repeated: list[int]
) -> None:
    sentences = [chance_words(random.Random(number), 10) for number in range(32)]
    articles = articles_of(*[" ".join(sentences[start : start + length]) for start, length in cuts])
    chosen = [articles[number % len(articles)] for number in repeated]
    copies = [
        Article(f"z{number}", article.headline, article.body, article.language, published=article.published)
        for number, article in enumerate(chosen)
    ]
    families, more = find_families(articles), find_families([*copies, *articles])
    assert {id: more.original_of[id] for id in families.original_of} == families.original_of
    for copy, article in zip(copies, chosen, strict=True):
        assert more.original_of[copy.id] == families.original_of[article.id]


def test_articles_without_a_word_are_no_copies_of_each_other() -> None:
    articles = [Article("a", "", ""), Article("b", "", ""), Article("c", "!!!", "…"), Article("d", "", "— — —")]
    assert len(find_families(articles).originals) == 4
    assert find_families([]).original_of == {}


def test_unpaired_surrogates_are_text_like_any_other() -> None:
    text = f"{spaced('en', SENTENCES['en'])} \ud83d"
    assert is_one_family(text, f"{text} again")


def test_the_original_is_a_full_text_the_earliest_the_longest() -> None:
    articles = [
        Article("later", "Headline", "body", published=DAY + timedelta(days=1)),
        Article("short", "Head", "body", published=DAY),
        Article("bare", "Headline", "", published=DAY - timedelta(days=9)),
        Article("undated", "Headline", "a long body"),
        Article("first", "Headline", "body", published=DAY),
    ]
    assert [article.id for article in sorted(articles, key=seniority)] == ["first", "short", "later", "undated", "bare"]


def test_families_are_told_in_the_order_of_the_collection() -> None:
    chance = random.Random(3)
    text, other = chance_words(chance, 50), chance_words(chance, 50)
    articles = articles_of(text, other, text, other, text)[::-1]
    families = find_families(articles)
    assert families.articles == tuple(articles)
    assert [article.id for article in families.originals] == ["a1", "a0"]
    assert families.copies == {"a1": ("a3",), "a0": ("a4", "a2")}


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[str, int, int | None]] = []
    find_families(articles_of("one", "two"), progress=lambda stage, done, total: told.append((stage, done, total)))
    assert told == [("families", 2, 2)]


def test_thousands_of_texts_take_little_time() -> None:
    chance = random.Random(4)
    texts = [chance_words(chance, 150) for _ in range(4000)]
    copies = [f"{text} {chance_words(chance, 8)}" for text in texts[:1000]]
    started = time.perf_counter()
    families = find_families(articles_of(*texts, *copies))
    assert time.perf_counter() - started < 8
    assert sum(map(len, families.copies.values())) == 1000


@pytest.mark.parametrize("own_words", [40, 0])
def test_a_paragraph_that_thousands_share_makes_no_explosion(own_words: int) -> None:
    """Half of each text is the same; or all of it but for its numbers."""
    chance = random.Random(5)
    paragraph = chance_words(chance, 40)
    texts = [
        " ".join([paragraph, chance_words(chance, own_words), *(str(chance.randrange(10**6)) for _ in range(8))])
        for _ in range(3000)
    ]
    started = time.perf_counter()
    families = find_families(articles_of(*texts))
    assert time.perf_counter() - started < 12
    assert len(families.originals) == 3000


def test_copies_are_found_in_a_crowd_that_shares_a_paragraph() -> None:
    chance = random.Random(6)
    paragraph = chance_words(chance, 40)
    texts = [f"{paragraph} {chance_words(chance, 60)}" for _ in range(600)]
    copies = [f"{text} {chance_words(chance, 5)}" for text in texts[-100:]]
    families = find_families(articles_of(*texts, *copies))
    assert family_sets(families) == {frozenset({f"a{number}"}) for number in range(500)} | {
        frozenset({f"a{number}", f"a{number + 100}"}) for number in range(500, 600)
    }


def test_only_near_copies_and_what_says_the_same_as_one_share_less_than_all() -> None:
    chance = random.Random(11)
    text = chance_words(chance, 80)
    headlines = [
        "The bridge over the Lunna is open",
        "Mayor opens bridge over the Lunna",
        "Mayor opens bridge over the Lunna",
    ]
    articles = articles_of(text, text[: len(text) * 3 // 4], text[: len(text) * 3 // 4], headlines=headlines)
    bare = Article("bare", headlines[1], "", "en")
    families = find_families([*articles, bare])
    assert set(families.original_of.values()) == {"a0"}
    assert families.overlap_of.keys() == {"a1", "a2"}
    assert families.overlap_of["a1"] == families.overlap_of["a2"] < 1

"""Copies that are known: what each edit leaves of a text, and what is measured on them."""

from benchmarks.duplicates import scored, table
from benchmarks.edits import EDITS, Text, joined, make_corpus, sample_sources, split_sentences


def test_each_sentence_is_in_one_source_and_the_seed_decides():
    sources = sample_sources(3)
    assert sources == sample_sources(3)
    assert sources != sample_sources(4)
    assert len({source.language for source in sources}) > 10
    sentences = [(source.language, sentence) for source in sources for sentence in source.sentences]
    assert len(set(sentences)) > 0.99 * len(sentences)


def test_a_corpus_has_every_kind_of_copy_and_as_many_reports():
    sources = sample_sources(0)
    corpus = make_corpus(sources, 0)
    assert make_corpus(sources, 0) == corpus
    kinds = [text.kind for text in corpus]
    assert kinds.count("original") == len(sources)
    assert {kind: kinds.count(kind) for kind in EDITS} == dict.fromkeys(EDITS, len(sources))
    assert kinds.count("template") == len(corpus) / 2
    assert all(text.day == 0 for text in corpus if text.kind == "original")


def test_edits_are_as_strong_as_they_say():
    sources = sample_sources(1)
    corpus = {(text.family, text.kind): text for text in make_corpus(sources, 1)}
    for number, source in enumerate(sources):
        family = f"article {number}"
        whole = len(source.body)
        assert set(corpus[family, "end half cut"].body) <= set(source.body)
        assert len(corpus[family, "end half cut"].body) < whole
        assert source.body.startswith(corpus[family, "end half cut"].body)
        assert source.body.endswith(corpus[family, "beginning half cut"].body)
        moved = corpus[family, "sentences moved"].body
        assert sorted(moved.replace(" ", "")) == sorted(source.body.replace(" ", ""))
        kept = sum(sentence in corpus[family, "30% of sentences replaced"].body for sentence in source.sentences)
        assert kept >= len(source.sentences) - 1
        assert corpus[family, "5% of characters wrong"].body != source.body
        assert corpus[family, "headline and byline new"].body.endswith(source.body)


def test_sentences_end_in_every_script():
    found = split_sentences("Eins. Zwei! Три? 四。五。छह। سبعة؟")
    assert found == ["Eins.", "Zwei!", "Три?", "四。", "五。", "छह।", "سبعة؟"]
    assert joined(["四。", "五。"], "zh") == "四。五。"


def test_a_method_is_scored_by_pairs_by_kinds_and_by_reports():
    texts = [Text("a", "original", "en", "", "", 0), Text("a", "layout", "en", "", "", 1)]
    texts += [Text("a", "several", "en", "", "", 1), Text("r", "template", "en", "", "", 0)]
    result = scored("m", texts, [1, 1, 2, 2], 0.5)
    assert (result.precision, result.recall) == (0.5, 1 / 3)
    assert result.kinds == {"layout": 1.0, "several": 0.0}
    assert result.reports == 1
    full = scored("m", [texts[0], *(Text("a", kind, "en", "", "", 1) for kind in EDITS)], [0] * (1 + len(EDITS)), 1.0)
    assert "| m | 1.000 | 1.000 | 0 | 1.0 |" in table([full])

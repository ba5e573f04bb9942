"""HTML to text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.reading.markup import markup_to_text
from clusterer.reading.text import clean_body


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One\nline.</p>\n<p>Two.</p>", "One line.\n\nTwo."),
        ("One.<br>Two.<br/>Three.", "One.\nTwo.\nThree."),
        ("<ul><li>Ice</li><li>Wind</li></ul>", "• Ice\n\n• Wind"),
        ("A <a href='x'>link</a> and <strong>more</strong>.", "A link and more."),
        ("<div class=\"a\">One.</div><script>var x = '<p>';</script>Two.", "One.\n\nTwo."),
        ("<style>p { color: red }</style>One.", "One."),
        ("<!-- no --><p>One.</p>", "One."),
        ("<!-- never closed <p>One.</p>", "never closed\n\nOne."),
        ("<script>never closed <p>One.</p>", "never closed\n\nOne."),
        ("&lt;p&gt;One.&lt;/p&gt;", "One."),
        ("Fish &amp; chips &#8211; &euro;5 &nbsp;", "Fish & chips – €5"),
        ("<속보> 항구 재개", "<속보> 항구 재개"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("R&D at H&M, see ?a=1&copy=2", "R&D at H&M, see ?a=1&copy=2"),
        ("<table><tr><td>Ice</td><td>9</td></tr></table>", "Ice 9"),
        ("plain\nlines <b>stay</b>", "plain\nlines stay"),
    ],
)
def test_markup(markup: str, text: str) -> None:
    assert clean_body(markup).replace("\n\n•", "\n•") == text.replace("\n\n•", "\n•")


@given(st.text(st.sampled_from("<>/!-pbrscit &;amp#x0\n")))
def test_any_markup_gives_text(text: str) -> None:
    assert isinstance(markup_to_text(text), str)


@pytest.mark.parametrize("piece", ["<script>", "<!--", "<p", "<", "&", "&#", "<p>", "</script", "<!doctype ", "\n "])
def test_hostile_markup_takes_linear_time(piece: str) -> None:
    def seconds(count: int) -> float:
        runs = []
        for _ in range(3):
            start = time.process_time()
            clean_body(f"<p>{piece * count}")
            runs.append(time.process_time() - start)
        return min(runs)

    # Four times the text must not take sixteen times as long; one that looks back takes minutes.
    assert seconds(100_000) < 20 * max(seconds(25_000), 0.02)

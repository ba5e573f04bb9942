"""Results as tables on a terminal. Text of the input is shown literally: nothing in it is markup, nothing steers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from clusterer.article import Article
from clusterer.cli.text import counted, day, printable
from clusterer.story import SimilarArticle, Story, StoryChange, Thread

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_OTHER_HEADLINES_SHOWN = 3
_LANGUAGES_SHOWN = 8
_STORIES_OF_A_THREAD_SHOWN = 5


def stories_table(stories: Sequence[Story]) -> Table:
    """A row for each story: its headline, its days and languages, a few of its other headlines, and its id."""
    table = _table()
    table.add_column("size", justify="right", no_wrap=True)
    _add_text_column(table, "story")
    table.add_column("id", no_wrap=True, style="dim")
    for story in stories:
        table.add_row(str(story.size), _story_text(story), _plain(story.id))
    return table


def threads_table(threads: Sequence[Thread]) -> Table:
    """A row for each thread: what it is called, its days, and its largest stories."""
    table = _table()
    table.add_column("stories", justify="right", no_wrap=True)
    table.add_column("articles", justify="right", no_wrap=True)
    _add_text_column(table, "thread")
    table.add_column("id", no_wrap=True, style="dim")
    for thread in threads:
        table.add_row(str(len(thread.stories)), str(thread.size), _thread_text(thread), _plain(thread.id))
    return table


def _thread_text(thread: Thread) -> Text:
    text = _plain(thread.name, style="bold")
    text.no_wrap = True
    text.overflow = "ellipsis"
    text.append("\n" + _span(thread.first_published, thread.last_published), style="not bold")
    for story in thread.stories[:_STORIES_OF_A_THREAD_SHOWN]:
        text.append(f"\n  {story.size}  {printable(story.headline)}", style="not bold dim")
    left = len(thread.stories) - _STORIES_OF_A_THREAD_SHOWN
    if left > 0:
        text.append(f"\n  and {counted(left, 'story', 'stories')} more", style="not bold dim")
    return text


def story_articles_table(stories: Sequence[Story]) -> Table:
    """A row for each article of the stories: most telling first."""
    table = _table()
    table.add_column("strength", justify="right", no_wrap=True)
    table.add_column("language", no_wrap=True)
    _add_text_column(table, "headline")
    table.add_column("source", no_wrap=True, max_width=20)
    table.add_column("published", no_wrap=True)
    table.add_column("copy of", no_wrap=True, max_width=16, style="dim")
    table.add_column("id", no_wrap=True, max_width=24, style="dim")
    for story in stories:
        for member in story.articles:
            article = member.article
            copy_of = "" if member.family == article.id else member.family
            table.add_row(
                *(f"{member.strength:.2f}", _plain(article.language), _headline(article), _plain(article.source or "")),
                *(day(article.published), _plain(copy_of), _plain(article.id)),
            )
    return table


def similar_table(rows: Sequence[SimilarArticle]) -> Table:
    """A row for each result of a search; where there were several queries, each has a section of its own."""
    table = _table()
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("language", no_wrap=True)
    _add_text_column(table, "headline")
    table.add_column("published", no_wrap=True)
    table.add_column("story", no_wrap=True, max_width=20, style="dim")
    table.add_column("id", no_wrap=True, max_width=24, style="dim")
    query: str | None = None
    for row in rows:
        if row.query != query:
            query = row.query
            table.add_section()
            table.add_row("", "", "", _plain(query or "", style="bold"))
        article = row.article
        table.add_row(
            *(str(row.rank), f"{row.score:.3f}", _plain(article.language), _headline(article)),
            *(day(article.published), _plain(row.story), _plain(article.id)),
        )
    return table


def changes_table(changes: Sequence[StoryChange]) -> Table:
    """A row for each event: when, what, how many articles came or left and how many there are, and of which story."""
    table = _table()
    table.add_column("time", no_wrap=True)
    table.add_column("event", no_wrap=True)
    table.add_column("change", justify="right", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    _add_text_column(table, "story")
    table.add_column("id", no_wrap=True, style="dim")
    for change in changes:
        sign = "+" if change.came else "-"
        where = {"merged": f"into {change.other}", "split": f"from {change.other}"}.get(change.event, "")
        told = "  ".join(filter(None, (change.headline, where)))
        table.add_row(
            *(f"{change.time:%Y-%m-%d %H:%M}", change.event, f"{sign}{change.moved}", str(change.size)),
            *(_plain(told), _plain(change.story)),
        )
    return table


def unique_table(originals: Sequence[tuple[Article, Mapping[str, float]]]) -> Table:
    """A row for each article that stands for its family, with how many copies it has."""
    table = _table()
    table.add_column("copies", justify="right", no_wrap=True)
    table.add_column("language", no_wrap=True)
    _add_text_column(table, "headline")
    table.add_column("published", no_wrap=True)
    table.add_column("id", no_wrap=True, max_width=24, style="dim")
    for article, copies in originals:
        count = str(len(copies)) if copies else ""
        table.add_row(count, _plain(article.language), _headline(article), day(article.published), _plain(article.id))
    return table


def facts_text(facts: Sequence[tuple[str, str]]) -> str:
    """Names and their values, one pair a line, the values below each other."""
    width = max((len(name) for name, _ in facts), default=0)
    return "\n".join(f"{name:<{width}}  {printable(value)}" for name, value in facts)


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True, header_style="bold")


def _add_text_column(table: Table, name: str) -> None:
    """A column that takes what width is left; a line that is too long for it is cut."""
    table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1, min_width=20)


def _plain(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(printable(text), style=style)


def _headline(article: Article) -> Text:
    """The headline; in italics where it is only the first sentence of the body."""
    return _plain(article.headline, style="italic" if article.headline_derived else "")


def _story_text(story: Story) -> Text:
    text = _plain(story.headline, style="bold")
    text.no_wrap = True
    text.overflow = "ellipsis"
    text.append("\n" + "  ".join(filter(None, (_days(story), _languages(story)))), style="not bold")
    for article in _other_headlines(story):
        text.append(f"\n  {printable(article.language)}  {printable(article.headline)}", style="not bold dim")
    return text


def _other_headlines(story: Story) -> list[Article]:
    """Articles that show how wide a story is: the strongest in each other language first, then what else it says."""
    others: dict[str, Article] = {}
    for member in story.articles:
        if member.article.headline != story.headline:
            others.setdefault(member.article.headline, member.article)
    first_of_language: dict[str, Article] = {}
    for article in others.values():
        first_of_language.setdefault(article.language, article)
    chosen = {article.headline: article for article in (*first_of_language.values(), *others.values())}
    return list(islice(chosen.values(), _OTHER_HEADLINES_SHOWN))


def _languages(story: Story) -> str:
    shown = [f"{language} {count}" for language, count in islice(story.languages.items(), _LANGUAGES_SHOWN)]
    left = len(story.languages) - len(shown)
    return printable(", ".join([*shown, f"{left} more"] if left else shown))


def _days(story: Story) -> str:
    return _span(story.first_published, story.last_published)


def _span(earliest: datetime | None, latest: datetime | None) -> str:
    first, last = day(earliest), day(latest)
    return first if first == last else f"{first} – {last[5:] if first[:4] == last[:4] else last}"

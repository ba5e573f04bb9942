"""Gold stories that come with a dump, in a field of its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from clusterer.article import Article
from clusterer.errors import InputError, UsageError


def gold_stories(articles: Sequence[Article], field: str) -> list[str | None]:
    """The gold story of each article, from the field of that name in its `extra`; None where it has none.

    A number and its spelling name one story; an empty value is none. An article taken out of a page (a teaser, an
    embedded article) has none, since the field speaks of the record as it was read. Raises UsageError where no article
    has the field, and InputError where its value is a list or a mapping.
    """
    found = [None if article.part_of else _story(article, field) for article in articles]
    if articles and not any(story is not None for story in found):
        raise UsageError(f"no article has a field {field!r}", where="--gold", remedy=_known_fields(articles))
    return found


def _story(article: Article, field: str) -> str | None:
    value = article.extra.get(field)
    if value is None or value != value:  # a missing number in a table is NaN
        return None
    if not isinstance(value, str | int | float):
        raise InputError(
            f"the field {field!r} is a {type(value).__name__}, not the name of one story",
            where=article.location or article.id,
            remedy="Give a field with a text or a number.",
        )
    return str(value).strip() or None


def _known_fields(articles: Iterable[Article]) -> str:
    counts = Counter(name for article in articles for name in article.extra)
    if not counts:
        return "The records have no field beside those of an article."
    names = ", ".join(name for name, _ in counts.most_common(10))
    return f"The records have the fields: {names}."

"""An article: the unit that is read, encoded, grouped and shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["article", "embedded", "teaser"]
UNKNOWN_LANGUAGE = "und"


@dataclass(frozen=True, slots=True)
class Article:
    """One article, or the bare headline of one.

    `published` is timezone-aware, in UTC. `language` is an ISO 639 code, "und" where it is not known.
    `headline_derived` marks a headline that is the first sentence of the body, for want of a real one.
    `part_of` is the id of the page on which an embedded article or a teaser stood. `extra` holds the fields of
    the input record that have no place of their own. `location` is where it was read, as ``news.jsonl:812``.
    """

    id: str
    headline: str
    body: str = ""
    language: str = UNKNOWN_LANGUAGE
    url: str | None = None
    source: str | None = None
    published: datetime | None = None
    role: Role = "article"
    part_of: str | None = None
    headline_derived: bool = False
    keywords: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    location: str = field(default="", compare=False)

    @property
    def is_bare(self) -> bool:
        """Whether there is a headline and nothing else."""
        return not self.body

    @property
    def text(self) -> str:
        """Headline and body; a derived headline is not said twice."""
        if self.headline_derived or not self.body:
            return self.body or self.headline
        return f"{self.headline}\n{self.body}"


def content_hash(article: Article) -> str:
    """SHA-256 in hex of what an article says and when and where: all but its id and the page it stood on.

    It orders articles in a way that no input order influences.
    """
    published = article.published.isoformat() if article.published else ""
    parts = (article.headline, article.body, published, article.url or "", article.source or "", article.language)
    encoded = [part.encode("utf-8", "surrogatepass") for part in (*parts, article.role)]
    # The length before each part keeps "ab" + "c" apart from "a" + "bc".
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in encoded)).hexdigest()

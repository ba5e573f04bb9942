"""clusterer finds duplicate and related news articles in fifty languages and groups them into stories.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clusterer.article import Article
    from clusterer.encoding.loading import load_encoder
    from clusterer.errors import ClustererError
    from clusterer.news_index import NewsIndex, open_index
    from clusterer.pipeline import Clustering, cluster, find_families
    from clusterer.settings import Settings
    from clusterer.story import Assignment, SimilarArticle, Story, StoryArticle, StoryChange, Thread

__version__ = "0.1.0"

_HOME = {
    "Article": "article",
    "Assignment": "story",
    "ClustererError": "errors",
    "Clustering": "pipeline",
    "NewsIndex": "news_index",
    "Settings": "settings",
    "SimilarArticle": "story",
    "Story": "story",
    "StoryArticle": "story",
    "StoryChange": "story",
    "Thread": "story",
    "cluster": "pipeline",
    "find_families": "pipeline",
    "load_encoder": "encoding.loading",
    "open_index": "news_index",
}

__all__ = [
    "Article",
    "Assignment",
    "ClustererError",
    "Clustering",
    "NewsIndex",
    "Settings",
    "SimilarArticle",
    "Story",
    "StoryArticle",
    "StoryChange",
    "Thread",
    "__version__",
    "cluster",
    "find_families",
    "load_encoder",
    "open_index",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"clusterer.{_HOME[name]}"), name)
    raise AttributeError(f"module 'clusterer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})

"""Threads: the sagas that stories belong to, and what they are called."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from clusterer.encoding.lexicon import shared_lexicon
from clusterer.stories.telling import TellingWords, commonest_form
from clusterer.story import Story, Thread

WORDS_OF_A_NAME = 4
SHARED_BY = 0.5
BETWEEN_WORDS = ", "


def threads_of(stories: Iterable[Story]) -> tuple[Thread, ...]:
    """The threads that these stories make, those of most stories first, then of most articles, then by id.

    A story without a thread is a thread of its own. Of a thread some of whose stories are not given, what is given is
    told.
    """
    members: defaultdict[str, list[Story]] = defaultdict(list)
    for story in stories:
        members[story.thread or story.id].append(story)
    telling = TellingWords(shared_lexicon())
    threads = [Thread(id, _name(some, telling), tuple(some)) for id, some in members.items()]
    return tuple(sorted(threads, key=lambda thread: (-len(thread.stories), -thread.size, thread.id)))


def _name(stories: Sequence[Story], telling: TellingWords) -> str:
    """The words that stand in the headlines of at least half of the stories, the most shared first; where there is
    none, or one story alone, the headline of the largest.
    """
    if len(stories) == 1:
        return stories[0].headline
    language = _commonest_language(stories)
    shared: Counter[str] = Counter()
    written: list[tuple[str, str]] = []
    for story in stories:
        headlines = "\n".join(m.article.headline for m in story.articles if m.article.language == language)
        words = telling(headlines, language)
        shared.update({folded for folded, _ in words})
        written += words
    least = max(2, math.ceil(SHARED_BY * len(stories)))
    first_seen = {folded: place for place, (folded, _) in reversed(list(enumerate(written)))}
    common = sorted((word for word in shared if shared[word] >= least), key=lambda w: (-shared[w], first_seen[w]))
    if not common:
        return stories[0].headline
    return BETWEEN_WORDS.join(commonest_form(written, word) for word in common[:WORDS_OF_A_NAME])


def _commonest_language(stories: Sequence[Story]) -> str:
    counts: Counter[str] = Counter()
    for story in stories:
        counts.update(story.languages)
    return min(counts, key=lambda language: (-counts[language], language))

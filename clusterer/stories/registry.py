"""The registry: groups that are made anew keep the identifiers of those that they were before, by their members."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from clusterer.stories.building import ID_LENGTH, prominence
from clusterer.story import Story


def matched_ids(
    groups: Sequence[Iterable[str]], own: Sequence[str], known: Mapping[str, str], others: Collection[str] = ()
) -> list[str]:
    """An id for each group of members: that of the known group with which it shares most of them, if no other group
    shares more; of equals its own, so that what splits and comes together again is what it was; else its own. `known`
    is the id of the group that a member was in, `others` those of groups that have no member here. No id is given
    twice.
    """
    shared: Counter[tuple[str, int]] = Counter()
    for number, members in enumerate(groups):
        shared.update((known[member], number) for member in members if member in known)
    chosen: dict[int, str] = {}
    taken = set(others)
    for before, number in sorted(
        shared, key=lambda pair: (-shared[pair], pair[0] != own[pair[1]], pair[0], own[pair[1]])
    ):
        if before not in taken and number not in chosen:
            chosen[number] = before
            taken.add(before)
    for number, id_ in enumerate(own):
        if number not in chosen:
            chosen[number] = _free(id_, taken)
            taken.add(chosen[number])
    return [chosen[number] for number in range(len(own))]


def _free(id_: str, taken: set[str]) -> str:
    """The id; where another group goes by it already, one that is made of it and begins as it does."""
    free, attempt = id_, 1
    while free in taken:
        attempt += 1
        digest = hashlib.sha256(f"{id_} {attempt}".encode("utf-8", "surrogatepass")).hexdigest()
        free = id_[:1] + digest[: max(len(id_), ID_LENGTH) - 1]
    return free


def with_known_ids(
    stories: Sequence[Story],
    known_stories: Mapping[str, str],
    known_threads: Mapping[str, str],
    *,
    other_stories: Collection[str] = (),
    other_threads: Collection[str] = (),
) -> tuple[Story, ...]:
    """The stories with the ids that those had which they go on from, and their threads likewise. The known ones are
    told by the id of each of their articles; the others have no article here.
    """
    if not (known_stories or other_stories):
        return tuple(stories)
    groups = [_members(story) for story in stories]
    ids = matched_ids(groups, [story.id for story in stories], known_stories, other_stories)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for story in stories:
        members[story.thread].extend(_members(story))
    thread_ids = matched_ids(list(members.values()), list(members), known_threads, other_threads)
    threads = dict(zip(members, thread_ids, strict=True))
    named = (
        story if story.id == id_ and story.thread == threads[story.thread] else _named(story, id_, threads)
        for story, id_ in zip(stories, ids, strict=True)
    )
    return tuple(sorted(named, key=prominence))


def _members(story: Story) -> list[str]:
    return [member.article.id for member in story.articles]


def _named(story: Story, id_: str, threads: Mapping[str, str]) -> Story:
    return replace(story, id=id_, thread=threads[story.thread])

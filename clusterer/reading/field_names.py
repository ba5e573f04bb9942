"""The fields of an article and the names that inputs give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

# The order within a line is the order of preference. Names are compared by `_plain`: no case, no signs.
_USUAL_NAMES: dict[str, str] = {
    "id": "id guid uuid articleid docid documentid newsid recordid identifier",
    "title": "title headline head heading headlinetext articletitle newstitle titletext ogtitle dctitle name subject",
    "body": "body text content fulltext articlebody articletext maintext bodytext fullcontent contentencoded "
    "storytext rawtext plaintext contenttext article description summary abstract lead leadtext lede standfirst "
    "excerpt snippet intro ogdescription",
    "url": "url link href canonicalurl articleurl permalink weburl sourceurl pageurl ogurl uri",
    "source": "source publisher outlet sourcename sitename publication newspaper site "
    "website domain sourcedomain media "
    "feed ogsitename",
    "published": "published date pubdate publishedat publisheddate publishdate publicationdate datepublished "
    "publisheddatetime publishtime publishedtime publishedon firstpublished datetime dateutc timestamp time dcdate "
    "created createdat creationdate datecreated issued",
    "language": "language lang locale languagecode langcode inlanguage dclanguage",
    "keywords": "keywords keyword tags newskeywords articletags",
}

OUR_NAMES = tuple(_USUAL_NAMES)


class FieldPlan(NamedTuple):
    """Which fields of a record may hold what, best first; made once for all records with the same fields."""

    id: Sequence[str]
    title: Sequence[str]
    body: Sequence[str]
    url: Sequence[str]
    source: Sequence[str]
    published: Sequence[str]
    language: Sequence[str]
    keywords: Sequence[str]


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


_RANKS: dict[str, tuple[str, int]] = {
    _plain(alias): (ours, rank) for ours, names in _USUAL_NAMES.items() for rank, alias in enumerate(names.split())
}


def our_name(name: str) -> str | None:
    """Our name for a field that a user or an input calls by one of its usual names; None for any other name."""
    known = _RANKS.get(_plain(name))
    return known[0] if known else None


def is_text_field(name: str) -> bool:
    """Whether a field of this name holds a headline or a body."""
    return our_name(name) in ("title", "body")


def plan_fields(keys: Sequence[str], mapped: Mapping[str, str]) -> FieldPlan:
    """Where to look for each of our fields in records with these keys. A mapped field is looked for nowhere else."""
    candidates: dict[str, list[tuple[int, str]]] = {ours: [] for ours in OUR_NAMES}
    taken = {theirs.casefold() for theirs in mapped.values()}
    for key in keys:
        known = _RANKS.get(_plain(key))
        if known and known[0] not in mapped and key.casefold() not in taken:
            candidates[known[0]].append((known[1], key))
    # Python's sort is stable: of two spellings of one name (`id`, `_id`) the first of the record wins.
    found = {ours: [key for _, key in sorted(ranked, key=lambda pair: pair[0])] for ours, ranked in candidates.items()}
    for ours, theirs in mapped.items():
        exact = [key for key in keys if key == theirs]
        found[ours] = exact or [key for key in keys if key.casefold() == theirs.casefold()][:1]
    return FieldPlan(**found)

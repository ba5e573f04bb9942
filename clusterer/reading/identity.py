"""The id of an article whose input gives it none."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi"
    r"|ocid|cmpid|wt\.mc_id|at_medium|at_campaign|ns_campaign|ns_mchannel|smid|sr_share|spm|xtor",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def canonical_url(url: str) -> str:
    """One form for all spellings of an address: no tracking parameters, fragment, default port or trailing slash.

    An address that cannot be parsed is returned as it is, without white space.
    """
    url = "".join(url.split())
    try:
        parts = urlsplit(url)
        query = sorted(
            pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])
        )
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    user, at, host = parts.netloc.rpartition("@")
    host = host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, " ")).rstrip(":")
    return urlunsplit((scheme, user + at + host, parts.path.rstrip("/"), urlencode(query), ""))


def derive_id(
    url: str | None, source: str | None, role: str, headline: str, body: str, published: datetime | None
) -> str:
    """The first 16 hex digits of the SHA-256 of what an article says, and when and where.

    Where is told by the canonical URL or, for want of one, by the source.
    """
    place = canonical_url(url) if url else source or ""
    moment = published.isoformat() if published else ""
    parts = [part.encode("utf-8", "surrogatepass") for part in (place, role, headline, body, moment)]
    digest = hashlib.sha256()
    # The length before each part keeps "ab" + "c" apart from "a" + "bc".
    digest.update(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
    return digest.hexdigest()[:16]

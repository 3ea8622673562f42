"""The address of a Deepgram stream, and the company's words as its hints. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from audiosocket_agent.seams import SAMPLE_RATE_HZ

MOST_TERMS = 100
MOST_TOKENS = 500  # of all terms together; one more and the vendor refuses the connection
MOST_TERM_CHARS = 60

# A colon would be read as part of the term (the weights of older models), other signs are not said.
_UNSPOKEN = re.compile(r"[^\w\s'&./+-]+|_")

AUDIO: tuple[tuple[str, str], ...] = (
    ("encoding", "linear16"),
    ("sample_rate", f"{SAMPLE_RATE_HZ}"),
)


def stream_url(base: str, path: str, params: Iterable[tuple[str, str]]) -> str:
    """Return the address to connect to.

    Args:
        base: Scheme and host, perhaps with a path in front of the vendor's.
        path: The vendor's, with its leading slash.
        params: Query parameters in order; a repeated name is a list.
    """
    return f"{base.rstrip('/')}{path}?{urlencode(list(params))}"


def flag(value: bool) -> str:
    """Spell a boolean as the wire does."""
    return "true" if value else "false"


def keyterms(vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Return the terms that fit into one connection, the first of the vocabulary first.

    The vendor counts tokens of its own making; a token for every two bytes is more than any
    tokeniser needs for words of a European language, so what passes here passes there.
    """
    terms: list[str] = []
    seen: set[str] = set()
    tokens = 0
    for raw in vocabulary:
        term = " ".join(_UNSPOKEN.sub(" ", raw).split())[:MOST_TERM_CHARS].strip()
        cost = _tokens(term)
        if not any(c.isalnum() for c in term) or term.casefold() in seen:
            continue
        if len(terms) == MOST_TERMS or tokens + cost > MOST_TOKENS:
            break
        seen.add(term.casefold())
        terms.append(term)
        tokens += cost
    return tuple(terms)


def _tokens(term: str) -> int:
    return sum((len(word.encode()) + 1) // 2 for word in term.split())

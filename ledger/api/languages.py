"""Which language does whoever asks read? Chinese, unless they say English."""

from starlette.requests import HTTPConnection

from ledger.volunteers.explain_view import Language


def language_of(request: HTTPConnection) -> Language:
    """By Accept-Language: the first choice of the two; `*` and others leave it at Chinese."""
    chosen, best = Language.zh, 0.0
    for part in request.headers.get("accept-language", "").split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            q = float(weight) if weight else 1.0
        except ValueError:
            continue
        short = name.strip().lower()[:2]
        if short in Language.__members__ and q > best:
            chosen, best = Language[short], q
    return chosen

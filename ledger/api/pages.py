"""How do the pages get to a browser? Files of ledger/web/dist, with what they may do.

Names under assets/ carry a hash of what is in them, so a browser keeps those for ever; anything
else is asked for anew each time, and answered by 304 if it is the same.
"""

from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from ledger.errors import LedgerError

DIST = Path(__file__).parent.parent / "web" / "dist"

_SECURITY = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Pages(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_SECURITY)
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        )
        return response


def pages() -> ASGIApp:
    """What serves them, to be mounted at / after all that is asked by programs.

    Raises LedgerError if they were not built.
    """
    if not (DIST / "index.html").is_file():
        raise LedgerError(
            "the pages are not built: `pip install -e .` does, or `npm run build` in ledger/web"
        )
    return GZipMiddleware(_Pages(directory=DIST, html=True), minimum_size=1024)

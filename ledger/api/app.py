"""Which routes are there?"""

from fastapi import FastAPI

from ledger.api.pages import pages


def create_app() -> FastAPI:
    """The application. Raises LedgerError if the pages were not built."""
    app = FastAPI(title="volunteer-ledger", docs_url=None, redoc_url=None)
    app.mount("/", pages(), name="pages")
    return app

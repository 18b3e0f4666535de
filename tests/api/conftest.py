"""What do tests of the API share? The real app on a ledger of its own, on either database."""

from collections.abc import AsyncIterator, Iterator

import pytest

from ledger.api.serving import Serving
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from tests.api.browser import Api


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    made = Recorder(database, national_ladder())
    made.begin()
    yield made


@pytest.fixture
def chosen() -> Settings:
    """Settings; a module's tests may have their own."""
    return Settings()


@pytest.fixture
async def api(recorder: Recorder, chosen: Settings) -> AsyncIterator[Api]:
    async with Api(Serving.of(chosen, recorder, recorder)) as client:
        yield client

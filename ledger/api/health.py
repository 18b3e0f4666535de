"""Does it run, and can it do its work? For whatever watches and starts it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from ledger.api.problems import problem_of
from ledger.api.serving import Serving, serving
from ledger.api.shapes import Health
from ledger.errors import LedgerError

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready", responses={503: {"model": Health}})
def ready(here: Annotated[Serving, Depends(serving)], response: Response) -> Health:
    """The databases answer and are of this version."""
    try:
        here.recorder.database.check()
        if here.reader is not here.recorder:
            here.reader.database.check()
    except LedgerError as error:
        problem = problem_of(error)
        response.status_code = problem.kind.AWAY.status
        return Health(status="unavailable", detail=problem.detail)
    return Health(status="ok")

"""How is something carried out once, though it is asked for again? By the header Idempotency-Key.

The first answer is kept for a day and given again, to the same person, for the same request.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from ledger.api.bodies import Body
from ledger.api.problems import Kind, Problem
from ledger.api.who import Asks
from ledger.clock import SECOND
from ledger.store import answers
from ledger.store.answers import Answer

ABANDONED = 60 * SECOND
"""After which a request that got no answer is taken for one whose server has died."""

REPLAYED = "Idempotency-Replayed"


class Once:
    """A request with its key; a route carries out its work by `do`."""

    def __init__(
        self,
        asks: Asks,
        request: Request,
        body: Body,
        key: Annotated[
            str,
            Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[!-~]+$"),
        ],
    ) -> None:
        self._database = asks.serving.recorder.database
        self._now = asks.serving.recorder.now
        self.key = key
        self._who = str(asks.person.who) if asks.person else f"address {asks.address}"
        said = f"{request.method} {request.url.path}\n".encode() + body
        self._request = sha256(said).hexdigest()

    def do(self, work: Callable[[], BaseModel], status: int = 200) -> Response:
        """Carry `work` out, unless it has been; its answer, the same each time.

        What raises is not kept, so that it may be tried again. Raises Problem if the key was used
        for another request, or the first one is still under way.
        """
        known = self._claim()
        if known is not None:
            return _response(known, replayed=True)
        try:
            answer = Answer(status, work().model_dump_json().encode())
        except BaseException:
            with self._database.write() as connection:
                answers.forget(connection, self._who, self.key)
            raise
        with self._database.write() as connection:
            answers.keep(connection, self._who, self.key, answer)
        return _response(answer, replayed=False)

    def _claim(self) -> Answer | None:
        now = self._now()
        with self._database.write() as connection:
            known = answers.claim(connection, self._who, self.key, self._request, now, ABANDONED)
        if known is None:
            return None
        if known.request != self._request:
            raise Problem(Kind.CONFLICT, "this Idempotency-Key was used for another request")
        if known.answer is None:
            raise Problem(
                Kind.CONFLICT,
                "the same request is still being carried out: ask again",
                headers={"Retry-After": "1"},
            )
        return known.answer


def _response(answer: Answer, *, replayed: bool) -> Response:
    headers = {REPLAYED: "true"} if replayed else {}
    return Response(answer.content, answer.status, headers, media_type="application/json")


Idempotent = Annotated[Once, Depends()]

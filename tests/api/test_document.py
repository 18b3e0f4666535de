"""Are the pages checked by what the API really offers?"""

from ledger.api.document import FILE, document


def test_the_pages_know_the_api_as_it_is() -> None:
    assert FILE.read_bytes() == document(), (
        "python -m ledger.api.document && (cd ledger/web && npm run api)"
    )

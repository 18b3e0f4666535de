"""Do the pages' linter and compiler agree with their sources, and are they built from these?"""

import pytest

from ledger.web.build_hook import digest
from tests.web.browsing import WEB
from tests.web.node import npm

pytestmark = pytest.mark.xdist_group("web")


@pytest.mark.usefixtures("tools")
def test_biome_and_the_compiler_are_content() -> None:
    done = npm("run", "--silent", "check")
    assert done.returncode == 0, (done.stdout, done.stderr)


def test_the_pages_are_built_from_these_sources() -> None:
    built = WEB / "dist" / "built-from"
    assert built.exists(), "pip install -e . builds them"
    assert built.read_text().strip() == digest(WEB), "pip install -e . builds them anew"

"""Which font prints Chinese so that any viewer shows it? One that is embedded, as a subset."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ledger.errors import LedgerError

_PACKAGE = "pylopdf_fonts_zh_cn"
"""Ships Noto Serif SC (思源宋体), under the SIL Open Font License."""

_INSTALL = (
    "install one with `pip install 'volunteer-ledger[certificates]'`, "
    "or name a TTF or OTF file with VLEDGER_FONT"
)


def font_file(chosen: str) -> Path:
    """The font that VLEDGER_FONT names, else the packaged one. Raises LedgerError without any."""
    if chosen:
        file = Path(chosen)
        if not file.is_file():
            raise LedgerError(f"VLEDGER_FONT: there is no file {file}")
        return file
    if find_spec(_PACKAGE) is None:
        raise LedgerError(f"certificates need a Chinese font: {_INSTALL}")
    return Path(import_module(_PACKAGE).serif_path())


def check_libraries() -> None:
    """Raise LedgerError unless what draws the page is installed."""
    for name in ("fpdf", "segno"):
        if find_spec(name) is None:
            raise LedgerError(
                f"certificates need {name}: run `pip install 'volunteer-ledger[certificates]'`"
            )

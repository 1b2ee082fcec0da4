"""Where the files that come with the code lie: inside the package in a wheel, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_CHECKOUT = _PACKAGE.parent.parent


def catalog_dir() -> Path:
    """The folder of providers, tools and starter apps."""
    packaged = _PACKAGE / "_catalog"
    return packaged if packaged.is_dir() else _CHECKOUT / "catalog"


def console_dir() -> Path | None:
    """The folder of the built console, or None where it has not been built."""
    console = _PACKAGE / "interface" / "http" / "console"
    return console if (console / "index.html").is_file() else None

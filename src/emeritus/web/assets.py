"""Style, fonts and the icon: read once, served under names that carry their content's hash."""

from collections.abc import Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from emeritus.foundation import sha256_hex
from emeritus.web.answers import FOR_EVER, answer
from emeritus.web.errors import NoSuchPage

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_FONTS = ("charis-regular.woff2", "charis-bold.woff2", "inter-variable.woff2")
_PLAIN = ("favicon.svg", "fonts/LICENSES.md", *(f"fonts/{font}" for font in _FONTS))
_STYLE = "emeritus.css"
_SCRIPT = "chat.js"
_HASH_DIGITS = 10


class Assets:
    """The files of `static/`, held in memory (about 120 kB) under hashed names.

    An address that carries a hash never changes its content, so browsers may keep it for ever.
    """

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}
        self._addresses: dict[str, str] = {}
        for name in _PLAIN:
            self._add(name, _read(name))
        style = _read(_STYLE).decode()
        for name, address in self._addresses.items():
            style = style.replace(f'url("{name}")', f'url("{address}")')
        self._add(_STYLE, style.encode())
        self._add(_SCRIPT, _read(_SCRIPT))

    def address(self, name: str) -> str:
        """Return where a file of `static/` is served; KeyError for one that is not there."""
        return self._addresses[name]

    @property
    def addresses(self) -> Mapping[str, str]:
        """Every file of `static/` that is served, and where."""
        return self._addresses

    def serve(self, request: Request) -> Response:
        """Answer `GET /static/{name}`.

        Raises:
            NoSuchPage: no file has that name now; an older style has another hash.
        """
        name = str(request.path_params["name"])
        if name not in self._bodies:
            raise NoSuchPage("No file of that name belongs to these pages.", about=name)
        media_type = _TYPES[name.rpartition(".")[2]]
        return answer(request, self._bodies[name], media_type=media_type, keep=FOR_EVER)

    def _add(self, name: str, body: bytes) -> None:
        stem, _, suffix = name.rpartition("/")[2].rpartition(".")
        hashed = f"{stem}.{sha256_hex(body)[:_HASH_DIGITS]}.{suffix}"
        self._bodies[hashed] = body
        self._addresses[name] = f"/static/{hashed}"


def _read(name: str) -> bytes:
    return files("emeritus.web").joinpath("static", name).read_bytes()

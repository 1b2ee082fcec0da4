"""Finds the few installed packages that code may import, by name, so that no folder of all of them is needed."""

import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType


class ShownPackages:
    """A finder for `sys.meta_path`. `places` says where each module lies: a folder, or a file."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = dict(places)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        place = self._places.get(name)
        if place is None:
            return None
        if place.endswith((".py", *EXTENSION_SUFFIXES)):
            return spec_from_file_location(name, place)
        return spec_from_file_location(name, f"{place}/__init__.py", submodule_search_locations=[place])


def show(places: Mapping[str, str]) -> None:
    """Let these be imported, after everything of Python itself."""
    sys.meta_path.append(ShownPackages(places))


def move(prefixes: Mapping[str, str]) -> None:
    """Import from now on by other names of the same folders, also what packages load later."""
    sys.path[:] = [_moved(place, prefixes) for place in sys.path]
    for module in list(sys.modules.values()):
        places = getattr(module, "__path__", None)
        if isinstance(places, list):
            places[:] = [_moved(place, prefixes) for place in places]
    sys.path_importer_cache.clear()


def _moved(place: str, prefixes: Mapping[str, str]) -> str:
    for old, new in prefixes.items():
        if place == old or place.startswith(f"{old}/"):
            return new + place[len(old) :]
    return place

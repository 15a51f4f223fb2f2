"""Every package is a front door: a docstring that is a tour, and names that exist."""

import importlib
import pkgutil

import pytest

import emeritus

PACKAGES = sorted(
    module.name
    for module in pkgutil.walk_packages(emeritus.__path__, "emeritus.")
    if module.ispkg and not module.name.endswith(".specs")
)
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(emeritus.__path__, "emeritus.")
    if not module.name.endswith(("__main__", "_worker", "read_emeritus", "run_emeritus"))
)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_has_a_tour(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_promises_is_there(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for promised in getattr(module, "__all__", ()):
        assert hasattr(module, promised), promised

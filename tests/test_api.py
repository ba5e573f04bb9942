"""The package's public names."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clusterer

PROJECT = Path(__file__).resolve().parents[1]


def run_python(code: str) -> str:
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    return finished.stdout


def test_every_public_name_is_there() -> None:
    for name in clusterer.__all__:
        assert getattr(clusterer, name) is not None
        assert name in dir(clusterer)
    assert clusterer.__all__ == sorted(clusterer.__all__)


def test_type_checkers_see_the_names_that_are_loaded_late() -> None:
    tree = ast.parse((PROJECT / "clusterer" / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen.keys() | {"__version__"} == set(clusterer.__all__)
    for name, module in seen.items():
        assert getattr(clusterer, name) is getattr(sys.modules[str(module)], name)


def test_names_that_are_not_there_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'clutser'"):
        clusterer.clutser  # noqa: B018 - to ask for it is the test
    assert not hasattr(clusterer, "_anything")


def test_star_import() -> None:
    assert run_python("from clusterer import *; print(cluster.__module__, load_encoder.__module__)").split() == [
        "clusterer.pipeline",
        "clusterer.encoding.loading",
    ]


def test_importing_the_package_costs_nothing() -> None:
    loaded = run_python("import sys, clusterer; print(*sorted({name.partition('.')[0] for name in sys.modules}))")
    assert not {"numpy", "torch", "scipy", "tokenizers", "faiss", "hdbscan"} & set(loaded.split())


def test_the_version_is_that_of_the_project() -> None:
    import tomllib

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert clusterer.__version__ == project["version"]

"""What tests of all rooms share: real models, kept from run to run, and the data beside the project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Before anything imports a library that reads them: no test may reach a model hub, and no fork may warn of threads.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

PROJECT = Path(__file__).resolve().parents[1]
MODELS = PROJECT / "build" / "models"
PACKAGE_UNAVAILABLE = 69


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an index is to be made."""
    return tmp_path / "news.index"


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Evaluation sets and other material beside the project, not part of it."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def e5_folder() -> Path:
    """multilingual-e5-small: fifty languages, a default prompt."""
    return _built_model("e5", MODELS / "multilingual-e5-small")


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """all-MiniLM-L6-v2: English, no prompts, at most 256 tokens."""
    return _built_model("minilm", MODELS / "all-MiniLM-L6-v2")


def _built_model(model: str, folder: Path) -> Path:
    if not folder.is_dir():
        command = [sys.executable, str(PROJECT / "tests" / "e5_folder.py"), "--model", model, str(folder)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode == PACKAGE_UNAVAILABLE:
            pytest.skip(finished.stderr.strip())
        assert finished.returncode == 0, finished.stderr
    return folder

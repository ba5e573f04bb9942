from __future__ import annotations

import getpass
import json
import platform
from pathlib import Path

from benchmarks.environment import describe


def test_it_tells_what_decides_a_figure_and_nothing_that_names_the_machine() -> None:
    found = describe()
    assert set(found) == {"processor", "cores", "memory_gib", "python", "libraries"}
    assert found["processor"]
    assert found["cores"] >= 1
    assert found["libraries"]["numpy"] == __import__("numpy").__version__
    text = json.dumps(found)
    assert platform.node() not in text
    assert str(Path.home()) not in text
    assert f'"{getpass.getuser()}"' not in text

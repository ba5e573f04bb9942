"""The layout is the design: each floor imports only from floors above it, and some things stand in one place alone."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "clusterer"
LONGEST_FILE = 400

# From the top down. Rooms of one floor do not know each other.
FLOORS = (
    {"errors", "article", "progress", "checkpoint", "memory", "ranges", "sorted_keys", "page_markers", "stop_lists"},
    {"parallel"},
    {"settings", "story", "pages", "language"},
    {"reading", "encoding", "identity"},
    {"index", "grouping"},
    {"stories", "article_features"},
    {"pipeline"},
    {"search", "explaining", "grown_index", "regrouped"},
    {"touched"},
    {"updating"},
    {"news_index"},
    {"evaluation"},
    {"cli"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

FILES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def imported_names(name: str) -> Iterator[str]:
    """Everything that a module imports, in functions and for type checkers too; of the package, by module."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES or not node.module.startswith("clusterer") else node.module


def own_imports(name: str) -> set[str]:
    return {other for other in imported_names(name) if other in FILES}


def room(name: str) -> str:
    """`grouping` of `clusterer.grouping.density`; "" of the package itself."""
    return name.split(".")[1] if "." in name else ""


def called_names(name: str) -> set[str]:
    return {
        node.func.id for node in ast.walk(TREES[name]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_every_room_has_a_floor() -> None:
    assert {room(name) for name in FILES} - {""} == FLOOR_OF.keys()


def test_every_import_of_the_package_is_a_module_of_it() -> None:
    for name in FILES:
        for other in imported_names(name):
            assert not other.startswith("clusterer") or other in FILES, f"{name} imports {other}"


@pytest.mark.parametrize("name", [name for name in FILES if room(name)])
def test_imports_go_to_floors_above(name: str) -> None:
    for other in own_imports(name):
        if room(other) == "":
            assert room(name) == "cli", f"{name} imports the package as its users do"
        elif room(other) != room(name):
            assert FLOOR_OF[room(other)] < FLOOR_OF[room(name)], f"{name} imports {other}, which is not above it"


def test_there_is_no_import_cycle() -> None:
    graph = {name: own_imports(name) - {"clusterer"} for name in FILES if name != "clusterer"}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")
    assert set(order) == graph.keys()


@pytest.mark.parametrize("name", FILES)
def test_files_are_short(name: str) -> None:
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_one_module_names_the_private_parts_of_hdbscan() -> None:
    private = {
        name
        for name in FILES
        if any(other.startswith("hdbscan") and "._" in other for other in imported_names(name))
        or "hdbscan._" in FILES[name].read_text(encoding="utf-8")
    }
    assert private == {"clusterer.grouping.hdbscan_tree"}


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_pickled_printed_or_evaluated(name: str) -> None:
    roots = {other.partition(".")[0] for other in imported_names(name)}
    # What goes between the processes of one command comes from nowhere else.
    own = {"joblib"} if name == "clusterer.parallel" else set()
    assert not (roots - own) & {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}
    assert not called_names(name) & {"print", "eval", "exec"}
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant), name
            assert node.value.value is False, name


def imported_at_once(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The modules that a statement imports, and what it imports from them, by full name."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}


def test_heavy_libraries_wait_until_they_are_needed() -> None:
    """What importing a module brings in at once: numpy at most, so that a command starts fast."""
    heavy = {"torch", "sentence_transformers", "transformers", "faiss", "hdbscan", "scipy", "pyarrow", "tokenizers"}
    # Its classes are torch's, so it is itself imported only where they are needed.
    late = "clusterer.encoding.deep_transformer"
    for name, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.Import):
                roots = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                roots = {(node.module or "").partition(".")[0]}
            else:
                continue
            assert late not in imported_at_once(node), f"{name} imports {late} when it is imported"
            # scipy's own users are rooms that only run once there is work; none of the rest may import it.
            allowed = heavy if name == late else {"scipy"} if room(name) in {"grouping"} else set()
            assert not roots & heavy - allowed, f"{name} imports {roots & heavy} when it is imported"

"""The zip: what is in it, the same bytes each time, and that it runs as the service runs it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flink_app.settings import PROPERTIES_FILE
from infra.aws.package import RUN_OPTIONS, build_package
from infra.local.cluster import FlinkCluster
from infra.local.managed_flink import drop_rights, enforcement, give_to_user, run_arguments, unpack
from infra.local.processes import ServiceError
from infra.local.toolchain import ROOT
from tests.support.running import running

pytestmark = pytest.mark.integration

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip for this interpreter: the service's differs in the binary wheels alone."""
    return build_package(tmp_path_factory.mktemp("package") / "starjoin.zip", THIS_PYTHON)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that another user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="starjoin-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_service_zip_holds_only_what_the_service_can_load(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_package(tmp_path / "starjoin.zip")) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"main.py", "lib", "app", "dep"}
    assert [name for name in names if name.endswith(".jar")] == ["lib/starjoin-connectors.jar"]
    native = [name for name in names if re.search(r"\.so(\.|$)", name)]
    interpreters = {m[1] for name in native if (m := re.search(r"\.(cpython-\d+|abi3)", name))}
    assert native
    assert interpreters <= {"cpython-312", "abi3"}
    brought = ("numpy", "pandas", "pyarrow", "pyflink", "apache_beam")
    assert not [name for name in names if name.startswith(tuple(f"dep/{b}/" for b in brought))]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    shipped = {str(p.relative_to(ROOT)) for p in (ROOT / "flink_app").rglob("*.py")}
    assert {f"app/{name}" for name in shipped} <= set(names)


def test_the_same_input_gives_the_same_bytes(package: Path, tmp_path: Path) -> None:
    again = build_package(tmp_path / "again.zip", THIS_PYTHON)
    assert again.read_bytes() == package.read_bytes()


@pytest.mark.timeout(900)
def test_the_zip_loads_the_example_as_the_service_would_run_it(
    package: Path, open_folder: Path
) -> None:
    code, home = open_folder / "code", open_folder / "cluster"
    unpack(package, code)
    with running(open_folder / "stack") as started, _properties(started.stack.properties) as given:
        started.full_load()
        run = started.run()
        home.mkdir()
        run.state.mkdir()
        give_to_user(home)
        give_to_user(run.state)
        with FlinkCluster(
            run,
            home,
            # Only the zip's own code may be found.
            started.stack.environment() | {"PYTHONPATH": "", "HOME": str(home)},
            enforcement(),
            drop_rights(),
        ) as cluster:
            give_to_user(home)
            job = cluster.flink_run(["-d", *run_arguments(RUN_OPTIONS), *given], cwd=code)
            cluster.wait_until_running(job)
            started.changes()
            started.wait_until_all_loaded()
            started.assert_equal_to_source()
            assert cluster.failures(job) == 0


def test_the_allow_list_is_enforced(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from pyflink.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.enable_checkpointing(12345)\n"
        "env.from_collection([1]).print()\n"
        "env.execute('refused')\n"
    )
    with running(tmp_path / "stack") as started:
        environment = started.stack.environment()
        with (
            FlinkCluster(
                started.run(), tmp_path / "cluster", environment, enforcement()
            ) as cluster,
            pytest.raises(ServiceError, match=r"execution\.checkpointing\.interval"),
        ):
            cluster.flink_run(["-py", str(program)])


@contextmanager
def _properties(file: Path) -> Iterator[list[str]]:
    """Puts the properties at their place, which only root can; others name the file."""
    if os.geteuid() != 0 or PROPERTIES_FILE.exists():
        yield ["--properties", str(file)]
        return
    new_folder = not PROPERTIES_FILE.parent.exists()
    PROPERTIES_FILE.parent.mkdir(exist_ok=True)
    PROPERTIES_FILE.write_bytes(file.read_bytes())
    try:
        yield []
    finally:
        PROPERTIES_FILE.unlink()
        if new_folder:
            PROPERTIES_FILE.parent.rmdir()

"""The one zip that Managed Flink runs, made of the project's files and pinned wheels.

    main.py                        what the service starts
    lib/starjoin-connectors.jar    the JVM module: the service takes exactly one jar
    app/                           flink_app and connectors
    dep/                           wheels for CPython 3.12 on manylinux x86_64 of what apache-flink
                                   does not bring

Reproducible: the same input gives the same bytes. Entries are sorted, carry one fixed time and
fixed modes, and nothing that pip writes about the machine goes in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from connectors.failures import StarjoinError
from infra.aws.command_line import package_parser
from infra.local.toolchain import ROOT, ToolchainError, connectors_jar
from infra.progress import show

ZIP: Final = ROOT / "dist" / "starjoin.zip"
PACKAGES: Final = ("flink_app", "connectors")
APP: Final = "app"  # the folder that they are in
# How the service finds the zip's parts: property group kinesis.analytics.flink.run.options.
RUN_OPTIONS: Final = {
    "python": "main.py",
    "jarfile": "lib/starjoin-connectors.jar",
    "pyFiles": "dep/,app/",
}
# The service refuses a larger code object.
MAX_BYTES: Final = 512 * 1024 * 1024

# The interpreter of runtime FLINK-2_2.
SERVICE_PYTHON: Final = "3.12"
_ENGINE: Final = "apache-flink"
# What the project itself imports beside the engine; its closure is what `dep/` holds.
_OWN: Final = ("boto3", "cryptography", "pydantic", "pyyaml", "redshift-connector")
# The engine brings it too, but takes any version, and pydantic does not.
_IN_ANY_CASE: Final = ("typing-extensions",)
_TARGET: Final = {
    "platform_system": "Linux",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
}
_PLATFORMS: Final = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
# Zip knows no earlier day.
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o644 << 16
# Scripts name this machine's interpreter; the rest are pip's own records.
_LEFT_OUT: Final = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}

_MAIN: Final = '''"""What Managed Flink starts; the application itself is in `app/`."""

from flink_app.main import main

main()
'''


class PackageError(StarjoinError, RuntimeError):
    """The zip cannot be made; the message says why."""


def build_package(target: Path = ZIP, python: str = SERVICE_PYTHON) -> Path:
    """Makes the zip and gives its path. Raises PackageError.

    Args:
        target: where it goes.
        python: the interpreter that `dep/` is for; another one than the service's only to run the
            zip locally.
    """
    entries = dict(_entries(python))
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = _MODE
            archive.writestr(info, entries[name])
    if target.stat().st_size > MAX_BYTES:
        message = f"{target} has {target.stat().st_size} bytes; the service takes {MAX_BYTES}"
        raise PackageError(message)
    return target


def runtime_requirements(python: str = SERVICE_PYTHON) -> list[str]:
    """`name==version` of every package of `dep/`, sorted."""
    packages = _closure(_OWN, python) - _closure([_ENGINE], python)
    return sorted(f"{name}=={metadata.version(name)}" for name in {*packages, *_IN_ANY_CASE})


def _closure(names: Iterable[str], python: str) -> set[str]:
    """The packages that these need on the service, themselves included."""
    target = {**_TARGET, "python_version": python, "python_full_version": f"{python}.99"}
    closure: set[str] = set()
    todo = [Requirement(name) for name in names]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in closure:
            continue
        closure.add(name)
        for line in metadata.requires(name) or []:
            below = Requirement(line)
            extras = requirement.extras or {""}
            if below.marker is None or any(
                below.marker.evaluate({**target, "extra": extra}) for extra in extras
            ):
                todo.append(below)
    return closure


def _entries(python: str) -> Iterator[tuple[str, bytes]]:
    yield "main.py", _MAIN.encode()
    yield "lib/starjoin-connectors.jar", connectors_jar().read_bytes()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.suffix in {".py", ".yaml"} and "jvm" not in path.parts:
                yield f"{APP}/{path.relative_to(ROOT)}", path.read_bytes()
    wheels = _wheels(python)
    for path in wheels.rglob("*"):
        relative = path.relative_to(wheels)
        if path.is_file() and path.name not in _LEFT_OUT and relative.parts[0] != "bin":
            yield f"dep/{relative}", path.read_bytes()


def _wheels(python: str) -> Path:
    """The unpacked wheels; fetched again only when the list of packages has changed."""
    wheels = ROOT / "build" / f"dep-{python}"
    wanted = "\n".join(runtime_requirements(python))
    stamp = wheels.with_name(f"{wheels.name}.stamp")
    if wheels.exists() and stamp.exists() and stamp.read_text() == wanted:
        return wheels
    shutil.rmtree(wheels, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    # Without a third number pip takes the first release, which some packages refuse.
    command += ["--target", str(wheels), "--only-binary=:all:", "--python-version", f"{python}.99"]
    command += ["--implementation", "cp"]
    for abi in (f"cp{python.replace('.', '')}", "abi3", "none"):
        command += ["--abi", abi]
    for platform in _PLATFORMS:
        command += ["--platform", platform]
    done = subprocess.run(
        [*command, *wanted.splitlines()],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    if done.returncode != 0:
        message = f"pip could not fetch the wheels for the service: {done.stderr.strip()}"
        raise PackageError(message)
    stamp.write_text(wanted)
    return wheels


def main(arguments: Sequence[str] | None = None) -> int:
    """`starjoin package`: builds the zip and prints its size."""
    package_parser().parse_args(arguments)
    try:
        with show("building the zip"):
            made = build_package()
    except (PackageError, ToolchainError) as error:
        sys.stderr.write(f"package: {error}\n")
        return 1
    with zipfile.ZipFile(made) as archive:
        sizes: dict[str, int] = {}
        for info in archive.infolist():
            part = info.filename.split("/")[0]
            sizes[part] = sizes.get(part, 0) + info.compress_size
    parts = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sorted(sizes.items()))
    sys.stdout.write(f"{made}: {made.stat().st_size / 1e6:.1f} MB ({parts})\n")
    return 0

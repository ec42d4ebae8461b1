"""A local cluster that is as strict as Managed Flink where it can be: for proving the zip.

Imitated: the zip unpacked into a folder that cannot be written, run by a user who is not root and
owns only the temporary folder; the jar by user class loader; run options as the service takes
them; the configuration allow-list, by Flink's own enforcement. Not imitated: the service's
operating system, its own jars and its network.
"""

from __future__ import annotations

import os
import pwd
import shutil
import zipfile
from pathlib import Path
from typing import Final

_USER: Final = "nobody"
_READ_ONLY: Final = 0o555

# What an application may set in code on runtime FLINK-2_2; the enforcement compares text.
ALLOWED: Final = (
    "execution.runtime-mode",
    "pipeline.auto-generate-uids",
    "pipeline.auto-watermark-interval",
    "pipeline.cached-files",
    "pipeline.classpaths",
    "pipeline.closure-cleaner-level",
    "pipeline.force-avro",
    "pipeline.force-kryo",
    "pipeline.generic-types",
    "pipeline.global-job-parameters",
    "pipeline.jars",
    "pipeline.jobvertex-parallelism-overrides",
    "pipeline.max-parallelism",
    "pipeline.name",
    "pipeline.object-reuse",
    "pipeline.operator-chaining.enabled",
    "pipeline.operator-chaining.chain-operators-with-different-max-parallelism",
    "pipeline.serialization-config",
    "pipeline.vertex-description-mode",
    "pipeline.vertex-name-include-index-prefix",
    "pipeline.watermark-alignment.allow-unaligned-source-splits",
    "python.execution-mode",
    "python.operator-chaining.enabled",
    "python.job-options",
    "python.internal.archives-key-map",
    "python.internal.files-key-map",
    "python.internal.requirements-file-key",
)


def enforcement() -> dict[str, str]:
    """Configuration under which `flink run` refuses what the service refuses."""
    return {
        "execution.program-config.enabled": "false",
        "execution.program-config.wildcards": ";".join(ALLOWED),
    }


def drop_rights() -> list[str]:
    """What goes before a command so that it runs without root's rights.

    Root becomes another user who may read everything, since the interpreter can lie in root's
    own home, and write nothing that is not theirs. Whoever is not root stays who they are.
    """
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(_USER)
    read = "dac_read_search"
    return [
        "setpriv",
        *("--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"),
        *(
            f"--inh-caps=-all,+{read}",
            f"--ambient-caps=-all,+{read}",
            f"--bounding-set=-all,+{read}",
        ),
        "--",
    ]


def give_to_user(folder: Path) -> None:
    """Gives a folder and all in it to the user of `drop_rights`."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, _USER)


def unpack(package: Path, folder: Path) -> None:
    """Unpacks the zip and takes away every right to write."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    for path in (*folder.rglob("*"), folder):
        path.chmod(_READ_ONLY)


def run_arguments(options: dict[str, str]) -> list[str]:
    """The service's run options (`python`, `jarfile`, `pyFiles`) as `flink run` has them."""
    return ["-py", options["python"], "--jarfile", options["jarfile"], "-pyfs", options["pyFiles"]]

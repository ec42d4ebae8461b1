"""How a Python worker uses its one core and its memory; each stage asks for it as it opens.

An element is megabytes, and each stage makes several copies of it, which live for milliseconds.
By default glibc returns their memory to the system at once, and every page that comes back has to
be mapped and cleared: that was a quarter of a worker's CPU time. It is set here, in the worker,
since the managed service lets no environment variable be set.
"""

from __future__ import annotations

import ctypes
from typing import Final

import pyarrow as pa

_MEBIBYTE: Final = 1024 * 1024
# Parameters of mallopt, as <malloc.h> numbers them, and what each is set to.
_MEMORY: Final = (
    (-3, 32 * _MEBIBYTE),  # M_MMAP_THRESHOLD, at its maximum: larger blocks go back when freed
    (-1, 64 * _MEBIBYTE),  # M_TRIM_THRESHOLD: so much free memory an arena keeps at its end
    (-2, 16 * _MEBIBYTE),  # M_TOP_PAD: so much it grows by, and keeps when it is trimmed
    (-8, 2),  # M_ARENA_MAX: PyFlink's many threads share them, so that little lies idle
)


def prepare_worker() -> None:
    """Leaves Arrow one thread, and lets freed memory stay with the process. May be repeated.

    A worker keeps at most some 100 MB more than it needs at a time. Where the C library has no
    `mallopt`, memory is left as it is.
    """
    pa.set_cpu_count(1)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for parameter, value in _MEMORY:
            libc.mallopt(parameter, value)

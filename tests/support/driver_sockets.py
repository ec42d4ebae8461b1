"""Closes the sockets that redshift_connector leaves open when a connect fails."""

from __future__ import annotations

import gc
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def failing_connect(
    *errors: type[BaseException],
) -> Iterator[pytest.ExceptionInfo[BaseException]]:
    """Around a connect that is refused with one of `errors`: the driver leaves its socket open.

    Whoever keeps the exception keeps the socket, by the frames of its traceback. They are cleared
    here, so that the socket ends here and not as a warning at the end of all tests.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(errors) as caught:
            yield caught
        error: BaseException | None = caught.value
        while error is not None:
            traceback.clear_frames(error.__traceback__)
            error = error.__cause__ or error.__context__
        gc.collect()

"""The command `rnnzoo`, started without what TensorFlow's C++ says on import.

This lies outside the package because whatever lies inside is imported after it.
"""

import contextlib
import os
import sys
import tempfile


def main():
    """Runs the command line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _held_back():
        from rnnzoo import cli
    cli.main()


@contextlib.contextmanager
def _held_back():
    """Keeps the standard error to itself, and shows it if the block fails."""
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(screen, notes.read())
            raise
        finally:
            os.dup2(screen, 2)
            os.close(screen)


if __name__ == "__main__":
    main()

"""Files and folders that appear whole or not at all.

Everything is written aside, in the same folder under a name that starts with
`.aside-`, and renamed once it is complete: a reader, a full disk or `kill -9` meets
the old file or the new one, never half of one.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import uuid
from pathlib import Path


@contextlib.contextmanager
def replacing(path):
    """Yields a path to write to, which becomes `path` when the block succeeds.

    The suffix is kept, for writers that look at it.

    Args:
        path: the file to make or to replace; missing folders are made.

    Raises:
        OSError: the disk is full or refuses; the old file, if any, is unchanged.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _removed_afterwards(_aside(path)) as aside:
            yield aside
            _flush(aside)
            os.replace(aside, path)
            _flush(path.parent)
    except OSError as error:
        fate = "the old file is unchanged" if path.exists() else "nothing was written"
        raise OSError(
            error.errno,
            f"could not write {path}: {error.strerror or error}; {fate}. "
            "Is the disk full, or the folder not writable?",
        ) from error


def write_folder(parent, write, number=None):
    """Makes a numbered folder with what `write` puts into it, whole or not at all.

    Args:
        parent: the folder of the numbered folders; made if missing.
        write: is called with the folder to fill.
        number: of the folder; by default one more than the largest there.

    Returns:
        The path of the numbered folder.

    Raises:
        FileExistsError: the number is taken. Nothing is ever overwritten.
    """
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    _refuse(parent, number)
    with _removed_afterwards(_aside(parent / "folder")) as aside:
        aside.mkdir()
        write(aside)
        for path in (*aside.rglob("*"), aside):
            _flush(path)
        while True:
            _refuse(parent, number)
            free = next_number(parent) if number is None else number
            folder = parent / str(free)
            try:
                os.rename(aside, folder)
            except OSError as error:  # another process took the number meanwhile
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            else:
                _flush(parent)
                return folder


def new_folder(parent):
    """Makes the next numbered folder in `parent`, safe under several processes."""
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        with contextlib.suppress(FileExistsError):
            folder = parent / str(next_number(parent))
            folder.mkdir()
            return folder


def numbered(parent):
    """The numbered folders in `parent`, in order; none if it does not exist."""
    found = [path for path in Path(parent).glob("*") if path.name.isdecimal()]
    return sorted(found, key=lambda path: int(path.name))


def next_number(parent):
    """One more than the largest number that names something in `parent`."""
    return max((int(path.name) for path in numbered(parent)), default=0) + 1


@contextlib.contextmanager
def locked(folder, wait=True):
    """Holds an exclusive lock on an existing folder; the system frees a dead owner's.

    Raises:
        BlockingIOError: `wait` is false and another process holds the lock.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        os.close(descriptor)
        raise BlockingIOError(f"{folder} is in use by another process") from error
    try:
        yield
    finally:
        os.close(descriptor)


def sweep(folder):
    """Removes what a killed process left half written in `folder`."""
    for path in list(Path(folder).rglob(".aside-*")):
        _remove(path)


def _aside(path):
    return path.with_name(f".aside-{uuid.uuid4().hex}-{path.name}")


@contextlib.contextmanager
def _removed_afterwards(path):
    try:
        yield path
    finally:
        _remove(path)


def _remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _refuse(parent, number):
    if number is not None and (parent / str(number)).exists():
        raise FileExistsError(
            f"{parent / str(number)} exists and is never overwritten; the next free "
            f"number is {next_number(parent)}",
        )


def _flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

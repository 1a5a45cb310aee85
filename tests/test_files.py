import contextlib
import resource
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from rnnzoo import files


def test_a_file_is_replaced_when_its_writer_succeeds(tmp_path):
    path = tmp_path / "new" / "a.txt"
    for text in ("old", "new"):
        with files.replacing(path) as aside:
            assert aside.suffix == ".txt" and aside.parent == path.parent
            aside.write_text(text)
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), files.replacing(path) as aside:
        aside.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@contextlib.contextmanager
def full_disk():
    """No file can grow beyond 10 kB; Python ignores the signal that would kill it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write_model(path):
    keras.Sequential([keras.Input((100,)), keras.layers.Dense(100)]).save(path)


@pytest.mark.parametrize("write", [
    lambda path: path.write_bytes(bytes(100_000)),
    lambda path: np.save(path.open("wb"), np.zeros(100_000)),
    write_model,
])
def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path, write):
    path = tmp_path / "a.keras"
    path.write_text("old")
    refused = pytest.raises(OSError, match="old file is unchanged")
    with full_disk(), refused as caught, files.replacing(path) as aside:
        write(aside)
    assert str(path) in str(caught.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_numbered_upwards_and_never_made_twice(tmp_path):
    parent = tmp_path / "runs"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: files.new_folder(parent), range(20)))
    assert sorted(int(path.name) for path in made) == list(range(1, 21))
    assert files.numbered(parent) == [parent / str(n) for n in range(1, 21)]
    (parent / "100").mkdir()
    (parent / "notes").mkdir()
    assert files.new_folder(parent).name == "101"


def test_a_written_folder_appears_whole(tmp_path):
    def write(folder):
        assert not (tmp_path / "1").exists()
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "a").write_text("x")

    assert files.write_folder(tmp_path, write) == tmp_path / "1"
    assert (tmp_path / "1" / "inner" / "a").read_text() == "x"


def test_a_failing_writer_leaves_no_folder(tmp_path):
    def write(folder):
        (folder / "a").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.write_folder(tmp_path, write)
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_is_taken_is_refused(tmp_path):
    (tmp_path / "7").mkdir()
    with pytest.raises(FileExistsError, match="never overwritten.*8"):
        files.write_folder(tmp_path, lambda folder: None, 7)


def test_a_number_taken_meanwhile_is_passed_over(tmp_path):
    def write(folder):
        (folder / "mine").touch()
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "theirs").touch()

    assert files.write_folder(tmp_path, write) == tmp_path / "2"


def test_a_locked_folder_is_refused_or_waited_for(tmp_path):
    refused = pytest.raises(BlockingIOError, match="in use")
    with files.locked(tmp_path), refused, files.locked(tmp_path, wait=False):
        pass
    with files.locked(tmp_path, wait=False):
        pass


def test_what_a_killed_writer_left_is_swept_up(tmp_path):
    with files.replacing(tmp_path / "a" / "b.txt") as aside:
        aside.write_text("done")
        aside.with_name(aside.name.replace("b.txt", "c.txt")).write_text("killed")
    (tmp_path / ".aside-1-folder" / "inner").mkdir(parents=True)
    files.sweep(tmp_path)
    left = [path.name for path in tmp_path.rglob("*")]
    assert sorted(left) == ["a", "b.txt"]

"""Files of text, as people have them."""

from pathlib import Path


def names(path):
    """The names in a file, one a line and in the order of their ids.

    Raises:
        ValueError: the file is not in UTF-8.
    """
    return read(Path(path)).removesuffix("\n").split("\n")


def read(path):
    """The text of a file in UTF-8, with a byte order mark or without.

    Raises:
        ValueError: the file is written in another way.
    """
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in UTF-8: {error.reason} at byte "
                         f"{error.start}. Save it in UTF-8.") from error

"""Data of the world: one set that comes along, and what the user's files hold."""

from rnnzoo.datasets.real.digits import DigitsRows
from rnnzoo.datasets.real.series import CsvSeries
from rnnzoo.datasets.real.tagged import Atis, NewsTagged
from rnnzoo.datasets.real.text import TextCharacters, TextWords

__all__ = ["Atis", "CsvSeries", "DigitsRows", "NewsTagged", "TextCharacters",
           "TextWords"]

"""The report of a search."""

import re
from html.parser import HTMLParser

import keras_tuner
import pytest

from rnnzoo.sweeps import report

FACTS = {"tuner": "random", "range of units": {"min": 2, "max": 9}}


def trials(scores):
    return [{"trial": f"{k:02}", "status": "failed" if score is None else "completed",
             "score": score, "best_epoch": 1, "seconds": 0.5, "units": k,
             "activation": "tanh" if k % 2 else "relu", "rate": 10.0**-k, "layers": 1,
             "reason": "a < b" if score is None else ""}
            for k, score in enumerate(scores)]


class Text(HTMLParser):
    """The texts of headings and cells, by their tag."""

    def __init__(self, page):
        super().__init__()
        self.found, self.tag = {}, None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tag = tag

    def handle_data(self, data):
        self.found.setdefault(self.tag, []).append(data)


@pytest.mark.parametrize("direction", ["min", "max"])
def test_a_report_has_pictures_and_all_trials_and_needs_nothing_else(
        tmp_path, direction):
    path = tmp_path / "report.html"
    scores = [0.5, None, 0.25, 0.75, 1.0, 0.6]
    report.write(path, trials(scores), keras_tuner.Objective("val_f1", direction),
                 "small <1>", FACTS)
    page = path.read_text()
    assert page.count("<svg") == page.count("</svg>") == 3
    assert not re.search(r"(src|href)=[\"'](?!#)", page)
    found = Text(page).found
    assert found["h1"][0].strip() == "small <1>"
    best = "0.25, of trial 02" if direction == "min" else "1, of trial 04"
    assert f"5 of 6 trials have a score. The best val_f1 is {best}." in page
    assert {"a < b", "0.75", "tanh", "{'min': 2, 'max': 9}"} <= set(found["td"])
    names = ["units", "activation", "rate"]
    assert all(f"<!-- {name} -->" in page for name in names)
    assert "<!-- layers -->" not in page


def test_a_report_of_failures_has_no_pictures(tmp_path):
    path = tmp_path / "report.html"
    report.write(path, trials([None, None]), keras_tuner.Objective("val_f1", "max"),
                 "small", FACTS)
    assert "<svg" not in path.read_text() and "0 of 2 trials" in path.read_text()

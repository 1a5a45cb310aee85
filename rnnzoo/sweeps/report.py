"""The report of a search: one HTML file that needs nothing else."""

import html
import io

from rnnzoo import files
from rnnzoo.sweeps import pictures

FEWEST = 5      # trials with a score from which on anything can be said on what counts
FACTS = ("trial", "status", "score", "best_epoch", "seconds")
PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.5 sans-serif; max-width: 60em; margin: 2em auto; color: #222 }}
svg {{ max-width: 100%; height: auto }}
table {{ border-collapse: collapse; font-size: 13px; margin: 1em 0 }}
td, th {{ padding: 2px 10px; text-align: left; border-bottom: 1px solid #ddd }}
</style>
<h1>{title}</h1>
<p>{summary}</p>
{pictures}
<h2>Trials</h2>
{trials}
<h2>What was searched</h2>
{facts}
</html>
"""


def write(path, trials, objective, title, facts):
    """Writes the report.

    Args:
        path: of the HTML file.
        trials: rows of `trials.csv`, as dictionaries.
        objective: `keras_tuner.Objective` that the scores are of.
        title: name of the search.
        facts: name -> plain data, of what the search was begun with.
    """
    done = [trial for trial in trials if trial["score"] is not None]
    names = [name for name in dict.fromkeys(name for trial in trials for name in trial)
             if name not in (*FACTS, "reason")
             and len({trial.get(name) for trial in done}) > 1]
    drawn = []
    if done:
        drawn.append(("Scores", pictures.scores(done, objective)))
    if names and len(done) >= FEWEST:
        drawn += [("What the scores go with", pictures.importances(done, names)),
                  ("All trials", pictures.parallel(done, names, objective))]
    columns = [*FACTS, *dict.fromkeys(
        name for trial in trials for name in trial if name not in (*FACTS, "reason")),
        "reason"]
    with files.replacing(path) as aside:
        aside.write_text(PAGE.format(
            title=html.escape(title),
            summary=html.escape(_summary(trials, done, objective)),
            pictures="\n".join(f"<h2>{name}</h2>\n{_svg(figure)}"
                               for name, figure in drawn),
            trials=_table([columns, *([t.get(c) for c in columns] for t in trials)]),
            facts=_table([["", ""], *facts.items()])), "utf-8")


def _summary(trials, done, objective):
    said = f"{len(done)} of {len(trials)} trials have a score."
    if done:
        best = (max if objective.direction == "max" else min)(
            done, key=lambda trial: trial["score"])
        said += (f" The best {objective.name} is {best['score']:.4g}, of trial "
                 f"{best['trial']}.")
    return said


def _svg(figure):
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg"):]


def _table(lines):
    return "<table>" + "\n".join(
        "<tr>" + "".join(f"<{kind}>{html.escape(_text(cell))}</{kind}>"
                         for cell in line) + "</tr>"
        for kind, line in zip(["th", *["td"] * len(lines)], lines)) + "</table>"


def _text(cell):
    if cell is None:
        return ""
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)

"""What a search was begun with, so that it never goes on as another one."""

import json

from rnnzoo import files


def agree(path, facts, write=True):
    """Compares facts with those that are on disk, and adds what is not there yet.

    Args:
        path: of the JSON file.
        facts: plain data; subject -> name -> value. Subjects may come later.
        write: whether to add.

    Raises:
        ValueError: something has changed; says what.
    """
    facts = json.loads(json.dumps(facts))
    known = json.loads(path.read_text()) if path.exists() else {}
    changes = [
        f"{name} was {_said(known[subject], name)} and is {_said(values, name)} now"
        for subject, values in facts.items() if subject in known
        for name in {**known[subject], **values}
        if known[subject].get(name) != values.get(name)]
    if changes:
        raise ValueError(f"The search in {path.parent} was another one: "
                         f"{'; '.join(changes)}. Give it the same values, and it goes "
                         "on; or begin another in another folder, by out.")
    if write and not facts.keys() <= known.keys():
        with files.replacing(path) as aside:
            aside.write_text(json.dumps(known | facts, indent=1) + "\n")


def _said(values, name):
    return repr(values[name]) if name in values else "not there"

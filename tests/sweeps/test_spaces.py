"""What is searched over, of networks and of recipes."""

import keras_tuner
import pytest

import rnnzoo
from rnnzoo.sweeps.spaces import COMMON, Space

GIVEN = {"task": "tagging", "input_shape": (None, 3), "output_size": 2,
         "epochs": 1, "batch_size": 32}


def space(network, search=(), **given):
    return Space(network, {**GIVEN, **given}, dict(search))


def ranges(found):
    return {d.name: d.range for d in found.dimensions}


def test_a_network_is_searched_over_what_it_suggests_and_what_is_common():
    suggested = dict(rnnzoo.info("jordan").search)
    assert ranges(space("jordan")) == {**suggested, **COMMON["gradient"]}


def test_where_a_regression_learns_the_readout_its_penalty_is_searched_over():
    found = ranges(space("esn", task="forecasting"))
    assert "ridge" in found and "learning_rate" not in found


def test_what_a_task_does_not_allow_is_not_suggested():
    assert "teacher_forcing" in ranges(space("jordan"))
    assert "teacher_forcing" not in ranges(space("jordan", task="regression"))


def test_a_search_extends_replaces_and_fixes():
    found = space("elman", {"units": [3, 5], "epochs": {"min": 2, "max": 4},
                            "learning_rate": 0.1, "activation": "relu"})
    hp = keras_tuner.HyperParameters()
    name, values = found.values(hp)
    assert name == "elman" and ranges(found)["epochs"] == {"min": 2, "max": 4}
    assert values["units"] == 3 and values["epochs"] == 2
    assert values["learning_rate"] == 0.1 and values["activation"] == "relu"
    assert "learning_rate" not in hp


def test_networks_are_the_outer_choice_and_have_what_is_theirs():
    found = space("elman", {"network": ["elman", "srn", "jordan", "esn"],
                            "decay": [0.1, 0.2]}, task="forecasting")
    hp = keras_tuner.HyperParameters()
    assert found.values(hp)[0] == "elman"
    assert "units of elman and jordan" in hp and "units of echo_state" not in hp
    hp = keras_tuner.HyperParameters()
    hp.values["network"] = "jordan"
    name, values = found.values(hp)
    assert name == "jordan" and values["decay"] == 0.1 and "activation" not in values
    for network in found.entries:
        hp = keras_tuner.HyperParameters()
        hp.values["network"] = network
        name, values = found.values(hp)
        rnnzoo.build(name, **{k: v for k, v in values.items()
                              if k not in ("epochs", "batch_size")})


def test_choices_of_any_kind_come_back_as_they_were():
    choices = [[0, 0], [2, 1]], [None, 0.5], [0.1, 0.2], [True, False], ["a", "b"]
    for argument, values in zip(("context", "global_clipnorm", "dropout",
                                 "bidirectional", "activation"), choices):
        found = space("elman", {argument: values})
        for number, value in enumerate(values):
            hp = keras_tuner.HyperParameters()
            found.values(hp)
            (own,) = [p for p in hp.space if p.name == argument]
            hp.values[argument] = own.values[number]
            assert repr(found.values(hp)[1][argument]) == repr(value)


@pytest.mark.parametrize(("search", "message"), [
    ({"unit": [1, 2]}, "Did you mean 'units'"),
    ({"decay": [0.1, 0.2]}, "Unknown argument 'decay'"),
    ({"output_size": [1, 2]}, "Unknown argument 'output_size'"),
    ({"network": ["elman", "jordn"]}, "Did you mean 'jordan'"),
    ({"network": ["elman", "hopfield"]}, "is a memory"),
    ({"units": {"min": 2, "maximum": 3}}, "Did you mean 'max'"),
    ({"units": {"min": 2}}, "two numbers"),
    ({"units": {"min": 3, "max": 2}}, "the min below the max"),
    ({"units": {"min": "2", "max": 3}}, "two numbers"),
    ({"units": {"min": 2, "max": 3, "sampling": "lag"}}, "Did you mean 'log'"),
    ({"dropout": {"min": 0, "max": 1, "sampling": "log"}}, "the min is above 0"),
    ({"units": {"min": 2, "max": 9, "step": 0}}, "the step is above 0"),
    ({"units": []}, "at least one choice"),
])
def test_a_wrong_search_is_answered_with_what_is_accepted(search, message):
    with pytest.raises(ValueError, match=message):
        space("elman", search)

import keras
import numpy as np

from rnnzoo.plots import forecast

TRUTH = np.sin(np.arange(60)[:, None] * [0.1, 0.2])


def test_every_feature_has_a_panel_with_truth_forecast_and_end_of_validity(tmp_path):
    figure = forecast(TRUTH[20:], TRUTH[20:] + 0.1, tmp_path / "f.png", "Two sines",
                      valid_time=3.5, prefix=TRUTH[:20], time_step=0.1, unit="seconds",
                      names=["slow", "fast"])
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert [axes.get_ylabel() for axes in figure.axes] == ["slow", "fast"]
    for k, axes in enumerate(figure.axes):
        truth, forecasted, valid, start = axes.lines
        np.testing.assert_allclose(truth.get_xdata(), np.arange(-20, 40) * 0.1)
        np.testing.assert_array_equal(truth.get_ydata(), TRUTH[:, k])
        np.testing.assert_allclose(forecasted.get_xdata(), np.arange(40) * 0.1)
        assert valid.get_label() == "valid for 3.5 seconds"
        assert list(valid.get_xdata()) == [3.5, 3.5] and start.get_xdata()[0] == 0


def test_a_forecast_that_diverged_does_not_flatten_the_truth():
    diverged = 10.0 ** np.arange(60)
    figure = forecast(keras.ops.convert_to_tensor(TRUTH[:, 0]), diverged, None, "Away")
    low, high = figure.axes[0].get_ylim()
    assert -1.5 < low < -1 and 1 < high < 1.5

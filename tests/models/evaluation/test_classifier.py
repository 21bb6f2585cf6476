"""Logistic regression and the detector."""

import pytest

import minigen
from minigen import metrics, models


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (models.logistic_regression, 7_850),
        (models.detector, 784 * 64 + 64 + 64 + 1),
    ],
)
def test_number_of_parameters(model, count):
    assert model().count_params() == count


def test_logistic_regression_reads_digits(digits):
    x_train, y_train, x_test, y_test = digits
    minigen.seed(0)
    model = models.logistic_regression()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=15, batch_size=128, verbose=0)
    loss, accuracy = model.evaluate(x_test, y_test)
    assert accuracy > 0.87
    assert accuracy == pytest.approx(metrics.accuracy(y_test, model.predict(x_test)))

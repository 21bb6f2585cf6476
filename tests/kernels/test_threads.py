"""Threads: what one thread computes, records, traces and draws changes nothing in another."""

import multiprocessing
import os

import numpy as np
import pytest
from helpers.runs import same
from helpers.threads import LONG, Beside, side_by_side

import minigen
from minigen import Adam, Dense, Dropout, Input, Model, Sequential, Tensor, backend, models

X = np.random.default_rng(0).random((64, 20), dtype="float32")


def train(seed=0):
    """A training with shuffles and dropout from its own seed: the weights at its end."""
    minigen.seed(seed)
    model = Sequential([Input((20,)), Dense(32, "relu"), Dropout(0.2), Dense(1)])
    model.compile(Adam(1e-3), "mse")
    model.fit(X, X[:, :1], epochs=4, batch_size=8, verbose=0)
    return model.get_weights()


def predicts():
    other = Sequential([Input((20,)), Dense(64, "relu"), Dense(1)])
    return lambda: other.predict(X)


def samples():
    vae = models.vae(2, hidden=16)
    return lambda: vae.sample(20)


def traces():
    def work():
        with minigen.trace() as t:
            (Tensor(X) * 2.0).sum()
        assert [row.op for row in t.rows] == ["Multiply", "Sum"]

    return work


def draws_and_seeds():
    def work():
        minigen.seed(1)
        backend.normal((100,))
        with backend.own_draws(2):
            backend.permutation(10)

    return work


@pytest.mark.parametrize("beside", [predicts, samples, traces, draws_and_seeds])
def test_a_training_beside_another_thread_gives_bit_for_bit_what_it_gives_alone(beside):
    alone = train()
    with Beside(beside()):
        for _ in range(3):
            assert same(train(), alone)


def test_products_are_rounded_as_they_are_alone_while_another_thread_convolves():
    """Convolutions limit BLAS to one thread; a product of these sizes on one thread differs from that on two."""
    images = np.random.default_rng(0).random((64, 28, 28, 1), dtype="float32")
    convolves = models.conv_autoencoder()

    def train_wide():
        minigen.seed(0)
        model = Sequential([Input((784,)), Dense(128, "relu"), Dense(784, "sigmoid")])
        model.compile(Adam(1e-3), "mse")
        flat = images.reshape(64, 784)
        model.fit(flat, flat, epochs=20, batch_size=64, verbose=0)
        return model.get_weights()

    alone = train_wide()
    with Beside(lambda: convolves.predict(images)):
        for _ in range(3):
            assert same(train_wide(), alone)


def test_two_trainings_side_by_side_give_what_each_gives_alone():
    alone, found = [train(0), train(1)], {}
    side_by_side(*(lambda seed=seed: found.update({seed: train(seed)}) for seed in (0, 1)))
    assert same(found[0], alone[0]) and same(found[1], alone[1])


def test_a_backward_pass_beside_threads_that_predict_loses_no_branch():
    """A residual net: where one branch is not recorded, the gradient of the other alone would look right."""
    x = Input((20,))
    h = Dense(20, "tanh")(x)

    class Residual(Model):
        def __init__(self):
            super().__init__()
            self.inner = Model(x, h)

        def call(self, x, training=False):
            return x + self.inner(x) + self.inner(x * 0.5)

    net = Residual()
    weights = net.parameters()

    def gradients():
        loss = net(X).sum()
        loss.backward()
        return [w.grad for w in weights]

    right = gradients()
    with Beside(predicts()), Beside(predicts()):
        for _ in range(100):
            assert all(np.array_equal(a, b) for a, b in zip(gradients(), right, strict=True))


def _train_in_a_fork(pipe):
    pipe.send(train())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # from Python 3.12 on, where a thread is running
def test_a_training_after_a_fork_gives_what_it_gives_alone():
    alone = train()
    context = multiprocessing.get_context("fork")
    with Beside(predicts()):
        here, there = context.Pipe(duplex=False)
        child = context.Process(target=_train_in_a_fork, args=(there,), daemon=True)
        child.start()
        there.close()  # the child alone holds it: if it dies there is nothing to wait for
        assert here.poll(LONG), "the child is stuck"
        found = here.recv()
        child.join(LONG)
    assert child.exitcode == 0 and same(found, alone)

"""The recurrent layers by name."""

import pytest

from minigen import GRU, LSTM, SimpleRNN

CELLS = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}
each_cell = pytest.mark.parametrize("cell", CELLS)

"""A layer or model as plain data, and made anew from it: what a file of a model holds beside the weights.

values.py    numbers, text, arrays, functions and objects as what JSON can hold, and back
writing.py   the steps in which a model was made
building.py  a model made by these steps
checks.py    what cannot be described, and descriptions that are wrong
"""

"""Classifiers, and scores that are computed with them.

classifier.py  discriminative models P(Y | X)
probe.py       the accuracy of a linear classifier on codes
scorer.py      scores of generated digits by a trained classifier
checks.py      input validation
"""

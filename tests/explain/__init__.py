"""Tests of `modtrace explain`: the corpus of real error texts, pasted commands, claims."""

"""The doctor, on worlds that really break."""

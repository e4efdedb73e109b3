"""The demonstration: a fictional federation, so that everything can be tried on believable sheets."""

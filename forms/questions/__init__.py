"""The question bank: every question ever asked, by theme."""

"""Figures of a study, one module for each subject; importing and drawing change no settings."""

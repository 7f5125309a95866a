"""The patient's pages of the intake, one file for each."""

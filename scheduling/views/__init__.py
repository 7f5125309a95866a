"""The calendar's pages: one file each."""

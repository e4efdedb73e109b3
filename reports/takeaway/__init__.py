"""The workbook that is taken away: written, filled in elsewhere, opened with suspicion and read again."""

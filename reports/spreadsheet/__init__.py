"""The workbook's fast way: openpyxl builds everything but the long rows, which are written as text and streamed.

Only reports/workbook.py, and the rooms that write workbooks to be filled in, come in here.
"""

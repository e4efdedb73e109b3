"""How sheets are read on paper and in tables. Knows forms; no Flask, no SQL, no clock."""

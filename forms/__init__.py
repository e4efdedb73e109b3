"""What an action sheet is: questions, kinds, versions, conditions and life. No Flask, no SQL, no clock."""

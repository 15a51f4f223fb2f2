"""The pages: they render the record and rule on nothing."""

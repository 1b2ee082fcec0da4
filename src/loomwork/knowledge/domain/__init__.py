"""The rules of knowledge: what a parsed document is, how it is cut, and how what was found is ranked."""

"""A company that does not exist, and its papers: what retrieval is measured with."""
